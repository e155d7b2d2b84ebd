"""When reminders and rosters fall due.

Pure. Moments are aware, UTC; leads are minutes before the start.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.time import is_quiet, next_morning

EVENING = time(20)
ROSTER_AT = time(18)
TOO_CLOSE = timedelta(hours=2)


@dataclass(frozen=True)
class Due:
    """The reminder that should be out by now: which lead, and the moment it fell due."""

    lead: int
    at: datetime


def due_lead(leads: Iterable[int], *, starts_at: datetime, zone: str, now: datetime) -> Due | None:
    """Give the latest lead that has fallen due, None if there is none or the session has begun.

    An earlier one that was missed (the worker was down) isn't made up for: a reminder is late only
    until the next.
    """
    if now >= starts_at:
        return None
    due = (Due(lead, falls_due(lead, starts_at=starts_at, zone=zone)) for lead in leads)
    return max((one for one in due if one.at <= now), key=lambda one: (one.at, -one.lead), default=None)


def falls_due(lead: int, *, starts_at: datetime, zone: str) -> datetime:
    """Give the moment a reminder goes out: the lead before the start, but not in the quiet hours of the session's zone.

    From 21:00 to 07:00 it waits for the morning; where the morning is less than two hours before the
    start, it goes out at 20:00 the evening before.
    """
    moment = starts_at - timedelta(minutes=lead)
    if by_day_at := by_day(moment, starts_at=starts_at, zone=zone):
        return by_day_at
    morning = next_morning(moment, zone)
    return _at(morning.astimezone(ZoneInfo(zone)).date() - timedelta(days=1), EVENING, zone)


def by_day(moment: datetime, *, starts_at: datetime, zone: str) -> datetime | None:
    """Give the moment, in quiet hours the next morning; None where that is less than two hours before the start."""
    if not is_quiet(moment, zone):
        return moment
    morning = next_morning(moment, zone)
    return morning if starts_at - morning >= TOO_CLOSE else None


def roster_falls_due(*, starts_at: datetime, zone: str) -> datetime:
    """Give the moment a host gets the roster: 18:00 the evening before."""
    local = starts_at.astimezone(ZoneInfo(zone))
    return _at(local.date() - timedelta(days=1), ROSTER_AT, zone)


def _at(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
