"""Which row of a class list is which known student, and what the row adds to what the school knows.

Pure. An empty cell erases nothing. A name that differs only in case, accents or hyphens changes only if the new spelling
says more (José for Jose, Maria for MARIA, never back).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from outreach.class_lists.names import akin, richer
from outreach.class_lists.plan import (
    AskReason,
    Changes,
    ImportQuestion,
    KnownStudent,
    ListedStudent,
    Value,
    number_key,
    student_key,
)
from outreach.people import name_key

RowClasses = Mapping[int, frozenset[int]]  # row number -> the classes it names
Found = int | ImportQuestion | None  # a student's id, a question, or nobody we know
_Key = TypeVar("_Key")
_Index = defaultdict[_Key, list[KnownStudent]]
_Search = Callable[[ListedStudent], list[KnownStudent]]


@dataclass(frozen=True, slots=True)
class _Rule:
    """Who a row may be; `reason` set: never without asking; `alone`: only if no other is free and nothing differs."""

    candidates: _Search
    reason: AskReason | None = None
    alone: bool = False

    def proposed(self, row: ListedStudent, taken: set[int]) -> list[KnownStudent]:
        free = [student for student in self.candidates(row) if student.id not in taken]
        return free if not self.alone or (len(free) == 1 and not differ(row, free[0])) else []


def classes_of(row: ListedStudent, class_id: int, classes: RowClasses | None) -> frozenset[int]:
    """Give the classes a row is about: those it names, or the one the list was uploaded to."""
    return (classes or {}).get(row.line) or frozenset({class_id})


def recognise_rows(
    rows: Sequence[ListedStudent],
    known: Sequence[KnownStudent],
    class_id: int,
    *,
    is_whole: bool = True,
    classes: RowClasses | None = None,
) -> list[Found]:
    """Say who each row is, in the order of the rows. Rows must be as settle_repeats leaves them: each another student."""
    found: dict[int, Found] = {}
    taken: set[int] = set()
    contested: set[int] = set()
    for rule in _rules(known, class_id, classes)[: None if is_whole else -1]:
        proposed = {index: rule.proposed(row, taken) for index, row in enumerate(rows) if index not in found}
        wanted = Counter(student.id for students in proposed.values() for student in students)
        decided = {index: _decide(rows[index], students, rule, wanted, contested) for index, students in proposed.items() if students}
        found |= decided
        taken |= {outcome for outcome in decided.values() if isinstance(outcome, int)}
        contested |= {student for outcome in decided.values() if isinstance(outcome, ImportQuestion) for student in outcome.candidates}
    return [found.get(index) for index in range(len(rows))]


def _decide(
    row: ListedStudent, students: list[KnownStudent], rule: _Rule, wanted: Counter[int], contested: set[int]
) -> int | ImportQuestion:
    candidates = tuple(sorted(student.id for student in students))
    reason = rule.reason
    if reason is not AskReason.NUMBER_OF_ANOTHER:
        if len(candidates) > 1:
            reason = AskReason.SEVERAL_STUDENTS
        elif wanted[candidates[0]] > 1 or candidates[0] in contested:
            reason = AskReason.SEVERAL_ROWS
    return ImportQuestion(row, candidates, reason) if reason else candidates[0]


def _rules(known: Sequence[KnownStudent], class_id: int, classes: RowClasses | None) -> tuple[_Rule, ...]:
    """Strong evidence first; of equal strength, uncontradicted evidence first."""
    by_number, by_name = _indexes(known)
    classmates = _by_class(known)

    def here(row: ListedStudent) -> frozenset[int]:
        return classes_of(row, class_id, classes)

    def numbered(row: ListedStudent) -> list[KnownStudent]:
        return by_number[number_key(row.number)] if row.number else []

    def by_email(row: ListedStudent) -> list[KnownStudent]:
        return [student for student in by_name[_name(row)] if row.email and row.email == student.email]

    def born_in_class(row: ListedStudent) -> list[KnownStudent]:
        near = [student for student in by_name[_name(row)] if here(row) & student.class_ids or student.left_on]
        return [student for student in near if row.birth_date and row.birth_date == student.birth_date]

    def in_class(row: ListedStudent) -> list[KnownStudent]:
        return [student for student in by_name[_name(row)] if here(row) & student.class_ids and not are_two(row, student)]

    def elsewhere(row: ListedStudent) -> list[KnownStudent]:
        return [student for student in by_name[_name(row)] if row.given_name and not contradict(row, student)]

    def alike(row: ListedStudent) -> list[KnownStudent]:
        near = dict.fromkeys(student for key in here(row) for student in classmates[key])
        return [student for student in near if not contradict(row, student) and may_have_new_name(row, student)]

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
        _Rule(alike, AskReason.RENAMED),
    )


def _by_class(known: Sequence[KnownStudent]) -> _Index[int]:
    found: _Index[int] = defaultdict(list)
    for student in known:
        for key in student.class_ids:
            found[key].append(student)
    return found


def _indexes(known: Sequence[KnownStudent]) -> tuple[_Index[str], _Index[tuple[str, str]]]:
    by_number: _Index[str] = defaultdict(list)
    by_name: _Index[tuple[str, str]] = defaultdict(list)
    for student in known:
        by_name[_name(student)].append(student)
        if student.number:
            by_number[number_key(student.number)].append(student)
    return by_number, by_name


def _name(person: ListedStudent | KnownStudent) -> tuple[str, str]:
    return student_key(person.given_name, person.family_name)


def differ(row: ListedStudent, student: KnownStudent) -> bool:
    """Say whether number, birth date or e-mail differ; what isn't known doesn't differ."""
    emails = row.email and student.email and row.email != student.email
    return bool(emails) or contradict(row, student)


def contradict(row: ListedStudent, student: KnownStudent) -> bool:
    """Say whether number or birth date show that these are two people."""
    return _numbers_differ(row, student) or _births_differ(row, student)


def are_two(row: ListedStudent, student: KnownStudent) -> bool:
    """Say whether number and birth date both do: nobody needs to be asked."""
    return _numbers_differ(row, student) and _births_differ(row, student)


def _numbers_differ(row: ListedStudent, student: KnownStudent) -> bool:
    return bool(row.number and student.number) and number_key(row.number or "") != number_key(student.number or "")


def _births_differ(row: ListedStudent, student: KnownStudent) -> bool:
    return bool(row.birth_date and student.birth_date) and row.birth_date != student.birth_date


def may_have_new_name(row: ListedStudent, student: KnownStudent) -> bool:
    """Say whether a row nobody else fits may be a student who is missing from the list, under a like name."""
    if not row.given_name:
        return False
    given, family = akin(row.given_name, student.given_name), akin(row.family_name, student.family_name)
    same_birth = bool(row.birth_date) and row.birth_date == student.birth_date
    return (given and family) or (same_birth and (given or family))


def may_be_renamed(row: ListedStudent, student: KnownStudent) -> bool:
    """Say whether the same number can be the same student: schools hand numbers on, and lists count their rows.

    A list without names speaks of numbers alone.
    """
    if not row.given_name:
        return True
    same_birth = bool(row.birth_date) and row.birth_date == student.birth_date
    same_email = bool(row.email) and row.email == student.email
    words = [set(name_key(f"{person.given_name} {person.family_name}").split()) for person in (row, student)]
    return same_birth or same_email or words[0] == words[1] or akin(row.given_name, student.given_name)


def student_changes(row: ListedStudent, student: KnownStudent) -> Changes:
    """Give field -> (old, new) for what differs in the row."""
    changes: dict[str, tuple[Value, Value]] = {}
    for field in ("given_name", "family_name"):
        old, new = getattr(student, field), getattr(row, field)
        if new and name_differs(old, new):
            changes[field] = (old, new)
    if row.number and (not student.number or number_key(row.number) != number_key(student.number)):
        changes["number"] = (student.number, row.number)
    for field in ("preferred_name", "email", "year_group", "birth_date", "needs"):
        old, new = getattr(student, field) or None, getattr(row, field)
        if new is not None and new != old:
            changes[field] = (old, new)
    return changes


def name_differs(old: str | None, new: str) -> bool:
    """Say whether a name is another one, or the same better spelled."""
    return new != (old or "") and (not old or name_key(old) != name_key(new) or richer(new, old))


def best_name(names: Iterable[str]) -> str:
    """Give the richest of several spellings of one name."""
    best = ""
    for name in sorted(names):
        if not best or richer(name, best):
            best = name
    return best
