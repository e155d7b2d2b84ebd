"""Which rows of a list are students: teachers, parents, who left, test accounts, totals and page footers are not.

Pure. Columns for role, status and dates decide, and what the row itself says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from outreach.class_lists.dates import days_of
from outreach.class_lists.errors import ListField
from outreach.class_lists.headings.vocabulary import phrase_of, vocabulary, words_of

Cells = Mapping[ListField, str]

_SEVERAL = re.compile(r"[;,|/]")
_NAMES = (ListField.FULL_NAME, ListField.FULL_NAME_FAMILY_FIRST, ListField.GIVEN_NAME, ListField.FAMILY_NAME)
_SAID_BY = re.compile(r"[\d:=]")
_NEGATIVES = frozenset({"not", "nicht", "no", "non", "niet", "nie", "nao"})


class NotStudent(StrEnum):
    """Why a row is no student of this list."""

    STAFF = "staff"
    GUARDIAN = "guardian"
    OTHER_ROLE = "other_role"
    GONE = "gone"
    TEST_PERSON = "test_person"
    TOTAL = "total"
    FOOTER = "footer"


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A row left out: who or what it is, and the cell that says so."""

    line: int
    name: str
    reason: NotStudent
    value: str = ""


@dataclass(frozen=True, slots=True)
class Roles:
    """How the role column of one list is to be read: not at all where it names no role we know."""

    reads_roles: bool

    @classmethod
    def of(cls, rows: Iterable[Cells]) -> Roles:
        """Look at the whole column: "Prefect" and "Captain" are duties of students."""
        return cls(any(_role(row.get(ListField.ROLE, "")) for row in rows))

    def why_not(self, row: Cells, cells: Sequence[str], today: date) -> tuple[NotStudent, str] | None:
        """Say why a row is no student, and the cell that says so; None: it is one."""
        return _no_person(cells) or self._other_role(row) or _test_person(row) or _gone(row, today)

    def _other_role(self, row: Cells) -> tuple[NotStudent, str] | None:
        cell = row.get(ListField.ROLE, "")
        if not (cell and self.reads_roles):
            return None
        reason = _role(cell)
        return None if reason == "student" else (reason if isinstance(reason, NotStudent) else NotStudent.OTHER_ROLE, cell)


def unknown_status(row: Cells) -> str:
    """Give a status we can't read: its row stays, and a person is told."""
    cell = row.get(ListField.STATUS, "")
    return cell if cell and _is_gone(cell) is None else ""


def _role(cell: str) -> NotStudent | str | None:
    found = [_one_role(part) for part in _SEVERAL.split(cell)]
    others = [one for one in found if isinstance(one, NotStudent)]
    return next(iter(others), None) or next((one for one in found if one), None)


def _one_role(text: str) -> NotStudent | str | None:
    values, phrase = vocabulary().values, phrase_of(text)
    if phrase in values["student"]:
        return "student"
    if phrase in values["staff"]:
        return NotStudent.STAFF
    if phrase in values["guardian"]:
        return NotStudent.GUARDIAN
    words = set(phrase.split())
    kinds: tuple[tuple[str, NotStudent | str], ...] = (
        ("staff", NotStudent.STAFF),
        ("guardian", NotStudent.GUARDIAN),
        ("student", "student"),
    )
    return next((kind for key, kind in kinds if words & values[key]), None)


def _no_person(cells: Sequence[str]) -> tuple[NotStudent, str] | None:
    filled = [cell for cell in cells if cell]
    if not filled:
        return None
    first, values = filled[0], vocabulary().values
    others_are_figures = not any(any(map(str.isalpha, cell)) for cell in filled[1:])
    for reason, phrases in ((NotStudent.TOTAL, values["total"]), (NotStudent.FOOTER, values["footer"])):
        if _announces(first, phrases, others_are_figures=others_are_figures):
            return reason, first
    return None


def _announces(cell: str, phrases: Collection[str], *, others_are_figures: bool) -> bool:
    """Distinguish "Total: 24", "Page 1 of 2" and "End of list" from Mia Page and Page, Mia."""
    words = words_of(cell)
    begun = max((phrase for size in range(1, 5) if (phrase := " ".join(words[:size])) in phrases), key=len, default="")
    if not begun:
        return False
    if " " in begun and begun == " ".join(words):
        return True
    return others_are_figures and (begun == " ".join(words) or bool(_SAID_BY.search(cell)) or " " in begun)


def _test_person(row: Cells) -> tuple[NotStudent, str] | None:
    name = " ".join(filter(None, (row.get(field, "") for field in _NAMES)))
    words = tuple(sorted(word for word in words_of(name) if not word.isdigit()))
    return (NotStudent.TEST_PERSON, name) if words in _test_names() else None


@cache
def _test_names() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(sorted(phrase.split())) for phrase in vocabulary().values["test_person"])


def _gone(row: Cells, today: date) -> tuple[NotStudent, str] | None:
    tests: tuple[tuple[ListField, Callable[[str], bool]], ...] = (
        (ListField.STATUS, lambda cell: bool(_is_gone(cell))),
        (ListField.ENROLMENT_CODE, lambda cell: cell.lstrip("-").isdigit() and int(cell) > 0),
        (ListField.ACTIVE, says_no),
        (ListField.GONE, lambda cell: not says_no(cell) and _is_past(cell, today, otherwise=True)),
        (ListField.LEFT_ON, lambda cell: _is_past(cell, today, otherwise=False)),
    )
    for field, is_gone in tests:
        cell = row.get(field, "")
        if cell and is_gone(cell):
            return NotStudent.GONE, cell
    return None


def _is_past(cell: str, today: date, *, otherwise: bool) -> bool:
    days = days_of(cell)
    return all(day < today for day in days) if days else otherwise


def _is_gone(cell: str) -> bool | None:
    """Say whether a status means that somebody left; None where we don't know it. The longest phrase it begins with decides."""
    words = words_of(cell)
    values = vocabulary().values
    for size in range(min(len(words), 6), 0, -1):
        phrase = " ".join(words[:size])
        if phrase in values["gone"]:
            return True
        if phrase in values["here"]:
            return False
    negated = len(words) > 1 and words[0] in _NEGATIVES and " ".join(words[1:]) in values["here"]
    return True if negated or (words and words[0] in _NEGATIVES) else None


def says_no(cell: str) -> bool:
    """Say whether a cell begins with a no: "NO - court order"."""
    return _begins(cell, vocabulary().values["no"])


def is_plain_no(cell: str) -> bool:
    """Say whether a cell is a no and nothing more: "No contact order" is more."""
    return phrase_of(cell) in vocabulary().values["plain_no"]


def says_yes(cell: str) -> bool:
    """Say whether a cell begins with a yes."""
    return _begins(cell, vocabulary().values["yes"]) or cell.strip() in {"\u2713", "\u2714", "\u2611"}


def _begins(cell: str, phrases: Collection[str]) -> bool:
    words = words_of(cell)
    return any(" ".join(words[:size]) in phrases for size in range(min(len(words), 5), 0, -1))
