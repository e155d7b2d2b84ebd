"""What stands on a card of the list and on a session's page, at the edge of each moment; the file, and each filter's edge."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from outreach.catalogue import search
from outreach.catalogue.search import Search, find, formats
from outreach.db import db, transaction
from outreach.models import OutreachSession, SessionState, User
from outreach.time import clock
from outreach.web.paging import MOST, page_of
from tests.support.builders import Builder
from tests.support.registrations import SECOND

Clients = Callable[[User | None], FlaskClient]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Callable[[datetime], None]:
    """Set the clock; it begins at `now`."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_clock(now)
    return set_clock


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.text)


def cards(client: FlaskClient, question: str = "") -> dict[str, str]:
    """Give the words of each card of the list that has Zeta in its title, by title."""
    listed = page(client, f"/?q=zeta{question}")
    found = {}
    for card in re.findall(r'<article class="session-card">.*?</article>', listed, re.DOTALL):
        words = " ".join(re.sub(r"<[^>]+>", " ", card).split())
        found[re.findall(r"Zeta[\w ]*?(?=</a>)", card)[0]] = words
    return found


def zeta(make: Builder, name: str = "", **facts: Any) -> OutreachSession:
    return make.outreach_session(make.clinician(given_name="Grace", family_name="Hopper"), title=f"Zeta{name}", **facts)


STATUSES = (
    "Draft",
    "Cancelled",
    "Over",
    "Registration closed",
    "Full, with a waiting list",
    "Registration not open yet",
    "seat left",
    "seats left",
)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, None),
        ({"capacity": 10, "seats_taken": 6}, None),
        ({"capacity": 10, "seats_taken": 7}, "3 seats left"),
        ({"capacity": 10, "seats_taken": 9}, "1 seat left"),
        ({"capacity": 10, "seats_taken": 10}, "Full, with a waiting list"),
        ({"capacity": 3, "seats_taken": 1}, None),  # where there never were more than three, few are nothing special
        ({"capacity": 4, "seats_taken": 1}, "3 seats left"),
        ({"capacity": 4}, None),
        ({"opens_at": HOUR}, "Registration not open yet"),
        ({"opens_at": SECOND}, "Registration not open yet"),
        ({"opens_at": timedelta(0)}, None),
        ({"opens_at": HOUR, "capacity": 4, "seats_taken": 4}, "Full, with a waiting list"),
        ({"closes_at": SECOND}, None),
        ({"closes_at": timedelta(0)}, "Registration closed"),
        ({"closes_at": timedelta(0), "capacity": 4, "seats_taken": 4}, "Registration closed"),
    ],
)
def test_a_card_says_only_what_one_must_know_before_opening_it(
    make: Builder, client_of: Clients, now: datetime, facts: dict[str, Any], said: str | None
) -> None:
    zeta(make, "", **{name: now + value if isinstance(value, timedelta) else value for name, value in facts.items()})
    (card,) = cards(client_of(None)).values()
    found = [status for status in STATUSES if status in card]
    assert (said in card if said else True, bool(found)) == (True, said is not None)


def test_a_card_shows_day_time_place_seats_kind_and_host(make: Builder, client_of: Clients) -> None:
    site = make.site("Mercy General")
    at_a_place = zeta(make, " place", site=site, capacity=12, seats_taken=5)
    zeta(make, " online", video_url="https://video.example/1", format_key="online_qa")
    client = client_of(None)
    found = cards(client)
    names = formats()
    assert found["Zeta place"].startswith(f"Thu 18 Mar {names['stitch_workshop']} Zeta place 14:00 to 16:00 New York, UTC−4 Mercy General")
    assert "Grace Hopper" in found["Zeta place"]
    assert "5 of 12 seats taken" in found["Zeta place"]
    assert "London" in found["Zeta online"]
    assert "Online" in found["Zeta online"]
    assert names["online_qa"] in found["Zeta online"]
    assert f'href="/sessions/{at_a_place.id}"' in page(client, "/?q=zeta")


@pytest.mark.parametrize(("decides", "said"), [(SECOND, "Provisional until"), (timedelta(0), "Provisional"), (-SECOND, "Provisional")])
def test_a_provisional_card_says_until_when_as_long_as_that_is_to_come(
    make: Builder, client_of: Clients, now: datetime, decides: timedelta, said: str
) -> None:
    zeta(make, is_provisional=True, decides_at=now + decides)
    zeta(make, " certain", decides_at=now + HOUR)
    found = cards(client_of(None))
    assert said in found["Zeta"]
    assert ("until" in found["Zeta"]) is (said == "Provisional until")
    assert "Provisional" not in found["Zeta certain"]


def test_a_session_leaves_the_list_when_it_starts(make: Builder, client_of: Clients, at: Callable[[datetime], None]) -> None:
    one = zeta(make)
    at(one.starts_at - SECOND)
    assert list(cards(client_of(None))) == ["Zeta"]
    at(one.starts_at)
    assert "Zeta" not in page(client_of(None), "/?q=zeta").partition("<main")[2].replace('value="zeta"', "")


