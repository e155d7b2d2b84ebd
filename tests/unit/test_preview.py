"""What a page shows before anything is sent: who hears what, and what changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

from outreach.models.snapshots import SessionSnapshot
from outreach.notifications.recipient_counts import RecipientCounts
from outreach.scheduling.form_parts import LONGEST, LeadUnit, in_largest_unit, in_minutes
from outreach.scheduling.preview import changes, recipient_rows
from outreach.scheduling.schedule_rules import AskWhich, offset_label, time_refusal
from outreach.time.wall_time import ClockMove, Objection, TimeRefused
from tests.support.letter_cases import workshop


@pytest.fixture(autouse=True)
def _words() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


NOBODY = RecipientCounts(students=0, guardians=0, teachers=0, hosts=0)
LIST, BOTH = "a list of their students", "the same e-mail and a list of their students"


@pytest.mark.parametrize(
    ("counts", "rows"),
    [
        ({}, []),
        ({"students": 1}, [(1, "student", "E")]),
        ({"students": 2}, [(2, "students", "E")]),
        ({"guardians": 1}, [(1, "guardian", "E")]),
        ({"guardians": 2}, [(2, "guardians", "E")]),
        ({"teachers": 1}, [(1, "teacher", "E")]),
        ({"teachers": 2}, [(2, "teachers", "E")]),
        ({"teachers": 1, "lists": 1}, [(1, "teacher", BOTH)]),
        ({"teachers": 2, "lists": 2}, [(2, "teachers", BOTH)]),
        ({"teachers": 1, "lists": 2}, [(1, "teacher", "E"), (2, "teachers", LIST)]),
        ({"lists": 1}, [(1, "teacher", LIST)]),
        ({"lists": 2}, [(2, "teachers", LIST)]),
        ({"hosts": 1}, [(1, "host", "E")]),
        ({"hosts": 2}, [(2, "hosts", "E")]),
        ({"waiting": 1}, [(1, "student or guardian on the waiting list", "an e-mail")]),
        ({"waiting": 2}, [(2, "students and guardians on the waiting list", "an e-mail")]),
    ],
)
def test_who_hears_and_what_they_get(counts: dict[str, int], rows: list[tuple[int, str, str]]) -> None:
    assert recipient_rows(replace(NOBODY, **counts), "E") == rows


def test_everybody_who_hears_is_named_once_in_this_order() -> None:
    counts = RecipientCounts(students=1, guardians=2, teachers=3, hosts=4, lists=3, waiting=5)
    assert [(number, who) for number, who, _what in recipient_rows(counts, "E")] == [
        (1, "student"),
        (2, "guardians"),
        (3, "teachers"),
        (4, "hosts"),
        (5, "students and guardians on the waiting list"),
    ]


FACTS: SessionSnapshot = replace(
    workshop(),
    site_name="Mercy",
    area_name="Lab",
    address="1 Main Street\nSpringfield",
    decides_at=None,
    is_provisional=False,
    bring="A pen",
)
DECIDES = datetime(2027, 3, 16, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("new", "lines"),
    [
        ({}, []),
        ({"title": "Another"}, [("Title", FACTS.title, "Another")]),
        ({"host_name": "Kim"}, [("Host", FACTS.host_name, "Kim")]),
        ({"site_name": "General"}, [("Where", "Mercy, Lab", "General, Lab")]),
        ({"area_name": ""}, [("Where", "Mercy, Lab", "Mercy")]),
        (
            {"site_name": "", "area_name": "", "address": ""},
            [("Where", "Mercy, Lab", "Online"), ("Address", "1 Main Street, Springfield", "")],
        ),
        ({"meeting_point": "Back door"}, [("Where to meet", FACTS.meeting_point, "Back door")]),
        ({"video_url": "https://v.example"}, [("Video link", FACTS.video_url, "https://v.example")]),
        ({"bring": "Two pens"}, [("What to bring", "A pen", "Two pens")]),
        ({"wear": "Short sleeves!"}, [("What to wear", FACTS.wear, "Short sleeves!")]),
        ({"kit": "A pad!"}, [("Kit for each student", FACTS.kit, "A pad!")]),
        (
            {"frees_declined_seats": not FACTS.frees_declined_seats},
            [("If an invitation is declined", "the student keeps the seat until the family withdraws", "the student is withdrawn")],
        ),
    ],
)
def test_each_change_stands_old_beside_new(new: dict[str, Any], lines: list[tuple[str, str, str]]) -> None:
    found = [(one.label, one.was, one.becomes) for one in changes(FACTS, replace(FACTS, **new))]
    assert found == lines
    assert [(one.label, one.was, one.becomes) for one in changes(replace(FACTS, **new), FACTS)] == [
        (label, after, before) for label, before, after in lines
    ]


def test_times_and_status_are_said_on_the_clock_of_the_place() -> None:
    (when,) = changes(
        FACTS, replace(FACTS, starts_wall=FACTS.starts_wall + timedelta(days=7), ends_wall=FACTS.ends_wall + timedelta(days=7))
    )
    assert (when.label, f"{FACTS.starts_wall:%H:%M}" in when.was, when.was == when.becomes) == ("When", True, False)
    (status,) = changes(replace(FACTS, zone="America/New_York"), replace(FACTS, zone="America/New_York", decides_at=DECIDES))
    assert (status.label, status.was) == ("Status", "Confirmed")
    assert status.becomes.startswith("Provisional, to be decided by Tuesday 16 March 2027, 12:00 (New York")


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (timedelta(0), "UTC+0"),
        (timedelta(hours=-4), "UTC\N{MINUS SIGN}4"),
        (timedelta(hours=5, minutes=30), "UTC+5:30"),
        (timedelta(hours=-3, minutes=-30), "UTC\N{MINUS SIGN}3:30"),
        (timedelta(hours=5, minutes=5), "UTC+5:05"),
        (timedelta(minutes=-20), "UTC\N{MINUS SIGN}0:20"),
        (timedelta(hours=1, seconds=29), "UTC+1"),
        (timedelta(hours=1, seconds=31), "UTC+1:01"),
    ],
)
def test_an_offset_in_words(offset: timedelta, words: str) -> None:
    assert offset_label(offset) == words


@pytest.mark.parametrize(
    ("objection", "words"),
    [
        (Objection.UNKNOWN_ZONE, "We don't know this time zone."),
        (Objection.PAST, "This is in the past."),
        (Objection.TOO_FAR, "This year can't be right."),
        (Objection.ENDS_BEFORE_IT_STARTS, "It ends before it starts."),
        (Objection.TOO_LONG, "This is longer than 24 hours."),
    ],
)
def test_each_objection_has_its_words(objection: Objection, words: str) -> None:
    refusal = time_refusal(TimeRefused(objection, "end"), "America/New_York")
    assert (type(refusal) is AskWhich, refusal.field, str(refusal).startswith(words)) == (False, "end", True)


def test_an_hour_that_is_skipped_or_comes_twice_is_said_with_the_clocks_move() -> None:
    wall, hour = datetime(2027, 11, 7, 1, 30), timedelta(hours=1)
    move = ClockMove(shows=datetime(2027, 11, 7, 2), then=datetime(2027, 11, 7, 1), offset_before=-4 * hour, offset_after=-5 * hour)
    twice = time_refusal(TimeRefused(Objection.SHOWN_TWICE, "start", wall=wall, clock_move=move), "America/New_York")
    assert isinstance(twice, AskWhich)
    assert (twice.field, twice.offsets) == ("fold", (-4 * hour, -5 * hour))
    assert str(twice) == (
        "01:30 comes twice on Sunday 7 November 2027 in New York, because the clocks go back from 02:00 to 01:00. "
        "Say whether you mean the first (UTC\N{MINUS SIGN}4) or the second (UTC\N{MINUS SIGN}5)."
    )
    skipped = time_refusal(TimeRefused(Objection.SKIPPED, "start", wall=wall, clock_move=move), "America/New_York")
    assert (skipped.field, type(skipped) is AskWhich) == ("start", False)


@pytest.mark.parametrize(("unit", "minutes"), [(LeadUnit.MINUTES, 1), (LeadUnit.HOURS, 60), (LeadUnit.DAYS, 1440)])
def test_the_units_of_reminders(unit: LeadUnit, minutes: int) -> None:
    assert in_minutes(3, unit) == 3 * minutes
    assert in_largest_unit(minutes) == (1, unit)
    assert in_largest_unit(0) == (0, LeadUnit.MINUTES)
    assert in_minutes(60, LeadUnit.DAYS) == LONGEST
