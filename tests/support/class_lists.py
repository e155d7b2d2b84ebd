"""Reading a class list in a test: rows of text in, students and problems out."""

from __future__ import annotations

from datetime import date
from typing import Any

from outreach.class_lists.files.csv_file import read_table
from outreach.class_lists.headings.columns import guess_columns
from outreach.class_lists.plan import KnownStudent, ListedStudent
from outreach.class_lists.row_reader import DateOrder, ListReading, read_rows

TODAY = date(2027, 3, 1)
CLASS = 1


def read(*rows: str, date_order: DateOrder | None = None) -> ListReading:
    """Read rows that begin with headings."""
    table = read_table("\n".join(rows).encode())
    return read_rows(table, guess_columns(table), today=TODAY, date_order=date_order)


def codes(reading: ListReading) -> list[tuple[int, str]]:
    """List (row, code) of all problems."""
    return [(problem.line, problem.code.value) for problem in reading.problems]


def one(heading: str, cell: str) -> ListReading:
    """Read one student with one cell of interest."""
    quoted = cell.replace('"', '""')
    return read(f"First name;Surname;{heading};Grade", f'Maria;Garcia;"{quoted}";9')


def row(line: int = 2, given: str = "Maria", family: str = "Garcia", **facts: Any) -> ListedStudent:
    """Give a student as a row of a list has them."""
    return ListedStudent(line, given, family, **facts)


def student(
    key: int = 7, given: str = "Maria", family: str = "Garcia", *, classes: tuple[int, ...] = (CLASS,), **facts: Any
) -> KnownStudent:
    """Give a student as the school knows them, in this class."""
    return KnownStudent(key, given, family, class_ids=frozenset(classes), **facts)
