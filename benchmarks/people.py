"""Two hundred clinicians, and a class of 30 with 45 guardians and its teacher; and the database that holds them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from flask_security import hash_password
from sqlalchemy import insert, select

from benchmarks import programme
from outreach.db import Base, db, transaction
from outreach.models import (
    Guardian,
    Mailbox,
    Membership,
    OutreachSession,
    Role,
    RoleName,
    School,
    SchoolClass,
    Student,
    User,
    class_teacher,
    enrolment,
    guardianship,
    user_role,
)

HOSTS, STUDENTS, GUARDIANS = 200, 30, 45
PASSWORD = "a long needle and a long thread"


@dataclass(frozen=True, kw_only=True)
class Class:
    """The class that is registered, its teacher, and the sessions with room for all of it, each used once."""

    school_id: int
    class_id: int
    teacher_id: int
    teacher_email: str
    student_ids: tuple[int, ...]
    sessions: Iterator[int]


def fill(*, now: datetime) -> Class:
    """Write programme and people into an empty database; give the class."""
    with transaction():
        programme.publish(_adults(HOSTS, RoleName.CLINICIAN, now), now=now)
        (teacher_id,) = _adults(1, RoleName.TEACHER, now)
        (school_id,) = _ids(School, [{"name": "High School", "zone": "Europe/London"}])
        (class_id,) = _ids(SchoolClass, [{"school_id": school_id, "name": "Year 11"}])
        membership = {"user_id": teacher_id, "school_id": school_id, "approved_by_id": teacher_id, "approved_at": now}
        db.session.execute(insert(Membership), [membership])
        db.session.execute(insert(class_teacher), [{"class_id": class_id, "user_id": teacher_id}])
        student_ids = _students(school_id, class_id)
    has_room = (OutreachSession.capacity == programme.FREE_SEATS) & (OutreachSession.seats_taken == 0)
    sessions = db.session.scalars(select(OutreachSession.id).where(has_room).order_by(OutreachSession.id)).all()
    email = db.session.scalars(select(User.email).where(User.id == teacher_id)).one()
    return Class(
        school_id=school_id,
        class_id=class_id,
        teacher_id=teacher_id,
        teacher_email=email,
        student_ids=tuple(student_ids),
        sessions=iter(sessions),
    )


def _adults(number: int, role: RoleName, now: datetime) -> list[int]:
    addresses = [f"{role}{n}@hospital.example" for n in range(number)]
    facts = {"password": hash_password(PASSWORD), "active": True, "confirmed_at": now, "created_at": now}
    rows = [
        {"email": address, "mailbox_id": key, "given_name": "Robin", "family_name": f"Adult{key}", "fs_uniquifier": uuid4().hex, **facts}
        for address, key in zip(addresses, _mailboxes(addresses), strict=True)
    ]
    ids = _ids(User, rows)
    role_id = db.session.scalars(select(Role.id).where(Role.name == role)).one()
    db.session.execute(insert(user_role), [{"user_id": key, "role_id": role_id} for key in ids])
    return ids


def _students(school_id: int, class_id: int) -> list[int]:
    """Half of them have two guardians, half have one; everybody reads mail of their own."""
    own, theirs = _mailboxes([f"student{n}@pupils.example" for n in range(STUDENTS)]), range(GUARDIANS)
    students = [
        {"school_id": school_id, "given_name": f"Given{n}", "family_name": f"Family{n}", "mailbox_id": own[n]} for n in range(STUDENTS)
    ]
    boxes = _mailboxes([f"guardian{n}@families.example" for n in theirs])
    student_ids = _ids(Student, students)
    guardian_ids = _ids(Guardian, [{"school_id": school_id, "name": f"Guardian {n}", "mailbox_id": boxes[n]} for n in theirs])
    db.session.execute(insert(enrolment), [{"class_id": class_id, "student_id": key} for key in student_ids])
    pairs = [{"student_id": student_ids[n % STUDENTS], "guardian_id": guardian_ids[n]} for n in theirs]
    db.session.execute(insert(guardianship), pairs)
    return student_ids


def _mailboxes(addresses: list[str]) -> list[int]:
    return _ids(Mailbox, [{"address": address} for address in addresses])


def _ids(model: type[Base], rows: list[dict[str, object]]) -> list[int]:
    returning = insert(model).returning(model.__table__.c.id, sort_by_parameter_order=True)
    return list(db.session.scalars(returning, rows))
