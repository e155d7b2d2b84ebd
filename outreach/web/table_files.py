"""A table as a file for a spreadsheet, CSV or XLSX, in which no cell is a formula."""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Iterable, Sequence

from flask import Response, send_file
from xlsxwriter import Workbook

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class TableFormat(enum.StrEnum):
    """How a table leaves."""

    CSV = "csv"
    XLSX = "xlsx"


def table_file(headings: Sequence[str], rows: Iterable[Sequence[str]], *, name: str, kind: TableFormat) -> Response:
    """Give a table as a download that stays in nobody's cache; `name` without an ending."""
    content = (_csv if kind is TableFormat.CSV else _xlsx)([headings, *rows])
    response = send_file(io.BytesIO(content), mimetype=_TYPES[kind], as_attachment=True, download_name=f"{name}.{kind}")
    response.headers["Cache-Control"] = "no-store"
    return response


def harmless(cell: str) -> str:
    """Give a cell that no spreadsheet takes for a formula: with an apostrophe before it, which spreadsheets hide."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    """With a byte order mark, without which some spreadsheets misread accents."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    packed = io.BytesIO()
    with Workbook(packed, {"in_memory": True}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell, bold if number == 0 else None)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return packed.getvalue()
