"""The quiet hours, 21:00 to 07:00, in which nobody is reminded and no deadline runs.

Pure. Instants are aware, UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUIET_FROM = time(21)
QUIET_UNTIL = time(7)


def is_quiet(instant: datetime, zone: str) -> bool:
    """Say whether it is night in this zone."""
    return not QUIET_UNTIL <= instant.astimezone(ZoneInfo(zone)).time() < QUIET_FROM


def next_morning(instant: datetime, zone: str) -> datetime:
    """Give the end of the quiet hours that this instant lies in."""
    local = instant.astimezone(ZoneInfo(zone))
    return _at(local.date() + timedelta(days=local.time() >= QUIET_FROM), QUIET_UNTIL, zone)


def after_day_hours(start: datetime, length: timedelta, zone: str) -> datetime:
    """Give the instant at which this much time has passed since `start`, of which the quiet hours in this zone don't count."""
    while True:
        begin = next_morning(start, zone) if is_quiet(start, zone) else start
        evening = _at(begin.astimezone(ZoneInfo(zone)).date(), QUIET_FROM, zone)
        if begin + length <= evening:
            return begin + length
        length -= evening - begin
        start = evening


def _at(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
