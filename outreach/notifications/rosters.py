"""The roster: hosts are told who comes, the evening before, and again when that has changed.

Worked out from the present rows and the roster that was sent last, never stored as plans.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from outreach.db import db, locked, transaction
from outreach.models import (
    HAVE_AN_ENTRY,
    Cause,
    Letter,
    LetterKind,
    LetterSnapshot,
    LetterState,
    OutreachSession,
    Reader,
    Registration,
    SessionSnapshot,
    StudentSnapshot,
    User,
)
from outreach.notifications.due_times import roster_falls_due
from outreach.notifications.read import snapshot_of
from outreach.outbox import NewLetter, enqueue
from outreach.people import for_host, open_hosts, responsible_hosts
from outreach.time import is_quiet, next_morning

# Changes that follow each other closely are told in one e-mail, but never later than this after the one before.
CALM_FOR = timedelta(minutes=10)
AT_THE_LATEST = timedelta(hours=1)


def plan_rosters(*, now: datetime) -> int:
    """Write hosts who comes, the evening before, also if nobody does; and once more after changes. Gives for how many sessions."""
    soon = select(OutreachSession).where(OutreachSession.is_to_come(now), OutreachSession.starts_at < now + timedelta(days=2))
    due = [one for one in db.session.scalars(soon) if roster_falls_due(starts_at=one.starts_at, zone=one.zone) <= now]
    return sum(_send(one.id, now=now) for one in due if _due_rosters(one, now))


def _send(session_id: int, *, now: datetime) -> bool:
    with transaction():
        outreach_session = locked(OutreachSession, session_id)
        rosters = _due_rosters(outreach_session, now) if outreach_session is not None and outreach_session.is_to_come(now) else []
        enqueue(rosters, now=now)
    return bool(rosters)


def _due_rosters(outreach_session: OutreachSession, now: datetime) -> list[NewLetter]:
    """Give a roster for each host who has none yet, and for each whose last one isn't true any more; that one can wait a little.

    Where no host has an open account, it goes to the coordinators instead.
    Whose teacher is still asked about a seat isn't on it: they come only once the teacher has taken the seat.
    """
    snapshot = snapshot_of(outreach_session)
    coming = for_host(Registration.session_id == outreach_session.id, Registration.state.in_(HAVE_AN_ENTRY))
    hosts = {user.mailbox_id: user for user in responsible_hosts(outreach_session) if user.mailbox.is_reached}
    absent = "" if open_hosts(outreach_session) else outreach_session.host.name
    written, students = _written(outreach_session), _students(outreach_session)
    sent = {key: [one.snapshot for one in letters if not one.was_dropped] for key, letters in written.items()}
    can_tell_changes = _is_calm(outreach_session, now) and _is_by_day(outreach_session, now)
    return [
        _roster(user, snapshot, coming, sent.get(key, []), students, number=len(written.get(key, [])), instead_of=absent)
        for key, user in hosts.items()
        if not sent.get(key) or (can_tell_changes and _who(sent[key][-1].seated, students) != _who(coming, students))
    ]


class _Written(NamedTuple):
    snapshot: LetterSnapshot
    was_dropped: bool


def _written(outreach_session: OutreachSession) -> dict[int, list[_Written]]:
    """Give by mailbox the rosters for this start, oldest first; those that were dropped nobody has read."""
    theirs = (Letter.session_id == outreach_session.id, Letter.kind == LetterKind.ROSTER)
    found: dict[int, list[_Written]] = {}
    for letter in db.session.scalars(select(Letter).where(*theirs).order_by(Letter.id)):
        snapshot = LetterSnapshot.from_json(letter.facts)
        if snapshot.session.starts_at == outreach_session.starts_at:
            found.setdefault(letter.mailbox_id, []).append(_Written(snapshot, letter.state is LetterState.DROPPED))
    return found


def _is_calm(outreach_session: OutreachSession, now: datetime) -> bool:
    changed = db.session.scalar(select(func.max(Registration.changed_at)).where(Registration.session_id == outreach_session.id))
    theirs = (Letter.session_id == outreach_session.id, Letter.kind == LetterKind.ROSTER)
    written = db.session.scalar(select(func.max(Letter.created_at)).where(*theirs))
    return changed is None or changed <= now - CALM_FOR or (written is not None and written <= now - AT_THE_LATEST)


def _is_by_day(outreach_session: OutreachSession, now: datetime) -> bool:
    """It isn't night, or the session begins before the morning."""
    zone = outreach_session.zone
    return not is_quiet(now, zone) or next_morning(now, zone) >= outreach_session.starts_at


def _students(outreach_session: OutreachSession) -> dict[int, int]:
    """Give the student of each registration: who was withdrawn and registered again is the same student."""
    rows = db.session.execute(select(Registration.id, Registration.student_id).where(Registration.session_id == outreach_session.id))
    return {registration_id: student_id for registration_id, student_id in rows}  # noqa: C416 (dict() of rows isn't typed)


def _roster(
    user: User,
    snapshot: SessionSnapshot,
    coming: tuple[StudentSnapshot, ...],
    earlier: list[LetterSnapshot],
    students: dict[int, int],
    *,
    number: int,
    instead_of: str,
) -> NewLetter:
    known, who_comes = earlier[-1].seated if earlier else (), _who(coming, students)
    letter = LetterSnapshot(
        reader=Reader.HOST,
        reader_name=user.given_name,
        reader_zone=user.zone,
        cause=Cause.REGISTERED if earlier else Cause.TIME,
        session=snapshot,
        seated=coming,
        gone=tuple(one for one in known if students.get(one.registration_id) not in who_comes),
        instead_of=instead_of,
    )
    return NewLetter(
        mailbox_id=user.mailbox_id,
        kind=LetterKind.ROSTER,
        facts=letter.to_json(),
        dedupe_key=f"roster:{snapshot.id}:{user.id}:{snapshot.starts_at.isoformat()}{f':{number}' if number else ''}",
        locale=user.mailbox.locale,
        session_id=snapshot.id,
    )


def _who(snapshots: tuple[StudentSnapshot, ...], students: dict[int, int]) -> set[int | None]:
    return {students.get(snapshot.registration_id) for snapshot in snapshots}
