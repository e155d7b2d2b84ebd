"""A coordinator answers a message that came in, from its page: by a letter to the mailbox whose address it was sent to.

Joins the caller's transaction, never commits.
It goes to the address that we know, never to what stands in From: that may be anybody's. A minor and an adult have no private
channel: whoever is answered as a minor has it copied to the guardians, or to the teachers of their classes where none is reached.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from flask_babel import gettext as _
from sqlalchemy import select

from outreach.db import db
from outreach.errors import Refusal
from outreach.models import (
    Guardian,
    InboundMessage,
    Invitation,
    Letter,
    LetterKind,
    Mailbox,
    MessageAnswerSnapshot,
    OutreachSession,
    Student,
    User,
)
from outreach.outbox import NewLetter, enqueue

_KEY = "message_answer:{}:"


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom a message is about: the people behind the mailbox it was sent to, and the sessions it may mean."""

    students: Sequence[Student]
    guardians: Sequence[Guardian]
    users: Sequence[User]
    sessions: Sequence[OutreachSession]

    @property
    def schools(self) -> list[str]:
        """Give the names of the schools of the students behind it, each once."""
        students = [*self.students, *(student for guardian in self.guardians for student in guardian.students)]
        return list(dict.fromkeys(student.school.name for student in students))


def about(message: InboundMessage, *, now: datetime) -> About:
    """Find the people and sessions a message is about; the session itself where the message names one, else all that are to come."""
    mailbox_id = message.mailbox_id
    return About(
        students=db.session.scalars(select(Student).where(Student.mailbox_id == mailbox_id).order_by(Student.id)).all()
        if mailbox_id
        else (),
        guardians=db.session.scalars(select(Guardian).where(Guardian.mailbox_id == mailbox_id).order_by(Guardian.id)).all()
        if mailbox_id
        else (),
        users=db.session.scalars(select(User).where(User.mailbox_id == mailbox_id).order_by(User.id)).all() if mailbox_id else (),
        sessions=_sessions(message, now),
    )


def answers_to(message: InboundMessage) -> Sequence[Letter]:
    """Give the letters that answered a message, oldest first."""
    mine = (Letter.kind == LetterKind.MESSAGE_ANSWER, Letter.dedupe_key.startswith(_KEY.format(message.id), autoescape=True))
    return db.session.scalars(select(Letter).where(*mine).order_by(Letter.id)).all()


def write_answer(message: InboundMessage, words: str, *, now: datetime) -> None:
    """Write the answer, with copies for the adults of a minor. The same words are sent once.

    Raises Refusal where nobody knows whose message it is, or no adult can have a copy.
    """
    if message.mailbox is None:
        raise Refusal(_("Nobody knows whose message it is. Please answer from your own mail."))
    enqueue(list(_letters(message, message.mailbox, words, now)), now=now)


def _letters(message: InboundMessage, mailbox: Mailbox, words: str, now: datetime) -> Iterator[NewLetter]:
    found = about(message, now=now)
    names = [*(student.given_name for student in found.students), *(user.given_name for user in found.users)]
    yield _letter(message, mailbox, MessageAnswerSnapshot(reader_name=names[0] if len(names) == 1 else "", comment=words), words)
    copied = {mailbox.id}
    for student in found.students:
        if not _is_a_minor_alone(student, found.guardians, now):
            continue
        adults = list(_adults(student))
        if not adults:
            raise Refusal(_("They are under age, and we have no adult's address for a copy. Please ask the school to pass it on."))
        for adult in adults:
            if adult.id not in copied:
                copied.add(adult.id)
                yield _letter(message, adult, MessageAnswerSnapshot(reader_name="", comment=words, student_name=student.given_name), words)


def _is_a_minor_alone(student: Student, readers: Collection[Guardian], now: datetime) -> bool:
    """A guardian of theirs who reads the same mailbox has the answer anyway; somebody else's doesn't count."""
    return student.is_minor_on(now.date(), student.school.majority_age) and not any(one in student.guardians for one in readers)


def _adults(student: Student) -> Iterable[Mailbox]:
    """Give the guardians who are reached, else the teachers who still have an account and are."""
    guardians = [one.mailbox for one in student.guardians if one.mailbox and one.mailbox.is_reached]
    teachers = [teacher for one in student.classes for teacher in one.teachers if teacher.active and teacher.mailbox.is_reached]
    return guardians or {teacher.mailbox_id: teacher.mailbox for teacher in teachers}.values()


def _letter(message: InboundMessage, to: Mailbox, facts: MessageAnswerSnapshot, words: str) -> NewLetter:
    key = _KEY.format(message.id) + f"{sha256(words.encode()).hexdigest()[:16]}:to:{to.id}"
    return NewLetter(mailbox_id=to.id, kind=LetterKind.MESSAGE_ANSWER, facts=facts.to_json(), dedupe_key=key, locale=to.locale)


def _sessions(message: InboundMessage, now: datetime) -> Sequence[OutreachSession]:
    if message.invitation:
        return [message.invitation.outreach_session]
    if message.letter and message.letter.session_id:
        return db.session.scalars(select(OutreachSession).where(OutreachSession.id == message.letter.session_id)).all()
    if message.mailbox_id is None:
        return ()
    invited = select(Invitation.session_id).where(Invitation.mailbox_id == message.mailbox_id)
    coming = select(OutreachSession).where(OutreachSession.id.in_(invited), OutreachSession.ends_at > now)
    return db.session.scalars(coming.order_by(OutreachSession.starts_at, OutreachSession.id)).all()
