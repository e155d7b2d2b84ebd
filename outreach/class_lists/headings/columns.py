"""Which column of a class list is which field: guessed from the headings, corrected by hand.

Pure. "Parent 1", "Mother", "Tuteur légal" become guardians 1 to 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import dataclass, replace

from outreach.class_lists.errors import MAX_GUARDIANS, FileCode, ListError, ListField, guardian_field
from outreach.class_lists.files.table import ListLine, ListTable
from outreach.class_lists.headings.guess import Meaning, recognise
from outreach.class_lists.headings.heading_row import HeadingRow, find_heading
from outreach.class_lists.headings.left_out import LeftOut, why_left_out
from outreach.class_lists.headings.vocabulary import Language, languages_of

_Person = tuple[str, str, int]  # kind, number as written, and which of several headings that read alike

_NAMES = frozenset({ListField.FULL_NAME, ListField.FULL_NAME_FAMILY_FIRST})
_OF_A_PERSON = frozenset({"name", "given_name", "family_name", "email"})
_HALVES = frozenset({ListField.GIVEN_NAME, ListField.FAMILY_NAME})


@dataclass(frozen=True, slots=True)
class ListColumns:
    """The field of each column; a column that isn't in `fields` is not imported."""

    heading_line: int | None
    headings: tuple[str, ...]
    fields: Mapping[int, ListField]
    heading_cells: tuple[str, ...] = ()  # the last row of headings as it is in the file

    @property
    def names_found(self) -> bool:
        """There is a full name, or both its halves; a list of numbers can only update."""
        found = set(self.fields.values())
        return bool(found & _NAMES) or {ListField.GIVEN_NAME, ListField.FAMILY_NAME} <= found or self.by_number

    @property
    def by_number(self) -> bool:
        """The list has student numbers and no names: each row updates who has that number."""
        found = set(self.fields.values())
        return ListField.NUMBER in found and not found & (_NAMES | _HALVES)

    @property
    def languages(self) -> tuple[Language, ...]:
        """Give the languages of the headings."""
        return languages_of(self.headings)

    def student_lines(self, table: ListTable) -> tuple[ListLine, ...]:
        """Give the rows under the headings, without headings repeated on every printed page."""
        below = self.heading_line or 0
        return tuple(line for line in table.lines if line.line > below and line.cells != self.heading_cells)


def guess_columns(table: ListTable, *, has_headings: bool | None = None) -> ListColumns:
    """Guess fields from headings in any language we know, in any of the first ten rows.

    `has_headings` True takes the first row for headings whatever it says, False takes none; None looks.
    """
    heading = _heading(table, has_headings=has_headings)
    if heading is None:
        return ListColumns(None, (), {})
    meanings = list(recognise(heading.headings))
    line = table.lines[heading.index]
    columns = ListColumns(line.line, heading.headings, {}, line.cells)
    cells = [line.cells for line in columns.student_lines(table)]
    fields = with_guardians(meanings) | _student_fields(meanings, cells)
    return replace(columns, fields=dict(sorted(fields.items())))


def left_out_columns(table: ListTable, columns: ListColumns) -> dict[int, LeftOut]:
    """Say for each column with cells that is no field why it is left out."""
    rows = columns.student_lines(table)
    found = {}
    for place in range(table.width):
        cells = [row.cells[place] for row in rows if place < len(row.cells) and row.cells[place]]
        if place not in columns.fields and cells:
            found[place] = why_left_out(columns.headings[place] if place < len(columns.headings) else "", cells)
    return found


def choose_columns(table: ListTable, guess: ListColumns, chosen: Mapping[int, ListField | None]) -> ListColumns:
    """Let what a person chose override the guess: columns (from 0) to fields, None for "don't import".

    A guessed column gives way to one chosen for the same field. Raises ListError for a column that isn't
    there, or a field chosen twice.
    """
    for field, times in Counter(chosen.values()).items():
        if field and times > 1 and field is not ListField.GONE:
            raise ListError(FileCode.FIELD_CHOSEN_TWICE, field=field.value)
    for column in chosen:
        if not 0 <= column < table.width:
            raise ListError(FileCode.NO_SUCH_COLUMN, column=column + 1)
    taken = set(chosen.values())
    kept = {column: field for column, field in guess.fields.items() if column not in chosen and field not in taken}
    kept |= {column: field for column, field in chosen.items() if field}
    return replace(guess, fields=dict(sorted(kept.items())))


def _heading(table: ListTable, *, has_headings: bool | None) -> HeadingRow | None:
    if has_headings is False:
        return None
    found = find_heading([line.cells for line in table.lines])
    return found or (HeadingRow(0, table.lines[0].cells) if has_headings else None)


def _student_fields(meanings: Sequence[Meaning | None], rows: Sequence[Sequence[str]]) -> dict[int, ListField]:
    """Give each of the student's fields its first column, once ambiguous headings are settled by their neighbours."""
    parts = [meaning.part if meaning and not meaning.guardian else None for meaning in meanings]
    found: dict[ListField, int] = {}
    for column, part in enumerate(parts):
        field = _field(part, set(parts))
        if field and part != "counter":
            found.setdefault(field, column)
    gone = {column: ListField.GONE for column, part in enumerate(parts) if part == "gone"}  # suspended, deleted: each says it
    if "counter" in parts and not _only_counts(rows, parts.index("counter")):
        found.setdefault(ListField.NUMBER, parts.index("counter"))
    return {column: field for field, column in found.items()} | gone


def _field(part: str | None, parts: set[str | None]) -> ListField | None:
    if part == "some_name":
        return _some_name(parts)
    if part == "preferred_name" and not parts & {"given_name", "some_name", "full_name", "full_name_family_first"}:
        return ListField.GIVEN_NAME
    return ListField(part) if part and part != "counter" else None


def _some_name(parts: set[str | None]) -> ListField:
    """Say what a bare "Name", "Nom" or "Nombre" is: the half that is missing, or the whole."""
    given, family = bool(parts & {"given_name", "preferred_name"}), "family_name" in parts
    if given == family:
        return ListField.FULL_NAME
    return ListField.GIVEN_NAME if family else ListField.FAMILY_NAME


def _only_counts(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Say whether a column merely numbers the rows 1, 2, 3: as a student's number that would change with each sorting."""
    values = [row[column].rstrip(".") for row in rows if column < len(row) and row[column]]
    return values == [str(number) for number in range(1, len(values) + 1)]


def with_guardians(meanings: MutableSequence[Meaning | None]) -> dict[int, ListField]:
    """Give the guardians' columns; a bare "E-mail" right of a guardian's name is marked as theirs in `meanings`."""
    _hand_over_emails(meanings)
    _hand_over_remarks(meanings)
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


def _hand_over_remarks(meanings: MutableSequence[Meaning | None]) -> None:
    """Give "Relationship" and "Contact this parent?" without a number to the guardian on their left, else to the first one."""
    named = [meaning.guardian for meaning in meanings if meaning and meaning.guardian and meaning.part in _OF_A_PERSON]
    left: tuple[str, str] | None = None
    for column, meaning in enumerate(meanings):
        if meaning is None or meaning.guardian is None:
            continue
        if meaning.part in _OF_A_PERSON:
            left = meaning.guardian
        elif meaning.guardian not in named:
            owner = left or next(iter(named), None)
            meanings[column] = replace(meaning, guardian=owner) if owner else None


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
