"""Reads a list from any file we know."""

from __future__ import annotations

from outreach.class_lists.files.csv_file import read_text
from outreach.class_lists.files.file_kind import FileKind, kind_of
from outreach.class_lists.files.table import ListTable
from outreach.class_lists.files.workbook import read_workbook


def read_file(content: bytes, *, sheet: str | None = None, encoding: str | None = None, country: str | None = None) -> ListTable:
    """Read text or a spreadsheet. `sheet` and `encoding` are a person's choices; `country` is the school's. Raises ListError."""
    if kind_of(content) is FileKind.WORKBOOK:
        return read_workbook(content, sheet=sheet)
    return read_text(content, encoding=encoding, country=country)
