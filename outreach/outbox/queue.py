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
from sqlalchemy.orm import aliased

from outreach.db import db, insert_or_skip
from outreach.letters import KINDS, TakenBackWith, kinds_where
from outreach.models import Letter, LetterKind, LetterState
from outreach.outbox.schools import with_schools


@dataclass(frozen=True, kw_only=True)
class NewLetter:
    """A letter to one mailbox. Letters of one (mailbox, session) leave in the order they were posted.

    `facts` is all that rendering will know. `sequence` is that of the calendar object it carries; None: it carries none.
    `dedupe_key` names the news: the same key is never written twice. `due_at` None means at once.
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

    Whoever queues a letter about a session has locked its row: else two transactions could commit their letters out of order.
    """
    if not drafts:
        return
    facts = with_schools([draft.facts for draft in drafts])
    statement = insert_or_skip(Letter, "dedupe_key").returning(Letter.id).execution_options(render_nulls=True)
    db.session.execute(statement, [_row(draft, known, now) for draft, known in zip(drafts, facts, strict=True)])


def queued_letters(*which: ColumnElement[bool]) -> list[Letter]:
    """Lock and read what the queue still has of calendar objects, reminders and notices to those who wait, oldest first.

    What a worker has leased isn't among them: it leaves, or comes back, before anything queued later. No worker can lease a
    letter that is read here: on PostgreSQL its row is locked, on SQLite the whole file is.
    """
    can_be_taken_back = Letter.kind.in_(kinds_where(lambda kind: kind.taken_back_with is not None))
    in_calendars = Letter.sequence.is_not(None)
    found = select(Letter).where(Letter.state == LetterState.QUEUED, or_(in_calendars, can_be_taken_back), *which).order_by(Letter.id)
    return list(db.session.scalars(found.with_for_update().execution_options(populate_existing=True)))


def belongs_to_entry(letter: Letter) -> bool:
    """It carries a calendar object, or is of a kind that is dropped with it."""
    is_of_entry = letter.sequence is not None or KINDS[letter.kind].taken_back_with is TakenBackWith.INVITATION
    return letter.invitation_id is not None and is_of_entry


def is_waiting_notice(letter: Letter) -> bool:
    """It tells a family without a calendar entry that the student waits."""
    return letter.sequence is None and KINDS[letter.kind].taken_back_with is TakenBackWith.WAITING_LIST


def drop_letters(letter_ids: Collection[int], *, now: datetime) -> None:
    """Don't send these letters, which the caller has locked with `queued_letters`."""
    for letter in db.session.scalars(select(Letter).where(Letter.id.in_(letter_ids))) if letter_ids else ():
        letter.drop(now=now)
    db.session.flush()


def _row(draft: NewLetter, facts: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "key": uuid4().hex,
        "mailbox_id": draft.mailbox_id,
        "session_id": draft.session_id,
        "invitation_id": draft.invitation_id,
        "sequence": draft.sequence,
        "kind": draft.kind,
        "locale": draft.locale,
        "facts": facts,
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
