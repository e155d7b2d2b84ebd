"""Asking hosts to decide: whether a provisional session takes place, and who keeps a seat. Nothing is ever decided here.

The first is worked out from the present rows, never stored as plans. Idempotent: run twice it adds nothing, for each letter's key
is (session, decision time, step, reader).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
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
    Registration,
    SessionSnapshot,
    StudentSnapshot,
    User,
)
from outreach.notifications.due_times import ASKED_BEFORE, DecisionStep, due_steps
from outreach.notifications.read import snapshot_of
from outreach.outbox import NewLetter, enqueue
from outreach.people import HoldReason, for_host, hold_reasons, open_coordinators, open_hosts, responsible_hosts

# A step is never earlier than this before the decision: the quiet hours only put it off, or to the evening before.
HORIZON = ASKED_BEFORE + timedelta(hours=12)


def ask_for_decisions(*, now: datetime) -> int:
    """Write every letter that asks for a decision and has fallen due; gives for how many sessions there was one.

    Hosts and co-hosts, or coordinators in their place, are asked beforehand and again once it should be decided, coordinators told
    after that; nobody once it is decided, cancelled or begun. A new decision time asks again.
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
        absent = _absent(outreach_session)
        drafts = [_letter(user, snapshot, step, instead_of=absent) for step in steps for user in _readers(outreach_session, step)]
        enqueue(drafts, now=now)
    return bool(drafts)


def ask_who_keeps_a_seat(
    outreach_session: OutreachSession, registration_ids: Collection[int], *, asks_coordinators: bool, now: datetime
) -> None:
    """Ask hosts whether these students, who are too young by now, keep their seats. Joins the caller's transaction.

    Coordinators are asked too where only they may keep somebody, or no host has an account any more.
    """
    if not registration_ids:
        return
    until = db.session.execute(select(Registration.id, Registration.held_until).where(Registration.id.in_(registration_ids)))
    held_until: dict[int, datetime | None] = {key: moment for key, moment in until}  # noqa: C416 (dict() of rows isn't typed)
    named = for_host(Registration.id.in_(registration_ids))
    seated = tuple(replace(one, held_until=held_until[one.registration_id]) for one in named)
    hosts = open_hosts(outreach_session)
    readers = dict.fromkeys(open_coordinators(), Reader.COORDINATOR) if asks_coordinators or not hosts else {}
    readers |= dict.fromkeys(hosts, Reader.HOST)
    drafts = [_keep_or_release(user, reader, snapshot_of(outreach_session), seated, now=now) for user, reader in readers.items()]
    enqueue(drafts, now=now)


def _keep_or_release(
    user: User, reader: Reader, snapshot: SessionSnapshot, seated: tuple[StudentSnapshot, ...], *, now: datetime
) -> NewLetter:
    letter = LetterSnapshot(
        reader=reader, reader_name=user.given_name, reader_zone=user.zone, cause=Cause.HELD, session=snapshot, seated=seated
    )
    occasion = f"{snapshot.id}:{seated[-1].registration_id}:{now.isoformat()}"
    return NewLetter(
        mailbox_id=user.mailbox_id,
        kind=LetterKind.KEEP_OR_RELEASE,
        facts=letter.to_json(),
        dedupe_key=f"keep_or_release:{occasion}:{user.id}",
        locale=user.mailbox.locale,
        session_id=snapshot.id,
    )


def _readers(outreach_session: OutreachSession, step: DecisionStep) -> list[User]:
    return open_coordinators() if step is DecisionStep.ESCALATE else responsible_hosts(outreach_session)


def _absent(outreach_session: OutreachSession) -> str:
    """Name the host in whose place coordinators are asked; empty where a host can be."""
    return "" if open_hosts(outreach_session) else outreach_session.host.name


def _letter(user: User, snapshot: SessionSnapshot, step: DecisionStep, *, instead_of: str) -> NewLetter:
    letter = LetterSnapshot(
        reader=Reader.COORDINATOR if step is DecisionStep.ESCALATE else Reader.HOST,
        instead_of="" if step is DecisionStep.ESCALATE else instead_of,
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


def ask_hosts_about_returning(outreach_session: OutreachSession, registration_ids: Collection[int], *, now: datetime) -> None:
    """Tell hosts whom a school registered again after they withdrew them: they decide about the seat. Once for each registration.

    Where no host has an open account, coordinators decide. Joins the caller's transaction, never commits. The caller holds the lock on
    the session's row.
    """
    if not registration_ids:
        return
    of_these = select(Registration.id, Registration.student_id).where(Registration.id.in_(registration_ids))
    students: dict[int, int] = {key: student_id for key, student_id in db.session.execute(of_these)}  # noqa: C416 (dict() of rows isn't typed)
    missing = hold_reasons(outreach_session, set(students.values()))
    returning = [key for key, student_id in students.items() if HoldReason.REMOVED_BEFORE in missing.get(student_id, ())]
    named, snapshot = for_host(Registration.id.in_(returning)) if returning else (), snapshot_of(outreach_session)
    absent = _absent(outreach_session)
    readers = responsible_hosts(outreach_session) if named else []
    enqueue([_returning(user, snapshot, student, instead_of=absent) for student in named for user in readers], now=now)


def _returning(user: User, snapshot: SessionSnapshot, student: StudentSnapshot, *, instead_of: str) -> NewLetter:
    letter = LetterSnapshot(
        reader=Reader.HOST,
        reader_name=user.given_name,
        reader_zone=user.zone,
        cause=Cause.REGISTERED,
        session=snapshot,
        seated=(student,),
        instead_of=instead_of,
    )
    return NewLetter(
        mailbox_id=user.mailbox_id,
        kind=LetterKind.NOTE,
        facts=letter.to_json(),
        dedupe_key=f"returning:{student.registration_id}:{user.id}",
        locale=user.mailbox.locale,
        session_id=snapshot.id,
    )
