"""Every limit of a class list at its edge: the last that is taken, the first that is refused."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from outreach.class_lists.cells import plain, read_email, read_emails, read_name, read_number, read_prose, read_word
from outreach.class_lists.dates import DateOrder, column_order, read_birth_date
from outreach.class_lists.errors import CellTrouble, FileCode, ListError, ListField, ProblemCode
from outreach.class_lists.files.csv_file import read_table
from outreach.class_lists.files.encodings import Decoded, decode
from outreach.class_lists.files.file_kind import FileKind, kind_of
from outreach.class_lists.files.table import MAX_BYTES
from outreach.class_lists.headings.columns import ListColumns, choose_columns, guess_columns
from outreach.class_lists.names import akin, split_full_name
from outreach.class_lists.row_reader import read_rows
from outreach.people import name_key
from tests.support.class_lists import TODAY, codes, one, read


def trouble(read_cell: object, *args: object, **facts: object) -> str:
    """Give the code of a cell that can't be read."""
    with pytest.raises(CellTrouble) as caught:
        read_cell(*args, **facts)  # type: ignore[operator]
    return caught.value.code.value


def declined(content: bytes) -> FileCode:
    with pytest.raises(ListError) as caught:
        read_table(content)
    return caught.value.code


# Cells


def test_the_longest_name_and_the_longest_word() -> None:
    assert read_name("x" * 100) == "x" * 100
    assert trouble(read_name, "x" * 101) == "too_long"
    assert read_word("x" * 64) == "x" * 64
    assert trouble(read_word, "x" * 65) == "too_long"
    assert read_number("9" * 64) == "9" * 64
    assert trouble(read_number, "9" * 65) == "too_long"
    assert read_prose("x" * 3000) == "x" * 3000


NOTHING = ["x", "n/a", "na", "n.a.", "n/d", "nd", "s/d", "none", "null", "nil", "nan", "no", "non"]
NOTHING += ["ninguno", "ninguna", "aucun", "aucune", "neant", "n\u00e9ant", "rien", "nada", "NONE", "-", "--", "?", "_", "-----", ""]


@pytest.mark.parametrize("cell", NOTHING)
def test_a_placeholder_says_nothing(cell: str) -> None:
    assert (read_word(cell), read_prose(cell), read_number(cell), read_email(cell), read_emails(cell)) == (None, None, None, None, [])


@pytest.mark.parametrize("cell", ["------", "nope", "x2", "9"])
def test_what_is_more_than_a_placeholder_says_something(cell: str) -> None:
    assert (read_word(cell), read_prose(cell)) == (cell, cell)


def test_a_name_of_signs_only_is_no_name_but_no_error_either() -> None:
    assert [read_name(cell) for cell in ("", "-", "_ -", "\u2014" * 6)] == [None] * 4
    assert [trouble(read_name, cell) for cell in ("7", "a@b", "http://a", "\u00bd7")] == ["not_a_name"] * 4
    assert read_name("  Ana \u00a0 Maria ") == "Ana Maria"


@pytest.mark.parametrize(
    ("cell", "is_formula"),
    [
        ("=", True), ("=A1", True), ("\uff1dA1", True), ("@", False), ("@SUM(A1)", True), ("\uff20SUM(A1)", True), ("+A1", True),
        ("\uff0bA1", True), ("-A1", True), ("\uff0dA1", True), ("-", False), ("+", False), ("+44 (0)20 7946-0000", False),
        ("-1,5", False), ("- nuts", False), ("- (nuts)", False), ("-nuts", True), ("- nuts f(x)", True), ("- nuts (f x)", False),
        ("- nuts | cmd", True), ("2 - 1", False), ("A=1", False),
    ],
)  # fmt: skip
def test_which_cells_are_formulas(cell: str, is_formula: bool) -> None:
    if is_formula:
        assert trouble(plain, cell) == "formula_cell"
    else:
        assert plain(cell) == cell


