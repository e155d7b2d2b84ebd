"""The plan of an import: a class list's students against those the school has.

Pure. Whoever applies it and plans again finds nothing left to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from outreach.class_lists.matching import Found, Pair, best_name, name_differs, pair_guardians, recognise_rows, student_changes
from outreach.class_lists.plan import (
    AskReason,
    Changes,
    GuardianChange,
    ImportPlan,
    ImportQuestion,
    KnownGuardian,
    KnownStudent,
    ListedStudent,
    NameDispute,
    StudentUpdate,
    Value,
)
from outreach.people import name_key

__all__ = [
    "AskReason",
    "GuardianChange",
    "ImportPlan",
    "ImportQuestion",
    "KnownGuardian",
    "KnownStudent",
    "NameDispute",
    "StudentUpdate",
    "plan_import",
]

_Pairs = Mapping[int, Sequence[Pair]]


def plan_import(
    rows: Sequence[ListedStudent], known: Sequence[KnownStudent], class_id: int, *, answers: Mapping[int, int | None] | None = None
) -> ImportPlan:
    """Plan what an import of `rows` into a class does to the `known` students of its school.

    `answers` settles questions of an earlier plan: row number -> the candidate's id, or None for "somebody new".
    An answer that doesn't fit its question is not taken: the question stays. The order of rows doesn't matter.
    """
    rows = sorted(rows, key=lambda row: row.line)
    found = _answered(recognise_rows(rows, known, class_id), answers or {})
    students = {student.id: student for student in known}
    people = {row.line: (row, students[who]) for row, who in zip(rows, found, strict=True) if isinstance(who, int)}
    pairs = {line: pair_guardians(row.guardians, student.guardians) for line, (row, student) in people.items()}
    guardian_changes, disputes = _guardian_changes(pairs)
    updates = [_update(row, student, class_id, pairs[line], guardian_changes) for line, (row, student) in people.items()]
    questions = tuple(who for who in found if isinstance(who, ImportQuestion))
    return ImportPlan(
        add=tuple(row for row, who in zip(rows, found, strict=True) if who is None),
        update=tuple(update for update in updates if update.says_something_new),
        unchanged=tuple(update for update in updates if not update.says_something_new),
        ask=questions,
        disputes=disputes,
        absent=_absent(known, class_id, {update.student_id for update in updates}, questions),
    )


def _answered(found: list[Found], answers: Mapping[int, int | None]) -> list[Found]:
    given = [answers.get(who.row.line) for who in found if isinstance(who, ImportQuestion)]
    return [_answer(who, answers, given) if isinstance(who, ImportQuestion) else who for who in found]


def _answer(question: ImportQuestion, answers: Mapping[int, int | None], given: Sequence[int | None]) -> Found:
    """Take an answer that is a candidate nobody else was given, or "somebody new" where that can be."""
    if question.row.line not in answers:
        return question
    answer = answers[question.row.line]
    fits = question.may_be_new if answer is None else answer in question.candidates and given.count(answer) == 1
    return answer if fits else question


def _update(
    row: ListedStudent, student: KnownStudent, class_id: int, pairs: Sequence[Pair], guardian_changes: Mapping[int, Changes]
) -> StudentUpdate:
    return StudentUpdate(
        row,
        student.id,
        changes=student_changes(row, student),
        joins_class=class_id not in student.class_ids,
        new_guardians=tuple(guardian for guardian, known in pairs if known is None),
        guardian_changes=tuple(
            GuardianChange(known.id, guardian_changes[known.id]) for _guardian, known in pairs if known and known.id in guardian_changes
        ),
    )


def _guardian_changes(pairs: _Pairs) -> tuple[dict[int, Changes], tuple[NameDispute, ...]]:
    """Change a guardian once for all their children; where siblings' rows disagree, change nothing and say so."""
    guardians = {known.id: known for some in pairs.values() for _guardian, known in some if known}
    changes: dict[int, dict[str, tuple[Value, Value]]] = defaultdict(dict)
    disputes = []
    for field, same in (("name", name_key), ("email", str)):
        for guardian_id, stated in sorted(_stated(pairs, field).items()):
            old = getattr(guardians[guardian_id], field)
            if len({same(value) for value in stated.values()}) > 1:
                disputes.append(NameDispute(guardian_id, field, tuple(stated), tuple(sorted(set(stated.values())))))
                continue
            new = best_name(stated.values())
            if name_differs(old, new) if field == "name" else old != new:
                changes[guardian_id][field] = (old, new)
    return dict(changes), tuple(disputes)


def _stated(pairs: _Pairs, field: str) -> dict[int, dict[int, str]]:
    """Give what each row says of each known guardian: guardian -> row number -> value."""
    stated: dict[int, dict[int, str]] = defaultdict(dict)
    for line, some in pairs.items():
        for guardian, known in some:
            value = getattr(guardian, field)
            if known and value:
                stated[known.id][line] = value
    return stated


def _absent(known: Sequence[KnownStudent], class_id: int, found: set[int], questions: Sequence[ImportQuestion]) -> tuple[int, ...]:
    asked = {candidate for question in questions for candidate in question.candidates}
    return tuple(student.id for student in known if class_id in student.class_ids and student.id not in found | asked)
