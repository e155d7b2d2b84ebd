"""A table to students, and a problem beside each row that can't be read."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.class_lists.errors import FileCode, ListError, ListField
from outreach.class_lists.files.csv_file import read_table
from outreach.class_lists.files.table import MAX_ROWS
from outreach.class_lists.headings.columns import choose_columns, guess_columns
from outreach.class_lists.row_reader import ListedGuardian, ListedStudent, read_rows
from tests.support.class_lists import TODAY, codes, one, read


def test_a_full_row_is_read_field_by_field() -> None:
    reading = read(
        "Student number;First name;Surname;E-mail;Year;DOB;Needs;Mother;Mother email;Father email;Phone",
        "007;Maria;Garcia;Maria.G@Example.ORG;9;30/04/2011;Wheelchair;Ana Garcia;ana@example.test;luis@example.org;+44 20",
    )
    assert reading.problems == ()
    assert reading.rows == (
        ListedStudent(
            2,
            "Maria",
            "Garcia",
            number="007",
            email="maria.g@example.org",
            year_group="9",
            birth_date=date(2011, 4, 30),
            needs="Wheelchair",
            guardians=(ListedGuardian("Ana Garcia", "ana@example.test"), ListedGuardian(None, "luis@example.org")),
        ),
    )


@pytest.mark.parametrize(
    ("names", "given", "family"),
    [
        (("Apellido 1;Apellido 2;Nombre", "García;López;María"), "María", "García López"),
        (("Full name;Year", '"García, María";9'), "María", "García"),
        (("Nom et prénom;Year", "GARCIA Maria;9"), "Maria", "GARCIA"),
        (("Name;Year", "  Maria   de la Cruz ;9"), "Maria de la", "Cruz"),
    ],
)
def test_names_are_put_together_and_taken_apart(names: tuple[str, str], given: str, family: str) -> None:
    row = read(*names).rows[0]
    assert (row.given_name, row.family_name) == (given, family)


def test_a_split_that_is_a_guess_is_shown() -> None:
    reading = read("Name;Year", "Maria Garcia;9", '"Lopez, Ana";9', "Madonna;9")
    assert codes(reading) == [(2, "name_was_split"), (4, "one_name")]
    assert reading.warnings[0].value == "Maria | Garcia"
    assert [row.family_name for row in reading.rows] == ["Garcia", "Lopez", ""]


def test_parts_of_a_guardians_name_are_joined() -> None:
    reading = read("First name;Surname;Parent 1 First Name;Parent 1 Last Name;Parent 1 Email", "Maria;Garcia;Ana;Garcia;ana@example.org")
    assert reading.rows[0].guardians == (ListedGuardian("Ana Garcia", "ana@example.org"),)


def test_more_than_four_guardians_are_too_many() -> None:
    reading = one("Parents' e-mail", " ".join(f"p{number}@example.org" for number in range(5)))
    assert codes(reading) == [(2, "too_many_guardians")]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("1;Maria;Garcia;;", "1;Maria;Garcia;;", [(3, "repeated_row")]),
        ("1;Maria;Garcia;;", "1;Maria;Garcia;2011-04-30;", [(2, "duplicate_row"), (3, "duplicate_row")]),
        ("1;Maria;Garcia;;", "01;Ana;Lopez;;", [(2, "duplicate_number"), (3, "duplicate_number")]),
        (";Maria;Garcia;2011-04-30;", ";MARIA;García;30/04/2011;a@example.org", [(2, "duplicate_row"), (3, "duplicate_row")]),
        (";Maria;Garcia;;a@example.org", "2;Maria;Garcia;;A@example.org", [(2, "duplicate_row"), (3, "duplicate_row")]),
        (";Maria;Garcia;;", ";Maria;Garcia;2011-04-30;", [(2, "duplicate_row"), (3, "duplicate_row")]),
        (";Maria;Garcia;2011-04-30;", ";Maria;Garcia;2011-05-30;", [(3, "namesake")]),
        ("1;Maria;Garcia;;", "2;Maria;Garcia;;", [(3, "namesake")]),
        (";Maria;Garcia;;a@example.org", ";Ana;Garcia;;a@example.org", []),
    ],
)
def test_students_listed_twice_are_found(first: str, second: str, expected: list[tuple[int, str]]) -> None:
    reading = read("Student number;First name;Surname;DOB;E-mail", first, second)
    assert codes(reading) == expected
    assert len(reading.rows) == 2 - len([code for _line, code in expected if code != "namesake"])


def test_cells_beyond_the_headings_show_a_row_that_slipped() -> None:
    reading = read("First name,Surname,Email", "Maria,Garcia, Lopez,m@example.org", "Ana,Lopez,a@example.org,,")
    assert (2, "too_many_cells") in codes(reading)
    assert [row.line for row in reading.rows] == [3]


def test_all_problems_of_a_row_show_at_once() -> None:
    reading = read("First name;Surname;Email;DOB;Mother email", "12;Garcia;maria@@x;30/04/2030;=A1")
    assert [problem.code for problem in reading.problems] == ["not_a_name", "formula_cell", "bad_email", "future_birth_date"]
    assert [problem.field for problem in reading.problems] == ["given_name", "guardian_1_email", "email", "birth_date"]


def test_columns_that_are_not_imported_are_not_read() -> None:
    reading = read("First name;Surname;Phone;Total", "Maria;Garcia;+44 20;=SUM(A1)", ";;;=SUM(A2)")
    assert [row.given_name for row in reading.rows] == ["Maria"]
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (("Email;Year", "a@example.org;9"), FileCode.NO_NAME_COLUMN),
        (("First name;Year", "Maria;9"), FileCode.NO_NAME_COLUMN),
        (("First name;Surname",), FileCode.NO_STUDENTS),
        (("First name;Surname;Total", ";;28"), FileCode.NO_STUDENTS),
    ],
)
def test_a_list_without_names_or_students_is_declined(rows: tuple[str, ...], code: FileCode) -> None:
    with pytest.raises(ListError) as caught:
        read(*rows)
    assert caught.value.code is code


def test_a_list_without_headings_is_read_as_a_person_says() -> None:
    table = read_table(b"Maria,Garcia\n" * 2 + b"Ana,Lopez\n")
    columns = choose_columns(table, guess_columns(table), {1: ListField.FAMILY_NAME, 0: ListField.GIVEN_NAME})
    assert [row.given_name for row in read_rows(table, columns, today=TODAY).rows] == ["Maria", "Ana"]
    table = read_table(b"".join(f"Maria{number},Garcia\n".encode() for number in range(MAX_ROWS + 1)))
    with pytest.raises(ListError) as caught:
        read_rows(table, columns, today=TODAY)
    assert caught.value.code is FileCode.TOO_MANY_ROWS


HEADINGS = (
    '"N°";"NOM de famille ";\u00a0Prénom ;"Date de\nnaissance";Classe;"Courriel élève";'
    '"Responsable légal 1";"E-mail responsable légal 1";"Mère : courriel";Téléphone'
)
HELL = "\r\n".join(
    [
        "sep=;",
        "Lycée Émile-Zola ;;;;;;;;;",
        ";;;;;;;;;",
        HEADINGS,
        '1;"D\u2019ARC";Jeanne;03/04/2011;3e B;;"Isabelle Romée";ISABELLE@Example.org;;+33 6 12 34 56 78',
        "2;Núñez;Zoë;30.04.2011 00:00;3e B;Zoe <zoe@example.org>;-;;zuzana@example.org;",
        ";;;;;;;;;",
        HEADINGS,
        '3;="O\'BRIEN";Œdipe;1er mars 2011;n/a;oe@@x;;;;',
        "4;#REF!;;31/02/2011;;;;;;",
        "2;Nunez;ZOE;30/04/2011;;;;;;",
        "5;Null;Anaïs;;;;=cmd|' /C calc'!A0;;;",
        '6;"Ba\nBcc: x@example.org";Ali;;;;;;;',
        "7;Li;;;;;;;;;;;surprise",
        ";;;;;;;;;28 élèves",
        "\x1a",
    ]
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_spreadsheet_from_hell(encoding: str) -> None:
    table = read_table(HELL.encode(encoding))
    columns = guess_columns(table)
    reading = read_rows(table, columns, today=TODAY)
    assert columns.heading_line == 3
    assert reading.rows == (
        ListedStudent(
            4,
            "Jeanne",
            "D\u2019ARC",
            number="1",
            class_names=("3e B",),
            birth_date=date(2011, 4, 3),
            guardians=(ListedGuardian("Isabelle Romée", "isabelle@example.org"),),
        ),
        ListedStudent(11, "Anaïs", "Null", number="5"),
    )
    assert codes(reading) == [
        (5, "duplicate_row"),
        (8, "bad_email"),
        (9, "spreadsheet_error"),
        (9, "bad_date"),
        (10, "duplicate_row"),
        (11, "formula_cell"),
        (12, "not_a_name"),
        (13, "too_many_cells"),
    ]


SIGNS = "aZé=+-@;,\"'\n\t\x00\x07\u2028\u202e\ufeff\ufffd1/.\U0001f338\u0301"


@settings(max_examples=80, deadline=None, database=None)
@given(
    st.lists(
        st.lists(
            st.one_of(st.text(alphabet=SIGNS, max_size=8), st.sampled_from(["=1", "03/04/2011", "a@b.org", "Maria", "1.0", "-", "\u202e"])),
            min_size=1,
            max_size=6,
        ),
        max_size=5,
    )
)
def test_any_cells_give_students_or_problems(cells: list[list[str]]) -> None:
    heading = ["First name", "Surname", "Student number", "E-mail", "DOB", "Mother email"]
    content = "\n".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [heading, *cells])
    try:
        table = read_table(content.encode("utf-8", "replace"))
        reading = read_rows(table, guess_columns(table), today=TODAY)
    except ListError:
        return
    assert {row.line for row in reading.rows}.isdisjoint(problem.line for problem in reading.errors)
    for row in reading.rows:
        assert any(map(str.isalpha, row.given_name))
        for name in (row.given_name, row.family_name):
            assert not {unicodedata.category(sign) for sign in name} & {"Cc", "Zl", "Zp"}