@pytest.mark.parametrize(
    "cell", ["#REF!", "#N/A", "#NAME?", "#value!", "#DIV/0!", "#NUM!", "#NULL!", "#NOMBRE?", "#VALOR!", "#NOM ?", "####"]
)
def test_the_errors_of_spreadsheets_are_refused(cell: str) -> None:
    assert trouble(plain, cell) == "spreadsheet_error"
    assert plain(f"{cell} x") == f"{cell} x"


def test_what_is_quoted_as_a_formula_is_taken_out_of_its_quotes() -> None:
    assert plain('=" 00123 "') == "00123"
    assert trouble(plain, '="00" & "123"') == "formula_cell"
    assert trouble(plain, '="=A1"') == "formula_cell"


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f", *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"])
def test_hidden_signs_are_refused_in_every_kind_of_cell(sign: str) -> None:
    for reader in (read_name, read_word, read_prose, read_number):
        assert trouble(reader, f"a{sign}b") == "control_characters"


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\u2028", "\u2029"])
def test_a_line_break_becomes_a_blank(sign: str) -> None:
    for reader in (read_name, read_word, read_number):
        assert reader(f"a{sign}b") == "a b"
    assert read_prose(f"a {sign}{sign} b") == "a b"


@pytest.mark.parametrize(
    ("cell", "number"),
    [("12.0", "12"), ("12.00", "12.00"), ("A12.0", "A12.0"), ("12.05", "12.05"), ("1e5x", "1e5x"), ("e5", "e5")],
)
def test_only_what_a_spreadsheet_adds_is_taken_off_a_number(cell: str, number: str) -> None:
    assert read_number(cell) == number


@pytest.mark.parametrize("cell", ["1e5", "1E+05", "1.2e+11", "1,2E11"])
def test_a_shortened_number_is_refused(cell: str) -> None:
    assert trouble(read_number, cell) == "mangled_number"


@pytest.mark.parametrize(
    ("cell", "garbled"), [("Jos\u00c3\u00a9", True), ("Jos\u00e9", False), ("\u00c3", False), ("\u0141ukasz", False), ("Jos\ufffd", True)]
)
def test_text_decoded_wrongly_is_told_from_accents(cell: str, garbled: bool) -> None:
    if garbled:
        assert trouble(plain, cell) == "garbled"
    else:
        assert plain(cell) == cell


@pytest.mark.parametrize(
    ("cell", "emails"),
    [
        ("a@x.test", ["a@x.test"]),
        ("a@x.test;b@x.test", ["a@x.test", "b@x.test"]),
        ("a@x.test / b@x.test | c@x.test", ["a@x.test", "b@x.test", "c@x.test"]),
        ("<a@x.test> <b@x.test>", ["a@x.test", "b@x.test"]),
        ("a@x.test; <>", ["a@x.test"]),
        ("MAILTO:a@x.test", ["a@x.test"]),
        ("mailto:a@x.test, mailto:b@x.test", ["a@x.test", "b@x.test"]),
    ],
)
def test_addresses_are_taken_apart(cell: str, emails: list[str]) -> None:
    assert read_emails(cell) == emails
    if len(emails) == 1:
        assert read_email(cell) == emails[0]
    else:
        assert trouble(read_email, cell) == "several_emails"


def test_the_longest_address() -> None:
    domain = ".".join(["d" * 62] * 3) + ".org"  # 192
    local = "x" * (254 - len(domain) - 1)
    assert len(f"{local}@{domain}") == 254
    assert read_email(f"{local}@{domain}") == f"{local}@{domain}"
    assert trouble(read_email, f"{local}x@{domain}") == "bad_email"


# Names


@pytest.mark.parametrize(
    ("one_name", "other", "may_be"),
    [("abcde", "abcdx", True), ("abcd", "abcx", False), ("abcdefghi", "abcdefgxy", False), ("Ana Maria", "Maria Ana", True)],
)
def test_four_fifths_alike_may_be_a_slip(one_name: str, other: str, may_be: bool) -> None:
    assert akin(one_name, other) is akin(other, one_name) is may_be


