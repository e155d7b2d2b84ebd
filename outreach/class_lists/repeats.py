"""Rows about one student: copies, a row for each contact, and rows that disagree.

Pure. Of two rows about one student that disagree neither is taken, in whatever order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from outreach.class_lists.errors import ListField, Problem, ProblemCode
from outreach.class_lists.plan import ListedStudent, merged, number_key, student_key

_FACTS = ("preferred_name", "number", "email", "year_group", "birth_date", "needs", "external_id")


def join_contacts(rows: Sequence[ListedStudent], *, by_name: bool) -> list[ListedStudent]:
    """Make one student of rows that name one contact each, where they agree on all else.

    Rows belong together by number or external id and name; `by_name`: also by name alone, in a list that describes contacts.
    """
    kept: list[ListedStudent] = []
    places: dict[Hashable, int] = {}
    for row in rows:
        keys = _keys(row, by_name=by_name)
        place = next((places[key] for key in keys if key in places), None)
        together = _joined(kept[place], row) if place is not None else None
        if place is not None and together:
            kept[place] = together
        else:
            kept.append(row)
            place = len(kept) - 1
        for key in keys:
            places.setdefault(key, place)
    return kept


def _keys(row: ListedStudent, *, by_name: bool) -> list[Hashable]:
    name = student_key(row.given_name, row.family_name)
    ids = [("number", number_key(row.number)) if row.number else None, ("id", row.external_id) if row.external_id else None]
    keys: list[Hashable] = [(name, one) for one in ids if one]
    return keys or ([name] if by_name or row.birth_date or row.email else [])


def _joined(one: ListedStudent, other: ListedStudent) -> ListedStudent | None:
    """Put two rows together; None where they contradict each other, or say the same (a copy)."""
    facts: dict[str, Any] = {}
    for fact in _FACTS:
        mine, theirs = getattr(one, fact), getattr(other, fact)
        if mine and theirs and mine != theirs and not (fact == "number" and number_key(mine) == number_key(theirs)):
            return None
        facts[fact] = mine or theirs
    mine, theirs = {*one.guardians, *one.barred}, {*other.guardians, *other.barred}
    other_people = bool(mine and theirs and mine != theirs)
    other_class = bool(one.class_names and other.class_names and one.class_names != other.class_names)
    if not (other_people or other_class):
        return None
    return replace(
        one,
        **facts,
        guardians=merged([*one.guardians, *other.guardians]),
        barred=tuple(dict.fromkeys([*one.barred, *other.barred])),
        class_names=tuple(dict.fromkeys([*one.class_names, *other.class_names])),
    )


def settle_repeats(rows: Sequence[ListedStudent]) -> tuple[tuple[ListedStudent, ...], list[Problem]]:
    """Drop rows that repeat another word for word (a warning), and all rows about one student that differ.

    Two rows are one student with the same number; or with the same name, and the same birth date or e-mail or
    nothing that tells them apart. Rows of one name that differ stay, with a warning.
    """
    rows, problems = _without_copies(rows)
    problems += _same_number(rows)
    problems += _same_student(rows, {problem.line for problem in problems})
    refused = {problem.line for problem in problems if not problem.is_warning}
    kept = tuple(row for row in rows if row.line not in refused)
    return kept, problems + _namesakes(kept)


def are_two_people(one: ListedStudent, other: ListedStudent) -> bool:
    """Say whether two rows of one name are two students for certain."""
    if (one.birth_date and one.birth_date == other.birth_date) or (one.email and one.email == other.email):
        return False
    numbers = one.number and other.number and number_key(one.number) != number_key(other.number)
    birth_dates = one.birth_date and other.birth_date
    emails = one.email and other.email
    return bool(numbers or birth_dates or emails)


def _without_copies(rows: Sequence[ListedStudent]) -> tuple[list[ListedStudent], list[Problem]]:
    first: dict[ListedStudent, ListedStudent] = {}
    problems = []
    for row in rows:
        original = first.setdefault(replace(row, line=0), row)
        if original is not row:
            problems.append(Problem(row.line, None, ProblemCode.REPEATED_ROW, str(original.line)))
    return list(first.values()), problems


def _same_number(rows: Iterable[ListedStudent]) -> list[Problem]:
    problems = []
    for group in _groups(rows, lambda row: number_key(row.number) if row.number else None):
        one_name = len({student_key(row.given_name, row.family_name) for row in group}) == 1
        code = ProblemCode.DUPLICATE_ROW if one_name else ProblemCode.DUPLICATE_NUMBER
        for row in group:
            other = group[1] if row is group[0] else group[0]
            problems.append(Problem(row.line, ListField.NUMBER, code, str(other.line)))
    return problems


def _same_student(rows: Iterable[ListedStudent], known: set[int]) -> list[Problem]:
    problems = []
    for group in _groups(rows, _name):
        for row in group:
            twin = next((other for other in group if other is not row and not are_two_people(row, other)), None)
            if twin and row.line not in known:
                problems.append(Problem(row.line, None, ProblemCode.DUPLICATE_ROW, str(twin.line)))
    return problems


def _namesakes(rows: Iterable[ListedStudent]) -> list[Problem]:
    return [Problem(row.line, None, ProblemCode.NAMESAKE, str(group[0].line)) for group in _groups(rows, _name) for row in group[1:]]


def _name(row: ListedStudent) -> Hashable:
    return student_key(row.given_name, row.family_name)


def _groups(rows: Iterable[ListedStudent], key: Callable[[ListedStudent], Hashable]) -> list[list[ListedStudent]]:
    """Give the rows that share a key with another one."""
    groups: dict[Hashable, list[ListedStudent]] = defaultdict(list)
    for row in rows:
        shared = key(row)
        if shared is not None:
            groups[shared].append(row)
    return [group for group in groups.values() if len(group) > 1]
