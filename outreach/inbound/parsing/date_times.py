"""Moments as calendar programs write them (RFC 5545 3.3.5).

Pure. Zones are known by name only, IANA's or Windows'; a VTIMEZONE in a message is never believed, and never expanded.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z?)", re.ASCII | re.IGNORECASE)


def read_moment(value: str, *, zone: str = "", naive_is_utc: bool = False) -> datetime | None:
    """Give the moment, aware, in UTC; None for a date, a floating time, a zone we don't know, or rubbish.

    `naive_is_utc`: for DTSTAMP, which must be in UTC (3.8.7.2): where its Z is missing, it was forgotten.
    """
    read = _MOMENT.fullmatch(value.strip())
    tzinfo = UTC if read and read[7] else _zone(zone) or (UTC if naive_is_utc else None)
    if read is None or tzinfo is None:
        return None
    year, month, day, hour, minute, second = (int(digits) for digits in read.groups()[:6])
    try:
        # a leap second is 60, which datetime doesn't know
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=tzinfo).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name: str) -> ZoneInfo | None:
    """Give the zone: by IANA's name, also behind a prefix such as `/mozilla.org/20070129_1/`, or by Windows'."""
    parts = name.strip().strip('"').split("/")[-4:]
    candidates = ["/".join(parts[first:]) for first in range(len(parts))]
    known = next((candidate for candidate in candidates if candidate in _names()), None) or WINDOWS_TO_OLSON.get(parts[-1])
    return ZoneInfo(known) if known else None


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
