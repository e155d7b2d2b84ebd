"""A class list's bytes to a table of cells, whatever program wrote the file.

Pure. First the encoding, then the sign that separates the cells and the end of each row; what isn't text is refused by name.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from outreach.class_lists.errors import FileCode, ListError
from outreach.class_lists.headings.guess import best_heading

MAX_CELL = 500
ONE_COLUMN = "\x1f"

_DELIMITERS = (ONE_COLUMN, ",", ";", "\t", "|")
_SAMPLE = 50
_END = "\x00"  # decoded text has no NUL, so only we can have written it
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?[^\r\n]*(\r\n|\r|\n|$)', re.IGNORECASE)


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

__all__ = ["MAX_BYTES", "MAX_CELL", "MAX_COLUMNS", "MAX_ROWS", "ListLine", "ListTable", "read_table"]

MAX_ROWS = 2_000
MAX_COLUMNS = 60

_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200e\u200f\u2060\u00ad"))


@dataclass(frozen=True, slots=True)
class ListLine:
    """One row that isn't blank, under the number a spreadsheet shows for it."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListTable:
    """All rows, headings included; `delimiter` is empty when the file has one column."""

    lines: tuple[ListLine, ...]
    encoding: str
    delimiter: str

    @property
    def width(self) -> int:
        """Count the columns of the widest row."""
        return max((len(line.cells) for line in self.lines), default=0)


def read_table(content: bytes) -> ListTable:
    """Read an uploaded file, or pasted text in UTF-8: comma, semicolon or tab, with or without quotes.

    Cells come back in NFC, trimmed, without invisible marks. Raises ListError, also for more than
    MAX_BYTES, MAX_ROWS, MAX_COLUMNS or MAX_CELL characters.
    """
    text, encoding = decode(content)
    delimiter, text = guess_delimiter(text)
    lines = tuple(_lines(text, delimiter))
    if not lines:
        raise ListError(FileCode.EMPTY)
    return ListTable(lines, encoding, "" if delimiter == ONE_COLUMN else delimiter)


def _lines(text: str, delimiter: str) -> Iterator[ListLine]:
    count = 0
    for number, cells in records(text, delimiter):
        tidy = _tidy_row(number, cells)
        if tidy:
            count += 1
            if count > MAX_ROWS + 1:
                raise ListError(FileCode.TOO_MANY_ROWS, limit=MAX_ROWS)
            yield ListLine(number, tidy)


def _tidy_row(number: int, cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise ListError(FileCode.TOO_MANY_COLUMNS, line=number, limit=MAX_COLUMNS)
    if any(len(cell) > MAX_CELL for cell in cells):
        raise ListError(FileCode.CELL_TOO_LONG, line=number, limit=MAX_CELL)
    tidy = tuple(_tidy(cell) for cell in cells)
    return tidy if any(tidy) else ()


def _tidy(cell: str) -> str:
    """Normalise one cell: it is short by now, and Unicode sorts long runs of accents in quadratic time."""
    if cell.isascii():
        return cell.strip()
    return unicodedata.normalize("NFC", _SPACES.sub(" ", cell.translate(_INVISIBLE))).strip()


def decode(content: bytes) -> tuple[str, str]:
    """Give the text and the encoding found (utf-8, utf-8-sig or cp1252), without NULs and byte order marks.

    Raises ListError for what is too big, empty, or no text in these encodings.
    """
    if len(content) > MAX_BYTES:
        raise ListError(FileCode.TOO_BIG, limit=MAX_BYTES // (1024 * 1024))
    _refuse_other_formats(content)
    text, encoding = _decoded(content)
    text = text.replace("\x00", "").lstrip("\ufeff").removesuffix("\x1a")
    if (len(_CONTROL.findall(text)) - _STRAY) * 50 > len(text):
        raise ListError(FileCode.BINARY)
    if not _SOMETHING.search(text):
        raise ListError(FileCode.EMPTY)
    return text, encoding


def _refuse_other_formats(content: bytes) -> None:
    if content.startswith(_UTF16_MARKS):
        raise ListError(FileCode.UTF16)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        is_workbook = any(part in content for part in _WORKBOOK_PARTS)
        raise ListError(FileCode.SPREADSHEET if is_workbook else FileCode.ARCHIVE)
    for magic, code in _MAGIC:
        if content.startswith(magic):
            raise ListError(code)
    if _PAGE.match(content.removeprefix(_UTF8_MARK)):
        raise ListError(FileCode.WEB_PAGE)
    _refuse_many_nuls(content)


def _refuse_many_nuls(content: bytes) -> None:
    """Distinguish UTF-16 without a mark (every other byte is NUL) from other binary content; a stray NUL may pass."""
    even, odd = content[::2].count(0), content[1::2].count(0)
    if (even + odd) * 5 > len(content):
        lopsided = max(even, odd) > 4 * min(even, odd)
        raise ListError(FileCode.UTF16 if lopsided else FileCode.BINARY)


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        return content.decode("utf-8"), "utf-8-sig" if content.startswith(_UTF8_MARK) else "utf-8"
    except UnicodeDecodeError:
        _refuse_damaged_utf8(content)
    try:
        return content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        raise ListError(FileCode.GARBLED) from None


def _refuse_damaged_utf8(content: bytes) -> None:
    """Decline UTF-8 with a few broken bytes: read as cp1252 it would turn every accent into two wrong letters."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    if whole > broken:
        raise ListError(FileCode.GARBLED)


def guess_delimiter(text: str) -> tuple[str, str]:
    """Give the sign between cells (ONE_COLUMN if there is none), and the text without a first line "sep=;"."""
    announced = _SEPARATOR_LINE.match(text)
    if announced:
        return announced[1], text[announced.end() :]
    return max(_DELIMITERS, key=lambda delimiter: _score(_sample(text, delimiter))), text


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row with its number as a spreadsheet counts it: a line break inside quotes starts no row."""
    reader = csv.reader(chain(io.StringIO(text, newline=""), ["\n", _END]), delimiter=delimiter, skipinitialspace=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise ListError(FileCode.UNCLOSED_QUOTE, line=number)
            yield number, cells
    except csv.Error:
        raise ListError(FileCode.CELL_TOO_LONG, line=number + 1, limit=MAX_CELL) from None


def _sample(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for _number, cells in islice(records(text, delimiter), _SAMPLE * 4):
            if any(map(str.strip, cells)) and len(rows) < _SAMPLE:
                rows.append(cells)
    except ListError:
        pass  # the real reading says what is wrong
    return rows


def _score(rows: Sequence[Sequence[str]]) -> tuple[int, float, float, int]:
    """Rate a delimiter: headings it uncovers, then rows that stay within them, then rows of one width."""
    if not rows:
        return (0, 0.0, 0.0, 0)
    index, known = best_heading(rows)
    below = rows[index + 1 :] if known else []
    stray = sum(any(map(str.strip, row[len(rows[index]) :])) for row in below) / len(rows)
    width, same = Counter(len(row) for row in rows).most_common(1)[0]
    return (known, -stray, same / len(rows) if width > 1 else 0.0, width)
