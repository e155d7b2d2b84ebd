"""Reads one sheet of a spreadsheet: a program of its own, so that a file made to exhaust the machine ends this process alone.

Started by `workbook.py` with limits of memory and time: JSON with the wanted sheet in the first line, then the file; JSON out.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import resource
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from typing import Any

from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

MEMORY = 1024 * 1024 * 1024  # bytes
SECONDS = 20  # of computing
MAX_ROWS = 25_000
MAX_COLUMNS = 200
MERGED_HEADINGS = 10  # rows in which a cell that spans columns is a heading for each

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


def main() -> None:
    """Read what stands on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    wanted = json.loads(sys.stdin.buffer.readline())
    json.dump(read(sys.stdin.buffer.read(), wanted.get("sheet")), sys.stdout)


def read(content: bytes, wanted: str | None) -> dict[str, Any]:
    """Give the sheets' names, and the rows of the wanted one, else of the first visible one with cells."""
    try:
        book = load_workbook(io.BytesIO(content))
        visible = {one.name: one.visible == SheetVisibleEnum.Visible for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet}
        order = sorted(visible, key=lambda name: not visible[name])
        names = [wanted] if wanted in visible else order
        sheet = next((one for one in map(book.get_sheet_by_name, names) if one.height), None)
        sheet = sheet or book.get_sheet_by_name(names[0])
        rows = [[text_of(cell) for cell in row[:MAX_COLUMNS]] for row in sheet.to_python(skip_empty_area=False, nrows=MAX_ROWS)]
        for top, bottom in sheet.merged_cell_ranges or []:
            fill(rows, top, bottom)
    except PasswordError:
        return {"error": "password"}
    except CalamineError:
        return {"error": "broken"}
    hidden, formulas = marks(content, list(visible).index(sheet.name))
    for row, column in formulas:
        if row < len(rows) and column < len(rows[row]) and not rows[row][column]:
            rows[row][column] = "=..."
    return {
        "names": list(visible),
        "chosen": sheet.name,
        "hidden": [name for name, is_shown in visible.items() if not is_shown],
        "hidden_rows": sum(any(rows[row]) for row in hidden if row < len(rows)),
        "rows": rows,
    }


def parsed(part: bytes) -> ET.Element:
    """Parse a part; what it may cost is limited, and no entity is fetched."""
    return ET.fromstring(part)  # noqa: S314


def text_of(cell: object) -> str:
    """Write a value as a person would: whole numbers without a point, dates as 2011-04-30."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)


def fill(rows: list[list[str]], top: tuple[int, int], bottom: tuple[int, int]) -> None:
    """Write a merged cell's text into each cell it covers: down its column, and to the right among headings."""
    value = rows[top[0]][top[1]] if top[0] < len(rows) and top[1] < len(rows[top[0]]) else ""
    for row in range(top[0], min(bottom[0] + 1, len(rows))):
        last = bottom[1] if row < MERGED_HEADINGS else top[1]
        for column in range(top[1], min(last + 1, len(rows[row]))):
            rows[row][column] = rows[row][column] or value


def marks(content: bytes, place: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Give the hidden rows of one sheet, and the cells with a formula and no value; none where the format doesn't say."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return [], []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        if "content.xml" in names:
            return ods_marks(archive, place)
        if "xl/workbook.xml" in names:
            return xlsx_marks(archive, place)
    return [], []


def xlsx_marks(archive: zipfile.ZipFile, place: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Look through a sheet of an XLSX file."""
    sheets = parsed(archive.read("xl/workbook.xml")).iter(f"{_SHEET}sheet")
    links = {link.get("Id"): link.get("Target", "") for link in parsed(archive.read("xl/_rels/workbook.xml.rels"))}
    targets = [links.get(sheet.get(f"{_REL}id"), "") for sheet in sheets]
    target = next(iter(targets[place : place + 1]), "")
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    hidden, formulas = [], []
    if part in archive.namelist():
        for _event, row in ET.iterparse(archive.open(part)):  # noqa: S314 (as in `parsed`)
            if row.tag != f"{_SHEET}row":
                continue
            number = int(row.get("r") or 0) - 1
            if row.get("hidden") in {"1", "true"}:
                hidden.append(number)
            formulas += [(number, column_of(cell.get("r") or "")) for cell in row if is_bare_formula(cell)]
            row.clear()
    return hidden, formulas


def is_bare_formula(cell: ET.Element) -> bool:
    """Say whether a cell has a formula that no program has worked out."""
    value = cell.find(f"{_SHEET}v")
    return cell.find(f"{_SHEET}f") is not None and (value is None or not value.text)


def column_of(reference: str) -> int:
    """Give the column of 'AB12', from 0."""
    number = 0
    for letter in filter(str.isalpha, reference.upper()):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def ods_marks(archive: zipfile.ZipFile, place: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Look through a table of an ODS file."""
    tables = list(parsed(archive.read("content.xml")).iter(f"{_TABLE}table"))
    hidden: list[int] = []
    formulas: list[tuple[int, int]] = []
    number = 0
    for row in tables[place].iter(f"{_TABLE}table-row") if place < len(tables) else ():
        times = min(int(row.get(f"{_TABLE}number-rows-repeated") or 1), MAX_ROWS)
        if row.get(f"{_TABLE}visibility") in {"collapse", "filter"}:
            hidden += range(number, number + times)
        formulas += [(number, column) for column in bare_ods_formulas(row)]
        number += times
    return hidden, formulas


def bare_ods_formulas(row: ET.Element) -> Iterator[int]:
    """Give the columns of formulas without a value."""
    column = 0
    for cell in row:
        if cell.get(f"{_TABLE}formula") and not cell.get(f"{_OFFICE}value-type"):
            yield column
        column += int(cell.get(f"{_TABLE}number-columns-repeated") or 1)


if __name__ == "__main__":
    main()
