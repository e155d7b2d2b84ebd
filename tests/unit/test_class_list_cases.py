"""Lists as other programs write them, one file for each way to get one wrong: what must come out. Named by file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from outreach.class_lists import DateOrder, ListReading, guess_columns, plan_import, read_rows
from outreach.class_lists.files.csv_file import read_table
from outreach.class_lists.names import NameCuts, NameOrder
from outreach.class_lists.plan import AskReason, KnownGuardian, KnownStudent, ListedGuardian, ListedStudent
from outreach.class_lists.roles import NotStudent
from tests.support.class_lists import CLASS, TODAY, read

CASES = Path(__file__).parents[1] / "data" / "class_lists"


def case(name: str, cuts: NameCuts | None = None) -> ListReading:
    (path,) = CASES.glob(f"{name}-*.csv")
    table = read_table(path.read_bytes())
    return read_rows(table, guess_columns(table), today=TODAY, cuts=cuts)


def only(name: str) -> ListedStudent:
    (row,) = case(name).rows
    return row


def people(row: ListedStudent) -> list[tuple[str | None, str | None]]:
    return [(guardian.name, guardian.email) for guardian in row.guardians]


def test_02_two_rows_of_headings_are_read_together() -> None:
    row = only("02")
    assert (row.given_name, row.family_name, row.birth_date, row.email) == ("Ava", "Moe", date(2010, 3, 2), None)
    assert people(row) == [("Maria Moe", "maria@example.org"), ("Luis Moe", "luis@example.org")]


def test_03_a_primary_contact_is_a_guardian() -> None:
    row = only("03")
    assert (row.given_name, row.family_name, row.year_group) == ("Ana", "Moe", "9")
    assert people(row) == [("Maria Moe", "maria@example.org")]


def test_04_a_row_for_each_contact_is_one_student() -> None:
    assert people(only("04")) == [("Maria Moe", "m@example.org"), ("Luis Moe", "l@example.org")]


def test_05_roles_and_status_say_who_is_a_student() -> None:
    reading = case("05")
    (row,) = reading.rows
    assert (row.given_name, row.number, people(row)) == ("Ida", "N1", [("Nina Holm", "nina@example.org")])
    assert [(left.name, left.reason) for left in reading.left_rows] == [("Otto Berg", NotStudent.STAFF), ("Max Rolf", NotStudent.GONE)]


def test_06_the_classes_of_a_list_are_counted() -> None:
    assert case("06").class_counts == {"9A": 1, "9B": 2}


def test_08_a_preferred_name_that_is_the_whole_name_is_no_other() -> None:
    row = only("08")
    assert (row.number, row.given_name, row.family_name, row.preferred_name) == ("A1", "Emma", "Carter", None)


def test_09_name_and_class() -> None:
    row = only("09")
    assert (row.given_name, row.family_name, row.class_names) == ("Ana", "Lopez", ("9B",))


def test_12_german_headings() -> None:
    row = only("12")
    assert (row.number, row.given_name, row.family_name, row.class_names) == ("501", "Ayşe", "Öztürk", ("5A",))


def test_13_cells_between_pipes() -> None:
    row = only("13")
    assert (row.given_name, row.family_name, row.email) == ("Ana", "Lopez", "a@example.org")


def test_14_totals_tests_and_footers_are_no_people() -> None:
    reading = case("14")
    assert [(row.given_name, row.family_name, row.number) for row in reading.rows] == [("Ana", "Rivera", "S1")]
    assert [left.reason for left in reading.left_rows] == [NotStudent.TOTAL, NotStudent.TEST_PERSON, NotStudent.FOOTER]


def test_15_dates_by_the_language_and_by_number() -> None:
    french = case("15a")
    assert (french.rows[0].birth_date, french.date_order, french.is_assumed) == (date(2010, 2, 3), DateOrder.DAY_FIRST, True)
    assert only("15b").birth_date == date(2011, 4, 30)


def test_16_names_in_capitals_are_asked_about_once() -> None:
    assert (case("16").asks_names, case("16").is_assumed) == (True, False), "no dates, no question about dates"
    answered = case("16", NameCuts(NameOrder.FAMILY_FIRST))
    assert not answered.asks_names
    assert [(row.given_name, row.family_name) for row in answered.rows] == [("Jean Pierre", "De La Torre"), ("Lea", "Martin")]
    cut = case("16", NameCuts(NameOrder.FAMILY_FIRST, {2: 2}))
    assert (cut.rows[0].given_name, cut.rows[0].family_name) == ("Torre Jean Pierre", "De La")


def test_17_a_guardians_name_on_two_lines_or_with_a_comma() -> None:
    assert [people(only(name)) for name in ("17a", "17b")] == [[("Maria Lopez", None)]] * 2


def test_19_halves_that_are_empty_and_a_preferred_name() -> None:
    row = only("19a")
    assert (row.given_name, row.family_name, row.email) == ("Ana", "Luma", "ana@example.org")
    row = only("19b")
    assert (row.given_name, row.family_name, row.preferred_name) == ("Robert", "Hill", "Bobby")


def test_20_a_list_of_numbers_can_only_update() -> None:
    row = only("20")
    assert (row.given_name, row.number, row.guardians) == ("", "S1", (ListedGuardian(None, "new@example.org"),))


def test_21_who_must_not_be_contacted_is_kept_out_and_named() -> None:
    ana, ben = case("21").rows
    assert people(ana) == [("Maria Lopez", "maria@example.org")]
    assert (ben.guardians, ben.barred) == ((), (ListedGuardian("Rex Hill", "rex@example.org"),))


def known(name: str) -> list[KnownStudent]:
    """Give the students of a list as the school knows them after its import."""
    return [
        KnownStudent(
            place,
            row.given_name,
            row.family_name,
            number=row.number,
            class_ids=frozenset({CLASS}),
            guardians=tuple(KnownGuardian(key, one.name, one.email) for key, one in enumerate(row.guardians, 1)),
        )
        for place, row in enumerate(case(name).rows, 10)
    ]


def test_01_another_guardian_is_asked_about() -> None:
    plan = plan_import(case("01b").rows, known("01a"), CLASS)
    (question,) = plan.open_guardians
    assert question.guardian == ListedGuardian("Rosa Newman", "new@example.org")
    assert [(option.choice, option.guardian_id) for option in question.options] == [("corrects", 1), ("replaces", 1), ("adds", None)]


def test_10_a_new_name_is_asked_about_when_the_old_one_is_missing() -> None:
    plan = plan_import(case("10b").rows, known("10a"), CLASS)
    assert [(question.candidates, question.reason) for question in plan.ask] == [((10,), AskReason.RENAMED)]
    both = [*case("10b").rows, *(replace(row, line=3) for row in case("10a").rows)]
    assert [row.family_name for row in plan_import(both, known("10a"), CLASS).add] == ["Munn-Roe"]


def test_20_an_address_and_a_number_update_after_the_same_question() -> None:
    plan = plan_import(case("20").rows, known("18"), CLASS)
    (question,) = plan.open_guardians
    answered = plan_import(case("20").rows, known("18"), CLASS, guardian_answers={question.key: question.options[0]})
    (update,) = answered.update
    (change,) = update.guardian_changes
    assert change.changes == {"email": ("ann.old@example.org", "new@example.org")}
    assert [row.number for row in plan_import(case("20").rows, [], CLASS).nobody] == ["S1"]


def test_21_who_is_told_now_and_must_not_be_is_asked_about() -> None:
    ben = KnownStudent(11, "Ben", "Hill", class_ids=frozenset({CLASS}), guardians=(KnownGuardian(1, "Rex Hill", "rex@example.org"),))
    (question,) = plan_import(case("21").rows, [ben], CLASS).open_guardians
    assert question.is_barred
    (update,) = plan_import(case("21").rows, [ben], CLASS, guardian_answers={question.key: question.options[0]}).update
    assert update.ended_guardians == (1,)


def test_who_must_not_be_told_in_the_words_of_other_programs() -> None:
    for headings, cell, is_barred in (
        ("Parent 1 legal restriction", "No contact order", True),
        ("Parent 1 legal restriction", "No", False),
        ("Ne pas contacter", "oui", True),
        ("Kontakt erlaubt (Eltern 1)", "nein", True),
        ("Zakaz kontaktu", "tak", True),
        ("Ouder 1 mag benaderd worden", "ja", False),
    ):
        (row,) = read(f"First name;Surname;Parent 1;Parent 1 email;{headings}", f"Ana;Moe;Maria Moe;m@example.org;{cell}").rows
        assert (len(row.barred), len(row.guardians)) == ((1, 0) if is_barred else (0, 1)), headings


def test_a_contact_list_without_the_word_guardian() -> None:
    (row,) = read("Forename,Surname,Reg Group,Contact Name,Relationship,Primary Email", "Ana,Moe,9A,Maria Moe,Mother,m@example.org").rows
    assert (people(row), row.guardians[0].relationship, row.email) == ([("Maria Moe", "m@example.org")], "Mother", None)
    headings = guess_columns(read_table(b"Forename,Surname,Primary Email\nAna,Moe,a@example.org\n")).fields
    assert len(headings) == 2


def test_each_column_that_says_gone_counts() -> None:
    reading = read("firstname,lastname,suspended,deleted", "Ana,Moe,0,0", "Ben,Hill,1,0", "Cleo,Rae,0,1", "Dan,Fox,1,")
    assert [row.given_name for row in reading.rows] == ["Ana"]
