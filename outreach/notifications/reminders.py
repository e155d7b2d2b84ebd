"""Reminders and thank-yous: who gets one, worked out from the present rows, never stored as plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from outreach.db import db, locked, transaction
from outreach.models import (
    HAVE_AN_ENTRY,
    Answer,
    Cause,
    Guardian,
    Invitation,
    InvitationReason,
    Letter,
    LetterKind,
    LetterSnapshot,
    LetterState,
    Mailbox,
    OutreachSession,
    ReasonKind,
    Registration,
    School,
    SessionSnapshot,
    SessionState,
    Student,
    StudentSnapshot,
    User,
    guardianship,
)
from outreach.notifications.due_times import Due, due_lead
from outreach.notifications.facts import InvitationRecord
from outreach.notifications.participants import read_participants, staff_contacts
from outreach.notifications.read import invitation_records, snapshot_of
from outreach.outbox import NewLetter, enqueue
from outreach.people import answering_teacher, for_family, for_school, recipients
from outreach.time import is_quiet

HORIZON = timedelta(days=62)
THANKED_WITHIN_DAYS = 3
AT_MOST = 3  # times that one reminder is written again: whatever drops them, it doesn't go on for ever
_HAD_A_SEAT = Registration.state.in_(HAVE_AN_ENTRY)
_IS_MINOR = Student.is_minor_in_sql(OutreachSession.starts_wall, School.majority_age)


def plan_reminders(*, now: datetime) -> int:
    """Write every reminder that has fallen due; gives how many sessions had one.

    Nobody is reminded who wants no reminders, declined, or whose invitation changed after the reminder fell due: they have
    just had a letter that says it all. Hosts get the roster instead.
    """
    return sum(_remind(key, starts_at, due, now=now) for key, starts_at, due in _due_sessions(now))


def plan_thanks(*, now: datetime) -> int:
    """Write a thank-you to those who had a seat, the day after; gives for how many sessions there was one.

    It is written by day on the clock of whoever reads it, a family's being the school's. If no worker ran that day, the next two
    days will do. Each mailbox gets one for a session, which names all its students. No minor gets one: their guardians do.
    """
    over = select(OutreachSession.id).where(
        *(OutreachSession.state == SessionState.PUBLISHED, OutreachSession.seats_taken > 0),
        *(OutreachSession.ends_at < now, OutreachSession.ends_at > now - timedelta(days=THANKED_WITHIN_DAYS + 2)),
    )
    return sum(_thank(key, now=now) for key in db.session.scalars(over).all())


def _thank(session_id: int, *, now: datetime) -> bool:
    found = db.session.get_one(OutreachSession, session_id)
    if not _to_thank(found, now):
        return False
    with transaction():
        outreach_session = locked(OutreachSession, session_id)
        if outreach_session is None or not outreach_session.is_published:
            return False
        readers, snapshot = _to_thank(outreach_session, now), snapshot_of(outreach_session)
        students = _students_by_reader(outreach_session)
        enqueue([_thanks(one, snapshot, students[one.mailbox_id]) for one in readers], now=now)
    return bool(readers)


def _to_thank(outreach_session: OutreachSession, now: datetime) -> list[InvitationRecord]:
    ends_at = outreach_session.ends_at
    return [
        one for one in invitation_records(outreach_session, *_takes_thanks(outreach_session.id)) if _thanks_are_due(ends_at, one.zone, now)
    ]


def _takes_thanks(session_id: int) -> tuple[ColumnElement[bool], ...]:
    """Whoever has the entry for a student of theirs or, being of age, for a seat of their own; wants them; and had none.

    A family that declined won't have come. Of a session that is over no entry changes, so it is asked whose address it is now.
    """
    reason, mailbox = aliased(InvitationReason), aliased(Mailbox)

    def has(*which: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(reason.invitation_id == Invitation.id, *which)

    seat = (
        *(Registration.id == reason.registration_id, Student.id == Registration.student_id),
        *(School.id == Registration.school_id, OutreachSession.id == Registration.session_id),
    )
    at_this_address = Guardian.id == guardianship.c.guardian_id, Guardian.mailbox_id == Invitation.mailbox_id
    guards = exists().where(guardianship.c.student_id == Student.id, *at_this_address)
    is_teacher, is_guardian = has(reason.kind == ReasonKind.TEACHER), has(reason.kind == ReasonKind.GUARDIAN, *seat, _IS_MINOR, guards)
    is_of_age = has(reason.kind == ReasonKind.STUDENT, *seat, ~_IS_MINOR, Student.mailbox_id == Invitation.mailbox_id)
    wants_them = exists().where(mailbox.id == Invitation.mailbox_id, mailbox.reminders_stopped_at.is_(None), mailbox.stopped_at.is_(None))
    had = exists().where(Letter.invitation_id == Invitation.id, Letter.kind == LetterKind.THANKS)
    return (
        *(Invitation.session_id == session_id, Invitation.is_live.is_(True), wants_them, ~had, ~has(reason.kind == ReasonKind.HOST)),
        or_(is_teacher, (Invitation.answer != Answer.DECLINED) & or_(is_guardian, is_of_age)),
    )


def _thanks_are_due(ends_at: datetime, zone: str, now: datetime) -> bool:
    ended, local = (moment.astimezone(ZoneInfo(zone)) for moment in (ends_at, now))
    return not is_quiet(now, zone) and 1 <= (local.date() - ended.date()).days <= THANKED_WITHIN_DAYS


def _students_by_reader(outreach_session: OutreachSession) -> dict[int, dict[int, StudentSnapshot]]:
    """Give by mailbox the students who had a seat, by registration, as its reader knows them: their family's, and those they registered.

    A guardian reads nothing of who is of age by now. A teacher who is a guardian of others reads their names too.
    """
    seated, found = read_participants(outreach_session, _HAD_A_SEAT), defaultdict[int, dict[int, StudentSnapshot]](dict)
    for one in seated:
        for recipient in recipients(one):
            (found[recipient.mailbox_id][one.registration_id],) = for_family([one])
    for teacher in staff_contacts({one.teacher_id for one in seated}).values():
        theirs = for_school([one for one in seated if one.teacher_id == teacher.user_id])
        found[teacher.mailbox_id] |= {student.registration_id: student for student in theirs}
    return found


def _thanks(to: InvitationRecord, snapshot: SessionSnapshot, students: Mapping[int, StudentSnapshot]) -> NewLetter:
    letter = LetterSnapshot(
        reader=to.reader,
        reader_name=to.reader_name,
        reader_zone=to.zone,
        cause=Cause.TIME,
        session=snapshot,
        seated=tuple(students.values()),
        entry=to.entry,
    )
    return NewLetter(
        mailbox_id=to.mailbox_id,
        kind=LetterKind.THANKS,
        facts=letter.to_json(),
        dedupe_key=f"thanks:{to.invitation_id}",
        locale=to.locale,
        session_id=snapshot.id,
        invitation_id=to.invitation_id,
    )


def _due_sessions(now: datetime) -> list[tuple[int, datetime, Due]]:
    coming = select(OutreachSession.id, OutreachSession.starts_at, OutreachSession.zone, OutreachSession.reminder_leads).where(
        OutreachSession.is_to_come(now), OutreachSession.starts_at < now + HORIZON
    )
    rows = db.session.execute(coming).all()
    dues = ((row.id, row.starts_at, due_lead(row.reminder_leads, starts_at=row.starts_at, zone=row.zone, now=now)) for row in rows)
    return [(key, starts_at, due) for key, starts_at, due in dues if due is not None]


def _remind(session_id: int, starts_at: datetime, due: Due, *, now: datetime) -> bool:
    which = to_remind(session_id, since=due.at, key=_reminder_key(due.lead, starts_at))
    if db.session.scalar(select(Invitation.id).where(*which).limit(1)) is None:
        return False
    with transaction():
        outreach_session = locked(OutreachSession, session_id)
        if outreach_session is None or not outreach_session.is_published or outreach_session.starts_at != starts_at:
            return False
        snapshot = snapshot_of(outreach_session)
        readers = invitation_records(outreach_session, *which)
        before = _dropped_before(readers, _reminder_key(due.lead, starts_at))
        enqueue([_reminder(one, snapshot, due, number=before.get(one.invitation_id or 0, 0)) for one in readers], now=now)
    return bool(readers)


def _dropped_before(readers: Sequence[InvitationRecord], key: str) -> dict[int, int]:
    of_these = Invitation.id.in_([one.invitation_id for one in readers])
    rows = db.session.execute(select(Invitation.id, _times_written(key)).where(of_these))
    return {invitation_id: number for invitation_id, number in rows}  # noqa: C416 (dict() of rows isn't typed)


def _reminder(to: InvitationRecord, snapshot: SessionSnapshot, due: Due, *, number: int) -> NewLetter:
    letter = LetterSnapshot(
        reader=to.reader,
        reader_name=to.reader_name,
        reader_zone=to.zone,
        cause=Cause.TIME,
        session=snapshot,
        seated=tuple(to.students.values()),
        entry=to.entry,
        lead_minutes=due.lead,
    )
    return NewLetter(
        mailbox_id=to.mailbox_id,
        kind=LetterKind.REMINDER,
        facts=letter.to_json(),
        dedupe_key=f"reminder:{f'{number}:' if number else ''}{to.invitation_id}{_reminder_key(due.lead, snapshot.starts_at)}",
        locale=to.locale,
        session_id=snapshot.id,
        invitation_id=to.invitation_id,
    )


def _reminder_key(lead: int, starts_at: datetime) -> str:
    return f":{lead}:{starts_at.isoformat()}"


def to_remind(session_id: int, *, since: datetime, key: str) -> tuple[ColumnElement[bool], ...]:
    """Whoever has stood on the list `since` then, wants reminders, hasn't declined, and hasn't had the one whose key ends so.

    One that was dropped is written again, as when the session was moved away and back, or the address works again. Hosts get the roster
    instead. A minor is reminded only as long as an adult of theirs is, so that no reminder
    is a letter to a child alone (product.md, "Minors"). A guardian's "can't come" that proved nothing doesn't stop the child's.
    """
    alone = _is_for_a_minor(ReasonKind.STUDENT, ~_guardian_is_reminded(), ~_teacher_is_reminded())
    stays = and_(*_takes_reminders(Invitation, proven=True), _is_for_a_minor(ReasonKind.GUARDIAN, ~_teacher_is_reminded()))
    hosts = exists().where(InvitationReason.invitation_id == Invitation.id, InvitationReason.kind == ReasonKind.HOST)
    same = _same_reminder(key)
    had = exists().where(*same, Letter.state != LetterState.DROPPED) | (_times_written(key) >= AT_MOST)
    listed = (Invitation.session_id == session_id, Invitation.changed_at < since)
    return (*listed, or_(and_(*_takes_reminders(Invitation)), stays), ~hosts, ~had, ~alone)


def _same_reminder(key: str) -> tuple[ColumnElement[bool], ...]:
    return Letter.invitation_id == Invitation.id, Letter.kind == LetterKind.REMINDER, Letter.dedupe_key.endswith(key)


def _times_written(key: str) -> ScalarSelect[int]:
    """Count the reminders for this lead and start, those that were dropped too."""
    return select(func.count()).where(*_same_reminder(key)).correlate(Invitation).scalar_subquery()


def _takes_reminders(invitation: type[Invitation], *, proven: bool = False) -> tuple[ColumnElement[bool], ...]:
    """Somebody who is reached, and wants them. `proven`: only a "can't come" counts that proved who gave it."""
    mailbox = aliased(Mailbox)
    is_reached = mailbox.stopped_at.is_(None), mailbox.undeliverable_at.is_(None), mailbox.blocked_at.is_(None)
    wants_them = exists().where(mailbox.id == invitation.mailbox_id, mailbox.reminders_stopped_at.is_(None), *is_reached)
    comes = (invitation.answer != Answer.DECLINED) | (invitation.answer_is_verified.is_(False) if proven else False)
    return invitation.is_live.is_(True), comes, wants_them


def _is_for_a_minor(kind: ReasonKind, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    own = aliased(InvitationReason)
    known = (
        *(Registration.id == own.registration_id, Student.id == Registration.student_id),
        *(School.id == Registration.school_id, OutreachSession.id == Registration.session_id),
    )
    return exists().where(own.invitation_id == Invitation.id, own.kind == kind, *known, _IS_MINOR, *which)


def _guardian_is_reminded() -> ColumnElement[bool]:
    reason, invitation = aliased(InvitationReason), aliased(Invitation)
    is_guardian = (reason.registration_id == Registration.id, reason.kind == ReasonKind.GUARDIAN)
    return exists().where(*is_guardian, invitation.id == reason.invitation_id, *_takes_reminders(invitation, proven=True))


def _teacher_is_reminded() -> ColumnElement[bool]:
    teacher, invitation = aliased(User), aliased(Invitation)
    is_teachers = (invitation.session_id == Registration.session_id, invitation.mailbox_id == teacher.mailbox_id)
    return exists().where(teacher.id == answering_teacher(), *is_teachers, *_takes_reminders(invitation))
