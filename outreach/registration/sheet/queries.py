"""Which classes somebody may register. Reads only."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from outreach.db import db
from outreach.folding import name_key
from outreach.models import (
    SchoolClass,
    Student,
    User,
)
from outreach.registration.queries import of_schools, school_ids


def classes_of(user: User) -> list[SchoolClass]:
    """Read the classes a user may register, own ones first."""
    found = db.session.scalars(
        select(SchoolClass)
        .where(of_schools(SchoolClass.school_id, school_ids(user)))
        .options(joinedload(SchoolClass.school), selectinload(SchoolClass.teachers))
        .order_by(SchoolClass.folded, SchoolClass.id)
    ).all()
    return sorted(found, key=lambda one: (user.id not in {teacher.id for teacher in one.teachers}, name_key(one.name)))


def class_sizes(class_ids: Collection[int]) -> dict[int, int]:
    """Count the students of each class."""
    rows = db.session.execute(
        select(SchoolClass.id, func.count(Student.id))
        .join(SchoolClass.students)
        .where(SchoolClass.id.in_(class_ids))
        .group_by(SchoolClass.id)
    )
    return {key: number for key, number in rows}  # noqa: C416 (dict() of rows isn't typed)
