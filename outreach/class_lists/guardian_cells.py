"""The guardians one row names, and those it says must not be contacted.

Pure. What can't be read of one guardian is said, and leaves the others and the student as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from outreach.class_lists.cells import on_one_line, read_emails, read_name, read_word
from outreach.class_lists.errors import MAX_GUARDIANS, ListField, ProblemCode, guardian_field
from outreach.class_lists.plan import ListedGuardian, merged
from outreach.class_lists.roles import is_plain_no, says_yes

T = TypeVar("T")
_FIGURE = re.compile(r"\d+")
_LAST = 99


class Taking(Protocol):
    """What reads one cell, and keeps what is wrong with it."""

    def take(self, named: ListField, read: Callable[[str], T]) -> T | None:
        """Read one cell, None if it is empty or can't be read."""

    def complain(self, code: ProblemCode, named: ListField | None, value: str) -> None:
        """Keep a problem."""


@dataclass(frozen=True, slots=True)
class Guardians:
    """Those to tell, in the order of the list's priorities, and those barred."""

    listed: tuple[ListedGuardian, ...]
    barred: tuple[ListedGuardian, ...]


def read_guardians(reader: Taking) -> Guardians:
    """Read up to four guardians of a row; more than four addresses or names are left out and named."""
    ranked: list[tuple[int, ListedGuardian]] = []
    barred: list[ListedGuardian] = []
    for position in range(1, MAX_GUARDIANS + 1):
        found = _one(reader, position)
        if found and _is_barred(reader, position):
            barred += found
        else:
            ranked += [(_priority(reader, position), guardian) for guardian in found]
    listed = merged(guardian for _rank, guardian in sorted(ranked, key=lambda pair: pair[0]))
    listed = tuple(guardian for guardian in listed if not any(_is_same(guardian, other) for other in barred))
    return Guardians(listed, merged(barred))


def at_most_four(reader: Taking, guardians: tuple[ListedGuardian, ...]) -> tuple[ListedGuardian, ...]:
    """Keep the first four, and name the others."""
    beyond = guardians[MAX_GUARDIANS:]
    if beyond:
        reader.complain(ProblemCode.TOO_MANY_GUARDIANS, None, ", ".join(one.name or one.email or "" for one in beyond))
    return guardians[:MAX_GUARDIANS]


def _one(reader: Taking, position: int) -> list[ListedGuardian]:
    parts = ("given_name", "name", "family_prefix", "family_name", "second_family_name")
    names = [reader.take(guardian_field(position, part), read_guardian_name) for part in parts]
    name = " ".join(part for part in names if part) or None
    relationship = reader.take(guardian_field(position, "relationship"), read_word)
    emails: list[str | None] = [*(reader.take(guardian_field(position, "email"), read_emails) or [])] or [None]
    return [ListedGuardian(None if index else name, email, relationship) for index, email in enumerate(emails) if name or email]


def read_guardian_name(cell: str) -> str | None:
    """Give a name on one line, with the given name first: 'Lopez, Maria' is Maria Lopez. Raises CellTrouble."""
    family, comma, given = (part.strip() for part in on_one_line(cell).partition(","))
    return read_name(f"{given} {family}" if comma and given and "," not in given else cell.strip(", ") if comma else cell)


def _is_barred(reader: Taking, position: int) -> bool:
    """A no where contact is allowed, anything but a no where it is forbidden; words we don't know count as a no."""
    may = reader.take(guardian_field(position, "may_contact"), read_said)
    must_not = reader.take(guardian_field(position, "no_contact"), read_said)
    return bool(may and not says_yes(may)) or bool(must_not and not is_plain_no(must_not))


def read_said(cell: str) -> str | None:
    """Give a cell as it is: here "no" and "x" say something."""
    return cell.strip(" -\u2013\u2014") or None


def _priority(reader: Taking, position: int) -> int:
    said = reader.take(guardian_field(position, "priority"), read_word)
    figure = _FIGURE.search(said or "")
    return int(figure[0]) if figure else _LAST


def _is_same(one: ListedGuardian, other: ListedGuardian) -> bool:
    return len(merged([one, other])) == 1 or (bool(one.email) and one.email == other.email)
