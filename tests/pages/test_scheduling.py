"""Posting, editing, moving, cancelling on the pages; what hosts, colleagues and strangers get."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from outreach.db import db
from outreach.models import Letter, LetterState, OutreachSession, SessionState, Site, User
from outreach.registration.use_cases import RegistrationRequest, register_students
from outreach.scheduling import use_cases
from outreach.scheduling.inputs import DetailsInput
from tests.support.builders import Builder

pytestmark = pytest.mark.usefixtures("clock_stands_still")

ClientOf = Callable[[User | None], FlaskClient]


def typed(site: Site | None = None, **changes: Any) -> dict[str, Any]:
    """What a browser sends for a workshop on 18 March."""
    sent = {
        "day": "2027-03-18",
        "start": "14:00",
        "end": "16:00",
        "where": f"site-{site.id}" if site else "",
        "zone": "Europe/London",
        "title": "Power of a Stitch",
        "capacity": "10",
        "leads": ["10080", "1440"],
        "other_unit": "days",
        "then": "publish",
    }
    return sent | changes


def words(response: TestResponse) -> str:
    return unescape(response.get_data(as_text=True))


def only_session() -> OutreachSession:
    return db.session.scalars(select(OutreachSession).execution_options(populate_existing=True)).one()


def again(outreach_session: OutreachSession) -> OutreachSession:
    return db.session.get_one(OutreachSession, outreach_session.id, populate_existing=True)


def letters() -> int:
    return db.session.scalar(select(func.count(Letter.id))) or 0


def seen(outreach_session: OutreachSession) -> str:
    return outreach_session.updated_at.isoformat()


def registered(make: Builder, outreach_session: OutreachSession, size: int) -> None:
    school = make.school("North School")
    teacher = make.teacher(school)
    make.register(outreach_session, teacher, *make.full_class(school, teacher, size=size).students)


def test_the_six_formats_are_offered(make: Builder, client_of: ClientOf) -> None:
    page = words(client_of(make.clinician()).get("/sessions/new"))
    assert page.count('href="/sessions/new/') == 6


def test_a_form_begins_with_the_formats_defaults_and_the_place_one_works_at(make: Builder, client_of: ClientOf) -> None:
    host, site = make.clinician(), make.site("Mercy General")
    make.appointment(host, site)
    page = words(client_of(host).get("/sessions/new/stitch_workshop"))
    for part in ('value="Power of a Stitch workshop"', 'value="24"', 'value="14:00"', 'value="15:30"', "Needle holder, forceps"):
        assert part in page
    assert f'selected value="site-{site.id}"' in page
    assert "<details open" not in page


@pytest.mark.empty_database
def test_a_session_is_posted_and_published_in_one_go(make: Builder, client_of: ClientOf) -> None:
    host, site = make.clinician(), make.site(zone="America/New_York")
    response = client_of(host).post("/sessions/new/stitch_workshop", data=typed(site, other_lead="3", other_unit="hours"))
    posted = only_session()
    assert (response.status_code, response.location) == (303, f"/sessions/{posted.id}")
    assert (posted.state, posted.zone, posted.host_id) == (SessionState.PUBLISHED, "America/New_York", host.id)
    assert posted.reminder_leads == [10080, 1440, 180]
    assert letters() == 1


@pytest.mark.parametrize(("then", "location"), [("draft", "/my-sessions?show=drafts"), ("preview", "/sessions/1")])
@pytest.mark.empty_database
def test_a_draft_or_preview_is_kept_and_seen_by_its_host_alone(make: Builder, client_of: ClientOf, then: str, location: str) -> None:
    host = make.clinician()
    response = client_of(host).post("/sessions/new/talk", data=typed(make.site(), then=then))
    assert (response.status_code, response.location, only_session().state) == (303, location, SessionState.DRAFT)
    assert "This is a preview" in words(client_of(host).get("/sessions/1"))
    assert client_of(make.clinician()).get("/sessions/1").status_code == 404
    assert letters() == 0


@pytest.mark.empty_database
def test_a_new_place_and_room_are_made_while_posting(make: Builder, client_of: ClientOf) -> None:
    data = typed(new_site="Mercy General", new_address="2 Hill Road\r\nSydney", new_area="Skills lab", zone="Australia/Sydney")
    assert client_of(make.clinician()).post("/sessions/new/stitch_workshop", data=data).status_code == 303
    posted = only_session()
    assert posted.site is not None
    assert posted.area is not None
    assert (posted.site.name, posted.site.address, posted.site.country, posted.area.name) == (
        "Mercy General",
        "2 Hill Road\nSydney",
        "AU",
        "Skills lab",
    )
    assert posted.zone == "Australia/Sydney"


@pytest.mark.empty_database
def test_a_new_sites_clock_comes_from_where_it_is(make: Builder, client_of: ClientOf) -> None:
    """Nothing is preset: a host in London posts at new sites abroad; online the clock is the host's own."""
    client = client_of(make.clinician())
    page = words(client.get("/sessions/new/stitch_workshop"))
    assert '<option selected value="Europe/London">' not in page
    there: dict[str, Any] = {"zone": ""}
    asked = words(client.post("/sessions/new/talk", data=typed(**there, new_site="Mercy")))
    assert "choose a country" in asked.split('id="new_country-error"')[1].split("</p>")[0]
    asked = words(client.post("/sessions/new/talk", data=typed(**there, new_site="Mercy", new_address="Boston", new_country="US")))
    assert "Clocks differ" in asked.split('id="zone-error"')[1].split("</p>")[0]
    for name, address, country, zone in (
        ("Mercy", "2 Hill Road, Chicago", "US", "America/Chicago"),
        ("Hill", "Oslo gate 1", "NO", "Europe/Oslo"),
    ):
        sent: dict[str, Any] = {"new_site": name, "new_address": address, "new_country": country, "title": name}
        assert client.post("/sessions/new/talk", data=typed(**there, **sent)).status_code == 303
        assert db.session.scalar(select(OutreachSession.zone).where(OutreachSession.title == name)) == zone
    sent = {"video_url": "https://video.example/1", "title": "Online", "zone": ""}
    assert client.post("/sessions/new/talk", data=typed(**sent)).status_code == 303
    assert db.session.scalar(select(OutreachSession.zone).where(OutreachSession.title == "Online")) == "Europe/London"