def test_two_at_the_same_time_keep_their_order(make: Builder, client_of: Clients) -> None:
    for name in (" b", " a", " c"):
        zeta(make, name)
    zeta(make, " first", starts_wall=datetime(2027, 3, 17, 9))
    assert list(cards(client_of(None))) == ["Zeta first", "Zeta b", "Zeta a", "Zeta c"]


def test_the_day_to_begin_with_is_the_one_on_the_sessions_own_wall(make: Builder, client_of: Clients) -> None:
    zeta(make, " midnight", starts_wall=datetime(2027, 3, 18, 0, 0), site=make.site(zone="Pacific/Kiritimati"))
    zeta(make, " eve", starts_wall=datetime(2027, 3, 17, 23, 59), site=make.site(zone="Pacific/Pago_Pago"))
    client = client_of(None)
    assert list(cards(client, "&since=2027-03-18")) == ["Zeta midnight"]
    assert set(cards(client, "&since=2027-03-17")) == {"Zeta midnight", "Zeta eve"}


def test_a_word_may_mean_a_kind_in_any_case_and_every_word_must_be_found(make: Builder, now: datetime) -> None:
    one = zeta(make, specialty="Cardiology")
    names = formats()
    for words, is_found in (
        (("zeta", names["stitch_workshop"].split()[0].upper()), True),
        (("zeta", "HOPPER"), True),
        (("zeta", "grace", "cardio"), True),
        (("zeta", "dance"), False),
        (("zeta", names["talk"].split()[0]), False),
    ):
        found = find(Search(words=words), 1, names, now=now)
        assert [row.id for row in found.rows] == ([one.id] if is_found else [])
        assert found.total == int(is_found)


def test_a_filter_leaves_out_drafts_cancelled_and_past_sessions(make: Builder, client_of: Clients, now: datetime) -> None:
    for state in SessionState:
        zeta(make, f" {state.value}", state=state, cancelled_at=now, format_key="talk")
    zeta(make, " past", starts_wall=datetime(2027, 2, 18, 9), format_key="talk")
    zeta(make, " other")
    assert list(cards(client_of(None), "&format=talk")) == ["Zeta published"]
    assert find(Search(format_key="talk", words=("zeta",)), 1, formats(), now=now).total == 1


def test_a_list_is_counted_to_the_most_and_no_further(make: Builder, now: datetime) -> None:
    pattern = zeta(make)
    row = {column.key: getattr(pattern, column.key) for column in OutreachSession.__table__.columns if column.key != "id"}
    with transaction():
        db.session.execute(insert(OutreachSession), [row] * MOST)
    found = find(Search(words=("zeta",)), 1, formats(), now=now)
    assert (found.total, found.is_cut, found.pages, len(found.rows)) == (MOST, True, MOST // search.PAGE_SIZE, search.PAGE_SIZE)


def test_a_page_is_read_from_its_place_in_the_order(make: Builder) -> None:
    ids = [zeta(make, f" {number}", starts_wall=datetime(2027, 3, 20 - number, 9)).id for number in range(5)]
    wanted = search.PUBLISHED_IN_ORDER.where(OutreachSession.id.in_(ids))
    second = page_of(wanted, 2, size=2)
    assert ([row.id for row in second.rows], second.page, second.pages, second.total) == ([ids[2], ids[1]], 2, 3, 5)
    assert [row.id for row in page_of(wanted, 9, size=2).rows] == [ids[0]]
    nothing = page_of(wanted.where(OutreachSession.id == 0), 3, size=2)
    assert (nothing.rows, nothing.page, nothing.pages, nothing.total) == ([], 1, 1, 0)


@pytest.mark.parametrize(
    ("who", "opens", "shown"),
    [
        ("nobody", -SECOND, True),
        ("teacher", -SECOND, True),
        ("coordinator, no host", -SECOND, False),  # who hosts sees the roster instead, and a coordinator always does
        ("clinician", -SECOND, False),
        ("host", -SECOND, False),
        ("applicant", -SECOND, False),
        ("teacher", SECOND, False),
        ("teacher who hosts", -SECOND, False),
    ],
)
def test_registering_is_for_teachers_and_who_may_be_one_while_it_is_open(
    make: Builder, client_of: Clients, now: datetime, who: str, opens: timedelta, *, shown: bool
) -> None:
    one = zeta(make, opens_at=now + opens)
    both = make.teacher(make.school())
    with transaction():
        db.session.get_one(OutreachSession, one.id).co_hosts = [both]
    people: dict[str, User | None] = {
        "nobody": None,
        "teacher": make.teacher(make.school()),
        "coordinator, no host": make.coordinator(),
        "clinician": make.clinician(),
        "host": one.host,
        "applicant": make.user(),
        "teacher who hosts": both,
    }
    assert (f"/sessions/{one.id}/registration" in page(client_of(people[who]), f"/sessions/{one.id}")) is shown


@pytest.mark.parametrize(
    ("after_start", "chip", "calendar"),
    [
        (-SECOND, None, True),
        (timedelta(0), "Registration has closed.", True),
        (2 * HOUR - SECOND, "Registration has closed.", True),
        (2 * HOUR, "Over", False),
    ],
)
def test_from_the_start_nobody_registers_and_from_the_end_it_took_place(
    make: Builder, client_of: Clients, at: Callable[[datetime], None], after_start: timedelta, chip: str | None, *, calendar: bool
) -> None:
    one = zeta(make)
    at(one.starts_at + after_start)
    shown = page(client_of(None), f"/sessions/{one.id}")
    assert [words for words in ("Registration has closed.", "Over") if words in shown] == ([chip] if chip else [])
    assert ("Add to calendar" in shown, "Register a class" in shown) == (calendar, chip is None)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"opens_at": SECOND}, "Registration opens"),
        ({"closes_at": SECOND}, "Registration closes"),
        ({"closes_at": timedelta(0)}, "Registration closed"),
    ],
)
def test_when_registration_opens_and_closes_is_said_on_the_sessions_own_clock(
    make: Builder, client_of: Clients, now: datetime, facts: dict[str, timedelta], words: str
) -> None:
    """09:00 in London is 04:00 in New York."""
    one = zeta(make, "", **{name: now + value for name, value in facts.items()})
    shown = page(client_of(None), f"/sessions/{one.id}")
    assert f"<dt>{words}</dt><dd>Monday 1 March 2027, 04:00</dd>" in shown


