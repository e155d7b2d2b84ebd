"""Birth dates that are missing in a class, filled in on one page: without them nobody knows who is old enough for a session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial

from sqlalchemy import select

from outreach.class_lists import KnownStudent
from outreach.db import db, transaction
from outreach.errors import Refusals
from outreach.models import SchoolClass, Student
from outreach.schools.apply_plan import write
from outreach.schools.queries import known_students
from outreach.schools.students import FIELDS, StudentInput, difference, must_be_plausible, only
from outreach.schools.use_cases import locked_class


def without_birth_date(class_id: int) -> list[Student]:
    """Read the students of a class whose birth date isn't known."""
    here = Student.classes.any(SchoolClass.id == class_id)
    wanted = select(Student).where(here, Student.birth_date.is_(None)).order_by(Student.family_name, Student.given_name, Student.id)
    return list(db.session.scalars(wanted))


def fill_birth_dates(class_id: int, typed: Mapping[int, date], *, now: datetime) -> int:
    """Add birth dates of students of a class who have none, by id; give how many. One that is known by now stays as it is.

    Raises Refusal, with the field `birth_date_ID`, for each that no student has.
    """
    with transaction():
        school_class = locked_class(class_id)
        found = Refusals()
        for key, day in typed.items():
            found.unless(partial(must_be_plausible, day, field=f"birth_date_{key}", now=now))
        found.must_be_none()
        open_ids = {student.id for student in without_birth_date(class_id)}
        known = known_students(school_class.school_id)
        rows = [(known[key], day) for key, day in typed.items() if key in open_ids and key in known]
        updates = tuple(difference(one, _with_birth_date(one, day))[0] for one, day in rows)
        write(only(update=updates), school_id=school_class.school_id, now=now)
    return len(updates)


def _with_birth_date(student: KnownStudent, day: date) -> StudentInput:
    facts = {field: getattr(student, field) for field in FIELDS} | {"birth_date": day}
    return StudentInput(**facts, guardians=student.guardians)
