"""What a family does through the links in its e-mails: answer, withdraw, say "not my child", stop reminders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update

from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal, Stale
from outreach.families.rsvp import invitation_of
from outreach.models import (
    ACTIVE,
    Answer,
    AnswerSource,
    Cause,
    Guardian,
    LetterKind,
    LetterSnapshot,
    Mailbox,
    OutreachSession,
    Reader,
    Registration,
    RegistrationState,
    Student,
    User,
)
from outreach.notifications import (
    lock_sessions_and_students,
    notify_addresses_changed,
    read_participants,
    snapshot_of,
    staff_contacts,
)
from outreach.outbox import NewLetter, enqueue
from outreach.people import for_school, noting_guardians, students_of_mailboxes
from outreach.registration import apply_rsvp, locked_session, settle_seats_of
from outreach.registration import use_cases as registering
from outreach.rsvp import NewRsvp


def withdraw(registration_id: int, *, mailbox_id: int, now: datetime) -> None:
    """Withdraw on behalf of its own family; the page has checked that it is theirs."""
    registering.withdraw(registration_id, now=now, by_mailbox_id=mailbox_id)


def not_mine(mailbox_id: int, *, session_id: int, now: datetime) -> None:
    """Stop writing to a mailbox whose reader doesn't know the student, and tell the teacher.

    Somebody who signs in with that address keeps their own mail: only the students' link to it ends.
    Every link the mailbox holds is void from now on. Raises NotThere for an unknown mailbox.
    """
    with transaction():
        students = students_of_mailboxes([mailbox_id])
        lock_sessions_and_students(students, now=now, session_id=session_id)
        outreach_session = db.session.get(OutreachSession, session_id, populate_existing=True)
        mailbox = db.session.get(Mailbox, mailbox_id, populate_existing=True)
        if outreach_session is None or mailbox is None:
            raise NotThere
        concerned = read_participants(outreach_session, Registration.student_id.in_(students), Registration.state.in_(ACTIVE))
        teachers = staff_contacts({participant.teacher_id for participant in concerned})
        session_snapshot = snapshot_of(outreach_session)
        for teacher in teachers.values():
            mine = [participant for participant in concerned if participant.teacher_id == teacher.user_id]
            letter = LetterSnapshot(
                reader=Reader.TEACHER,
                reader_name=teacher.name,
                cause=Cause.ADDRESS,
                session=session_snapshot,
                seated=for_school([participant for participant in mine if participant.state is not RegistrationState.WAITING]),
                waiting=for_school([participant for participant in mine if participant.state is RegistrationState.WAITING]),
                reason=mailbox.address,
            )
            key = f"wrong_address:{mailbox_id}:{mailbox.link_version}:{teacher.user_id}"
            enqueue([_draft(teacher.mailbox_id, session_id, letter, key)], now=now)
        with noting_guardians(students, now=now):
            _stop(mailbox, students, now=now)
        notify_addresses_changed(students, now=now)
        settle_seats_of(students, now=now)


def stop_reminders(mailbox_id: int, *, now: datetime) -> None:
    """Send no reminder of any session there any more; everything else stays. Raises NotThere for an unknown mailbox."""
    with transaction():
        mailbox = _mailbox(mailbox_id)
        mailbox.reminders_stopped_at = mailbox.reminders_stopped_at or now


def remind_again(mailbox_id: int) -> None:
    """Send reminders there again, from the next that falls due. Raises NotThere for an unknown mailbox."""
    with transaction():
        _mailbox(mailbox_id).reminders_stopped_at = None


def _mailbox(mailbox_id: int) -> Mailbox:
    mailbox = locked(Mailbox, mailbox_id)
    if mailbox is None:
        raise NotThere
    return mailbox


def _draft(mailbox_id: int, session_id: int, letter: LetterSnapshot, key: str) -> NewLetter:
    return NewLetter(mailbox_id=mailbox_id, kind=LetterKind.WRONG_ADDRESS, facts=letter.to_json(), dedupe_key=key, session_id=session_id)


def _stop(mailbox: Mailbox, students: Sequence[int], *, now: datetime) -> None:
    if db.session.scalar(select(User.id).where(User.mailbox_id == mailbox.id)) is None:
        mailbox.stop(now=now)
    else:
        mailbox.link_version += 1
        db.session.execute(update(Guardian).where(Guardian.mailbox_id == mailbox.id).values(mailbox_id=None))
        db.session.execute(update(Student).where(Student.id.in_(students), Student.mailbox_id == mailbox.id).values(mailbox_id=None))
    db.session.flush()


def answer(given: Answer, *, mailbox_id: int, session_id: int, sequence: int | None, now: datetime) -> tuple[int, ...]:
    """Answer this mailbox's one invitation, as it was shown (`sequence`); gives the registrations that this withdrew.

    A reply of a calendar that was made before this moment changes nothing any more. Raises Refusal where there is nothing
    to answer, Stale when the invitation has changed since it was shown.
    """
    with transaction():
        outreach_session = locked_session(session_id)
        invitation = invitation_of(mailbox_id, session_id)
        if invitation is None or not outreach_session.is_to_come(now):
            raise Refusal(_("You can't answer any more: the session has begun or was cancelled, or the student was withdrawn."))
        if invitation.sequence != sequence:
            raise Stale(_("The time, the site or who takes part has changed in the meantime. Please check, then answer."))
        return apply_rsvp(outreach_session, invitation, NewRsvp(answer=given, source=AnswerSource.PAGE), now=now)
