"""Reads, in a fixed number of queries, what decides who gets letters about a session.

Reads only; takes part in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from outreach.db import db
from outreach.models import (
    HAVE_AN_ENTRY,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    School,
    Student,
    User,
)
from outreach.notifications.facts import StaffContact
from outreach.people import IS_UNDELIVERABLE, Participant, answering_teacher, guardian_mailboxes, hold_reasons, told_apart

# The reasons of a seat that was released are those it was held for: nobody has settled them.
_SOMETHING_IS_MISSING = (RegistrationState.PENDING, RegistrationState.RELEASED)
_STUDENT = (
    Student.id.label("student_id"),
    Student.given_name,
    Student.family_name,
    Student.preferred_name,
    Student.birth_date,
    School.majority_age,
    School.zone,
    Mailbox.id.label("own_mailbox_id"),
    IS_UNDELIVERABLE.label("own_is_undeliverable"),
)


def read_participants(outreach_session: OutreachSession, *which: ColumnElement[bool]) -> list[Participant]:
    """Read the registrations of a session that meet these conditions, in the order of the waiting list."""
    rows = db.session.execute(
        select(
            *(Registration.id, Registration.state, Registration.offered_until, Registration.held_until),
            answering_teacher().label("teacher_id"),
            Registration.teacher_id.label("registered_by_id"),
            *_STUDENT,
        )
        .join(Student, Student.id == Registration.student_id)
        .join(School, School.id == Registration.school_id)
        .outerjoin(Mailbox, (Mailbox.id == Student.mailbox_id) & Mailbox.stopped_at.is_(None))
        .where(Registration.session_id == outreach_session.id, *which)
        .order_by(Registration.queued_at, Registration.id)
    ).all()
    guardians = guardian_mailboxes({row.student_id for row in rows})
    held = hold_reasons(outreach_session, {row.student_id for row in rows if row.state in _SOMETHING_IS_MISSING})
    day = outreach_session.starts_wall.date()
    participants = [
        _participant(row, guardians[row.student_id], day, key=row.id, state=row.state, teacher_id=row.teacher_id) for row in rows
    ]
    shared = told_apart({row.student_id for row in rows})
    replaced = _names({row.registered_by_id for row in rows if row.registered_by_id != row.teacher_id})
    return [
        replace(
            one,
            offered_until=row.offered_until,
            told_apart_by=shared.get(row.student_id, ""),
            held_until=row.held_until,
            held_for=tuple(sorted(held.get(row.student_id, ()))) if row.state in _SOMETHING_IS_MISSING else (),
            instead_of=replaced[row.registered_by_id] if row.registered_by_id != row.teacher_id else "",
        )
        for one, row in zip(participants, rows, strict=True)
    ]


def _names(user_ids: Collection[int]) -> dict[int, str]:
    found = db.session.scalars(select(User).where(User.id.in_(user_ids))) if user_ids else ()
    return {user.id: user.name for user in found}


def read_future_participants(
    outreach_session: OutreachSession, student_ids: Collection[int], *, state: RegistrationState, by_id: int
) -> list[Participant]:
    """Read the participants these students would be, were they registered by this teacher; their ids are 0."""
    rows = db.session.execute(
        select(*_STUDENT)
        .join(School, School.id == Student.school_id)
        .outerjoin(Mailbox, (Mailbox.id == Student.mailbox_id) & Mailbox.stopped_at.is_(None))
        .where(Student.id.in_(student_ids))
    ).all()
    guardians = guardian_mailboxes(student_ids)
    day = outreach_session.starts_wall.date()
    return [_participant(row, guardians[row.student_id], day, key=0, state=state, teacher_id=by_id) for row in rows]


def _participant(
    row: Any,
    guardians: Mapping[int, bool],
    day: date,
    *,
    key: int,
    state: RegistrationState,
    teacher_id: int,
) -> Participant:
    student = Student(birth_date=row.birth_date)
    mailboxes = {**guardians, row.own_mailbox_id: bool(row.own_is_undeliverable)}
    return Participant(
        registration_id=key,
        state=state,
        teacher_id=teacher_id,
        given_name=row.given_name,
        family_name=row.family_name,
        preferred_name=row.preferred_name or "",
        own_mailbox_id=row.own_mailbox_id,
        guardian_mailbox_ids=tuple(guardians),
        is_minor=student.is_minor_on(day, row.majority_age),
        zone=row.zone,
        undeliverable_ids=frozenset(key for key, is_undeliverable in mailboxes.items() if is_undeliverable),
    )


def staff_contacts(user_ids: Collection[int]) -> dict[int, StaffContact]:
    """Read users by id, with their mailboxes."""
    rows = db.session.execute(
        select(User.id, User.given_name, User.zone, Mailbox.id.label("mailbox_id"), Mailbox.locale)
        .join(Mailbox, Mailbox.id == User.mailbox_id)
        .where(User.id.in_(user_ids))
    )
    return {
        row.id: StaffContact(user_id=row.id, mailbox_id=row.mailbox_id, name=row.given_name, locale=row.locale, zone=row.zone)
        for row in rows
    }


def seated_by_teacher(session_id: int, teacher_ids: Collection[int]) -> dict[int, int]:
    """Count the students for whom each of these teachers answers and who have a seat; one on offer isn't theirs yet."""
    with_seat = Registration.session_id == session_id, Registration.state.in_(HAVE_AN_ENTRY)
    answers = select(answering_teacher().label("teacher_id")).where(*with_seat).subquery().c.teacher_id
    rows = db.session.execute(select(answers, func.count()).where(answers.in_(teacher_ids)).group_by(answers))
    return {teacher_id: number for teacher_id, number in rows}  # noqa: C416 (dict() of rows isn't typed)


def waiting_list_positions(session_id: int) -> dict[int, int]:
    """Give each waiting registration its position, from 1."""
    rows = db.session.scalars(
        select(Registration.id)
        .where(Registration.session_id == session_id, Registration.state == RegistrationState.WAITING)
        .order_by(Registration.queued_at, Registration.id)
    )
    return {key: position for position, key in enumerate(rows, start=1)}
