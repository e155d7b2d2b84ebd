"""Asking whether a provisional session takes place: worked out from the present rows, never stored as plans.

Idempotent: run twice it adds nothing, for each letter's key is (session, decision time, step, reader). Nothing is ever decided here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from outreach.db import db, locked, transaction
from outreach.models import (
    Cause,
    Letter,
    LetterKind,
    LetterSnapshot,
    OutreachSession,
    Reader,
    RoleName,
    SessionSnapshot,
    User,
)
from outreach.notifications.due_times import ASKED_BEFORE, DecisionStep, due_steps
from outreach.notifications.read import snapshot_of
from outreach.outbox import NewLetter, enqueue
from outreach.people import open_hosts

# A step is never earlier than this before the decision: the quiet hours only put it off, or to the evening before.
HORIZON = ASKED_BEFORE + timedelta(hours=12)


def ask_for_decisions(*, now: datetime) -> int:
    """Write every letter that asks for a decision and has fallen due; gives for how many sessions there was one.

    Hosts and co-hosts are asked beforehand and again once it should be decided, coordinators told after that; nobody once it is
    decided, cancelled or begun. A new decision time asks again.
    """
    undecided = select(OutreachSession.id, OutreachSession.decides_at, OutreachSession.starts_at, OutreachSession.zone).where(
        OutreachSession.is_to_come(now),
        OutreachSession.is_provisional,
        OutreachSession.decides_at < now + HORIZON,
    )
    return sum(_ask(row.id, row.decides_at, _untaken(row, now), now=now) for row in db.session.execute(undecided).all())


def _untaken(row: Any, now: datetime) -> tuple[DecisionStep, ...]:
    """Give the steps that are due and have no letter yet."""
    due = due_steps(decides_at=row.decides_at, starts_at=row.starts_at, zone=row.zone, now=now)
    return tuple(step for step in due if not _is_taken(row.id, _key(row.id, row.decides_at, step)))


def _is_taken(session_id: int, key: str) -> bool:
    requests = (Letter.session_id == session_id, Letter.kind == LetterKind.DECISION)
    found = select(Letter.id).where(*requests, Letter.dedupe_key.startswith(key, autoescape=True))
    return db.session.scalar(found.limit(1)) is not None


def _ask(session_id: int, decides_at: datetime, steps: tuple[DecisionStep, ...], *, now: datetime) -> bool:
    if not steps:
        return False
    with transaction():
        outreach_session = locked(OutreachSession, session_id)
        if outreach_session is None or not outreach_session.awaits_decision or outreach_session.decides_at != decides_at:
            return False
        snapshot = snapshot_of(outreach_session)
        drafts = [_letter(user, snapshot, step) for step in steps for user in _readers(outreach_session, step)]
        enqueue(drafts, now=now)
    return bool(drafts)


def _readers(outreach_session: OutreachSession, step: DecisionStep) -> list[User]:
    if step is DecisionStep.ESCALATE:
        coordinators = select(User).where(User.active, User.roles.any(name=RoleName.COORDINATOR)).order_by(User.id)
        return list(db.session.scalars(coordinators))
    return open_hosts(outreach_session)


def _letter(user: User, snapshot: SessionSnapshot, step: DecisionStep) -> NewLetter:
    letter = LetterSnapshot(
        reader=Reader.COORDINATOR if step is DecisionStep.ESCALATE else Reader.HOST,
        reader_name=user.given_name,
        reader_zone=user.zone,
        cause=Cause.PROVISIONAL if step is DecisionStep.ASK else Cause.UNDECIDED,
        session=snapshot,
    )
    return NewLetter(
        mailbox_id=user.mailbox_id,
        kind=LetterKind.DECISION,
        facts=letter.to_json(),
        dedupe_key=f"{_key(snapshot.id, snapshot.decides_at, step)}{user.id}",
        locale=user.mailbox.locale,
        session_id=snapshot.id,
    )


def _key(session_id: int, decides_at: datetime | None, step: DecisionStep) -> str:
    return f"decision:{session_id}:{decides_at and decides_at.isoformat()}:{step}:"
