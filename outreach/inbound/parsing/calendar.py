"""The calendar objects of a message, read as leniently as programs write them (RFC 5545, 5546).

Pure. Only the lines that say who answers what are read, line by line: nothing is expanded, no zone is taken from a message,
and no ORGANIZER, alarm, SUMMARY or foreign property can stop us.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from outreach.inbound.parsing.event_lines import EventLines
from outreach.inbound.parsing.message import CalendarObject
from outreach.inbound.parsing.mime import Part, parameter
from outreach.mail.sanitize import one_line

CALENDAR_TYPES = {"text/calendar", "application/ics"}
MAX_EVENTS = 10
_MAX_DEPTH = 10

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
        if leaf.type in CALENDAR_TYPES:
            drafts, has_more = _drafts(_text(leaf.content))
            found.has_more |= has_more
            found.is_malformed |= not drafts
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
    """Decode and unfold (RFC 5545 3.1). Every program writes UTF-8; what isn't is read as Western, for a comment's sake."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return _TORN.sub("", _FOLD.sub("", text.replace("\r", "")))


def _once(objects: list[CalendarObject]) -> list[CalendarObject]:
    """Leave out what was said before, and the copy of which only the other part names the method."""
    named = {object_.events for object_ in objects if object_.method}
    return [object_ for object_ in dict.fromkeys(objects) if object_.method or object_.events not in named]
