"""Spreadsheet files written by hand, as small as their readers allow."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_LINK = f'Relationship Id="{{}}" Type="{_DOCUMENT}/{{}}" Target="{{}}"/'
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"

Rows = Sequence[Sequence[str]]


def reference(row: int, column: int) -> str:
    """Write a cell's place as spreadsheets do, both from 0: (0, 27) is AB1."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def text_cell(row: int, column: int, text: str) -> str:
    return f'<c r="{reference(row, column)}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def sheet_xml(rows: Rows, *, hidden: Sequence[int] = (), merged: Sequence[str] = (), extra: str = "") -> str:
    """Write a sheet; `extra` is one more row as it is."""
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(text_cell(number, column, text) for column, text in enumerate(row) if text)
        state = ' hidden="1"' if number in hidden else ""
        lines.append(f'<row r="{number + 1}"{state}>{cells}</row>')
    merges = "".join(f'<mergeCell ref="{span}"/>' for span in merged)
    return (
        f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}{extra}</sheetData>'
        + (f"<mergeCells>{merges}</mergeCells>" if merges else "")
        + "</worksheet>"
    )


def xlsx(sheets: Mapping[str, str], *, hidden: Sequence[str] = ()) -> bytes:
    """Pack sheets by name, each as `sheet_xml` wrote it."""
    names = list(enumerate(sheets, 1))
    states = dict.fromkeys(hidden, ' state="hidden"')
    listed = "".join(f'<sheet name="{name}" sheetId="{key}"{states.get(name, "")} r:id="rId{key}"/>' for key, name in names)
    links = [_LINK.format(f"rId{key}", "worksheet", f"worksheets/sheet{key}.xml") for key, _name in names]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _linked([_LINK.format("r", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _linked(links),
        **{f"xl/worksheets/sheet{key}.xml": sheets[name] for key, name in names},
    }
    return _packed(parts)


def _linked(links: Sequence[str]) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">' + "".join(f"<{link}>" for link in links) + "</Relationships>"


def ods(rows: Rows, *, hidden: Sequence[int] = ()) -> bytes:
    """Write an OpenDocument spreadsheet with one sheet."""
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(_ods_cell(text) for text in row)
        state = ' table:visibility="collapse"' if number in hidden else ""
        lines.append(f"<table:table-row{state}>{cells}</table:table-row>")
    spaces = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="List">'
        f"{''.join(lines)}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>'
    manifest = f'<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0">{entry}</manifest:manifest>'
    return _packed({"mimetype": _ODS, "content.xml": content, "META-INF/manifest.xml": manifest})


def _ods_cell(text: str) -> str:
    paragraph = f"<text:p>{escape(text)}</text:p>"
    return f'<table:table-cell office:value-type="string">{paragraph}</table:table-cell>' if text else "<table:table-cell/>"


def _packed(parts: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()
