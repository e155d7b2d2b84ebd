"""A class list's bytes to text: what is no text file is declined by name.

Pure.
"""

from __future__ import annotations

import re

from outreach.class_lists.errors import FileCode, RosterError

MAX_BYTES = 2 * 1024 * 1024

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_WORKBOOK_PARTS = (b"[Content_Types].xml", b"xl/", b"opendocument.spreadsheet", b"Index/Document.iwa")
_MAGIC = (
    (b"\xd0\xcf\x11\xe0", FileCode.SPREADSHEET),
    (b"%PDF-", FileCode.DOCUMENT),
    (b"{\\rtf", FileCode.DOCUMENT),
    (b"\x89PNG", FileCode.DOCUMENT),
    (b"\xff\xd8\xff", FileCode.DOCUMENT),
    (b"\x1f\x8b", FileCode.ARCHIVE),
    (b"Rar!", FileCode.ARCHIVE),
    (b"7z\xbc\xaf", FileCode.ARCHIVE),
)
_PAGE = re.compile(rb"\s*<(!doctype html|html|head|body|table|\?xml|meta)", re.IGNORECASE)
_SOMETHING = re.compile(r"\w")
_STRAY = 3  # so many control characters are a slip in a cell, refused with their row
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")


def decode(content: bytes) -> tuple[str, str]:
    """Give the text and the encoding found (utf-8, utf-8-sig or cp1252), without NULs and byte order marks.

    Raises RosterError for what is too big, empty, or no text in these encodings.
    """
    if len(content) > MAX_BYTES:
        raise RosterError(FileCode.TOO_BIG, limit=MAX_BYTES // (1024 * 1024))
    _refuse_other_formats(content)
    text, encoding = _decoded(content)
    text = text.replace("\x00", "").lstrip("\ufeff").removesuffix("\x1a")
    if (len(_CONTROL.findall(text)) - _STRAY) * 50 > len(text):
        raise RosterError(FileCode.BINARY)
    if not _SOMETHING.search(text):
        raise RosterError(FileCode.EMPTY)
    return text, encoding


def _refuse_other_formats(content: bytes) -> None:
    if content.startswith(_UTF16_MARKS):
        raise RosterError(FileCode.UTF16)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        is_workbook = any(part in content for part in _WORKBOOK_PARTS)
        raise RosterError(FileCode.SPREADSHEET if is_workbook else FileCode.ARCHIVE)
    for magic, code in _MAGIC:
        if content.startswith(magic):
            raise RosterError(code)
    if _PAGE.match(content.removeprefix(_UTF8_MARK)):
        raise RosterError(FileCode.WEB_PAGE)
    _refuse_many_nuls(content)


def _refuse_many_nuls(content: bytes) -> None:
    """Tell UTF-16 without a mark (every other byte is NUL) from other binary content; a stray NUL may pass."""
    even, odd = content[::2].count(0), content[1::2].count(0)
    if (even + odd) * 5 > len(content):
        lopsided = max(even, odd) > 4 * min(even, odd)
        raise RosterError(FileCode.UTF16 if lopsided else FileCode.BINARY)


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        return content.decode("utf-8"), "utf-8-sig" if content.startswith(_UTF8_MARK) else "utf-8"
    except UnicodeDecodeError:
        _refuse_damaged_utf8(content)
    try:
        return content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        raise RosterError(FileCode.GARBLED) from None


def _refuse_damaged_utf8(content: bytes) -> None:
    """Decline UTF-8 with a few broken bytes: read as cp1252 it would turn every accent into two wrong letters."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    if whole > broken:
        raise RosterError(FileCode.GARBLED)
