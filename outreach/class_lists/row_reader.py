"""One line of a class list to one student, with everything that is wrong in it.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from outreach.class_lists.cells import read_name, read_number, read_prose, read_word
from outreach.class_lists.csv_file import RosterLine
from outreach.class_lists.emails import read_email, read_emails
from outreach.class_lists.errors import MAX_GUARDIANS, CellTrouble, Problem, ProblemCode, RosterField, guardian_field
from outreach.class_lists.headings.columns import RosterColumns
from outreach.class_lists.names import split_full_name
from outreach.class_lists.people import RosterGuardian, RosterRow, merged

T = TypeVar("T")
_SHOWN = 80


@dataclass
class RowReader:
    """One line, and what is found wrong while it is read."""

    line: RosterLine
    columns: RosterColumns
    cells: dict[RosterField, str] = field(init=False)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        cells = self.line.cells
        self.cells = {named: cells[column] for column, named in self.columns.fields.items() if column < len(cells)}

    @property
    def says_something(self) -> bool:
        """Some imported cell is filled: printed lists number empty rows too."""
        return any(self.cells.values())

    def row(self, birth_date: Callable[[str], date]) -> RosterRow | None:
        """Read all fields, so that all problems show at once; None if there is an error among them."""
        self._count_cells()
        given, family = self._names()
        row = RosterRow(
            self.line.line,
            given or "",
            family or "",
            number=self._take(RosterField.NUMBER, read_number),
            email=self._take(RosterField.EMAIL, read_email),
            year_group=self._take(RosterField.YEAR_GROUP, read_word),
            birth_date=self._take(RosterField.BIRTH_DATE, lambda cell: birth_date(word) if (word := read_word(cell)) else None),
            needs=self._take(RosterField.NEEDS, read_prose),
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
        given = self._take(RosterField.GIVEN_NAME, read_name)
        families = [self._take(half, read_name) for half in (RosterField.FAMILY_NAME, RosterField.SECOND_FAMILY_NAME)]
        family = " ".join(filter(None, families)) or None
        whole = next((half for half in (RosterField.FULL_NAME, RosterField.FULL_NAME_FAMILY_FIRST) if self.cells.get(half)), None)
        if whole and not (given or family):
            given, family = self._split(whole)
        if not (given and family) and all(problem.is_warning for problem in self.problems):
            half = RosterField.FAMILY_NAME if given else RosterField.GIVEN_NAME if family else RosterField.FULL_NAME
            self._complain(ProblemCode.MISSING_NAME, half, given or family or "")
        return given, family

    def _split(self, whole: RosterField) -> tuple[str | None, str | None]:
        name = self._take(whole, read_name)
        if not name:
            return None, None
        given, family, certain = split_full_name(name, family_first=whole is RosterField.FULL_NAME_FAMILY_FIRST)
        if given and family and not certain:
            self._complain(ProblemCode.NAME_WAS_SPLIT, whole, f"{given} | {family}")
        return given or None, family or None

    def _guardians(self) -> tuple[RosterGuardian, ...]:
        found: list[RosterGuardian] = []
        for position in range(1, MAX_GUARDIANS + 1):
            parts = [self._take(guardian_field(position, part), read_name) for part in ("given_name", "name", "family_name")]
            name = " ".join(filter(None, parts)) or None
            emails: list[str | None] = [*(self._take(guardian_field(position, "email"), read_emails) or [])] or [None]
            found += [RosterGuardian(None if place else name, email) for place, email in enumerate(emails) if name or email]
        guardians = merged(found)
        if len(guardians) > MAX_GUARDIANS:
            self._complain(ProblemCode.TOO_MANY_GUARDIANS, None, str(len(guardians)))
        return guardians

    def _take(self, named: RosterField, read: Callable[[str], T]) -> T | None:
        cell = self.cells.get(named, "")
        if not cell:
            return None
        try:
            return read(cell)
        except CellTrouble as trouble:
            self._complain(trouble.code, named, cell)
            return None

    def _complain(self, code: ProblemCode, named: RosterField | None, value: str) -> None:
        self.problems.append(Problem(self.line.line, named, code, value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "\u2026"))