@pytest.mark.empty_database
def test_a_site_that_is_in_the_list_under_another_name_is_proposed(make: Builder, client_of: ClientOf) -> None:
    client, site = client_of(make.clinician()), make.site("Mercy General Medical Center")
    new: dict[str, Any] = {"new_address": "9 High Street", "new_country": "GB", "zone": ""}
    page = words(client.post("/sessions/new/talk", data=typed(new_site="Mercy General", **new)))
    assert f"The list already has {site.name}." in page.split('id="new_site-error"')[1].split("</p>")[0]
    assert client.post("/sessions/new/talk", data=typed(new_site="Mercy General, Elsewhere", **new)).status_code == 303


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"day": ""}, "day", "Choose a date."),
    ({"day": "soon"}, "day", "Enter a date"),
    ({"day": "2027-02-28"}, "day", "in the past"),
    ({"day": "0001-01-01"}, "day", "in the past"),
    ({"day": "9999-12-31"}, "day", "five years ahead"),
    ({"start": "25:00"}, "start", "Enter a time"),
    ({"end": "13:00"}, "end", "It ends before it starts"),
    ({"end": "14:30", "ends_next_day": "y"}, "end", "longer than 24 hours"),
    ({"day": "2027-03-14", "start": "02:30"}, "start", "02:30 doesn't exist on Sunday 14 March 2027 in New York"),
    ({"day": "2027-11-07", "start": "01:30"}, "fold", "The second (UTC−5)"),
    ({"where": "", "zone": "Mars/Olympus"}, "zone", "choose a time zone"),
    ({"where": "", "video_url": ""}, "where", "Say where"),
    ({"where": "site-4711"}, "where", "no longer in the list"),
    ({"where": "site-" + "9" * 30}, "where", "Say where"),
    ({"video_url": "http://video.example"}, "video_url", "beginning with https://"),
    ({"video_url": "javascript:alert(1)"}, "video_url", "beginning with https://"),
    ({"video_url": "https://[::1"}, "video_url", "beginning with https://"),
    ({"title": " "}, "title", "Give it a title"),
    ({"title": "x" * 121}, "title", "at most"),
    ({"title": "A\r\nBcc: all@example.org"}, "title", "on one line"),
    ({"title": "A\x00B"}, "title", "on one line"),
    ({"capacity": "many"}, "capacity", "Enter a whole number"),
    ({"capacity": "0"}, "capacity", "from 1 to 5000"),
    ({"capacity": "9" * 5000}, "capacity", "number"),
    ({"per_school_limit": "-1"}, "per_school_limit", "from 1 to 5000"),
    ({"age_floor": "100"}, "age_floor", "from 0 to 99"),
    ({"opens": "2027-03-18T15:00"}, "opens", "must open before it closes"),
    ({"closes": "2027-03-18T14:01"}, "closes", "can't close after"),
    ({"closes": "0001-01-01T00:00"}, "closes", "year can't be right"),
    ({"day_phone": "call me"}, "day_phone", "in figures"),
    ({"other_lead": "61"}, "other_lead", "At most 60 days"),
    ({"leads": ["1", "2", "3", "4", "5", "6", "7"]}, "leads", "at most 6"),
    ({"co_hosts": "nobody@adults.example"}, "co_hosts", "nobody@adults.example isn't the address"),
]


