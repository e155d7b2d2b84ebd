"""Students as each reader may know them: their family, their school, a host.

Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, select

from outreach.db import db
from outreach.models import Registration, School, Student, StudentSnapshot
from outreach.people.contacts import Participant


def for_family(shown: Sequence[Participant], queue: Mapping[int, int] | None = None) -> tuple[StudentSnapshot, ...]:
    """Name students as their own family knows them: by the given name alone."""
    return tuple(
        StudentSnapshot(
            registration_id=place.registration_id, given_name=place.given_name, place_in_queue=(queue or {}).get(place.registration_id)
        )
        for place in shown
    )


def for_school(shown: Sequence[Participant], queue: Mapping[int, int] | None = None) -> tuple[StudentSnapshot, ...]:
    """Name students as their teacher knows them."""
    return tuple(
        StudentSnapshot(
            registration_id=place.registration_id,
            given_name=place.given_name,
            family_name=place.family_name,
            place_in_queue=(queue or {}).get(place.registration_id),
        )
        for place in shown
    )


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
