"""Every time zone, for the next ten years: wall times, and the instants zoneinfo knows for them.

Zones whose data agree from FIRST_YEAR on are read once, under one of their names; objects that differ in the zone's name alone too.
"""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from outreach.calendars.vtimezone import vtimezone

FIRST_YEAR = 2026
YEARS = range(2027, 2037)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
DAYS = tuple(datetime(YEARS.start, 1, 1, tzinfo=UTC) + DAY * number for number in range(366 * len(YEARS)))
# Where a block might be wrong: just before and after a change, and beyond what it skips or repeats, which is two hours at most.
AROUND_A_CHANGE = tuple(sign * distance for sign in (-1, 1) for distance in (MINUTE, timedelta(minutes=121)))
NAMES = re.compile(rb"(?m)^TZNAME:.*\r\n")


@dataclass(frozen=True)
class Times:
    """What one VTIMEZONE, named Zone/Any, must say: pairs of a naive wall time and its instant in UTC."""

    block: bytes
    zones: frozenset[str]
    pairs: tuple[tuple[datetime, datetime], ...]


@cache
def what_blocks_must_say() -> tuple[Times, ...]:
    """Give every distinct block we would write for an event in these years, with the times for which we would."""
    pairs: dict[bytes, set[tuple[datetime, datetime]]] = defaultdict(set)
    zones: dict[bytes, set[str]] = defaultdict(set)
    for alike in kinds_of_zone():
        for moment, wall in _times(alike[0]):
            block = NAMES.sub(b"", vtimezone(alike[0], around=moment).replace(b"TZID:" + alike[0].encode(), b"TZID:Zone/Any"))
            pairs[block].add((wall, moment))
            zones[block].update(alike)
    return tuple(Times(block, frozenset(zones[block]), tuple(sorted(pairs[block]))) for block in pairs)


@cache
def kinds_of_zone() -> tuple[tuple[str, ...], ...]:
    """Give all zones there are, those with the same clocks from FIRST_YEAR on together."""
    alike: dict[object, list[str]] = defaultdict(list)
    for zone in sorted(available_timezones()):
        alike[_clocks(zone)].append(zone)
    return tuple(tuple(zones) for zones in alike.values())


def _clocks(zone: str) -> object:
    """Read from the zone's file (RFC 9636) what says how its clocks go from FIRST_YEAR on: offset, changes listed, rule for the rest."""
    data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    isut, isstd, leaps, times, types, names = struct.unpack(">20x6L", data[:44])
    data = data[44 + 5 * times + 6 * types + names + 8 * leaps + isstd + isut :]
    _isut, _isstd, _leaps, times, types, _names = struct.unpack(">20x6L", data[:44])
    moments = struct.unpack(f">{times}q", data[44 : 44 + 8 * times])
    kinds = data[44 + 8 * times : 44 + 9 * times]
    offsets = [struct.unpack(">l", data[at : at + 4])[0] for at in range(44 + 9 * times, 44 + 9 * times + 6 * types, 6)]
    since = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()
    listed = [(moment, offsets[kind]) for moment, kind in zip(moments, kinds, strict=True)]
    before = [offset for moment, offset in listed if moment < since]
    rule = re.sub(rb"<[^>]*>|[A-Za-z]{3,}", b"", data.rstrip(b"\n").rpartition(b"\n")[2])
    return before[-1] if before else offsets[0], tuple(pair for pair in listed if pair[0] >= since), rule


def _times(zone: str) -> Iterator[tuple[datetime, datetime]]:
    """Give moments with what the wall then shows: in each season, and around each change; times shown twice are written in UTC."""
    place = ZoneInfo(zone)
    middles = [datetime(year, month, 15, 12, tzinfo=UTC) for year in YEARS for month in (1, 4, 7, 10)]
    near = [change + distance for change in _changes(place) for distance in AROUND_A_CHANGE]
    for moment in (*middles, *near):
        local = moment.astimezone(place)
        if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
            yield moment, local.replace(tzinfo=None)


def _changes(place: ZoneInfo) -> Iterator[datetime]:
    """Find when the clocks are moved, to the minute."""
    offsets = pairwise(day.astimezone(place).utcoffset() for day in DAYS)
    for (low, high), (before, after) in zip(pairwise(DAYS), offsets, strict=True):
        if before != after:
            yield _change_between(low, high, place)


def _change_between(low: datetime, high: datetime, place: ZoneInfo) -> datetime:
    before = low.astimezone(place).utcoffset()
    while high - low > MINUTE:
        middle = low + MINUTE * ((high - low) // MINUTE // 2)
        low, high = (middle, high) if middle.astimezone(place).utcoffset() == before else (low, middle)
    return high