@pytest.mark.parametrize(
    ("name", "family_first", "halves"),
    [
        ("Maria DE LA CRUZ", False, ("Maria", "DE LA CRUZ", False)),
        ("Maria de la CRUZ", False, ("Maria de la", "CRUZ", False)),
        ("CRUZ Maria", False, ("Maria", "CRUZ", False)),
        ("LI Maria", False, ("LI", "Maria", False)),
        ("Maria LI", False, ("Maria", "LI", False)),
        ("Maria J.", False, ("Maria", "J.", False)),
        ("Cruz Maria Ana", True, ("Maria Ana", "Cruz", False)),
        ("MARIA CRUZ", True, ("CRUZ", "MARIA", False)),
        ("DE LA CRUZ Maria Ana", True, ("Maria Ana", "DE LA CRUZ", False)),
        ("Maria CRUZ", True, ("Maria", "CRUZ", False)),
        ("PAZ Maria", False, ("Maria", "PAZ", False)),
        ("Ana Maria DE PAZ", False, ("Ana Maria", "DE PAZ", False)),
        ("Cruz , Maria Ana", True, ("Maria Ana", "Cruz", True)),
        ("", False, ("", "", False)),
        ("Madonna", True, ("Madonna", "", False)),
    ],
)
def test_capitals_tell_the_family_name(name: str, family_first: bool, halves: tuple[str, str, bool]) -> None:
    assert split_full_name(name, family_first=family_first) == halves


def test_which_half_comes_first_is_what_the_heading_says() -> None:
    for heading, given in (("Nom et pr\u00e9nom", "Maria"), ("Pr\u00e9nom et nom", "Garcia")):
        assert [row.given_name for row in read(f"{heading};Year", "Garcia Maria;9").rows] == [given]
    assert name_key(" -Ana- ") == "ana"


# Dates


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2023-03-01", None),
        ("2023-03-02", "implausible_age"),
        ("2023-02-28", None),
        ("1991-03-02", None),
        ("1991-03-01", "implausible_age"),
        ("1991-04-01", None),
        ("1991-02-28", "implausible_age"),
        ("2027-03-01", "implausible_age"),
        ("2027-03-02", "future_birth_date"),
        ("211-04-30", "implausible_age"),
        ("30/04/211", "bad_date"),
        ("003 Apr 2011", "bad_date"),
        ("30 Ap 2011", "bad_date"),
        ("30 Ma 2011", "bad_date"),
        ("30 Apr Apr 2011", "bad_date"),
        ("30 Apr 2011 5", "bad_date"),
        ("30 Foo 2011", "bad_date"),
        ("30 Apr", "bad_date"),
        ("Apr 2011", "bad_date"),
        ("20111304", "bad_date"),
        ("18110430", "bad_date"),
        ("2011-13-04", "bad_date"),
    ],
)
def test_a_student_is_between_4_and_35(cell: str, code: str | None) -> None:
    if code is None:
        assert read_birth_date(cell, order=None, today=TODAY) == date.fromisoformat(cell)
    else:
        assert trouble(read_birth_date, cell, order=None, today=TODAY) == code


@pytest.mark.parametrize(
    ("cell", "born"),
    [
        ("1er mars 2010", date(2010, 3, 1)),
        ("2nd Feb 2011", date(2011, 2, 2)),
        ("3rd March 2011", date(2011, 3, 3)),
        ("el 4 de enero del 2011", date(2011, 1, 4)),
        ("le 5 f\u00e9vrier 2011", date(2011, 2, 5)),
        ("the 6th of August, 2011", date(2011, 8, 6)),
        ("7-may-11", date(2011, 5, 7)),
        ("8 mai 2011", date(2011, 5, 8)),
        ("9 jun 2011", date(2011, 6, 9)),
        ("9 juil. 2011", date(2011, 7, 9)),
        ("10 Sept 2011", date(2011, 9, 10)),
        ("11 setiembre 2011", date(2011, 9, 11)),
        ("12 oct 2011", date(2011, 10, 12)),
        ("13 nov 2011", date(2011, 11, 13)),
        ("14 dic 2011", date(2011, 12, 14)),
        ("2011 Dec 15", date(2011, 12, 15)),
        ("16 diciembre 11", date(2011, 12, 16)),
        ("30/04/2011 11:59:59.5 p.m.", date(2011, 4, 30)),
        ("2011-04-30T00:00+01:00", date(2011, 4, 30)),
        ("19990430", date(1999, 4, 30)),
        ("20110430", date(2011, 4, 30)),
        ("1/13/2011", date(2011, 1, 13)),
        ("13/1/2011", date(2011, 1, 13)),
    ],
)
def test_dates_in_words_and_figures(cell: str, born: date) -> None:
    assert read_birth_date(cell, order=None, today=TODAY) == born


