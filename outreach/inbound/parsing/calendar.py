"""The calendar objects of a message, read as leniently as programs write them (RFC 5545, 5546).

Pure. The first of each property counts; a line that can't be read says nothing. Zones are known by name only, IANA's or
Windows'; a VTIMEZONE in a message is never believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from icalendar.parser import Contentline, Parameters
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from outreach.inbound.parsing.message import Attendee, CalendarObject, Event
from outreach.inbound.parsing.mime import Part, file_name, parameter
from outreach.mail import one_line, plain_address, prose

_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z?)", re.ASCII | re.IGNORECASE)

_NUMBER = re.compile("[0-9]{1,9}")

_MAX_ATTENDEES = 50
_MAX_LINE = 4000
_MAX_COMMENT = 500


@dataclass
class EventLines:
    """The first line of each property, and the first attendees."""

    properties: dict[str, tuple[Parameters, str]] = field(default_factory=dict)
    attendees: list[tuple[Parameters, str]] = field(default_factory=list)

    def take(self, name: str, line: str) -> None:
        """Remember what this line says; one that can't be read says nothing."""
        if name in self.properties or len(self.attendees) == _MAX_ATTENDEES:
            return
        with suppress(ValueError):
            _, parameters, value = _parts(line[:_MAX_LINE])
            if name == "ATTENDEE":
                self.attendees.append((parameters, value))
            elif value:
                self.properties[name] = (parameters, value)

    def event(self) -> Event:
        """Give what was said."""
        sequence = self.value("SEQUENCE").strip()
        return Event(
            uid=one_line(self.value("UID"))[:255],
            sequence=int(sequence) if (has_sequence := bool(_NUMBER.fullmatch(sequence))) else 0,
            stamp=self.moment("DTSTAMP", naive_is_utc=True),
            attendees=tuple(_attendee(parameters, value) for parameters, value in self.attendees),
            has_recurrence_id="RECURRENCE-ID" in self.properties,
            comment=prose(self.comment())[:_MAX_COMMENT].strip(),
            starts=self.moment("DTSTART"),
            ends=self.moment("DTEND"),
            has_sequence=has_sequence,
        )

    def value(self, name: str) -> str:
        """Give the value of a property; "" without it."""
        return self.properties[name][1] if name in self.properties else ""

    def moment(self, name: str, *, naive_is_utc: bool = False) -> datetime | None:
        """Give the moment a property says."""
        if name not in self.properties:
            return None
        parameters, value = self.properties[name]
        return read_moment(value, zone=_one(parameters, "TZID"), naive_is_utc=naive_is_utc)

    def comment(self) -> str:
        """Give what somebody said with the answer: Exchange writes COMMENT, Google a parameter of the attendee."""
        comments = [self.value("COMMENT"), self.value("X-RESPONSE-COMMENT")]
        comments += [_one(parameters, "X-RESPONSE-COMMENT") for parameters, _ in self.attendees]
        return next(filter(None, comments), "")


CALENDAR_TYPES = {"text/calendar", "application/ics"}
MAX_EVENTS = 10
_MAX_DEPTH = 10

_LINE_ENDS = re.compile(r"[\r\n]+")
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"B\x00": "utf-16-le", b"\x00B": "utf-16-be"}
_FOLD = re.compile(r"\n[ \t]")
# What begins no property was torn off the line before by a relay that wraps lines.
_TORN = re.compile(r"\n(?![A-Za-z0-9-]{1,60}[;:])")
_TOLD = re.compile(
    r"^(BEGIN|END|METHOD|UID|SEQUENCE|DTSTAMP|ATTENDEE|RECURRENCE-ID|COMMENT|X-RESPONSE-COMMENT|DTSTART|DTEND)[;:](.*)$",
    re.IGNORECASE | re.MULTILINE,
)

_CALENDAR = ["VCALENDAR"]
_EVENT = ["VCALENDAR", "VEVENT"]


@dataclass
class CalendarsFound:
    """The objects of one part or message, whether events were left out, and whether something couldn't be read."""

    objects: list[CalendarObject] = field(default_factory=list)
    has_more: bool = False
    is_malformed: bool = False


def calendars_of(leaves: Iterable[Part]) -> CalendarsFound:
    """Give the objects of all parts: one that came inline and as a file once."""
    found = CalendarsFound()
    for leaf in leaves:
        is_declared = leaf.type in CALENDAR_TYPES
        if is_declared or file_name(leaf.headers).lower().endswith(".ics"):
            drafts, has_more = _drafts(_text(leaf.content))
            found.has_more |= has_more
            found.is_malformed |= is_declared and not drafts
            found.objects += [draft.object(parameter(leaf.headers, "method")) for draft in drafts]
    found.objects = _once(found.objects)
    while sum(len(object_.events) for object_ in found.objects) > MAX_EVENTS:
        found.objects.pop()
        found.has_more = True
    return found


