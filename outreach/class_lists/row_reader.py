"""The rows of a class list to students, with what is wrong beside each row that can't be read.

Pure. A row with an error gives no student. What is wrong with a guardian never drops the student.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import TypeVar

from outreach.class_lists.cells import read_email, read_name, read_number, read_prose, read_word
from outreach.class_lists.dates import DateOrder, column_order, read_birth_date
from outreach.class_lists.doubts import doubts_of
from outreach.class_lists.errors import CellTrouble, FileCode, ListError, ListField, Problem, ProblemCode
from outreach.class_lists.files.table import MAX_ROWS, ListLine, ListTable
from outreach.class_lists.guardian_cells import at_most_four, read_guardian_name, read_guardians
from outreach.class_lists.headings.columns import ListColumns
from outreach.class_lists.names import NameCuts, is_all_capitals
from outreach.class_lists.plan import ListedGuardian, ListedStudent
from outreach.class_lists.repeats import join_contacts, settle_repeats
from outreach.class_lists.roles import LeftRow, NotStudent, Roles, says_no, unknown_status

__all__ = ["DateOrder", "ListReading", "ListedGuardian", "ListedStudent", "Problem", "read_rows", "settle_repeats"]

T = TypeVar("T")
_SHOWN = 80
_WHOLE_NAMES = (ListField.FULL_NAME, ListField.FULL_NAME_FAMILY_FIRST)
_CONTACT_REMARKS = ("relationship", "priority", "may_contact", "no_contact")


@dataclass
class RowReader:
    """One line, and what is found wrong while it is read."""

    line: ListLine
    columns: ListColumns
    cuts: NameCuts = field(default_factory=NameCuts)
    cells: dict[ListField, str] = field(init=False)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        cells = self.line.cells
        self.cells = {}
        for column, named in self.columns.fields.items():
            if column < len(cells) and not (named in self.cells and (not cells[column] or says_no(cells[column]))):
                self.cells[named] = cells[column]

    @property
    def says_something(self) -> bool:
        """Some imported cell is filled: printed lists number empty rows too."""
        return any(self.cells.values())

    @property
    def whole_name(self) -> tuple[ListField, str] | None:
        """Give the full name and its field where no half is filled."""
        if self.cells.get(ListField.GIVEN_NAME) or self.cells.get(ListField.FAMILY_NAME):
            return None
        return next(((named, self.cells[named]) for named in _WHOLE_NAMES if self.cells.get(named)), None)

    def row(self, birth_date: Callable[[str], date]) -> ListedStudent | None:
        """Read all fields, so that all problems show at once; None if there is an error among them."""
        self._count_cells()
        given, family = self._names()
        guardians = read_guardians(self)
        status = unknown_status(self.cells)
        if status:
            self.complain(ProblemCode.UNKNOWN_STATUS, ListField.STATUS, status)
        class_name = self.take(ListField.CLASS_NAME, read_word)
        row = ListedStudent(
            self.line.line,
            given or "",
            family or "",
            number=self.take(ListField.NUMBER, read_number),
            email=self.take(ListField.EMAIL, read_email),
            year_group=self.take(ListField.YEAR_GROUP, read_word),
            birth_date=self.take(ListField.BIRTH_DATE, lambda cell: birth_date(word) if (word := read_word(cell)) else None),
            needs=self.take(ListField.NEEDS, read_prose),
            guardians=at_most_four(self, guardians.listed),
            preferred_name=self._preferred(given, family),
            class_names=(class_name,) if class_name else (),
            barred=guardians.barred,
            external_id=self.take(ListField.EXTERNAL_ID, read_word),
        )
        return row if all(problem.is_warning for problem in self.problems) else None

    def guardian(self) -> ListedGuardian | None:
        """Read a row that is a parent's own."""
        given, family = self._names()
        name = " ".join(filter(None, (given, family))) or None
        email = self.take(ListField.EMAIL, read_email)
        return ListedGuardian(name, email) if name or email else None

    def _count_cells(self) -> None:
        """Refuse cells beyond the headings: an unquoted comma has moved everything one column on."""
        headings = self.columns.headings
        beyond = [cell for cell in self.line.cells[len(headings) :] if cell]
        if self.columns.heading_line and beyond:
            self.complain(ProblemCode.TOO_MANY_CELLS, None, beyond[-1])

    def _names(self) -> tuple[str | None, str | None]:
        if self.columns.by_number:
            if not self.cells.get(ListField.NUMBER):
                self.complain(ProblemCode.MISSING_NUMBER, ListField.NUMBER, "")
            return None, None
        given = self.take(ListField.GIVEN_NAME, read_name)
        halves = (ListField.FAMILY_PREFIX, ListField.FAMILY_NAME, ListField.SECOND_FAMILY_NAME)
        family = " ".join(filter(None, [self.take(half, read_name) for half in halves])) or None
        whole = self.whole_name
        if whole and not (given or family):
            return self._split(whole[0])
        return self._one_or_both(given, family)

    def _one_or_both(self, given: str | None, family: str | None) -> tuple[str | None, str | None]:
        """Take one name for the given name, with a word about it; a row without any is no student."""
        if not (given and family) and all(problem.is_warning for problem in self.problems):
            name = given or family or ""
            self.complain(ProblemCode.ONE_NAME if name else ProblemCode.MISSING_NAME, ListField.FULL_NAME, name)
        return given or family, family if given else None

    def _split(self, named: ListField) -> tuple[str | None, str | None]:
        name = self.take(named, read_name)
        if not name:
            return self._one_or_both(None, None)
        given, family, certain = self.cuts.split(self.line.line, name, family_first=named is ListField.FULL_NAME_FAMILY_FIRST)
        if given and family and not certain:
            self.complain(ProblemCode.NAME_WAS_SPLIT, named, f"{given} | {family}")
        return self._one_or_both(given or None, family or None)

    def _preferred(self, given: str | None, family: str | None) -> str | None:
        """Give the first name a student goes by; None where it is no other: "Emma Carter" for Emma Carter."""
        name = self.take(ListField.PREFERRED_NAME, read_guardian_name)
        if name and family and name.casefold().endswith(f" {family}".casefold()):
            name = name[: -len(family) - 1].strip()
        return name if name and name.casefold() != (given or "").casefold() else None

    def take(self, named: ListField, read: Callable[[str], T]) -> T | None:
        """Read one cell; what is wrong with it becomes a problem."""
        cell = self.cells.get(named, "")
        if not cell:
            return None
        try:
            return read(cell)
        except CellTrouble as trouble:
            self.complain(trouble.code, named, cell)
            return None

    def complain(self, code: ProblemCode, named: ListField | None, value: str) -> None:
        """Keep a problem."""
        self.problems.append(Problem(self.line.line, named, code, value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "\u2026"))


