"""How one invitation fares: a word for all that is known of it.

Pure. The first that applies, from what a person must look at to what is well:

| state | what it says |
|---|---|
| STOPPED, UNDELIVERABLE, BLOCKED | nothing goes there: its reader, its mail server or its domain turned us away |
| NEVER_LEFT | nothing has left and nothing is under way |
| STALE | the calendar has an older revision than the database, whether or not the newer one is under way |
| WAITING | the first letter is under way |
| ANSWERED | somebody answered the current revision |
| BOUNCED | the last letter came back, or failed |
| SENT | a mail server accepted the current revision |
| CANCELLED | it has ended, and no calendar needs a cancellation |
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from outreach.models import UNSETTLED, Answer, LetterState


class State(enum.StrEnum):
    """How an invitation fares, what needs a person first."""

    STOPPED = "stopped"
    UNDELIVERABLE = "undeliverable"
    BLOCKED = "blocked"
    NEVER_LEFT = "never_left"
    BOUNCED = "bounced"
    STALE = "stale"
    WAITING = "waiting"
    SENT = "sent"
    ANSWERED = "answered"
    CANCELLED = "cancelled"


NOT_WRITTEN_TO = (State.STOPPED, State.UNDELIVERABLE, State.BLOCKED)
LOST = (State.NEVER_LEFT, State.BOUNCED, State.STALE)


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What an invitation has left behind: its revisions, its mailbox, its last letter that carried the entry.

    `has_bounced`: that letter failed or came back. `sent_sequence` None: nothing ever left.
    """

    is_live: bool
    sequence: int
    sent_sequence: int | None
    answer: Answer = Answer.NEEDS_ACTION
    is_stopped: bool = False
    is_undeliverable: bool = False
    is_blocked: bool = False
    last_letter: LetterState | None = None
    has_bounced: bool = False

    @property
    def is_under_way(self) -> bool:
        """A letter waits to leave, or is just leaving."""
        return self.last_letter in UNSETTLED

    @property
    def is_old(self) -> bool:
        """The calendar shows a revision before the last."""
        return self.sent_sequence is not None and self.sent_sequence < self.sequence


def state_of(traces: Traces) -> State:
    """Give the first state that applies."""
    undelivered = _undelivered(traces)
    if not traces.is_live:
        return State.STALE if traces.is_old and undelivered is None else State.CANCELLED
    if undelivered is not None:
        return undelivered
    if traces.sent_sequence is None:
        return State.WAITING if traces.is_under_way else State.NEVER_LEFT
    if traces.is_old:
        return State.STALE
    if traces.answer is not Answer.NEEDS_ACTION:
        return State.ANSWERED
    return State.BOUNCED if traces.has_bounced else State.SENT


def is_lost(traces: Traces) -> bool:
    """The present invitation isn't in the calendar and won't get there by itself: somebody must send it again."""
    return state_of(traces) in LOST and not traces.is_under_way


def does_not_arrive(traces: Traces) -> bool:
    """It got lost, or nothing is sent to its address: all that every page calls "didn't arrive"."""
    return is_lost(traces) or state_of(traces) in NOT_WRITTEN_TO


def _undelivered(traces: Traces) -> State | None:
    if traces.is_stopped:
        return State.STOPPED
    if traces.is_undeliverable:
        return State.UNDELIVERABLE
    return State.BLOCKED if traces.is_blocked else None