@pytest.mark.parametrize(
    ("cell", "today", "code"),
    [("02/01/31", date(2031, 1, 1), "future_birth_date"), ("02/01/32", date(2031, 1, 1), "implausible_age")],
)
def test_two_digits_mean_this_century_up_to_this_year(cell: str, today: date, code: str) -> None:
    assert trouble(read_birth_date, cell, order=DateOrder.DAY_FIRST, today=today) == code


@pytest.mark.parametrize(
    ("values", "heading", "order"),
    [
        (["13/01/2011"], "", DateOrder.DAY_FIRST),
        (["12/01/2011"], "", None),
        (["01/13/2011"], "", DateOrder.MONTH_FIRST),
        (["01/12/2011"], "", None),
        (["13/01/2011", "01/13/2011"], "dd/mm/yyyy", None),
        (["13/01/2011"], "mm/dd/yyyy", DateOrder.DAY_FIRST),
        (["", "soon", "2011-01-13"], "", None),
        (["01/01/2011"], "dd/mm/yyyy", DateOrder.DAY_FIRST),
        (["01/01/2011"], "mm/dd/yyyy", DateOrder.MONTH_FIRST),
        (["01/01/2011"], "jj/mm/aaaa", DateOrder.DAY_FIRST),
        (["01/01/2011"], "j m a", DateOrder.DAY_FIRST),
        (["01/01/2011"], "d mmm yy", DateOrder.DAY_FIRST),
        (["01/01/2011"], "mmm d", DateOrder.MONTH_FIRST),
        (["01/01/2011"], "dd", None),
        (["01/01/2011"], "mm", None),
    ],
)
def test_what_settles_the_order_of_a_column(values: list[str], heading: str, order: DateOrder | None) -> None:
    assert column_order(values, heading) is order


def test_a_date_without_two_readings_needs_no_order_and_ignores_one() -> None:
    for order in (None, *DateOrder):
        assert read_birth_date("30/04/2011", order=order, today=TODAY) == date(2011, 4, 30)
        assert read_birth_date("05/05/2011", order=order, today=TODAY) == date(2011, 5, 5)


# Rows and columns


def test_what_is_shown_of_a_long_cell() -> None:
    shown = [one("E-mail", "x" * length).problems[0].value for length in (80, 81)]
    assert shown == ["x" * 80, "x" * 79 + "\u2026"]


def test_four_guardians_are_taken_and_five_are_too_many() -> None:
    four = [f"p{number}@x.test" for number in range(4)]
    assert [guardian.email for guardian in one("Parents' e-mail", " ".join(four)).rows[0].guardians] == four
    assert codes(one("Parents' e-mail", " ".join([*four, four[0]]))) == []
    assert [(problem.code, problem.value) for problem in one("Parents' e-mail", " ".join([*four, "p5@x.test"])).problems] == [
        (ProblemCode.TOO_MANY_GUARDIANS, "p5@x.test")
    ]


def test_the_name_stands_beside_the_first_of_two_addresses() -> None:
    (row,) = read("First name;Surname;Mother;Mother email", "Maria;Garcia;Ana;ana@x.test, luis@x.test").rows
    assert [(guardian.name, guardian.email) for guardian in row.guardians] == [("Ana", "ana@x.test"), (None, "luis@x.test")]


def test_the_last_cell_without_a_heading_is_named_and_empty_ones_do_not_count() -> None:
    reading = read("First name,Surname", "Maria,Garcia,x,,y,", "Ana,Lopez,,,")
    assert [(problem.line, problem.code.value, problem.value) for problem in reading.problems] == [(2, "too_many_cells", "y")]
    assert [row.line for row in reading.rows] == [3]


