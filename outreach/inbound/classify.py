"""What a message is, by what it says of itself: the order of tests of calendar.md, section 8.

Pure. The token comes first, then reports, then a calendar's reply; only then whether a program wrote it of its own accord,
for room mailboxes mark their replies so. What is left over is a person's, and for a person to read.
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


def classify(incoming: IncomingMessage, *, has_token: bool, is_our_own: bool) -> Sorted:
    """Say what the message is; a Classification where nothing need be looked up to know.

    `has_token`: it was sent to an address of ours. A report may also name its letter by Message-ID.
    """
    if not has_token and not (incoming.is_report and incoming.failures):
        return _look(InboundKind.OTHER, InboundReason.NO_TOKEN)
    if incoming.trouble:
        return _look(InboundKind.OTHER, InboundReason(incoming.trouble))
    replies = _events(incoming, "REPLY")
    if incoming.is_report or (incoming.failures and replies is None):
        return _report(incoming.failures)
    if is_our_own:
        return _nothing(InboundKind.AUTOMATIC, InboundReason.OUR_OWN)
    return _asked(InboundKind.REPLY, replies) if replies is not None else _no_reply(incoming)


def _no_reply(incoming: IncomingMessage) -> Sorted:
    if incoming.is_automatic:
        return _nothing(InboundKind.AUTOMATIC, InboundReason.AUTOMATIC)
    for method in ("COUNTER", "REFRESH"):
        events = _events(incoming, method)
        if events is not None:
            return _asked(_KINDS[method], events)
    if incoming.objects:
        return _nothing(InboundKind.OTHER, InboundReason.NOT_IMPORTED)
    return _look(InboundKind.OTHER, InboundReason.PERSON_WROTE)


def _report(failures: Sequence[Failure]) -> Sorted:
    """One letter went to one address, so one failure is all there is to know."""
    if not failures:
        return _nothing(InboundKind.AUTOMATIC, InboundReason.NO_FAILURE)
    kind = InboundKind.COMPLAINT if failures[0].kind is BounceKind.COMPLAINT else InboundKind.BOUNCE
    return Report(kind, failures[0])


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
