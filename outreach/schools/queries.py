"""The people of a school, and what teachers see of classes and students; also locks a school while it changes.

A fixed number of queries for each page.
"""

from __future__ import annotations

import enum
import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, true

from outreach import policy
from outreach.class_lists import KnownGuardian, KnownStudent
from outreach.db import db
from outreach.errors import NotThere
from outreach.folding import full_name
from outreach.models import (
    Consent,
    Guardian,
    Mailbox,
    Membership,
    Purpose,
    School,
    SchoolClass,
    Student,
    User,
    class_teacher,
    enrolment,
    guardianship,
)
from outreach.people import contacts_of_students
from outreach.schools.student_lines import BY_NAME, StudentLine, student_lines
from outreach.web import Page, page_of

MOST_WORDS = 5
FORMER_GIVEN_NAME, FORMER_FAMILY_NAME = "Former", "student"


def is_former() -> ColumnElement[bool]:
    """The condition for students who were removed: their past places still count, nothing else is known of them."""
    return and_(Student.given_name == FORMER_GIVEN_NAME, Student.family_name == FORMER_FAMILY_NAME)


def lock_school(school_id: int) -> School:
    """Let changes of one school's people come one after the other, and count them; registering goes on meanwhile.

    FOR NO KEY UPDATE: a plain FOR UPDATE would stand in the way of rows that merely point to the school.
    """
    school = db.session.get(School, school_id, with_for_update={"key_share": True}, populate_existing=True)
    if school is None:
        raise NotThere(_("There is no such school."))
    school.people_version += 1
    return school


def known_students(school_id: int, only: Collection[int] | None = None) -> dict[int, KnownStudent]:
    """Read a school's students with classes and guardians, by id, in three queries; `only` these."""
    these = Student.id.in_(only) if only is not None else true()
    classes, guardians = _classes(school_id, these), _guardians(school_id, these)
    rows = db.session.execute(
        select(
            Student.id,
            Student.given_name,
            Student.family_name,
            Student.preferred_name,
            Student.number,
            Mailbox.address.label("email"),
            Student.year_group,
            Student.birth_date,
            Student.needs,
            Student.left_on,
        )
        .outerjoin(Mailbox, Mailbox.id == Student.mailbox_id)
        .where(Student.school_id == school_id, not_(is_former()), these)
        .order_by(Student.id)
    )
    return {
        row.id: KnownStudent(**row._mapping, class_ids=frozenset(classes[row.id]), guardians=tuple(guardians[row.id]))  # noqa: SLF001 (a row's documented mapping)
        for row in rows
    }


def fingerprint(*values: object) -> str:
    """Give a short sign for facts: what was shown is still so as long as it is the same."""
    return hashlib.blake2b(repr(values).encode(), digest_size=6).hexdigest()


