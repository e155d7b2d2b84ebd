"""Reads whom a school knows, as class lists and forms are compared with it; and holds the school while it changes.

Takes part in the caller's transaction, never commits.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, not_, select

from outreach.class_lists.plan import KnownGuardian, KnownStudent
from outreach.db import db
from outreach.errors import NotThere
from outreach.models import (
    Guardian,
    Mailbox,
    School,
    Student,
    enrolment,
    guardianship,
)

FORMER_GIVEN_NAME, FORMER_FAMILY_NAME = "Former", "student"


def is_former() -> ColumnElement[bool]:
    """Tell students who were removed: their past places still count, nothing else is known of them."""
    return and_(Student.given_name == FORMER_GIVEN_NAME, Student.family_name == FORMER_FAMILY_NAME)


def hold_school(school_id: int) -> School:
    """Let changes of one school's people come one after the other; registering goes on meanwhile.

    FOR NO KEY UPDATE: a plain FOR UPDATE would stand in the way of rows that merely point to the school.
    """
    school = db.session.get(School, school_id, with_for_update={"key_share": True}, populate_existing=True)
    if school is None:
        raise NotThere(_l("There is no such school."))
    return school


def known_students(school_id: int) -> dict[int, KnownStudent]:
    """Read a school's students with classes and guardians, by id, in three queries."""
    classes, guardians = _classes(school_id), _guardians(school_id)
    rows = db.session.execute(
        select(
            Student.id,
            Student.given_name,
            Student.family_name,
            Student.number,
            Mailbox.address.label("email"),
            Student.year_group,
            Student.birth_date,
            Student.needs,
        )
        .outerjoin(Mailbox, Mailbox.id == Student.mailbox_id)
        .where(Student.school_id == school_id, not_(is_former()))
        .order_by(Student.id)
    )
    return {
        row.id: KnownStudent(**row._mapping, class_ids=frozenset(classes[row.id]), guardians=tuple(guardians[row.id]))  # noqa: SLF001 (a row's documented mapping)
        for row in rows
    }


def fingerprint(*facts: object) -> str:
    """Give a short sign for facts: what was shown is still so as long as it is the same."""
    return hashlib.blake2b(repr(facts).encode(), digest_size=6).hexdigest()


def _classes(school_id: int) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = db.session.execute(
        select(enrolment.c.student_id, enrolment.c.class_id)
        .join(Student, Student.id == enrolment.c.student_id)
        .where(Student.school_id == school_id)
        .order_by(enrolment.c.class_id)
    )
    for student_id, class_id in rows:
        found[student_id].append(class_id)
    return found


def _guardians(school_id: int) -> dict[int, list[KnownGuardian]]:
    found: dict[int, list[KnownGuardian]] = defaultdict(list)
    rows = db.session.execute(
        select(guardianship.c.student_id, Guardian.id, Guardian.name, Mailbox.address)
        .join(Guardian, Guardian.id == guardianship.c.guardian_id)
        .outerjoin(Mailbox, Mailbox.id == Guardian.mailbox_id)
        .where(Guardian.school_id == school_id)
        .order_by(Guardian.id)
    )
    for student_id, key, name, address in rows:
        found[student_id].append(KnownGuardian(key, name or None, address))
    return found
