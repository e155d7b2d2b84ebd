"""Bytes to a table: every encoding, sign and program schools use, and what is declined."""

from __future__ import annotations

import contextlib
import csv
import io
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.class_lists.errors import FileCode, ListError
from outreach.class_lists.files.csv_file import read_table
from outreach.class_lists.files.table import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, ListTable

LIST = "First name;Family name;E-mail\nZoë;Núñez;zoe@example.org\nJürgen;Œuvrard;j@example.org\n"


def rows(table: ListTable) -> list[tuple[str, ...]]:
    return [line.cells for line in table.lines]


def refusal(content: bytes) -> ListError:
    with pytest.raises(ListError) as caught:
        read_table(content)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", "|"])
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_encodings_signs_and_line_ends_all_read_alike(encoding: str, delimiter: str, line_end: str) -> None:
    table = read_table(LIST.replace(";", delimiter).replace("\n", line_end).encode(encoding))
    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    assert rows(table) == [tuple(line.split(";")) for line in LIST.splitlines()]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", FileCode.EMPTY),
        (b"\xef\xbb\xbf", FileCode.EMPTY),
        (b" \r\n\t\r\n", FileCode.EMPTY),
        (b",,,\n,,\n", FileCode.EMPTY),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), FileCode.SPREADSHEET),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", FileCode.PDF),
        (b"\x89PNG\r\n\x1a\n", FileCode.DOCUMENT),
        (b"{\\rtf1\\ansi Maria}", FileCode.DOCUMENT),
        (b"\x1f\x8b\x08\x00", FileCode.ARCHIVE),
        (b'\n<html xmlns:o="urn"><table><tr><td>First name', FileCode.WEB_PAGE),
        (b"\xef\xbb\xbf<!DOCTYPE html>", FileCode.WEB_PAGE),
        (bytes(range(256)) * 4, FileCode.BINARY),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f" * 30, FileCode.BINARY),
        (bytes(1000), FileCode.BINARY),
        ("Prénom;Nom\nZoë;Núñez\nJosé;Ibáñez\n".encode()[:-4] + b"\xe9z\n", FileCode.GARBLED),
        (LIST.encode("utf-16")[:-1], FileCode.GARBLED),
        (b'First name,Family name\nMaria,Garcia\nAna,"Lopez\nLuis,Vega\n', FileCode.UNCLOSED_QUOTE),
        (b'"Maria', FileCode.UNCLOSED_QUOTE),
        (b'"', FileCode.EMPTY),
    ],
)
def test_what_is_no_class_list_is_declined_by_name(content: bytes, code: FileCode) -> None:
    assert refusal(content).code is code


@pytest.mark.parametrize(
    ("inside", "code"),
    [("xl/workbook.xml", FileCode.SPREADSHEET), ("list.csv", FileCode.ARCHIVE)],
)
def test_a_workbook_and_another_archive_are_told_apart(inside: str, code: FileCode) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(inside, "x")
    assert refusal(packed.getvalue()).code is code


def test_marks_nuls_and_invisible_signs_are_taken_off() -> None:
    table = read_table("\ufeff\ufeffFirst name,Family\u00a0name\nMa\x00ria\u200b,\u200eGarc\u0069\u0301a \n\x1a".encode())
    assert rows(table) == [("First name", "Family name"), ("Maria", "García")]


def test_rows_keep_the_number_a_spreadsheet_shows() -> None:
    table = read_table(b'\n;;\nFirst name;Family name;Needs\n\nMaria;Garcia;"two\nlines"\n;;\nAna;Lopez;\n')
    assert [(line.line, line.cells[0]) for line in table.lines] == [(3, "First name"), (5, "Maria"), (7, "Ana")]


def test_a_first_line_that_names_the_sign_is_obeyed_and_not_counted() -> None:
    table = read_table(b"sep=|\r\nFirst name|Family name\r\nMaria|Garcia, Lopez; Vega\r\n")
    assert table.delimiter == "|"
    assert table.lines[1].line == 2
    assert table.lines[1].cells == ("Maria", "Garcia, Lopez; Vega")


