"""How soon it is, counted from when the reminder is written."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from outreach.letters.nearness import Nearness, TimeUnit, nearness
from tests.support.letter_cases import workshop


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(days=7), Nearness(TimeUnit.DAYS, 7)),
        (timedelta(days=6, hours=12), Nearness(TimeUnit.DAYS, 6)),
        (timedelta(days=2), Nearness(TimeUnit.DAYS, 2)),
        (timedelta(days=1), Nearness(TimeUnit.TOMORROW)),
        (timedelta(hours=14, minutes=1), Nearness(TimeUnit.TOMORROW)),
        (timedelta(hours=13), Nearness(TimeUnit.TODAY)),
        (timedelta(hours=6), Nearness(TimeUnit.TODAY)),
        (timedelta(hours=2), Nearness(TimeUnit.HOURS, 2)),
        (timedelta(hours=1, minutes=59), Nearness(TimeUnit.HOURS, 2)),
        (timedelta(minutes=45), Nearness(TimeUnit.MINUTES, 45)),
        (timedelta(seconds=5), Nearness(TimeUnit.MINUTES, 1)),
    ],
)
def test_session_at_14_00_is_told_by_the_nearest_word(before: timedelta, expected: Nearness) -> None:
    session_facts = workshop(datetime(2027, 3, 18, 14, 0))

    assert nearness(session_facts, written_at=session_facts.starts_at - before) == expected


def test_just_after_midnight_two_hours_ahead_is_not_tomorrow() -> None:
    session_facts = workshop(datetime(2027, 3, 18, 0, 30))

    assert nearness(session_facts, written_at=session_facts.starts_at - timedelta(hours=2)) == Nearness(TimeUnit.HOURS, 2)


def test_days_are_those_of_the_place() -> None:
    """08:00 on Thursday in Sydney is still Wednesday in UTC."""
    session_facts = workshop(datetime(2027, 3, 18, 8, 0), zone="Australia/Sydney")

    assert nearness(session_facts, written_at=session_facts.starts_at - timedelta(hours=24)) == Nearness(TimeUnit.TOMORROW)


def test_week_with_a_clock_change_has_seven_days() -> None:
    session_facts = workshop(datetime(2027, 3, 18, 14, 0))

    assert nearness(session_facts, written_at=session_facts.starts_at - timedelta(days=7)) == Nearness(TimeUnit.DAYS, 7)
