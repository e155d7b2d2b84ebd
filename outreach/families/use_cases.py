"""What a family does through the links in its e-mails: answer, withdraw, say "not my child", stop reminders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update

from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal, Stale
from outreach.families.rsvp import invitation_of
from outreach.families.wrong_address import tell_teachers
from outreach.models import (
    Answer,
    AnswerSource,
    Cause,
    EndedLink,
    Guardian,
    Letter,
    LetterKind,
    LetterSnapshot,
    LetterState,
    Mailbox,
    OutreachSession,
    Reader,
    Student,
    User,
    guardianship,
)
from outreach.notifications import (
    lock_sessions_and_students,
    notify_addresses_changed,
    snapshot_of,
)
from outreach.outbox import NewLetter, enqueue
from outreach.people import noting_guardians, students_of_mailboxes
from outreach.registration import By, Side, locked_session, position_again, released_since, settle_seats_of, wait_again
from outreach.registration import use_cases as registering
from outreach.rsvp import NewRsvp, record_rsvp
from outreach.tokens import UNDO_LASTS


def withdraw(*registration_ids: int, mailbox_id: int, now: datetime, shown: Mapping[str, str] | None = None) -> None:
    """Withdraw on behalf of their own family; the page has checked that they are theirs."""
    registering.withdraw(*registration_ids, now=now, by_mailbox_id=mailbox_id, shown=shown)


def undo_withdrawal(registration_id: int, *, mailbox_id: int, now: datetime, may_wait: bool) -> None:
    """Undo what the family withdrew; the page has checked that it is theirs, and said if it goes on the waiting list (`may_wait`)."""
    registering.undo_withdrawal(registration_id, By(Side.FAMILY, mailbox_id=mailbox_id), now=now, may_wait=may_wait)


def not_mine(mailbox_id: int, *, session_id: int, now: datetime) -> None:
    """Stop writing to a mailbox whose reader doesn't know the student, and tell the teacher; said twice, nothing happens again.

    Somebody who signs in with that address keeps their own mail: only the students' link to it ends. Every link the mailbox holds
    is void from now on, and one last e-mail says how to undo it. Whoever has no other guardian has the seat held.
    Raises NotThere for an unknown mailbox.
    """
    with transaction():
        students = students_of_mailboxes([mailbox_id])
        outreach_session, mailbox = _locked(mailbox_id, students, session_id=session_id, now=now)
        signs_in = _signs_in(mailbox)
        if not mailbox.is_open or (signs_in and not students_of_mailboxes([mailbox_id])):
            return
        with noting_guardians(students, now=now):
            _end_links(mailbox, students, signs_in=signs_in, now=now)
        notify_addresses_changed(students, now=now, not_mine=mailbox.id)
        settle_seats_of(students, now=now)
        tell_teachers(outreach_session, mailbox, students, Cause.ADDRESS, now=now)
        _say_how_to_undo(outreach_session, mailbox, now=now)


def undo_not_mine(mailbox_id: int, *, session_id: int, now: datetime) -> None:
    """Restore what "not my child" ended within the last days, write to the mailbox again, and tell the teacher.

    A seat that was released because of it isn't given back: the student waits again.
    A link whose address the school has corrected since stays ended. Raises Refusal where nothing is left to undo, NotThere for
    an unknown mailbox.
    """
    with transaction():
        students = _students_before(mailbox_id)
        outreach_session, mailbox = _locked(mailbox_id, students, session_id=session_id, now=now)
        links = _links_to_undo(mailbox_id, now=now)
        if not links:
            raise Refusal(_("There is nothing left to undo: you have already undone it."))
        as_it_was = None if mailbox.is_open else mailbox.id
        kept = [(link, owner) for link in links for owner in _owners(link) if owner.mailbox_id == as_it_was]
        if not kept:
            raise Refusal(_("The school has changed its list in the meantime, so this can't be undone here. Please ask the school."))
        with noting_guardians(students, now=now):
            mailbox.stopped_at = None
            for link, owner in kept:
                owner.mailbox_id, link.restored_at = mailbox.id, now
        notify_addresses_changed(students, now=now)
        settle_seats_of(students, now=now)
        since = min(link.ended_at for link, _owner in kept)
        wait_again(released_since(students_of_mailboxes([mailbox.id]), since, now=now), now=now, by_mailbox_id=mailbox.id)
        tell_teachers(outreach_session, mailbox, students, Cause.UNDONE, now=now)


def lost_seats(mailbox_id: int, *, now: datetime) -> list[tuple[OutreachSession, int]]:
    """Give the sessions in which a seat was released because of "not my child", and the position on the waiting list after undoing it."""
    links = _links_to_undo(mailbox_id, now=now)
    released = released_since(_students_before(mailbox_id), links[0].ended_at, now=now) if links else []
    return [(one.outreach_session, position_again(one)) for one in released]


def can_undo_not_mine(mailbox_id: int, *, now: datetime) -> bool:
    """Say whether there is anything to undo still."""
    return bool(_links_to_undo(mailbox_id, now=now))


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


def _locked(mailbox_id: int, students: Sequence[int], *, session_id: int, now: datetime) -> tuple[OutreachSession, Mailbox]:
    lock_sessions_and_students(students, now=now, session_id=session_id)
    outreach_session = db.session.get(OutreachSession, session_id, populate_existing=True)
    if outreach_session is None:
        raise NotThere
    return outreach_session, _mailbox(mailbox_id)


def _signs_in(mailbox: Mailbox) -> bool:
    return db.session.scalar(select(User.id).where(User.mailbox_id == mailbox.id)) is not None


def _end_links(mailbox: Mailbox, students: Sequence[int], *, signs_in: bool, now: datetime) -> None:
    guardians = Guardian.mailbox_id == mailbox.id
    own = Student.id.in_(students), Student.mailbox_id == mailbox.id
    ended = {"mailbox_id": mailbox.id, "ended_at": now}
    db.session.add_all(EndedLink(guardian_id=key, **ended) for key in db.session.scalars(select(Guardian.id).where(guardians)).all())
    db.session.add_all(EndedLink(student_id=key, **ended) for key in db.session.scalars(select(Student.id).where(*own)).all())
    if not signs_in:
        mailbox.stop(now=now)
        return
    mailbox.link_version += 1
    db.session.execute(update(Guardian).where(guardians).values(mailbox_id=None))
    db.session.execute(update(Student).where(*own).values(mailbox_id=None))


def _links_to_undo(mailbox_id: int, *, now: datetime) -> Sequence[EndedLink]:
    ended = (EndedLink.mailbox_id == mailbox_id, EndedLink.restored_at.is_(None), EndedLink.ended_at > now - UNDO_LASTS)
    return db.session.scalars(select(EndedLink).where(*ended).order_by(EndedLink.id).execution_options(populate_existing=True)).all()


def _owners(link: EndedLink) -> Sequence[Guardian | Student]:
    """Give the guardian, or the student, at whose address it was; nobody where the school has removed them."""
    guardians = select(Guardian).where(Guardian.id == link.guardian_id).execution_options(populate_existing=True)
    students = select(Student).where(Student.id == link.student_id).execution_options(populate_existing=True)
    return [*db.session.scalars(guardians), *db.session.scalars(students)]


def _students_before(mailbox_id: int) -> list[int]:
    """Give the students about whom this mailbox got letters before its reader said "not my child"."""
    ended = EndedLink.mailbox_id == mailbox_id
    own = select(EndedLink.student_id).where(ended, EndedLink.student_id.is_not(None))
    guarded = select(guardianship.c.student_id).join(EndedLink, EndedLink.guardian_id == guardianship.c.guardian_id).where(ended)
    return sorted({*students_of_mailboxes([mailbox_id]), *db.session.scalars(own.union(guarded))})


def _say_how_to_undo(outreach_session: OutreachSession, mailbox: Mailbox, *, now: datetime) -> None:
    """Write the last e-mail, unless one that removes an entry has just been written: it says the same."""
    said = Letter.mailbox_id == mailbox.id, Letter.kind == LetterKind.NOT_MINE, Letter.state == LetterState.QUEUED
    if db.session.scalar(select(Letter.id).where(*said, Letter.created_at == now).limit(1)) is not None:
        return
    letter = LetterSnapshot(reader=Reader.GUARDIAN, reader_name="", cause=Cause.NOT_MINE, session=snapshot_of(outreach_session))
    enqueue(
        [
            NewLetter(
                mailbox_id=mailbox.id,
                kind=LetterKind.NOT_MINE,
                facts=letter.to_json(),
                dedupe_key=f"not_mine:{mailbox.id}:{mailbox.link_version}",
                locale=mailbox.locale,
                session_id=outreach_session.id,
            )
        ],
        now=now,
    )


def answer(given: Answer, *, mailbox_id: int, session_id: int, sequence: int | None, now: datetime) -> None:
    """Answer this mailbox's one invitation, as it was shown (`sequence`). It withdraws nobody: the page asks about that next.

    A reply of a calendar that was made before this moment changes nothing any more. Raises Refusal where there is nothing
    to answer, Stale when the invitation has changed since it was shown.
    """
    with transaction():
        outreach_session = locked_session(session_id)
        invitation = invitation_of(mailbox_id, session_id)
        if invitation is None or not outreach_session.is_to_come(now):
            raise Refusal(_("You can no longer answer: the session has begun or was cancelled, or the student was withdrawn."))
        if invitation.sequence != sequence:
            raise Stale(_("The time, the site or who takes part has changed in the meantime. Please check, then answer."))
        record_rsvp(invitation, NewRsvp(answer=given, source=AnswerSource.PAGE), now=now)
