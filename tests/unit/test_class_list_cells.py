"""Cell by cell: names, addresses and numbers are read, tricks and slips refused."""

from __future__ import annotations

import pytest

from outreach.class_lists.cells import normal_email
from outreach.class_lists.errors import CellTrouble
from outreach.class_lists.row_reader import ListedGuardian
from outreach.people.normal_form import normal_address
from tests.support.class_lists import codes, one, read


@pytest.mark.parametrize(
    ("given", "family", "code", "field"),
    [
        ("", "", "missing_name", "full_name"),
        ("maria@example.org", "Garcia", "not_a_name", "given_name"),
        ("https://example.org", "Garcia", "not_a_name", "given_name"),
        ("12345", "Garcia", "not_a_name", "given_name"),
        ("see example.com", "Garcia", "not_a_name", "given_name"),
        ("Maria", "x" * 101, "too_long", "family_name"),
        ('"Maria\nBcc: all@example.org"', "Garcia", "not_a_name", "given_name"),
        ("Ma\x07ria", "Garcia", "control_characters", "given_name"),
        ("Maria \u202egnp", "Garcia", "control_characters", "given_name"),
        ("Jos\u00c3\u00a9", "Garcia", "garbled", "given_name"),
        ("Jos\ufffd", "Garcia", "garbled", "given_name"),
        ("#NAME?", "Garcia", "spreadsheet_error", "given_name"),
        ("=A1", "Garcia", "formula_cell", "given_name"),
    ],
)
def test_a_name_that_is_none_is_refused(given: str, family: str, code: str, field: str) -> None:
    reading = read("First name;Surname;Year", f"{given};{family};9", "Ana;Lopez;9")
    assert [(problem.line, problem.code.value, problem.field) for problem in reading.errors] == [(2, code, field)]
    assert [row.given_name for row in reading.rows] == ["Ana"]


@pytest.mark.parametrize(
    "name", ["Null", "None", "Nan", "O'Brien", "d\u2019Arc", "\u0623\u062d\u0645\u062f", "李", "X Æ A-12", "Nguyễn", "<b>Maria</b>", "No"]
)
def test_a_name_that_looks_odd_is_a_name(name: str) -> None:
    assert read("First name;Surname", f'"{name}";Garcia').rows[0].given_name == name


@pytest.mark.parametrize(
    "cell", ["=1+1", '=HYPERLINK("http://x")', "@SUM(A1)", "+A1", "-2+3+cmd|' /C calc'!A0", "\uff1d1+1", "+SUM(1,2)", "- cmd|x", "=", "-x"]
)
def test_a_formula_is_refused(cell: str) -> None:
    assert codes(one("Needs", cell)) == [(2, "formula_cell")]


@pytest.mark.parametrize(
    ("cell", "needs"),
    [
        ("-", None),
        ("\u2014", None),
        ("n/a", None),
        ("None", None),
        ("Aucun", None),
        ("- nuts (all kinds)", "- nuts (all kinds)"),
        ("+44 7700 900123 (home)", "+44 7700 900123 (home)"),
        ("-1.5 dioptres", "-1.5 dioptres"),
        ('="00123"', "00123"),
        ("glasses\r\nfirst row", "glasses first row"),
        ("\u00a0glasses\t", "glasses"),
    ],
)
def test_a_cell_that_only_begins_like_a_formula_is_read(cell: str, needs: str | None) -> None:
    assert [row.needs for row in one("Needs", cell).rows] == [needs]


@pytest.mark.parametrize(
    ("cell", "email"),
    [
        (" MARIA@Example.ORG ", "maria@example.org"),
        ("mailto:maria@example.org", "maria@example.org"),
        ("Maria Garcia <maria@example.org>;", "maria@example.org"),
        ("maria@school.test", "maria@school.test"),
        ("maria+list@sub.example.com", "maria+list@sub.example.com"),
        ("maria@españa.example.org", "maria@xn--espaa-rta.example.org"),
        ("-", None),
        ("none", None),
    ],
)
def test_addresses_are_normalised(cell: str, email: str | None) -> None:
    reading = one("E-mail", cell)
    assert reading.problems == ()
    assert reading.rows[0].email == email


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("maria@@x", "bad_email"),
        ("maria", "bad_email"),
        ("maria@localhost", "bad_email"),
        ("maría@example.org", "bad_email"),
        ("maria@example", "bad_email"),
        ("maria garcia@example.org", "bad_email"),
        ("a@example.org\nBcc: b@example.com", "several_emails"),
        ("x" * 300 + "@example.org", "bad_email"),
        ("a@example.org, b@example.org", "several_emails"),
        ("@example.org", "formula_cell"),
        ('"a b"@example.org', "bad_email"),
        ("a@[127.0.0.1]", "bad_email"),
    ],
)
def test_an_address_that_is_none_is_refused(cell: str, code: str) -> None:
    reading = one("E-mail", cell)
    assert codes(reading) == [(2, code)]
    assert len(reading.problems[0].value) <= 80


@pytest.mark.parametrize(
    "address", ["Maria@Example.org", "a@ñ.example.org", "a@x.test", "maria@@x", "a@localhost", "é@example.org", "x" * 65 + "@example.org"]
)
def test_an_address_means_here_what_it_means_to_a_mailbox(address: str) -> None:
    try:
        expected: str | None = normal_address(address)
    except ValueError:
        expected = None
    try:
        found: str | None = normal_email(address)
    except CellTrouble:
        found = None
    assert found == expected


def test_one_cell_may_hold_the_addresses_of_both_parents() -> None:
    reading = one("Parents' e-mail", "Ana@example.org; luis@example.org / ana@example.org")
    assert reading.rows[0].guardians == (ListedGuardian(None, "ana@example.org"), ListedGuardian(None, "luis@example.org"))


@pytest.mark.parametrize(
    ("cell", "number", "code"),
    [
        ("00123", "00123", None),
        ("1234.0", "1234", None),
        ("AB-12", "AB-12", None),
        ("1.23E+11", None, "mangled_number"),
        ("1,23e+11", None, "mangled_number"),
        ("9" * 65, None, "too_long"),
        ("", None, None),
    ],
)
def test_numbers_are_kept_as_they_are_written(cell: str, number: str | None, code: str | None) -> None:
    reading = one("Student number", cell)
    assert codes(reading) == ([(2, code)] if code else [])
    assert [row.number for row in reading.rows] == ([] if code else [number])
