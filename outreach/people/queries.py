"""Reads about persons that every feature shares: who may get letters about a student, and students as a host may know them.

Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, CompoundSelect, or_, select

from outreach.db import db
from outreach.models import Guardian, Mailbox, Registration, RegistrationState, School, Student, StudentSnapshot, guardianship

IS_UNDELIVERABLE = or_(Mailbox.undeliverable_at.is_not(None), Mailbox.blocked_at.is_not(None))


def contacts_of_students() -> CompoundSelect[int, int | None]:
    """Select (student, mailbox) for everybody who may get letters about a student: themselves, and their guardians."""
    own = select(Student.id.label("student_id"), Student.mailbox_id.label("mailbox_id"))
    guarded = select(guardianship.c.student_id, Guardian.mailbox_id).join(Guardian, Guardian.id == guardianship.c.guardian_id)
    return own.union_all(guarded)


def students_of_mailboxes(mailbox_ids: Collection[int]) -> list[int]:
    """Give the students about whom these mailboxes may get letters."""
    pair = contacts_of_students().subquery().c
    return sorted(set(db.session.scalars(select(pair.student_id).where(pair.mailbox_id.in_(mailbox_ids)))))


def guardian_mailboxes(student_ids: Collection[int]) -> dict[int, dict[int, bool]]:
    """Give by student the mailboxes of their guardians that didn't ask us to stop, in order, each with whether it is undeliverable."""
    rows = db.session.execute(
        select(guardianship.c.student_id, Guardian.mailbox_id, IS_UNDELIVERABLE)
        .join(Guardian, Guardian.id == guardianship.c.guardian_id)
        .join(Mailbox, Mailbox.id == Guardian.mailbox_id)
        .where(guardianship.c.student_id.in_(student_ids), Mailbox.stopped_at.is_(None))
        .order_by(Guardian.id)
    )
    found: dict[int, dict[int, bool]] = defaultdict(dict)
    for student_id, mailbox_id, is_undeliverable in rows:
        found[student_id][mailbox_id] = is_undeliverable
    return found


def for_host(*which: ColumnElement[bool]) -> tuple[StudentSnapshot, ...]:
    """Name the students of these registrations as a host may know them: given name, school, and whether the seat is held (product.md)."""
    rows = db.session.execute(
        select(Registration.id, Registration.state, Student.given_name, School.name)
        .join(Student, Student.id == Registration.student_id)
        .join(School, School.id == Registration.school_id)
        .where(*which)
        .order_by(School.name, Student.given_name, Registration.id)
    )
    return tuple(
        StudentSnapshot(registration_id=key, given_name=given_name, school_name=school, is_held=state is RegistrationState.PENDING)
        for key, state, given_name, school in rows
    )
