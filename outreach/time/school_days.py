"""School days, Monday to Friday, by which the time is counted that a teacher or host has to settle something.

Pure. Instants are aware, UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

SCHOOL_DAY_ENDS = time(18)
_SATURDAY = 5


def after_school_days(start: datetime, days: int, zone: str) -> datetime:
    """Give the end, 18:00 in this zone, of the last of so many school days after the day of `start`."""
    day = start.astimezone(ZoneInfo(zone)).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY
    return datetime.combine(day, SCHOOL_DAY_ENDS, ZoneInfo(zone)).astimezone(UTC)
