"""A class list's bytes to a table of cells, whatever program wrote the file.

Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from outreach.class_lists.errors import FileCode, RosterError
from outreach.class_lists.records import MAX_CELL, ONE_COLUMN, guess_delimiter, records
from outreach.class_lists.text import MAX_BYTES, decode

__all__ = ["MAX_BYTES", "MAX_CELL", "MAX_COLUMNS", "MAX_ROWS", "RosterLine", "RosterTable", "read_roster"]

MAX_ROWS = 2_000
MAX_COLUMNS = 60

_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200e\u200f\u2060\u00ad"))


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One row that isn't blank, under the number a spreadsheet shows for it."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RosterTable:
    """All rows, headings included; `delimiter` is empty when the file has one column."""

    lines: tuple[RosterLine, ...]
    encoding: str
    delimiter: str

    @property
    def width(self) -> int:
        """Count the columns of the widest row."""
        return max((len(line.cells) for line in self.lines), default=0)


def read_roster(content: bytes) -> RosterTable:
    """Read an uploaded file, or pasted text in UTF-8: comma, semicolon or tab, with or without quotes.

    Cells come back in NFC, trimmed, without invisible marks. Raises RosterError, also for more than
    MAX_BYTES, MAX_ROWS, MAX_COLUMNS or MAX_CELL characters.
    """
    text, encoding = decode(content)
    delimiter, text = guess_delimiter(text)
    lines = tuple(_lines(text, delimiter))
    if not lines:
        raise RosterError(FileCode.EMPTY)
    return RosterTable(lines, encoding, "" if delimiter == ONE_COLUMN else delimiter)


def _lines(text: str, delimiter: str) -> Iterator[RosterLine]:
    count = 0
    for number, cells in records(text, delimiter):
        tidy = _tidy_row(number, cells)
        if tidy:
            count += 1
            if count > MAX_ROWS + 1:
                raise RosterError(FileCode.TOO_MANY_ROWS, limit=MAX_ROWS)
            yield RosterLine(number, tidy)


def _tidy_row(number: int, cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise RosterError(FileCode.TOO_MANY_COLUMNS, line=number, limit=MAX_COLUMNS)
    if any(len(cell) > MAX_CELL for cell in cells):
        raise RosterError(FileCode.CELL_TOO_LONG, line=number, limit=MAX_CELL)
    tidy = tuple(_tidy(cell) for cell in cells)
    return tidy if any(tidy) else ()


def _tidy(cell: str) -> str:
    """Normalise one cell: it is short by now, and Unicode sorts long runs of accents in quadratic time."""
    if cell.isascii():
        return cell.strip()
    return unicodedata.normalize("NFC", _SPACES.sub(" ", cell.translate(_INVISIBLE))).strip()
