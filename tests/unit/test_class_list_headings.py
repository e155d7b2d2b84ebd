"""Which row has the headings, what their words are, and which sign parts the cells."""

from __future__ import annotations

import pytest

from outreach.class_lists.errors import DOUBTS, ListField, Problem, ProblemCode, guardian_field
from outreach.class_lists.files.csv_file import ONE_COLUMN, guess_delimiter, read_table
from outreach.class_lists.headings.columns import guess_columns
from outreach.class_lists.headings.guess import Meaning, best_heading, recognise, words_of

HEADINGS = ("First name", "Surname")


@pytest.mark.parametrize(("above", "found"), [(0, (0, 2)), (1, (1, 2)), (9, (9, 2)), (10, (0, 0))])
def test_headings_are_looked_for_in_the_first_ten_rows(above: int, found: tuple[int, int]) -> None:
    rows = [("Hill School", "Autumn")] * above + [HEADINGS, ("Mia", "Hill")]
    assert best_heading(rows) == found


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], (0, 0)),
        ([("Mia", "Hill")], (0, 0)),
        ([("Name",)], (0, 1)),
        ([("Name", "")], (0, 1)),
        ([("Name", " ")], (0, 1)),
        ([("Name", "Hill")], (0, 0)),
        ([("Name", "Name")], (0, 0)),
        ([HEADINGS, ("First name", "Surname", "Year")], (1, 3)),
        ([HEADINGS, ("Year", "Surname")], (0, 2)),
        ([("Name", "Hill"), HEADINGS], (1, 2)),
        ([("First name", "First name", "Surname")], (0, 2)),
        ([("x",) * 59 + HEADINGS], (0, 0)),
        ([("x",) * 58 + HEADINGS], (0, 2)),
    ],
)
def test_the_row_with_most_known_words_has_the_headings(rows: list[tuple[str, ...]], found: tuple[int, int]) -> None:
    assert best_heading(rows) == found


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("E-mail1", ("email", "1")),
        ("e mail", ("email",)),
        ("dateOfBirth", ("date", "of", "birth")),
        ("D.O.B.", ("dob",)),
        ("PR\u00c9NOM(S)", ("prenom", "s")),
        ("1st parent", ("1", "parent")),
        ("2\u00ba apellido", ("2", "o", "apellido")),
        ("parent th", ("parent", "th")),
        ("th 1", ("th", "1")),
        ("first_name", ("first", "name")),
        ("", ()),
    ],
)
def test_the_words_of_a_heading(heading: str, words: tuple[str, ...]) -> None:
    assert words_of(heading) == words


GUARDIAN = ("guardian", "")


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("Mother", Meaning("name", ("mother", ""))),
        ("Father's e-mail", Meaning("email", ("father", ""))),
        ("Mother/Father", Meaning("name", GUARDIAN)),
        ("Mother or guardian", None),
        ("Parent (mother)", Meaning("name", GUARDIAN)),
        ("Legal guardian", Meaning("name", GUARDIAN)),
        ("Second parent", Meaning("name", ("guardian", "2"))),
        ("Parent 3", Meaning("name", ("guardian", "3"))),
        ("3 parent", Meaning("name", ("guardian", "3"))),
        ("Fourth guardian's surname", Meaning("family_name", ("guardian", "4"))),
        ("Parent 1 first name", Meaning("given_name", ("guardian", "1"))),
        ("Parent first name", Meaning("given_name", GUARDIAN)),
        ("Family e-mail", Meaning("email", GUARDIAN)),
        ("Family name", Meaning("family_name")),
        ("Parent primary e-mail", Meaning("email", GUARDIAN)),
        ("Primary e-mail", None),
        ("Student", Meaning("full_name")),
        ("Student no", Meaning("number")),
        ("Student code", Meaning("number")),
        ("No", Meaning("counter")),
        ("Tutor", None),
        ("x" * 79 + " name", None),
        ("Name" + " " * 80 + "x", Meaning("some_name")),
    ],
)
def test_what_one_heading_means(heading: str, meaning: Meaning | None) -> None:
    assert recognise([heading]) == (meaning,)


