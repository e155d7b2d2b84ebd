"""What the lines of one VEVENT say, taken as they come (RFC 5545 3.8).

Pure. The first of each property counts; a line that can't be read says nothing.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from icalendar.parser import Contentline, Parameters

from outreach.inbound.parsing.date_times import read_moment
from outreach.inbound.parsing.message import Attendee, Event
from outreach.mail.sanitize import one_line, plain_address, prose

_MAX_ATTENDEES = 50
_MAX_LINE = 4000
_MAX_COMMENT = 500


@dataclass
class EventLines:
    """The first line of each property, and the first attendees."""

    facts: dict[str, tuple[Parameters, str]] = field(default_factory=dict)
    attendees: list[tuple[Parameters, str]] = field(default_factory=list)

    def take(self, name: str, line: str) -> None:
        """Remember what this line says; one that can't be read says nothing."""
        if name in self.facts or len(self.attendees) == _MAX_ATTENDEES:
            return
        with suppress(ValueError):
            _, parameters, value = _parts(line[:_MAX_LINE])
            if name == "ATTENDEE":
                self.attendees.append((parameters, value))
            elif value:
                self.facts[name] = (parameters, value)

    def event(self) -> Event:
        """Give what was said."""
        sequence = self.value("SEQUENCE").strip()
        return Event(
            uid=one_line(self.value("UID"))[:255],
            sequence=int(sequence) if re.fullmatch("[0-9]{1,9}", sequence) else 0,
            stamp=self.moment("DTSTAMP", naive_is_utc=True),
            attendees=tuple(_attendee(parameters, value) for parameters, value in self.attendees),
            has_recurrence_id="RECURRENCE-ID" in self.facts,
            comment=prose(self.comment())[:_MAX_COMMENT].strip(),
            starts=self.moment("DTSTART"),
            ends=self.moment("DTEND"),
        )

    def value(self, name: str) -> str:
        """Give the value of a property; "" without it."""
        return self.facts[name][1] if name in self.facts else ""

    def moment(self, name: str, *, naive_is_utc: bool = False) -> datetime | None:
        """Give the moment a property says."""
        if name not in self.facts:
            return None
        parameters, value = self.facts[name]
        return read_moment(value, zone=_one(parameters, "TZID"), naive_is_utc=naive_is_utc)

    def comment(self) -> str:
        """Give what somebody said with the answer: Exchange writes COMMENT, Google a parameter of the attendee."""
        said = [self.value("COMMENT"), self.value("X-RESPONSE-COMMENT")]
        said += [_one(parameters, "X-RESPONSE-COMMENT") for parameters, _ in self.attendees]
        return next(filter(None, said), "")


def _parts(line: str) -> tuple[str, Parameters, str]:
    return Contentline(line).parts()  # type: ignore[no-untyped-call]  # its __new__ has no types


def _attendee(parameters: Parameters, value: str) -> Attendee:
    """Read the calendar address; Apple may put its own URI there and the address into EMAIL (RFC 7986 6.2)."""
    address = _address(value) or _address(_one(parameters, "EMAIL"))
    return Attendee(address=address, partstat=one_line(_one(parameters, "PARTSTAT"))[:40].upper())


def _address(value: str) -> str:
    """Give the address of a mailto: URI (RFC 6068 2), or a bare one; "" for what is neither."""
    bare = re.sub(r"^\s*mailto:", "", value, flags=re.IGNORECASE).partition("?")[0]
    try:
        return plain_address(unquote(bare).strip().lower())
    except ValueError:
        return ""


def _one(parameters: Parameters, name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0]) if isinstance(value, list) and value else str(value)
