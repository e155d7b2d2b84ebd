"""Letters are queued here, and taken back while they haven't left.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from outreach.db import db, is_sqlite
from outreach.models import Letter, LetterKind, LetterState


@dataclass(frozen=True, kw_only=True)
class NewLetter:
    """A letter to one mailbox. Letters of one (mailbox, session) leave in the order they were posted.

    `facts` is all that rendering will know. `sequence` is that of the calendar object it carries; None: it carries none.
    `dedupe_key` stands for the news: the same key is never written twice. `due_at` None means at once.
    """

    mailbox_id: int
    kind: LetterKind
    facts: dict[str, Any]
    dedupe_key: str
    locale: str = "en"
    session_id: int | None = None
    invitation_id: int | None = None
    sequence: int | None = None
    due_at: datetime | None = None


def enqueue(drafts: Sequence[NewLetter], *, now: datetime) -> None:
    """Put letters into the outbox, in this order, with one bulk INSERT; news already there is skipped.

    Whoever posts about a session holds the lock on its row: else two transactions could commit their letters out of order.
    """
    if not drafts:
        return
    insert = sqlite.insert if is_sqlite(db.session.connection()) else postgresql.insert
    statement = insert(Letter).on_conflict_do_nothing(index_elements=[Letter.dedupe_key])
    db.session.execute(statement, [_row(draft, now) for draft in drafts])


def take_back(invitation_ids: Collection[int], *, now: datetime) -> list[Letter]:
    """Drop what these invitations still have in the queue, calendar objects and reminders; give the letters, oldest first.

    What a worker has in hand stays: it leaves, or comes back, before anything posted later. No worker can lease a
    letter while it is being dropped: on PostgreSQL its row is locked, on SQLite the whole file is.
    """
    in_calendars = or_(Letter.sequence.is_not(None), Letter.kind == LetterKind.REMINDER)
    return _drop_queued(Letter.invitation_id.in_(invitation_ids), in_calendars, now=now)


def take_back_notices(session_id: int, mailbox_ids: Collection[int], *, now: datetime) -> dict[int, Letter]:
    """Drop what the queue still has for these mailboxes about waiting, without an entry.

    Gives, by mailbox, the first notice that so never left.
    """
    without_entry = Letter.sequence.is_(None) & Letter.kind.in_((LetterKind.WAITING, LetterKind.UPDATED))
    letters = _drop_queued(Letter.session_id == session_id, Letter.mailbox_id.in_(mailbox_ids), without_entry, now=now)
    return {letter.mailbox_id: letter for letter in reversed(letters)}


def _drop_queued(*which: ColumnElement[bool], now: datetime) -> list[Letter]:
    found = select(Letter).where(Letter.state == LetterState.QUEUED, *which).order_by(Letter.id)
    letters = list(db.session.scalars(found.with_for_update().execution_options(populate_existing=True)))
    for letter in letters:
        letter.drop(now=now)
    db.session.flush()
    return letters


def _row(draft: NewLetter, now: datetime) -> dict[str, Any]:
    return {
        "key": uuid4().hex,
        "mailbox_id": draft.mailbox_id,
        "session_id": draft.session_id,
        "invitation_id": draft.invitation_id,
        "sequence": draft.sequence,
        "kind": draft.kind,
        "locale": draft.locale,
        "facts": draft.facts,
        "dedupe_key": draft.dedupe_key,
        "state": LetterState.QUEUED,
        "due_at": draft.due_at or now,
        "attempts": 0,
        "created_at": now,
        "server_words": "",
    }


def is_superseded() -> ColumnElement[bool]:
    """Say of a letter that a later one about the session has left for the same address, or is about to."""
    later = aliased(Letter)
    same_stream = (later.mailbox_id == Letter.mailbox_id, later.session_id == Letter.session_id, later.id > Letter.id)
    leaves = later.state.not_in((LetterState.FAILED, LetterState.DROPPED))
    return select(later.id).where(*same_stream, leaves).correlate(Letter).exists()
