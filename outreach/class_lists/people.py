"""Who one row of a class list speaks of: a student and the student's guardians.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from outreach.class_lists.names import name_key


@dataclass(frozen=True, slots=True)
class RosterGuardian:
    """A guardian as a row names one; at least one of the two is there."""

    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One good row: None where the cell is empty. `line` is the row's number in the spreadsheet."""

    line: int
    given_name: str
    family_name: str
    number: str | None = None
    email: str | None = None
    year_group: str | None = None
    birth_date: date | None = None
    needs: str | None = None
    guardians: tuple[RosterGuardian, ...] = ()


def student_key(given_name: str, family_name: str) -> tuple[str, str]:
    """Give what two spellings of one student's name share."""
    return name_key(given_name), name_key(family_name)


def number_key(number: str) -> str:
    """Give what two spellings of one student number share: spreadsheets drop the zeros of 00123."""
    key = "".join(number.split()).casefold()
    return key.lstrip("0") or "0" if key.isdecimal() else key


def merged(guardians: Iterable[RosterGuardian]) -> tuple[RosterGuardian, ...]:
    """Make one of two entries for one guardian: the same address or name, and nothing that differs."""
    kept: list[RosterGuardian] = []
    for guardian in guardians:
        place = next((place for place, other in enumerate(kept) if _is_one_person(guardian, other)), None)
        if place is None:
            kept.append(guardian)
        else:
            kept[place] = RosterGuardian(kept[place].name or guardian.name, kept[place].email or guardian.email)
    return tuple(kept)


def _is_one_person(one: RosterGuardian, other: RosterGuardian) -> bool:
    same_name = bool(one.name and other.name) and name_key(one.name or "") == name_key(other.name or "")
    same_email = bool(one.email) and one.email == other.email
    if same_email:
        return same_name or not (one.name and other.name)
    return same_name and not (one.email and other.email)
