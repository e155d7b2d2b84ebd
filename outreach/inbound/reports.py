"""What a report changes: a mailbox that doesn't receive, or doesn't want to.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from outreach.db import db
from outreach.inbound.classify import Done, Report, Verdict
from outreach.inbound.reasons import Reason
from outreach.models import InboundKind, InboundOutcome, Invitation, Letter, LetterKind, Mailbox
from outreach.outbox.bounces import note_failure


def report(told: Report, letter_id: int | None, mailbox: Mailbox | None, *, now: datetime) -> Done:
    """Note that a letter didn't arrive or wasn't wanted. Which one says its token, else its Message-ID; never an address in the text.

    `letter_id`, `mailbox`: what the token it was sent to stands for, None without one.
    """
    letter = db.session.get(Letter, letter_id) if letter_id else _returned(told, has_token=mailbox is not None)
    if letter is None or (mailbox is not None and mailbox.id != letter.mailbox_id):
        verdict = Verdict(told.kind, InboundOutcome.QUARANTINED, Reason.UNKNOWN_LETTER)
        return Done(verdict, mailbox_id=mailbox.id if mailbox else None)
    note_failure(letter.mailbox_id, letter.id, told.failure.kind, status=told.failure.status, words=told.failure.words, now=now)
    reason = Reason.COMPLAINED if told.kind is InboundKind.COMPLAINT else Reason.FAILED
    return Done(Verdict(told.kind, InboundOutcome.APPLIED, reason), letter.mailbox_id, letter.invitation_id, letter.id)


def _returned(told: Report, *, has_token: bool) -> Letter | None:
    """Find the letter a Message-ID stands for: its own key, or the UID of the invitation it began.

    A UID is known to whoever sees the calendar, so it alone silences nobody: such a bounce needs a token. Complaints
    (RFC 5965) go to one address for all letters.
    """
    stands_for, _at, domain = (told.failure.message_id or "").strip("<>").partition("@")
    if not stands_for:
        return None
    if not stands_for.endswith(".first"):
        return db.session.scalar(select(Letter).where(Letter.key == stands_for))
    return _first(f"{stands_for.removesuffix('.first')}@{domain}") if has_token or told.kind is InboundKind.COMPLAINT else None


def _first(uid: str) -> Letter | None:
    begins = Letter.kind.in_((LetterKind.INVITATION, LetterKind.PROMOTED))
    began = select(Letter).join(Invitation, Invitation.id == Letter.invitation_id).where(Invitation.uid == uid, begins)
    return db.session.scalar(began.order_by(Letter.id).limit(1))
