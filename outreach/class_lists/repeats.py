"""Students who stand in a class list twice.

Pure. The outcome doesn't depend on the order of the rows: of two rows that disagree, neither is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from outreach.class_lists.errors import Problem, ProblemCode, RosterField
from outreach.class_lists.people import RosterRow, number_key, student_key


def settle_repeats(rows: Sequence[RosterRow]) -> tuple[tuple[RosterRow, ...], list[Problem]]:
    """Drop rows that repeat another word for word (a warning), and all that are one student told differently.

    Two rows are one student with the same number; or with the same name, and the same birth date or e-mail or
    nothing that tells them apart. Rows of one name that differ stay, with a warning.
    """
    rows, problems = _without_copies(rows)
    problems += _same_number(rows)
    problems += _same_student(rows, {problem.line for problem in problems})
    refused = {problem.line for problem in problems if not problem.is_warning}
    kept = tuple(row for row in rows if row.line not in refused)
    return kept, problems + _namesakes(kept)


def are_two_people(one: RosterRow, other: RosterRow) -> bool:
    """Say whether two rows of one name are two students for certain."""
    if (one.birth_date and one.birth_date == other.birth_date) or (one.email and one.email == other.email):
        return False
    numbers = one.number and other.number and number_key(one.number) != number_key(other.number)
    birth_dates = one.birth_date and other.birth_date
    emails = one.email and other.email
    return bool(numbers or birth_dates or emails)


def _without_copies(rows: Sequence[RosterRow]) -> tuple[list[RosterRow], list[Problem]]:
    first: dict[RosterRow, RosterRow] = {}
    problems = []
    for row in rows:
        original = first.setdefault(replace(row, line=0), row)
        if original is not row:
            problems.append(Problem(row.line, None, ProblemCode.REPEATED_ROW, str(original.line)))
    return list(first.values()), problems


def _same_number(rows: Iterable[RosterRow]) -> list[Problem]:
    problems = []
    for group in _groups(rows, lambda row: number_key(row.number) if row.number else None):
        one_name = len({student_key(row.given_name, row.family_name) for row in group}) == 1
        code = ProblemCode.DUPLICATE_ROW if one_name else ProblemCode.DUPLICATE_NUMBER
        for row in group:
            other = group[1] if row is group[0] else group[0]
            problems.append(Problem(row.line, RosterField.NUMBER, code, str(other.line)))
    return problems


def _same_student(rows: Iterable[RosterRow], known: set[int]) -> list[Problem]:
    problems = []
    for group in _groups(rows, _name):
        for row in group:
            twin = next((other for other in group if other is not row and not are_two_people(row, other)), None)
            if twin and row.line not in known:
                problems.append(Problem(row.line, None, ProblemCode.DUPLICATE_ROW, str(twin.line)))
    return problems


def _namesakes(rows: Iterable[RosterRow]) -> list[Problem]:
    return [Problem(row.line, None, ProblemCode.NAMESAKE, str(group[0].line)) for group in _groups(rows, _name) for row in group[1:]]


def _name(row: RosterRow) -> Hashable:
    return student_key(row.given_name, row.family_name)


def _groups(rows: Iterable[RosterRow], key: Callable[[RosterRow], Hashable]) -> list[list[RosterRow]]:
    """Give the rows that share a key with another one."""
    groups: dict[Hashable, list[RosterRow]] = defaultdict(list)
    for row in rows:
        shared = key(row)
        if shared is not None:
            groups[shared].append(row)
    return [group for group in groups.values() if len(group) > 1]
