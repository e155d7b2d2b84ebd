"""What a try to send leaves behind: the letter settled or due again, and what invitation and mailbox learn from it.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import CursorResult, Table, Update, bindparam, func, text, update

from outreach.db import db, is_sqlite
from outreach.letters import KINDS
from outreach.mail import Accepted, Delayed, Rejected, status_in
from outreach.models import BounceKind, Invitation, Letter, LetterState
from outreach.outbox.bounces import record_bounce
from outreach.outbox.leases import Lease
from outreach.outbox.retry import next_try


@dataclass
class RoundStatistics:
    """Counts letters; `delayed` ones are due again later, and so are those `put_off` because their domain has had enough for now.

    `is_paused`: nothing more can leave for now.
    """

    sent: int = 0
    failed: int = 0
    delayed: int = 0
    dropped: int = 0
    put_off: int = 0
    is_paused: bool = False

    @property
    def has_news(self) -> bool:
        """Something became of some letter."""
        return any((self.sent, self.failed, self.delayed, self.dropped, self.put_off))

    def count(self, state: LetterState) -> None:
        """Count one letter that was tried."""
        if state is LetterState.SENT:
            self.sent += 1
        elif state is LetterState.FAILED:
            self.failed += 1
        else:
            self.delayed += 1


_LETTERS, _INVITATIONS = (cast(Table, model.__table__) for model in (Letter, Invitation))
_HAS_LEFT = (
    update(_INVITATIONS)
    .where(_INVITATIONS.c.id == bindparam("this_invitation"))
    .where(func.coalesce(_INVITATIONS.c.sent_sequence, -1) < bindparam("this_sequence"))
    .values(sent_sequence=bindparam("this_sequence"))
)
_HAS_BEGUN_A_THREAD = _HAS_LEFT.values(thread=bindparam("this_thread"))
_NO_DISK = text("SET LOCAL synchronous_commit TO off")


def write_without_waiting_for_disk() -> None:
    """Commit this transaction without waiting for PostgreSQL's disk, as SQLite does in WAL mode.

    Should the database server itself crash, the letters of its last moments go out once more, identical to the byte.
    """
    if not is_sqlite(db.session.connection()):
        db.session.execute(_NO_DISK)


def record_result(
    letter: Letter, lease: Lease, outcome: Accepted | Rejected | Delayed, *, jitter: float, now: datetime
) -> LetterState | None:
    """Write down what became of a try; give the state that follows, or None if the letter isn't ours any more."""
    match outcome:
        case Accepted():
            return _sent(letter, lease, now)
        case Rejected():
            return _refused(letter, lease, outcome, now)
        case Delayed():
            return _delayed(letter, lease, outcome, jitter, now)


def record_lapsed(lease: Lease) -> None:
    """Let the invitations say so of what an earlier worker may have sent, whatever becomes of it now."""
    for letter in (*lease.current, *(letter for letter, _reason in lease.stale)):
        if letter.id in lease.lapsed:
            _note_that_it_left(letter)


def drop(stale: Sequence[tuple[Letter, str]], lease: Lease, *, now: datetime) -> None:
    """Settle what needn't leave any more."""
    for letter, _reason in stale:
        _close(letter, lease, LetterState.DROPPED, now)


def _sent(letter: Letter, lease: Lease, now: datetime) -> LetterState | None:
    if not _close(letter, lease, LetterState.SENT, now, attempts=letter.attempts + 1, server_words=""):
        return None
    _note_that_it_left(letter)
    return LetterState.SENT


def _refused(letter: Letter, lease: Lease, outcome: Rejected, now: datetime) -> LetterState | None:
    if not _close(letter, lease, LetterState.FAILED, now, attempts=letter.attempts + 1, server_words=outcome.words):
        return None
    if outcome.kind is not None:
        _note_failure(letter, outcome.kind, outcome.words, now)
    return LetterState.FAILED


def _delayed(letter: Letter, lease: Lease, outcome: Delayed, jitter: float, now: datetime) -> LetterState | None:
    attempts = letter.attempts + 1
    wait = next_try(attempts, jitter=jitter)
    if wait is None:
        return _given_up(letter, lease, outcome, now)
    if not _write(letter, lease, state=LetterState.QUEUED, due_at=now + wait, attempts=attempts, server_words=outcome.words):
        return None
    if outcome.may_have_left:
        _note_that_it_left(letter)
    return LetterState.QUEUED


def _given_up(letter: Letter, lease: Lease, outcome: Delayed, now: datetime) -> LetterState | None:
    """It was delayed once too often. A broken connection says nothing about the mailbox."""
    if not _close(letter, lease, LetterState.FAILED, now, attempts=letter.attempts + 1, server_words=outcome.words):
        return None
    if outcome.may_have_left:
        _note_that_it_left(letter)
    if not outcome.is_break:
        _note_failure(letter, BounceKind.SOFT, outcome.words, now)
    return LetterState.FAILED


def _close(letter: Letter, lease: Lease, state: LetterState, now: datetime, **values: Any) -> bool:
    if KINDS[letter.kind].opens_account and letter.facts.get("link"):
        values["facts"] = letter.facts | {"link": None}
    return _write(letter, lease, state=state, settled_at=now, **values)


def _write(letter: Letter, lease: Lease, **values: Any) -> bool:
    result = db.session.execute(_writing(tuple(values)), {"this_letter": letter.id, "this_lease": lease.token, **values})
    return cast(CursorResult[Any], result).rowcount == 1


@lru_cache
def _writing(names: tuple[str, ...]) -> Update:
    """Compose the statement once: that takes longer than running it."""
    columns = _LETTERS.c
    ours = update(_LETTERS).where(columns.id == bindparam("this_letter"), columns.lease_token == bindparam("this_lease"))
    return ours.values({name: bindparam(name, type_=columns[name].type) for name in names} | {"lease_token": None, "leased_until": None})


def _note_that_it_left(letter: Letter) -> None:
    """From now on a CANCEL has something to take back."""
    if letter.invitation_id is None or letter.sequence is None:
        return
    these = {"this_invitation": letter.invitation_id, "this_sequence": letter.sequence}
    if (letter.facts.get("entry") or {}).get("begins_thread"):
        db.session.execute(_HAS_BEGUN_A_THREAD, these | {"this_thread": letter.key})
    else:
        db.session.execute(_HAS_LEFT, these)


def _note_failure(letter: Letter, kind: BounceKind, words: str, now: datetime) -> None:
    record_bounce(letter.mailbox_id, letter.id, kind, status=status_in(words), words=words, now=now)
