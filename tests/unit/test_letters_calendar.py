"""What a calendar shows of a letter when its program shows nothing else: what is new, or why it ended, and for whom."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from outreach.models import LetterKind, LetterSnapshot
from outreach.models.snapshots import Cause, SessionSnapshot
from outreach.web import formatting
from tests.support.letter_cases import CASES, entry, online, workshop
from tests.support.letter_lines import (
    ANA,
    BEN,
    CANCELLED,
    GUARDIAN,
    INVITATION,
    MAYBE,
    PROMOTED,
    REMOVED,
    STUDENT,
    TEACHER,
    UPDATED,
    about,
    lead,
    moved,
)
from tests.support.received_letters import received

pytestmark = pytest.mark.usefixtures("in_small_app")

WITH_CALENDAR = [case for case, one in CASES.items() if received(one).ics]
REASON = "The theatre is needed.\nWe are sorry."
WHAT = "Stitch workshop with Dr Sam Lee"


def described(one: Any) -> list[str]:
    """Give the lines of the description."""
    return str(received(one).event["DESCRIPTION"]).split("\n")


def test_no_description_repeats_day_or_time_or_place() -> None:
    for case in WITH_CALENDAR:
        session, seen = LetterSnapshot.from_json(CASES[case].facts).session, received(CASES[case])
        text = str(seen.event["DESCRIPTION"])
        beside = [formatting.day(session.starts_wall), formatting.span(session.starts_wall, session.ends_wall), str(seen.event["LOCATION"])]

        assert [words for words in beside if words in text.split("\n") or (words != "Online" and words in text)] == [], case


def test_no_letter_says_that_a_calendar_changes_by_itself() -> None:
    claims = re.compile(r"automatically|as free|every calendar|then added|removed from your calendar", re.IGNORECASE)
    assert [(case, said) for case, one in CASES.items() if (said := claims.findall(received(one).text))] == []


def test_each_letter_with_a_calendar_says_what_to_press_and_what_if_there_is_nothing_to_press() -> None:
    texts = {case: received(CASES[case]).text for case in WITH_CALENDAR}

    assert [case for case, text in texts.items() if not re.search(r"press “(Accept|Update|Delete)”", text)] == []
    assert [case for case, text in texts.items() if "If you see no such button, " not in text] == []


def test_every_subject_and_headline_about_a_session_has_date_time_and_zone() -> None:
    for case, one in CASES.items():
        if session := one.facts.get("session"):
            start = LetterSnapshot.from_json(one.facts).session.starts_wall
            clock = f"{start:%H:%M} ({formatting.city(session['zone'])})"
            assert f"{start.day} {start:%B}, {clock}" in str(received(one).message["Subject"]), case
            assert f"{start.day} {start:%B %Y} at {start:%H:%M} ({formatting.city(session['zone'])}" in lead(one), case


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (workshop(datetime(2027, 3, 11, 10)), workshop(), ["New time. Before: Thursday 11 March 2027, 10:00 to 12:00 (New York, UTC−5)"]),
        (workshop(minutes=90), workshop(), ["New end. Before: 15:30"]),
        (workshop(minutes=900), workshop(), ["New end. Before: Friday 19 March 2027, 05:00"]),
        (
            workshop(site_name="City Hospital", area_name="", address="2 Park Lane"),
            workshop(),
            ["New place. Before: City Hospital, 2 Park Lane"],
        ),
        (workshop(meeting_point="Back door"), workshop(), ["New place. Before: Back door"]),
        (online(), workshop(title="Ask a surgeon", starts_wall=datetime(2027, 3, 18, 17)), None),
        (
            workshop(title="Knots", host_name="Dr Kim Ng", bring="", wear="Long\nsleeves"),
            workshop(),
            [
                "The title has changed. Before: Knots",
                "The host has changed. Before: Dr Kim Ng",
                "What to bring has changed.",
                "What to wear has changed. Before: Long sleeves",
            ],
        ),
        (workshop(**MAYBE), workshop(), ["The session is now confirmed and will go ahead."]),
        (workshop(), workshop(**MAYBE), ["The session is now provisional."]),
    ],
)
def test_an_update_begins_with_what_is_new_and_what_it_was(was: SessionSnapshot, now: SessionSnapshot, said: list[str] | None) -> None:
    lines = described(moved(was, now=now))

    if said is None:
        assert lines[:2] == ["New place. Before: Online", "New link to join."]
    else:
        assert lines[: len(said)] == said
        assert WHAT in lines[len(said) :]


def test_a_move_alone_changes_only_the_first_line() -> None:
    before = about(INVITATION, GUARDIAN, Cause.REGISTERED, seated=(ANA,), session=workshop(datetime(2027, 3, 11, 10)), entry=entry())
    after = about(UPDATED, GUARDIAN, Cause.MOVED, seated=(ANA,), was=workshop(datetime(2027, 3, 11, 10)), entry=entry(1))

    assert described(after)[1:] == described(before)


@pytest.mark.parametrize(
    ("kind", "cause", "more", "said"),
    [
        (INVITATION, Cause.REGISTERED, {"seated": (ANA, BEN)}, ["For Ana and Ben", WHAT]),
        (INVITATION, Cause.RESTORED, {"seated": (ANA,)}, ["The withdrawal was undone.", "For Ana", WHAT]),
        (PROMOTED, Cause.PROMOTED, {"seated": (ANA,)}, ["A seat has become free.", "For Ana", WHAT]),
        (UPDATED, Cause.WITHDRAWN, {"seated": (ANA,), "gone": (BEN,)}, ["Ben is no longer coming.", "For Ana", WHAT]),
        (
            UPDATED,
            Cause.REMOVED,
            {"seated": (ANA,), "gone": (BEN,), "reason": REASON},
            ["Ben is no longer coming.", "Reason: The theatre is needed. We are sorry.", "For Ana"],
        ),
        (
            UPDATED,
            Cause.MOVED,
            {"seated": (ANA,), "was": workshop(minutes=90), "note": "We have\nmore kits."},
            ["New end. Before: 15:30", "Note from the host: We have more kits.", "For Ana"],
        ),
        (UPDATED, Cause.CONFIRMED, {"seated": (ANA,)}, ["The seat is confirmed.", "For Ana"]),
        (
            CANCELLED,
            Cause.CANCELLED,
            {"seated": (ANA, BEN), "reason": REASON},
            ["The session is cancelled.", "Reason: The theatre is needed. We are sorry.", "For Ana and Ben", WHAT],
        ),
        (
            REMOVED,
            Cause.REMOVED,
            {"gone": (ANA,), "reason": REASON},
            ["Ana is no longer coming to “Power of a Stitch”.", "Reason: The theatre is needed. We are sorry.", WHAT],
        ),
        (REMOVED, Cause.ADDRESS, {}, ["We no longer send e-mails about “Power of a Stitch” to this address.", WHAT]),
        (
            LetterKind.NOT_MINE,
            Cause.NOT_MINE,
            {},
            ["You told us that our e-mails about “Power of a Stitch” aren't for you, so we have stopped them.", WHAT],
        ),
    ],
)
def test_a_calendar_says_first_what_happened_then_to_whom(kind: LetterKind, cause: Cause, more: dict[str, Any], said: list[str]) -> None:
    assert described(about(kind, GUARDIAN, cause, entry=entry(1), **more))[: len(said)] == said


def test_who_reads_about_themselves_or_as_a_teacher_finds_no_name() -> None:
    for reader in (STUDENT, TEACHER):
        one = about(CANCELLED, reader, Cause.CANCELLED, entry=entry(1), reason=REASON)
        assert described(one) == ["The session is cancelled.", "Reason: The theatre is needed. We are sorry.", WHAT]
