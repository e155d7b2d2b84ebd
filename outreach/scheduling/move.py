"""Moving a session: another time, place or link, and everybody's calendar follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _

from outreach.db import db
from outreach.errors import NotThere, Refusal
from outreach.models import Cause, OutreachSession, SessionSnapshot, higher_floor
from outreach.notifications import notify_moved, notify_status, snapshot_of
from outreach.people import AgeRule
from outreach.registration import Doubts, SeatChoices, SeatRules, apply_choices, doubts, seat_limits, settle_seats
from outreach.scheduling.inputs import WhenInput, WhereInput
from outreach.scheduling.schedule_rules import TZDATA_VERSION, decision_time, settled_time
from outreach.scheduling.sites import Venue, find_venue
from outreach.scheduling.use_cases import locked_session, placing
from outreach.time import SettledTime, instant, to_wall_time


@dataclass(frozen=True, kw_only=True)
class Move:
    """What a move would change, before it is made.

    `age_floor`: where the new area's own is the higher. `closes_at`: when registration closes then; None: as before, or at the start.
    `doubts`: who won't fit.
    """

    previous: SessionSnapshot
    becomes: SessionSnapshot
    age_floor: int | None
    doubts: Doubts
    closes_at: datetime | None = None
    asks: bool = True


def plan_move(session_id: int, when: WhenInput, where: WhereInput, *, now: datetime) -> Move:
    """Say what would change; writes nothing. Raises Refusal as `apply_move`."""
    outreach_session = db.session.get(OutreachSession, session_id)
    if outreach_session is None:
        raise NotThere(_("This session no longer exists."))
    venue, time, decides_at = _target(outreach_session, when, where, now=now)
    previous = snapshot_of(outreach_session)
    floor = _floor(outreach_session, venue)
    becomes = _facts_after(previous, venue, time, decides_at)
    closes_at = _closing(outreach_session, time)
    return Move(
        previous=previous,
        becomes=becomes,
        age_floor=None if floor == outreach_session.age_floor else floor,
        doubts=doubts(outreach_session, _rules_after(outreach_session, venue, time), now=now),
        closes_at=None if closes_at == outreach_session.closes_at else closes_at,
    )


def apply_move(
    session_id: int,
    when: WhenInput,
    where: WhereInput,
    *,
    seen: datetime,
    now: datetime,
    note: str = "",
    choices: SeatChoices | None = None,
) -> None:
    """Move a published session and tell everybody the new beside the old, with the host's `note`.

    Whether it is certain moves with it, as typed in `when`.

    Afterwards free seats go to those who wait, also to those who were asked on what was the last day before the move.
    Registration closes as long before the start as before, by the clock; what would open after that is open at once.
    `choices`: who is kept and who is released of those who no longer fit; the latter are told before, and hear nothing of the move.

    Raises Stale when it isn't as it was `seen`, or it wasn't decided about somebody; Refusal when it is cancelled or over, when the
    new time, or the time it is decided by, can't be, when nothing changes, or for choices that can't be.
    """
    with placing():
        outreach_session = locked_session(session_id, seen)
        venue, time, decides_at = _target(outreach_session, when, where, now=now)
        found = doubts(outreach_session, _rules_after(outreach_session, venue, time), now=now)
        apply_choices(outreach_session, found, choices, now=now)
        previous = snapshot_of(outreach_session)
        outreach_session.age_floor = _floor(outreach_session, venue)
        closes_at = _closing(outreach_session, time)
        venue.take(outreach_session)
        outreach_session.set_time(
            starts_wall=time.starts_wall, ends_wall=time.ends_wall, zone=time.zone, fold=time.fold, tzdata_version=TZDATA_VERSION
        )
        outreach_session.leave_open_until(decides_at)
        outreach_session.closes_at = closes_at
        _open_before_it_closes(outreach_session)
        db.session.flush()
        if _facts_after(previous, venue, time, previous.decides_at) == previous:
            cause = Cause.PROVISIONAL if outreach_session.is_provisional else Cause.DECIDED
            notify_status(outreach_session, previous=previous, cause=cause, note=note, now=now)
        else:
            outreach_session.moved_at = now
            notify_moved(outreach_session, previous=previous, note=note, now=now)
        settle_seats(outreach_session, now=now)


def _target(
    outreach_session: OutreachSession, when: WhenInput, where: WhereInput, *, now: datetime
) -> tuple[Venue, SettledTime, datetime | None]:
    if not outreach_session.is_published:
        raise Refusal(_("Only a published session can be moved."))
    if outreach_session.ends_at <= now:
        raise Refusal(_("This session is over. Post it again instead."))
    venue = find_venue(where)
    time = settled_time(when, venue.zone, now=now)
    kept = outreach_session.decides_at
    decides_at = decision_time(when.decision, zone=venue.zone, starts_at=time.starts_at, now=now, kept=kept)
    previous = snapshot_of(outreach_session)
    if _facts_after(previous, venue, time, decides_at) == previous:
        raise Refusal(_("Nothing was changed: it is already at that time and site."))
    return venue, time, decides_at


def _facts_after(previous: SessionSnapshot, venue: Venue, time: SettledTime, decides_at: datetime | None) -> SessionSnapshot:
    return replace(
        previous,
        starts_wall=time.starts_wall,
        ends_wall=time.ends_wall,
        zone=time.zone,
        fold=time.fold,
        starts_at=time.starts_at,
        ends_at=time.ends_at,
        site_name=venue.site.name if venue.site else "",
        area_name=venue.area.name if venue.area else "",
        address=venue.site.address if venue.site else "",
        meeting_point=venue.meeting_point,
        video_url=venue.video_url,
        is_provisional=decides_at is not None,
        decides_at=decides_at,
    )


def _floor(outreach_session: OutreachSession, venue: Venue) -> int | None:
    return higher_floor(outreach_session.age_floor, venue.area.age_floor if venue.area else None)


def _rules_after(outreach_session: OutreachSession, venue: Venue, time: SettledTime) -> SeatRules:
    site_floor = venue.area.age_floor if venue.area else None
    age = AgeRule(day=time.starts_wall.date(), floor=_floor(outreach_session, venue), site_floor=site_floor)
    return SeatRules(age, seat_limits(outreach_session))


def _closing(outreach_session: OutreachSession, time: SettledTime) -> datetime | None:
    """Registration closes as long before the new start as before the old one, by the clock on the wall."""
    if outreach_session.closes_at is None:
        return None
    before = outreach_session.starts_wall - to_wall_time(outreach_session.closes_at, outreach_session.zone)
    return min(instant(time.starts_wall - before, time.zone, 0), time.starts_at)


def _open_before_it_closes(outreach_session: OutreachSession) -> None:
    if outreach_session.opens_at and outreach_session.opens_at >= outreach_session.last_moment_to_register:
        outreach_session.opens_at = None
