"""One entry as the iTIP object a calendar program understands (RFC 5545, 5546, 7986), in lines of bytes.

Pure: the same entry and method give the same bytes. A hundred letters about one session share most lines: they are written once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from icalendar import Calendar, Conference, Event, vCalAddress, vDatetime, vText, vUri

from outreach.calendars.entry import CalendarEntry
from outreach.calendars.vtimezone import vtimezone
from outreach.mail import one_line, prose, uri

PRODID = "-//Outreach//Invitations//EN"
_CLOSING = b"END:VCALENDAR\r\n"


class Method(StrEnum):
    """What a calendar is asked to do; the same word is in the MIME part (RFC 5546 1.4)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


def compose(entry: CalendarEntry, method: Method) -> bytes:
    """Write the calendar object: CRLF, folded at 75 octets, UTF-8, one VEVENT and the VTIMEZONE it needs.

    REQUEST and CANCEL name exactly one ATTENDEE and raise ValueError without; PUBLISH names none, and its UID
    is the caller's to choose (RFC 5546 3.2.1, 3.2.2, 3.2.5).
    """
    starts, _ends = entry.times
    block = b"" if starts.tzinfo is UTC else vtimezone(entry.zone, around=starts)
    return b"".join((_opening(method), block, *_event(entry, method), _CLOSING))


# The frame and the zone's block are the same in thousands of letters: written once, they are half the time of composing.
@cache
def _opening(method: Method) -> bytes:
    calendar = Calendar()
    for name, value in (("version", "2.0"), ("prodid", PRODID), ("calscale", "GREGORIAN"), ("method", method.value)):
        calendar.add(name, value)
    return bytes(calendar.to_ical()).removesuffix(_CLOSING)


def _event(entry: CalendarEntry, method: Method) -> Iterator[bytes]:
    """Write the lines in icalendar's own order: each is its work, most are the same for all who are invited to a session."""
    yield b"BEGIN:VEVENT\r\n"
    yield text_line("SUMMARY", one_line(entry.summary))
    for name, moment in zip(("DTSTART", "DTEND"), entry.times, strict=True):
        yield time_line(name, moment, "" if moment.tzinfo is UTC else entry.zone)
    yield time_line("DTSTAMP", entry.stamp)
    yield content_line("UID", Text(entry.uid))
    yield text_line("SEQUENCE", str(entry.sequence))
    if method is not Method.PUBLISH:
        yield content_line("ATTENDEE", _attendee(entry))
    if entry.conference_url:
        label = one_line(entry.conference_label) if entry.conference_label else None
        yield content_line("CONFERENCE", Conference(uri(entry.conference_url), feature="VIDEO", label=label).to_uri())
    yield time_line("CREATED", entry.created)
    yield from _story(entry)
    yield content_line("ORGANIZER", _person(entry.organizer_name, entry.organizer_email))
    yield text_line("STATUS", _status(entry, method))
    yield text_line("TRANSP", "TRANSPARENT" if entry.transparent else "OPAQUE")
    if entry.url:
        yield content_line("URL", vUri(uri(entry.url)))
    yield b"END:VEVENT\r\n"


def _story(entry: CalendarEntry) -> Iterator[bytes]:
    if entry.description:
        yield text_line("DESCRIPTION", prose(entry.description))
    yield time_line("LAST-MODIFIED", entry.last_modified)
    if entry.location:
        yield text_line("LOCATION", prose(entry.location))


def _status(entry: CalendarEntry, method: Method) -> str:
    if method is Method.CANCEL:
        return "CANCELLED"
    return "TENTATIVE" if entry.tentative else "CONFIRMED"


def _attendee(entry: CalendarEntry) -> vCalAddress:
    if entry.attendee_email is None:
        raise ValueError(f"{entry.uid} has nobody to invite")
    person = _person(entry.attendee_name, entry.attendee_email)
    partstat = entry.answer.value.upper().replace("_", "-")
    # Without RSVP no program shows buttons; X-NUM-GUESTS is what Google writes itself.
    person.params.update({"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": partstat, "RSVP": "TRUE", "X-NUM-GUESTS": "0"})
    return person


def _person(name: str, address: str) -> vCalAddress:
    # In a mailto: URI a `%`, `?` or `#` of the address would mean something else (RFC 6068 2).
    person = vCalAddress("mailto:" + uri(address.replace("%", "%25").replace("?", "%3F").replace("#", "%23")))
    if cleaned := one_line(name):
        person.params["CN"] = cleaned
    return person


_OCTETS = 74  # in a line, so that one that goes on has 75 with its space
_ANY = Event()


@lru_cache(maxsize=1024)
def text_line(name: str, text: str) -> bytes:
    """Write a property whose value is TEXT."""
    return content_line(name, Text(text))


@lru_cache(maxsize=1024)
def time_line(name: str, moment: datetime, zone: str = "") -> bytes:
    """Write a moment on the clock of the zone; in UTC without one."""
    if not zone:
        return content_line(name, vDatetime(moment.astimezone(UTC)))
    # Without its tzinfo: icalendar would write Ghana's or Iceland's time as UTC, beside a VTIMEZONE nobody names.
    value = vDatetime(moment.replace(tzinfo=None))
    value.params["TZID"] = zone
    return content_line(name, value)


def content_line(name: str, value: Any) -> bytes:
    """Write a property from icalendar's value: CRLF, folded at 75 octets.

    Folded where icalendar folds, which looks at every character: no character and no escape is cut in two (RFC 5545 3.1).
    """
    rest: bytes = _ANY.content_line(name, value).encode()
    folded = b""
    while len(rest) > _OCTETS:
        end = _OCTETS
        while rest[end] & 0xC0 == 0x80:
            end -= 1
        end -= rest[end - 1] in b"\\^"
        folded += rest[:end] + b"\r\n "
        rest = rest[end:]
    return folded + rest + b"\r\n"


class Text(vText):
    r"""TEXT as RFC 5545 3.3.11 escapes it; icalendar's own takes a typed `\N`, as in "yes\No", for a line break."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()
