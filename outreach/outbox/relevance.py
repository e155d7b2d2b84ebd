"""Whether a letter that is due still says something true and useful.

Pure over the rows it is given: the letter with its mailbox, invitation and outreach session.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from outreach.models import Answer, Letter, LetterKind, SessionState

_ABOUT_THE_READER = frozenset({LetterKind.ACCOUNT, LetterKind.APPLICATION})
_REQUESTS = frozenset({LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED})
_FAREWELLS = frozenset({LetterKind.CANCELLED, LetterKind.REMOVED})
_IN_TIME_FOR_THE_START = frozenset({LetterKind.REMINDER, LetterKind.ROSTER, LetterKind.DECISION})


def why_out_of_date(letter: Letter, *, is_superseded: bool, now: datetime) -> str | None:
    """Give the reason not to send it, a word for the log; None: it may go.

    `is_superseded`: a later calendar object of the same invitation waits behind it, or a later reminder behind a reminder.
    """
    if is_superseded and letter.kind in _REQUESTS | _FAREWELLS | {LetterKind.REMINDER}:
        return "superseded"
    return next((reason for reason, holds in _REASONS if holds(letter, now)), None)


def _has_stopped(letter: Letter, _now: datetime) -> bool:
    return letter.mailbox.stopped_at is not None and letter.kind not in _ABOUT_THE_READER


def _is_refused(letter: Letter, _now: datetime) -> bool:
    """Nobody is there to read it, until the address is corrected or somebody says that it works."""
    return letter.mailbox.refused_at is not None and letter.kind not in _ABOUT_THE_READER


def _is_blocked(letter: Letter, _now: datetime) -> bool:
    return letter.mailbox.blocked_at is not None and letter.kind not in _ABOUT_THE_READER


def _takes_back_what_never_left(letter: Letter, _now: datetime) -> bool:
    invitation = letter.invitation
    return letter.kind in _FAREWELLS and letter.sequence is not None and invitation is not None and not invitation.has_left


def _is_over(letter: Letter, now: datetime) -> bool:
    """A session that is over needs no letter, unless its reader was given a time still to come; a wrong address is reported even then."""
    outreach_session = letter.outreach_session
    if outreach_session is None or letter.kind is LetterKind.WRONG_ADDRESS:
        return False
    if letter.kind in _IN_TIME_FOR_THE_START:
        return now >= outreach_session.starts_at
    was = letter.facts.get("was")
    return now >= outreach_session.ends_at and (was is None or now >= datetime.fromisoformat(was["ends_at"]))


def _invites_in_vain(letter: Letter, _now: datetime) -> bool:
    """The session was cancelled, or the last reason for this invitation has ended."""
    if letter.kind not in _REQUESTS | _IN_TIME_FOR_THE_START | {LetterKind.WAITING, LetterKind.NOTE, LetterKind.CONFIRM_ANSWER}:
        return False
    is_cancelled = letter.outreach_session is not None and letter.outreach_session.state == SessionState.CANCELLED
    return is_cancelled or (letter.invitation is not None and not letter.invitation.is_live)


def _reminds_in_vain(letter: Letter, now: datetime) -> bool:
    """They want none or declined, the session was moved, or its next reminder is due already."""
    if letter.kind is not LetterKind.REMINDER:
        return False
    wants_none = letter.mailbox.reminders_stopped_at is not None
    has_declined = letter.invitation is not None and letter.invitation.answer == Answer.DECLINED
    return wants_none or has_declined or _was_moved(letter) or _is_overtaken(letter, now)


def _asks_in_vain(letter: Letter, _now: datetime) -> bool:
    """It is decided meanwhile, or put off."""
    outreach_session = letter.outreach_session
    if letter.kind is not LetterKind.DECISION or outreach_session is None:
        return False
    sent = letter.facts.get("session", {}).get("decides_at")
    is_put_off = sent is None or datetime.fromisoformat(sent) != outreach_session.decides_at
    return not outreach_session.is_provisional or is_put_off


def _was_moved(letter: Letter) -> bool:
    sent = letter.facts.get("session", {}).get("starts_at")
    outreach_session = letter.outreach_session
    return sent is not None and outreach_session is not None and datetime.fromisoformat(sent) != outreach_session.starts_at


def _is_overtaken(letter: Letter, now: datetime) -> bool:
    """A late reminder is good until the next lead."""
    lead, outreach_session = letter.facts.get("lead_minutes"), letter.outreach_session
    if lead is None or outreach_session is None:
        return False
    later_leads = [other for other in outreach_session.reminder_leads if other < lead]
    return bool(later_leads) and now >= outreach_session.starts_at - timedelta(minutes=max(later_leads))


_REASONS: tuple[tuple[str, Callable[[Letter, datetime], bool]], ...] = (
    ("stopped", _has_stopped),
    ("refused", _is_refused),
    ("blocked", _is_blocked),
    ("never_left", _takes_back_what_never_left),
    ("over", _is_over),
    ("in_vain", _invites_in_vain),
    ("reminds_in_vain", _reminds_in_vain),
    ("asks_in_vain", _asks_in_vain),
)
