"""A letter taken apart, as a mail program would show it, with the card a calendar program shows for an invitation.

Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Any, cast

from icalendar import Calendar

_METHOD = re.compile(rb"^Content-Type: text/calendar;[^\r\n]*\bmethod=([A-Z]+)", re.MULTILINE | re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Summary:
    """A letter in a list. `method`: of its calendar object; empty if it has none."""

    name: str
    to: str
    subject: str
    sent_at: datetime
    method: str


@dataclass(frozen=True)
class Reading:
    """A whole letter. `card`: what a calendar program shows; None if it has no calendar object."""

    summary: Summary
    sender: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    card: EventCard | None


def summary_of(name: str, message: bytes) -> Summary:
    """Read the headers alone."""
    return _summary(name, message, BytesHeaderParser(policy=default).parsebytes(message))


def read(name: str, message: bytes) -> Reading:
    """Read all of it."""
    letter = message_from_bytes(message, policy=default)
    return Reading(
        summary=_summary(name, message, letter),
        sender=str(letter["From"] or ""),
        headers=tuple((key, str(value)) for key, value in letter.items()),
        text=_body(letter, "plain"),
        html=_HEAD.sub(lambda head: head.group() + '<base target="_blank">', _body(letter, "html"), count=1),
        card=_card(letter),
    )


def _summary(name: str, message: bytes, headers: EmailMessage) -> Summary:
    method = _METHOD.search(message)
    date = getattr(headers["Date"], "datetime", None)
    return Summary(
        name=name,
        to=str(headers["To"] or ""),
        subject=str(headers["Subject"] or ""),
        sent_at=date.astimezone(UTC) if date else datetime.fromtimestamp(0, UTC),
        method=method.group(1).decode().upper() if method else "",
    )


def _body(letter: EmailMessage, subtype: str) -> str:
    part = letter.get_body((subtype,))
    return str(part.get_content()) if part is not None else ""


def _card(letter: EmailMessage) -> EventCard | None:
    parts = (part for part in letter.walk() if part.get_content_type() == "text/calendar")
    return next((card_of(cast(bytes, part.get_payload(decode=True))) for part in parts), None)


@dataclass(frozen=True)
class EventCard:
    """The content of the calendar object. Wall times are naive, in `zone`."""

    method: str
    summary: str
    starts_wall: datetime
    ends_wall: datetime
    zone: str
    location: str
    description: str
    uid: str
    sequence: int
    status: str
    attendee: str
    organizer: str


def card_of(calendar: bytes) -> EventCard | None:
    """Read the one event of the object; None if it has none."""
    try:
        whole = Calendar.from_ical(calendar)
        event = next(iter(whole.walk("VEVENT")))
    except (ValueError, StopIteration):
        return None
    return _event_card(str(whole.get("METHOD", "")), event)


def _event_card(method: str, event: Any) -> EventCard:
    starts = event["DTSTART"]
    return EventCard(
        method=method,
        summary=str(event.get("SUMMARY", "")),
        starts_wall=starts.dt.replace(tzinfo=None),
        ends_wall=event["DTEND"].dt.replace(tzinfo=None),
        zone=str(starts.params.get("TZID", "UTC")),
        location=str(event.get("LOCATION", "")),
        description=str(event.get("DESCRIPTION", "")),
        uid=str(event.get("UID", "")),
        sequence=int(event.get("SEQUENCE", 0)),
        status=str(event.get("STATUS", "")),
        attendee=_address(event.get("ATTENDEE")),
        organizer=_address(event.get("ORGANIZER")),
    )


def _address(person: object) -> str:
    return str(person or "").removeprefix("mailto:")
