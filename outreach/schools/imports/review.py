"""The dry run as a page shows it: what needs a person first, then who is new, who changes and who stays.

Pure but for the reader's language.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from babel.dates import format_date
from flask_babel import gettext as _

from outreach.class_lists import (
    ImportQuestion,
    KnownStudent,
    LeftRow,
    ListedGuardian,
    ListedStudent,
    ListField,
    ListReading,
    NotStudent,
    Problem,
    StudentUpdate,
    Value,
    field_words,
    not_student_words,
    problem_words,
    question_words,
)
from outreach.schools.imports.choices import ImportChoices
from outreach.schools.imports.questions import correction_of, file_remarks
from outreach.schools.imports.use_cases import Proposal, Sheet
from outreach.web import formatting


@dataclass(frozen=True)
class BadRow:
    """A row that can't be imported: its cells, everything wrong with it, and what can be corrected here: (field's name, words, cell)."""

    line: int
    cells: str
    sentences: tuple[str, ...]
    corrections: tuple[tuple[str, str, str], ...] = ()


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
    """A row that will be imported; `changes` are (what, old, new), `notes` what a person should look at.

    `cuts` are the places where a full name may part, `cut` the one taken.
    """

    line: int
    name: str
    facts: str
    changes: tuple[tuple[str, str, str], ...] = ()
    news: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cuts: tuple[tuple[str, str], ...] = ()
    cut: str = ""


@dataclass(frozen=True)
class LeftPeople:
    """People and lines of the list that aren't students, for one reason."""

    words: str
    names: tuple[str, ...]


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
    left_people: tuple[LeftPeople, ...] = ()
    barred: tuple[str, ...] = ()

    @property
    def to_write(self) -> int:
        """Count the students the button imports."""
        return len(self.new) + len(self.updated)


def review_of(sheet: Sheet, reading: ListReading, proposal: Proposal, choices: ImportChoices) -> Review:
    """Put what was read and what would be done into words."""
    plan, notes = proposal.plan, _by_line(reading.warnings)
    return Review(
        bad=(*_bad_rows(sheet, reading), *(_nobody(row) for row in plan.nobody)),
        asked=tuple(_asked(question, proposal, choices) for question in proposal.questions),
        new=tuple(_with_cuts(_new(row, notes[row.line], proposal), reading, choices) for row in plan.add),
        updated=tuple(_with_cuts(_updated(one, proposal, choices, notes[one.row.line]), reading, choices) for one in plan.update),
        unchanged=tuple(_good(one.row, notes[one.row.line], name=_name(proposal.known[one.student_id])) for one in plan.unchanged),
        absent=tuple(_name(proposal.known[key]) for key in plan.absent),
        remarks=(*file_remarks(sheet), *_remarks(reading, proposal)),
        asks_date_order=reading.asks_date_order or reading.is_assumed or choices.date_order is not None,
        left_out=len({problem.line for problem in reading.errors} | (choices.left_out & {one.row.line for one in proposal.questions})),
        unanswered=proposal.open + sheet.open,
        left_people=_left_people(reading),
        barred=_barred(reading),
    )