def _classes(school_id: int, these: ColumnElement[bool]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = db.session.execute(
        select(enrolment.c.student_id, enrolment.c.class_id)
        .join(Student, Student.id == enrolment.c.student_id)
        .where(Student.school_id == school_id, these)
        .order_by(enrolment.c.class_id)
    )
    for student_id, class_id in rows:
        found[student_id].append(class_id)
    return found


def _guardians(school_id: int, these: ColumnElement[bool]) -> dict[int, list[KnownGuardian]]:
    found: dict[int, list[KnownGuardian]] = defaultdict(list)
    rows = db.session.execute(
        select(guardianship.c.student_id, Guardian.id, Guardian.name, Mailbox.address)
        .join(Guardian, Guardian.id == guardianship.c.guardian_id)
        .join(Student, Student.id == guardianship.c.student_id)
        .outerjoin(Mailbox, Mailbox.id == Guardian.mailbox_id)
        .where(Guardian.school_id == school_id, these)
        .order_by(Guardian.id)
    )
    for student_id, key, name, address in rows:
        found[student_id].append(KnownGuardian(key, name or None, address))
    return found


def responsible_teacher(student_id: int) -> Consent | None:
    """Give the record of the teacher who is responsible in place of a guardian; None: nobody is."""
    taken = Consent.student_id == student_id, Consent.purpose == Purpose.RESPONSIBILITY, Consent.revoked_at.is_(None)
    return db.session.scalars(select(Consent).where(*taken).order_by(Consent.id.desc()).limit(1)).first()


PAGE = 50


class StudentFilter(enum.StrEnum):
    """Which students to list."""

    ALL = "all"
    NO_CLASS = "no_class"
    TROUBLE = "trouble"
    LEFT = "left"


@dataclass(frozen=True)
class ClassLine:
    """One class at a glance."""

    id: int
    name: str
    school: str
    size: int
    is_mine: bool
    teachers: tuple[str, ...]


def schools_of(user: User) -> Sequence[School]:
    """Read the schools whose people a user keeps, by name; a coordinator keeps all."""
    return db.session.scalars(select(School).where(kept(School.id, user)).order_by(School.folded)).all()


def classes(user: User, number: int) -> tuple[Page, list[ClassLine]]:
    """Read one page of the classes a user keeps, own ones first."""
    is_mine = exists().where(class_teacher.c.class_id == SchoolClass.id, class_teacher.c.user_id == user.id)
    size = select(func.count()).where(enrolment.c.class_id == SchoolClass.id).scalar_subquery()
    wanted = (
        select(SchoolClass.id, SchoolClass.name, School.name.label("school"), size.label("size"), is_mine.label("is_mine"))
        .join(School, School.id == SchoolClass.school_id)
        .where(kept(SchoolClass.school_id, user))
        .order_by(is_mine.desc(), School.folded, SchoolClass.folded, SchoolClass.id)
    )
    page = page_of(wanted, number, size=PAGE)
    teachers = _teachers([row.id for row in page.rows])
    return page, [ClassLine(**row._mapping, teachers=tuple(teachers[row.id])) for row in page.rows]  # noqa: SLF001 (a row's documented mapping)


def students_of_class(class_id: int, *, now: datetime) -> list[StudentLine]:
    """Read a class, by family name."""
    return student_lines(Student.id.in_(select(enrolment.c.student_id).where(enrolment.c.class_id == class_id)), now=now)


def students(user: User, chosen: StudentFilter, sought: str, number: int, *, now: datetime) -> tuple[Page, list[StudentLine]]:
    """Read one page of the students a user keeps, found by a part of their name or number."""
    wanted = select(Student.id).where(kept(Student.school_id, user), not_(is_former()), _on(chosen)).order_by(*BY_NAME)
    for word in sought.split()[:MOST_WORDS]:
        wanted = wanted.where(or_(Student.is_called(word), Student.number.icontains(word, autoescape=True)))
    page = page_of(wanted, number, size=PAGE)
    return page, student_lines(Student.id.in_([row.id for row in page.rows]), now=now)


def filter_counts(user: User) -> dict[StudentFilter, int]:
    """Count the students of each kind."""
    mine = (kept(Student.school_id, user), not_(is_former()))
    return {chosen: db.session.scalar(select(func.count(Student.id)).where(*mine, _on(chosen))) or 0 for chosen in StudentFilter}


def kept(school_id: Any, user: User) -> ColumnElement[bool]:
    """The school is one whose people this user keeps."""
    if policy.coordinates(user):
        return true()
    mine: ColumnElement[bool] = school_id.in_(select(Membership.school_id).where(Membership.user_id == user.id))
    return mine


def _on(chosen: StudentFilter) -> ColumnElement[bool]:
    if chosen is StudentFilter.LEFT:
        return Student.left_on.is_not(None)
    return and_(Student.left_on.is_(None), _of_those_there(chosen))


def _of_those_there(chosen: StudentFilter) -> ColumnElement[bool]:
    if chosen is StudentFilter.NO_CLASS:
        return ~exists().where(enrolment.c.student_id == Student.id)
    if chosen is StudentFilter.TROUBLE:
        undeliverable = select(Mailbox.id).where(or_(Mailbox.stopped_at.is_not(None), Mailbox.undeliverable_at.is_not(None)))
        contact = contacts_of_students().subquery().c
        return Student.id.in_(select(contact.student_id).where(contact.mailbox_id.in_(undeliverable)))
    return true()


def _teachers(class_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = db.session.execute(
        select(class_teacher.c.class_id, User.given_name, User.family_name)
        .join(User, User.id == class_teacher.c.user_id)
        .where(class_teacher.c.class_id.in_(class_ids))
        .order_by(User.folded, User.id)
    )
    for class_id, given_name, family_name in rows:
        found[class_id].append(full_name(given_name, family_name))
    return found
