"""Retiming: the wall times stay, and newer zone data say which instants they mean.

A use case with a module of its own: each session in a transaction of its own, under its lock. Done again, it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select

from outreach.db import db, locked, transaction
from outreach.models import Invitation, OutreachSession, SessionState
from outreach.notifications import notify_zone, snapshot_of
from outreach.scheduling.schedule_rules import TZDATA_VERSION
from outreach.time import TimeRefused, instants

# A moment this near before the start is meant by it ("closes the evening before") and moves along; an earlier one may lie
# beyond the change of the rules, and the old rules aren't at hand to ask: it stays.
NEAR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Retimed:
    """A session whose time on the wall means another instant now. `becomes` None: its clock never shows that time any more.

    `was` and `becomes` are the start, aware, UTC; `letters`: to how many calendars this goes.
    """

    session_id: int
    title: str
    starts_wall: datetime
    zone: str
    previous: datetime
    becomes: datetime | None
    letters: int


@dataclass(frozen=True, kw_only=True)
class Retiming:
    """How many sessions were timed with older data, which of them have another instant, and which none."""

    looked_at: int
    changed: tuple[Retimed, ...]
    skipped: tuple[Retimed, ...]


def retime_all(*, now: datetime, is_dry_run: bool = False) -> Retiming:
    """Give sessions that aren't over the instants their wall times mean now, and notify whoever has one in the calendar.

    Only data newer than what a session was timed with count: an old worker that still runs beside a new one changes nothing
    back. A time the clock skips now keeps its instants, for a person to move. `is_dry_run` says what would happen.
    """
    ids = db.session.scalars(select(OutreachSession.id).where(_is_timed_with_older_data(now)).order_by(OutreachSession.id)).all()
    look = _look if is_dry_run else _retime
    found = [retimed for session_id in ids if (retimed := look(session_id, now=now))]
    changed = tuple(one for one in found if one.becomes)
    return Retiming(looked_at=len(ids), changed=changed, skipped=tuple(one for one in found if not one.becomes))


def skipped_sessions(*, now: datetime) -> list[int]:
    """Give the published sessions to come whose time their clock skips by the data of now, the next first: somebody must move them."""
    walls = select(
        OutreachSession.id, OutreachSession.starts_wall, OutreachSession.ends_wall, OutreachSession.zone, OutreachSession.fold
    ).where(_is_timed_with_older_data(now), OutreachSession.state == SessionState.PUBLISHED)
    return [row.id for row in db.session.execute(walls.order_by(OutreachSession.starts_at)) if _instants_now(row) is None]


def _is_timed_with_older_data(now: datetime) -> ColumnElement[bool]:
    """Releases sort by their names: 2025b, 2026a."""
    return and_(OutreachSession.tzdata_version < TZDATA_VERSION, OutreachSession.ends_at > now)


def _look(session_id: int, *, now: datetime) -> Retimed | None:
    return _difference(db.session.get_one(OutreachSession, session_id), now=now)


def _retime(session_id: int, *, now: datetime) -> Retimed | None:
    with transaction():
        outreach_session = locked(OutreachSession, session_id)
        if outreach_session is None or outreach_session.tzdata_version >= TZDATA_VERSION:
            return None
        found = _difference(outreach_session, now=now)
        if found is None or found.becomes:
            previous = snapshot_of(outreach_session)
            _take_instants(outreach_session)
            db.session.flush()
            if found and found.letters:
                notify_zone(outreach_session, previous=previous, now=now)
    return found


def _difference(outreach_session: OutreachSession, *, now: datetime) -> Retimed | None:
    previous, becomes = (outreach_session.starts_at, outreach_session.ends_at), _instants_now(outreach_session)
    if becomes == previous:
        return None
    concerns = outreach_session.is_published and becomes is not None and becomes[1] > now
    return Retimed(
        session_id=outreach_session.id,
        title=outreach_session.title,
        starts_wall=outreach_session.starts_wall,
        zone=outreach_session.zone,
        previous=previous[0],
        becomes=becomes[0] if becomes else None,
        letters=_calendars(outreach_session.id) if concerns else 0,
    )


def _instants_now(one: OutreachSession | Row[*tuple[Any, ...]]) -> tuple[datetime, datetime] | None:
    try:
        return instants(one.starts_wall, one.ends_wall, one.zone, one.fold)
    except TimeRefused:
        return None


def _take_instants(outreach_session: OutreachSession) -> None:
    before = outreach_session.starts_at
    moments = {name: getattr(outreach_session, name) for name in ("opens_at", "closes_at", "decides_at")}
    outreach_session.set_time(
        starts_wall=outreach_session.starts_wall,
        ends_wall=outreach_session.ends_wall,
        zone=outreach_session.zone,
        fold=outreach_session.fold,
        tzdata_version=TZDATA_VERSION,
    )
    for name, moment in moments.items():
        if moment and before - moment <= NEAR:
            setattr(outreach_session, name, moment + (outreach_session.starts_at - before))


def _calendars(session_id: int) -> int:
    return db.session.scalar(select(func.count(Invitation.id)).where(Invitation.session_id == session_id, Invitation.is_live)) or 0
