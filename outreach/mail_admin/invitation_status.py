"""How invitations fare: a line for each mailbox, read in five queries however many they are.

Reads only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from outreach.db import db
from outreach.folding import full_name
from outreach.mail_admin.status_rules import State, Traces, does_not_arrive, is_lost, state_of
from outreach.models import (
    UNSETTLED,
    Answer,
    AnswerSource,
    Bounce,
    BounceKind,
    Invitation,
    InvitationAnswer,
    InvitationReason,
    Letter,
    LetterState,
    Mailbox,
    ReasonKind,
    Registration,
    Student,
    User,
)
from outreach.outbox import came_back
from outreach.people import school_names


@dataclass(frozen=True, kw_only=True)
class LastLetter:
    """The last letter that carried the entry. `accepted_at`: when a mail server last took one; `returned`: what a report says."""

    id: int
    state: LetterState
    due_at: datetime
    reply: str
    accepted_at: datetime | None
    returned: str | None = None


@dataclass(frozen=True, kw_only=True)
class InvitationLine:
    """One invitation. `people`: as whom its mailbox reads, with the names; nobody where its last reason has ended."""

    invitation: Invitation
    mailbox: Mailbox
    letter: LastLetter | None
    people: tuple[tuple[ReasonKind, tuple[str, ...]], ...]
    source: AnswerSource | None

    @property
    def traces(self) -> Traces:
        """Give what its state is decided by."""
        letter = self.letter
        return Traces(
            is_live=self.invitation.is_live,
            sequence=self.invitation.sequence,
            sent_sequence=self.invitation.sent_sequence,
            answer=self.invitation.answer,
            is_stopped=self.mailbox.stopped_at is not None,
            is_undeliverable=self.mailbox.undeliverable_at is not None,
            is_blocked=self.mailbox.blocked_at is not None,
            last_letter=letter.state if letter else None,
            has_bounced=letter is not None and (letter.returned is not None or letter.state is LetterState.FAILED),
        )

    @property
    def state(self) -> State:
        """How it fares."""
        return state_of(self.traces)

    @property
    def is_lost(self) -> bool:
        """Somebody must send it again."""
        return is_lost(self.traces)

    @property
    def does_not_arrive(self) -> bool:
        """It got lost, or nothing is sent to its address."""
        return does_not_arrive(self.traces)


def not_arriving() -> ColumnElement[bool]:
    """Say of an invitation joined with its mailbox the same as `status_rules.does_not_arrive`, so that sessions can be counted by it."""
    is_closed = or_(Mailbox.stopped_at.is_not(None), Mailbox.undeliverable_at.is_not(None), Mailbox.blocked_at.is_not(None))
    carrying = (Letter.invitation_id == Invitation.id, Letter.sequence.is_not(None))
    newest = select(func.max(Letter.id)).where(*carrying).correlate(Invitation).scalar_subquery()
    last = aliased(Letter)

    def last_is(*which: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(last.id == newest, *which).correlate(Invitation)

    is_under_way = last_is(last.state.in_(UNSETTLED))
    never_left = Invitation.is_live & Invitation.sent_sequence.is_(None)
    is_old = Invitation.sent_sequence < Invitation.sequence
    failed = exists().where(Letter.id == newest, (Letter.state == LetterState.FAILED) | came_back()).correlate(Invitation)
    has_bounced = Invitation.is_live & (Invitation.answer == Answer.NEEDS_ACTION) & failed
    is_lost = ~is_closed & ~is_under_way & or_(never_left, is_old, has_bounced)
    return (Invitation.is_live & is_closed) | is_lost


def invitation_lines(*which: ColumnElement[bool]) -> list[InvitationLine]:
    """Read these invitations: what needs a person first, then by address."""
    found = db.session.execute(
        select(Invitation, Mailbox)
        .join(Mailbox, Mailbox.id == Invitation.mailbox_id)
        .where(*which)
        .execution_options(populate_existing=True)
    )
    ids = select(Invitation.id).where(*which).scalar_subquery()
    letters, people, sources = _last_letters(ids), _people(ids), _sources(ids)
    lines = [
        InvitationLine(
            invitation=one, mailbox=mailbox, letter=letters.get(one.id), people=tuple(people[one.id].items()), source=sources.get(one.id)
        )
        for one, mailbox in found
    ]
    return sorted(lines, key=lambda line: (list(State).index(line.state), line.mailbox.address))


def counts_of(lines: Collection[InvitationLine]) -> dict[State, int]:
    """Count the states there are, in their order."""
    counts = Counter(line.state for line in lines)
    return {state: counts[state] for state in State if counts[state]}


def _last_letters(ids: Any) -> dict[int, LastLetter]:
    accepted_at = func.max(case((Letter.state == LetterState.SENT, Letter.settled_at))).label("accepted_at")
    last = (
        select(func.max(Letter.id).label("id"), accepted_at)
        .where(Letter.invitation_id.in_(ids), Letter.sequence.is_not(None))
        .group_by(Letter.invitation_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Letter.invitation_id, Letter.id, Letter.state, Letter.due_at, Letter.server_words, last.c.accepted_at).join(
            last, last.c.id == Letter.id
        )
    ).all()
    returned = _returned(select(last.c.id))
    return {
        row.invitation_id: LastLetter(
            id=row.id,
            state=row.state,
            due_at=row.due_at,
            reply=row.server_words,
            accepted_at=row.accepted_at,
            returned=returned.get(row.id),
        )
        for row in rows
    }


def _returned(letter_ids: Select[tuple[int]]) -> dict[int, str]:
    """Give what was said of letters that came back; a complaint says that it was read."""
    rows = db.session.execute(
        select(Bounce.letter_id, Bounce.words)
        .join(Letter, Letter.id == Bounce.letter_id)
        .where(Bounce.letter_id.in_(letter_ids), Bounce.kind != BounceKind.COMPLAINT, Bounce.at >= Letter.settled_at)
        .order_by(Bounce.id)
    )
    return {row.letter_id: row.words for row in rows}


def _people(ids: Any) -> dict[int, dict[ReasonKind, tuple[str, ...]]]:
    """Give, by invitation, why its mailbox has it, with the names of the adult or the students."""
    rows = db.session.execute(
        select(
            InvitationReason.invitation_id,
            InvitationReason.kind,
            Student.id.label("student_id"),
            func.coalesce(Student.given_name, User.given_name).label("given_name"),
            func.coalesce(Student.family_name, User.family_name).label("family_name"),
        )
        .outerjoin(Registration, Registration.id == InvitationReason.registration_id)
        .outerjoin(Student, Student.id == Registration.student_id)
        .outerjoin(User, User.id == InvitationReason.user_id)
        .where(InvitationReason.invitation_id.in_(ids))
        .order_by(InvitationReason.id)
    ).all()
    students = school_names({row.student_id for row in rows if row.student_id})
    found: dict[int, dict[ReasonKind, tuple[str, ...]]] = defaultdict(dict)
    for row in rows:
        names = found[row.invitation_id].get(row.kind, ())
        found[row.invitation_id][row.kind] = (*names, students.get(row.student_id) or full_name(row.given_name, row.family_name))
    return found


def _sources(ids: Any) -> dict[int, AnswerSource]:
    """Give how the present answer came."""
    rows = db.session.execute(
        select(InvitationAnswer.invitation_id, InvitationAnswer.source)
        .where(InvitationAnswer.invitation_id.in_(ids), InvitationAnswer.counts)
        .order_by(InvitationAnswer.id)
    )
    return {row.invitation_id: row.source for row in rows}
