"""One entry as the iTIP object a calendar program understands (RFC 5545, 5546, 7986).

Pure: the same entry and method give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from enum import StrEnum
from functools import cache

from icalendar import Calendar, Conference, Event, vCalAddress, vText

from outreach.invitations.entry import Answer, Entry
from outreach.invitations.vtimezone import vtimezone
from outreach.wire import one_line, prose, uri

__all__ = ["Answer", "Entry", "Method", "compose"]

PRODID = "-//Outreach//Invitations//EN"
_CLOSING = b"END:VCALENDAR\r\n"
_OCTETS = 74  # in a line, so that one that goes on has 75 with its space


class Method(StrEnum):
    """What a calendar is asked to do; the same word stands in the MIME part (RFC 5546 1.4)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


def compose(entry: Entry, method: Method) -> bytes:
    """Write the calendar object: CRLF, folded at 75 octets, UTF-8, one VEVENT and the VTIMEZONE it needs.

    REQUEST and CANCEL name exactly one ATTENDEE and raise ValueError without; PUBLISH names none, and its UID
    is the caller's to choose (RFC 5546 3.2.1, 3.2.2, 3.2.5).
    """
    starts, _ends = entry.times
    block = b"" if starts.tzinfo is UTC else vtimezone(entry.zone, around=starts)
    return b"".join((_opening(method), block, *_lines(_event(entry, method)), _CLOSING))


# The frame and the zone's block are the same in thousands of letters: written once, they are half the time of composing.
@cache
def _opening(method: Method) -> bytes:
    calendar = Calendar()
    for name, value in (("version", "2.0"), ("prodid", PRODID), ("calscale", "GREGORIAN"), ("method", method.value)):
        calendar.add(name, value)
    return bytes(calendar.to_ical()).removesuffix(_CLOSING)


def _lines(event: Event) -> Iterator[bytes]:
    """Fold as icalendar does, which looks at every character: no character and no escape is cut in two (RFC 5545 3.1)."""
    for line in filter(None, event.content_lines()):
        rest = line.encode()
        while len(rest) > _OCTETS:
            end = _OCTETS
            while rest[end] & 0xC0 == 0x80:
                end -= 1
            end -= rest[end - 1] in b"\\^"
            yield rest[:end] + b"\r\n "
            rest = rest[end:]
        yield rest + b"\r\n"


def _event(entry: Entry, method: Method) -> Event:
    event = Event()
    _add_revision(event, entry)
    _add_times(event, entry)
    _add_story(event, entry)
    event.add("status", _status(entry, method))
    event.add("transp", "TRANSPARENT" if entry.transparent else "OPAQUE")
    event.add("organizer", _person(entry.organizer_name, entry.organizer_email))
    if method is not Method.PUBLISH:
        event.add("attendee", _attendee(entry))
    return event


def _add_revision(event: Event, entry: Entry) -> None:
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    for name, moment in (("dtstamp", entry.stamp), ("created", entry.created), ("last-modified", entry.last_modified)):
        event.add(name, moment.astimezone(UTC))


def _add_times(event: Event, entry: Entry) -> None:
    for name, moment in zip(("dtstart", "dtend"), entry.times, strict=True):
        if moment.tzinfo is UTC:
            event.add(name, moment)
        else:
            # Without its zone: icalendar would write Ghana's or Iceland's time as UTC, beside a VTIMEZONE nobody names.
            event.add(name, moment.replace(tzinfo=None), parameters={"TZID": entry.zone})


def _add_story(event: Event, entry: Entry) -> None:
    event.add("summary", _Text(one_line(entry.summary)))
    for name, text in (("description", entry.description), ("location", entry.location)):
        if text:
            event.add(name, _Text(prose(text)))
    if entry.url:
        event.add("url", uri(entry.url))
    if entry.conference_url:
        label = one_line(entry.conference_label) if entry.conference_label else None
        event.add("conference", Conference(uri(entry.conference_url), feature="VIDEO", label=label).to_uri())


def _status(entry: Entry, method: Method) -> str:
    if method is Method.CANCEL:
        return "CANCELLED"
    return "TENTATIVE" if entry.tentative else "CONFIRMED"


def _attendee(entry: Entry) -> vCalAddress:
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


class _Text(vText):
    r"""TEXT as RFC 5545 3.3.11 escapes it; icalendar's own takes a typed `\N`, as in "yes\No", for a line break."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()
