"""Forgetting a student: gone, or nameless where past places still count."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, exists, select, update

from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal
from outreach.models import (
    ACTIVE,
    Bounce,
    Consent,
    Guardian,
    InboundMessage,
    Invitation,
    Letter,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationStep,
    Student,
    User,
    enrolment,
    guardianship,
)
from outreach.schools.apply_plan import forget_childless
from outreach.schools.queries import FORMER_FAMILY_NAME, FORMER_GIVEN_NAME, lock_school


def registrations_to_come(student_id: int, *, now: datetime) -> Sequence[Registration]:
    """Read the places that must be given back before a student can be removed, the next first."""
    return db.session.scalars(
        select(Registration)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(Registration.student_id == student_id, Registration.state.in_(ACTIVE))
        .where(OutreachSession.is_current(now))
        .order_by(OutreachSession.starts_at)
    ).all()


def remove_student(student_id: int, *, now: datetime) -> None:
    """Remove a student's personal data and the guardians nobody else has; the counts of past places stay.

    Raises Refusal while they have or await a place in a session to come.
    """
    with transaction():
        lock_school(db.session.scalar(select(Student.school_id).where(Student.id == student_id)) or 0)
        # FOR UPDATE, not `locked`: whoever is registering this student just now comes first, or finds nobody
        student = db.session.get(Student, student_id, with_for_update=True, populate_existing=True)
        if student is None:
            raise NotThere(_("There is no such student."))
        if registrations_to_come(student_id, now=now):
            raise Refusal(_("This student has a place in a session to come. Withdraw it first."))
        guardians = set(db.session.scalars(select(guardianship.c.guardian_id).where(guardianship.c.student_id == student_id)))
        mailboxes = _mailboxes(student, guardians)
        for link in (enrolment, guardianship):
            db.session.execute(delete(link).where(link.c.student_id == student_id))
        _forget(student)
        forget_childless(guardians)
        _forget_unused(mailboxes)
    db.session.expire_all()


def _mailboxes(student: Student, guardian_ids: Collection[int]) -> set[int]:
    theirs = db.session.scalars(select(Guardian.mailbox_id).where(Guardian.id.in_(guardian_ids)))
    return {key for key in (student.mailbox_id, *theirs) if key is not None}


def _forget(student: Student) -> None:
    was_registered = db.session.scalar(select(Registration.id).where(Registration.student_id == student.id).limit(1))
    this = Student.id == student.id
    if was_registered is None:
        db.session.execute(delete(Consent).where(Consent.student_id == student.id).execution_options(synchronize_session=False))
        db.session.execute(delete(Student).where(this).execution_options(synchronize_session=False))
        return
    nothing = {"number": None, "mailbox_id": None, "year_group": None, "birth_date": None, "needs": ""}
    named = {"given_name": FORMER_GIVEN_NAME, "family_name": FORMER_FAMILY_NAME}
    db.session.execute(update(Student).where(this).values(**named, **nothing).execution_options(synchronize_session=False))


def _forget_unused(mailbox_ids: Collection[int]) -> None:
    """Delete addresses nobody has any more. One whose reader asked us to stop is kept, so that we still know."""
    db.session.execute(select(Mailbox.id).where(Mailbox.id.in_(mailbox_ids)).order_by(Mailbox.id).with_for_update())
    unused = [~used for used in _uses()]
    gone = delete(Mailbox).where(Mailbox.id.in_(mailbox_ids), Mailbox.stopped_at.is_(None), *unused)
    db.session.execute(gone.execution_options(synchronize_session=False))


def _uses() -> list[ColumnElement[bool]]:
    pointing = (
        Student.mailbox_id,
        Guardian.mailbox_id,
        User.mailbox_id,
        Invitation.mailbox_id,
        Letter.mailbox_id,
        Bounce.mailbox_id,
        InboundMessage.mailbox_id,
        RegistrationStep.by_mailbox_id,
    )
    return [exists().where(column == Mailbox.id) for column in pointing]
