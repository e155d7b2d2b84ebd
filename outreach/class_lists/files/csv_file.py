"""Text with separated cells to rows, whatever program wrote it.

Pure. The sign that separates the cells and the end of each row are found; letters are decoded before.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from outreach.class_lists.errors import FileCode, ListError
from outreach.class_lists.files.encodings import decode
from outreach.class_lists.files.file_kind import FileKind, kind_of
from outreach.class_lists.files.table import MAX_CELL, ListTable, lines_of
from outreach.class_lists.headings.guess import best_heading

__all__ = ["ONE_COLUMN", "guess_delimiter", "read_table", "read_text", "records"]

ONE_COLUMN = "\x1f"

_DELIMITERS = (ONE_COLUMN, ",", ";", "\t", "|")
_SAMPLE = 50
_END = "\x00"  # decoded text has no NUL, so only we can have written it
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?[^\r\n]*(\r\n|\r|\n|$)', re.IGNORECASE)


def read_table(content: bytes) -> ListTable:
    """Read a text file whose letters nobody has to choose. Raises ListError, also for other kinds of files."""
    if kind_of(content) is not FileKind.TEXT:
        raise ListError(FileCode.SPREADSHEET)
    return read_text(content)


def read_text(content: bytes, *, encoding: str | None = None, country: str | None = None) -> ListTable:
    """Read cells between commas, semicolons, tabs or upright lines, with or without quotes.

    Cells come back in NFC, trimmed, without invisible marks. `encoding`: the code page a person chose; `country`: of the school.
    Raises ListError, also for more rows, columns or characters in a cell than a list may have.
    """
    decoded = decode(content, chosen=encoding, country=country)
    delimiter, text = guess_delimiter(decoded.text)
    lines = lines_of(records(text, delimiter))
    return ListTable(lines, decoded.encoding, "" if delimiter == ONE_COLUMN else delimiter, decoded.readings, decoded.asks)


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