@pytest.mark.parametrize(("limit", "said"), [(None, ""), (1, "1 student"), (4, "at most 4 students")])
def test_the_limit_of_a_school_is_said(make: Builder, client_of: Clients, limit: int | None, said: str) -> None:
    one = zeta(make, per_school_limit=limit)
    shown = page(client_of(None), f"/sessions/{one.id}")
    assert ("Limit for each school" in shown, said in shown) == (limit is not None, True)


def test_what_a_host_can_do_is_offered_until_the_end(make: Builder, client_of: Clients, at: Callable[[datetime], None]) -> None:
    one = zeta(make)
    acts = ("roster", "edit", "move", "cancellation")

    def offered() -> list[str]:
        shown = page(client_of(one.host), f"/sessions/{one.id}")
        return [act for act in acts if f'href="/sessions/{one.id}/{act}"' in shown]

    at(one.ends_at - SECOND)
    assert offered() == list(acts)
    at(one.ends_at)
    assert offered() == ["roster"]


def entry_of(client: FlaskClient, one: OutreachSession) -> Any:
    (entry,) = icalendar.Calendar.from_ical(client.get(f"/sessions/{one.id}.ics").data).walk("VEVENT")
    return entry


def test_it_says_who_what_where_and_what_to_bring(make: Builder, client_of: Clients) -> None:
    site = make.site("Mercy General", address="1 Main Street\nNew York")
    one = zeta(make, site=site, area_id=make.area(site, "Ward 7").id, bring="A pen", wear="Flat shoes", revision=3)
    entry = entry_of(client_of(None), one)
    assert entry["LOCATION"] == "Mercy General, Ward 7, 1 Main Street, New York, Main entrance"
    assert entry["DESCRIPTION"].split("\n") == [
        f"{formats()['stitch_workshop']} with Grace Hopper",
        "Bring: A pen",
        "Wear: Flat shoes",
        f"http://127.0.0.1:5000/sessions/{one.id}",
    ]
    assert (entry["SEQUENCE"], entry["URL"]) == (3, f"http://127.0.0.1:5000/sessions/{one.id}")
    assert entry.get("STATUS", "CONFIRMED") == "CONFIRMED"
    assert [entry.decoded(name).replace(tzinfo=None) for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED")] == [
        moment.replace(tzinfo=None) for moment in (one.updated_at, one.created_at, one.updated_at)
    ]


def test_online_it_keeps_the_link_and_says_where_it_comes_from(make: Builder, client_of: Clients) -> None:
    entry = entry_of(client_of(None), zeta(make, video_url="https://video.example/secret"))
    assert entry["LOCATION"] == "Online"
    assert "The video link comes with the invitation." in entry["DESCRIPTION"]
    assert "secret" not in entry.to_ical().decode()


def test_without_area_or_meeting_point_it_leaves_no_gap(make: Builder, client_of: Clients) -> None:
    one = zeta(make, site=make.site("Mercy General", address=""), meeting_point="")
    assert entry_of(client_of(None), one)["LOCATION"] == "Mercy General"


def test_provisional_it_is_tentative_and_says_until_when(make: Builder, client_of: Clients, now: datetime) -> None:
    entry = entry_of(client_of(None), zeta(make, is_provisional=True, decides_at=now + HOUR))
    assert entry["STATUS"] == "TENTATIVE"
    assert "Provisional, to be decided by Monday 1 March 2027, 05:00" in entry["DESCRIPTION"]


def test_it_may_be_kept_but_is_asked_for_again(make: Builder, client_of: Clients) -> None:
    one = zeta(make)
    answer = client_of(None).get(f"/sessions/{one.id}.ics")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="session-{one.id}.ics"'
