"""Who reads that an address was wrong, or right after all: whoever answers for one of the students behind it.

Joins the caller's transaction, never commits. The caller holds the locks on the sessions of these students.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import db
from outreach.models import (
    ACTIVE,
    Cause,
    LetterKind,
    LetterSnapshot,
    Mailbox,
    OutreachSession,
    Reader,
    Registration,
    RegistrationState,
)
from outreach.notifications import StaffContact, read_participants, snapshot_of, staff_contacts
from outreach.outbox import NewLetter, enqueue
from outreach.people import Participant, answering_teacher, for_school, stands_in_for_whom


def tell_teachers(outreach_session: OutreachSession, mailbox: Mailbox, students: Sequence[int], cause: Cause, *, now: datetime) -> None:
    """Tell each teacher of their own students: the address must be corrected, or it was right after all.

    Of a student who takes part in nothing any more the teacher learns who registered them for this session.
    """
    by_teacher: dict[int, dict[int, Any]] = defaultdict(dict)
    for row in _registrations(outreach_session, students, now=now):
        by_teacher[row.teacher_id].setdefault(row.student_id, row)
    readers = staff_contacts(by_teacher.keys()).values()
    enqueue([_letter(one, mailbox, by_teacher[one.user_id].values(), cause) for one in readers], now=now)


def _registrations(outreach_session: OutreachSession, students: Sequence[int], *, now: datetime) -> list[Any]:
    """Read their registrations that aren't over: those of this session first, then the soonest."""
    is_active, is_elsewhere = Registration.state.in_(ACTIVE), Registration.session_id != outreach_session.id
    rows = db.session.execute(
        select(
            Registration.id,
            Registration.session_id,
            Registration.student_id,
            answering_teacher().label("teacher_id"),
            is_active.label("is_active"),
        )
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(Registration.student_id.in_(students))
        .where(~is_elsewhere | (is_active & OutreachSession.is_current(now)))
        .order_by(is_active.desc(), is_elsewhere, OutreachSession.starts_at, Registration.id.desc())
    ).all()
    active = {row.student_id for row in rows if row.is_active}
    return [row for row in rows if row.is_active or row.student_id not in active]


def _letter(teacher: StaffContact, mailbox: Mailbox, rows: Iterable[Any], cause: Cause) -> NewLetter:
    """One e-mail names all of a teacher's students, and the first of their sessions."""
    about, first = _participants(rows)
    letter = LetterSnapshot(
        reader=Reader.TEACHER,
        reader_name=teacher.name,
        cause=cause,
        session=snapshot_of(first),
        seated=for_school([one for one in about if one.state is not RegistrationState.WAITING]),
        waiting=for_school([one for one in about if one.state is RegistrationState.WAITING]),
        reason=mailbox.address,
        instead_of=stands_in_for_whom(about),
    )
    key = f"wrong_address:{mailbox.id}:{mailbox.link_version}:{teacher.user_id}"
    return NewLetter(
        mailbox_id=teacher.mailbox_id,
        kind=LetterKind.WRONG_ADDRESS,
        facts=letter.to_json(),
        dedupe_key=key if cause is Cause.ADDRESS else f"{key}:{cause}",
        session_id=first.id,
    )


def _participants(rows: Iterable[Any]) -> tuple[list[Participant], OutreachSession]:
    by_session: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_session[row.session_id].append(row.id)
    sessions = [db.session.get_one(OutreachSession, key) for key in by_session]
    found = [one for there in sessions for one in read_participants(there, Registration.id.in_(by_session[there.id]))]
    return found, sessions[0]
