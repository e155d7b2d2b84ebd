"""A message that came in, read: whatever it is made of, it comes out as an `IncomingMessage`.

Pure. Limits: 1 MiB, 50 parts, 10 events; nothing in it is fetched, expanded or run. The parts are read by
the other modules of this folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message
from email.utils import getaddresses
from hashlib import sha256

from outreach.inbound.parsing.away_notes import is_away_note
from outreach.inbound.parsing.bounce_texts import is_named_as_server
from outreach.inbound.parsing.bounces import reported_by
from outreach.inbound.parsing.calendar import CalendarsFound, calendars_of
from outreach.inbound.parsing.message import MALFORMED, TOO_LARGE, TOO_MANY_EVENTS, TOO_MANY_PARTS, IncomingMessage
from outreach.inbound.parsing.mime import Parts, headers_of, is_automatic, message_id_of, parts_of, subject_of, submitted_as, values
from outreach.inbound.parsing.outlook import outlook_answer
from outreach.inbound.parsing.plain_text import has_own_words

MAX_SIZE = 1024 * 1024
HEAD_AT_MOST = 64 * 1024  # so much is kept of a message above that
_MAX_RECIPIENTS = 100
_MAX_FIELDS = 20
_MAX_AUTHENTICATION = 20
_WHERE_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
_ADDRESS = re.compile(r"[^\s@<>]{1,250}@[^\s@<>]{1,250}")


def read(raw: bytes, *, delivered_to: str | None = None) -> IncomingMessage:
    """Read a message as it came over the wire. Never raises; a message of 1 MiB takes well under a second.

    `delivered_to`: the address the mail server delivered it to, if known; it comes first among the recipients.
    Of a message above the limit only the headers are read; what can't be read at all still has its digest.
    """
    try:
        return _read(raw, delivered_to)
    except Exception:  # noqa: BLE001 (a stranger wrote it: whatever our limits missed must not stop the next message)
        return _incoming(raw, Parts(Message()), CalendarsFound(), delivered_to, MALFORMED)


def _read(raw: bytes, delivered_to: str | None) -> IncomingMessage:
    if len(raw) > MAX_SIZE:
        return _incoming(raw, Parts(headers_of(raw[:MAX_SIZE])), CalendarsFound(), delivered_to, TOO_LARGE)
    message = parts_of(raw)
    calendars = calendars_of(message.leaves)
    return _incoming(raw, message, calendars, delivered_to, _trouble(message, calendars))


def _incoming(raw: bytes, message: Parts, calendars: CalendarsFound, delivered_to: str | None, trouble: str) -> IncomingMessage:
    headers = message.headers
    sender, reported = _sender(headers), reported_by(message)
    return IncomingMessage(
        digest=sha256(raw).hexdigest(),
        size=len(raw),
        message_id=message_id_of(headers),
        sender=sender,
        subject=subject_of(headers),
        from_domain=sender.rpartition("@")[2],
        recipients=_recipients(headers, delivered_to),
        authentication=tuple(values(headers, "Authentication-Results")[:_MAX_AUTHENTICATION]),
        is_automatic=is_automatic(headers),
        objects=tuple(calendars.objects),
        failures=reported.failures,
        is_report=reported.is_report,
        is_unclear=reported.is_unclear,
        is_from_server=is_named_as_server(headers),
        is_away_note=is_away_note(message),
        outlook_answer=outlook_answer(message),
        has_words=has_own_words(message),
        is_generated=submitted_as(headers) == "auto-generated",
        trouble=trouble,
    )


def _trouble(message: Parts, calendars: CalendarsFound) -> str:
    if message.has_more:
        return TOO_MANY_PARTS
    if calendars.has_more:
        return TOO_MANY_EVENTS
    return MALFORMED if calendars.is_malformed or not message.headers.keys() else ""


def _sender(headers: Message) -> str:
    """Give the one address in From: with several, or several From, nobody can say whose word it is."""
    found = _addresses(values(headers, "From"))
    return found[0] if len(found) == 1 else ""


def _recipients(headers: Message, delivered_to: str | None) -> tuple[str, ...]:
    found = _addresses([delivered_to or ""])
    for name in _WHERE_TO:
        found += _addresses(values(headers, name))
    return tuple(dict.fromkeys(found))[:_MAX_RECIPIENTS]


def _addresses(fields: Iterable[str]) -> list[str]:
    """Give the addresses of header fields in lower case; none of a field that can't be read."""
    try:
        found = getaddresses(list(fields)[:_MAX_FIELDS])
    except (ValueError, IndexError, RecursionError):  # nested comments cost the standard library a level each
        return []
    return [address.lower() for _, address in found if _ADDRESS.fullmatch(address) and address.isprintable()]