@dataclass
class _DraftCalendar:
    """One VCALENDAR while its lines go by."""

    method: str = ""
    events: list[EventLines] = field(default_factory=list)

    def take(self, name: str, line: str) -> None:
        """Remember the method."""
        if name == "METHOD" and not self.method:
            self.method = line.partition(":")[2]

    def object(self, method_of_part: str) -> CalendarObject:
        """Give what was said."""
        method = one_line((self.method or method_of_part)[:40]).upper()
        return CalendarObject(method=method, events=tuple(event.event() for event in self.events))


def _drafts(text: str) -> tuple[list[_DraftCalendar], bool]:
    """Read line by line; say whether there was more than we read.

    METHOD counts right below VCALENDAR, all else right below VEVENT, and not in an alarm within.
    """
    found: list[_DraftCalendar] = []
    inside: list[str] = []
    for line in _TOLD.finditer(text):
        name, value = line[1].upper(), line[2].strip().upper()
        if name == "BEGIN":
            inside.append(value)
            if not _begin(found, inside):
                return found, True
        elif name == "END":
            if value in inside:
                del inside[_last(inside, value) :]
        elif inside in (_CALENDAR, _EVENT):
            open_one = found[-1] if inside == _CALENDAR else found[-1].events[-1]
            open_one.take(name, line[0])
    return found, False


def _begin(found: list[_DraftCalendar], inside: list[str]) -> bool:
    """Make room for what begins; say whether it wasn't one too many."""
    if inside == _CALENDAR:
        found.append(_DraftCalendar())
    elif inside == _EVENT:
        found[-1].events.append(EventLines())
        if sum(len(calendar.events) for calendar in found) > MAX_EVENTS:
            found[-1].events.pop()
            return False
    return len(found) <= MAX_EVENTS and len(inside) <= _MAX_DEPTH


def _last(inside: list[str], value: str) -> int:
    return len(inside) - 1 - inside[::-1].index(value)


def _text(content: bytes) -> str:
    """Decode and unfold (RFC 5545 3.1). Lines may end in a carriage return alone, or twice.

    Nearly every program writes UTF-8, a few UTF-16; what is neither is read as Western, for a comment's sake.
    """
    begin = content.lstrip(b"\r\n")
    if encoding := _UTF_16.get(begin[:2]):
        text = begin.decode(encoding, "replace").lstrip("\ufeff")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    return _TORN.sub("", _FOLD.sub("", _LINE_ENDS.sub("\n", text)))


def _once(objects: list[CalendarObject]) -> list[CalendarObject]:
    """Leave out what was said before, and the copy of which only the other part names the method."""
    named = {object_.events for object_ in objects if object_.method}
    return [object_ for object_ in dict.fromkeys(objects) if object_.method or object_.events not in named]


def _parts(line: str) -> tuple[str, Parameters, str]:
    return Contentline(line).parts()  # type: ignore[no-untyped-call]  # its __new__ has no types


def _attendee(parameters: Parameters, value: str) -> Attendee:
    """Read the calendar address; Apple may put its own URI there and the address into EMAIL (RFC 7986 6.2)."""
    address = _address(value) or _address(_one(parameters, "EMAIL"))
    partstat = one_line(_one(parameters, "PARTSTAT"))[:40].upper()
    return Attendee(address=address, partstat=partstat, delegated_from=_address(_one(parameters, "DELEGATED-FROM")))


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


def read_moment(value: str, *, zone: str = "", naive_is_utc: bool = False) -> datetime | None:
    """Give the moment, aware, in UTC; None for a date, a floating time, a zone we don't know, or rubbish.

    `naive_is_utc`: for DTSTAMP, which must be in UTC (3.8.7.2): where its Z is missing, it was forgotten.
    """
    read = _MOMENT.fullmatch(value.strip())
    tzinfo = UTC if read and read[7] else _zone(zone) or (UTC if naive_is_utc else None)
    if read is None or tzinfo is None:
        return None
    year, month, day, hour, minute, second = (int(digits) for digits in read.groups()[:6])
    try:
        # a leap second is 60, which datetime doesn't know
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=tzinfo).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name: str) -> ZoneInfo | None:
    """Give the zone: by IANA's name, also behind a prefix such as `/mozilla.org/20070129_1/`, or by Windows'."""
    parts = name.strip().strip('"').split("/")[-4:]
    candidates = ["/".join(parts[first:]) for first in range(len(parts))]
    known = next((candidate for candidate in candidates if candidate in _names()), None) or WINDOWS_TO_OLSON.get(parts[-1])
    return ZoneInfo(known) if known else None


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
