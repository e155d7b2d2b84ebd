"""A class list's table to students, and what is wrong beside each row that can't be read.

Pure. A row with an error gives no student: nothing is half read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from outreach.class_lists.csv_file import MAX_ROWS, RosterTable
from outreach.class_lists.dates import DateOrder, column_order, read_birth_date
from outreach.class_lists.errors import FileCode, Problem, ProblemCode, RosterError, RosterField
from outreach.class_lists.headings.columns import RosterColumns
from outreach.class_lists.people import RosterGuardian, RosterRow
from outreach.class_lists.repeats import settle_repeats
from outreach.class_lists.row_reader import RowReader

__all__ = ["DateOrder", "Problem", "RosterGuardian", "RosterReading", "RosterRow", "read_rows"]


@dataclass(frozen=True, slots=True)
class RosterReading:
    """The students read, and all problems by row; `date_order` is how birth dates were read (None: nothing settled it)."""

    rows: tuple[RosterRow, ...]
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


def read_rows(table: RosterTable, columns: RosterColumns, *, today: date, date_order: DateOrder | None = None) -> RosterReading:
    """Read every student. `date_order` is a person's answer; without it the column or its heading decides.

    Raises RosterError: no_name_column, no_students, too_many_rows.
    """
    if not columns.names_found:
        raise RosterError(FileCode.NO_NAME_COLUMN)
    readers = [RowReader(line, columns) for line in columns.student_lines(table)]
    readers = [reader for reader in readers if reader.says_something]
    if not readers:
        raise RosterError(FileCode.NO_STUDENTS)
    if len(readers) > MAX_ROWS:
        raise RosterError(FileCode.TOO_MANY_ROWS, limit=MAX_ROWS)
    order = date_order or _column_order(readers, columns)
    read = [reader.row(partial(read_birth_date, order=order, today=today)) for reader in readers]
    rows, problems = settle_repeats([row for row in read if row])
    problems += [problem for reader in readers for problem in reader.problems]
    return RosterReading(rows, tuple(sorted(problems, key=lambda problem: problem.line)), order)


def _column_order(readers: Iterable[RowReader], columns: RosterColumns) -> DateOrder | None:
    column = next((column for column, named in columns.fields.items() if named is RosterField.BIRTH_DATE), None)
    heading = columns.headings[column] if column is not None and column < len(columns.headings) else ""
    return column_order((reader.cells.get(RosterField.BIRTH_DATE, "") for reader in readers), heading)
