"""When a zone's clocks are moved, and whether two yearly rules say it all.

Pure. A rule is given out only after it has named every clock change zoneinfo knows in eleven years.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

YEARS_AHEAD = 10
LAST = -1
NO_OFFSET = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class ClockChange:
    """A zone's clocks are moved. `onset` is what they show just before, as RFC 5545 3.6.5 writes it."""

    onset: datetime
    offset_from: timedelta
    offset_to: timedelta
    name: str


@dataclass(frozen=True, kw_only=True)
class YearlyRule:
    """The same change every year, on the same weekday of a month's first to fourth or LAST week."""

    change: ClockChange
    week: int

    def change_in(self, year: int) -> ClockChange:
        """Give the change this rule makes in a year."""
        onset = self.change.onset
        weekday_of_first, length = calendar.monthrange(year, onset.month)
        day = 1 + (onset.weekday() - weekday_of_first) % 7
        day += 7 * ((length - day) // 7 if self.week == LAST else self.week - 1)
        return replace(self.change, onset=onset.replace(year=year, day=day))


def zone_info(zone: str) -> ZoneInfo:
    """Give the zone of an IANA name. Raises ValueError when there is none."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no such time zone: {zone!r}") from None


def is_skipped(wall: datetime, zone: str) -> bool:
    """Say whether the clocks of a zone jump over this wall time (PEP 495: it doesn't survive the way to UTC and back).

    Raises ValueError for an unknown zone.
    """
    moment = wall.replace(tzinfo=zone_info(zone))
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) != wall


# Kept as long as zoneinfo keeps the zone data it has read, the life of the process: new data needs a restart anyway.
@lru_cache(maxsize=4096)
def yearly_rules(zone: str, year: int) -> tuple[YearlyRule, YearlyRule] | None:
    """Give the two rules that make exactly the zone's clock changes in this year and the next ten, or None.

    Raises ValueError for an unknown zone, or a year past 9988.
    """
    years = range(year, year + YEARS_AHEAD + 1)
    changes = [change for one in years for change in _clock_changes(zone, one)]
    if len(changes) != 2 * len(years):
        return None
    one, other = _rule_behind(changes[::2], years), _rule_behind(changes[1::2], years)
    return (one, other) if one and other else None


def _rule_behind(changes: Sequence[ClockChange], years: range) -> YearlyRule | None:
    """Give the rule that makes these changes, one in each year, and no others."""
    week = (changes[0].onset.day + 6) // 7
    for candidate in (week, LAST) if week <= 4 else (LAST,):
        rule = YearlyRule(change=changes[0], week=candidate)
        if [rule.change_in(year) for year in years] == changes:
            return rule
    return None


@lru_cache(maxsize=16384)
def _clock_changes(zone: str, year: int) -> tuple[ClockChange, ...]:
    clock, days = zone_info(zone), _days(year)
    offsets = pairwise(day.astimezone(clock).utcoffset() for day in days)
    return tuple(_change_before(day, clock) for day, (before, after) in zip(days[1:], offsets, strict=True) if before != after)


@lru_cache(maxsize=64)
def _days(year: int) -> tuple[datetime, ...]:
    """Give midnight in UTC of all days of a year and of New Year after it."""
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def _change_before(day: datetime, zone: ZoneInfo) -> ClockChange:
    """Find the change in the 24 hours before this moment, to the second."""
    low, high = day - timedelta(days=1), day
    before, after = low.astimezone(zone), high.astimezone(zone)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before.utcoffset():
            low = middle
        else:
            high = middle
    offset_from, offset_to = before.utcoffset() or NO_OFFSET, after.utcoffset() or NO_OFFSET
    return ClockChange(
        onset=high.replace(tzinfo=None) + offset_from, offset_from=offset_from, offset_to=offset_to, name=after.tzname() or ""
    )
