"""Receives messages: each once, whatever it says, in one transaction with what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

import structlog
from flask import current_app
from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from outreach.db import db, insert_or_skip, transaction
from outreach.errors import NotThere
from outreach.inbound import apply
from outreach.inbound.answer_message import write_answer
from outreach.inbound.apply import From
from outreach.inbound.authentication_results import proves
from outreach.inbound.classify import Classification, Done, Report, classify
from outreach.inbound.parsing.message import TOO_LARGE, IncomingMessage
from outreach.inbound.parsing.reading import HEAD_AT_MOST, MAX_SIZE, read
from outreach.inbound.reasons import InboundReason
from outreach.inbound.recipient_token import TokenRecipient, is_our_own, recipient_of_token
from outreach.letters import kinds_where
from outreach.logs import place_of
from outreach.mail import one_line
from outreach.models import InboundKind, InboundMessage, InboundOutcome, Invitation, InvitationAnswer, Letter, Mailbox
from outreach.outbox import record_bounce
from outreach.settings import Settings

KEPT = timedelta(days=30)
_MOST_BYTES = 2**31 - 1  # that fit into the column
_log = structlog.get_logger()


def receive(raw: bytes, *, delivered_to: str | None, source: str, now: datetime) -> InboundOutcome | None:
    """Take in a message and do what follows from it; None where we had it already.

    `delivered_to`: the envelope's recipient, where known. `source`: the way it came, for the log. Whatever it says, it isn't refused.
    Raises OperationalError and InterfaceError while the database is away or too busy: then nothing was done, and it may come again.
    """
    return _take_in(read(raw, delivered_to=delivered_to), raw[:MAX_SIZE], source=source, now=now)


def receive_oversized(head: bytes, *, size: int, now: datetime, source: str, delivered_to: str | None = None) -> InboundOutcome | None:
    """Note that a message came that is too large to be looked at: of its bytes (`size`) only the beginning is known."""
    head = head[:HEAD_AT_MOST]
    digest = sha256(b"%d:" % size + head).hexdigest()
    incoming = replace(read(head, delivered_to=delivered_to), digest=digest, size=size, trouble=TOO_LARGE)
    return _take_in(incoming, head, source=source, now=now)


def mark_reviewed(message_id: int, *, now: datetime) -> None:
    """Note that a coordinator has looked at a message. Raises NotThere."""
    with transaction():
        if db.session.scalar(select(InboundMessage.id).where(InboundMessage.id == message_id)) is None:
            raise NotThere
        seen = update(InboundMessage).where(InboundMessage.id == message_id, InboundMessage.reviewed_at.is_(None))
        db.session.execute(seen.values(reviewed_at=now))


def answer_message(message_id: int, words: str, *, now: datetime) -> None:
    """Send a coordinator's answer to whose message it is, and note that it was read.

    Raises NotThere; Refusal where nobody can be answered.
    """
    with transaction():
        message = db.session.get(InboundMessage, message_id)
        if message is None:
            raise NotThere
        write_answer(message, words, now=now)
        message.reviewed_at = message.reviewed_at or now


def forget_raw(*, now: datetime) -> int:
    """Wipe what was written, and by whom, 30 days after it came: messages, and the words of answers. What was made of it stays.

    Gives how many were wiped.
    """
    messages = (InboundMessage.raw.is_not(None), InboundMessage.received_at <= now - KEPT)
    words = (InvitationAnswer.comment != "", InvitationAnswer.at <= now - KEPT)
    past = (select(InboundMessage.id).where(*messages), select(InvitationAnswer.id).where(*words))
    if not any(db.session.scalar(found.limit(1)) for found in past):
        return 0
    with transaction():
        wiped = [
            db.session.execute(update(InboundMessage).where(*messages).values(raw=None, sender="", subject="")),
            db.session.execute(update(InvitationAnswer).where(*words).values(comment="")),
        ]
    return sum(cast(CursorResult[Any], one).rowcount for one in wiped)


def _take_in(incoming: IncomingMessage, raw: bytes, *, source: str, now: datetime) -> InboundOutcome | None:
    """A fault of ours must neither lose a message nor bring it back for ever: it waits for a person."""
    try:
        return _take_once(incoming, raw, _act, source=source, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 (whatever it was, the next try would fail too)
        _log.error("message cannot be acted on", source=source, error=type(error).__name__, place=place_of(error))
        return _take_once(incoming, raw, _give_up, source=source, now=now)


def _take_once(
    incoming: IncomingMessage, raw: bytes, act: Callable[[IncomingMessage, datetime], Done], *, source: str, now: datetime
) -> InboundOutcome | None:
    with transaction():
        key = _write_down(incoming, raw, now)
        done = act(incoming, now) if key is not None else None
        if done is not None:
            _note(key, done)
    if done is None:
        _log.info("message had already", source=source)
        return None
    classification = done.classification
    _log.info(
        "message taken in",
        source=source,
        kind=classification.kind.value,
        outcome=classification.outcome.value,
        reason=classification.reason.value,
    )
    return classification.outcome


def _write_down(incoming: IncomingMessage, raw: bytes, now: datetime) -> int | None:
    """Insert its row, or find that it is there; wait for a rival who is just inserting it."""
    row = {
        "digest": incoming.digest,
        "message_id": _line(incoming.message_id) if incoming.message_id else None,
        "received_at": now,
        "size": min(incoming.size, _MOST_BYTES),
        "kind": InboundKind.OTHER,
        "outcome": InboundOutcome.IGNORED,
        "sender": _line(incoming.sender),
        "subject": _line(incoming.subject),
        "raw": raw,
    }
    inserted = insert_or_skip(InboundMessage).values(row).returning(InboundMessage.id)
    return cast(int | None, db.session.scalar(inserted))


def _act(incoming: IncomingMessage, now: datetime) -> Done:
    settings: Settings = current_app.extensions["outreach"]
    letter, mailbox = _known(_addressed(incoming, settings))
    business = classify(
        incoming,
        has_token=mailbox is not None,
        is_our_own=is_our_own(incoming.sender, reply_address=settings.reply_address),
        is_bounce_address=letter is not None,
    )
    if isinstance(business, Report):
        return record_report(business, letter.id if letter else None, mailbox, now=now)
    if isinstance(business, Classification) or mailbox is None:
        classification = (
            business
            if isinstance(business, Classification)
            else Classification(business.kind, InboundOutcome.QUARANTINED, InboundReason.NO_TOKEN)
        )
        return Done(classification, mailbox.id if mailbox else None, letter_id=letter.id if letter else None)
    is_proven = proves(incoming.authentication, incoming.from_domain, authserv_id=settings.authserv_id)
    is_verified = is_proven and incoming.sender == mailbox.address
    is_another = not is_proven and incoming.sender != mailbox.address
    by = From(mailbox=mailbox, is_verified=is_verified, is_automatic=incoming.is_automatic, is_another=is_another)
    return apply.answer(business, by, now=now)


def _give_up(_incoming: IncomingMessage, _now: datetime) -> Done:
    return Done(Classification(InboundKind.OTHER, InboundOutcome.QUARANTINED, InboundReason.FAULT))


def _addressed(incoming: IncomingMessage, settings: Settings) -> TokenRecipient | None:
    return recipient_of_token(
        incoming.recipients,
        reply_address=settings.reply_address,
        bounce_address=settings.bounce_address or settings.reply_address,
        secret_key=settings.secret_key,
    )


def _known(to: TokenRecipient | None) -> tuple[Letter | None, Mailbox | None]:
    """Give the letter or mailbox of the token, if there is one."""
    if to is None:
        return None, None
    if to.letter_id is None:
        return None, db.session.scalar(select(Mailbox).where(Mailbox.token == to.mailbox_token))
    letter = db.session.get(Letter, to.letter_id)
    return letter, letter.mailbox if letter else None


def _note(key: int | None, done: Done) -> None:
    classification = done.classification
    values = {"kind": classification.kind, "outcome": classification.outcome, "reason": classification.reason.value}
    about = {"mailbox_id": done.mailbox_id, "invitation_id": done.invitation_id, "letter_id": done.letter_id, "has_words": done.has_words}
    db.session.execute(update(InboundMessage).where(InboundMessage.id == key).values(**values, **about))


def _line(text: str) -> str:
    """Give what fits the column: one line, no half characters, at most 255."""
    return one_line(text.encode("utf-8", "replace").decode())[:255]


def record_report(report: Report, letter_id: int | None, mailbox: Mailbox | None, *, now: datetime) -> Done:
    """Note that a letter didn't arrive or wasn't wanted. Which one says its token, else its Message-ID; never an address in the text.

    `letter_id`, `mailbox`: of the token it was sent to, None without one.
    """
    letter = db.session.get(Letter, letter_id) if letter_id else _returned(report, has_token=mailbox is not None)
    if letter is None or (mailbox is not None and mailbox.id != letter.mailbox_id):
        classification = Classification(report.kind, InboundOutcome.QUARANTINED, InboundReason.UNKNOWN_LETTER)
        return Done(classification, mailbox_id=mailbox.id if mailbox else None)
    record_bounce(letter.mailbox_id, letter.id, report.failure.kind, status=report.failure.status, words=report.failure.words, now=now)
    reason = InboundReason.COMPLAINED if report.kind is InboundKind.COMPLAINT else InboundReason.FAILED
    return Done(Classification(report.kind, InboundOutcome.APPLIED, reason), letter.mailbox_id, letter.invitation_id, letter.id)


def _returned(report: Report, *, has_token: bool) -> Letter | None:
    """Find a letter by its Message-ID: its own key, or the UID of the invitation it began.

    A UID is known to whoever sees the calendar, so it alone stops no e-mail: such a bounce needs a token. Complaints
    (RFC 5965) go to one address for all letters.
    """
    key, _at, domain = (report.failure.message_id or "").strip("<>").partition("@")
    if not key:
        return None
    if not key.endswith(".first"):
        return db.session.scalar(select(Letter).where(Letter.key == key))
    return _first(f"{key.removesuffix('.first')}@{domain}") if has_token or report.kind is InboundKind.COMPLAINT else None


def _first(uid: str) -> Letter | None:
    begins = Letter.kind.in_(kinds_where(lambda kind: kind.begins_thread))
    began = select(Letter).join(Invitation, Invitation.id == Letter.invitation_id).where(Invitation.uid == uid, begins)
    return db.session.scalar(began.order_by(Letter.id).limit(1))