@pytest.mark.empty_database
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(make: Builder, client_of: ClientOf) -> None:
    client, right = client_of(make.clinician()), typed(make.site(zone="America/New_York"), description="My own words")
    for changes, field, sentence in WRONG:
        response = client.post("/sessions/new/stitch_workshop", data=right | changes)
        page = words(response)
        assert (changes, response.status_code) == (changes, 422)
        beside = page.split(f'id="{field}-error"')[1].split("</p>")[0] if field != "fold" else page
        assert sentence.lower() in beside.lower()
        assert "My own words" in page
    assert db.session.scalar(select(func.count(OutreachSession.id))) == 0


def test_all_errors_are_shown_at_once_each_at_its_field(make: Builder, client_of: ClientOf) -> None:
    client, site = client_of(make.clinician()), make.site()
    wrong: dict[str, Any] = {"day": "2027-02-01", "end": "13:00", "where": "", "capacity": "none", "co_hosts": "nobody@adults.example"}
    for title in ("", "Stitches"):
        page = words(client.post("/sessions/new/stitch_workshop", data=typed(site, **wrong, title=title)))
        found = [name for name in ("day", "end", "where", "capacity", "co_hosts", "title") if f'id="{name}-error"' in page]
        assert found == ["day", "end", "where", "capacity", "co_hosts", *(["title"] if not title else [])]
    published = make.outreach_session(make.clinician(), starts_wall=datetime(2027, 3, 18, 14, 0))
    changes: dict[str, Any] = {"title": "", "closes": "2027-03-18T15:00", "co_hosts": "nobody@adults.example", "seen_at": seen(published)}
    page = words(client_of(published.host).post(f"/sessions/{published.id}/edit", data=typed(**changes)))
    assert [name for name in ("title", "closes", "co_hosts") if f'id="{name}-error"' in page] == ["title", "closes", "co_hosts"]


def test_an_error_in_a_folded_group_opens_it(make: Builder, client_of: ClientOf) -> None:
    page = words(client_of(make.clinician()).post("/sessions/new/stitch_workshop", data=typed(make.site(), day_phone="call me")))
    (opened,) = [part for part in page.split("<details")[1:] if part.split(">")[0].endswith(" open")]
    assert 'id="day_phone"' in opened


@pytest.mark.empty_database
def test_the_answer_to_an_hour_that_comes_twice_is_taken(make: Builder, client_of: ClientOf) -> None:
    host, night = make.clinician(), typed(make.site(zone="America/New_York"), day="2027-11-07", start="01:30", end="03:00")
    question = words(client_of(host).post("/sessions/new/talk", data=night))
    assert "The first (UTC−4)" in question
    assert client_of(host).post("/sessions/new/talk", data=night | {"fold": "1"}).status_code == 303
    assert (only_session().fold, only_session().starts_at.hour) == (1, 6)


def test_a_forgotten_link_of_an_online_format_is_asked_for_at_the_link(make: Builder, client_of: ClientOf) -> None:
    page = words(client_of(make.clinician()).post("/sessions/new/online_qa", data=typed()))
    assert 'id="video_url-error"' in page
    assert 'id="where-error"' not in page