def test_without_headings_no_cell_is_too_many() -> None:
    table = read_table(b"Maria,Garcia,x\nAna,Lopez,y,z\n")
    columns = choose_columns(table, guess_columns(table, has_headings=False), {0: ListField.GIVEN_NAME, 1: ListField.FAMILY_NAME})
    assert [row.given_name for row in read_rows(table, columns, today=TODAY).rows] == ["Maria", "Ana"]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({0: ListField.FULL_NAME}, True),
        ({0: ListField.FULL_NAME_FAMILY_FIRST}, True),
        ({0: ListField.GIVEN_NAME, 1: ListField.FAMILY_NAME}, True),
        ({0: ListField.GIVEN_NAME}, False),
        ({0: ListField.FAMILY_NAME}, False),
        ({0: ListField.GIVEN_NAME, 1: ListField.SECOND_FAMILY_NAME}, False),
        ({0: ListField.EMAIL}, False),
    ],
)
def test_a_list_needs_whole_names(fields: dict[int, ListField], found: bool) -> None:
    assert ListColumns(1, (), fields).names_found is found


def test_a_full_name_counts_only_where_its_halves_are_empty() -> None:
    reading = read("First name;Surname;Full name", "Maria;Garcia;Ana Lopez", ";;Tom Hill", "Eva;;Ida Ash")
    assert [(row.given_name, row.family_name) for row in reading.rows] == [("Maria", "Garcia"), ("Tom", "Hill"), ("Eva", "")]
    assert codes(reading) == [(3, "name_was_split"), (4, "one_name")]


def test_a_missing_half_is_said_only_if_nothing_else_is_wrong_with_the_name() -> None:
    reading = read("First name;Surname", "=A1;Garcia", ";Garcia", "Maria;")
    assert [(problem.line, problem.code.value, problem.field, problem.value) for problem in reading.problems] == [
        (2, "formula_cell", "given_name", "=A1"),
        (3, "one_name", "full_name", "Garcia"),
        (4, "one_name", "full_name", "Maria"),
    ]


def test_a_choice_moves_a_field_and_keeps_the_order_of_columns() -> None:
    table = read_table(b"First name;Surname;Email;Contact\nMaria;Garcia;a@x.test;b@x.test\n")
    guess = guess_columns(table)
    assert list(choose_columns(table, guess, {3: ListField.EMAIL}).fields.items()) == [
        (0, ListField.GIVEN_NAME),
        (1, ListField.FAMILY_NAME),
        (3, ListField.EMAIL),
    ]
    assert dict(choose_columns(table, guess, {2: None, 3: None}).fields) == {0: ListField.GIVEN_NAME, 1: ListField.FAMILY_NAME}
    with pytest.raises(ListError) as caught:
        choose_columns(table, guess, {4: None})
    assert (caught.value.code, caught.value.facts) == (FileCode.NO_SUCH_COLUMN, {"column": 5})
    with pytest.raises(ListError) as caught:
        choose_columns(table, guess, {2: ListField.NEEDS, 3: ListField.NEEDS})
    assert caught.value.facts == {"field": "needs"}


def test_problems_stand_in_the_order_of_the_rows() -> None:
    reading = read("First name;Surname;E-mail", "Ana;Lopez;here", "Tom;Hill;", "Tom;Hill;", "Eva;Ash;there")
    assert codes(reading) == [(2, "bad_email"), (4, "repeated_row"), (5, "bad_email")]
    assert ([problem.line for problem in reading.errors], [problem.line for problem in reading.warnings]) == ([2, 5], [4])
    assert not reading.asks_date_order


# Files


