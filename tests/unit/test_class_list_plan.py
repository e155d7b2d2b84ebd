"""Laws of every plan: twice is once, order is nothing, nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.class_lists.match import ImportPlan, KnownGuardian, KnownStudent, plan_import
from outreach.class_lists.plan import ListedGuardian, ListedStudent, number_key
from outreach.class_lists.repeats import settle_repeats
from tests.support.class_lists import read

CLASS, OTHER = 1, 2
BORN, LATER = date(2011, 4, 30), date(2011, 5, 1)


def applied(outcome: ImportPlan, known: Sequence[KnownStudent]) -> list[KnownStudent]:
    """Do what the plan says, as the use case does in the database."""
    students = {each.id: each for each in known}
    free = count(1000)
    corrected: dict[int, Mapping[str, Any]] = {}
    for update in outcome.update:
        before = students[update.student_id]
        new = tuple(KnownGuardian(next(free), guardian.name, guardian.email) for guardian in update.new_guardians)
        changes: dict[str, Any] = {field: new_value for field, (_old, new_value) in update.changes.items()}
        students[before.id] = replace(before, class_ids=before.class_ids | {CLASS}, guardians=before.guardians + new, **changes)
        corrected |= {change.guardian_id: change.changes for change in update.guardian_changes}
    for added in outcome.add:
        facts = {field: getattr(added, field) for field in ("number", "email", "year_group", "birth_date", "needs")}
        own = tuple(KnownGuardian(next(free), guardian.name, guardian.email) for guardian in added.guardians)
        key = next(free)
        students[key] = KnownStudent(key, added.given_name, added.family_name, class_ids=frozenset({CLASS}), guardians=own, **facts)
    return [
        replace(each, guardians=tuple(_corrected(guardian, corrected.get(guardian.id, {})) for guardian in each.guardians))
        for each in students.values()
    ]


def _corrected(guardian: KnownGuardian, changes: Mapping[str, Any]) -> KnownGuardian:
    return replace(guardian, **{field: new for field, (_old, new) in changes.items()})


def test_the_same_list_sorted_otherwise_and_saved_by_another_program_plans_nothing_new() -> None:
    first = read(
        "Student number;First name;Surname;E-mail;DOB;Mother;Mother email;Father email",
        "001;Zoë;Núñez;zoe@example.org;30/04/2011;Ana Núñez;ana@example.org;",
        ";Tom;Hill;;01/02/2011;Eva Hill;;tim@example.org",
        ";Ida;Hill;;02/03/2012;Eva Hill;;tim@example.org",
        ";Li;Wang;li@example.org;;;;",
    )
    again = read(
        "Courriel;Nom;Prénom;Date de naissance;Mère : courriel;Mère;Père : courriel;N° d'élève",
        "LI@example.org;WANG;Li;;;;;",
        ";HILL;Ida;2012-03-02;;EVA HILL;TIM@example.org;",
        "zoe@example.org;NUNEZ;Zoe;2011-04-30;ana@example.org;Ana Nunez;;1",
        ";Hill;Tom;2011-02-01;;;;",
    )
    known = applied(plan_import(first.rows, [], CLASS), [])
    outcome = plan_import(again.rows, known, CLASS)
    assert (outcome.add, outcome.update, outcome.ask, outcome.disputes, outcome.absent) == ((), (), (), (), ())
    assert len(outcome.unchanged) == 4


def test_two_thousand_students_are_planned_at_once() -> None:
    rows = [
        f"N{number};Maria{number};Garcia;m{number}@example.org;2011-04-{number % 28 + 1:02};Ana;a{number}@x.test;l{number}@x.test"
        for number in range(2_000)
    ]
    start = time.process_time()
    reading = read("Student number;First name;Surname;E-mail;DOB;Mother;Mother email;Father email", *rows)
    known = applied(plan_import(reading.rows, [], CLASS), [])
    assert len(plan_import(reading.rows, known, CLASS).unchanged) == 2_000
    assert time.process_time() - start < 5


NAMES = {"given_name": st.sampled_from(["Maria", "MARÍA", "Tom"]), "family_name": st.sampled_from(["Garcia", "García", "Hill"])}
FACTS = {
    "number": st.sampled_from([None, "1", "02", "3"]),
    "email": st.sampled_from([None, "a@x.test", "b@x.test"]),
    "birth_date": st.sampled_from([None, BORN, LATER]),
    "year_group": st.sampled_from([None, "9"]),
}
PEOPLE = {
    "name": st.sampled_from([None, "Ana", "ANA", "Ana Hill", "Luis"]),
    "email": st.sampled_from([None, "a@x.test", "p@x.test", "q@x.test"]),
}
STATED = st.builds(ListedGuardian, **PEOPLE).filter(lambda guardian: bool(guardian.name or guardian.email))
ROWS = st.lists(
    st.builds(ListedStudent, line=st.just(0), guardians=st.lists(STATED, max_size=2, unique=True).map(tuple), **NAMES, **FACTS), max_size=5
).map(lambda rows: settle_repeats([replace(each, line=place) for place, each in enumerate(rows, 2)])[0])
GUARDIANS = st.lists(st.builds(KnownGuardian, id=st.integers(1, 4), **PEOPLE), max_size=3, unique_by=lambda guardian: guardian.id)


@st.composite
def schools(draw: st.DrawFn) -> list[KnownStudent]:
    guardians = draw(GUARDIANS)
    some = st.lists(st.sampled_from(guardians), max_size=2, unique=True).map(tuple) if guardians else st.just(())
    classes = st.sampled_from([frozenset({CLASS}), frozenset({OTHER}), frozenset({CLASS, OTHER}), frozenset()])
    student_of = st.builds(KnownStudent, id=st.just(0), class_ids=classes, guardians=some, **NAMES, **FACTS)
    known = draw(st.lists(student_of, max_size=4, unique_by=lambda each: number_key(each.number) if each.number else object()))
    return [replace(each, id=key) for key, each in enumerate(known, 10)]


PLANS = settings(max_examples=120, deadline=None, database=None)


@PLANS
@given(ROWS, schools())
def test_importing_twice_plans_nothing_new(rows: tuple[ListedStudent, ...], known: list[KnownStudent]) -> None:
    first = plan_import(rows, known, CLASS)
    again = plan_import(rows, applied(first, known), CLASS)
    assert (again.add, again.update) == ((), ())
    assert [question.row.line for question in again.ask] == [question.row.line for question in first.ask]


@PLANS
@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))), schools())
def test_the_order_of_rows_changes_nothing(both: tuple[tuple[ListedStudent, ...], list[ListedStudent]], known: list[KnownStudent]) -> None:
    rows, shuffled = both
    moved = [replace(each, line=line) for line, each in enumerate(shuffled, 100)]
    assert _without_lines(plan_import(rows, known, CLASS)) == _without_lines(plan_import(moved, known, CLASS))


def _without_lines(outcome: ImportPlan) -> list[list[str]]:
    parts: list[Sequence[object]] = [
        [replace(each, line=0) for each in outcome.add],
        [replace(update, row=replace(update.row, line=0)) for update in outcome.update],
        [replace(update, row=replace(update.row, line=0)) for update in outcome.unchanged],
        [(replace(question.row, line=0), question.candidates, question.reason) for question in outcome.ask],
        [(dispute.guardian_id, dispute.field, dispute.values) for dispute in outcome.disputes],
    ]
    return [sorted(map(repr, part)) for part in parts]


@PLANS
@given(ROWS, schools())
def test_each_row_has_one_fate_and_each_student_and_number_one_row(rows: tuple[ListedStudent, ...], known: list[KnownStudent]) -> None:
    outcome = plan_import(rows, known, CLASS)
    updates = (*outcome.update, *outcome.unchanged)
    fates = [*outcome.add, *(update.row for update in updates), *(question.row for question in outcome.ask)]
    assert sorted(each.line for each in fates) == [each.line for each in rows]
    assert len({update.student_id for update in updates}) == len(updates)
    changes = [update.changes for update in updates] + [change.changes for update in updates for change in update.guardian_changes]
    assert all(new and new != old for change in changes for old, new in change.values())
    numbers = [number_key(each.number) for each in applied(outcome, known) if each.number]
    assert len(set(numbers)) == len(numbers)
