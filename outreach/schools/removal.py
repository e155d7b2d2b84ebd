"""Removing students: gone, or nameless where past places count. With them go guardians and mailboxes nobody else needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, exists, select, update

from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal
from outreach.folding import full_name
from outreach.models import (
    ACTIVE,
    Bounce,
    Consent,
    Guardian,
    ImportChange,
    InboundMessage,
    Invitation,
    Letter,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationStep,
    SchoolClass,
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
        if not locked_students([student_id]):
            raise NotThere(_("There is no such student."))
        if registrations_to_come(student_id, now=now):
            raise Refusal(_("This student is registered for an upcoming session. Withdraw them first."))
        forget_students([student_id])
    db.session.expire_all()


@dataclass(frozen=True)
class RemovalPreview:
    """Who would be removed, and who stays because of a place in a session to come; names by id."""

    removed: Mapping[int, str]
    stay: Mapping[int, str]


def preview_removal(class_id: int, student_ids: Collection[int], *, now: datetime) -> RemovalPreview:
    """Say what removing these students of a class would do; changes nothing. Others than its own are left out."""
    rows = db.session.execute(
        select(Student.id, Student.given_name, Student.family_name)
        .join(enrolment, enrolment.c.student_id == Student.id)
        .where(enrolment.c.class_id == class_id, Student.id.in_(student_ids))
        .order_by(Student.folded, Student.id)
    )
    names = {key: full_name(given, family) for key, given, family in rows}
    coming = _with_places_to_come(names.keys(), now=now)
    return RemovalPreview(
        {key: name for key, name in names.items() if key not in coming}, {key: name for key, name in names.items() if key in coming}
    )


def remove_students(class_id: int, student_ids: Collection[int], *, now: datetime) -> int:
    """Remove students of a class from the school, but those who have a place in a session to come; give how many."""
    with transaction():
        lock_school(db.session.scalar(select(SchoolClass.school_id).where(SchoolClass.id == class_id)) or 0)
        there = locked_students(student_ids)
        gone = list(preview_removal(class_id, there, now=now).removed)
        forget_students(gone)
    db.session.expire_all()
    return len(gone)


def _with_places_to_come(student_ids: Collection[int], *, now: datetime) -> set[int]:
    coming = (
        select(Registration.student_id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(Registration.student_id.in_(student_ids), Registration.state.in_(ACTIVE), OutreachSession.is_current(now))
    )
    return set(db.session.scalars(coming))


def locked_students(student_ids: Collection[int]) -> list[int]:
    """Lock students before they are removed; give those who are there.

    FOR UPDATE, not `locked`: whoever is registering one of them just now comes first, or finds nobody.
    """
    return list(db.session.scalars(select(Student.id).where(Student.id.in_(student_ids)).order_by(Student.id).with_for_update()))


def forget_students(student_ids: Collection[int]) -> None:
    """Delete what is known of students, in a few statements. Joins the caller's transaction, which has locked them."""
    of_them = guardianship.c.student_id.in_(student_ids)
    guardians = set(db.session.scalars(select(guardianship.c.guardian_id).where(of_them)))
    own = select(Student.mailbox_id).where(Student.id.in_(student_ids))
    mailboxes = {*db.session.scalars(own), *db.session.scalars(select(Guardian.mailbox_id).where(Guardian.id.in_(guardians)))} - {None}
    for link in (enrolment, guardianship):
        db.session.execute(delete(link).where(link.c.student_id.in_(student_ids)))
    _forget(student_ids)
    forget_childless(guardians)
    _forget_unused({key for key in mailboxes if key is not None})


def _forget(student_ids: Collection[int]) -> None:
    counted = set(db.session.scalars(select(Registration.student_id).where(Registration.student_id.in_(student_ids))))
    others = set(student_ids) - counted
    for model, key in ((Consent, Consent.student_id), (Student, Student.id)):
        db.session.execute(delete(model).where(key.in_(others)).execution_options(synchronize_session=False))
    if not counted:
        return
    db.session.execute(delete(ImportChange).where(ImportChange.student_id.in_(counted)))
    fields = ("preferred_name", "number", "mailbox_id", "year_group", "birth_date", "guardians_gone_at", "external_id", "left_on")
    nothing = dict.fromkeys(fields)
    named = {"given_name": FORMER_GIVEN_NAME, "family_name": FORMER_FAMILY_NAME}
    named["folded"] = Student.folded_from(named)
    nameless = update(Student).where(Student.id.in_(counted)).values({**named, **nothing, "needs": ""})
    db.session.execute(nameless.execution_options(synchronize_session=False))


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