@dataclass(frozen=True, slots=True)
class ListReading:
    """The students read, the rows left out, and all problems by row.

    `date_order` is how birth dates were read (None: nothing settled it); `is_assumed`: only the language of the headings says so.
    """

    rows: tuple[ListedStudent, ...]
    problems: tuple[Problem, ...]
    date_order: DateOrder | None
    is_assumed: bool = False
    left_rows: tuple[LeftRow, ...] = ()
    whole_names: Mapping[int, str] = field(default_factory=dict)  # row -> a full name whose parts a person may move
    family_first: bool = False  # where the heading of full names says so
    asks_names: bool = False

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems of rows that give no student."""
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems of rows that are good all the same."""
        return tuple(problem for problem in self.problems if problem.is_warning)

    @property
    def doubts(self) -> tuple[Problem, ...]:
        """Values that look wrong for their field: a person corrects or confirms them."""
        return tuple(problem for problem in self.problems if problem.is_doubt)

    @property
    def asks_date_order(self) -> bool:
        """A person must say whether 03/04 is in March or in April."""
        return any(problem.code is ProblemCode.AMBIGUOUS_DATE for problem in self.problems)

    @property
    def class_counts(self) -> Mapping[str, int]:
        """Count the students of each class the list names."""
        names = [name for row in self.rows for name in row.class_names]
        return {name: names.count(name) for name in dict.fromkeys(names)}


