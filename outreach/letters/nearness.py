"""How near a session is when a reminder is written: counted in minutes, hours or calendar days.

Pure.
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
    """The unit that is counted."""

    MINUTES = "minutes"
    HOURS = "hours"
    TODAY = "today"
    TOMORROW = "tomorrow"
    DAYS = "days"


@dataclass(frozen=True)
class Nearness:
    """A number of a unit; 0 for today and tomorrow."""

    unit: TimeUnit
    number: int = 0


def nearness(outreach_session: SessionSnapshot, *, written_at: datetime) -> Nearness:
    """Give how near the start is in the zone of the session; `written_at` is aware."""
    left = outreach_session.starts_at - written_at
    if left < SOON:
        if left < _IN_MINUTES:
            return Nearness(TimeUnit.MINUTES, max(1, round(left / timedelta(minutes=1))))
        return Nearness(TimeUnit.HOURS, round(left / timedelta(hours=1)))
    days = (outreach_session.starts_wall.date() - written_at.astimezone(ZoneInfo(outreach_session.zone)).date()).days
    if days <= 1:
        return Nearness(TimeUnit.TOMORROW if days else TimeUnit.TODAY)
    return Nearness(TimeUnit.DAYS, days)
