"""What an import would do, row by row: add, update, leave, ask.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from outreach.class_lists.people import RosterGuardian, RosterRow

Value = str | date | None
Changes = Mapping[str, tuple[Value, Value]]  # field -> (old, new)


@dataclass(frozen=True, slots=True)
class KnownGuardian:
    """A guardian the school has."""

    id: int
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class KnownStudent:
    """A student the school has; empty text and None mean the same: not known."""

    id: int
    given_name: str
    family_name: str
    number: str | None = None
    email: str | None = None
    year_group: str | None = None
    birth_date: date | None = None
    needs: str | None = None
    class_ids: frozenset[int] = frozenset()
    guardians: tuple[KnownGuardian, ...] = ()


class AskReason(StrEnum):
    """Why a person must say who a row is."""

    NUMBER_OF_ANOTHER = "number_of_another"
    SEVERAL_STUDENTS = "several_students"
    SEVERAL_ROWS = "several_rows"
    SAME_NAME = "same_name"
    OTHER_CLASS = "other_class"


@dataclass(frozen=True, slots=True)
class GuardianChange:
    """A known guardian is told differently: changes of name and email."""

    guardian_id: int
    changes: Changes


@dataclass(frozen=True, slots=True)
class StudentUpdate:
    """A known student: what changes, whether they come into the class, guardians new to them and changed."""

    row: RosterRow
    student_id: int
    changes: Changes
    joins_class: bool
    new_guardians: tuple[RosterGuardian, ...] = ()
    guardian_changes: tuple[GuardianChange, ...] = ()

    @property
    def says_something_new(self) -> bool:
        """There is something to write."""
        return bool(self.changes or self.joins_class or self.new_guardians or self.guardian_changes)


@dataclass(frozen=True, slots=True)
class Question:
    """A row that may be any of the candidates, or nobody we know (unless their number forbids it)."""

    row: RosterRow
    candidates: tuple[int, ...]
    reason: AskReason

    @property
    def may_be_new(self) -> bool:
        """A number is unique in its school."""
        return self.reason is not AskReason.NUMBER_OF_ANOTHER


@dataclass(frozen=True, slots=True)
class Dispute:
    """Rows of siblings that tell one guardian's name or e-mail differently: nothing is changed."""

    guardian_id: int
    field: str
    lines: tuple[int, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """The whole import, each part in the order of the rows; `absent` are students of the class in no row: they stay."""

    add: tuple[RosterRow, ...]
    update: tuple[StudentUpdate, ...]
    unchanged: tuple[StudentUpdate, ...]
    ask: tuple[Question, ...]
    disputes: tuple[Dispute, ...]
    absent: tuple[int, ...]
