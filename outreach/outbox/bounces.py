"""Records bounces, and what they mean for the mailbox.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from outreach.db import db, locked
from outreach.models import Bounce, BounceKind, Letter, LetterState, Mailbox
from outreach.outbox.queue import is_superseded

LATELY = timedelta(days=7)
_TOO_LONG = 500


def record_bounce(mailbox_id: int, letter_id: int | None, kind: BounceKind, *, status: str, words: str, now: datetime) -> None:
    """Note one failure, and mark the mailbox where it says something about it.

    HARD: there is no such mailbox, so nothing about sessions goes there until somebody says that it works. COMPLAINT: no
    reminders any more. SOFT and POLICY are only counted: a domain is judged by all that came from it.
    A letter that fails again in the same way is no news, whatever became of the mailbox meanwhile.
    """
    mailbox = locked(Mailbox, mailbox_id)
    if mailbox is None or _is_known(letter_id, kind):
        return
    reply = _kept(words)
    db.session.add(
        Bounce(mailbox_id=mailbox_id, letter_id=letter_id, domain=mailbox.domain, kind=kind, status=status[:64], words=reply, at=now)
    )
    _mark(mailbox, kind, reply, now)
    db.session.flush()


def delayed_lately(*, now: datetime) -> Select[int, int]:
    """Select, by mailbox, how many letters of the last 7 days a server delayed until they failed."""
    recent = (Bounce.kind == BounceKind.SOFT, Bounce.at > now - LATELY)
    return select(Bounce.mailbox_id, func.count().label("number")).where(*recent).group_by(Bounce.mailbox_id)


def came_back() -> ColumnElement[bool]:
    """Say of a letter that a mail server returned it after it was sent last; a complaint says that it was read."""
    returned = (Bounce.letter_id == Letter.id, Bounce.kind != BounceKind.COMPLAINT)
    return (Letter.state == LetterState.SENT) & exists().where(*returned, Bounce.at >= Letter.settled_at).correlate(Letter)


def did_not_arrive() -> ColumnElement[bool]:
    """Say of a letter that it failed or came back, and no later one about the session went to the address: somebody should look.

    This is what every page of a coordinator counts and lists.
    """
    return or_(Letter.state == LetterState.FAILED, came_back()) & ~is_superseded()


def _is_known(letter_id: int | None, kind: BounceKind) -> bool:
    """The caller has locked the mailbox, so nobody else records the same meanwhile."""
    same = select(Bounce.id).where(Bounce.letter_id == letter_id, Bounce.kind == kind)
    return letter_id is not None and db.session.scalar(same.limit(1)) is not None


def _kept(words: str) -> str:
    """One line, not too long, and no link of ours: some servers quote the one they dislike, and it opens a family's page."""
    host = urlsplit(current_app.extensions["outreach"].base_url).netloc
    return " ".join("[…]" if f"{host}/" in word else word for word in words.split())[:_TOO_LONG]


def _mark(mailbox: Mailbox, kind: BounceKind, words: str, now: datetime) -> None:
    if kind is BounceKind.HARD:
        mailbox.undeliverable_at, mailbox.undeliverable_words = mailbox.undeliverable_at or now, words
    elif kind is BounceKind.COMPLAINT:
        mailbox.reminders_stopped_at = mailbox.reminders_stopped_at or now
