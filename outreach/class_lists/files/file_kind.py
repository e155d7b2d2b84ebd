"""What kind of file somebody uploaded: text, a spreadsheet we read, or something else, which is refused by name.

Pure. The first bytes say it; the file's name doesn't matter.
"""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum

from outreach.class_lists.errors import FileCode, ListError
from outreach.class_lists.files.table import MAX_BYTES

MAX_UNPACKED = 60 * 1024 * 1024

_UTF8_MARK = b"\xef\xbb\xbf"
_MAGIC = (
    (b"%PDF-", FileCode.PDF),
    (b"{\\rtf", FileCode.DOCUMENT),
    (b"\x89PNG", FileCode.DOCUMENT),
    (b"\xff\xd8\xff", FileCode.DOCUMENT),
    (b"\x1f\x8b", FileCode.ARCHIVE),
    (b"Rar!", FileCode.ARCHIVE),
    (b"7z\xbc\xaf", FileCode.ARCHIVE),
)
_PAGE = re.compile(rb"\s*<(!doctype html|html|head|body|table|\?xml|meta|style)", re.IGNORECASE)


class FileKind(StrEnum):
    """What we read."""

    TEXT = "text"
    WORKBOOK = "workbook"


def kind_of(content: bytes) -> FileKind:
    """Say what a file is. Raises ListError for what is too big, empty, or neither."""
    if len(content) > MAX_BYTES:
        raise ListError(FileCode.TOO_BIG, limit=MAX_BYTES // (1024 * 1024))
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return FileKind.WORKBOOK
    for magic, code in _MAGIC:
        if content.startswith(magic):
            raise ListError(code)
    if _PAGE.match(content.removeprefix(_UTF8_MARK)):
        raise ListError(FileCode.WEB_PAGE)
    return FileKind.TEXT


def _zipped(content: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise ListError(FileCode.BROKEN_WORKBOOK) from None
    names = [part.filename for part in parts]
    if any(name.endswith(".iwa") or name.startswith("Index") for name in names):
        raise ListError(FileCode.NUMBERS)
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        raise ListError(FileCode.DOCUMENT if any(name.startswith("word/") for name in names) else FileCode.ARCHIVE)
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise ListError(FileCode.UNPACKS_TOO_BIG, limit=MAX_UNPACKED // (1024 * 1024))
    return FileKind.WORKBOOK
