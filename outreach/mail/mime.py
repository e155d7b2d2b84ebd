"""A letter as the bytes that go over SMTP: headers, texts, and its calendar object twice (calendar.md's layout, RFC 6047).

Pure: the same mail gives the same bytes, on every try and in every version of Python. So headers and parts are written here:
EmailMessage draws its boundaries, folds differently from release to release, takes ten times as long, folds a long name with
quotes into several addresses (Python 3.11), and encodes a long List-Unsubscribe link until no program finds it.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256

from outreach.mail.sanitize import one_line, plain_address, uri

WIDTH = 76
_FOLD = "\r\n"
_NEVER_LONGER = 900
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,180}@[A-Za-z0-9.-]{1,250}>", re.ASCII)


def text_header(name: str, text: str) -> str:
    """Give an unstructured header: words of ASCII as they are, anything else as encoded words (RFC 2047)."""
    cleaned = one_line(text)
    charset = "us-ascii" if _is_plain(cleaned) else "utf-8"
    return f"{name}: {_folded(name, cleaned, charset)}"


def address_header(name: str, person: str | None, address: str) -> str:
    """Give a header with exactly one address, however the person is called.

    Raises ValueError for an address that isn't plain ASCII.
    """
    bare = plain_address(address)
    cleaned = one_line(person or "")
    if not cleaned:
        return f"{name}: {bare}"
    start = f"{name}: {_phrase(name, cleaned)}"
    room = WIDTH - len(start.rpartition("\n")[2]) - len(bare)
    return f"{start} <{bare}>" if room >= 3 else f"{start}{_FOLD} <{bare}>"


def id_header(name: str, *message_ids: str) -> str:
    """Give a header of Message-IDs, one on each line. Raises ValueError for what isn't one (RFC 5322 3.6.4)."""
    for message_id in message_ids:
        if not _MESSAGE_ID.fullmatch(message_id):
            raise ValueError(f"not a Message-ID: {message_id!r}")
    return f"{name}: " + f"{_FOLD} ".join(message_ids)


def link_header(name: str, link: str) -> str:
    """Give a header with one link, on one line. Raises ValueError where it isn't http(s) or doesn't fit (RFC 8058 3.1)."""
    written = uri(link)
    if not written.startswith(("https://", "http://")) or len(written) > _NEVER_LONGER:
        raise ValueError(f"not a link for {name}: {written[:80]!r}")
    return f"{name}: <{written}>"


def _phrase(name: str, person: str) -> str:
    quoted = '"' + person.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if _is_plain(person) and len(f"{name}: {quoted}") <= WIDTH:
        return quoted
    return _folded(name, person, "utf-8")


@lru_cache(maxsize=1024)
def _folded(name: str, text: str, charset: str) -> str:
    if charset == "us-ascii" and len(f"{name}: {text}") <= WIDTH:
        return text
    return Header(text, charset, WIDTH, name).encode(" ", linesep=_FOLD)


def _is_plain(text: str) -> bool:
    """Say whether the text can be written as it is: ASCII, nothing that reads as an encoded word, no word too long for a line."""
    return text.isascii() and "=?" not in text and max(map(len, text.split(" "))) < WIDTH


ATTACHMENT = "invite.ics"
_LINE_BREAK = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One letter to one mailbox. `sender_address` is From, Reply-To and the calendar object's ORGANIZER in one.
    `from_name`: whom From names instead, such as a school; empty: `sender_name`.

    `message_id` and `references` (the first invitation first) have their angle brackets; `date` is aware;
    `calendar` is the whole object, and `method` the METHOD it says. Raises ValueError where they contradict.
    """

    sender_name: str
    from_name: str = ""
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
    yield address_header("From", mail.from_name or mail.sender_name, mail.sender_address)
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