def read_rows(
    table: ListTable, columns: ListColumns, *, today: date, date_order: DateOrder | None = None, cuts: NameCuts | None = None
) -> ListReading:
    """Read every student. `date_order` and `cuts` are a person's answers; without them the column or its heading decides.

    Raises ListError: no_name_column, no_students, too_many_rows.
    """
    if not columns.names_found:
        raise ListError(FileCode.NO_NAME_COLUMN)
    readers = [RowReader(line, columns, cuts or NameCuts()) for line in columns.student_lines(table)]
    readers = [reader for reader in readers if reader.says_something]
    if not readers:
        raise ListError(FileCode.NO_STUDENTS)
    if len(readers) > MAX_ROWS:
        raise ListError(FileCode.TOO_MANY_ROWS, limit=MAX_ROWS)
    students, parents, left = _told_apart(readers, today)
    order, assumed = _order(students, columns, date_order)
    read = [reader.row(partial(read_birth_date, order=order, today=today)) for reader in students]
    found, strangers = _with_parents([row for row in read if row], students, parents)
    rows, problems = settle_repeats(join_contacts(found, by_name=_describes_contacts(columns)))
    problems += [problem for reader in students for problem in reader.problems]
    problems += doubts_of(rows)
    wholes = {reader.line.line: reader.whole_name[1] for reader in students if reader.whole_name and "," not in reader.whole_name[1]}
    return ListReading(
        rows,
        tuple(sorted(problems, key=lambda problem: problem.line)),
        order,
        is_assumed=assumed,
        left_rows=tuple(sorted([*left, *strangers], key=lambda one: one.line)),
        whole_names=wholes,
        family_first=ListField.FULL_NAME_FAMILY_FIRST in columns.fields.values(),
        asks_names=(cuts is None or cuts.order is None) and any(map(is_all_capitals, wholes.values())),
    )


def _told_apart(readers: Sequence[RowReader], today: date) -> tuple[list[RowReader], list[RowReader], list[LeftRow]]:
    """Tell students, parents with rows of their own, and everybody else apart."""
    roles = Roles.of(reader.cells for reader in readers)
    students, parents, left = [], [], []
    for reader in readers:
        why = roles.why_not(reader.cells, reader.line.cells, today)
        if why is None:
            students.append(reader)
        elif why[0] is NotStudent.GUARDIAN and reader.cells.get(ListField.EXTERNAL_ID):
            parents.append(reader)
        else:
            left.append(LeftRow(reader.line.line, _shown_name(reader), *why))
    return students, parents, left


def _shown_name(reader: RowReader) -> str:
    names = (ListField.GIVEN_NAME, ListField.FAMILY_NAME, *_WHOLE_NAMES)
    return " ".join(filter(None, (reader.cells.get(named) for named in names))) or next(filter(None, reader.line.cells), "")


def _with_parents(
    rows: Sequence[ListedStudent], students: Sequence[RowReader], parents: Sequence[RowReader]
) -> tuple[list[ListedStudent], list[LeftRow]]:
    """Give each student the parents whose rows point to them, or to whom theirs points; say who is nobody's."""
    wanted = {reader.line.line: _ids(reader) for reader in students}
    used: set[int] = set()
    found = []
    for row in rows:
        mine = [one for one in parents if one.cells[ListField.EXTERNAL_ID] in wanted[row.line] or row.external_id in _ids(one)]
        used |= {one.line.line for one in mine}
        guardians = [guardian for one in mine if (guardian := one.guardian())]
        found.append(replace(row, guardians=(*row.guardians, *guardians)) if guardians else row)
    left = [
        LeftRow(one.line.line, _shown_name(one), NotStudent.GUARDIAN, one.cells.get(ListField.ROLE, ""))
        for one in parents
        if one.line.line not in used
    ]
    return found, left


def _ids(reader: RowReader) -> set[str]:
    return {part.strip() for part in reader.cells.get(ListField.GUARDIAN_IDS, "").replace(";", ",").split(",") if part.strip()}


def _describes_contacts(columns: ListColumns) -> bool:
    return any(named.value.endswith(_CONTACT_REMARKS) for named in columns.fields.values())


def _order(readers: Iterable[RowReader], columns: ListColumns, chosen: DateOrder | None) -> tuple[DateOrder | None, bool]:
    """Say how dates are written, and whether only the language of the headings says so."""
    order = chosen or _column_order(readers, columns)
    languages = columns.languages
    has_dates = ListField.BIRTH_DATE in columns.fields.values()
    if order is None and has_dates and languages and all(language.day_first for language in languages):
        return DateOrder.DAY_FIRST, True
    return order, False


def _column_order(readers: Iterable[RowReader], columns: ListColumns) -> DateOrder | None:
    column = next((column for column, named in columns.fields.items() if named is ListField.BIRTH_DATE), None)
    heading = columns.headings[column] if column is not None and column < len(columns.headings) else ""
    return column_order((reader.cells.get(ListField.BIRTH_DATE, "") for reader in readers), heading)
