"""Spreadsheets and code pages: one table of ours reads back the same from each, and what can't be read is said in words."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.class_lists import ListError, guess_columns, read_file, read_rows
from outreach.class_lists.errors import FileCode, ProblemCode
from outreach.class_lists.files.table import ListTable
from tests.support.class_lists import TODAY
from tests.support.workbooks import ods, sheet_xml, xlsx

CASES = Path(__file__).parents[1] / "data" / "class_lists"
HEADINGS = ("First name", "Last name", "Parent 1 email")
LATIN = "Zoë Núñez Jürgen Groß François Ångström"
LETTERS = {
    "cp1250": "Łucja Wiśniewska Żak Dvořák Šťastný",
    "cp1251": "Анна Иванова Юрий Щукин",
    "cp1252": LATIN,
    "cp1253": "Γιώργος Παπαδόπουλος Ελένη",
    "cp1254": "Ayşe Yılmaz Gökçe Işık",
    "mac_roman": LATIN,
    "utf-8": LATIN + " Łucja Анна 李",
    "utf-16": LATIN + " Łucja Анна 李",
}


def rows(table: ListTable) -> list[tuple[str, ...]]:
    return [line.cells for line in table.lines]


def refusal(content: bytes) -> FileCode:
    with pytest.raises(ListError) as caught:
        read_file(content)
    return caught.value.code


def names(words: str) -> st.SearchStrategy[list[tuple[str, str, str]]]:
    word = st.sampled_from(words.split())
    return st.lists(st.tuples(word, word, st.just("parent@example.org")), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None, database=None)
@given(st.sampled_from(sorted(LETTERS)).flatmap(lambda page: st.tuples(st.just(page), names(LETTERS[page]))), st.sampled_from(",;\t|"))
def test_names_are_read_as_written_or_asked_about(written: tuple[str, list[tuple[str, str, str]]], delimiter: str) -> None:
    encoding, cells = written
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([HEADINGS, *cells])
    content = text.getvalue().encode(encoding)
    assert rows(read_file(content, encoding=encoding)) == [HEADINGS, *cells]
    guessed = read_file(content)
    assert guessed.asks_encoding or rows(guessed) == [HEADINGS, *cells]


@settings(max_examples=4, deadline=None, database=None)
@given(names(LETTERS["utf-8"]))
def test_spreadsheets_read_back_the_same(cells: list[tuple[str, str, str]]) -> None:
    table = [HEADINGS, *cells]
    for content in (xlsx({"List": sheet_xml(table)}), ods(table)):
        assert rows(read_file(content)) == table


@pytest.mark.parametrize(("encoding", "country", "asks"), [("cp1250", "GB", True), ("cp1250", "PL", False), ("cp1251", None, True)])
def test_11_letters_are_chosen_by_a_person_unless_the_country_settles_it(encoding: str, country: str | None, asks: bool) -> None:
    table = read_file((CASES / f"11-{encoding}.csv").read_bytes(), country=country)
    assert table.asks_encoding is asks
    assert table.readings[0].encoding == encoding
    assert len(table.readings) > 1
    first = {"cp1250": ("Łucja", "Wiśniewska"), "cp1251": ("Анна", "Иванова")}[encoding]
    assert table.readings[0].words[:2] == first


def test_sheets_are_named_and_chosen_and_hidden_ones_said() -> None:
    content = xlsx(
        {"Notes": sheet_xml([("x", "y")]), "7A": sheet_xml([HEADINGS, ("Ana", "Moe", "")], hidden=[1]), "7B": sheet_xml([HEADINGS])},
        hidden=["Notes"],
    )
    table = read_file(content)
    assert table.sheets is not None
    assert (table.sheets.names, table.sheets.chosen, table.sheets.hidden, table.sheets.hidden_rows) == (
        ("Notes", "7A", "7B"),
        "7A",
        ("Notes",),
        1,
    )
    assert rows(read_file(content, sheet="7B")) == [HEADINGS]
    hidden = read_file(ods([HEADINGS, ("Ana", "Moe", "")], hidden=[1])).sheets
    assert hidden is not None
    assert hidden.hidden_rows == 1


def test_merged_headings_dates_and_numbers_of_an_old_spreadsheet() -> None:
    table = read_file((CASES / "two-heading-rows.xls").read_bytes())
    (row,) = read_rows(table, guess_columns(table), today=TODAY).rows
    assert (row.given_name, row.family_name, str(row.birth_date), row.email) == ("Łucja", "Wiśniewska", "2010-03-02", None)
    assert [(one.name, one.email) for one in row.guardians] == [("Maria Moe", "maria@example.org")]


def test_a_formula_without_its_value_is_an_error() -> None:
    bare = '<row r="2"><c r="A2"><f>B9</f></c><c r="B2" t="str"><f>B8</f><v>Moe</v></c></row>'
    table = read_file(xlsx({"List": sheet_xml([HEADINGS], extra=bare)}))
    problems = read_rows(table, guess_columns(table), today=TODAY).problems
    assert [(problem.line, problem.code) for problem in problems] == [(2, ProblemCode.FORMULA_CELL)]


def test_a_file_that_kills_its_reader_is_an_error_in_words() -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refusal(xlsx({"List": sheet_xml([HEADINGS], extra=far)})) is FileCode.WORKBOOK_TOO_LARGE
    assert refusal(xlsx({"List": sheet_xml([HEADINGS], extra="<!--" + " " * 61 * 1024 * 1024 + "-->")})) is FileCode.UNPACKS_TOO_BIG
    assert refusal(xlsx({"List": "<worksheet><sheetData>"})) in {FileCode.BROKEN_WORKBOOK, FileCode.EMPTY}
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)) is FileCode.BROKEN_WORKBOOK
