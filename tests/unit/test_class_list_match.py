"""The plan of an import: who is recognised, what changes, what is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from outreach.class_lists.guardian_matching import GuardianAnswer, GuardianChoice
from outreach.class_lists.match import AskReason, ImportPlan, KnownGuardian, KnownStudent, StudentUpdate, plan_import
from outreach.class_lists.plan import ListedGuardian, ListedStudent
from tests.support.class_lists import CLASS, row, student

OTHER = 2
BORN, LATER = date(2011, 4, 30), date(2011, 5, 1)


def plan(
    rows: Sequence[ListedStudent], known: Sequence[KnownStudent], answers: Mapping[int, int | None] | None = None, **more: Any
) -> ImportPlan:
    return plan_import(rows, known, CLASS, answers=answers, **more)


def found(rows: Sequence[ListedStudent], known: Sequence[KnownStudent]) -> dict[int, int]:
    outcome = plan(rows, known)
    return {update.row.line: update.student_id for update in (*outcome.update, *outcome.unchanged)}


def test_a_school_without_students_gets_all_rows() -> None:
    rows = [row(2), row(3, "Ana")]
    outcome = plan(rows, [])
    assert outcome == ImportPlan(tuple(rows), (), (), (), (), ())


@pytest.mark.parametrize(
    ("line", "known"),
    [
        (row(number="0012"), student(number="12")),
        (row(number="12"), student(given="María José", number="12")),
        (row(number="12"), student(given="Garcia", family="Maria", number="12")),
        (row(number="12", birth_date=BORN), student(given="Tom", number="12", birth_date=BORN)),
        (row(number="12", email="m@x.test"), student(given="Tom", number="12", email="m@x.test")),
        (row(email="m@x.test"), student(email="m@x.test", classes=(OTHER,))),
        (row(email="m@x.test", birth_date=BORN), student(email="m@x.test", birth_date=LATER)),
        (row(given="MARÍA", birth_date=BORN), student(birth_date=BORN)),
        (row(birth_date=BORN, number="3"), student(birth_date=BORN, number="4")),
        (row(), student()),
        (row(birth_date=BORN, email="m@x.test", number="1"), student()),
        (row(), student(birth_date=BORN, email="m@x.test", number="1")),
    ],
)
def test_a_student_is_recognised(line: ListedStudent, known: KnownStudent) -> None:
    others = [student(70, "Ana", "Lopez"), student(71, "Maria", "Lopez", number="99"), student(72, "Tom", "Garcia")]
    assert found([line], [*others, known]) == {2: 7}


@pytest.mark.parametrize(
    ("line", "known"),
    [
        (row(), student(given="Ana")),
        (row(email="m@x.test"), student(given="Ana", email="m@x.test")),
        (row(number="1", birth_date=BORN), student(number="2", birth_date=LATER)),
        (row(birth_date=BORN), student(birth_date=LATER, classes=(OTHER,))),
        (row(number="1"), student(number="2", classes=(OTHER,))),
    ],
)
def test_somebody_else_is_added(line: ListedStudent, known: KnownStudent) -> None:
    assert plan([line], [known]).add == (line,)


@pytest.mark.parametrize(
    ("line", "known", "reason"),
    [
        (row(number="1"), [student(given="Tom", number="1")], AskReason.NUMBER_OF_ANOTHER),
        (row(), [student(7), student(8)], AskReason.SEVERAL_STUDENTS),
        (row(email="m@x.test"), [student(7, email="m@x.test"), student(8, email="m@x.test", classes=())], AskReason.SEVERAL_STUDENTS),
        (row(birth_date=BORN), [student(birth_date=LATER)], AskReason.SAME_NAME),
        (row(number="1"), [student(number="2")], AskReason.SAME_NAME),
        (row(email="m@x.test"), [student(email="other@x.test")], AskReason.SAME_NAME),
        (row(), [student(classes=(OTHER,))], AskReason.OTHER_CLASS),
        (row(birth_date=BORN), [student(classes=(OTHER,), birth_date=BORN)], AskReason.OTHER_CLASS),
        (row(), [student(classes=())], AskReason.OTHER_CLASS),
    ],
)
def test_a_person_is_asked(line: ListedStudent, known: list[KnownStudent], reason: AskReason) -> None:
    outcome = plan([line], known)
    (question,) = outcome.ask
    assert (question.reason, question.candidates) == (reason, tuple(each.id for each in known))
    assert question.may_be_new is (reason is not AskReason.NUMBER_OF_ANOTHER)
    assert (outcome.add, outcome.update, outcome.unchanged, outcome.absent) == ((), (), (), ())


def test_two_rows_that_fit_one_student_are_both_asked() -> None:
    rows = [row(2, birth_date=BORN), row(3, birth_date=LATER)]
    outcome = plan(rows, [student()])
    assert [(question.row.line, question.candidates, question.reason) for question in outcome.ask] == [
        (2, (7,), AskReason.SEVERAL_ROWS),
        (3, (7,), AskReason.SEVERAL_ROWS),
    ]


def test_a_student_another_row_asks_about_is_not_taken_meanwhile() -> None:
    outcome = plan([row(2, "Eva", number="1"), row(3, "Tom")], [student(7, "Tom", number="1")])
    assert [(question.row.line, question.reason) for question in outcome.ask] == [
        (2, AskReason.NUMBER_OF_ANOTHER),
        (3, AskReason.SEVERAL_ROWS),
    ]


def test_who_is_found_by_stronger_evidence_is_out_of_reach_for_namesakes() -> None:
    known = [student(7, number="1", birth_date=BORN), student(8)]
    assert found([row(2, birth_date=LATER), row(3, number="1")], known) == {2: 8, 3: 7}
    assert plan([row(2, number="2"), row(3, number="1")], known[:1]).add == (row(2, number="2"),)


def test_evidence_without_contradiction_comes_first() -> None:
    known = [student(key, email="home@x.test", birth_date=born, classes=(OTHER,)) for key, born in ((7, BORN), (8, LATER))]
    assert found([row(email="home@x.test", birth_date=LATER)], known) == {2: 8}


def test_changes_are_shown_old_and_new_and_empty_cells_erase_nothing() -> None:
    known = student(number="1", email="old@x.test", year_group="8", birth_date=BORN, needs="glasses")
    (update,) = plan([row(number="1", family="Garcia Lopez", email="new@x.test", year_group="9", birth_date=LATER)], [known]).update
    assert update.changes == {
        "family_name": ("Garcia", "Garcia Lopez"),
        "email": ("old@x.test", "new@x.test"),
        "year_group": ("8", "9"),
        "birth_date": (BORN, LATER),
    }
    assert plan([row(number="1")], [known]).update == ()
    (filled,) = plan([row(needs="glasses")], [student(needs="")]).update
    assert filled.changes == {"needs": (None, "glasses")}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("Jose", "José", {"given_name": ("Jose", "José")}),
        ("José", "JOSE", {}),
        ("JOSE", "Jose", {"given_name": ("JOSE", "Jose")}),
        ("Jo-se", "Jo se", {}),
    ],
)
def test_a_spelling_that_says_less_changes_nothing(old: str, new: str, changes: dict[str, Any]) -> None:
    outcome = plan([row(given=new)], [student(given=old)])
    assert [update.changes for update in outcome.update] == ([changes] if changes else [])


def test_a_student_of_another_class_joins_this_one() -> None:
    (update,) = plan([row(number="1")], [student(number="1", classes=(OTHER,))]).update
    assert (update.joins_class, update.changes) == (True, {})


def test_students_in_no_row_are_named_and_stay() -> None:
    known = [student(7), student(8, "Ana"), student(9, "Tom"), student(10, "Eva", classes=(OTHER,)), student(11, "Tom")]
    assert plan([row(), row(3, "Tom")], known).absent == (8,)


def guardians(*known: KnownGuardian, stated: tuple[ListedGuardian, ...]) -> StudentUpdate:
    outcome = plan([row(guardians=stated)], [student(guardians=known)])
    return (*outcome.update, *outcome.unchanged)[0]


@pytest.mark.parametrize(
    ("known", "stated", "changes"),
    [
        (KnownGuardian(1, "Ana", "ana@x.test"), ListedGuardian("ANA", "ana@x.test"), {}),
        (KnownGuardian(1, "Ana", "ana@x.test"), ListedGuardian("Ana"), {}),
        (KnownGuardian(1, "Ana", "ana@x.test"), ListedGuardian(None, "ana@x.test"), {}),
        (KnownGuardian(1, "", "ana@x.test"), ListedGuardian("Ana", "ana@x.test"), {"name": ("", "Ana")}),
        (KnownGuardian(1, "Ana", None), ListedGuardian("Ana", "ana@x.test"), {"email": (None, "ana@x.test")}),
        (KnownGuardian(1, "Ana", "old@x.test"), ListedGuardian("Ana", "new@x.test"), {"email": ("old@x.test", "new@x.test")}),
        (KnownGuardian(1, "Ana Garcia", "ana@x.test"), ListedGuardian("Ana García", "ana@x.test"), {"name": ("Ana Garcia", "Ana García")}),
        (KnownGuardian(1, "Ana", "ana@x.test"), ListedGuardian("Ana Garcia", "ana@x.test"), {"name": ("Ana", "Ana Garcia")}),
    ],
)
def test_a_guardian_is_recognised_among_the_students_own(known: KnownGuardian, stated: ListedGuardian, changes: dict[str, Any]) -> None:
    update = guardians(known, KnownGuardian(2, "Luis", "luis@x.test"), stated=(stated,))
    assert update.new_guardians == ()
    assert [change.changes for change in update.guardian_changes] == ([changes] if changes else [])
    assert update.says_something_new is bool(changes)


@pytest.mark.parametrize("stated", [ListedGuardian("Luis", "ana@x.test"), ListedGuardian("Luis"), ListedGuardian(None, "luis@x.test")])
def test_another_guardian_corrects_replaces_or_is_added_as_a_person_says(stated: ListedGuardian) -> None:
    rows, known = [row(guardians=(stated,))], [student(guardians=(KnownGuardian(1, "Ana", "ana@x.test"),))]
    asked = plan(rows, known)
    (question,) = asked.guardian_questions
    assert (asked.update, asked.open_guardians) == ((), (question,))
    corrects, replaces, adds = question.options

    def answered(answer: GuardianAnswer) -> StudentUpdate:
        outcome = plan(rows, known, guardian_answers={question.key: answer})
        assert outcome.open_guardians == ()
        (update,) = (*outcome.update, *outcome.unchanged)
        return update

    assert [change.guardian_id for change in answered(corrects).guardian_changes] == [1]
    assert (answered(corrects).new_guardians, answered(corrects).ended_guardians) == ((), ())
    assert (answered(replaces).new_guardians, answered(replaces).ended_guardians) == ((stated,), (1,))
    assert (answered(adds).new_guardians, answered(adds).ended_guardians) == ((stated,), ())


def test_there_are_never_more_than_four_guardians() -> None:
    known = [student(guardians=tuple(KnownGuardian(key, f"P{key}", f"p{key}@x.test") for key in range(1, 5)))]
    (question,) = plan([row(guardians=(ListedGuardian("New", "new@x.test"),))], known).guardian_questions
    assert GuardianChoice.ADDS not in {option.choice for option in question.options}
    two = [row(guardians=(ListedGuardian("New", "new@x.test"), ListedGuardian("Late", "late@x.test")))]
    fewer = [student(guardians=known[0].guardians[:3])]
    asked = plan(two, fewer)
    adds = {one.key: GuardianAnswer(GuardianChoice.ADDS) for one in asked.guardian_questions}
    assert len(plan(two, fewer, guardian_answers=adds).open_guardians) == 2


def test_an_answer_that_two_guardians_claim_is_not_taken() -> None:
    two = [row(guardians=(ListedGuardian("New", "new@x.test"), ListedGuardian("Late", "late@x.test")))]
    known = [student(guardians=(KnownGuardian(1, "Ana", "ana@x.test"),))]
    same = {one.key: GuardianAnswer(GuardianChoice.REPLACES, 1) for one in plan(two, known).guardian_questions}
    outcome = plan(two, known, guardian_answers=same)
    assert (len(outcome.open_guardians), outcome.update) == (2, ())


@pytest.mark.parametrize(
    ("line", "known", "is_update"),
    [
        (row(), student(), False),
        (row(year_group="9"), student(), True),
        (row(number="1"), student(number="1", classes=(OTHER,)), True),
        (row(guardians=(ListedGuardian("Ana"),)), student(), True),
        (row(guardians=(ListedGuardian("Ana", "ana@x.test"),)), student(guardians=(KnownGuardian(1, "Ana"),)), True),
        (row(guardians=(ListedGuardian("Ana"),)), student(guardians=(KnownGuardian(1, "Ana", "ana@x.test"),)), False),
    ],
    ids=["nothing", "a field", "the class", "a new guardian", "a guardian's address", "a guardian known already"],
)
def test_one_thing_that_is_new_is_enough_for_an_update(line: ListedStudent, known: KnownStudent, is_update: bool) -> None:
    outcome = plan([line], [known])
    assert (len(outcome.update), len(outcome.unchanged)) == ((1, 0) if is_update else (0, 1))


def test_one_guardian_of_two_children_changes_once_and_for_both() -> None:
    ana = KnownGuardian(1, "Ana", "old@x.test")
    known = [student(7, guardians=(ana,)), student(8, "Tom", guardians=(ana,))]
    outcome = plan([row(2, guardians=(ListedGuardian("Ana", "new@x.test"),)), row(3, "Tom", guardians=(ListedGuardian("Ana"),))], known)
    assert [[change.changes for change in update.guardian_changes] for update in outcome.update] == [
        [{"email": ("old@x.test", "new@x.test")}]
    ] * 2


def test_of_two_spellings_of_one_guardian_the_richer_stays() -> None:
    ana = KnownGuardian(1, "ANA GARCIA")
    known = [student(7, guardians=(ana,)), student(8, "Tom", guardians=(ana,))]
    rows = [row(2, guardians=(ListedGuardian("Ana Garcia"),)), row(3, "Tom", guardians=(ListedGuardian("Ana García"),))]
    for update in plan(rows, known).update:
        assert [change.changes for change in update.guardian_changes] == [{"name": ("ANA GARCIA", "Ana García")}]


def test_of_two_guardians_of_one_name_the_one_spelled_alike_is_meant() -> None:
    update = guardians(KnownGuardian(1, "ANA", "home@x.test"), KnownGuardian(2, "Ana"), stated=(ListedGuardian("Ana"),))
    assert not update.says_something_new


def test_siblings_rows_that_disagree_about_a_guardian_change_nothing() -> None:
    ana = KnownGuardian(1, "Ana", "old@x.test")
    known = [student(7, guardians=(ana,)), student(8, "Tom", guardians=(ana,))]
    rows = [row(2, guardians=(ListedGuardian("Ana", "new@x.test"),)), row(3, "Tom", guardians=(ListedGuardian("Ana", "old@x.test"),))]
    outcome = plan(rows, known)
    assert outcome.update == ()
    assert [(each.guardian_id, each.field, each.lines, each.values) for each in outcome.disputes] == [
        (1, "email", (2, 3), ("new@x.test", "old@x.test"))
    ]


def test_answers_settle_questions() -> None:
    known = [student(7), student(8), student(9, "Tom", number="1")]
    rows = [row(2, birth_date=BORN), row(3, birth_date=LATER), row(4, "Eva", number="1")]
    assert len(plan(rows, known).ask) == 3
    outcome = plan(rows, known, {2: 8, 3: None, 4: 9})
    assert (outcome.ask, [update.student_id for update in outcome.update], [each.line for each in outcome.add]) == ((), [8, 9], [3])
    assert outcome.update[1].changes == {"given_name": ("Tom", "Eva")}


@pytest.mark.parametrize("answers", [{2: 99}, {4: None}, {2: 7, 3: 7}, {77: 7}])
def test_answers_that_do_not_fit_leave_the_question(answers: dict[int, int | None]) -> None:
    known = [student(7), student(8), student(9, "Tom", number="1")]
    rows = [row(2, birth_date=BORN), row(3, birth_date=LATER), row(4, "Eva", number="1")]
    assert len(plan(rows, known, answers).ask) == 3
