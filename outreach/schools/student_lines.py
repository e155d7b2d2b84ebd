"""Students at a glance: their classes, and who can be reached about them.

Reads only, in four queries however many they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select

from outreach.db import db
from outreach.models import Guardian, Mailbox, School, SchoolClass, Student, enrolment, guardianship
from outreach.schools.reach import Contact, Reach

BY_NAME = (Student.family_name, Student.given_name, Student.id)


@dataclass(frozen=True, kw_only=True)
class StudentLine:
    """One student."""

    id: int
    given_name: str
    family_name: str
    number: str | None
    year_group: str | None
    birth_date: date | None
    needs: str
    classes: tuple[str, ...]
    reach: Reach

    @property
    def name(self) -> str:
        """Give the full name, for their own school's eyes."""
        return f"{self.given_name} {self.family_name}"


def student_lines(which: ColumnElement[bool], *, now: datetime) -> list[StudentLine]:
    """Read the students that meet a condition, by family name."""
    rows = db.session.execute(
        select(Student, School.majority_age, Mailbox)
        .join(School, School.id == Student.school_id)
        .outerjoin(Mailbox, Mailbox.id == Student.mailbox_id)
        .where(which)
        .order_by(*BY_NAME)
    ).all()
    ids = [student.id for student, _majority_age, _mailbox in rows]
    classes, guardians = _classes(ids), _guardians(ids)
    return [
        _line(student, classes[student.id], _reach(student, mailbox, guardians[student.id], majority_age, now.date()))
        for student, majority_age, mailbox in rows
    ]


def _line(student: Student, classes: Sequence[str], reach: Reach) -> StudentLine:
    return StudentLine(
        id=student.id,
        given_name=student.given_name,
        family_name=student.family_name,
        number=student.number,
        year_group=student.year_group,
        birth_date=student.birth_date,
        needs=student.needs,
        classes=tuple(classes),
        reach=reach,
    )


def _reach(student: Student, mailbox: Mailbox | None, guardians: Sequence[Contact], majority_age: int, today: date) -> Reach:
    return Reach(_contact("", mailbox), tuple(guardians), student.is_minor_on(today, majority_age))


def _contact(name: str, mailbox: Mailbox | None) -> Contact:
    if mailbox is None:
        return Contact(name, None)
    return Contact(name, mailbox.address, mailbox.stopped_at, mailbox.refused_at, mailbox.refused_words or "")


def _classes(student_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = db.session.execute(
        select(enrolment.c.student_id, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == enrolment.c.class_id)
        .where(enrolment.c.student_id.in_(student_ids))
        .order_by(SchoolClass.name)
    )
    for student_id, name in rows:
        found[student_id].append(name)
    return found


def _guardians(student_ids: Sequence[int]) -> dict[int, list[Contact]]:
    found: dict[int, list[Contact]] = defaultdict(list)
    rows = db.session.execute(
        select(guardianship.c.student_id, Guardian.name, Mailbox)
        .join(Guardian, Guardian.id == guardianship.c.guardian_id)
        .outerjoin(Mailbox, Mailbox.id == Guardian.mailbox_id)
        .where(guardianship.c.student_id.in_(student_ids))
        .order_by(Guardian.id)
    )
    for student_id, name, mailbox in rows:
        found[student_id].append(_contact(name, mailbox))
    return found
