"""The mail log, the received mail and the history of one invitation. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import defer, joinedload

from outreach.db import db
from outreach.mail_admin.forms import Shown
from outreach.models import (
    Bounce,
    InboundKind,
    InboundMessage,
    InboundOutcome,
    Invitation,
    InvitationAnswer,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
)
from outreach.outbox import came_back, did_not_arrive


@dataclass(frozen=True)
class History:
    """All of it, newest first. `letters` are all to this mailbox about this session."""

    letters: Sequence[Letter]
    bounces: Sequence[Bounce]
    answers: Sequence[InvitationAnswer]


PAGE_SIZE = 50
Wanted: TypeAlias = Select[*tuple[Any, ...]]


def letters(q: str, kind: LetterKind | None, state: LetterState | None, *, not_arrived: bool = False) -> Wanted:
    """The mail log, newest first; `not_arrived`: only what failed or came back.

    What a letter says stays out of it: links in account letters open accounts.
    """
    wanted = select(Letter).options(joinedload(Letter.mailbox).load_only(Mailbox.address)).order_by(Letter.id.desc())
    if q:
        wanted = wanted.where(Letter.mailbox.has(Mailbox.address.icontains(q, autoescape=True)))
    if kind:
        wanted = wanted.where(Letter.kind == kind)
    if not_arrived:
        wanted = wanted.where(did_not_arrive())
    return wanted.where(Letter.state == state) if state else wanted


def returned(found: Sequence[Letter]) -> set[int]:
    """Give those of these letters that a mail server took and sent back, by id."""
    return set(db.session.scalars(select(Letter.id).where(Letter.id.in_([letter.id for letter in found]), came_back())))


def inbound(q: str, shown: Shown, kind: InboundKind | None) -> Wanted:
    """Messages that came in, newest first, without what they say."""
    wanted = select(InboundMessage).options(defer(InboundMessage.raw)).order_by(InboundMessage.received_at.desc(), InboundMessage.id.desc())
    if q:
        by_sender = InboundMessage.sender.icontains(q, autoescape=True)
        wanted = wanted.where(or_(by_sender, InboundMessage.subject.icontains(q, autoescape=True)))
    if kind:
        wanted = wanted.where(InboundMessage.kind == kind)
    if shown is Shown.ALL:
        return wanted
    if shown is Shown.TO_LOOK_AT:
        return wanted.where(InboundMessage.needs_a_look())
    return wanted.where(InboundMessage.outcome == InboundOutcome(shown.value))


def history(invitation: Invitation) -> History:
    """Read it."""
    to_them = (Letter.session_id == invitation.session_id, Letter.mailbox_id == invitation.mailbox_id)
    letters = db.session.scalars(select(Letter).where(*to_them).order_by(Letter.id.desc())).all()
    bounces = select(Bounce).where(Bounce.letter_id.in_([letter.id for letter in letters])).order_by(Bounce.id.desc())
    answers = select(InvitationAnswer).where(InvitationAnswer.invitation_id == invitation.id).order_by(InvitationAnswer.id.desc())
    return History(letters, db.session.scalars(bounces).all(), db.session.scalars(answers).all())