def _by_line(problems: Iterable[Problem]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for problem in problems:
        found[problem.line] += (problem_words(problem),)
    return found


def _bad_rows(sheet: Sheet, reading: ListReading) -> tuple[BadRow, ...]:
    cells = {line.line: line.cells for line in sheet.table.lines}
    found = []
    for line, sentences in _by_line(reading.errors).items():
        wrong = [(problem, *correction_of(problem, sheet)) for problem in reading.errors if problem.line == line and problem.field]
        corrections = {name: (field_words(problem.field), cell) for problem, name, cell in wrong if name and problem.field}
        found.append(BadRow(line, _shown(cells[line]), sentences, tuple((name, *rest) for name, rest in corrections.items())))
    return tuple(found)


def _nobody(row: ListedStudent) -> BadRow:
    words = _("Row %(line)s: nobody here has the student number %(number)s.", line=row.line, number=row.number)
    return BadRow(row.line, row.number or "", (words,))


def _left_people(reading: ListReading) -> tuple[LeftPeople, ...]:
    by_reason: dict[NotStudent, list[LeftRow]] = defaultdict(list)
    for left in reading.left_rows:
        by_reason[left.reason].append(left)
    return tuple(LeftPeople(not_student_words(reason, len(rows)), tuple(map(_left, rows))) for reason, rows in by_reason.items())


def _left(row: LeftRow) -> str:
    said = row.value if row.value != row.name else ""
    return _("row %(line)s: %(name)s (%(said)s)", line=row.line, name=row.name, said=said) if said else f"{row.line}: {row.name}"


def _barred(reading: ListReading) -> tuple[str, ...]:
    return tuple(
        _("%(who)s, for %(student)s", who=" ".join(filter(None, (one.name, one.email))), student=_name(row))
        for row in reading.rows
        for one in row.barred
    )


def _with_cuts(row: GoodRow, reading: ListReading, choices: ImportChoices) -> GoodRow:
    """Offer every place where a full name may part."""
    whole = reading.whole_names.get(row.line, "")
    words = len(whole.split())
    if words < 2:
        return row
    read = next(one for one in reading.rows if one.line == row.line)
    cuts = {str(cut): choices.cuts.at(row.line, whole, cut, family_first=reading.family_first)[:2] for cut in range(1, words)}
    taken = next((cut for cut, parts in cuts.items() if parts == (read.given_name, read.family_name)), "")
    shown = tuple((cut, f"{given} | {family}") for cut, (given, family) in cuts.items())
    current = () if taken else (("", f"{read.given_name} | {read.family_name}"),)
    return replace(row, cuts=(*current, *shown), cut=taken)


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
    nowhere = _("left the school") if student.left_on else _("not in a class")
    classes = ", ".join(sorted(class_names[key] for key in student.class_ids)) or nowhere
    return _("Yes, %(name)s (%(facts)s)", name=_name(student), facts=", ".join(filter(None, (classes, _facts(student)))))


def _new(row: ListedStudent, notes: tuple[str, ...], proposal: Proposal) -> GoodRow:
    classes = _class_names(proposal.named.of(row), proposal)
    news = (_("class: %(name)s", name=classes),) if classes else ()
    return _good(row, notes, (*news, *(_guardian(guardian) for guardian in row.guardians)))


def _class_names(keys: Iterable[int], proposal: Proposal) -> str:
    return formatting.listed(sorted(proposal.class_names[key] for key in keys))


def _class_news(one: StudentUpdate, proposal: Proposal, choices: ImportChoices) -> list[str]:
    """Say which class a student comes into, and which they leave for it."""
    if not one.joins_class:
        return []
    named, before = proposal.named.of(one.row), proposal.known[one.student_id].class_ids
    back = [_("comes back to the school")] if proposal.known[one.student_id].left_on else []
    if not named:
        return [*back, _("will join this class")]
    leaves = before - named if choices.moves else frozenset()
    news = [*back, _("will join %(name)s", name=_class_names(named - before, proposal))]
    return news + ([_("will leave %(name)s", name=_class_names(leaves, proposal))] if leaves else [])


def _good(row: ListedStudent, notes: tuple[str, ...], news: tuple[str, ...] = (), name: str = "") -> GoodRow:
    return GoodRow(row.line, name or _name(row), _facts(row), news=news, notes=notes)


def _updated(one: StudentUpdate, proposal: Proposal, choices: ImportChoices, notes: tuple[str, ...]) -> GoodRow:
    student = proposal.known[one.student_id]
    names = {guardian.id: guardian.name or guardian.email or "" for guardian in student.guardians}
    changes = [(field_words(ListField(field)), _value(old), _value(new)) for field, (old, new) in one.changes.items()]
    for change in one.guardian_changes:
        label = _("guardian %(name)s", name=names[change.guardian_id])
        changes += [(label, _value(old), _value(new)) for old, new in change.changes.values()]
    news = _class_news(one, proposal, choices)
    news += [_guardian(guardian) for guardian in one.new_guardians]
    addresses = {guardian.id: " ".join(filter(None, (guardian.name, guardian.email))) for guardian in student.guardians}
    news += [_("%(who)s gets no more invitations", who=addresses[key]) for key in one.ended_guardians]
    return GoodRow(one.row.line, _name(student), "", tuple(changes), tuple(news), notes)


def _guardian(guardian: ListedGuardian) -> str:
    relationship = f"({guardian.relationship})" if guardian.relationship else ""
    return _("guardian: %(who)s", who=" ".join(filter(None, (guardian.name, relationship, guardian.email))))


def _facts(person: ListedStudent | KnownStudent) -> str:
    number = _("number %(number)s", number=person.number) if person.number else ""
    born = _("born %(day)s", day=_value(person.birth_date)) if person.birth_date else ""
    known_as = _("known as %(name)s", name=person.preferred_name) if isinstance(person, ListedStudent) and person.preferred_name else ""
    return ", ".join(filter(None, (person.email, person.year_group, known_as, born, number, _("with needs") if person.needs else "")))


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
    fates = {row.line for row in reading.rows} | {problem.line for problem in reading.errors}
    return remarks + [problem_words(problem) for problem in reading.warnings if problem.line not in fates]


def _name(person: KnownStudent | ListedStudent) -> str:
    return f"{person.given_name} {person.family_name}".strip()


def _value(value: Value) -> str:
    if isinstance(value, date):
        return format_date(value, "d MMM y", locale=formatting.locale())
    return value or ""
