"""Reads about persons that every feature shares: who may get letters about a student, and students as a host may know them.

Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import cache

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from outreach.db import db
from outreach.folding import name_key
from outreach.models import (
    Guardian,
    Mailbox,
    Membership,
    OutreachSession,
    Registration,
    RegistrationState,
    RoleName,
    School,
    Student,
    StudentSnapshot,
    User,
    class_teacher,
    guardianship,
)
from outreach.people.namesakes import host_names

IS_UNDELIVERABLE = or_(Mailbox.undeliverable_at.is_not(None), Mailbox.blocked_at.is_not(None))

_ANSWERS, _COLLEAGUE, _COORDINATOR = (aliased(User, name=name) for name in ("answers", "colleague", "one_coordinator"))


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


@cache  # putting it together takes longer than many a query that it is part of
def answering_teacher() -> ColumnElement[int]:
    """Give who answers for a registration: the teacher who registered the student.

    Once they no longer work at the school, or their account is closed, somebody stands in: another teacher of the school, one of
    the class before the rest; else a coordinator. It is worked out each time, so an account that is opened again answers again.
    """
    still = select(_ANSWERS.id).where(
        *(_ANSWERS.id == Registration.teacher_id, _ANSWERS.active),
        or_(_ANSWERS.roles.any(name=RoleName.COORDINATOR), works_at(_ANSWERS, Registration.school_id)),
    )
    colleagues = select(func.min(_COLLEAGUE.id)).where(works_at(_COLLEAGUE, Registration.school_id))
    keeps_class = class_teacher.c.class_id == Registration.class_id, class_teacher.c.user_id == _COLLEAGUE.id
    of_the_class = colleagues.where(exists().where(*keeps_class).correlate_except(class_teacher))
    coordinators = select(func.min(_COORDINATOR.id)).where(_COORDINATOR.active, _COORDINATOR.roles.any(name=RoleName.COORDINATOR))
    found = (part.correlate(Registration).scalar_subquery() for part in (still, of_the_class, colleagues, coordinators))
    return func.coalesce(*found, Registration.teacher_id)


def works_at(user: type[User], school_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Say of a user that they teach at a school, with an open account."""
    there = Membership.user_id == user.id, Membership.school_id == school_id
    return user.active & user.roles.any(name=RoleName.TEACHER) & exists().where(*there).correlate_except(Membership)


def open_hosts(outreach_session: OutreachSession) -> list[User]:
    """Give the hosts and co-hosts who can be asked: with an open account, and still clinicians."""
    hosts = (outreach_session.host, *outreach_session.co_hosts)
    return [user for user in hosts if user.active and user.is_a(RoleName.CLINICIAN)]


def responsible_hosts(outreach_session: OutreachSession) -> list[User]:
    """Give the hosts who can be asked; where there is none, the coordinators stand in."""
    return open_hosts(outreach_session) or open_coordinators()


def open_coordinators() -> list[User]:
    """Give the coordinators with an open account."""
    coordinators = select(User).where(User.active, User.roles.any(name=RoleName.COORDINATOR)).order_by(User.id)
    return list(db.session.scalars(coordinators))


def for_host(*which: ColumnElement[bool]) -> tuple[StudentSnapshot, ...]:
    """Name the students of these registrations as a host may know them: given name, school, and whether the seat is held (product.md).

    Two of one name and school are told apart by class and year. The order, too, says nothing of family names.
    """
    names = host_names(and_(*which))
    rows = db.session.execute(
        select(Registration.id, Registration.state, School.name, School.folded)
        .join(Student, Student.id == Registration.student_id)
        .join(School, School.id == Registration.school_id)
        .where(*which)
    )
    in_order = sorted(rows, key=lambda row: (row.folded, name_key(names[row.id]), row.id))
    return tuple(
        StudentSnapshot(registration_id=key, given_name=names[key], school_name=school, is_held=state is RegistrationState.PENDING)
        for key, state, school, _folded in in_order
    )
