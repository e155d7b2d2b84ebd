"""What a message is, by what it says of itself: the order of tests of calendar.md, section 8.

Pure. The token comes first, then reports, then what a calendar answers, proposes or asks; only then whether a program wrote it
of its own accord, for some mark such messages so. What is left over is a person's, and for a person to read, whatever is attached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from outreach.inbound.parsing.message import Event, Failure, IncomingMessage
from outreach.inbound.reasons import InboundReason
from outreach.models import BounceKind, InboundKind, InboundOutcome

_KINDS = {"COUNTER": InboundKind.COUNTER, "REFRESH": InboundKind.REFRESH}


@dataclass(frozen=True)
class Classification:
    """What a message is, what was made of it, and why."""

    kind: InboundKind
    outcome: InboundOutcome
    reason: InboundReason


@dataclass(frozen=True)
class Done:
    """What was made of a message, and whom it was about."""

    classification: Classification
    mailbox_id: int | None = None
    invitation_id: int | None = None
    letter_id: int | None = None
    has_words: bool = False


@dataclass(frozen=True)
class Report:
    """A letter didn't arrive, or wasn't wanted."""

    kind: InboundKind
    failure: Failure


@dataclass(frozen=True)
class CalendarRequest:
    """A calendar answers, proposes or asks: REPLY, COUNTER or REFRESH, about one event."""

    kind: InboundKind
    event: Event


Sorted: TypeAlias = Classification | Report | CalendarRequest


def classify(incoming: IncomingMessage, *, has_token: bool, is_our_own: bool, is_bounce_address: bool = False) -> Sorted:
    """Say what the message is; a Classification where nothing need be looked up to know.

    `has_token`: it was sent to an address of ours. A report may also name its letter by Message-ID. `is_bounce_address`: it was
    sent to the envelope sender of a letter, where only programs write.
    """
    if not has_token and not (incoming.is_report and incoming.failures):
        return _look(InboundKind.OTHER, InboundReason.NO_TOKEN)
    if incoming.trouble:
        return _look(InboundKind.OTHER, InboundReason(incoming.trouble))
    replies = _events(incoming, "REPLY")
    if incoming.is_report or (incoming.failures and replies is None):
        return _report(incoming)
    if is_our_own:
        return _nothing(InboundKind.AUTOMATIC, InboundReason.OUR_OWN)
    return _asked(InboundKind.REPLY, replies) if replies is not None else _no_reply(incoming, is_bounce_address=is_bounce_address)


def _no_reply(incoming: IncomingMessage, *, is_bounce_address: bool) -> Sorted:
    for method in ("COUNTER", "REFRESH"):
        events = _events(incoming, method)
        if events is not None and (incoming.is_generated or not incoming.is_automatic):
            return _asked(_KINDS[method], events)
    if (incoming.is_automatic and not incoming.outlook_answer) or (is_bounce_address and incoming.is_away_note):
        return _automatic(incoming, is_bounce_address=is_bounce_address)
    if is_bounce_address and incoming.is_from_server:
        return _look(InboundKind.BOUNCE, InboundReason.UNCLEAR_REPORT)
    if incoming.outlook_answer:
        return _look(InboundKind.REPLY, InboundReason(f"outlook_{incoming.outlook_answer.lower()}"))
    if incoming.objects and not incoming.has_words:
        return _nothing(InboundKind.OTHER, InboundReason.NOT_IMPORTED)
    return _look(InboundKind.OTHER, InboundReason.PERSON_WROTE)


def _automatic(incoming: IncomingMessage, *, is_bounce_address: bool) -> Sorted:
    """A note that somebody is away means nothing. What else a server wrote, or came where bounces come, is one that we can't read."""
    if (is_bounce_address or incoming.is_from_server) and not incoming.is_away_note:
        return _look(InboundKind.BOUNCE, InboundReason.UNCLEAR_REPORT)
    return _nothing(InboundKind.AUTOMATIC, InboundReason.AUTOMATIC)


def _report(incoming: IncomingMessage) -> Sorted:
    """One letter went to one address, so one failure is all there is to know. A report that nobody can read is for a person."""
    if incoming.is_unclear:
        return _look(InboundKind.BOUNCE, InboundReason.UNCLEAR_REPORT)
    if not incoming.failures:
        return _nothing(InboundKind.AUTOMATIC, InboundReason.NO_FAILURE)
    failure = incoming.failures[0]
    kind = InboundKind.COMPLAINT if failure.kind is BounceKind.COMPLAINT else InboundKind.BOUNCE
    return Report(kind, failure)


def _events(incoming: IncomingMessage, method: str) -> tuple[Event, ...] | None:
    """Give the events of this method, each once: the same object comes inline and attached; None: there is no such object."""
    objects = [one for one in incoming.objects if one.method == method]
    return tuple(dict.fromkeys(event for one in objects for event in one.events)) if objects else None


def _asked(kind: InboundKind, events: Sequence[Event]) -> Sorted:
    """Our events never recur: besides single meetings of a series there may be one event, no more."""
    whole = [event for event in events if not event.has_recurrence_id] or events[:1]
    if not whole:
        return _look(kind, InboundReason.NO_EVENT)
    if len(whole) > 1 or len({event.uid for event in events}) > 1:
        return _look(kind, InboundReason.SEVERAL_EVENTS)
    return CalendarRequest(kind, whole[0])


def _look(kind: InboundKind, reason: InboundReason) -> Classification:
    return Classification(kind, InboundOutcome.QUARANTINED, reason)


def _nothing(kind: InboundKind, reason: InboundReason) -> Classification:
    return Classification(kind, InboundOutcome.IGNORED, reason)
