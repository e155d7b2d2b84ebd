"""Rules for when a letter that is due is no longer true or useful; each kind of letter names its rules.

Pure over the rows it is given: the letter with its mailbox, invitation and outreach session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.models import Answer, Letter, SessionState


@dataclass(frozen=True)
class OutOfDateRule:
    """`reason`: for the log. `applies`: whether a letter must not be sent now."""

    reason: str
    applies: Callable[[Letter, datetime], bool]


def _has_stopped(letter: Letter, _now: datetime) -> bool:
    return letter.mailbox.stopped_at is not None


def _is_undeliverable(letter: Letter, _now: datetime) -> bool:
    """The address fails, until it is corrected or somebody says that it works."""
    return letter.mailbox.undeliverable_at is not None


def _is_blocked(letter: Letter, _now: datetime) -> bool:
    return letter.mailbox.blocked_at is not None


def _takes_back_what_never_left(letter: Letter, _now: datetime) -> bool:
    invitation = letter.invitation
    return letter.sequence is not None and invitation is not None and not invitation.has_left


def _has_begun(letter: Letter, now: datetime) -> bool:
    return letter.outreach_session is not None and now >= letter.outreach_session.starts_at


def _is_over(letter: Letter, now: datetime) -> bool:
    """The session is over, and so is every time that may be in the reader's calendar: of before, and of when this was written."""
    if letter.outreach_session is None:
        return False
    names = ("was", "session") if letter.sequence is not None else ("was",)
    ends = [(letter.facts.get(name) or {}).get("ends_at") for name in names]
    known = [datetime.fromisoformat(one) for one in ends if one is not None]
    return now >= max([letter.outreach_session.ends_at, *known])


def _does_not_take_place(letter: Letter, _now: datetime) -> bool:
    """The session was cancelled, or nothing is left for which the reader was invited."""
    is_cancelled = letter.outreach_session is not None and letter.outreach_session.state == SessionState.CANCELLED
    return is_cancelled or (letter.invitation is not None and not letter.invitation.is_live)


def _wants_no_reminders(letter: Letter, _now: datetime) -> bool:
    return letter.mailbox.reminders_stopped_at is not None


def _has_declined(letter: Letter, _now: datetime) -> bool:
    return letter.invitation is not None and letter.invitation.answer == Answer.DECLINED


def _was_moved(letter: Letter, _now: datetime) -> bool:
    starts_at = letter.facts.get("session", {}).get("starts_at")
    outreach_session = letter.outreach_session
    return starts_at is not None and outreach_session is not None and datetime.fromisoformat(starts_at) != outreach_session.starts_at


def _is_next_reminder_due(letter: Letter, now: datetime) -> bool:
    """The next reminder of this session is due already."""
    lead, outreach_session = letter.facts.get("lead_minutes"), letter.outreach_session
    if lead is None or outreach_session is None:
        return False
    later_leads = [other for other in outreach_session.reminder_leads if other < lead]
    return bool(later_leads) and now >= outreach_session.starts_at - timedelta(minutes=max(later_leads))


def _is_decided(letter: Letter, _now: datetime) -> bool:
    """It was decided in the meantime, or has another decision time."""
    outreach_session = letter.outreach_session
    if outreach_session is None:
        return False
    decides_at = letter.facts.get("session", {}).get("decides_at")
    is_postponed = decides_at is None or datetime.fromisoformat(decides_at) != outreach_session.decides_at
    return not outreach_session.is_provisional or is_postponed


FAILS = (OutOfDateRule("undeliverable", _is_undeliverable), OutOfDateRule("blocked", _is_blocked))
UNREACHABLE = (OutOfDateRule("stopped", _has_stopped), *FAILS)
NEVER_LEFT = OutOfDateRule("never_left", _takes_back_what_never_left)
BEGUN = OutOfDateRule("begun", _has_begun)
OVER = OutOfDateRule("over", _is_over)
DOES_NOT_TAKE_PLACE = OutOfDateRule("does_not_take_place", _does_not_take_place)
REMINDERS_STOPPED = OutOfDateRule("reminders_stopped", _wants_no_reminders)
DECLINED = OutOfDateRule("declined", _has_declined)
MOVED = OutOfDateRule("moved", _was_moved)
NEXT_REMINDER_DUE = OutOfDateRule("next_reminder_due", _is_next_reminder_due)
DECIDED = OutOfDateRule("decided", _is_decided)
