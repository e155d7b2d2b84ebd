"""Values that look wrong for their field: taken, but a person is asked first.

Pure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from outreach.class_lists.errors import ListField, Problem, ProblemCode, guardian_field
from outreach.class_lists.names import has_odd_capital
from outreach.class_lists.plan import ListedStudent

_SYMBOLS = frozenset(
    "\u00bf\u00a1\u00a3\u00a4\u00a5\u00a6\u00a7\u00a8\u00a9\u00ac\u00ae\u00af\u00b0\u00b1\u00b2\u00b3\u00b6\u00b8\u00b9\u00bb\u00ab\u00bc\u00bd\u00be\u00d7\u00f7\u2020\u2021\u2026\u2030\u2122\u20ac?|~^<>{}[]\\$%#*"
)


def doubts_of(rows: Sequence[ListedStudent]) -> list[Problem]:
    """Give what a person should look at before these rows are imported."""
    parents = {guardian.email for row in rows for guardian in (*row.guardians, *row.barred) if guardian.email}
    return [doubt for row in rows for doubt in (*_names(row), *_address(row, parents))]


def _address(row: ListedStudent, parents: set[str]) -> Iterator[Problem]:
    if row.email and row.email in parents:
        yield Problem(row.line, ListField.EMAIL, ProblemCode.PARENTS_ADDRESS, row.email)


def _names(row: ListedStudent) -> Iterator[Problem]:
    names: Iterable[tuple[ListField, str | None]] = (
        (ListField.GIVEN_NAME, row.given_name),
        (ListField.FAMILY_NAME, row.family_name),
        (ListField.PREFERRED_NAME, row.preferred_name),
        *((guardian_field(place, "name"), guardian.name) for place, guardian in enumerate(row.guardians[:4], 1)),
    )
    for field, name in names:
        if name and any(map(str.isdigit, name)):
            yield Problem(row.line, field, ProblemCode.NAME_WITH_DIGIT, name)
        elif name and not belongs_together(name):
            yield Problem(row.line, field, ProblemCode.STRANGE_LETTERS, name)


def belongs_together(name: str) -> bool:
    """Say whether each word of a name has letters of one script, without signs and without capitals from a wrong code page."""
    return not _SYMBOLS & set(name) and all(_is_word(word) for word in name.split())


def _is_word(word: str) -> bool:
    letters = [sign for sign in word if sign.isalpha()]
    scripts = {unicodedata.name(sign, "?").split()[0] for sign in letters}
    mixed = len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1
    return not mixed and not has_odd_capital(word)
