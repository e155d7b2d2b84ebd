"""A class list read as a person understands it, and compared with the school. Both change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from outreach.class_lists import (
    GuardianQuestion,
    ImportPlan,
    ImportQuestion,
    KnownStudent,
    LeftOut,
    ListColumns,
    ListError,
    ListField,
    ListReading,
    ListTable,
    Problem,
    choose_columns,
    guess_columns,
    left_out_columns,
    plan_import,
    read_file,
    read_rows,
)
from outreach.db import db
from outreach.models import School, SchoolClass
from outreach.schools.imports.choices import ImportChoices, ListScope
from outreach.schools.imports.habits import remembered_columns
from outreach.schools.imports.named_classes import NamedClasses, named_classes
from outreach.schools.queries import known_students


@dataclass(frozen=True)
class Sheet:
    """A list as read: its students, or why there are none; and what a person must decide about the file itself."""

    table: ListTable
    columns: ListColumns
    reading: ListReading | None
    refusal: ListError | None = None
    left_out: Mapping[int, LeftOut] = field(default_factory=dict)
    choices: ImportChoices = field(default_factory=ImportChoices)

    @property
    def open_columns(self) -> tuple[int, ...]:
        """Give the columns that may hold a guardian and that nobody has decided about."""
        return tuple(place for place, why in self.left_out.items() if why.needs_decision and place not in self.choices.decided)

    @property
    def open_doubts(self) -> tuple[Problem, ...]:
        """Give the values that look wrong and that nobody has confirmed."""
        doubts = self.reading.doubts if self.reading else ()
        return tuple(doubt for doubt in doubts if (doubt.line, doubt.field or "") not in self.choices.confirmed)

    @property
    def open(self) -> int:
        """Count what is to be decided before anything is imported."""
        names = self.reading.asks_names if self.reading else False
        return int(self.table.asks_encoding) + int(names) + len(self.open_columns) + len(self.open_doubts)


@dataclass(frozen=True)
class Proposal:
    """What an import would do.

    `before`: the same without any answer. `guardian_questions` are all there were, answered or not. `covered`: the classes it is about.
    """

    plan: ImportPlan
    before: ImportPlan
    guardian_questions: tuple[GuardianQuestion, ...]
    known: Mapping[int, KnownStudent]
    class_names: Mapping[int, str]
    left_out: frozenset[int]
    named: NamedClasses
    covered: frozenset[int]

    @property
    def questions(self) -> tuple[ImportQuestion, ...]:
        """Give all questions about students, answered or not."""
        return self.before.ask

    @property
    def unanswered(self) -> tuple[ImportQuestion, ...]:
        """Give the questions about students that still need an answer."""
        return tuple(question for question in self.plan.ask if question.row.line not in self.left_out)

    @property
    def open(self) -> int:
        """Count the questions about students and guardians that still need an answer."""
        return len(self.unanswered) + len(self.plan.open_guardians)


def read_list(content: bytes, choices: ImportChoices, *, today: date, school: School | None = None) -> Sheet:
    """Read a list as this person understands it, or as somebody at their school did before.

    Raises ListError for what isn't a list at all; what choosing other columns can mend is in `Sheet.refusal`.
    """
    country = school.country if school else None
    table = read_file(content, sheet=choices.sheet, encoding=choices.encoding, country=country).corrected(choices.corrections)
    guess = guess_columns(table)
    if choices.has_headings is not None and choices.has_headings != (guess.heading_line is not None):
        guess = guess_columns(table, has_headings=choices.has_headings)
    if table.width == 1 and not guess.fields:
        guess = replace(guess, fields={0: ListField.FULL_NAME})
    if school and not choices.columns:
        choices = replace(choices, columns=remembered_columns(school, guess.headings))
    try:
        columns = choose_columns(table, guess, choices.columns)
    except ListError as refusal:
        return Sheet(table, guess, None, refusal, choices=choices)
    left_out = left_out_columns(table, columns)
    try:
        reading = read_rows(table, columns, today=today, date_order=choices.date_order, cuts=choices.cuts)
    except ListError as refusal:
        return Sheet(table, columns, None, refusal, left_out, choices)
    return Sheet(table, columns, reading, None, left_out, choices)


def propose(reading: ListReading, choices: ImportChoices, *, school_id: int, class_id: int) -> Proposal:
    """Compare the rows with the students the school has now."""
    known = known_students(school_id)
    everybody = list(known.values())
    named = named_classes(reading, choices, _class_names(school_id), class_id)
    covered = frozenset().union(*(named.of(row) or {class_id} for row in reading.rows))
    # A list of one class says nothing of the rest of the school.
    is_school = choices.scope is ListScope.SCHOOL and len(covered) > 1
    facts: dict[str, Any] = {"classes": {row.line: named.of(row) for row in reading.rows}, "is_school": is_school}
    before = plan_import(reading.rows, everybody, class_id, **facts)
    said = choices.answers or choices.guardians
    # Who a row is decides whose guardians are asked about: answers about guardians fit the questions that follow from those about students.
    told = plan_import(reading.rows, everybody, class_id, answers=choices.answers, **facts) if said else before
    answers: dict[str, Any] = {"answers": choices.answers, "guardian_answers": choices.guardians}
    after = plan_import(reading.rows, everybody, class_id, **facts, **answers) if said else before
    return Proposal(after, before, told.guardian_questions, known, named.names, choices.left_out, named, covered)


def _class_names(school_id: int) -> dict[int, str]:
    rows = db.session.execute(select(SchoolClass.id, SchoolClass.name).where(SchoolClass.school_id == school_id))
    return {key: name for key, name in rows}  # noqa: C416 (dict() of rows isn't typed)
