"""The catalogue and a session's page: what everybody sees, and what only some do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, insert

from outreach.catalogue.views import plain_mailbox
from outreach.db import db, transaction
from outreach.models import OutreachSession, SessionState, User
from tests.support.builders import Builder

pytestmark = [pytest.mark.both_databases("text compared in SQL, without regard to case"), pytest.mark.usefixtures("clock_stands_still")]

ClientOf = Callable[[User | None], FlaskClient]


def text_of(client: FlaskClient, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return unescape(response.get_data(as_text=True))


def titles(page: str) -> list[str]:
    return [part.split("</a>")[0].split(">")[-1] for part in page.split('class="session-card-title"')[1:]]


def many(make: Builder, number: int) -> None:
    """Published sessions, an hour apart, named by their number."""
    pattern = make.outreach_session(make.clinician(), title="Session 0")
    row = {column.key: getattr(pattern, column.key) for column in OutreachSession.__table__.columns if column.key != "id"}
    later = ("starts_wall", "ends_wall", "starts_at", "ends_at")
    rows = [row | {"title": f"Session {n}"} | {name: row[name] + timedelta(hours=n) for name in later} for n in range(1, number)]
    with transaction():
        db.session.execute(insert(OutreachSession), rows)


@pytest.mark.empty_database
def test_sessions_to_come_stand_by_date_and_nothing_else_does(make: Builder, client_of: ClientOf, now: datetime) -> None:
    host = make.clinician()
    make.outreach_session(host, title="Later", starts_wall=datetime(2027, 4, 2, 9))
    make.outreach_session(host, title="Sooner", starts_wall=datetime(2027, 3, 2, 9))
    make.outreach_session(host, title="Over", starts_wall=datetime(2027, 2, 2, 9))
    make.outreach_session(host, title="Draft", state=SessionState.DRAFT)
    make.outreach_session(host, title="Gone", state=SessionState.CANCELLED, cancelled_at=now)
    page = text_of(client_of(None), "/")
    assert titles(page) == ["Sooner", "Later"]
    assert "March 2027" in page
    assert "April 2027" in page


@pytest.mark.one_database
@pytest.mark.empty_database
def test_an_empty_catalogue_says_what_will_be_here(client_of: ClientOf) -> None:
    assert "No sessions yet" in text_of(client_of(None), "/")
    assert "Nothing matches" in text_of(client_of(None), "/?q=anything")


def test_the_front_page_says_what_this_is_to_whoever_has_not_signed_in(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    make.outreach_session(host, title="Here")
    front = client_of(None).get("/").text
    for words in ("A first stitch in medicine", "Apply as a clinician", "Apply as a teacher", "You need no account", ">Here<"):
        assert words in front
    assert front.index("You need no account") < front.index(">Here<")
    for other in (client_of(host).get("/"), client_of(None).get("/?q=here"), client_of(None).get("/?since=nonsense")):
        assert "A first stitch in medicine" not in other.text
        assert "<h1>Find a session</h1>" in other.text
        assert ("/apply" in other.text) == (other.request.environ["QUERY_STRING"] != "")


@pytest.mark.empty_database
def test_a_page_holds_twenty_and_one_beyond_the_end_is_the_last(make: Builder, client_of: ClientOf) -> None:
    many(make, 45)
    client = client_of(None)
    pages = [titles(text_of(client, f"/?page={number}")) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert [title for page in pages for title in page] == [f"Session {n}" for n in range(45)]
    for beyond in ("4", "99999", "9" * 40):
        assert titles(text_of(client, f"/?page={beyond}")) == pages[2]
    for nonsense in ("0", "-1", "x", "²"):
        assert titles(text_of(client, f"/?page={nonsense}")) == pages[0]


def test_a_page_costs_as_many_queries_for_twenty_sessions_as_for_one(make: Builder, client_of: ClientOf) -> None:
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    counts = []
    for number in (2, 30):
        many(make, number)
        statements.clear()
        client_of(None).get("/")
        counts.append(sum(statement.startswith("SELECT") for statement in statements))
    assert counts == [3, 3]


ASKED_AND_FOUND: dict[str, set[str]] = {
    "stitch": {"First stitch 100%"},
    "STITCH first": {"First stitch 100%"},
    "mercy": {"First stitch 100%"},
    "grace hopper": {'Ask_me "anything"'},
    "cardio": {'Ask_me "anything"'},
    "%": {"First stitch 100%"},
    "ask me": {'Ask_me "anything"'},
    '"anything"': {'Ask_me "anything"'},
    "'": {'Ask_me "anything"', "First stitch 100%"},
    "\\": set(),
    "stitch anything": set(),
    "'; DROP TABLE outreach_session; --": set(),
    "Q&A": {'Ask_me "anything"'},
}


@pytest.mark.empty_database
def test_every_word_is_looked_for_in_title_specialty_place_kind_and_host(make: Builder, client_of: ClientOf) -> None:
    make.outreach_session(make.clinician(given_name="Ada", family_name="Love"), title="First stitch 100%", site=make.site("Mercy General"))
    host, online = make.clinician(given_name="Grace", family_name="Hopper"), "https://video.example/1"
    make.outreach_session(host, title='Ask_me "anything"', specialty="Cardiology", format_key="online_qa", video_url=online)
    client = client_of(None)
    found = {}
    for question in ASKED_AND_FOUND:
        page = client.get("/", query_string={"q": question})
        found[question] = set(titles(unescape(page.get_data(as_text=True))))
    assert found == ASKED_AND_FOUND


@pytest.mark.empty_database
def test_filters_narrow_by_kind_place_and_day(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    make.outreach_session(host, title="Workshop", starts_wall=datetime(2027, 3, 18, 23), site=make.site(zone="Pacific/Kiritimati"))
    make.outreach_session(
        host, title="Talk", format_key="talk", starts_wall=datetime(2027, 3, 19, 0, 30), site=make.site(zone="Pacific/Pago_Pago")
    )
    make.outreach_session(
        host, title="Online", format_key="online_qa", video_url="https://video.example/1", starts_wall=datetime(2027, 3, 20, 9)
    )
    client = client_of(None)
    found = {
        question: titles(text_of(client, f"/?{question}"))
        for question in ("format=talk", "where=online", "where=place", "since=2027-03-19")
    }
    assert found == {
        "format=talk": ["Talk"],
        "where=online": ["Online"],
        "where=place": ["Workshop", "Talk"],
        "since=2027-03-19": ["Talk", "Online"],
    }
    assert titles(text_of(client, "/?format=talk&where=place&since=2027-03-19&q=hospital")) == ["Talk"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("question", "field"), [("since=soon", "since"), ("format=dance", "format"), ("where=mars", "where"), ("q=" + "x" * 101, "q")]
)
@pytest.mark.empty_database
def test_a_filter_that_cannot_be_read_is_pointed_at_and_left_out(make: Builder, client_of: ClientOf, question: str, field: str) -> None:
    make.outreach_session(make.clinician(), title="Workshop")
    page = text_of(client_of(None), f"/?{question}", status=422)
    assert f'id="{field}-error"' in page
    assert titles(page) == ["Workshop"]


@pytest.mark.empty_database
def test_dates_at_the_ends_of_the_calendar_are_read(make: Builder, client_of: ClientOf) -> None:
    make.outreach_session(make.clinician(), title="Workshop")
    assert titles(text_of(client_of(None), "/?since=0001-01-01")) == ["Workshop"]
    assert titles(text_of(client_of(None), "/?since=9999-12-31")) == []


@pytest.mark.one_database
def test_a_title_is_text_and_markdown_is_cleaned(make: Builder, client_of: ClientOf) -> None:
    description = "<script>alert(1)</script> [a](javascript:alert(1)) [b](https://good.example) **bold** ![x](https://x.example/x.png)"
    session = make.outreach_session(
        make.clinician(), title="<script>alert('t')</script>", description=description, bring="<img src=x onerror=alert(1)>"
    )
    raw = ""
    for address in ("/", f"/sessions/{session.id}"):
        raw = client_of(None).get(address).get_data(as_text=True)
        assert "<script>alert" not in raw
        assert "<img" not in raw
        assert "javascript:" not in raw.replace("[a](javascript:alert(1))", "")
    assert '<a href="https://good.example" rel="noopener nofollow">' in raw
    assert "<strong>bold</strong>" in raw


@pytest.mark.one_database
def test_a_sessions_page_says_all_that_is_public(make: Builder, client_of: ClientOf) -> None:
    site = make.site("Mercy General", zone="America/New_York", address="1 Main Street\nNew York")
    host = make.clinician(given_name="Ada", family_name="Love")
    session = make.outreach_session(
        host,
        site=site,
        area_id=make.area(site, age_floor=18).id,
        seats_taken=4,
        bring="A pen",
        wear="Flat shoes",
        kit="Needle",
        age_floor=16,
        day_phone="+1 212 555 0100",
    )
    page = text_of(client_of(None), f"/sessions/{session.id}")
    for words in (
        "Thursday 18 March 2027",
        "14:00 to 16:00",
        "New York, UTC−4",
        "Mercy General",
        "Skills lab",
        "Main entrance",
        "Ada Love",
        "4 of 10 seats taken",
        "A pen",
        "Flat shoes",
        "Needle",
        "Aged 18 or over on the day",
        f"/sessions/{session.id}.ics",
    ):
        assert words in page
    assert "555 0100" not in page


@pytest.mark.one_database
def test_the_second_of_two_hours_shows_its_own_offset(make: Builder, client_of: ClientOf) -> None:
    host, night = make.clinician(), datetime(2027, 11, 7, 1, 30)
    first, second = (make.outreach_session(host, starts_wall=night, minutes=20, zone="America/New_York", fold=fold) for fold in (0, 1))
    client = client_of(None)
    assert "UTC−4" in text_of(client, f"/sessions/{first.id}")
    assert "UTC−5" in text_of(client, f"/sessions/{second.id}")


@pytest.mark.one_database
def test_the_video_link_and_the_telephone_are_for_those_they_are_for(make: Builder, client_of: ClientOf) -> None:
    host = make.clinician()
    session = make.outreach_session(host, video_url="https://video.example/secret", day_phone="+1 212 555 0100")
    seen = {}
    for name, user in {"nobody": None, "stranger": make.clinician(), "teacher": make.teacher(make.school()), "host": host}.items():
        page = text_of(client_of(user), f"/sessions/{session.id}")
        seen[name] = ("video.example/secret" in page, "555 0100" in page, f"/sessions/{session.id}/move" in page)
    assert seen == {
        "nobody": (False, False, False),
        "stranger": (False, False, False),
        "teacher": (False, True, False),
        "host": (True, True, True),
    }
    assert "secret" not in client_of(None).get(f"/sessions/{session.id}.ics").get_data(as_text=True)


@pytest.mark.one_database
def test_a_draft_is_there_for_its_hosts_alone(make: Builder, client_of: ClientOf) -> None:
    host, helper = make.clinician(), make.clinician()
    draft = make.outreach_session(host, state=SessionState.DRAFT, co_hosts=[helper])
    people = {None: 404, make.clinician(): 404, make.teacher(make.school()): 404, host: 200, helper: 200, make.coordinator(): 200}
    for user, status in people.items():
        assert client_of(user).get(f"/sessions/{draft.id}").status_code == status
        assert client_of(user).get(f"/sessions/{draft.id}.ics").status_code == 404


@pytest.mark.one_database
def test_a_cancelled_session_says_why_and_has_no_file(make: Builder, client_of: ClientOf, now: datetime) -> None:
    session = make.outreach_session(
        make.clinician(), state=SessionState.CANCELLED, cancelled_at=now, cancel_reason="The theatre is closed."
    )
    page = text_of(client_of(None), f"/sessions/{session.id}")
    assert "This session has been cancelled" in page
    assert "The theatre is closed." in page
    assert ".ics" not in page
    assert client_of(None).get(f"/sessions/{session.id}.ics").status_code == 410


def test_what_is_not_there_is_a_404(client_of: ClientOf) -> None:
    client = client_of(None)
    for key in (0, 4711, 2**31, 10**30):
        assert client.get(f"/sessions/{key}").status_code == 404
        assert client.get(f"/sessions/{key}.ics").status_code == 404


@pytest.mark.one_database
def test_the_file_publishes_the_session_and_invites_nobody(make: Builder, client_of: ClientOf) -> None:
    session = make.outreach_session(make.clinician(), site=make.site("Mercy, General; Hospital"), title="Power, of; a \\ Stitch")
    response = client_of(None).get(f"/sessions/{session.id}.ics")
    assert response.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    calendar = icalendar.Calendar.from_ical(response.data)
    (entry,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in entry
    assert entry["ORGANIZER"] == "mailto:rsvp@outreach.example"
    assert entry["UID"] == f"feed-session-{session.id}@127.0.0.1"
    assert entry["SUMMARY"] == "Power, of; a \\ Stitch"
    assert entry.decoded("DTSTART").astimezone(UTC) == session.starts_at
    assert len(calendar.walk("VTIMEZONE")) == 1
    assert client_of(None).get(f"/sessions/{session.id}.ics", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("rsvp+{token}@x.example", "rsvp@x.example"),
        ("rsvp-{token}@x.example", "rsvp@x.example"),
        ("{token}@x.example", "outreach@x.example"),
        ("r+{token}.s@x.example", "r.s@x.example"),
    ],
)
def test_the_plain_mailbox_is_the_reply_address_without_its_token(address: str, plain: str) -> None:
    assert plain_mailbox(address) == plain


@pytest.mark.one_database
def test_only_a_page_for_nobody_in_particular_may_be_shared(make: Builder, client_of: ClientOf) -> None:
    session = make.outreach_session(make.clinician())
    for address in ("/", f"/sessions/{session.id}"):
        response = client_of(None).get(address)
        assert response.headers["Cache-Control"] == "public, max-age=30"
        assert "Set-Cookie" not in response.headers
        assert "Cookie" in response.headers["Vary"]
        assert client_of(None).get(address, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
        assert client_of(make.clinician()).get(address).headers["Cache-Control"] == "private, no-cache"


@pytest.mark.one_database
@pytest.mark.empty_database
def test_links_to_other_pages_keep_the_question_whatever_it_is(make: Builder, client_of: ClientOf) -> None:
    many(make, 21)
    client = client_of(None)
    for hostile in ("endpoint=x", "_scheme=x", "_external=1", "_anchor=x", "_method=POST", "page=1&page=9"):
        page = client.get(f"/?where=place&{hostile}").get_data(as_text=True)
        (following,) = [part.split('"')[0] for part in page.split('rel="next" href="')[1:]]
        assert following.startswith("/?where=place&amp;")
        assert following.endswith("&amp;page=2")
        assert titles(text_of(client, unescape(following))) == ["Session 20"]