@pytest.mark.empty_database
def test_a_coordinator_chooses_the_host_a_clinician_cannot(make: Builder, client_of: ClientOf) -> None:
    coordinator, host, other, site = make.coordinator(), make.clinician(), make.clinician(), make.site()
    assert 'id="host-error"' in words(client_of(coordinator).post("/sessions/new/talk", data=typed(site, host="0")))
    client_of(coordinator).post("/sessions/new/talk", data=typed(site, host=str(host.id)))
    assert only_session().host_id == host.id
    client_of(host).post("/sessions/new/talk", data=typed(site, host=str(other.id), title="Mine"))
    assert db.session.scalar(select(OutreachSession.host_id).where(OutreachSession.title == "Mine")) == host.id


def test_posting_again_brings_everything_but_the_day(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    before = make.outreach_session(host, title="Stitches for all", capacity=7, kit="Pads", starts_wall=datetime(2027, 2, 1, 9, 15))
    page = words(client_of(host).get(f"/sessions/new/stitch_workshop?again={before.id}"))
    for part in ('value="Stitches for all"', 'value="7"', 'value="09:15"', "Pads", f'selected value="site-{before.site_id}"'):
        assert part in page
    assert "2027-02-01" not in page
    stranger = client_of(make.clinician())
    for key, status in {before.id: 404, 4711: 404, 10**30: 200, "x": 200}.items():
        assert stranger.get(f"/sessions/new/stitch_workshop?again={key}").status_code == status


@pytest.mark.empty_database
def test_an_edit_changes_words_and_tells_nobody(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    session = make.outreach_session(host)
    page = words(client_of(host).get(f"/sessions/{session.id}/edit"))
    assert 'name="day"' not in page
    response = client_of(host).post(f"/sessions/{session.id}/edit", data=typed(title="Stitches", seen_at=seen(session)))
    assert (response.status_code, again(session).title, letters()) == (303, "Stitches", 0)


@pytest.mark.empty_database
def test_the_host_decides_whether_a_declined_invitation_gives_the_place_back(make: Builder, client_of: ClientOf) -> None:
    client = client_of(make.clinician())
    assert client.post("/sessions/new/talk", data=typed(make.site())).status_code == 303
    posted = only_session()
    assert not posted.frees_declined_seats
    for ticked in (True, False):
        box = {"frees_declined_seats": "y"} if ticked else {}
        assert client.post(f"/sessions/{posted.id}/edit", data=typed(seen_at=seen(posted)) | box).status_code == 303
        assert again(posted).frees_declined_seats is ticked
        assert ("checked" in words(client.get(f"/sessions/{posted.id}/edit")).split('name="frees_declined_seats"')[0][-200:]) is ticked


def test_telling_of_new_words_first_shows_what_and_whom(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    session = make.outreach_session(host, bring="A pen", kit="A pad", wear="")
    registered(make, session, 3)
    before, client, address = letters(), client_of(host), f"/sessions/{session.id}/edit"
    data = typed(
        title=session.title, bring="Two pens", kit="A pad", description="New text", notifies="y", then="save", seen_at=seen(session)
    )
    question = words(client.post(address, data=data))
    for part in (
        "Save and tell everybody?",
        "A pen",
        "Two pens",
        "The e-mail says that it is new",
        "3</b> <span>students",
        'name="confirm"',
    ):
        assert part in question
    assert "A pad" not in question.split("<form")[0], "what stays isn't listed"
    assert (again(session).bring, letters()) == ("A pen", before)
    back = client.post(address, data=data | {"back": "1"})
    assert (back.status_code, "Two pens" in words(back), letters()) == (200, True, before)
    assert client.post(address, data=data | {"confirm": "1"}).status_code == 303
    assert (again(session).bring, again(session).revision) == ("Two pens", 1)
    assert letters() == before + 7, "three students and guardians, and the teacher; the host of this test was never invited"


def test_more_seats_and_another_host_first_show_who_hears(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    session = make.outreach_session(host, capacity=2)
    registered(make, session, size=5)
    make.clinician(email="new@hospital.example")
    before, client, address = letters(), client_of(host), f"/sessions/{session.id}/edit"
    data = typed(title=session.title, capacity="4", co_hosts="new@hospital.example", then="save", seen_at=seen(session))

    page = words(client.post(address, data=data))
    for part in (
        "Save and tell them?",
        "2</b> <span>students on the waiting list",
        "1</b> <span>new host",
        "an invitation for their calendar",
    ):
        assert part in page
    assert (letters(), again(session).capacity) == (before, 2)

    assert client.post(address, data=data | {"confirm": "1"}).status_code == 303
    assert (again(session).capacity, again(session).seats_taken) == (4, 4)
    assert letters() > before


def test_telling_of_nothing_new_is_refused_beside_the_box(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    session = make.outreach_session(host)
    data = typed(title=session.title, description=session.description, capacity="11", notifies="y", seen_at=seen(session))
    response = client_of(host).post(f"/sessions/{session.id}/edit", data=data)
    assert response.status_code == 422
    assert "Nothing that the e-mails show has changed" in words(response).split('id="notifies-error"')[1]


def test_nobody_is_told_of_changes_to_a_session_that_is_over_and_no_page_says_so(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    over = make.outreach_session(host, starts_wall=datetime(2020, 3, 18, 14, 0))
    make.clinician(email="new@hospital.example")
    before, client, address = letters(), client_of(host), f"/sessions/{over.id}/edit"
    assert not [link for link in ("Move the session", "Make it provisional") if link in client.get(address).text]
    page = words(client.get(address))
    assert ('name="notifies"' in page, "you see who gets an e-mail" in page) == (False, False)
    data = typed(title="Another title", co_hosts="new@hospital.example", then="save", seen_at=seen(over))
    refused = client.post(address, data=data | {"notifies": "y"})
    assert (refused.status_code, "This session is over: nobody gets an e-mail" in words(refused)) == (422, True)
    assert client.post(address, data=data).status_code == 303, "nothing is asked, for nobody would be told"
    assert ([one.email for one in again(over).co_hosts], letters()) == (["new@hospital.example"], before)


def test_an_edit_over_somebody_elses_is_stale_shows_theirs_and_may_then_be_saved(make: Builder, client_of: ClientOf, now: datetime) -> None:
    host = make.clinician()
    session = make.outreach_session(host)
    opened = seen(session)
    theirs = DetailsInput(title="Their title", capacity=12, reminder_leads=(10080, 1440), frees_declined_seats=True)
    use_cases.edit(session.id, theirs, seen=session.updated_at, now=now + timedelta(seconds=1))
    response = client_of(host).post(f"/sessions/{session.id}/edit", data=typed(title="My title", seen_at=opened))
    page = words(response)
    assert response.status_code == 409
    assert 'value="My title"' in page
    assert "Their title" in page
    assert "<dt>Withdraw students automatically when their invitation is declined</dt><dd>yes</dd>" in page
    assert again(session).title == "Their title"
    client_of(host).post(f"/sessions/{session.id}/edit", data=typed(title="My title", seen_at=seen(again(session))))
    assert again(session).title == "My title"


def test_a_form_that_never_saw_the_session_is_stale(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    session = make.outreach_session(host)
    for forged in ("", "yesterday", "2027-03-01T09:00:00"):
        assert client_of(host).post(f"/sessions/{session.id}/edit", data=typed(seen_at=forged)).status_code == 409


def test_a_move_first_shows_old_beside_new_and_who_is_told(make: Builder, client_of: ClientOf) -> None:
    host, site = make.clinician(), make.site(zone="America/New_York")
    session = make.outreach_session(host, site=site)
    registered(make, session, 3)
    before = letters()
    data = typed(site, day="2027-03-25", meeting_point="Main entrance", seen_at=seen(session), note="The theatre is being painted.")
    question = words(client_of(host).post(f"/sessions/{session.id}/move", data=data))
    for part in (
        "Thursday 18 March 2027, 14:00 to 16:00",
        "Thursday 25 March 2027, 14:00 to 16:00",
        "students",
        "guardians",
        'name="confirm"',
        "The theatre is being painted.",
    ):
        assert part in question
    assert (again(session).starts_wall.date(), letters()) == (date(2027, 3, 18), before)
    back = client_of(host).post(f"/sessions/{session.id}/move", data=data | {"back": "1"})
    assert (back.status_code, 'value="2027-03-25"' in words(back)) == (200, True)
    assert client_of(host).post(f"/sessions/{session.id}/move", data=data | {"confirm": "1"}).status_code == 303
    assert again(session).starts_wall == datetime(2027, 3, 25, 14)
    assert letters() > before
    moved = db.session.scalars(select(Letter).where(Letter.session_id == session.id, Letter.state == LetterState.QUEUED))
    assert "The theatre is being painted." in {letter.facts["note"] for letter in moved}


@pytest.mark.empty_database
def test_the_next_day_stays_ticked_only_where_the_new_times_need_it(make: Builder, client_of: ClientOf) -> None:
    host, site = make.clinician(), make.site()
    session = make.outreach_session(host, site=site, starts_wall=datetime(2027, 3, 18, 22), ends_wall=datetime(2027, 3, 19, 2))
    address = f"/sessions/{session.id}/move"
    assert 'name="ends_next_day" type="checkbox"' in words(client_of(host).get(address))
    ticked: dict[str, Any] = {"ends_next_day": "y", "confirm": "1"}
    for start, end, ends in (("14:00", "16:00", datetime(2027, 3, 25, 16)), ("21:00", "01:00", datetime(2027, 3, 26, 1))):
        data = typed(site, day="2027-03-25", start=start, end=end, seen_at=seen(again(session)), **ticked)
        assert client_of(host).post(address, data=data).status_code == 303
        assert again(session).ends_wall == ends


def test_a_move_that_changes_nothing_says_so(make: Builder, client_of: ClientOf) -> None:
    host, site = make.clinician(), make.site()
    session = make.outreach_session(host, site=site)
    data = typed(site, meeting_point="Main entrance", seen_at=seen(session))
    for confirm in ({}, {"confirm": "1"}):
        response = client_of(host).post(f"/sessions/{session.id}/move", data=data | confirm)
        assert response.status_code == 422
        assert "Nothing was changed" in words(response)
    assert again(session).revision == 0


def test_a_move_decided_on_old_facts_is_stale(make: Builder, client_of: ClientOf, now: datetime) -> None:
    host, site = make.clinician(), make.site()
    session = make.outreach_session(host, site=site)
    data = typed(site, day="2027-03-25", seen_at=seen(session), confirm="1")
    use_cases.edit(session.id, DetailsInput(title="New", capacity=10), seen=session.updated_at, now=now + timedelta(seconds=1))
    response = client_of(host).post(f"/sessions/{session.id}/move", data=data)
    assert (response.status_code, again(session).revision) == (409, 0)
    assert 'value="2027-03-25"' in words(response)


def test_a_cancellation_shows_who_is_told_wants_a_reason_and_acts_once(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    session = make.outreach_session(host)
    registered(make, session, 2)
    address = f"/sessions/{session.id}/cancellation"
    page = words(client_of(host).get(address))
    assert "Who will be told" in page
    assert "guardians" in page
    assert client_of(host).post(address, data={"reason": " "}).status_code == 422
    assert client_of(host).post(address, data={"reason": "The theatre is closed."}).status_code == 303
    assert again(session).state == SessionState.CANCELLED
    before = letters()
    assert client_of(host).post(address, data={"reason": "Again"}).status_code == 422
    assert letters() == before
    for closed in ("edit", "move"):
        assert client_of(host).get(f"/sessions/{session.id}/{closed}").location == f"/sessions/{session.id}"


def test_a_draft_is_published_from_its_page_or_discarded(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    kept, thrown = (make.outreach_session(host, state=SessionState.DRAFT, published_at=None) for _ in range(2))
    assert client_of(host).post(f"/sessions/{kept.id}/publication").status_code == 303
    assert again(kept).state == SessionState.PUBLISHED
    page = f"/sessions/{thrown.id}"
    assert "Discard this draft?" in words(client_of(host).get(f"{page}/cancellation"))
    assert client_of(host).post(f"{page}/cancellation").status_code == 303
    assert client_of(host).get(page).status_code == 404


def test_a_roster_names_given_names_schools_and_needs_and_no_more(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    session = make.outreach_session(host, capacity=2, day_phone="+1 212 555 0100")
    school = make.school("North School")
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher)
    for name in ("Ana", "Ben", "Cal"):
        make.student(
            school_class, given_name=name, family_name="Secret", email=f"{name.lower()}@pupils.example", needs=f"{name} needs a chair"
        )
    ids = tuple(student.id for student in sorted(school_class.students, key=lambda student: student.given_name))
    register_students(
        RegistrationRequest(
            session_id=session.id, school_id=school.id, student_ids=ids, teacher_id=teacher.id, by_id=teacher.id, permission_attested=True
        ),
        now=make.now,
    )
    page = words(client_of(host).get(f"/sessions/{session.id}/roster"))
    for part in (
        "Ana needs a chair",
        "North School (2)",
        "Waiting list (1)",
        "+1 212 555 0100",
        "2 of 2 seats taken",
        ", 1 on the waiting list",
    ):
        assert part in page
    assert page.index("Ben needs a chair") < page.index("Waiting list (") < page.index("Cal needs a chair")
    assert "Secret" not in page
    assert "pupils.example" not in page


def test_my_sessions_lie_on_their_shelves_also_those_i_only_help_with(make: Builder, client_of: ClientOf, now: datetime) -> None:
    me, other = make.clinician(), make.clinician()
    make.outreach_session(me, title="Mine")
    make.outreach_session(other, title="Helping", co_hosts=[me])
    make.outreach_session(me, title="Draft", state=SessionState.DRAFT)
    make.outreach_session(me, title="Over", starts_wall=datetime(2027, 2, 1, 9))
    make.outreach_session(me, title="Gone", state=SessionState.CANCELLED, cancelled_at=now)
    make.outreach_session(other, title="Theirs")
    titles = ("Mine", "Helping", "Draft", "Over", "Gone", "Theirs")
    shelves = {}
    for shelf in ("upcoming", "drafts", "past", "nonsense"):
        page = words(client_of(me).get(f"/my-sessions?show={shelf}"))
        shelves[shelf] = {title for title in titles if f">{title}</a>" in page}
    assert shelves == {"upcoming": {"Mine", "Helping"}, "drafts": {"Draft"}, "past": {"Over", "Gone"}, "nonsense": {"Mine", "Helping"}}


PAGES = ["/edit", "/move", "/cancellation", "/roster"]
ACTS = ["/edit", "/move", "/cancellation", "/publication"]


@pytest.mark.empty_database
def test_a_strangers_session_is_not_there(make: Builder, client_of: ClientOf) -> None:
    session = make.outreach_session(make.clinician())
    people = {make.clinician(): 404, make.teacher(make.school()): 403, None: 302, make.coordinator(): 200}
    for user, status in people.items():
        assert {client_of(user).get(f"/sessions/{session.id}{page}").status_code for page in PAGES} == {status}
    for user in (make.clinician(), make.teacher(make.school()), None):
        for act in ACTS:
            data = typed(day="2027-03-25", seen_at=seen(session), confirm="1", reason="Mine now")
            assert client_of(user).post(f"/sessions/{session.id}{act}", data=data).status_code in {302, 403, 404}
    assert (again(session).state, again(session).starts_wall.day, letters()) == (SessionState.PUBLISHED, 18, 0)


def test_a_session_that_never_was_is_a_404(make: Builder, client_of: ClientOf) -> None:
    client = client_of(make.clinician())
    assert {client.get(f"/sessions/{key}{page}").status_code for page in PAGES for key in (4711, 2**31, 10**30)} == {404}


@pytest.mark.empty_database
def test_looking_changes_nothing(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    sessions = [make.outreach_session(host, state=state) for state in (SessionState.DRAFT, SessionState.PUBLISHED)]
    before = [{column.key: getattr(session, column.key) for column in OutreachSession.__table__.columns} for session in sessions]
    client = client_of(host)
    for session in sessions:
        for page in ("", *PAGES):
            client.get(f"/sessions/{session.id}{page}?then=publish&confirm=1&reason=x")
    assert client.get(f"/sessions/{sessions[0].id}/publication").status_code == 405
    after = [{column.key: getattr(again(session), column.key) for column in OutreachSession.__table__.columns} for session in sessions]
    assert (after, letters()) == (before, 0)
