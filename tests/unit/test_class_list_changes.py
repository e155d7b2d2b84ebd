"""What a row says that the school doesn't have yet: field by field, and guardian by guardian."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from outreach.class_lists.guardian_matching import pair_guardians
from outreach.class_lists.match import plan_import
from outreach.class_lists.matching import best_name, name_differs, student_changes
from outreach.class_lists.plan import KnownGuardian, KnownStudent, ListedGuardian, ListedStudent

CLASS = 1
BORN, LATER = date(2011, 4, 30), date(2011, 5, 1)


def changes(typed: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    one = ListedStudent(2, **{"given_name": "Maria", "family_name": "Garcia"} | typed)
    return dict(student_changes(one, KnownStudent(7, **{"given_name": "Maria", "family_name": "Garcia"} | known)))


FIELDS: list[tuple[str, Any, Any]] = [
    ("number", "12", "13"),
    ("email", "old@x.test", "new@x.test"),
    ("year_group", "8", "9"),
    ("birth_date", BORN, LATER),
    ("needs", "glasses", "none any more"),
]


@pytest.mark.parametrize(("name", "old", "new"), FIELDS)
def test_each_field_is_filled_and_replaced_and_never_erased(name: str, old: Any, new: Any) -> None:
    assert changes({name: new}, {name: old}) == {name: (old, new)}
    assert changes({name: new}, {name: None}) == {name: (None, new)}
    assert changes({name: old}, {name: old}) == {}
    assert changes({name: None}, {name: old}) == {}
    assert changes({}, {}) == {}


def test_what_the_school_keeps_as_empty_text_is_not_known() -> None:
    assert changes({"needs": "glasses"}, {"needs": ""}) == {"needs": (None, "glasses")}
    assert changes({"number": "12"}, {"number": ""}) == {"number": ("", "12")}


def test_zeros_that_a_spreadsheet_drops_change_no_number() -> None:
    assert changes({"number": "12"}, {"number": "0012"}) == {}
    assert changes({"number": "0012"}, {"number": "12"}) == {}
    assert changes({"number": "120"}, {"number": "12"}) == {"number": ("12", "120")}


@pytest.mark.parametrize("name", ["given_name", "family_name"])
def test_both_names_change_to_another_name_or_a_better_spelling(name: str) -> None:
    assert changes({name: "Núñez"}, {name: "Nunez"}) == {name: ("Nunez", "Núñez")}
    assert changes({name: "NUNEZ"}, {name: "Núñez"}) == {}
    assert changes({name: "Ash"}, {name: "Nunez"}) == {name: ("Nunez", "Ash")}


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [(None, "Ana", True), ("", "Ana", True), ("Ana", "Ana", False), ("Ana", "Eva", True), ("ANA", "Ana", True), ("Ana", "ANA", False)],
)
def test_when_a_name_is_another(old: str | None, new: str, differs: bool) -> None:
    assert name_differs(old, new) is differs


@pytest.mark.parametrize(
    ("names", "best"),
    [([], ""), (["Jose", "José"], "José"), (["José", "Jose"], "José"), (["JOSE", "Jose"], "Jose"), (["Jose", "Jo se"], "Jo se")],
)
def test_the_richest_spelling_is_the_best_and_of_equals_the_first_by_alphabet(names: list[str], best: str) -> None:
    assert best_name(names) == best
    assert best_name(reversed(names)) == best


# Guardians


def pairs(stated: list[ListedGuardian], known: list[KnownGuardian]) -> list[int | None]:
    """Give the id each guardian of a row is paired with."""
    found = pair_guardians(stated, known)
    assert [one for one, _known in found] == stated
    return [one.id if one else None for _stated, one in found]


ANA_HOME, LUIS_HOME = KnownGuardian(1, "Ana", "home@x.test"), KnownGuardian(2, "Luis", "home@x.test")


@pytest.mark.parametrize(
    ("stated", "known", "expected"),
    [
        # address and name decide first
        ([("Ana", "home@x.test"), ("Luis", "home@x.test")], [LUIS_HOME, ANA_HOME], [1, 2]),
        ([("Anna", "home@x.test")], [KnownGuardian(1, "Ann", "home@x.test"), KnownGuardian(2, "Anna", "home@x.test")], [2]),
        # then the address, where no name says otherwise
        ([(None, "home@x.test")], [ANA_HOME], [1]),
        ([("Ana", "home@x.test")], [KnownGuardian(1, None, "home@x.test")], [1]),
        ([("Anna", "home@x.test")], [ANA_HOME], [1]),
        ([("Tom", "home@x.test")], [ANA_HOME], [None]),
        ([("Ana", "home@x.test")], [KnownGuardian(1, "Ana", "work@x.test"), KnownGuardian(2, None, "home@x.test")], [2]),
        # then the name as it is spelled, then in any spelling
        ([("Ana", None)], [KnownGuardian(1, "ANA"), KnownGuardian(2, "Ana")], [2]),
        ([("Ána", None)], [KnownGuardian(1, "Tom"), KnownGuardian(2, "Ana")], [2]),
        ([("Ana", "new@x.test")], [KnownGuardian(1, "Tom", "tom@x.test"), KnownGuardian(2, "Ana", "old@x.test")], [2]),
        # nobody is found by nothing, or twice
        ([(None, "home@x.test")], [KnownGuardian(1, "Ana")], [None]),
        ([("Ana", None)], [KnownGuardian(1, None, "home@x.test")], [None]),
        ([("Ana", None), ("ANA", None)], [KnownGuardian(1, "Ana")], [1, None]),
        ([("ANA", None), ("Ana", None)], [KnownGuardian(1, "Ana")], [None, 1]),
        ([("Ana", "home@x.test"), ("Luis", None)], [ANA_HOME, LUIS_HOME], [1, 2]),
    ],
)
def test_guardians_are_paired_by_the_strongest_evidence(
    stated: list[tuple[str | None, str | None]], known: list[KnownGuardian], expected: list[int | None]
) -> None:
    assert pairs([ListedGuardian(*one) for one in stated], known) == expected


def family(*stated: tuple[ListedGuardian, ...], guardian: KnownGuardian) -> Any:
    """Plan a list with a row for each of several siblings, who share one guardian."""
    known = [KnownStudent(key, f"Child{key}", "Hill", class_ids=frozenset({CLASS}), guardians=(guardian,)) for key in range(len(stated))]
    rows = [ListedStudent(key + 2, f"Child{key}", "Hill", guardians=said) for key, said in enumerate(stated)]
    return plan_import(rows, known, CLASS)


def test_siblings_rows_that_disagree_about_a_name_keep_it_and_say_so_and_the_address_changes() -> None:
    outcome = family(
        (ListedGuardian("Ana Hill", "new@x.test"),),
        (ListedGuardian("Anna Hill", "new@x.test"),),
        guardian=KnownGuardian(1, "Ana Hil", "new@x.test"),
    )
    assert [(one.guardian_id, one.field, one.lines, one.values) for one in outcome.disputes] == [
        (1, "name", (2, 3), ("Ana Hill", "Anna Hill"))
    ]
    assert (outcome.update, len(outcome.unchanged)) == ((), 2)


def test_spellings_of_one_name_are_no_dispute_but_two_addresses_are() -> None:
    outcome = family(
        (ListedGuardian("ANA HILL", "one@x.test"),),
        (ListedGuardian("Ana Hill", "two@x.test"),),
        guardian=KnownGuardian(1, "Ana Hill", "old@x.test"),
    )
    assert [(one.field, one.values) for one in outcome.disputes] == [("email", ("one@x.test", "two@x.test"))]
    assert outcome.update == ()


def test_a_guardian_named_in_one_row_only_changes_for_the_siblings_in_the_list() -> None:
    outcome = family((ListedGuardian("Ana", "new@x.test"),), (), guardian=KnownGuardian(1, "Ana", "old@x.test"))
    assert [(one.student_id, [change.changes for change in one.guardian_changes]) for one in outcome.update] == [
        (0, [{"email": ("old@x.test", "new@x.test")}])
    ]
    assert [one.student_id for one in outcome.unchanged] == [1]


def test_name_and_address_of_a_guardian_change_together() -> None:
    outcome = family((ListedGuardian("Ána", "new@x.test"),), guardian=KnownGuardian(1, "Ana", None))
    (update,) = outcome.update
    assert [(one.guardian_id, one.changes) for one in update.guardian_changes] == [
        (1, {"name": ("Ana", "Ána"), "email": (None, "new@x.test")})
    ]


def test_disputes_are_named_by_guardian() -> None:
    first, second = KnownGuardian(1, "Ana", "a@x.test"), KnownGuardian(2, "Tom", "t@x.test")
    known = [KnownStudent(key, f"Child{key}", "Hill", class_ids=frozenset({CLASS}), guardians=(second, first)) for key in range(2)]
    rows = [
        ListedStudent(
            key + 2, f"Child{key}", "Hill", guardians=(ListedGuardian("Tom", f"t{key}@x.test"), ListedGuardian("Ana", f"a{key}@x.test"))
        )
        for key in range(2)
    ]
    assert [(one.guardian_id, one.values) for one in plan_import(rows, known, CLASS).disputes] == [
        (1, ("a0@x.test", "a1@x.test")),
        (2, ("t0@x.test", "t1@x.test")),
    ]
