"""Who is reminded: conditions on invitations, for the database to answer."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, extract, or_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from outreach.models import (
    Answer,
    Invitation,
    InvitationReason,
    Letter,
    LetterKind,
    Mailbox,
    OutreachSession,
    ReasonKind,
    Registration,
    School,
    Student,
    User,
)


def to_remind(session_id: int, *, since: datetime, key: str) -> tuple[ColumnElement[bool], ...]:
    """Whoever has stood on the list `since` then, wants reminders, hasn't declined, and hasn't had the one whose key ends so.

    Hosts get the roster instead. A minor is reminded only as long as an adult of theirs is, so that no reminder
    is a letter to a child alone (product.md, "Minors").
    """
    hosts = exists().where(InvitationReason.invitation_id == Invitation.id, InvitationReason.kind == ReasonKind.HOST)
    had = exists().where(Letter.invitation_id == Invitation.id, Letter.kind == LetterKind.REMINDER, Letter.dedupe_key.endswith(key))
    listed = (Invitation.session_id == session_id, Invitation.changed_at < since)
    return (*listed, *_takes_reminders(Invitation), ~hosts, ~had, ~_is_a_minor_alone())


def _takes_reminders(invitation: type[Invitation]) -> tuple[ColumnElement[bool], ...]:
    mailbox = aliased(Mailbox)
    wants_them = exists().where(mailbox.id == invitation.mailbox_id, mailbox.reminders_stopped_at.is_(None))
    return invitation.is_live.is_(True), invitation.answer != Answer.DECLINED, wants_them


def _is_a_minor_alone() -> ColumnElement[bool]:
    """It is a minor's, and neither a guardian nor the teacher who registered them takes reminders of this session."""
    own = aliased(InvitationReason)
    is_theirs = (own.invitation_id == Invitation.id, own.kind == ReasonKind.STUDENT)
    known = (
        Registration.id == own.registration_id,
        Student.id == Registration.student_id,
        School.id == Registration.school_id,
        OutreachSession.id == Registration.session_id,
    )
    return exists().where(*is_theirs, *known, _is_minor(), ~_guardian_is_reminded(), ~_teacher_is_reminded())


def _guardian_is_reminded() -> ColumnElement[bool]:
    reason, invitation = aliased(InvitationReason), aliased(Invitation)
    is_guardian = (reason.registration_id == Registration.id, reason.kind == ReasonKind.GUARDIAN)
    return exists().where(*is_guardian, invitation.id == reason.invitation_id, *_takes_reminders(invitation))


def _teacher_is_reminded() -> ColumnElement[bool]:
    teacher, invitation = aliased(User), aliased(Invitation)
    is_teachers = (invitation.session_id == Registration.session_id, invitation.mailbox_id == teacher.mailbox_id)
    return exists().where(teacher.id == Registration.teacher_id, *is_teachers, *_takes_reminders(invitation))


def _is_minor() -> ColumnElement[bool]:
    """As `Student.is_minor_on` the day of the session: an unknown age counts as one."""
    comes_of_age = _as_number(Student.birth_date) + School.majority_age * 10_000
    return or_(Student.birth_date.is_(None), _as_number(OutreachSession.starts_wall) < comes_of_age)


def _as_number(day: InstrumentedAttribute[datetime] | InstrumentedAttribute[date | None]) -> ColumnElement[int]:
    """Give 20270318 for 18 March 2027."""
    return extract("year", day) * 10_000 + extract("month", day) * 100 + extract("day", day)
