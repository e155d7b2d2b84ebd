"""A message that came in, as facts: what `reading` finds in it and the use cases act on.

Pure. Everything here was written by a stranger: nothing of it is proof of anything but the tokens in `recipients`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.models import BounceKind

TOO_LARGE, TOO_MANY_PARTS, TOO_MANY_EVENTS, MALFORMED = "too_large", "too_many_parts", "too_many_events", "malformed"


@dataclass(frozen=True, kw_only=True)
class Attendee:
    """One ATTENDEE. `address`: in lower case, without `mailto:`, percent-decoded; "" where it can't be one.

    `partstat`: PARTSTAT in upper case as given; "" where there is none. `delegated_from`: who passed it on to
    them, "" where nobody did.
    """

    address: str
    partstat: str
    delegated_from: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One VEVENT. Moments are aware, in UTC; None where missing or unreadable.

    `sequence`: 0 where missing (RFC 5545 3.8.7.4); then `has_sequence` says so.
    `comment`: COMMENT or X-RESPONSE-COMMENT as plain text, at most 500 characters. `starts` and `ends` count in a COUNTER; in a
    REPLY `starts` says which time is meant where SEQUENCE doesn't.
    """

    uid: str
    sequence: int
    stamp: datetime | None
    attendees: tuple[Attendee, ...]
    has_recurrence_id: bool
    comment: str
    starts: datetime | None
    ends: datetime | None
    has_sequence: bool = True


@dataclass(frozen=True, kw_only=True)
class CalendarObject:
    """One VCALENDAR. `method`: in upper case, from METHOD inside, else the part's parameter, else ""."""

    method: str
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A letter that didn't arrive, or a complaint. `status`: enhanced code such as "5.1.1", "" where none was given.

    `words`: what the server said, one line, at most 500 characters. `message_id`: of the returned letter, with its brackets.
    """

    kind: BounceKind
    status: str
    words: str
    message_id: str | None


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """One message. `digest`: SHA-256 in hexadecimal; `size`: bytes.

    `sender`: the address in From, in lower case; `from_domain`: what follows its `@`; "" where From names none, or several.
    `recipients`: the address it was delivered to first, then Delivered-To, X-Original-To, Envelope-To, To and Cc, in lower case.
    `authentication`: Authentication-Results headers unfolded, topmost first.
    `is_automatic`: a program wrote it of its own accord (RFC 3834). A calendar's reply may be that too.
    `failures`: letters that didn't arrive, complaints; what was delayed or arrived is none.
    `is_report`: it reports of a letter: a delivery status, a receipt, a complaint, or words that it is late. `is_unclear`: nobody
    can tell what. `is_from_server`: From names a mail server. `is_away_note`: somebody is away, says their program.
    `is_generated`: a program wrote it, and not to answer a message: calendar servers mark what a person asked them to send so.
    `has_words`: it has text that isn't quoted. A calendar's own text is that too, so it says little of a REPLY.
    `outlook_answer`: what Outlook's own format says, PARTSTAT or "UNKNOWN"; "" where there is none.
    `trouble`: "", or the limit it broke, or "malformed"; what was found up to there is given all the same.
    """

    digest: str
    size: int
    message_id: str | None
    sender: str
    subject: str
    from_domain: str
    recipients: tuple[str, ...]
    authentication: tuple[str, ...]
    is_automatic: bool
    objects: tuple[CalendarObject, ...]
    failures: tuple[Failure, ...]
    is_report: bool
    is_unclear: bool = False
    is_from_server: bool = False
    is_away_note: bool = False
    outlook_answer: str = ""
    has_words: bool = False
    is_generated: bool = False
    trouble: str
