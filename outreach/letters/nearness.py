"""How near a session is when a reminder is written: counted in minutes, hours or calendar days.

Pure. Counted anew from the moment of writing: a reminder that was held up overnight doesn't say "tomorrow" on the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.models import SessionSnapshot

SOON = timedelta(hours=6)
_IN_MINUTES = timedelta(minutes=90)


class TimeUnit(StrEnum):
    """What is counted."""

    MINUTES = "minutes"
    HOURS = "hours"
    TODAY = "today"
    TOMORROW = "tomorrow"
    DAYS = "days"


@dataclass(frozen=True)
class Nearness:
    """So many of a unit; `number` is 0 where the unit says it all."""

    unit: TimeUnit
    number: int = 0


def nearness(told: SessionSnapshot, *, written_at: datetime) -> Nearness:
    """Say how far off the start is on the session's own clock; `written_at` is aware."""
    left = told.starts_at - written_at
    if left < SOON:
        if left < _IN_MINUTES:
            return Nearness(TimeUnit.MINUTES, max(1, round(left / timedelta(minutes=1))))
        return Nearness(TimeUnit.HOURS, round(left / timedelta(hours=1)))
    days = (told.starts_wall.date() - written_at.astimezone(ZoneInfo(told.zone)).date()).days
    if days <= 1:
        return Nearness(TimeUnit.TOMORROW if days else TimeUnit.TODAY)
    return Nearness(TimeUnit.DAYS, days)
