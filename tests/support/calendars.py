"""What mail programs make of the letters that arrive: each read by two libraries that aren't ours, and calendars replayed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cached_property
from typing import Any

from icalendar import Calendar

from tests.support.calendar_entries import read_event


@dataclass(frozen=True)
class Mail:
    """One letter and the address the server was told."""

    recipient: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The letter as Python reads it."""
        return message_from_bytes(self.raw, policy=policy.default)

    @cached_property
    def ics(self) -> bytes | None:
        """The calendar object, if it has one: the part that calendars read, not the attachment."""
        for part in message_from_bytes(self.raw).walk():  # by the policy of old, which is five times as fast
            if part.get_content_type() == "text/calendar":
                content: bytes = part.get_payload(decode=True)  # type: ignore[assignment]  # bytes, as it is no multipart
                assert part.get_param("method").encode() == re.findall(rb"^METHOD:(.*)\r$", content, re.MULTILINE)[0]  # type: ignore[union-attr]
                return content
        return None

    @cached_property
    def text(self) -> str:
        """The letter as plain text."""
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    @cached_property
    def entry(self) -> Entry:
        """What the calendar object says, as icalendar reads it."""
        assert self.ics is not None
        calendar: Any = Calendar.from_ical(self.ics)
        (event,) = calendar.walk("VEVENT")
        attendees = event["ATTENDEE"] if isinstance(event["ATTENDEE"], list) else [event["ATTENDEE"]]
        return Entry(
            method=str(calendar["METHOD"]),
            uid=str(event["UID"]),
            sequence=int(event["SEQUENCE"]),
            stamp=event["DTSTAMP"].dt,
            starts_at=event["DTSTART"].dt,
            ends_at=event["DTEND"].dt,
            place=str(event["LOCATION"]),
            status=str(event["STATUS"]),
            is_busy=str(event["TRANSP"]) == "OPAQUE",
            partstat=str(attendees[0].params["PARTSTAT"]),
            session_id=int(str(event["URL"]).rpartition("/")[2]),
            attendees=tuple(_address(one) for one in attendees),
            organizer=_address(event["ORGANIZER"]),
        )

    def link(self, pattern: str = r"/i/[\w.~-]+") -> str:
        """Give the first link of this kind."""
        found = re.search(rf"https?://\S*?{pattern}(?=\s|$)", self.text)
        assert found, self.text
        return found[0]


@dataclass(frozen=True)
class Entry:
    """One calendar object."""

    method: str
    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    place: str
    status: str
    is_busy: bool
    partstat: str
    session_id: int
    attendees: tuple[str, ...]
    organizer: str


def assert_is_addressed_to_one(mail: Mail) -> None:
    """To, the envelope and the one ATTENDEE are the same; From is the ORGANIZER. vobject reads the entry as icalendar does."""
    assert parseaddr(mail.message["To"])[1] == mail.recipient
    assert mail.message["Cc"] is None
    if mail.ics is not None:
        assert mail.entry.attendees == (mail.recipient,)
        assert mail.entry.organizer == parseaddr(mail.message["From"])[1]
        other, read = read_event(mail.ics), mail.entry
        assert (other.uid.value, int(other.sequence.value), other.dtstart.value) == (read.uid, read.sequence, read.starts_at)
        assert len(other.contents["attendee"]) == 1


def replay(mails: Iterable[Mail]) -> dict[str, dict[str, Entry]]:
    """Give each mailbox's calendar after all letters: a REQUEST puts or updates, a CANCEL takes away, what is older is ignored."""
    calendars: dict[str, dict[str, Entry]] = {}
    newest: dict[tuple[str, str], tuple[int, datetime]] = {}
    for mail in mails:
        shown = calendars.setdefault(mail.recipient, {})
        if mail.ics is None:
            continue
        entry, key = mail.entry, (mail.recipient, mail.entry.uid)
        if (entry.sequence, entry.stamp) < newest.get(key, (-1, entry.stamp)):
            continue
        newest[key] = (entry.sequence, entry.stamp)
        if entry.method == "CANCEL":
            shown.pop(entry.uid, None)
        else:
            shown[entry.uid] = entry
    return calendars


def _address(value: object) -> str:
    return str(value).removeprefix("mailto:").removeprefix("MAILTO:")
