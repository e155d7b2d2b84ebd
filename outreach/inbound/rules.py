"""Whether a calendar's reply, proposal or request counts: calendar.md, section 8, tests 4 to 7.

Pure. The token has named the mailbox, the UID an invitation of that mailbox; the rest is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from outreach.inbound.parsing.message import Event
from outreach.inbound.reasons import InboundReason
from outreach.models import Answer, InboundOutcome

ANSWERS = {"ACCEPTED": Answer.ACCEPTED, "TENTATIVE": Answer.TENTATIVE, "DECLINED": Answer.DECLINED, "DELEGATED": Answer.NEEDS_ACTION}
_PLAUSIBLE = timedelta(days=3660)


@dataclass(frozen=True, kw_only=True)
class InvitationState:
    """The present state of an invitation. `address`: whose it is, in lower case.

    `is_coming`: it is in the calendar, and the session takes place and isn't over. `is_over`: the session was in the past.
    `answer_stamp`: when the reply that holds was made. `was_taken`: one with this SEQUENCE and DTSTAMP has come before.
    `starts_at`: of the session. `is_from_another`: the message came from another address, and nothing proves whose that is.
    """

    address: str
    sequence: int
    answers_since: int
    is_coming: bool
    is_over: bool
    answer_stamp: datetime | None
    was_taken: bool
    starts_at: datetime | None = None
    is_from_another: bool = False


@dataclass(frozen=True)
class ReplyDecision:
    """What to make of it. `answer`: what was said, None where nothing was."""

    outcome: InboundOutcome
    reason: InboundReason
    answer: Answer | None = None


def decide_reply(event: Event, state: InvitationState, *, now: datetime) -> ReplyDecision:
    """Judge a REPLY. Only what is APPLIED changes the answer; HISTORY is remembered, but for what another address answered."""
    event = _of_one_attendee(event, state)
    if (trouble := _attendee_trouble(event)) is not None:
        return _look(trouble)
    answer, another_time = ANSWERS.get(event.attendees[0].partstat), _of_another_time(event, state)
    if answer is None:
        return _nothing(InboundReason.NO_ANSWER)
    if not _is_theirs(event, state):
        return _nothing(InboundReason.OTHER_ATTENDEE) if another_time else _history(InboundReason.OTHER_ATTENDEE, answer)
    if state.is_from_another:
        return _nothing(InboundReason.OTHER_SENDER) if another_time else _history(InboundReason.OTHER_SENDER, answer)
    if state.was_taken:
        return _nothing(InboundReason.REPLAYED)
    return replace(another_time, answer=answer) if another_time else _of_this_time(event, state, answer, now)


def decide_request(event: Event, state: InvitationState, *, reason: InboundReason) -> ReplyDecision:
    """Judge a COUNTER or a REFRESH; `reason` is what is said of one that counts. Only the invited address may ask.

    A REFRESH asks for the present state, so it may know of an older time, or of a session that was cancelled.
    """
    if (trouble := _attendee_trouble(event)) is not None:
        return _look(trouble)
    if not _is_theirs(event, state):
        return _look(InboundReason.OTHER_ATTENDEE)
    if state.is_from_another:
        return _look(InboundReason.OTHER_SENDER)
    if reason is not InboundReason.SENT_AGAIN:
        return _of_another_time(event, state) or ReplyDecision(InboundOutcome.APPLIED, reason)
    return _history(InboundReason.OVER) if state.is_over else ReplyDecision(InboundOutcome.APPLIED, reason)


def proposed(event: Event, *, length: timedelta, now: datetime) -> tuple[datetime, datetime] | None:
    """Give the time a COUNTER proposes, as long as the session (`length`) where it says no end.

    None where it can't be read, or isn't one that anybody could mean.
    """
    if event.starts is None or abs(event.starts - now) > _PLAUSIBLE:
        return None
    ends = event.ends or event.starts + length
    return (event.starts, ends) if event.starts <= ends < now + _PLAUSIBLE else None


def made_at(event: Event, *, now: datetime) -> datetime:
    """Give DTSTAMP, but never the future: a clock that runs ahead would keep every later answer out."""
    return min(event.stamp, now) if event.stamp else now


def _of_one_attendee(event: Event, state: InvitationState) -> Event:
    """Leave out the person an invitation was passed on to: the invited one has not answered then (RFC 5546 3.2.2.3)."""
    mine = [one for one in event.attendees if one.address.casefold() == state.address.casefold()]
    others = [one for one in event.attendees if one not in mine]
    if len(mine) != 1 or not all(one.delegated_from.casefold() == state.address.casefold() for one in others):
        return event
    said = mine[0].partstat
    if others and said not in ANSWERS:
        said = "DELEGATED"
    return replace(event, attendees=(replace(mine[0], partstat=said),))


def _attendee_trouble(event: Event) -> InboundReason | None:
    """A reply has exactly one ATTENDEE, whoever that is (RFC 5546 3.2.3)."""
    if len(event.attendees) > 1:
        return InboundReason.SEVERAL_ATTENDEES
    return None if event.attendees and event.attendees[0].address else InboundReason.NO_ATTENDEE


def _is_theirs(event: Event, state: InvitationState) -> bool:
    return event.attendees[0].address.casefold() == state.address.casefold()


def _of_this_time(event: Event, state: InvitationState, answer: Answer, now: datetime) -> ReplyDecision:
    if not _is_newer(event, state, now):
        return _history(InboundReason.OLDER, answer)
    return ReplyDecision(
        InboundOutcome.APPLIED, InboundReason.PASSED_ON if answer is Answer.NEEDS_ACTION else InboundReason.ANSWERED, answer
    )


def _of_another_time(event: Event, state: InvitationState) -> ReplyDecision | None:
    if not state.is_coming:
        return _history(InboundReason.OVER)
    if event.has_recurrence_id:
        return _history(InboundReason.ONE_MEETING)
    if _is_of_this_time(event, state):
        return None
    if event.sequence < state.answers_since:
        return _history(InboundReason.OLD_TIME)
    return _nothing(InboundReason.NEWER_THAN_OURS) if event.sequence > state.sequence else None


def _is_of_this_time(event: Event, state: InvitationState) -> bool:
    """Say whether the time in the answer is the session's, where its SEQUENCE says nothing: none, or one its program raised."""
    says_nothing = not event.has_sequence or event.sequence > state.sequence
    return says_nothing and event.starts is not None and event.starts == state.starts_at


def _is_newer(event: Event, state: InvitationState, now: datetime) -> bool:
    """Ties of SEQUENCE are broken by DTSTAMP (RFC 5546 2.1.5); without one only the first reply counts."""
    if state.answer_stamp is None:
        return True
    return event.stamp is not None and made_at(event, now=now) > state.answer_stamp


def _history(reason: InboundReason, answer: Answer | None = None) -> ReplyDecision:
    return ReplyDecision(InboundOutcome.HISTORY, reason, answer)


def _nothing(reason: InboundReason) -> ReplyDecision:
    return ReplyDecision(InboundOutcome.IGNORED, reason)


def _look(reason: InboundReason) -> ReplyDecision:
    return ReplyDecision(InboundOutcome.QUARANTINED, reason)
