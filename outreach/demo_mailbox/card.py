"""The card that a calendar program shows for an invitation, read from the letter with a calendar library.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icalendar import Calendar


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
    return _card(str(whole.get("METHOD", "")), event)


def _card(method: str, event: Any) -> EventCard:
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