def test_a_tutor_is_a_guardian_beside_spanish_headings_only() -> None:
    assert recognise(["Nombre", "Tutor"])[1] == Meaning("name", GUARDIAN)
    assert recognise(["First name", "Tutor"])[1] is None


def test_which_guardians_an_address_without_a_name_belongs_to() -> None:
    def fields(heading: str) -> list[str | None]:
        table = read_table(f"First name;Surname;{heading}\nMia;Hill;x\n".encode())
        found = guess_columns(table).fields
        return [found[column].value if column in found else None for column in range(2, 2 + heading.count(";") + 1)]

    assert fields("Mother;E-mail") == ["guardian_1_name", "guardian_1_email"]
    assert fields("Mother;Year;E-mail") == ["guardian_1_name", "year_group", "email"]
    assert fields("E-mail;Mother") == ["email", "guardian_1_name"]
    assert fields("Mother;Mother e-mail;E-mail") == ["guardian_1_name", "guardian_1_email", "email"]
    assert fields("Guardian 4;Guardian 2;Mother") == ["guardian_4_name", "guardian_2_name", "guardian_1_name"]
    assert fields("Guardian 1;Guardian 1;Mother") == ["guardian_1_name", "guardian_2_name", "guardian_3_name"]
    assert fields("Mother 2;Father 1") == ["guardian_1_name", "guardian_2_name"]


@pytest.mark.parametrize(
    ("numbers", "is_counter"),
    [("1 2 3", True), ("1. 2. 3.", True), ("1  3", False), ("2 3 4", False), ("1 1 2", False), ("1 2 x", False), ("01 02 03", False)],
)
def test_a_column_that_only_counts(numbers: str, is_counter: bool) -> None:
    rows = "".join(f"{number};A{place};Hill\n" for place, number in enumerate(numbers.split(" ")))
    fields = guess_columns(read_table(f"No;First name;Surname\n{rows}".encode())).fields
    assert (fields.get(0) is ListField.NUMBER) is not is_counter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("First name,Surname\nMia,Hill", ","),
        ("First name;Surname\nMia;Hill", ";"),
        ("First name\tSurname\nMia\tHill", "\t"),
        ("Mia Hill\nBen Ash", ONE_COLUMN),
        ("", ONE_COLUMN),
        ("a;b;c\nd;e;f\ng,h", ";"),
        ("a,b\nc,d\ne;f;g", ","),
        ("First name,Surname;Year\nMia;Hill;9", ";"),
        ('Name\n"Mia', ONE_COLUMN),
        ("Mia;Hill\n" * 60 + "a,b,c\n" * 300, ";"),
        ("\n" * 100 + "Mia;Hill\n" * 3, ";"),
    ],
)
def test_the_sign_between_cells(text: str, delimiter: str) -> None:
    assert guess_delimiter(text) == (delimiter, text)


def test_which_problems_leave_a_row_in_the_list() -> None:
    warnings = {code for code in ProblemCode if Problem(2, None, code).is_warning}
    said = {ProblemCode.REPEATED_ROW, ProblemCode.NAMESAKE, ProblemCode.NAME_WAS_SPLIT, ProblemCode.UNKNOWN_STATUS, ProblemCode.ONE_NAME}
    assert warnings == said | DOUBTS | {ProblemCode.TOO_MANY_GUARDIANS}
    assert Problem(2, ListField.GUARDIAN_1_EMAIL, ProblemCode.BAD_EMAIL).is_warning


def test_the_fields_of_four_guardians() -> None:
    assert [guardian_field(position, part).value for position in (1, 4) for part in ("name", "email")] == [
        *("guardian_1_name", "guardian_1_email"),
        *("guardian_4_name", "guardian_4_email"),
    ]
    with pytest.raises(ValueError, match="guardian_5_name"):
        guardian_field(5, "name")
