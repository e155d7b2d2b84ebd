"""Replies as calendar programs send them, written by hand in the form they use: `replies/NAME.eml` around `replies/NAME.ics`.

Real ones were not at hand. What differs is what a reader stumbles over: no ORGANIZER, an alarm inside, a localised SUMMARY,
one object twice, quoted-printable, nested multiparts, Windows' zone names, MAILTO in capitals.
"""

from __future__ import annotations

import quopri
from base64 import encodebytes
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from string import Template

PROGRAMS = ("gmail", "outlook", "apple", "thunderbird")
_FOLDER = Path(__file__).parent / "replies"


def shaped_reply(
    program: str,
    *,
    uid: str,
    attendee: str,
    partstat: str,
    sequence: int,
    stamp: datetime,
    to: str,
    method: str = "REPLY",
    comment: str = "",
) -> bytes:
    """Give the message this program sends to say `partstat` ("ACCEPTED") to the invitation.

    `stamp`: DTSTAMP and Date, aware. The same facts give the same bytes; each other stamp, answer or UID gives another Message-ID.
    """
    facts = {
        "uid": uid,
        "attendee": attendee,
        "partstat": partstat,
        "sequence": str(sequence),
        "stamp": stamp.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
        "date": format_datetime(stamp.astimezone(UTC)),
        "to": to,
        "comment": comment,
        "key": sha256(f"{uid} {partstat} {sequence} {stamp} {attendee}".encode()).hexdigest()[:12],
    }
    calendar = _calendar(program, facts).replace(b"METHOD:REPLY", f"METHOD:{method}".encode())
    message = _read(f"{program}.eml").replace("method=REPLY", f"method={method}")
    return _filled(message, facts, calendar)


def _calendar(program: str, facts: dict[str, str]) -> bytes:
    lines = Template(_read(f"{program}.ics")).substitute(facts).splitlines()
    return b"".join(_folded(line) for line in lines if not line.endswith((":", ":\\n")) or line.startswith("DESCRIPTION"))


def _folded(line: str) -> bytes:
    """Fold at 75 octets, between characters (RFC 5545 3.1)."""
    folded, length = b"", 0
    for character in line:
        octets = character.encode()
        if length + len(octets) > 75:
            folded, length = folded + b"\r\n ", 1
        folded, length = folded + octets, length + len(octets)
    return folded + b"\r\n"


def _filled(message: str, facts: dict[str, str], calendar: bytes) -> bytes:
    """Put the object in, encoded as the program encodes it; header and text lines end in CRLF."""
    encoded = {
        "calendar_plain": calendar,
        "calendar_base64": encodebytes(calendar),
        "calendar_qp": quopri.encodestring(calendar.replace(b"\r\n", b"\n")),
    }
    texts = {name: content.decode().replace("\r\n", "\n") for name, content in encoded.items()}
    return Template(message).substitute(facts | texts).replace("\n", "\r\n").encode()


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
