"""What tests of delivery share: letters in the queue, a message made from a row, a transport that answers as told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select

from outreach.db import db, transaction
from outreach.mail.smtp_responses import Accepted, Outcome
from outreach.mail.transport import Envelope, Transport
from outreach.models import Invitation, Letter, LetterKind, Mailbox, OutreachSession
from outreach.outbox.delivery import deliver_due
from outreach.outbox.queue import NewLetter, enqueue
from outreach.outbox.results import RoundStatistics
from tests.support.builders import NOW, TOWN

_numbers = count(1)


def render(letter: Letter) -> bytes:
    """Give a small message that is a pure function of the row."""
    body = json.dumps(letter.facts, sort_keys=True)
    return (
        f"To: {letter.mailbox.address}\r\nSubject: {letter.dedupe_key}\r\nMessage-ID: <{letter.key}@example.org>\r\n\r\n{body}\r\n".encode()
    )


def sender_of(letter_id: int) -> str:
    """Give the envelope's sender."""
    return f"rsvp+b{letter_id}@outreach.example"


@dataclass
class Scripted:
    """Takes every letter, unless `answers` has something else for its address; `sent` holds what it took."""

    answers: dict[str, Outcome] = field(default_factory=dict)
    sent: list[Envelope] = field(default_factory=list)
    before: Callable[[Envelope], None] = lambda _envelope: None

    def send(self, envelope: Envelope) -> Outcome:
        """Answer as told."""
        self.before(envelope)
        outcome = self.answers.get(envelope.recipient, Accepted())
        if isinstance(outcome, Accepted):
            self.sent.append(envelope)
        return outcome

    def close(self) -> None:
        """There is no connection."""

    @property
    def subjects(self) -> list[str]:
        """The dedupe keys of the letters taken, in order."""
        return [envelope.message.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for envelope in self.sent]


def deliver(transport: Transport, now: datetime, **options: Any) -> RoundStatistics:
    """Deliver what is due at this moment."""
    values: dict[str, Any] = {"render": render, "sender_of": sender_of, "clock": lambda: now, "jitter": lambda: 0.5}
    return deliver_due(transport=transport, **values | options)


def put(mailbox: Mailbox, name: str | None = None, *, now: datetime, kind: LetterKind = LetterKind.DIGEST, **values: Any) -> str:
    """Put one letter into the queue and give its dedupe key."""
    name = name or f"letter {next(_numbers)}"
    facts = values.pop("facts", {})
    with transaction():
        enqueue([NewLetter(mailbox_id=mailbox.id, kind=kind, facts=facts, dedupe_key=name, **values)], now=now)
    return name


def invite(outreach_session: OutreachSession, mailbox: Mailbox, *, now: datetime, **values: Any) -> Invitation:
    """Give an invitation without reasons."""
    invitation = Invitation(
        session_id=outreach_session.id, mailbox_id=mailbox.id, uid=uuid4().hex, created_at=now, changed_at=now, **values
    )
    with transaction():
        db.session.add(invitation)
    return invitation


def about(invitation: Invitation, sequence: int | None) -> dict[str, Any]:
    """Give what a letter with this invitation's calendar object says of it."""
    return {"invitation_id": invitation.id, "session_id": invitation.session_id, "sequence": sequence}


def letter_named(name: str) -> Letter:
    """Give a letter as the database has it now."""
    return db.session.scalars(select(Letter).where(Letter.dedupe_key == name).execution_options(populate_existing=True)).one()


def states() -> dict[str, str]:
    """Give the state of every letter by name, but for those the town was sent before."""
    new = or_(Letter.created_at >= NOW, Mailbox.address.not_like(f"%@{TOWN}"))
    rows = db.session.execute(select(Letter.dedupe_key, Letter.state).join(Letter.mailbox).where(new).order_by(Letter.id))
    return {row.dedupe_key: row.state.value for row in rows}
