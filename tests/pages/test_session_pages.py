"""Pages of hosts in each state of a session: where they lead, what they say, what they change and what they leave alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from outreach import tokens
from outreach.db import db, transaction
from outreach.models import Format, OutreachSession, SessionState, User
from outreach.scheduling import use_cases
from outreach.scheduling.form_parts import NEVER
from outreach.scheduling.forms import CancelForm, RewordForm, SessionForm
from outreach.scheduling.inputs import DetailsInput
from outreach.tokens import LinkPurpose, Ticket
from tests.pages.test_scheduling import again, letters, registered, seen, typed, words
from tests.support.builders import Builder

pytestmark = pytest.mark.usefixtures("clock_stands_still")

ClientOf = Callable[[User | None], FlaskClient]
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DRAFT, PUBLISHED, CANCELLED = SessionState


@pytest.fixture
def host(make: Builder) -> User:
    return make.clinician()


@pytest.fixture
def client(client_of: ClientOf, host: User) -> FlaskClient:
    return client_of(host)


def flashed(client: FlaskClient, response: TestResponse) -> str:
    """Give the page a form leads to."""
    assert response.status_code == 303
    return words(client.get(response.location))


# Posting and saving


@pytest.mark.parametrize(
    ("then", "state", "location", "says"),
    [
        ("publish", PUBLISHED, "/sessions/", "Published. Schools can find it now"),
        ("draft", DRAFT, "/my-sessions?show=drafts", "Saved as a draft. Only its hosts can see it."),
        ("preview", DRAFT, "/sessions/", ""),
        ("", DRAFT, "/sessions/", "Saved."),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_where_saving_leads_and_what_it_says(
    make: Builder, client: FlaskClient, host: User, then: str, state: SessionState, location: str, says: str, is_new: bool
) -> None:
    site, before = make.site(), letters()
    if is_new:
        done = client.post("/sessions/new/talk", data=typed(site, then=then))
    else:
        draft = make.outreach_session(host, site=site, state=DRAFT, published_at=None)
        done = client.post(f"/sessions/{draft.id}/edit", data=typed(site, then=then, seen_at=seen(draft)))
    newest = select(OutreachSession).order_by(OutreachSession.id.desc()).limit(1)
    made = db.session.scalars(newest.execution_options(populate_existing=True)).one()
    assert (made.state, done.location.startswith(location), letters()) == (state, True, before + (state == PUBLISHED))
    page = flashed(client, done)
    assert says in page
    for other in ("Published. Schools", "Saved as a draft", "Saved. We are telling everybody"):
        assert other in says or other not in page


def test_saving_says_whether_everybody_is_told(make: Builder, client: FlaskClient, host: User) -> None:
    made = make.outreach_session(host)
    data = typed(title="New", description=made.description, then="save", seen_at=seen(made))
    silent = flashed(client, client.post(f"/sessions/{made.id}/edit", data=data))
    assert "Saved." in silent
    assert "We are telling everybody" not in silent
    data |= {"title": "Newer", "notifies": "y", "confirm": "1", "seen_at": seen(again(made))}
    assert "Saved. We are telling everybody." in flashed(client, client.post(f"/sessions/{made.id}/edit", data=data))


def test_the_formats_are_offered_in_their_order(client: FlaskClient) -> None:
    page = words(client.get("/sessions/new"))
    keys = list(db.session.scalars(select(Format.key).order_by(Format.position)))
    assert sorted(keys, key=lambda key: page.index(f'href="/sessions/new/{key}"')) == keys


def test_a_format_that_never_was_is_a_404(client: FlaskClient) -> None:
    assert client.get("/sessions/new/juggling").status_code == 404
    assert client.post("/sessions/new/juggling", data=typed()).status_code == 404


def test_who_posted_it_for_a_clinician_may_edit_it_and_chooses_the_host(make: Builder, client_of: ClientOf, host: User) -> None:
    poster, helper = make.clinician(), make.clinician()
    made = make.outreach_session(host, posted_by_id=poster.id, co_hosts=[helper])
    for user in (host, helper, poster, make.coordinator()):
        page = words(client_of(user).get(f"/sessions/{made.id}/edit"))
        assert ('name="host"' in page) is (user.id not in {host.id, helper.id, poster.id})
    done = client_of(helper).post(f"/sessions/{made.id}/edit", data=typed(title="New", seen_at=seen(made), co_hosts=helper.email))
    assert (done.status_code, again(made).title, again(made).host_id) == (303, "New", host.id)


def test_what_was_cancelled_is_not_edited_and_says_so(make: Builder, client: FlaskClient, host: User) -> None:
    made = make.outreach_session(host, state=CANCELLED)
    data = typed(seen_at=seen(made))
    for ask in (client.get, client.post):
        response = ask(f"/sessions/{made.id}/edit", data=data)
        assert "This session was cancelled and can't be changed. You can post it again." in flashed(client, response)
    assert again(made).title == "Power of a Stitch"
    moved = client.get(f"/sessions/{made.id}/move")
    assert "This session was cancelled and can't be moved. You can post it again." in flashed(client, moved)


def test_a_draft_is_edited_where_a_published_session_would_be_moved_or_decided(make: Builder, client: FlaskClient, host: User) -> None:
    draft = make.outreach_session(host, state=DRAFT, published_at=None)
    for page, leads_to in (("move", "edit"), ("decision", "edit"), ("decision-time", "decision")):
        response = client.get(f"/sessions/{draft.id}/{page}")
        assert (response.status_code, response.location) == (303, f"/sessions/{draft.id}/{leads_to}")
    assert "Who will be told" not in words(client.get(f"/sessions/{draft.id}/cancellation"))
    refused = client.post(f"/sessions/{draft.id}/confirmation", data={"seen_at": seen(draft)})
    assert refused.status_code == 422
    assert again(draft).state == DRAFT


def test_a_draft_that_cannot_be_published_says_why_where_it_is_edited(
    make: Builder, client: FlaskClient, host: User, now: datetime
) -> None:
    late = make.outreach_session(host, state=DRAFT, published_at=None, starts_wall=datetime(2027, 2, 1, 9))
    done = client.post(f"/sessions/{late.id}/publication")
    assert done.location == f"/sessions/{late.id}/edit"
    assert "It is in the past. Choose a later time first." in flashed(client, done)
    good = make.outreach_session(host, state=DRAFT, published_at=None)
    done = client.post(f"/sessions/{good.id}/publication")
    assert done.location == f"/sessions/{good.id}"
    assert "Published. Schools can find it now, and your own invitation is on its way." in flashed(client, done)
    assert (again(late).state, again(good).state, again(good).published_at) == (DRAFT, PUBLISHED, now)


def test_moving_cancelling_and_discarding_say_what_happened(make: Builder, client: FlaskClient, host: User) -> None:
    site = make.site(zone="America/New_York")
    made = make.outreach_session(host, site=site)
    data = typed(site, day="2027-03-25", seen_at=seen(made), confirm="1")
    assert "Moved. Everybody's calendar will be updated." in flashed(client, client.post(f"/sessions/{made.id}/move", data=data))
    cancelled = client.post(f"/sessions/{made.id}/cancellation", data={"reason": "The theatre is closed."})
    page = flashed(client, cancelled)
    assert "Cancelled. We are telling everybody." in page
    assert "The theatre is closed." in page
    draft = make.outreach_session(host, site=site, state=DRAFT, published_at=None)
    gone = client.post(f"/sessions/{draft.id}/cancellation")
    assert gone.location == "/my-sessions"
    assert "The draft is discarded." in flashed(client, gone)


def test_deciding_says_what_happened(make: Builder, client: FlaskClient, host: User, now: datetime) -> None:
    made = make.outreach_session(host, is_provisional=True, decides_at=now + DAY)
    done = client.post(f"/sessions/{made.id}/decision-time", data={"seen_at": seen(made), "decides": "2027-03-16T12:00"})
    assert "It is provisional. We are telling everybody." in flashed(client, done)
    done = client.post(f"/sessions/{made.id}/confirmation", data={"seen_at": seen(again(made))})
    assert "Confirmed. We are telling everybody." in flashed(client, done)


def test_an_old_page_asks_again_about_the_session_as_it_is_now(make: Builder, client: FlaskClient, host: User, now: datetime) -> None:
    made = make.outreach_session(host, is_provisional=True, decides_at=now + DAY, title="Old")
    opened = seen(made)
    offer = DetailsInput(title="New", capacity=10)
    use_cases.edit(made.id, offer, seen=made.updated_at, now=now + SECOND)
    client.reads_facts = False  # type: ignore[attr-defined]
    for path, data in (("confirmation", {}), ("decision-time", {"decides": "2027-03-16T12:00"})):
        late = client.post(f"/sessions/{made.id}/{path}", data={"seen_at": opened} | data)
        page = words(late)
        assert (late.status_code, again(made).decides_at) == (409, now + DAY)
        assert "Something changed while this page was open" in page
        assert ("New, Thursday" in page, "Old, Thursday" in page) == (True, False)
        assert f'value="{seen(again(made))}"' in page
    client.reads_facts = True  # type: ignore[attr-defined]
    done = client.post(f"/sessions/{made.id}/confirmation", data={"seen_at": seen(again(made))})
    assert done.status_code == 303


def test_what_changed_meanwhile_is_shown_in_the_words_of_the_form(make: Builder, client_of: ClientOf, host: User, now: datetime) -> None:
    boss, other = make.coordinator(), make.clinician(given_name="Kim", family_name="Ash")
    made = make.outreach_session(host, bring="A pen", reminder_leads=[10080, 1440])
    opened = seen(made)
    theirs = DetailsInput(
        title=made.title, description=made.description, capacity=10, reminder_leads=(60, 4320), host_id=other.id, frees_declined_seats=True
    )
    use_cases.edit(made.id, theirs, seen=made.updated_at, now=now + SECOND)
    data = typed(title=made.title, description=made.description, bring="A pen", host=str(host.id), seen_at=opened, confirm="1")
    response = client_of(boss).post(f"/sessions/{made.id}/edit", data=data)
    page = words(response)
    assert response.status_code == 409
    shown = dict(part.split("</dt><dd>") for part in page.replace("\n", "").split("<dt>")[1:] if "</dt><dd>" in part)
    shown = {label: value.partition("</dd>")[0] for label, value in shown.items()}
    for label, value in (
        ("Host", f"Ash, Kim ({other.email})"),
        ("What to bring", "nothing"),
        ("Reminders before the start", "1 hour before, 3 days before"),
        ("Withdraw students automatically when their invitation is declined", "yes"),
    ):
        assert shown[label] == value
    assert not {"Title", "Seats", "What will happen", "Specialty", "seen_at", "Seen At"} & shown.keys()
    assert f'value="{seen(again(made))}"' in page


def test_only_a_stale_form_lists_what_changed(make: Builder, client: FlaskClient, host: User) -> None:
    made = make.outreach_session(host)
    refused = words(client.post(f"/sessions/{made.id}/edit", data=typed(title="", seen_at=seen(made))))
    assert "<dt>Title</dt><dd>" not in refused
    site = make.site()
    refused = words(client.post(f"/sessions/{made.id}/move", data=typed(site, day="", seen_at=seen(made))))
    assert "<dt>Place</dt>" not in refused


def test_a_move_form_begins_with_the_session_as_it_is(make: Builder, client: FlaskClient, host: User) -> None:
    site = make.site("Mercy")
    made = make.outreach_session(host, site=site, meeting_point="Back door")
    response = client.get(f"/sessions/{made.id}/move")
    page = words(response)
    assert response.status_code == 200
    for part in ('value="2027-03-18"', 'value="14:00"', 'value="16:00"', 'value="Back door"', f'selected value="site-{site.id}"'):
        assert part in page
    assert 'name="title"' not in page


def test_the_question_before_a_move_counts_everybody_and_shows_a_stricter_floor(make: Builder, client: FlaskClient, host: User) -> None:
    site = make.site(zone="America/New_York")
    area = make.area(site, "Theatre", age_floor=18)
    made = make.outreach_session(host, site=site)
    registered(make, made, 2)
    question = words(client.post(f"/sessions/{made.id}/move", data=typed(where=f"area-{area.id}", seen_at=seen(made))))
    assert "2</b> <span>students" in question
    assert "an e-mail that changes the entry in their calendar and asks for a new answer" in question
    assert "18 or over, because of the room." in question
    assert f'name="where" value="area-{area.id}"' in question
    assert again(made).area_id is None


def test_all_that_was_typed_goes_along_with_the_question(make: Builder, client: FlaskClient, host: User) -> None:
    made = make.outreach_session(host)
    data = typed(
        title="New",
        description=made.description,
        leads=["60", "4320", "120"],
        notifies="y",
        then="save",
        seen_at=seen(made),
        csrf_token="x",
    )
    question = words(client.post(f"/sessions/{made.id}/edit", data=data))
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', question)
    assert [value for name, value in hidden if name == "leads"] == ["60", "4320", "120"]
    assert {"title", "notifies", "then", "seen_at", "capacity"} <= {name for name, _value in hidden}
    assert not {"confirm", "back"} & {name for name, _value in hidden}
    assert ("csrf_token", "x") not in hidden
    done = client.post(f"/sessions/{made.id}/edit", data=MultiDict([*hidden, ("confirm", "1")]))
    assert (done.status_code, again(made).title, again(made).reminder_leads) == (303, "New", [4320, 120, 60])


def test_a_form_with_a_slip_still_remembers_what_was_seen(make: Builder, client: FlaskClient, host: User, now: datetime) -> None:
    made = make.outreach_session(host, is_provisional=True, decides_at=now + DAY)
    opened = seen(made)
    use_cases.edit(made.id, DetailsInput(title="New", capacity=10), seen=made.updated_at, now=now + SECOND)
    slip = client.post(f"/sessions/{made.id}/decision-time", data={"seen_at": opened, "decides": "tomorrow"})
    assert slip.status_code == 422
    assert f'value="{opened}"' in words(slip)
    assert seen(again(made)) not in words(slip)


def test_a_roster_offers_to_take_off_whoever_stands_on_it(make: Builder, client: FlaskClient, host: User) -> None:
    made = make.outreach_session(host, capacity=1)
    registered(make, made, 2)
    page = words(client.get(f"/sessions/{made.id}/roster"))
    assert page.count("Withdraw") == 2
    assert "1 of 1 seat taken" in page
    empty = make.outreach_session(host)
    assert "Nobody yet" in words(client.get(f"/sessions/{empty.id}/roster"))


def test_ones_sessions_have_pages_and_show_how_many_lie_on_each_shelf(make: Builder, client: FlaskClient, host: User) -> None:
    site = make.site()
    for number in range(51):
        make.outreach_session(host, site=site, title=f"Session {number:02}")
    make.outreach_session(host, site=site, title="A draft", state=DRAFT)
    first, second = (words(client.get(f"/my-sessions?page={page}")) for page in (1, 2))
    assert ("Session 00" in first, "Session 50" in first) == (True, False)
    assert ("Session 00" in second, "Session 50" in second) == (False, True)
    assert "A draft" in words(client.get("/my-sessions?show=drafts"))


# The link in the letter


def test_a_void_link_and_an_expired_one_say_which(app: Flask, client_of: ClientOf, make: Builder, host: User, now: datetime) -> None:
    made = make.outreach_session(host, is_provisional=True, decides_at=now + DAY)

    def path(expires_at: datetime) -> str:
        ticket = Ticket(host.mailbox_id, made.id, LinkPurpose.DECIDE, 1, expires_at)
        return "/d/" + tokens.sign(ticket, app.config["SECRET_KEY"])

    client = client_of(None)
    for address, status, says in (
        ("/d/forged", 404, "Part of the link is missing, or the session now has other hosts."),
        (path(now), 410, "The link has expired because the session has begun."),
    ):
        for response in (client.get(address), client.post(f"{address}/confirmation"), client.post(f"{address}/cancellation")):
            assert (response.status_code, says in words(response)) == (status, True)
            assert (response.headers["Cache-Control"], response.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    good = client.get(path(now + SECOND))
    assert good.status_code == 200
    assert f'value="{seen(made)}"' in words(good)
    assert again(made).awaits_decision


def test_calling_off_needs_a_reason_and_keeps_what_was_typed(
    app: Flask, client_of: ClientOf, make: Builder, host: User, now: datetime
) -> None:
    made = make.outreach_session(host, is_provisional=True, decides_at=now + DAY)
    path = "/d/" + tokens.sign(Ticket(host.mailbox_id, made.id, LinkPurpose.DECIDE, 1, made.starts_at), app.config["SECRET_KEY"])
    client = client_of(None)
    client.reads_facts = False  # type: ignore[attr-defined]
    stale = client.post(f"{path}/cancellation", data={"seen_at": NEVER.isoformat(), "reason": "An emergency list."})
    assert (stale.status_code, "An emergency list." in words(stale), again(made).state) == (409, True, PUBLISHED)
    stale = client.post(f"{path}/confirmation", data={"seen_at": NEVER.isoformat()})
    assert (stale.status_code, "Something changed while this page was open" in words(stale)) == (409, True)
    assert f'value="{seen(made)}"' in words(stale)
    with transaction():
        again(made).cancel("Ruth said so.", now=now)
    late = client.post(f"{path}/confirmation", data={"seen_at": NEVER.isoformat()})
    assert (late.status_code, late.location) == (303, path)
    assert "This session was cancelled" in words(client.get(path))


# What forms take


def form_errors(app: Flask, kind: type[Any], **changes: Any) -> set[str]:
    with app.test_request_context(method="POST", data=MultiDict(typed(zone="Europe/London", video_url="https://v.example/1") | changes)):
        form = kind()
        if "host" in form:
            del form.host
        form.validate()
        return set(form.errors)


EDGES: list[tuple[str, Any, bool]] = [
    ("capacity", "1", True),
    ("capacity", "0", False),
    ("capacity", "5000", True),
    ("capacity", "5001", False),
    ("capacity", "", False),
    ("per_school_limit", "1", True),
    ("per_school_limit", "0", False),
    ("per_school_limit", "5000", True),
    ("per_school_limit", "5001", False),
    ("per_school_limit", "", True),
    ("age_floor", "0", True),
    ("age_floor", "-1", False),
    ("age_floor", "99", True),
    ("age_floor", "100", False),
    ("title", "x" * 120, True),
    ("title", "x" * 121, False),
    ("specialty", "x" * 80, True),
    ("specialty", "x" * 81, False),
    ("description", "x" * 10_000, True),
    ("description", "x" * 10_001, False),
    *((name, "x" * length, length == 2000) for name in ("bring", "wear", "kit") for length in (2000, 2001)),
    ("new_site", "x" * 200, True),
    ("new_site", "x" * 201, False),
    ("new_address", "x" * 1000, True),
    ("new_address", "x" * 1001, False),
    ("new_area", "x" * 200, True),
    ("new_area", "x" * 201, False),
    ("video_url", "https://v.example/" + "x" * 1982, True),
    ("video_url", "https://v.example/" + "x" * 1983, False),
    ("video_url", "https://", False),
    ("video_url", "HTTPS://v.example", True),
    ("video_url", "http://v.example", False),
    ("video_url", "v.example", False),
    ("other_unit", "weeks", False),
    ("video_url", "https://v.example/a b", False),
    ("video_url", 'https://v.example/"', False),
    ("video_url", "https://v.example/\x7f", False),
    ("video_url", " https://v.example ", True),
    ("day_phone", "+44 20 7946 0000", True),
    ("day_phone", "(020) 7946.0000 x-1/2", True),
    ("day_phone", "12", False),
    ("day_phone", "123", True),
    ("day_phone", "1" * 40, True),
    ("day_phone", "1" * 41, False),
    ("day_phone", "20+7946", False),
    ("leads", ["1", "2", "3", "4", "5", "6"], True),
    ("leads", ["1", "2", "3", "4", "5", "6", "7"], False),
    ("leads", ["86400"], True),
    ("leads", ["86401"], False),
    ("leads", ["0"], False),
    ("leads", [], True),
    ("other_lead", "1", True),
    ("other_lead", "0", False),
    ("other_lead", "60", True),
    ("other_lead", "61", False),
]


@pytest.mark.parametrize(("name", "value", "is_taken"), EDGES, ids=[f"{name}-{str(value)[:12]}-{ok}" for name, value, ok in EDGES])
def test_what_a_field_takes(app: Flask, name: str, value: Any, is_taken: bool) -> None:
    assert (name not in form_errors(app, SessionForm, **{name: value})) is is_taken


@pytest.mark.parametrize(("unit", "longest"), [("days", 60), ("hours", 1440), ("minutes", 86400)])
def test_a_reminder_lies_at_most_60_days_ahead_in_whatever_unit(app: Flask, unit: str, longest: int) -> None:
    for amount, is_taken in ((longest, True), (longest + 1, False)):
        errors = form_errors(app, SessionForm, other_lead=str(amount), other_unit=unit)
        assert ("other_lead" not in errors) is is_taken
    assert form_errors(app, SessionForm, other_lead="3", other_unit="weeks") == {"other_unit"}


@pytest.mark.parametrize(("length", "is_taken"), [(0, False), (1, True), (1000, True), (1001, False)])
def test_a_reason_to_cancel(app: Flask, length: int, is_taken: bool) -> None:
    with app.test_request_context(method="POST", data={"reason": "x" * length}):
        assert CancelForm().validate() is is_taken


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("", ()),
        ("a@x.test", ("a@x.test",)),
        ("a@x.test\r\nb@x.test", ("a@x.test", "b@x.test")),
        ("a@x.test, b@x.test;c@x.test", ("a@x.test", "b@x.test", "c@x.test")),
        (" ".join(f"{number}@x.test" for number in range(21)), tuple(f"{number}@x.test" for number in range(20))),
    ],
)
def test_co_hosts_are_typed_with_commas_or_on_lines(app: Flask, text: str, emails: tuple[str, ...]) -> None:
    data = typed(co_hosts=text, other_lead="2", other_unit="hours", leads=["60", "1440"], frees_declined_seats="y")
    data |= {"opens": "2027-03-08T09:00", "closes": "2027-03-17T09:00"}
    with app.test_request_context(method="POST", data=MultiDict(data)):
        form: Any = RewordForm()
        del form.host
        offer = form.offer()
    assert (offer.opens_wall, offer.closes_wall) == (datetime(2027, 3, 8, 9), datetime(2027, 3, 17, 9))
    assert (offer.co_host_emails, offer.reminder_leads, offer.host_id, offer.frees_declined_seats) == (emails, (1440, 120, 60), None, True)


@pytest.mark.parametrize(
    ("text", "is_seen"),
    [("2027-03-01T09:00:00+00:00", True), ("2027-03-01T09:00:00", False), ("", False), ("yesterday", False)],
)
def test_only_a_moment_with_its_zone_was_seen(app: Flask, now: datetime, text: str, is_seen: bool) -> None:
    with app.test_request_context(method="POST", data={"seen_at": text}):
        form: Any = RewordForm()
        assert form.seen == (now if is_seen else NEVER)


@pytest.mark.parametrize(
    ("where", "site_id", "area_id"),
    [("site-7", 7, None), ("area-7", None, 7), ("", None, None), ("room-7", None, None), ("site-x", None, None),
     ("site-\u0667", None, None),
     ("site-999999999", 999_999_999, None), ("site-1000000000", None, None)],
)  # fmt: skip
def test_a_place_is_a_site_or_an_area(app: Flask, where: str, site_id: int | None, area_id: int | None) -> None:
    more = {"meeting_point": "Door", "new_site": "Mercy", "new_address": "2 Hill Road", "new_area": "Lab", "video_url": "https://v.example"}
    with app.test_request_context(method="POST", data=MultiDict(typed(where=where) | more)):
        form: Any = SessionForm()
        place = form.place()
    assert (place.site_id, place.area_id, place.zone) == (site_id, area_id, "Europe/London")
    assert {name: getattr(place, name) for name in more} == more


@pytest.mark.parametrize(("fold", "meant"), [("0", 0), ("1", 1), ("2", None), ("", None)])
def test_which_of_two_hours_was_answered(app: Flask, fold: str, meant: int | None) -> None:
    data = typed(fold=fold, ends_next_day="y", provisional="y", decides="2027-03-16T12:00")
    with app.test_request_context(method="POST", data=MultiDict(data)):
        form: Any = SessionForm()
        when = form.when()
        assert form.asks_which is (meant is not None)
    assert (when.fold, when.ends_next_day, when.decision.is_provisional, when.decision.wall) == (
        meant,
        True,
        True,
        datetime(2027, 3, 16, 12),
    )


@pytest.mark.parametrize(("ticked", "end", "asks"), [(False, "16:00", False), (True, "16:00", True), (False, "soon", True)])
def test_the_box_for_the_next_day_is_shown_to_whom_it_concerns(app: Flask, ticked: bool, end: str, asks: bool) -> None:
    data = typed(end=end) | ({"ends_next_day": "y"} if ticked else {})
    with app.test_request_context(method="POST", data=MultiDict(data)):
        form: Any = SessionForm()
        del form.host
        form.validate()
        assert form.asks_for_the_next_day is asks


def test_a_teacher_sees_how_many_of_theirs_come_and_nobody_else_does(make: Builder, client_of: ClientOf, host: User) -> None:
    offered = make.outreach_session(host, capacity=4)
    north, south = make.school(), make.school()
    teacher, other = make.teacher(north), make.teacher(south)
    make.register(offered, other, *make.full_class(south, other, size=1).students)
    make.register(offered, teacher, *make.full_class(north, teacher, size=5).students)
    address = f"/sessions/{offered.id}"
    page = client_of(teacher).get(address).text
    assert re.search(rf'<a href="{address}/seats">3 of your students have a seat<br>2 of your students are on the waiting list</a>', page)
    assert "1 of your students has a seat</a>" in client_of(other).get(address).text
    for nobody in (None, host, make.coordinator(), make.teacher(make.school())):
        assert "of your students" not in client_of(nobody).get(address).text


def test_a_host_sees_who_comes_and_a_coordinator_whose_session_it_is(make: Builder, client_of: ClientOf, host: User) -> None:
    session = make.outreach_session(host, capacity=3)
    for size in (2, 3):
        school = make.school()
        teacher = make.teacher(school)
        make.register(session, teacher, *make.full_class(school, teacher, size=size).students)
    address = f"/sessions/{session.id}"
    for reader, as_coordinator in ((host, False), (make.coordinator(), True)):
        page = words(client_of(reader).get(address))
        shown = ["3 students from 2 schools have a seat", "2 students are on the waiting list", "3 no answer"]
        assert [part for part in shown if part in page] == shown
        assert ("You see this as a coordinator" in page) is as_coordinator
    for nobody in (make.clinician(), None):
        assert "from 2 schools" not in words(client_of(nobody).get(address))
