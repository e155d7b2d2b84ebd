"""The rows of a class list to students, with what is wrong beside each row that can't be read.

Pure. A row with an error gives no student. Of two rows about one student that disagree neither is taken, in whatever order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import TypeVar

from outreach.class_lists.cells import read_email, read_emails, read_name, read_number, read_prose, read_word
from outreach.class_lists.csv_file import MAX_ROWS, ListLine, ListTable
from outreach.class_lists.dates import DateOrder, column_order, read_birth_date
from outreach.class_lists.errors import MAX_GUARDIANS, CellTrouble, FileCode, ListError, ListField, Problem, ProblemCode, guardian_field
from outreach.class_lists.headings.columns import ListColumns
from outreach.class_lists.names import split_full_name
from outreach.class_lists.plan import ListedGuardian, ListedStudent, merged, number_key, student_key

T = TypeVar("T")
_SHOWN = 80


@dataclass
class RowReader:
    """One line, and what is found wrong while it is read."""

    line: ListLine
    columns: ListColumns
    cells: dict[ListField, str] = field(init=False)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        cells = self.line.cells
        self.cells = {named: cells[column] for column, named in self.columns.fields.items() if column < len(cells)}

    @property
    def says_something(self) -> bool:
        """Some imported cell is filled: printed lists number empty rows too."""
        return any(self.cells.values())

    def row(self, birth_date: Callable[[str], date]) -> ListedStudent | None:
        """Read all fields, so that all problems show at once; None if there is an error among them."""
        self._count_cells()
        given, family = self._names()
        row = ListedStudent(
            self.line.line,
            given or "",
            family or "",
            number=self._take(ListField.NUMBER, read_number),
            email=self._take(ListField.EMAIL, read_email),
            year_group=self._take(ListField.YEAR_GROUP, read_word),
            birth_date=self._take(ListField.BIRTH_DATE, lambda cell: birth_date(word) if (word := read_word(cell)) else None),
            needs=self._take(ListField.NEEDS, read_prose),
            guardians=self._guardians(),
        )
        return row if all(problem.is_warning for problem in self.problems) else None

    def _count_cells(self) -> None:
        """Refuse cells beyond the headings: an unquoted comma has moved everything one column on."""
        headings = self.columns.headings
        beyond = [cell for cell in self.line.cells[len(headings) :] if cell]
        if self.columns.heading_line and beyond:
            self._complain(ProblemCode.TOO_MANY_CELLS, None, beyond[-1])

    def _names(self) -> tuple[str | None, str | None]:
        given = self._take(ListField.GIVEN_NAME, read_name)
        families = [self._take(half, read_name) for half in (ListField.FAMILY_NAME, ListField.SECOND_FAMILY_NAME)]
        family = " ".join(filter(None, families)) or None
        whole = next((half for half in (ListField.FULL_NAME, ListField.FULL_NAME_FAMILY_FIRST) if self.cells.get(half)), None)
        if whole and not (given or family):
            given, family = self._split(whole)
        if not (given and family) and all(problem.is_warning for problem in self.problems):
            name = given or family or ""
            self._complain(ProblemCode.ONE_NAME if name else ProblemCode.MISSING_NAME, ListField.FULL_NAME, name)
            return name, ""
        return given, family

    def _split(self, whole: ListField) -> tuple[str | None, str | None]:
        name = self._take(whole, read_name)
        if not name:
            return None, None
        given, family, certain = split_full_name(name, family_first=whole is ListField.FULL_NAME_FAMILY_FIRST)
        if given and family and not certain:
            self._complain(ProblemCode.NAME_WAS_SPLIT, whole, f"{given} | {family}")
        return given or None, family or None

    def _guardians(self) -> tuple[ListedGuardian, ...]:
        found: list[ListedGuardian] = []
        for position in range(1, MAX_GUARDIANS + 1):
            parts = [self._take(guardian_field(position, part), read_name) for part in ("given_name", "name", "family_name")]
            name = " ".join(filter(None, parts)) or None
            emails: list[str | None] = [*(self._take(guardian_field(position, "email"), read_emails) or [])] or [None]
            found += [ListedGuardian(None if index else name, email) for index, email in enumerate(emails) if name or email]
        guardians = merged(found)
        if len(guardians) > MAX_GUARDIANS:
            self._complain(ProblemCode.TOO_MANY_GUARDIANS, None, str(len(guardians)))
        return guardians

    def _take(self, named: ListField, read: Callable[[str], T]) -> T | None:
        cell = self.cells.get(named, "")
        if not cell:
            return None
        try:
            return read(cell)
        except CellTrouble as trouble:
            self._complain(trouble.code, named, cell)
            return None

    def _complain(self, code: ProblemCode, named: ListField | None, value: str) -> None:
        self.problems.append(Problem(self.line.line, named, code, value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "\u2026"))


def settle_repeats(rows: Sequence[ListedStudent]) -> tuple[tuple[ListedStudent, ...], list[Problem]]:
    """Drop rows that repeat another word for word (a warning), and all rows about one student that differ.

    Two rows are one student with the same number; or with the same name, and the same birth date or e-mail or
    nothing that tells them apart. Rows of one name that differ stay, with a warning.
    """
    rows, problems = _without_copies(rows)
    problems += _same_number(rows)
    problems += _same_student(rows, {problem.line for problem in problems})
    refused = {problem.line for problem in problems if not problem.is_warning}
    kept = tuple(row for row in rows if row.line not in refused)
    return kept, problems + _namesakes(kept)


def are_two_people(one: ListedStudent, other: ListedStudent) -> bool:
    """Say whether two rows of one name are two students for certain."""
    if (one.birth_date and one.birth_date == other.birth_date) or (one.email and one.email == other.email):
        return False
    numbers = one.number and other.number and number_key(one.number) != number_key(other.number)
    birth_dates = one.birth_date and other.birth_date
    emails = one.email and other.email
    return bool(numbers or birth_dates or emails)


def _without_copies(rows: Sequence[ListedStudent]) -> tuple[list[ListedStudent], list[Problem]]:
    first: dict[ListedStudent, ListedStudent] = {}
    problems = []
    for row in rows:
        original = first.setdefault(replace(row, line=0), row)
        if original is not row:
            problems.append(Problem(row.line, None, ProblemCode.REPEATED_ROW, str(original.line)))
    return list(first.values()), problems


def _same_number(rows: Iterable[ListedStudent]) -> list[Problem]:
    problems = []
    for group in _groups(rows, lambda row: number_key(row.number) if row.number else None):
        one_name = len({student_key(row.given_name, row.family_name) for row in group}) == 1
        code = ProblemCode.DUPLICATE_ROW if one_name else ProblemCode.DUPLICATE_NUMBER
        for row in group:
            other = group[1] if row is group[0] else group[0]
            problems.append(Problem(row.line, ListField.NUMBER, code, str(other.line)))
    return problems


def _same_student(rows: Iterable[ListedStudent], known: set[int]) -> list[Problem]:
    problems = []
    for group in _groups(rows, _name):
        for row in group:
            twin = next((other for other in group if other is not row and not are_two_people(row, other)), None)
            if twin and row.line not in known:
                problems.append(Problem(row.line, None, ProblemCode.DUPLICATE_ROW, str(twin.line)))
    return problems


def _namesakes(rows: Iterable[ListedStudent]) -> list[Problem]:
    return [Problem(row.line, None, ProblemCode.NAMESAKE, str(group[0].line)) for group in _groups(rows, _name) for row in group[1:]]


def _name(row: ListedStudent) -> Hashable:
    return student_key(row.given_name, row.family_name)


def _groups(rows: Iterable[ListedStudent], key: Callable[[ListedStudent], Hashable]) -> list[list[ListedStudent]]:
    """Give the rows that share a key with another one."""
    groups: dict[Hashable, list[ListedStudent]] = defaultdict(list)
    for row in rows:
        shared = key(row)
        if shared is not None:
            groups[shared].append(row)
    return [group for group in groups.values() if len(group) > 1]


__all__ = ["DateOrder", "ListReading", "ListedGuardian", "ListedStudent", "Problem", "read_rows"]


@dataclass(frozen=True, slots=True)
class ListReading:
    """The students read, and all problems by row; `date_order` is how birth dates were read (None: nothing settled it)."""

    rows: tuple[ListedStudent, ...]
    problems: tuple[Problem, ...]
    date_order: DateOrder | None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems of rows that give no student."""
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems of rows that are good all the same."""
        return tuple(problem for problem in self.problems if problem.is_warning)

    @property
    def asks_date_order(self) -> bool:
        """A person must say whether 03/04 is in March or in April."""
        return any(problem.code is ProblemCode.AMBIGUOUS_DATE for problem in self.problems)


def read_rows(table: ListTable, columns: ListColumns, *, today: date, date_order: DateOrder | None = None) -> ListReading:
    """Read every student. `date_order` is a person's answer; without it the column or its heading decides.

    Raises ListError: no_name_column, no_students, too_many_rows.
    """
    if not columns.names_found:
        raise ListError(FileCode.NO_NAME_COLUMN)
    readers = [RowReader(line, columns) for line in columns.student_lines(table)]
    readers = [reader for reader in readers if reader.says_something]
    if not readers:
        raise ListError(FileCode.NO_STUDENTS)
    if len(readers) > MAX_ROWS:
        raise ListError(FileCode.TOO_MANY_ROWS, limit=MAX_ROWS)
    order = date_order or _column_order(readers, columns)
    read = [reader.row(partial(read_birth_date, order=order, today=today)) for reader in readers]
    rows, problems = settle_repeats([row for row in read if row])
    problems += [problem for reader in readers for problem in reader.problems]
    return ListReading(rows, tuple(sorted(problems, key=lambda problem: problem.line)), order)


def _column_order(readers: Iterable[RowReader], columns: ListColumns) -> DateOrder | None:
    column = next((column for column, named in columns.fields.items() if named is ListField.BIRTH_DATE), None)
    heading = columns.headings[column] if column is not None and column < len(columns.headings) else ""
    return column_order((reader.cells.get(ListField.BIRTH_DATE, "") for reader in readers), heading)
