"""A letter as the bytes that go over SMTP: its texts, and its calendar object twice (calendar.md's layout, RFC 6047).

Pure: the same mail gives the same bytes, on every try and in every version of Python. So the parts are joined here:
EmailMessage draws its boundaries, folds differently from release to release, and takes ten times as long.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256

from outreach.mail.headers import address_header, id_header, link_header, text_header

ATTACHMENT = "invite.ics"
_LINE_BREAK = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One letter to one mailbox. `sender_address` is From, Reply-To and the calendar object's ORGANIZER in one.

    `message_id` and `references` (the first invitation first) have their angle brackets; `date` is aware;
    `calendar` is the whole object, and `method` the METHOD it says. Raises ValueError where they contradict.
    """

    sender_name: str
    sender_address: str
    to_name: str | None = None
    to_address: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    calendar: bytes | None = None
    method: str | None = None
    references: tuple[str, ...] = ()
    list_unsubscribe: str | None = None

    def __post_init__(self) -> None:
        if self.date.utcoffset() is None:
            raise ValueError("the date needs a time zone")
        methods = re.findall(rb"^METHOD:(.*)\r$", self.calendar or b"", re.MULTILINE)
        if methods != ([self.method.encode()] if self.method else []):
            raise ValueError(f"the part says {self.method!r}, its calendar object {methods!r}")


def build(mail: Mail) -> bytes:
    """Write the message: CRLF, ASCII, no line longer than SMTP allows."""
    head = "\r\n".join((*_headers(mail), "MIME-Version: 1.0", ""))
    texts = _multipart(mail, "alternative", *_alternatives(mail))
    if mail.calendar is None:
        return head.encode("ascii") + texts
    attachment = _base64_part(f'application/ics; name="{ATTACHMENT}"', mail.calendar, disposition=f'attachment; filename="{ATTACHMENT}"')
    return head.encode("ascii") + _multipart(mail, "mixed", texts, attachment)


def _headers(mail: Mail) -> Iterator[str]:
    yield address_header("From", mail.sender_name, mail.sender_address)
    yield address_header("Reply-To", mail.sender_name, mail.sender_address)
    yield address_header("To", mail.to_name, mail.to_address)
    yield text_header("Subject", mail.subject)
    yield f"Date: {format_datetime(mail.date)}"
    yield id_header("Message-ID", mail.message_id)
    if mail.references:
        yield id_header("In-Reply-To", mail.references[0])
        yield id_header("References", *mail.references)
    yield "Auto-Submitted: auto-generated"
    yield "X-Auto-Response-Suppress: All"
    if mail.list_unsubscribe:
        yield link_header("List-Unsubscribe", mail.list_unsubscribe)
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"


def _alternatives(mail: Mail) -> Iterator[bytes]:
    yield _text_part("plain", mail.text)
    yield _text_part("html", mail.html)
    if mail.calendar is not None:
        # Last, so that programs which show the last part they understand show the card.
        yield _base64_part(f"text/calendar; charset=utf-8; method={mail.method}", mail.calendar)


def _multipart(mail: Mail, subtype: str, *parts: bytes) -> bytes:
    # "=_" is never part of quoted-printable or base64 text, so no content can end a part.
    boundary = "=_" + sha256(f"{subtype} {mail.message_id}".encode()).hexdigest()[:24]
    opening = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n'.encode()
    delimiter = f"\r\n--{boundary}".encode()
    return opening + b"".join(delimiter + b"\r\n" + part for part in parts) + delimiter + b"--\r\n"


def _text_part(subtype: str, text: str) -> bytes:
    # b2a_qp breaks long lines the way the first line ends, so there must be one that ends in CRLF.
    lines = _LINE_BREAK.sub("\r\n", text).rstrip("\r\n") + "\r\n"
    return _part(f"text/{subtype}; charset=utf-8", "quoted-printable", b2a_qp(lines.encode()))


def _base64_part(content_type: str, content: bytes, *, disposition: str | None = None) -> bytes:
    return _part(content_type, "base64", encodebytes(content).replace(b"\n", b"\r\n"), disposition)


def _part(content_type: str, encoding: str, body: bytes, disposition: str | None = None) -> bytes:
    headers = [f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}"]
    if disposition:
        headers.append(f"Content-Disposition: {disposition}")
    return "\r\n".join((*headers, "", "")).encode() + body
