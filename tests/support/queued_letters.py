"""Letters in the outbox as their readers get them: who is written to, with which facts, and what the rendered e-mail says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from functools import cached_property

from sqlalchemy import ColumnElement, select

from outreach.db import db, transaction
from outreach.letters import render
from outreach.models import Invitation, Letter, LetterKind, LetterState, Mailbox
from outreach.models.snapshots import LetterSnapshot, StudentSnapshot
from outreach.outbox import belongs_to_entry, drop_letters, is_waiting_notice, queued_letters
from outreach.web.pages import settings
from tests.support.received_letters import Received


@dataclass(frozen=True)
class Queued:
    """One letter that waits to be sent."""

    letter: Letter
    to: str

    @property
    def kind(self) -> LetterKind:
        """What it is about."""
        return self.letter.kind

    @cached_property
    def facts(self) -> LetterSnapshot:
        """What the row holds."""
        return LetterSnapshot.from_json(self.letter.facts)

    @cached_property
    def mail(self) -> Received:
        """The e-mail its reader gets."""
        raw = render(self.letter, settings=settings())
        return Received(raw, message_from_bytes(raw, policy=policy.default))

    @property
    def method(self) -> str | None:
        """What it asks the reader's calendar to do; None: it holds no calendar object."""
        ics = self.mail.ics
        return ics.split(b"METHOD:")[1].split(b"\r\n")[0].decode() if ics else None


def queued(*which: ColumnElement[bool]) -> list[Queued]:
    """Give the letters that wait, in the order in which they were written."""
    found = select(Letter, Mailbox.address).join(Mailbox, Mailbox.id == Letter.mailbox_id)
    rows = db.session.execute(
        found.where(Letter.state == LetterState.QUEUED, *which).order_by(Letter.id).execution_options(populate_existing=True)
    ).all()
    return [Queued(letter, address) for letter, address in rows]


def waiting_letters() -> list[Letter]:
    """Give the rows of the letters that wait, in the order in which they were written."""
    return [one.letter for one in queued()]


def invitations() -> list[Invitation]:
    """Give all invitations as they are now."""
    return list(db.session.scalars(select(Invitation).order_by(Invitation.id).execution_options(populate_existing=True)))


def send_all() -> list[Queued]:
    """Settle all that waits as sent, and give it."""
    sent = queued()
    with transaction():
        for one in sent:
            one.letter.state, one.letter.settled_at = LetterState.SENT, one.letter.created_at
            if one.letter.invitation_id is not None and one.letter.sequence is not None:
                invitation = db.session.get_one(Invitation, one.letter.invitation_id, populate_existing=True)
                invitation.sent_sequence = one.letter.sequence
    return sent


def who_gets_what(letters: list[Queued]) -> Counter[tuple[str, str]]:
    """Count letters by address and kind."""
    return Counter((one.to, one.kind.value) for one in letters)


def to(address: str, letters: list[Queued] | None = None) -> list[Queued]:
    """Give those for one address, of these letters or of all that wait."""
    return [one for one in (queued() if letters is None else letters) if one.to == address]


def names(students: tuple[StudentSnapshot, ...]) -> list[str]:
    """Give the given names, in order."""
    return [student.given_name for student in students]


def take_back(invitation_ids: Collection[int], *, now: datetime) -> list[Letter]:
    """Drop what these invitations still have in the queue, as a change of their entries does; gives the letters."""
    letters = [letter for letter in queued_letters(Letter.invitation_id.in_(invitation_ids)) if belongs_to_entry(letter)]
    drop_letters([letter.id for letter in letters], now=now)
    return letters


def take_back_notices(session_id: int, mailbox_ids: Collection[int], *, now: datetime) -> dict[int, Letter]:
    """Drop what the queue has for these mailboxes about waiting, as a later notice does; gives the first by mailbox."""
    found = queued_letters(Letter.session_id == session_id, Letter.mailbox_id.in_(mailbox_ids))
    letters = [letter for letter in found if is_waiting_notice(letter)]
    drop_letters([letter.id for letter in letters], now=now)
    return {letter.mailbox_id: letter for letter in reversed(letters)}
