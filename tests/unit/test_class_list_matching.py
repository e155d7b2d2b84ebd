"""What speaks for and against two records being one person: each fact alone, both sides, known and unknown."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest

from outreach.class_lists.match import AskReason, KnownStudent, plan_import
from outreach.class_lists.matching import are_two, contradict, differ, may_be_renamed
from outreach.class_lists.plan import ListedGuardian, ListedStudent, merged, number_key
from outreach.class_lists.repeats import are_two_people, settle_repeats
from tests.support.class_lists import CLASS, row, student

OTHER = 2
BORN, LATER = date(2011, 4, 30), date(2011, 5, 1)
NUMBERS, EMAILS, BIRTHS = (None, "", "1", "01", "2"), (None, "a@x.test", "b@x.test"), (None, BORN, LATER)


def clash(one: Any, other: Any) -> bool:
    """Both are known and they aren't the same; zeros that a spreadsheet drops don't count."""
    return bool(one) and bool(other) and str(one).lstrip("0") != str(other).lstrip("0")


def test_what_differs_what_contradicts_and_what_makes_two_of_them() -> None:
    for number, email, born in product(NUMBERS, EMAILS, BIRTHS):
        for known_number, known_email, known_born in product(NUMBERS, EMAILS, BIRTHS):
            one = row(number=number, email=email, birth_date=born)
            other = student(number=known_number, email=known_email, birth_date=known_born)
            numbers, emails, births = clash(number, known_number), clash(email, known_email), clash(born, known_born)
            assert contradict(one, other) is (numbers or births)
            assert are_two(one, other) is (numbers and births)
            assert differ(one, other) is (numbers or births or emails)


def test_two_rows_of_one_name_are_two_people_if_something_tells_them_apart_and_nothing_joins_them() -> None:
    for number, email, born in product(NUMBERS, EMAILS, BIRTHS):
        for number_2, email_2, born_2 in product(NUMBERS, EMAILS, BIRTHS):
            one, other = row(number=number, email=email, birth_date=born), row(3, number=number_2, email=email_2, birth_date=born_2)
            joined = (bool(born) and born == born_2) or (bool(email) and email == email_2)
            apart = clash(number, number_2) or clash(email, email_2) or clash(born, born_2)
            assert are_two_people(one, other) is (apart and not joined)


@pytest.mark.parametrize(
    ("line", "known", "may_be"),
    [
        (row(given="Eva"), student(given="Tom"), False),
        (row(given="Eva", birth_date=BORN), student(given="Tom", birth_date=BORN), True),
        (row(given="Eva", birth_date=BORN), student(given="Tom", birth_date=LATER), False),
        (row(given="Eva", email="a@x.test"), student(given="Tom", email="a@x.test"), True),
        (row(given="Eva", email="a@x.test"), student(given="Tom", email="b@x.test"), False),
        (row(given="Eva", family="Hill"), student(given="Hill", family="Eva"), True),
        (row(given="Eva Hill", family="Ash"), student(given="Eva", family="Hill Ash"), True),
        (row(given="Eva", family="Garcia"), student(given="Eva", family="Lopez"), True),
        (row(given="Eva"), student(given="Ivy"), False),
        (row(given="Evan"), student(given="Eva"), True),
    ],
)
def test_the_holder_of_a_number_may_have_another_name(line: ListedStudent, known: KnownStudent, may_be: bool) -> None:
    assert may_be_renamed(line, known) is may_be


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("0012", "12", True), ("0", "000", True), ("1 2", "12", True), ("12", "120", False), ("a1", "A1", True), ("0a", "a", False)],
)
def test_two_spellings_of_a_number(one: str, other: str, same: bool) -> None:
    assert (number_key(one) == number_key(other)) is same


NAMES, MAILBOXES = (None, "Ana", "ANA", "Luis"), (None, "a@x.test", "b@x.test")


def test_two_entries_are_one_guardian_if_something_is_the_same_and_nothing_differs() -> None:
    entries = [ListedGuardian(name, email) for name, email in product(NAMES, MAILBOXES) if name or email]
    for one, other in product(entries, entries):
        names, emails = (one.name or "").lower(), (other.name or "").lower()
        same = bool(names and names == emails) or bool(one.email and one.email == other.email)
        apart = bool(names and emails and names != emails) or bool(one.email and other.email and one.email != other.email)
        joined = ListedGuardian(one.name or other.name, one.email or other.email)
        assert merged([one, other]) == ((joined,) if same and not apart else (one, other))


def test_a_third_entry_finds_the_one_it_belongs_to() -> None:
    ana, luis = ListedGuardian("Ana", "a@x.test"), ListedGuardian("Luis", "b@x.test")
    assert merged([ana, luis, ListedGuardian("LUIS"), ListedGuardian(None, "a@x.test")]) == (ana, luis)


# Who is found by which rule, and in which order


def fate(lines: list[ListedStudent], known: list[KnownStudent]) -> list[object]:
    """Give for each row the student found, "new", or the question with its candidates."""
    outcome = plan_import(lines, known, CLASS)
    found: dict[int, object] = {one.row.line: one.student_id for one in (*outcome.update, *outcome.unchanged)}
    found |= {one.row.line: (one.reason.value, one.candidates) for one in outcome.ask}
    return [found.get(line.line, "new") for line in lines]


@pytest.mark.parametrize(
    ("lines", "known", "expected"),
    [
        # a number decides before a name, an address or a birth date
        (
            [row(number="1", email="m@x.test", birth_date=BORN)],
            [student(7, number="1"), student(8, email="m@x.test", birth_date=BORN)],
            [7],
        ),
        # an address decides before class, name and birth date, in whatever class
        ([row(email="m@x.test", birth_date=BORN)], [student(7, email="m@x.test", classes=(OTHER,)), student(8, birth_date=BORN)], [7]),
        # the birth date decides among namesakes of a class
        ([row(birth_date=LATER)], [student(7, birth_date=BORN), student(8, birth_date=LATER)], [8]),
        # a birth date is evidence in the class only
        ([row(birth_date=BORN)], [student(7, birth_date=BORN, classes=(OTHER,))], [("other_class", (7,))]),
        # an address is evidence with the name only: siblings share one
        ([row(given="Eva", email="m@x.test")], [student(7, email="m@x.test")], ["new"]),
        # the same birth date wins over another number, after those nothing contradicts
        (
            [row(number="1", birth_date=BORN)],
            [student(7, number="2", birth_date=BORN), student(8, number="", birth_date=BORN)],
            [8],
        ),
        (
            [row(number="1", email="m@x.test")],
            [student(7, number="2", email="m@x.test"), student(8, email="m@x.test", classes=(OTHER,))],
            [8],
        ),
        # alone in the class, with nothing that differs
        ([row()], [student(7), student(8, given="Eva")], [7]),
        ([row(email="m@x.test")], [student(7, email="n@x.test")], [("same_name", (7,))]),
        # a namesake of the class comes before one of another class
        ([row()], [student(7, classes=(OTHER,)), student(8)], [8]),
        ([row(number="1")], [student(7, classes=(OTHER,)), student(8, number="2")], [("same_name", (8,))]),
        # number and birth date both differ: nobody asks
        ([row(number="1", birth_date=BORN)], [student(7, number="2", birth_date=LATER)], ["new"]),
        ([row(number="1", birth_date=BORN)], [student(7, number="2", birth_date=LATER, classes=(OTHER,))], ["new"]),
        # candidates are in the order of their ids, whatever the school's order
        ([row()], [student(9, classes=(OTHER,)), student(8, classes=())], [("several_students", (8, 9))]),
        # each of two rows finds its own
        ([row(2, number="1"), row(3, number="2")], [student(7, number="2"), student(8, number="1")], [8, 7]),
        # who is found is out of reach of the other rows, who is asked about is not
        ([row(2, number="1"), row(3, birth_date=BORN)], [student(7, number="1")], [7, "new"]),
        (
            [row(2, birth_date=BORN), row(3, birth_date=LATER)],
            [student(7, classes=(OTHER,))],
            [("several_rows", (7,)), ("several_rows", (7,))],
        ),
    ],
)
def test_stronger_evidence_decides(lines: list[ListedStudent], known: list[KnownStudent], expected: list[object]) -> None:
    assert fate(lines, known) == expected


def test_a_number_of_another_asks_so_even_when_two_rows_may_be_theirs() -> None:
    lines = [row(2, given="Eva", number="1"), row(3, given="Tom", number="01")]
    assert fate(lines, [student(7, given="Ida", number="1")]) == [("number_of_another", (7,))] * 2


def test_whoever_was_answered_for_one_row_is_not_answered_for_another() -> None:
    lines, known = [row(2, birth_date=BORN), row(3, birth_date=LATER)], [student(7), student(8)]
    for answers, found, asked in (
        ({2: 7, 3: 8}, {2: 7, 3: 8}, []),
        ({2: 8}, {2: 8}, [3]),
        ({2: 7, 3: 7}, {}, [2, 3]),
        ({2: 9}, {}, [2, 3]),
    ):
        outcome = plan_import(lines, known, CLASS, answers=answers)
        assert {one.row.line: one.student_id for one in outcome.update} == found
        assert [one.row.line for one in outcome.ask] == asked
        assert outcome.ask == () or {one.reason for one in outcome.ask} == {AskReason.SEVERAL_STUDENTS}


def test_who_is_asked_about_found_or_in_another_class_is_not_absent() -> None:
    known = [student(7), student(8, given="Eva"), student(9, given="Ida", birth_date=BORN), student(10, given="Tom", classes=(OTHER,))]
    outcome = plan_import([row(2), row(3, given="Ida", birth_date=LATER)], known, CLASS)
    assert (outcome.absent, [one.candidates for one in outcome.ask]) == ((8,), [(9,)])


# Students who stand in a list twice


def repeats(*lines: ListedStudent) -> tuple[list[int], list[tuple[int, str, str, str | None]]]:
    kept, problems = settle_repeats(lines)
    return [one.line for one in kept], [(one.line, one.code.value, one.value, one.field) for one in problems]


def test_each_of_several_rows_of_one_student_names_another() -> None:
    assert repeats(row(2, number="1", year_group="8"), row(3, number="1", year_group="9"), row(4, number="01")) == (
        [],
        [(2, "duplicate_row", "3", "number"), (3, "duplicate_row", "2", "number"), (4, "duplicate_row", "2", "number")],
    )
    assert repeats(row(2, year_group="8"), row(3, year_group="9"), row(4, year_group="7")) == (
        [],
        [(2, "duplicate_row", "3", None), (3, "duplicate_row", "2", None), (4, "duplicate_row", "2", None)],
    )


def test_a_number_given_to_two_names_is_said_at_both() -> None:
    assert repeats(row(2, number="1"), row(3, given="Eva", number="1"), row(4, given="Tom", number="2")) == (
        [4],
        [(2, "duplicate_number", "3", "number"), (3, "duplicate_number", "2", "number")],
    )


def test_a_copy_of_a_row_is_dropped_and_names_the_first() -> None:
    assert repeats(row(2, number="1"), row(3, given="Eva"), row(4, number="1"), row(5, number="1")) == (
        [2, 3],
        [(4, "repeated_row", "2", None), (5, "repeated_row", "2", None)],
    )


def test_namesakes_are_kept_and_all_but_the_first_are_marked() -> None:
    lines = [row(2, birth_date=BORN), row(3, birth_date=LATER), row(4, birth_date=date(2011, 6, 1)), row(5, given="Eva")]
    assert repeats(*lines) == ([2, 3, 4, 5], [(3, "namesake", "2", None), (4, "namesake", "2", None)])


def test_a_namesake_of_a_refused_row_is_not_marked() -> None:
    lines = [row(2, birth_date=BORN), row(3, birth_date=BORN, year_group="9"), row(4, birth_date=LATER)]
    assert repeats(*lines) == ([4], [(2, "duplicate_row", "3", None), (3, "duplicate_row", "2", None)])


def test_a_row_is_refused_once_though_two_rules_find_it() -> None:
    assert repeats(row(2, number="1", year_group="8"), row(3, number="1", year_group="9")) == (
        [],
        [(2, "duplicate_row", "3", "number"), (3, "duplicate_row", "2", "number")],
    )
