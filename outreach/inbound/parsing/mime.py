"""A message as its parts, read with limits: 50 parts, ten levels, so many bytes of headers (RFC 2045 to 2049).

Pure. Also says whether a program wrote it: out of office, lists, bounces (RFC 3834 and older headers). Such mail is never answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from email.utils import collapse_rfc2231_value

from outreach.mail import one_line

MAX_PARTS = 50
_MAX_DEPTH = 10
_MAX_HEADER_BLOCK = 128 * 1024
_MAX_HEADERS = 1000
_MAX_HEADER = 8 * 1024
_MAX_SUBJECT = 255

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_BLANKS = re.compile(r"[\x00-\x1f\x7f]+[ \t]*")  # folds, and what has no business in a header
_ENCODED = {"base64", "quoted-printable"}


@dataclass(frozen=True)
class Part:
    """A leaf: its headers, and its content with the transfer encoding undone."""

    headers: Message
    content: bytes

    @property
    def type(self) -> str:
        """Give the content type in lower case, such as "text/calendar"."""
        return self.headers.get_content_type()


@dataclass
class Parts:
    """The leaves of a message in order, what it says of itself, and whether it had more than we read.

    `undivided`: what stands in a multipart in which there is no delimiter.
    """

    headers: Message
    leaves: list[Part] = field(default_factory=list)
    count: int = 0
    has_more: bool = False
    undivided: bytes = b""


def parts_of(raw: bytes) -> Parts:
    """Take a message apart. What is wrapped in `message/rfc822` stays one leaf: it was written to somebody else."""
    headers, body = _split(raw if b"\n" in raw else raw.replace(b"\r", b"\n"))
    found = Parts(headers)
    _collect(headers, body, found, depth=0)
    return found


def headers_of(block: bytes) -> Message:
    """Read headers up to the first empty line; what is longer than our limits is cut."""
    return _split(block)[0]


def values(headers: Message, name: str) -> list[str]:
    """Give the values of every header of this name, topmost first, each as one line."""
    return [str(value).strip() for value in headers.get_all(name, [])]


def first(headers: Message, name: str) -> str:
    """Give the value of the topmost header of this name; "" without one."""
    return next(iter(values(headers, name)), "")


def parameter(headers: Message, name: str) -> str:
    """Give a parameter of Content-Type; "" without it."""
    value = headers.get_param(name)
    return collapse_rfc2231_value(value).strip() if value else ""


def file_name(headers: Message) -> str:
    """Give the name of the file a part is, by Content-Disposition or Content-Type; "" without one."""
    return one_line((headers.get_filename() or "")[:_MAX_SUBJECT])


def message_id_of(headers: Message) -> str | None:
    """Give the Message-ID with its brackets, as its sender wrote it; None without a usable one."""
    value = first(headers, "Message-ID")
    found = re.search(r"<[^<>]{1,250}>", value)
    return one_line(found[0] if found else value[:250]) or None


def subject_of(headers: Message) -> str:
    """Give the subject decoded (RFC 2047); undecoded where its encoding is unknown."""
    value = first(headers, "Subject")[:1000]
    with suppress(ValueError, LookupError, MessageError):
        value = str(make_header(decode_header(value)))
    return one_line(value.encode("utf-8", "replace").decode())[:_MAX_SUBJECT]


def _collect(headers: Message, body: bytes, found: Parts, *, depth: int) -> None:
    found.count += 1
    boundary = headers.get_boundary() if headers.get_content_maintype() == "multipart" else None
    if not boundary:
        found.leaves.append(Part(headers, _decoded(headers, body)))
        return
    before = found.count
    for child in _children(body, boundary.encode("utf-8", "replace")):
        if found.count >= MAX_PARTS or depth >= _MAX_DEPTH:
            found.has_more = True
            return
        _collect(*_split(child), found, depth=depth + 1)
    if found.count == before:  # its delimiters were lost on the way: all that is left is text
        found.undivided = found.undivided or body


def _children(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Give what lies between the delimiters (RFC 2046 5.1.1); where the last one is missing, up to the end."""
    delimiter = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
    begins: int | None = None
    for line in delimiter.finditer(body):
        if begins is not None:
            yield body[begins : line.start()]
        begins = line.end()
        if line[1]:
            return
    if begins is not None:
        yield body[begins:]


def _split(raw: bytes) -> tuple[Message, bytes]:
    """Give headers and body. A part may begin with the empty line: then it has no headers."""
    if raw.startswith((b"\n", b"\r\n")):
        return _PARSER.parsebytes(b""), raw.split(b"\n", 1)[1]
    end = _END_OF_HEADERS.search(raw)
    block, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    return _PARSER.parsebytes(block[:_MAX_HEADER_BLOCK]), body


def _decoded(headers: Message, body: bytes) -> bytes:
    encoding = first(headers, "Content-Transfer-Encoding").lower()
    if encoding not in _ENCODED:
        return body
    carrier = Message()
    carrier["Content-Transfer-Encoding"] = encoding
    carrier.set_payload(body.decode("ascii", "surrogateescape"))
    content = carrier.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


class _Short(Compat32):
    """The lenient policy of old, with headers that are unfolded, cut, without control characters, and never undecodable."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        """Give name and value as they are kept."""
        name, value = super().header_source_parse(list(sourcelines[:_MAX_HEADERS]))
        value = value[:_MAX_HEADER].encode("ascii", "surrogateescape").decode("utf-8", "replace")
        return name, _BLANKS.sub(" ", value)


class _FewHeaders(Message):
    """Headers that nobody can make slow by their number."""

    def set_raw(self, name: str, value: str) -> None:
        """Keep one more, if it isn't one too many."""
        if len(self) < _MAX_HEADERS:
            super().set_raw(name, value)


_PARSER = BytesHeaderParser(_FewHeaders, policy=_Short())

_PRECEDENCE = {"bulk", "junk", "auto_reply", "list"}
_MARKS = ("X-Autoreply", "X-Autorespond")
_COMMENT = re.compile(r"\(.*?\)")


def is_automatic(headers: Message) -> bool:
    """Say whether a program wrote this. X-Auto-Response-Suppress alone says nothing of it: Exchange sets it on people's mail too."""
    return (
        submitted_as(headers) not in {"", "no"}
        or any(mark in headers for mark in _MARKS)
        or any(value.lower() in _PRECEDENCE for value in values(headers, "Precedence"))
        or has_null_sender(headers)
    )


def has_null_sender(headers: Message) -> bool:
    """Say whether the sender wants no report about this message: `Return-Path: <>` (RFC 5321 4.5.5), or the name some write for it."""
    return any(re.fullmatch(r"<\s*(?:mailer-daemon(?:@[^>]*)?)?\s*>", value, re.IGNORECASE) for value in values(headers, "Return-Path"))


def submitted_as(headers: Message) -> str:
    """Give Auto-Submitted's keyword in lower case, without parameters and comments behind it (RFC 3834 5); "" without one."""
    return _COMMENT.sub("", first(headers, "Auto-Submitted")).partition(";")[0].strip().lower()
