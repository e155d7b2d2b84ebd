"""Which column of a class list is which field: guessed from the headings, corrected by hand.

Pure. "Parent 1", "Mother", "Tuteur légal" become guardians 1 to 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import dataclass, replace

from outreach.class_lists.csv_file import ListLine, ListTable
from outreach.class_lists.errors import MAX_GUARDIANS, FileCode, ListError, ListField, guardian_field
from outreach.class_lists.headings.guess import Meaning, best_heading, recognise

_Person = tuple[str, str, int]  # kind, number as written, and which of several headings that read alike

_NAMES = frozenset({ListField.FULL_NAME, ListField.FULL_NAME_FAMILY_FIRST})


@dataclass(frozen=True, slots=True)
class ListColumns:
    """The field of each column; a column that isn't in `fields` is not imported."""

    heading_line: int | None
    headings: tuple[str, ...]
    fields: Mapping[int, ListField]

    @property
    def names_found(self) -> bool:
        """There is a full name, or both its halves: without them no row can be read."""
        found = set(self.fields.values())
        return bool(found & _NAMES) or {ListField.GIVEN_NAME, ListField.FAMILY_NAME} <= found

    def student_lines(self, table: ListTable) -> tuple[ListLine, ...]:
        """Give the rows under the headings, without headings repeated on every printed page."""
        below = self.heading_line or 0
        return tuple(line for line in table.lines if line.line > below and line.cells != self.headings)


def guess_columns(table: ListTable, *, has_headings: bool | None = None) -> ListColumns:
    """Guess fields from headings in English, Spanish or French, in any of the first ten rows.

    `has_headings` True takes the first row for headings whatever it says, False takes none; None looks.
    """
    heading = _heading(table, has_headings=has_headings)
    if heading is None:
        return ListColumns(None, (), {})
    meanings = list(recognise(heading.cells))
    columns = ListColumns(heading.line, heading.cells, {})
    cells = [line.cells for line in columns.student_lines(table)]
    fields = with_guardians(meanings) | _student_fields(meanings, cells)
    return replace(columns, fields=dict(sorted(fields.items())))


def choose_columns(table: ListTable, guess: ListColumns, chosen: Mapping[int, ListField | None]) -> ListColumns:
    """Let what a person chose override the guess: columns (from 0) to fields, None for "don't import".

    A guessed column gives way to one chosen for the same field. Raises ListError for a column that isn't
    there, or a field chosen twice.
    """
    for field, times in Counter(chosen.values()).items():
        if field and times > 1:
            raise ListError(FileCode.FIELD_CHOSEN_TWICE, field=field.value)
    for column in chosen:
        if not 0 <= column < table.width:
            raise ListError(FileCode.NO_SUCH_COLUMN, column=column + 1)
    taken = set(chosen.values())
    kept = {column: field for column, field in guess.fields.items() if column not in chosen and field not in taken}
    kept |= {column: field for column, field in chosen.items() if field}
    return replace(guess, fields=dict(sorted(kept.items())))


def _heading(table: ListTable, *, has_headings: bool | None) -> ListLine | None:
    if has_headings is not None:
        return table.lines[0] if has_headings else None
    index, known = best_heading([line.cells for line in table.lines])
    return table.lines[index] if known else None


def _student_fields(meanings: Sequence[Meaning | None], rows: Sequence[Sequence[str]]) -> dict[int, ListField]:
    """Give each of the student's fields its first column, once ambiguous headings are settled by their neighbours."""
    parts = [meaning.part if meaning and not meaning.guardian else None for meaning in meanings]
    some_name = _some_name(set(parts))
    found: dict[ListField, int] = {}
    for column, part in enumerate(parts):
        field = _field(part, some_name)
        if field and not (part == "counter" and _only_counts(rows, column)):
            found.setdefault(field, column)
    if "class_as_year" in parts:
        found.setdefault(ListField.YEAR_GROUP, parts.index("class_as_year"))
    return {column: field for field, column in found.items()}


def _field(part: str | None, some_name: ListField | None) -> ListField | None:
    if part == "some_name":
        return some_name
    if part == "counter":
        return ListField.NUMBER
    return ListField(part) if part and part != "class_as_year" else None


def _some_name(parts: set[str | None]) -> ListField | None:
    """Say what a bare "Name", "Nom" or "Nombre" is: the half that is missing, or the whole."""
    given, family = "given_name" in parts, "family_name" in parts
    if given and family:
        return None
    if family:
        return ListField.GIVEN_NAME
    return ListField.FAMILY_NAME if given else ListField.FULL_NAME


def _only_counts(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Say whether a column merely numbers the rows 1, 2, 3: as a student's number that would change with each sorting."""
    values = [row[column].rstrip(".") for row in rows if column < len(row) and row[column]]
    return values == [str(number) for number in range(1, len(values) + 1)]


def with_guardians(meanings: MutableSequence[Meaning | None]) -> dict[int, ListField]:
    """Give the guardians' columns; a bare "E-mail" right of a guardian's name is marked as theirs in `meanings`."""
    _hand_over_emails(meanings)
    people = _people(meanings)
    positions = _positions(list(people.values()))
    fields = {}
    for column, person in people.items():
        meaning = meanings[column]
        if meaning and person in positions:
            fields[column] = guardian_field(positions[person], meaning.part)
    return fields


def _hand_over_emails(meanings: MutableSequence[Meaning | None]) -> None:
    written_to = {meaning.guardian for meaning in meanings if meaning and meaning.guardian and meaning.part == "email"}
    for column in range(1, len(meanings)):
        before, here = meanings[column - 1], meanings[column]
        if before and before.guardian and before.guardian not in written_to and here == Meaning("email"):
            meanings[column] = replace(here, guardian=before.guardian)


def _people(meanings: Sequence[Meaning | None]) -> dict[int, _Person]:
    """Keep people apart: a second "Parent e-mail" belongs to a second parent."""
    seen: Counter[Meaning] = Counter()
    people = {}
    for column, meaning in enumerate(meanings):
        if meaning and meaning.guardian:
            people[column] = (*meaning.guardian, seen[meaning])
            seen[meaning] += 1
    return people


def _positions(people: Sequence[_Person]) -> dict[_Person, int]:
    """Number them: "Guardian 2" is the second wherever it is, the others take what is free from left to right."""
    positions: dict[_Person, int] = {}
    for person in people:
        kind, number, is_repeated = person
        if kind == "guardian" and number and not is_repeated:
            positions[person] = int(number)
    free = [position for position in range(1, MAX_GUARDIANS + 1) if position not in positions.values()]
    for person in people:
        if person not in positions and free:
            positions[person] = free.pop(0)
    return positions
