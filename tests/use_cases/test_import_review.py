"""What the page says of a list before it is imported: each row once, with everything a person should look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from flask import Flask

from outreach.class_lists.errors import ListField
from outreach.class_lists.row_reader import DateOrder
from outreach.models import School, SchoolClass
from outreach.schools import students
from outreach.schools.imports import use_cases as imports
from outreach.schools.imports.choices import ImportChoices
from outreach.schools.imports.questions import column_lines
from outreach.schools.imports.review import AskedRow, GoodRow, Review, review_of
from tests.support.builders import Builder


@pytest.fixture(autouse=True)
def _request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


@pytest.fixture
def school(make: Builder) -> School:
    return make.school()


@pytest.fixture
def school_class(make: Builder, school: School) -> SchoolClass:
    return make.school_class(school, name="9B")


def review(school_class: SchoolClass, *rows: str, said: ImportChoices | None = None, now: datetime) -> Review:
    said = said or ImportChoices()
    sheet = imports.read_list("\n".join(rows).encode(), said, today=now.date())
    assert sheet.reading is not None
    proposal = imports.propose(sheet.reading, said, school_id=school_class.school_id, class_id=school_class.id)
    return review_of(sheet, sheet.reading, proposal, said)


def options(row: AskedRow) -> list[tuple[str, str]]:
    return list(row.options)


def test_every_row_is_in_one_part_and_everything_is_counted(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    other = make.school_class(school_class.school, name="8A")
    make.student(school_class, given_name="Same", family_name="Hill", year_group="9")
    make.student(school_class, given_name="Old", family_name="Hill", year_group="8")
    make.student(school_class, given_name="Gone", family_name="Hill")
    elsewhere = make.student(other, given_name="Else", family_name="Hill", number="7", birth_date=date(2012, 4, 30), needs="x")
    found = review(
        school_class,
        "First name;Surname;Year;E-mail",
        "New;Hill;9;new@pupils.example",
        "Same;Hill;9;",
        "Old;Hill;9;",
        "Else;Hill;9;",
        "B4d@x;;9;not an address",
        now=now,
    )
    assert [(one.line, one.name, one.facts) for one in found.new] == [(2, "New Hill", "new@pupils.example, 9")]
    assert [(one.line, one.name) for one in found.unchanged] == [(3, "Same Hill")]
    assert [(one.line, one.name, one.changes) for one in found.updated] == [(4, "Old Hill", (("year group", "8", "9"),))]
    (asked,) = found.asked
    assert (asked.line, asked.name, asked.facts, asked.chosen) == (5, "Else Hill", "9", "")
    assert options(asked) == [
        (str(elsewhere.id), "Yes, Else Hill (8A, born 30 Apr 2012, number 7, with needs)"),
        ("new", "Somebody new"),
        ("out", "Leave this row out"),
    ]
    assert asked.question.startswith("Row 5: another class at your school has a student called Else Hill.")
    (bad,) = found.bad
    assert (bad.line, bad.cells, len(bad.sentences)) == (6, "B4d@x · 9 · not an address", 2)
    assert found.absent == ("Gone Hill",)
    assert (found.to_write, found.left_out, found.unanswered, found.asks_date_order, found.remarks) == (2, 1, 1, False, ())


def test_answers_so_far_are_shown_and_counted(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    other = make.school_class(school_class.school, name="8A")
    ids = {name: make.student(other, given_name=name, family_name="Hill").id for name in ("Ana", "Ben", "Eva", "Ida")}
    rows = ["First name;Surname", *(f"{name};Hill" for name in ids)]
    said = ImportChoices(answers={2: ids["Ana"], 3: None, 5: 4711}, left_out=frozenset({4, 99}))
    found = review(school_class, *rows, said=said, now=now)
    assert [(one.name, one.chosen) for one in found.asked] == [
        ("Ana Hill", str(ids["Ana"])),
        ("Ben Hill", "new"),
        ("Eva Hill", "out"),
        ("Ida Hill", "4711"),
    ]
    assert ([one.name for one in found.new], [one.name for one in found.updated]) == (["Ben Hill"], ["Ana Hill"])
    assert (found.unanswered, found.left_out, found.to_write) == (1, 1, 2)
    assert [one.news for one in found.updated] == [("will join this class",)]


def test_a_student_in_no_class_or_several_is_told_apart_by_them(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    classes = [make.school_class(school_class.school, name=name) for name in ("8B", "8A")]
    make.student(*classes, given_name="Ana", family_name="Hill", email="ana@pupils.example")
    alone = make.student(classes[0], given_name="Ana", family_name="Hill", year_group="7")
    students.leave_class(alone.id, classes[0].id)
    found = review(school_class, "First name;Surname", "Ana;Hill", now=now)
    assert [words for _key, words in found.asked[0].options[:2]] == [
        "Yes, Ana Hill (8A, 8B, ana@pupils.example)",
        "Yes, Ana Hill (not in a class, 7)",
    ]


def test_somebody_elses_number_leaves_no_place_for_somebody_new(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    ida = make.student(school_class, given_name="Ida", family_name="Ash", number="7")
    found = review(school_class, "Number;First name;Surname", "7;Tom;Hill", now=now)
    assert [key for key, _words in found.asked[0].options] == [str(ida.id), "out"]


def test_what_is_new_about_guardians_is_said(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    ana = make.student(school_class, given_name="Ana", family_name="Hill", guardians=("old@families.example",))
    guardian = ana.guardians[0].name
    found = review(
        school_class,
        "First name;Surname;Guardian;Guardian e-mail;Guardian 2;Guardian 2 e-mail",
        f"Ana;Hill;{guardian};new@families.example;Tom;tom@families.example",
        "Ben;Hill;Ida;;;eva@families.example",
        now=now,
    )
    (ana_row,) = found.updated
    assert ana_row.changes == ((f"guardian {guardian}", "old@families.example", "new@families.example"),)
    assert ana_row.news == ("guardian: Tom tom@families.example",)
    assert found.new[0].news == ("guardian: Ida", "guardian: eva@families.example")


def test_dates_and_what_was_nothing_are_written_out(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    make.student(school_class, given_name="Ana", family_name="Hill", birth_date=date(2012, 4, 30), needs="glasses")
    found = review(school_class, "First name;Surname;DOB;Needs;Number", "Ana;Hill;2012-05-01;none;7", now=now)
    assert found.updated == ()
    assert found.asked[0].facts == "born 1 May 2012, number 7"
    make.student(school_class, given_name="Ben", family_name="Hill", email="ben@pupils.example")
    found = review(school_class, "First name;Surname;E-mail;DOB", "Ben;Hill;ben@pupils.example;2012-05-01", now=now)
    assert found.updated == (GoodRow(2, "Ben Hill", "", (("birth date", "", "1 May 2012"),)),)


def test_warnings_stand_beside_their_row_or_among_the_remarks(school_class: SchoolClass, now: datetime) -> None:
    found = review(school_class, "Name;Year", "Ana Hill;9", "Ana Hill;9", "Ben Hill;9", now=now)
    assert [(one.line, len(one.notes)) for one in found.new] == [(2, 1), (4, 1)]
    assert found.new[0].notes[0].startswith('Row 2: we split the name as "Ana | Hill"')
    assert "Row 3 is the same as row 2. We count it once." in found.remarks
    assert not any(remark.startswith(("Row 2", "Row 4")) for remark in found.remarks)


def test_rows_of_siblings_that_disagree_are_remarked(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    for name in ("Ana", "Ben"):
        make.student(school_class, given_name=name, family_name="Hill", guardians=("old@families.example",))
    guardian = school_class.students[0].guardians[0].name
    found = review(
        school_class,
        "First name;Surname;Guardian;Guardian e-mail",
        f"Ana;Hill;{guardian};one@families.example",
        f"Ben;Hill;{guardian};two@families.example",
        now=now,
    )
    values = "one@families.example and two@families.example"
    assert found.remarks == (f"Rows 2 and 3 have different details for the guardian {guardian} ({values}). We'll keep what we have.",)
    assert (len(found.unchanged), found.updated) == (2, ())


def test_a_row_with_several_problems_is_left_out_once_and_a_long_one_is_cut(school_class: SchoolClass, now: datetime) -> None:
    long = "x" * 60
    found = review(school_class, "First name;Surname;E-mail;Needs", f"{long};=A1;here;{long}", "Ana;Hill;;", now=now)
    (bad,) = found.bad
    assert (len(bad.sentences), found.left_out, len(bad.cells), bad.cells[-1]) == (2, 1, 120, "…")


@pytest.mark.parametrize(("length", "shown"), [(58, 120), (59, 120), (57, 119)])
def test_120_characters_of_a_row_are_shown(school_class: SchoolClass, length: int, shown: int, now: datetime) -> None:
    found = review(school_class, "First name;Surname", f"={'x' * (length - 1)};{'y' * 59}", now=now)
    assert len(found.bad[0].cells) == shown
    assert found.bad[0].cells.endswith("…") is (length == 59)


def test_the_order_of_dates_is_asked_as_long_as_it_matters_or_was_answered(school_class: SchoolClass, now: datetime) -> None:
    rows = ["First name;Surname;DOB", "Ana;Hill;03/04/2012"]
    assert review(school_class, *rows, now=now).asks_date_order is True
    answered = review(school_class, *rows, said=ImportChoices(date_order=DateOrder.MONTH_FIRST), now=now)
    assert (answered.asks_date_order, answered.new[0].facts) == (True, "born 4 Mar 2012")
    assert review(school_class, rows[0], "Ana;Hill;30/04/2012", now=now).asks_date_order is False


@pytest.mark.usefixtures("app")
def test_columns_are_shown_with_what_they_hold(now: datetime) -> None:
    content = "First name;Surname;House;;Year\n" + "".join(f"A{n};Hill;{'Red' if n > 1 else ''};;{n}\n" for n in range(1, 6))
    content += "A9;Hill;;;;extra\n"
    for said, chosen in (
        (ImportChoices(), "year_group"),
        (ImportChoices(columns={4: None}), ""),
        (ImportChoices(columns={4: ListField.NEEDS}), "needs"),
    ):
        lines = column_lines(imports.read_list(content.encode(), said, today=now.date()), said)
        assert [(one.place, one.heading, one.examples, one.field) for one in lines] == [
            (0, "First name", ("A1", "A2"), "given_name"),
            (1, "Surname", ("Hill",), "family_name"),
            (2, "House", ("Red",), ""),
            (4, "Year", ("1", "2"), chosen),
            (5, "Column 6", ("extra",), ""),
        ]
        assert lines[0].options[0] == ("", "leave out")
        assert {key for key, _words in lines[0].options[1:]} < {field.value for field in ListField}


def test_a_student_is_shown_by_the_name_the_school_has(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    make.student(school_class, given_name="Anna", family_name="Hill", number="7")
    found = review(school_class, "Number;First name;Surname", "7;Anna Maria;Hill", now=now)
    assert [(one.name, one.changes) for one in found.updated] == [("Anna Hill", (("given name", "Anna", "Anna Maria"),))]