def test_the_largest_cell_row_and_file() -> None:
    assert read_table(b"a,b\n" + b"x" * 500 + b",y").lines[1].cells[0] == "x" * 500
    assert len(read_table(b"a,b\n" + b"x," * 59 + b"x").lines[1].cells) == 60
    assert kind_of(b"x" * MAX_BYTES) is FileKind.TEXT
    with pytest.raises(ListError) as caught:
        kind_of(b"x" * (MAX_BYTES + 1))
    assert (caught.value.code, caught.value.facts) == (FileCode.TOO_BIG, {"limit": 10})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"ab\x01\x02\x03", None),
        (b"\x01\x02\x03\x0e" + b"x" * 45, FileCode.BINARY),
        (b"\x01\x02\x03\x0e" + b"x" * 46, None),
        (b"\x00\x00" + b"x" * 8, None),
        (b"\x00\x00" + b"x" * 7, FileCode.BINARY),
        (b"\x00x" * 4 + b"x\x00", FileCode.BINARY),
        (b"\x00x" * 5 + b"x\x00", None),
        (b"x\x00" * 4 + b"\x00x", FileCode.BINARY),
        (b"x\x00" * 5 + b"\x00x", None),
        (b"a\xff\xfe", None),
        (b"\xfe\xffa", FileCode.GARBLED),
        (b"\xff\xfea", FileCode.GARBLED),
        (b"\x00\x00\xfe\xffa", FileCode.GARBLED),
        ("\u00e9".encode() + b"\xe9z", None),
        ("\u00e9\u00e9".encode() + b"\xe9z", FileCode.GARBLED),
        (b"\x1a", FileCode.EMPTY),
        (b"?!;-", FileCode.EMPTY),
    ],
)
def test_how_much_that_is_no_text_a_list_may_hold(content: bytes, code: FileCode | None) -> None:
    if code is None:
        decode(content)
    else:
        with pytest.raises(ListError) as caught:
            decode(content)
        assert caught.value.code is code


@pytest.mark.parametrize("tag", ["<!DOCTYPE html>", "<html>", "<head>", "<body>", "<table>", "<?xml?>", " <META charset>"])
def test_a_page_is_no_list(tag: str) -> None:
    assert declined(tag.encode() + b"Maria") is FileCode.WEB_PAGE
    assert decode(b"Maria" + tag.encode()).encoding == "utf-8"


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (b"\xd0\xcf\x11\xe0", FileCode.SPREADSHEET),
        (b"%PDF-", FileCode.PDF),
        (b"{\\rtf", FileCode.DOCUMENT),
        (b"\x89PNG", FileCode.DOCUMENT),
        (b"\xff\xd8\xff", FileCode.DOCUMENT),
        (b"\x1f\x8b", FileCode.ARCHIVE),
        (b"Rar!", FileCode.ARCHIVE),
        (b"7z\xbc\xaf", FileCode.ARCHIVE),
        (b"PK\x05\x06", FileCode.BROKEN_WORKBOOK),
    ],
)
def test_other_programs_files_are_known_by_their_first_bytes(start: bytes, code: FileCode) -> None:
    assert declined(start + b"Maria") is code
    assert decode(b"Maria " + start.replace(b"\xaf", b"")).text.startswith("Maria")


@pytest.mark.parametrize(
    ("inside", "code"),
    [("word/document.xml", FileCode.DOCUMENT), ("xl/workbook.xml", FileCode.SPREADSHEET), ("Index/Document.iwa", FileCode.NUMBERS)],
)
def test_each_kind_of_packed_file_is_known(inside: str, code: FileCode) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(inside, "x")
    assert declined(packed.getvalue()) is code


def test_only_marks_at_the_start_and_the_last_end_sign_are_taken_off() -> None:
    assert decode("\ufeff\ufeffa\ufeffb\x1a".encode()) == Decoded("a\ufeffb", "utf-8-sig")
    assert decode(b"Mar\x00ia").text == "Maria"
    assert decode("\u00e9".encode("cp1252") + b"x").text == "\u00e9x"


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [("sep=,", ","), ('"sep=;"', ";"), ("SEP=|", "|"), ("sep=\t", "\t")],
)
def test_the_sign_a_first_line_announces(first: str, delimiter: str) -> None:
    table = read_table(f"{first}\nFirst name{delimiter}Surname\nMaria{delimiter}Garcia\n".encode())
    assert (table.delimiter, [line.line for line in table.lines]) == (delimiter, [1, 2])


def test_a_row_without_its_closing_quote_is_named() -> None:
    with pytest.raises(ListError) as caught:
        read_table(b'First name,Surname\nMaria,Garcia\nAna,"Lopez\nLuis,Vega\n')
    assert caught.value.facts == {"line": 3}
