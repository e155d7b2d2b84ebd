"""Students as a host may know them.

Reads only.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from outreach.db import db
from outreach.models import Registration, School, Student, StudentSnapshot


def for_host(*which: ColumnElement[bool]) -> tuple[StudentSnapshot, ...]:
    """Name the students of these registrations as a host may know them: given name and school (product.md)."""
    rows = db.session.execute(
        select(Registration.id, Student.given_name, School.name)
        .join(Student, Student.id == Registration.student_id)
        .join(School, School.id == Registration.school_id)
        .where(*which)
        .order_by(School.name, Student.given_name, Registration.id)
    )
    return tuple(StudentSnapshot(registration_id=key, given_name=given_name, school_name=school) for key, given_name, school in rows)
