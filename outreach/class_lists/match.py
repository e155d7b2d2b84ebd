"""The plan of an import: a class list's students against those the school has.

Pure. Whoever applies it and plans again finds nothing left to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach.class_lists.guardian_matching import GuardianAnswer, GuardianQuestion, GuardianSettlement, Pair, QuestionKey, settle_guardians
from outreach.class_lists.matching import Found, RowClasses, best_name, classes_of, name_differs, recognise_rows, student_changes
from outreach.class_lists.plan import (
    AskReason,
    Changes,
    GuardianChange,
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


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The whole import, each part in the order of the rows.

    `absent` are students of the class (or school) in no row: they stay. `nobody` are rows of a list without names whose number nobody has.
    `guardian_questions` are all there were, `open_guardians` those without an answer that fits: what they are about isn't done.
    """

    add: tuple[ListedStudent, ...]
    update: tuple[StudentUpdate, ...]
    unchanged: tuple[StudentUpdate, ...]
    ask: tuple[ImportQuestion, ...]
    disputes: tuple[NameDispute, ...]
    absent: tuple[int, ...]
    nobody: tuple[ListedStudent, ...] = ()
    guardian_questions: tuple[GuardianQuestion, ...] = ()
    open_guardians: tuple[GuardianQuestion, ...] = ()


def plan_import(
    rows: Sequence[ListedStudent],
    known: Sequence[KnownStudent],
    class_id: int,
    *,
    answers: Mapping[int, int | None] | None = None,
    guardian_answers: Mapping[QuestionKey, GuardianAnswer] | None = None,
    is_whole: bool = True,
    classes: RowClasses | None = None,
    is_school: bool = False,
) -> ImportPlan:
    """Plan what an import of `rows` into a class does to the `known` students of its school.

    `answers` settles questions of an earlier plan: row number -> the candidate's id, or None for "somebody new"; so does
    `guardian_answers`. An answer that doesn't fit its question is not taken: the question stays. The order of rows doesn't matter.
    `is_whole` False: the rows are no list, so nobody is missing from it. `classes`: row number -> the classes it names; a row that
    names none is about `class_id`. `is_school`: it is the list of the whole school, so everybody else is absent.
    """
    rows = sorted(rows, key=lambda row: row.line)
    of_rows = {row.line: classes_of(row, class_id, classes) for row in rows}
    found = _answered(recognise_rows(rows, known, class_id, is_whole=is_whole, classes=classes), answers or {})
    students = {student.id: student for student in known}
    people = {row.line: (row, students[who]) for row, who in zip(rows, found, strict=True) if isinstance(who, int)}
    settled = {line: settle_guardians(row, student, guardian_answers or {}) for line, (row, student) in people.items()}
    guardian_changes, disputes = _guardian_changes({line: one.pairs for line, one in settled.items()})
    updates = [_update(row, student, of_rows[line], settled[line], guardian_changes) for line, (row, student) in people.items()]
    questions = tuple(who for who in found if isinstance(who, ImportQuestion))
    nobody = [row for row, who in zip(rows, found, strict=True) if who is None]
    return ImportPlan(
        add=tuple(row for row in nobody if row.given_name),
        update=tuple(update for update in updates if update.says_something_new),
        unchanged=tuple(update for update in updates if not update.says_something_new),
        ask=questions,
        disputes=disputes,
        absent=_absent(
            known, None if is_school else frozenset().union(*of_rows.values()), {update.student_id for update in updates}, questions
        ),
        nobody=tuple(row for row in nobody if not row.given_name),
        guardian_questions=tuple(question for one in settled.values() for question in one.questions),
        open_guardians=tuple(question for one in settled.values() for question in one.open),
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
    row: ListedStudent, student: KnownStudent, classes: frozenset[int], settled: GuardianSettlement, guardian_changes: Mapping[int, Changes]
) -> StudentUpdate:
    return StudentUpdate(
        row,
        student.id,
        changes=student_changes(row, student),
        joins_class=bool(row.given_name) and not classes <= student.class_ids,
        new_guardians=tuple(guardian for guardian, known in settled.pairs if known is None),
        guardian_changes=tuple(
            GuardianChange(known.id, guardian_changes[known.id])
            for _guardian, known in settled.pairs
            if known and known.id in guardian_changes
        ),
        ended_guardians=settled.ended,
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


def _absent(
    known: Sequence[KnownStudent], classes: frozenset[int] | None, found: set[int], questions: Sequence[ImportQuestion]
) -> tuple[int, ...]:
    asked = {candidate for question in questions for candidate in question.candidates}
    there = [student for student in known if (classes & student.class_ids if classes is not None else student.left_on is None)]
    return tuple(student.id for student in there if student.id not in found | asked)
