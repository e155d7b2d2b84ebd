"""What an import would do, row by row: add, update, leave, ask; and the student and guardians each row is about.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from outreach.people import name_key


@dataclass(frozen=True, slots=True)
class ListedGuardian:
    """A guardian as a row names one; at least one of the two is there."""

    name: str | None = None
    email: str | None = None
    relationship: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ListedStudent:
    """One good row: None where the cell is empty. `line` is the row's number in the spreadsheet.

    `barred` are people the list says must not be contacted. A list of numbers alone gives rows without names.
    """

    line: int
    given_name: str
    family_name: str
    number: str | None = None
    email: str | None = None
    year_group: str | None = None
    birth_date: date | None = None
    needs: str | None = None
    guardians: tuple[ListedGuardian, ...] = ()
    preferred_name: str | None = None
    class_names: tuple[str, ...] = ()
    barred: tuple[ListedGuardian, ...] = ()
    external_id: str | None = None


def student_key(given_name: str, family_name: str) -> tuple[str, str]:
    """Give what two spellings of one student's name share."""
    return name_key(given_name), name_key(family_name)


def number_key(number: str) -> str:
    """Give what two spellings of one student number share: spreadsheets drop the zeros of 00123."""
    key = "".join(number.split()).casefold()
    return key.lstrip("0") or "0" if key.isdecimal() else key


def merged(guardians: Iterable[ListedGuardian]) -> tuple[ListedGuardian, ...]:
    """Make one of two entries for one guardian: the same address or name, and nothing that differs."""
    kept: list[ListedGuardian] = []
    for guardian in guardians:
        index = next((index for index, other in enumerate(kept) if _is_one_person(guardian, other)), None)
        if index is None:
            kept.append(guardian)
        else:
            other = kept[index]
            relationship = other.relationship or guardian.relationship
            kept[index] = ListedGuardian(other.name or guardian.name, other.email or guardian.email, relationship)
    return tuple(kept)


def _is_one_person(one: ListedGuardian, other: ListedGuardian) -> bool:
    same_name = bool(one.name and other.name) and name_key(one.name or "") == name_key(other.name or "")
    same_email = bool(one.email) and one.email == other.email
    if same_email:
        return same_name or not (one.name and other.name)
    return same_name and not (one.email and other.email)


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
    preferred_name: str | None = None
    left_on: date | None = None
    class_ids: frozenset[int] = frozenset()
    guardians: tuple[KnownGuardian, ...] = ()


class AskReason(StrEnum):
    """Why a person must say who a row is."""

    NUMBER_OF_ANOTHER = "number_of_another"
    SEVERAL_STUDENTS = "several_students"
    SEVERAL_ROWS = "several_rows"
    SAME_NAME = "same_name"
    OTHER_CLASS = "other_class"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class GuardianChange:
    """What a list changes of a known guardian: name and e-mail."""

    guardian_id: int
    changes: Changes


@dataclass(frozen=True, slots=True)
class StudentUpdate:
    """A known student: what changes, whether they come into the class, guardians new to them, changed, and no longer theirs."""

    row: ListedStudent
    student_id: int
    changes: Changes
    joins_class: bool
    new_guardians: tuple[ListedGuardian, ...] = ()
    guardian_changes: tuple[GuardianChange, ...] = ()
    ended_guardians: tuple[int, ...] = ()

    @property
    def says_something_new(self) -> bool:
        """There is something to write."""
        return bool(self.changes or self.joins_class or self.new_guardians or self.guardian_changes or self.ended_guardians)


@dataclass(frozen=True, slots=True)
class ImportQuestion:
    """A row that may be any of the candidates, or nobody we know (unless their number forbids it)."""

    row: ListedStudent
    candidates: tuple[int, ...]
    reason: AskReason

    @property
    def may_be_new(self) -> bool:
        """A number is unique in its school."""
        return self.reason is not AskReason.NUMBER_OF_ANOTHER


@dataclass(frozen=True, slots=True)
class NameDispute:
    """Rows of siblings with different names or e-mails for one guardian: nothing is changed."""

    guardian_id: int
    field: str
    lines: tuple[int, ...]
    values: tuple[str, ...]
