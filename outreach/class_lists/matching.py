"""Which row is which student the school already has.

Pure. By school student number; else e-mail and name; else class, name and birth date; else a person is
asked (architecture.md, "People and addresses"). All rows go through one rule before any goes to the next,
so the order of rows decides nothing, and a student one row has found is out of the others' reach.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from outreach.class_lists.evidence import are_two, contradict, differ, may_be_renamed
from outreach.class_lists.people import RosterRow, number_key, student_key
from outreach.class_lists.plan import AskReason, KnownStudent, Question

Found = int | Question | None  # a student's id, a question, or nobody we know
_Key = TypeVar("_Key")
_Index = defaultdict[_Key, list[KnownStudent]]
_Search = Callable[[RosterRow], list[KnownStudent]]


@dataclass(frozen=True, slots=True)
class _Rule:
    """Who a row may be; `reason` set: never without asking; `alone`: only if no other is free and nothing differs."""

    candidates: _Search
    reason: AskReason | None = None
    alone: bool = False

    def proposed(self, row: RosterRow, taken: set[int]) -> list[KnownStudent]:
        free = [student for student in self.candidates(row) if student.id not in taken]
        return free if not self.alone or (len(free) == 1 and not differ(row, free[0])) else []


def recognise_rows(rows: Sequence[RosterRow], known: Sequence[KnownStudent], class_id: int) -> list[Found]:
    """Say who each row is, in the order of the rows. Rows must be as settle_repeats leaves them: each another student."""
    found: dict[int, Found] = {}
    taken: set[int] = set()
    contested: set[int] = set()
    for rule in _rules(known, class_id):
        proposed = {place: rule.proposed(row, taken) for place, row in enumerate(rows) if place not in found}
        wanted = Counter(student.id for students in proposed.values() for student in students)
        decided = {place: _decide(rows[place], students, rule, wanted, contested) for place, students in proposed.items() if students}
        found |= decided
        taken |= {outcome for outcome in decided.values() if isinstance(outcome, int)}
        contested |= {student for outcome in decided.values() if isinstance(outcome, Question) for student in outcome.candidates}
    return [found.get(place) for place in range(len(rows))]


def _decide(row: RosterRow, students: list[KnownStudent], rule: _Rule, wanted: Counter[int], contested: set[int]) -> int | Question:
    candidates = tuple(sorted(student.id for student in students))
    reason = rule.reason
    if reason is not AskReason.NUMBER_OF_ANOTHER:
        if len(candidates) > 1:
            reason = AskReason.SEVERAL_STUDENTS
        elif wanted[candidates[0]] > 1 or candidates[0] in contested:
            reason = AskReason.SEVERAL_ROWS
    return Question(row, candidates, reason) if reason else candidates[0]


def _rules(known: Sequence[KnownStudent], class_id: int) -> tuple[_Rule, ...]:
    """Strong evidence first; of equal strength, that which nothing contradicts first."""
    by_number, by_name = _indexes(known)

    def numbered(row: RosterRow) -> list[KnownStudent]:
        return by_number[number_key(row.number)] if row.number else []

    def by_email(row: RosterRow) -> list[KnownStudent]:
        return [student for student in by_name[_name(row)] if row.email and row.email == student.email]

    def born_in_class(row: RosterRow) -> list[KnownStudent]:
        return [student for student in in_class(row) if row.birth_date and row.birth_date == student.birth_date]

    def in_class(row: RosterRow) -> list[KnownStudent]:
        return [student for student in by_name[_name(row)] if class_id in student.class_ids and not are_two(row, student)]

    def elsewhere(row: RosterRow) -> list[KnownStudent]:
        return [student for student in by_name[_name(row)] if not contradict(row, student)]

    return (
        _Rule(lambda row: [student for student in numbered(row) if may_be_renamed(row, student)]),
        _Rule(numbered, AskReason.NUMBER_OF_ANOTHER),
        _Rule(lambda row: [student for student in by_email(row) if not contradict(row, student)]),
        _Rule(lambda row: [student for student in born_in_class(row) if not contradict(row, student)]),
        _Rule(by_email),
        _Rule(born_in_class),
        _Rule(in_class, alone=True),
        _Rule(in_class, AskReason.SAME_NAME),
        _Rule(elsewhere, AskReason.OTHER_CLASS),
    )


def _indexes(known: Sequence[KnownStudent]) -> tuple[_Index[str], _Index[tuple[str, str]]]:
    by_number: _Index[str] = defaultdict(list)
    by_name: _Index[tuple[str, str]] = defaultdict(list)
    for student in known:
        by_name[_name(student)].append(student)
        if student.number:
            by_number[number_key(student.number)].append(student)
    return by_number, by_name


def _name(person: RosterRow | KnownStudent) -> tuple[str, str]:
    return student_key(person.given_name, person.family_name)
