"""What a person must decide about a list, as the page asks it: letters, names, columns, odd values, guardians.

Pure but for the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from outreach.class_lists import (
    GuardianAnswer,
    GuardianChoice,
    GuardianQuestion,
    KnownStudent,
    ListField,
    NameCuts,
    NameOrder,
    Problem,
    field_words,
    guardian_answer_words,
    guardian_question_words,
    left_out_words,
    problem_words,
)
from outreach.schools.imports.choices import ImportChoices, write_answer
from outreach.schools.imports.use_cases import Proposal, Sheet
from outreach.web import formatting

EXAMPLES = 2
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ColumnLine:
    """One column: its first two cells, its field, or why it is left out; `asks`: somebody must decide that it is."""

    place: int
    heading: str
    examples: tuple[str, ...]
    field: str
    options: Options
    reason: str
    asks: bool
    is_decided: bool


@dataclass(frozen=True)
class Choice:
    """One question with radio buttons."""

    name: str
    question: str
    options: Options
    chosen: str


@dataclass(frozen=True)
class DoubtLine:
    """A value that looks wrong: what is odd, the cell to correct, and the box that says it is right or may be left out."""

    sentence: str
    box: str
    label: str
    is_confirmed: bool
    cell: str
    value: str


@dataclass(frozen=True)
class Questions:
    """All of them, in the order of the page; `open` counts those without an answer. `kept`: corrections the form takes along."""

    encoding: Choice | None
    sheet: Choice | None
    names: Choice | None
    doubts: tuple[DoubtLine, ...]
    guardians: tuple[Choice, ...]
    default: Choice | None
    kept: tuple[tuple[str, str], ...]
    open: int


def column_lines(sheet: Sheet, choices: ImportChoices) -> list[ColumnLine]:
    """Show each column with its first cells and what becomes of it."""
    rows = sheet.columns.student_lines(sheet.table)
    lines = []
    for place in range(sheet.table.width):
        cells = [row.cells[place] for row in rows if place < len(row.cells) and row.cells[place]]
        heading = sheet.columns.headings[place] if place < len(sheet.columns.headings) else ""
        if not (heading or cells):
            continue
        chosen = choices.columns[place] if place in choices.columns else sheet.columns.fields.get(place)
        field, why = chosen.value if chosen else "", sheet.left_out.get(place)
        lines.append(
            ColumnLine(
                place,
                heading or _("Column %(number)s", number=place + 1),
                tuple(dict.fromkeys(cells))[:EXAMPLES],
                field,
                _field_options(chosen),
                left_out_words(why) if why and not field else "",
                bool(why and why.needs_decision and not field),
                place in choices.decided,
            )
        )
    return lines


def _field_options(chosen: ListField | None) -> Options:
    """Offer what columns usually are, and what this one was taken for."""
    rare = ("_prefix", "second_family_name", "_priority", "_relationship")
    fields = [field for field in ListField if field is chosen or not (field.is_of_guardian and field.value.endswith(rare))]
    return (("", _("leave out")), *((field.value, field_words(field)) for field in fields))


def questions_of(sheet: Sheet, proposal: Proposal | None, default: GuardianChoice | None = None) -> Questions:
    """Ask what is to be asked of a list; `default`: what another guardian means at this school, ticked beforehand."""
    shown = tuple(_doubt(doubt, sheet) for doubt in (sheet.reading.doubts if sheet.reading else ()))
    cells = {one.cell for one in shown} | set(_error_cells(sheet).values())
    kept = tuple(
        (name, text) for (line, column), text in sheet.choices.corrections.items() if (name := f"fix-{line}-{column}") not in cells
    )
    return Questions(
        _encoding(sheet),
        _sheet(sheet),
        _names(sheet),
        shown,
        tuple(_guardian(question, proposal, sheet.choices, default) for question in proposal.guardian_questions) if proposal else (),
        _default(sheet, default) if proposal and any(not one.is_barred for one in proposal.guardian_questions) else None,
        kept,
        sheet.open + (proposal.open if proposal else 0),
    )


def correction_of(problem: Problem, sheet: Sheet) -> tuple[str, str]:
    """Give the name of the field that corrects the cell a problem is about, and what is there; two empty texts if no cell is."""
    cells = next((row.cells for row in sheet.table.lines if row.line == problem.line), ())
    named = [place for place, field in sheet.columns.fields.items() if field is problem.field and place < len(cells)]
    alike = [
        place for place in sheet.columns.fields if problem.value and place < len(cells) and cells[place].startswith(problem.value[:-1])
    ]
    place = next(iter([*(place for place in named if place in alike), *alike, *named]), None)
    return (f"fix-{problem.line}-{place}", cells[place]) if place is not None else ("", "")


def _error_cells(sheet: Sheet) -> dict[Problem, str]:
    return {problem: correction_of(problem, sheet)[0] for problem in (sheet.reading.errors if sheet.reading else ())}


def _doubt(doubt: Problem, sheet: Sheet) -> DoubtLine:
    cell, value = correction_of(doubt, sheet)
    is_read = not (doubt.field and doubt.field.is_of_guardian) or doubt.code.value.startswith(("name_", "strange_"))
    return DoubtLine(
        problem_words(doubt),
        f"sure-{doubt.line}-{doubt.field or ''}",
        _("It is right") if is_read else _("Leave this out"),
        (doubt.line, doubt.field or "") in sheet.choices.confirmed,
        cell,
        value,
    )


def _encoding(sheet: Sheet) -> Choice | None:
    readings = sheet.table.readings
    if not readings:
        return None
    options = tuple((one.encoding, ", ".join(one.words)) for one in readings)
    chosen = "" if sheet.table.asks_encoding else sheet.table.encoding
    return Choice("encoding", _("This file doesn't say how its letters are written. How are these words spelled?"), options, chosen)


def _sheet(sheet: Sheet) -> Choice | None:
    facts = sheet.table.sheets
    if not facts or len(facts.names) < 2:
        return None
    options = tuple((name, _("%(sheet)s (hidden)", sheet=name) if name in facts.hidden else name) for name in facts.names)
    return Choice("sheet", _("Which sheet holds the list?"), options, facts.chosen)


def _names(sheet: Sheet) -> Choice | None:
    """Ask once for the whole list where names in capitals part."""
    chosen, wholes = sheet.choices.cuts.order, list(sheet.reading.whole_names.items()) if sheet.reading else []
    if not (sheet.reading and (sheet.reading.asks_names or chosen)):
        return None
    labels = {NameOrder.FAMILY_FIRST: _("Family name first: %(names)s"), NameOrder.GIVEN_FIRST: _("Given name first: %(names)s")}
    options = []
    for order, label in labels.items():
        split = [NameCuts(order).split(line, name, family_first=sheet.reading.family_first) for line, name in wholes[:3]]
        options.append((order.value, label % {"names": ", ".join(f"{given} | {family}" for given, family, _certain in split)}))
    return Choice(
        "name_order", _("Which part of the names comes first? You can move the cut of each name below."), tuple(options), chosen or ""
    )


def _default(sheet: Sheet, default: GuardianChoice | None) -> Choice:
    """Offer what to tick beforehand in the next lists of this school."""
    said = sheet.choices.guardian_default
    options = (
        ("", _("Tick nothing, we choose each time")),
        (GuardianChoice.CORRECTS.value, _("The same person, corrected")),
        (GuardianChoice.REPLACES.value, _("Another person, who replaces the one we have")),
        (GuardianChoice.ADDS.value, _("One more guardian")),
    )
    question = _("What should be ticked in your school’s next lists?")
    return Choice("guardian_default", question, options, (default or "") if said is None else said)


def _guardian(question: GuardianQuestion, proposal: Proposal, choices: ImportChoices, default: GuardianChoice | None) -> Choice:
    student = proposal.known[question.student_id]
    known = {guardian.id: " ".join(filter(None, (guardian.name, guardian.email))) for guardian in student.guardians}
    options = tuple((write_answer(one), _answer_words(one, known)) for one in question.options)
    answer = choices.guardians.get(question.key) or next((one for one in question.options if one.choice is default), None)
    chosen = write_answer(answer) if answer else ""
    line, place = question.key
    return Choice(f"guardian-{line}-{place}", guardian_question_words(question, student=_name(student)), options, chosen)


def _answer_words(answer: GuardianAnswer, known: Mapping[int, str]) -> str:
    return guardian_answer_words(answer, known=known.get(answer.guardian_id or 0, ""))


def _name(student: KnownStudent) -> str:
    return f"{student.given_name} {student.family_name}".strip()


def file_remarks(sheet: Sheet) -> list[str]:
    """Say what a reader of the file should know: hidden sheets and rows, the order of dates, the classes named."""
    remarks = []
    facts, reading = sheet.table.sheets, sheet.reading
    if facts and facts.hidden:
        remarks.append(_("Hidden sheets in this file: %(names)s.", names=formatting.listed(facts.hidden)))
    if facts and facts.hidden_rows:
        remarks.append(_("Rows that your spreadsheet hides: %(count)s. We read them too.", count=facts.hidden_rows))
    if reading and reading.is_assumed and any(row.birth_date for row in reading.rows):
        remarks.append(_("We read dates with the day first, because of the language of the headings. Change this below if it is wrong."))
    return remarks
