"""Importing a class list: read, compared with the school, and, once a person has seen it, written.

Reading and proposing change nothing; `import_list` is one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select

from outreach.class_lists import (
    DateOrder,
    ImportPlan,
    ImportQuestion,
    KnownStudent,
    ListColumns,
    ListError,
    ListField,
    ListReading,
    ListTable,
    choose_columns,
    guess_columns,
    plan_import,
    read_rows,
    read_table,
)
from outreach.db import db, transaction
from outreach.errors import Refusal, Stale
from outreach.models import SchoolClass
from outreach.schools.apply_plan import write
from outreach.schools.queries import fingerprint, known_students
from outreach.schools.use_cases import locked_class


@dataclass(frozen=True, kw_only=True)
class ImportChoices:
    """What a person said about a list; nothing yet after the upload.

    `columns`: column from 0 -> field, None: leave it out. `answers`: row -> student's id, None: somebody new.
    `left_out`: rows whose question was answered by leaving them out.
    """

    has_headings: bool | None = None
    columns: Mapping[int, ListField | None] = field(default_factory=dict)
    date_order: DateOrder | None = None
    answers: Mapping[int, int | None] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Sheet:
    """A list as read: its students, or why there are none."""

    table: ListTable
    columns: ListColumns
    reading: ListReading | None
    refusal: ListError | None = None


@dataclass(frozen=True)
class Proposal:
    """What an import would do.

    `questions` are all there were, answered or not; `sights` are the signs of each row's fate before any was answered.
    """

    plan: ImportPlan
    questions: tuple[ImportQuestion, ...]
    sights: Mapping[int, str]
    known: Mapping[int, KnownStudent]
    class_names: Mapping[int, str]
    left_out: frozenset[int]

    @property
    def unanswered(self) -> tuple[ImportQuestion, ...]:
        """Give the questions that still need an answer."""
        return tuple(question for question in self.plan.ask if question.row.line not in self.left_out)

    @property
    def to_write(self) -> int:
        """Count the students that would be added or changed."""
        return len(self.plan.add) + len(self.plan.update)


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    added: int
    updated: int
    unchanged: int
    readdressed: int


def read_list(content: bytes, choices: ImportChoices, *, today: date) -> Sheet:
    """Read a list as this person understands it.

    Raises ListError for what isn't a list at all; what choosing other columns can mend is in `Sheet.refusal`.
    """
    table = read_table(content)
    guess = guess_columns(table)
    if choices.has_headings is not None and choices.has_headings != (guess.heading_line is not None):
        guess = guess_columns(table, has_headings=choices.has_headings)
    if table.width == 1 and not guess.fields:
        guess = replace(guess, fields={0: ListField.FULL_NAME})
    try:
        columns = choose_columns(table, guess, choices.columns)
    except ListError as refusal:
        return Sheet(table, guess, None, refusal)
    try:
        return Sheet(table, columns, read_rows(table, columns, today=today, date_order=choices.date_order))
    except ListError as refusal:
        return Sheet(table, columns, None, refusal)


def propose(reading: ListReading, choices: ImportChoices, *, school_id: int, class_id: int) -> Proposal:
    """Compare the rows with the students the school has now."""
    known = known_students(school_id)
    everybody = list(known.values())
    before = plan_import(reading.rows, everybody, class_id)
    after = plan_import(reading.rows, everybody, class_id, answers=choices.answers) if choices.answers else before
    return Proposal(after, before.ask, _sights(before), known, _class_names(school_id), choices.left_out)


def import_list(reading: ListReading, choices: ImportChoices, *, class_id: int, seen: Mapping[int, str], now: datetime) -> Imported:
    """Write the good rows, all or none; rows with errors were left out of the reading.

    `seen`: the signs shown with the dry run. What the school has learnt meanwhile is compared again: rows that
    need no change any more are fine, but nothing is done that wasn't shown. Raises Stale for that, Refusal for a
    question without an answer or when there is nothing to do.
    """
    with transaction():
        school_class = locked_class(class_id)
        proposal = propose(reading, choices, school_id=school_class.school_id, class_id=class_id)
        if any(seen.get(line) != sight for line, sight in proposal.sights.items()):
            raise Stale(_("The list or the class has changed since you checked it. Nothing was imported. Please check again."))
        if proposal.unanswered:
            raise Refusal(_("Some rows need your answer first."))
        written = write(proposal.plan, school_id=school_class.school_id, class_id=class_id, now=now)
    plan = proposal.plan
    return Imported(len(plan.add), len(plan.update), len(plan.unchanged), len(written.readdressed))


def _class_names(school_id: int) -> dict[int, str]:
    rows = db.session.execute(select(SchoolClass.id, SchoolClass.name).where(SchoolClass.school_id == school_id))
    return {key: name for key, name in rows}  # noqa: C416 (dict() of rows isn't typed)


def _sights(plan: ImportPlan) -> dict[int, str]:
    """Sign what would be done to each row that changes something or asks."""
    added = {row.line: fingerprint("add", row) for row in plan.add}
    updated = {one.row.line: fingerprint("update", one) for one in plan.update}
    asked = {question.row.line: fingerprint("ask", question) for question in plan.ask}
    return dict(sorted((added | updated | asked).items()))
