"""What teachers do with classes: make, rename, keep, delete; and for a student whose last guardian has gone: take responsibility."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select

from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal
from outreach.folding import name_key
from outreach.models import Consent, Purpose, SchoolClass, Student, class_teacher
from outreach.notifications import lock_sessions_and_students
from outreach.registration import settle_seats_of
from outreach.schools.queries import lock_school

# The words a teacher agrees to, in `schools/take_responsibility.html`.
RESPONSIBILITY_TEXT = "responsibility-2026-12"


def make_class(school_id: int, name: str, *, by_id: int, keeps: bool = True) -> int:
    """Make a class that its maker keeps (a coordinator may make one for others); give its id. Raises Refusal: the name is taken."""
    with transaction():
        lock_school(school_id)
        _must_be_free(school_id, name)
        school_class = SchoolClass(school_id=school_id, name=name)
        db.session.add(school_class)
        db.session.flush()
        if keeps:
            db.session.execute(insert(class_teacher).values(class_id=school_class.id, user_id=by_id))
    return school_class.id


def rename_class(class_id: int, name: str) -> None:
    """Give a class another name. Raises Refusal: the name is taken."""
    with transaction():
        school_class = locked_class(class_id)
        _must_be_free(school_class.school_id, name, but=class_id)
        school_class.name = name


def delete_class(class_id: int) -> None:
    """Delete a class; its students and their places in sessions stay."""
    with transaction():
        school_class = locked_class(class_id)
        db.session.execute(delete(SchoolClass).where(SchoolClass.id == school_class.id).execution_options(synchronize_session=False))
    db.session.expire_all()


def keep_class(class_id: int, user_id: int, *, keeps: bool) -> None:
    """Become one of a class's teachers, or stop being one; twice changes nothing."""
    with transaction():
        locked_class(class_id)
        mine = (class_teacher.c.class_id == class_id) & (class_teacher.c.user_id == user_id)
        db.session.execute(delete(class_teacher).where(mine))
        if keeps:
            db.session.execute(insert(class_teacher).values(class_id=class_id, user_id=user_id))


def locked_class(class_id: int) -> SchoolClass:
    """Read a class and lock its school. Joins the caller's transaction. Raises NotThere."""
    school_id = db.session.scalar(select(SchoolClass.school_id).where(SchoolClass.id == class_id))
    lock_school(school_id or 0)
    school_class = db.session.get(SchoolClass, class_id, populate_existing=True)
    if school_class is None:
        raise NotThere(_("There is no such class."))
    return school_class


def _must_be_free(school_id: int, name: str, *, but: int | None = None) -> None:
    same = select(SchoolClass.id).where(SchoolClass.school_id == school_id, SchoolClass.folded == name_key(name))
    if any(key != but for key in db.session.scalars(same)):
        raise Refusal(_("Your school already has a class with this name. Choose another name, or open that class."), field="name")


def take_responsibility(student_id: int, *, by_id: int, now: datetime) -> None:
    """Be responsible for a student whose last guardian has gone: their seats are confirmed again, and it is recorded who agreed when.

    It ends when a guardian is named. Raises Refusal where nobody needs to: there is a guardian, or a colleague was quicker.
    """
    with transaction():
        lock_school(db.session.scalar(select(Student.school_id).where(Student.id == student_id)) or 0)
        lock_sessions_and_students([student_id], now=now)
        student = db.session.get(Student, student_id, populate_existing=True)
        if student is None:
            raise NotThere(_("There is no such student."))
        if student.guardians_gone_at is None:
            raise Refusal(_("There is nothing left to settle: the student has a guardian, or a teacher has taken responsibility."))
        student.guardians_gone_at = None
        db.session.add(
            Consent(
                student_id=student_id,
                purpose=Purpose.RESPONSIBILITY,
                text_version=RESPONSIBILITY_TEXT,
                how="taken by the teacher in place of a guardian",
                given_by_id=by_id,
                given_at=now,
            )
        )
        db.session.flush()
        settle_seats_of([student_id], now=now, by_id=by_id)
