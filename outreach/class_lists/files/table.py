"""A list as rows of cells, with the numbers a spreadsheet shows for them, and what is to be said of its file.

Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from outreach.class_lists.errors import FileCode, ListError

MAX_BYTES = 10 * 1024 * 1024
MAX_CELL = 500
MAX_ROWS = 20_000
MAX_COLUMNS = 60

_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200e\u200f\u2060\u00ad"))


@dataclass(frozen=True, slots=True)
class ListLine:
    """One row that isn't blank, under the number a spreadsheet shows for it."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextReading:
    """One way to read the letters of a text file: the code page, and words as they would be written."""

    encoding: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What is to be said of a spreadsheet: its sheets, the one read, those hidden, and how many of its rows are."""

    names: tuple[str, ...]
    chosen: str
    hidden: tuple[str, ...] = ()
    hidden_rows: int = 0


@dataclass(frozen=True, slots=True)
class ListTable:
    """All rows, headings included; `delimiter` is empty when the file has one column.

    `readings`: the likely code pages, the one taken first, where there are several. `asks_encoding`: a person must choose.
    """

    lines: tuple[ListLine, ...]
    encoding: str = ""
    delimiter: str = ""
    readings: tuple[TextReading, ...] = ()
    asks_encoding: bool = False
    sheets: SheetFacts | None = None

    @property
    def width(self) -> int:
        """Count the columns of the widest row."""
        return max((len(line.cells) for line in self.lines), default=0)

    def corrected(self, corrections: Mapping[tuple[int, int], str]) -> ListTable:
        """Give the table with some cells, by row number and column from 0, as a person wrote them instead."""
        if not corrections:
            return self
        by_line: dict[int, dict[int, str]] = {}
        for (line, column), text in corrections.items():
            by_line.setdefault(line, {})[column] = tidy(text[:MAX_CELL])
        return replace(self, lines=tuple(_corrected(line, by_line.get(line.line, {})) for line in self.lines))


def _corrected(line: ListLine, cells: Mapping[int, str]) -> ListLine:
    return ListLine(line.line, tuple(cells.get(column, cell) for column, cell in enumerate(line.cells))) if cells else line


def lines_of(rows: Iterable[tuple[int, Sequence[str]]]) -> tuple[ListLine, ...]:
    """Tidy the cells of numbered rows and drop blank ones. Raises ListError for none, too many, or too much in one."""
    lines = tuple(_tidy_lines(rows))
    if not lines:
        raise ListError(FileCode.EMPTY)
    return lines


def _tidy_lines(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[ListLine]:
    count = 0
    for number, cells in rows:
        tidied = _tidy_row(number, list(cells))
        if tidied:
            count += 1
            if count > MAX_ROWS + 1:
                raise ListError(FileCode.TOO_MANY_ROWS, limit=MAX_ROWS)
            yield ListLine(number, tidied)


def _tidy_row(number: int, cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise ListError(FileCode.TOO_MANY_COLUMNS, line=number, limit=MAX_COLUMNS)
    if any(len(cell) > MAX_CELL for cell in cells):
        raise ListError(FileCode.CELL_TOO_LONG, line=number, limit=MAX_CELL)
    tidied = tuple(tidy(cell) for cell in cells)
    return tidied if any(tidied) else ()


def tidy(cell: str) -> str:
    """Normalise one cell: it is short by now, and Unicode sorts long runs of accents in quadratic time."""
    if cell.isascii():
        return cell.strip()
    return unicodedata.normalize("NFC", _SPACES.sub(" ", cell.translate(_INVISIBLE))).strip()