@pytest.mark.parametrize(
    ("text", "delimiter", "second"),
    [
        ("Name\nGarcía, María\nLópez, Ana\n", "", ("García, María",)),
        ('Name\n"García, María"\n', "", ("García, María",)),
        ("Name\nMaria Garcia\n", "", ("Maria Garcia",)),
        ("Full name;E-mail\nGarcía, María;m@example.org\nLópez, Ana;a@example.org\n", ";", ("García, María", "m@example.org")),
        ("Class 7A, Mrs Hill\n\nFirst name;Surname\nMaria;Garcia\n", ";", ("First name", "Surname")),
        ('First name,Surname,Needs\nMaria,Garcia,"glasses; first row; aisle"\n', ",", ("Maria", "Garcia", "glasses; first row; aisle")),
        ('"First name", "Surname"\n"Maria", "Garcia, Lopez"\n', ",", ("Maria", "Garcia, Lopez")),
        ("First name\tSurname\tNeeds\nMaria\tGarcia\ta, b, c; d\n", "\t", ("Maria", "Garcia", "a, b, c; d")),
        ("Vorname;Nachname\nMaria;Garcia\n", ";", ("Maria", "Garcia")),
        ("Vorname,Nachname,Ort\nMaria,Garcia,Ulm\n", ",", ("Maria", "Garcia", "Ulm")),
        ('First name,Surname\n"Maria ""Mia""",O"Brien\n', ",", ('Maria "Mia"', 'O"Brien')),
        ("First name,Surname\nMaria,Garcia", ",", ("Maria", "Garcia")),
    ],
)
def test_the_sign_between_cells_is_found(text: str, delimiter: str, second: tuple[str, ...]) -> None:
    table = read_table(text.encode())
    assert table.delimiter == delimiter
    assert rows(table)[1] == second


def test_the_longest_list_allowed_is_read() -> None:
    table = read_table(b"First name,Surname\n" + b"Maria,Garcia\n" * MAX_ROWS)
    assert len(table.lines) == MAX_ROWS + 1


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"First name,Surname\n" + b"Maria,Garcia\n" * (MAX_ROWS + 1), FileCode.TOO_MANY_ROWS, None),
        (b"a,b\n" + b"x," * MAX_COLUMNS + b"x", FileCode.TOO_MANY_COLUMNS, 2),
        (b"a,b\n\n" + b"x" * (MAX_CELL + 1) + b",y", FileCode.CELL_TOO_LONG, 3),
        (b"a,b\n" + b"x" * 200_000, FileCode.CELL_TOO_LONG, 2),
    ],
)
def test_limits_are_named(content: bytes, code: FileCode, line: int | None) -> None:
    error = refusal(content)
    assert (error.code, error.facts.get("line")) == (code, line)


def test_empty_columns_a_spreadsheet_adds_do_not_count() -> None:
    assert rows(read_table(b"First name,Surname" + b"," * 300 + b"\nMaria,Garcia" + b"," * 300)) == [
        ("First name", "Surname"),
        ("Maria", "Garcia"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"x" * (20 * 1024 * 1024),
        b"a,b\n" * (MAX_BYTES // 4),
        b"\n" * MAX_BYTES,
        b"," * MAX_BYTES,
        b'"' * MAX_BYTES,
        b'",\n' * (MAX_BYTES // 3),
        b"x" * MAX_BYTES,
        ("a" + "\u0316\u0300" * (MAX_BYTES // 4 - 1)).encode(),
        (",".join(["a" + "\u0316\u0300" * 240] * 30) + "\n").encode() * 60,
        b"<" + b" " * (MAX_BYTES - 1),
        (" " * MAX_BYTES).encode(),
    ],
    ids=["20MB", "rows", "blank", "commas", "quotes", "quoted", "cell", "accents", "accented", "page", "spaces"],
)
def test_nothing_makes_it_slow(content: bytes) -> None:
    start = time.process_time()
    with contextlib.suppress(ListError):
        read_table(content)
    assert time.process_time() - start < 3


@settings(max_examples=150, deadline=None, database=None)
@given(st.one_of(st.binary(max_size=300), st.text(alphabet='ab;,\t"\n\r\x00é=\ufeff\ud7ff', max_size=120).map(str.encode)))
def test_any_bytes_give_rows_or_a_refusal(content: bytes) -> None:
    try:
        table = read_table(content)
    except ListError:
        return
    assert table.lines
    assert all(any(line.cells) for line in table.lines)
    assert [line.line for line in table.lines] == sorted({line.line for line in table.lines})


WORD = st.text(alphabet="abcXYZ éñß,;\t'\"-", min_size=1, max_size=12).filter(lambda word: word.strip() == word)


@settings(max_examples=100, deadline=None, database=None)
@given(
    st.lists(st.tuples(WORD, WORD, WORD), min_size=1, max_size=6),
    st.sampled_from(",;\t"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_what_a_program_writes_is_what_we_read(cells: list[tuple[str, str, str]], delimiter: str, encoding: str) -> None:
    written = io.StringIO()
    table = [("Given name", "Family name", "Needs"), *cells]
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    assert rows(read_table(written.getvalue().encode(encoding))) == table
