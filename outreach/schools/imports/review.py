"""The dry run as a page shows it: what needs a person first, then who is new, who changes and who stays.

Pure but for the reader's language.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from flask_babel import gettext as _

from outreach.class_lists import (
    ImportQuestion,
    KnownStudent,
    ListedGuardian,
    ListedStudent,
    ListField,
    ListReading,
    Problem,
    StudentUpdate,
    Value,
    field_words,
    problem_words,
    question_words,
)
from outreach.folding import full_name, name_key
from outreach.schools.imports.use_cases import ImportChoices, Proposal, Sheet
from outreach.web import formatting

EXAMPLES = 3


@dataclass(frozen=True)
class ColumnLine:
    """One column: its field, and its first cells."""

    place: int
    heading: str
    examples: tuple[str, ...]
    field: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class BadRow:
    """A row that can't be imported: its cells, and everything wrong with it."""

    line: int
    cells: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class AskedRow:
    """A row that needs an answer: the candidates are (value, words); `chosen` is the answer so far."""

    line: int
    name: str
    facts: str
    question: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True)
class GoodRow:
    """A row that will be imported; `changes` are (what, old, new), `notes` what a person should look at."""

    line: int
    name: str
    facts: str
    changes: tuple[tuple[str, str, str], ...] = ()
    news: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """All rows, each once, and what else is to be said."""

    bad: tuple[BadRow, ...]
    asked: tuple[AskedRow, ...]
    new: tuple[GoodRow, ...]
    updated: tuple[GoodRow, ...]
    unchanged: tuple[GoodRow, ...]
    absent: tuple[str, ...]
    remarks: tuple[str, ...]
    asks_date_order: bool
    left_out: int
    unanswered: int

    @property
    def to_write(self) -> int:
        """Count the students the button imports."""
        return len(self.new) + len(self.updated)


def column_lines(sheet: Sheet, choices: ImportChoices) -> list[ColumnLine]:
    """Show each column with its first cells and the fields it may be."""
    options = (("", _("leave out")), *((field.value, field_words(field)) for field in ListField))
    rows = sheet.columns.student_lines(sheet.table)
    lines = []
    for place in range(sheet.table.width):
        cells = [row.cells[place] for row in rows if place < len(row.cells) and row.cells[place]]
        heading = sheet.columns.headings[place] if place < len(sheet.columns.headings) else ""
        if not (heading or cells):
            continue
        chosen = choices.columns[place] if place in choices.columns else sheet.columns.fields.get(place)
        field = chosen.value if chosen else ""
        lines.append(ColumnLine(place, heading or _("Column %(number)s", number=place + 1), tuple(cells[:EXAMPLES]), field, options))
    return lines


def review_of(sheet: Sheet, reading: ListReading, proposal: Proposal, choices: ImportChoices) -> Review:
    """Put what was read and what would be done into words."""
    plan, notes = proposal.plan, _by_line(reading.warnings)
    return Review(
        bad=_bad_rows(sheet, reading),
        asked=tuple(_asked(question, proposal, choices) for question in proposal.questions),
        new=tuple(_new(row, notes[row.line]) for row in plan.add),
        updated=tuple(_updated(one, proposal.known, notes[one.row.line]) for one in plan.update),
        unchanged=tuple(_good(one.row, notes[one.row.line]) for one in plan.unchanged),
        absent=tuple(_name(proposal.known[key]) for key in plan.absent),
        remarks=tuple(_remarks(reading, proposal)),
        asks_date_order=reading.asks_date_order or choices.date_order is not None,
        left_out=len({problem.line for problem in reading.errors} | (choices.left_out & {one.row.line for one in proposal.questions})),
        unanswered=len(proposal.unanswered),
    )


