"""Wall times (what the clock at a place shows) and the instants they mean.

Pure. Clocks that are moved skip some times and show others twice: the first are refused, the second asked about.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.time.clock_changes import zone_info

LONGEST = timedelta(hours=24)
YEARS_AHEAD = 5


class Objection(enum.StrEnum):
    """Why a time can't be taken as it was typed."""

    UNKNOWN_ZONE = "unknown_zone"
    PAST = "past"
    TOO_FAR = "too_far"
    SKIPPED = "skipped"
    SHOWN_TWICE = "shown_twice"
    ENDS_BEFORE_IT_STARTS = "ends_before_it_starts"
    TOO_LONG = "too_long"


@dataclass(frozen=True, kw_only=True)
class ClockMove:
    """A clock is moved from one wall time to another; the UTC offsets are those before and after."""

    shows: datetime
    then: datetime
    offset_before: timedelta
    offset_after: timedelta


class TimeRefused(Exception):
    """`field` is day, start, end or zone. `wall` and `clock_move` are known where the clock itself is the reason."""

    def __init__(self, objection: Objection, field: str, *, wall: datetime | None = None, clock_move: ClockMove | None = None) -> None:
        super().__init__(objection)
        self.objection, self.field, self.wall, self.clock_move = objection, field, wall, clock_move


@dataclass(frozen=True, kw_only=True)
class AskedTime:
    """What was typed. `fold`: the answer to "the first or the second?" (PEP 495); None: not asked yet."""

    day: date
    start: time
    end: time
    zone: str
    ends_next_day: bool = False
    fold: int | None = None


@dataclass(frozen=True, kw_only=True)
class SettledTime:
    """A time that exists once: wall times are naive, instants aware in UTC; `fold` is for start and end."""

    starts_wall: datetime
    ends_wall: datetime
    zone: str
    fold: int
    starts_at: datetime
    ends_at: datetime


def settle(asked: AskedTime, *, now: datetime) -> SettledTime:
    """Give the one time that was meant, or say what is wrong with it.

    An end earlier than the start is a slip of the finger more often than a night: it is refused unless
    `ends_next_day` is ticked. One answer serves start and end, where the clock shows both twice.
    Raises TimeRefused.
    """
    _check_year(asked.day, now)
    zone = _zone(asked.zone)
    starts_wall = datetime.combine(asked.day, asked.start.replace(second=0, microsecond=0))
    ends_wall = datetime.combine(asked.day + timedelta(days=asked.ends_next_day), asked.end.replace(second=0, microsecond=0))
    if ends_wall <= starts_wall:
        raise TimeRefused(Objection.ENDS_BEFORE_IT_STARTS, "end")
    fold = max(_fold(starts_wall, zone, "start", asked.fold), _fold(ends_wall, zone, "end", asked.fold))
    starts_at, ends_at = _instant(starts_wall, zone, fold), _instant(ends_wall, zone, fold)
    if ends_at - starts_at > LONGEST:
        raise TimeRefused(Objection.TOO_LONG, "end")
    if starts_at <= now:
        raise TimeRefused(Objection.PAST, "start" if asked.day == now.astimezone(zone).date() else "day")
    return SettledTime(starts_wall=starts_wall, ends_wall=ends_wall, zone=asked.zone, fold=fold, starts_at=starts_at, ends_at=ends_at)


def instants(starts_wall: datetime, ends_wall: datetime, zone: str, fold: int) -> tuple[datetime, datetime]:
    """Give the instants which wall times settled before mean by the zone data of today.

    Raises TimeRefused where the clock skips one of them now, or the zone is gone.
    """
    zone_info = _zone(zone)
    for wall, field in ((starts_wall, "start"), (ends_wall, "end")):
        _fold(wall, zone_info, field, fold)
    return _instant(starts_wall, zone_info, fold), _instant(ends_wall, zone_info, fold)


def moment(wall: datetime, zone: str, *, field: str) -> datetime:
    """Give the instant of one wall time; the first, where the clock shows it twice.

    Raises TimeRefused where the clock skips it, the zone is unknown, or the year can't be meant.
    """
    if not 2000 <= wall.year < 2200:
        raise TimeRefused(Objection.TOO_FAR, field)
    zone_info = _zone(zone)
    return _instant(wall, zone_info, _fold(wall, zone_info, field, 0))


def instant(wall: datetime, zone: str, fold: int) -> datetime:
    """Give the UTC instant at which the clock of a known zone shows this."""
    return _instant(wall, zone_info(zone), fold)


def to_wall_time(at: datetime, zone: str) -> datetime:
    """Give what the clock of a known zone shows at an instant: naive, with the fold of a time shown twice."""
    return at.astimezone(zone_info(zone)).replace(tzinfo=None)


def is_shown_twice(wall: datetime, zone: str) -> bool:
    """Say whether the clock of a known zone shows this time twice."""
    move = _clock_move(wall, zone_info(zone))
    return move is not None and move.then < move.shows


def _check_year(day: date, now: datetime) -> None:
    """Keep the calendar's ends out of the reckoning: near year 1 and 9999 instants can't be computed."""
    if day < now.date() - timedelta(days=2):
        raise TimeRefused(Objection.PAST, "day")
    if day.year > now.year + YEARS_AHEAD:
        raise TimeRefused(Objection.TOO_FAR, "day")


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_info(name)
    except ValueError:
        raise TimeRefused(Objection.UNKNOWN_ZONE, "zone") from None


def _fold(wall: datetime, zone: ZoneInfo, field: str, answer: int | None) -> int:
    """Give the answer where it matters, else 0."""
    move = _clock_move(wall, zone)
    if move is None:
        return 0
    if move.then > move.shows:
        raise TimeRefused(Objection.SKIPPED, field, wall=wall, clock_move=move)
    if answer is None:
        raise TimeRefused(Objection.SHOWN_TWICE, field, wall=wall, clock_move=move)
    return answer


def _clock_move(wall: datetime, zone: ZoneInfo) -> ClockMove | None:
    """Give the clock change that skips or repeats this wall time (PEP 495: its two folds then differ)."""
    before = wall.replace(tzinfo=zone, fold=0).utcoffset() or timedelta(0)
    after = wall.replace(tzinfo=zone, fold=1).utcoffset() or timedelta(0)
    if before == after:
        return None
    low, high = sorted((wall - before, wall - after))
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        shown = middle.replace(tzinfo=UTC).astimezone(zone)
        low, high = (middle, high) if shown.utcoffset() == before else (low, middle)
    return ClockMove(shows=high + before, then=high + after, offset_before=before, offset_after=after)


def _instant(wall: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
