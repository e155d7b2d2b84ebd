"""How long before the start a reminder goes out: minutes in the database, minutes, hours or days on the page.

Pure.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

USUAL = (20160, 10080, 4320, 1440, 120, 60)
LONGEST = 60 * 24 * 60
MOST = 6


class Unit(enum.StrEnum):
    """What a length is counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


_MINUTES_IN = {Unit.DAYS: 1440, Unit.HOURS: 60, Unit.MINUTES: 1}


def in_minutes(amount: int, unit: Unit) -> int:
    """Give the length in minutes."""
    return amount * _MINUTES_IN[unit]


def in_words(minutes: int) -> tuple[int, Unit]:
    """Give the length in the largest unit that says it exactly: 1440 is 1 day, 90 is 90 minutes."""
    for unit, size in _MINUTES_IN.items():
        if minutes and minutes % size == 0:
            return minutes // size, unit
    return minutes, Unit.MINUTES


def in_order(leads: Iterable[int]) -> list[int]:
    """Give each lead once, the longest first."""
    return sorted(set(leads), reverse=True)