def _by_line(problems: Iterable[Problem]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for problem in problems:
        found[problem.line] += (problem_words(problem),)
    return found


def _bad_rows(sheet: Sheet, reading: ListReading) -> tuple[BadRow, ...]:
    cells = {line.line: line.cells for line in sheet.table.lines}
    return tuple(BadRow(line, _shown(cells[line]), sentences) for line, sentences in _by_line(reading.errors).items())


def _shown(cells: Sequence[str]) -> str:
    text = " · ".join(filter(None, cells))
    return text if len(text) <= 120 else text[:119] + "…"


def _asked(question: ImportQuestion, proposal: Proposal, choices: ImportChoices) -> AskedRow:
    row = question.row
    options = [(str(key), _candidate(proposal.known[key], proposal.class_names)) for key in question.candidates]
    if question.may_be_new:
        options.append(("new", _("Somebody new")))
    options.append(("out", _("Leave this row out")))
    text = question_words(question.reason, line=row.line, name=_name(row))
    return AskedRow(row.line, _name(row), _facts(row), text, tuple(options), _answer(row.line, choices))


def _answer(line: int, choices: ImportChoices) -> str:
    if line in choices.answers:
        return str(choices.answers[line] or "new")
    return "out" if line in choices.left_out else ""


def _candidate(student: KnownStudent, class_names: Mapping[int, str]) -> str:
    classes = ", ".join(sorted((class_names[key] for key in student.class_ids), key=name_key)) or _("not in a class")
    return _("Yes, %(name)s (%(facts)s)", name=_name(student), facts=", ".join(filter(None, (classes, _facts(student)))))


def _new(row: ListedStudent, notes: tuple[str, ...]) -> GoodRow:
    return _good(row, notes, tuple(_guardian(guardian) for guardian in row.guardians))


def _good(row: ListedStudent, notes: tuple[str, ...], news: tuple[str, ...] = ()) -> GoodRow:
    return GoodRow(row.line, _name(row), _facts(row), news=news, notes=notes)


def _updated(one: StudentUpdate, known: Mapping[int, KnownStudent], notes: tuple[str, ...]) -> GoodRow:
    student = known[one.student_id]
    names = {guardian.id: guardian.name or guardian.email or "" for guardian in student.guardians}
    changes = [(field_words(ListField(field)), _value(old), _value(new)) for field, (old, new) in one.changes.items()]
    for change in one.guardian_changes:
        label = _("guardian %(name)s", name=names[change.guardian_id])
        changes += [(label, _value(old), _value(new)) for old, new in change.changes.values()]
    news = [_("will join this class")] if one.joins_class else []
    news += [_guardian(guardian) for guardian in one.new_guardians]
    return GoodRow(one.row.line, _name(student), "", tuple(changes), tuple(news), notes)


def _guardian(guardian: ListedGuardian) -> str:
    person = " ".join(filter(None, (guardian.name, guardian.email)))
    return _("guardian: %(who)s", who=person)


def _facts(person: ListedStudent | KnownStudent) -> str:
    number = _("number %(number)s", number=person.number) if person.number else ""
    born = _("born %(day)s", day=_value(person.birth_date)) if person.birth_date else ""
    return ", ".join(filter(None, (person.email, person.year_group, born, number, _("with needs") if person.needs else "")))


def _remarks(reading: ListReading, proposal: Proposal) -> list[str]:
    names = {guardian.id: guardian.name or guardian.email or "" for one in proposal.known.values() for guardian in one.guardians}
    remarks = [
        _(
            "Rows %(lines)s have different details for the guardian %(name)s (%(values)s). We'll keep what we have.",
            lines=formatting.listed(map(str, dispute.lines)),
            name=names[dispute.guardian_id],
            values=formatting.listed(dispute.values),
        )
        for dispute in proposal.plan.disputes
    ]
    fates = {row.line for row in reading.rows}
    return remarks + [problem_words(problem) for problem in reading.warnings if problem.line not in fates]


def _name(person: KnownStudent | ListedStudent) -> str:
    return full_name(person.given_name, person.family_name)


def _value(value: Value) -> str:
    if isinstance(value, date):
        return format_date(value, "d MMM y", locale=formatting.locale())
    return value or ""
