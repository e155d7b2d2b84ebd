"""Which columns speak of which guardian: "Parent 1", "Mother", "Tuteur légal" become guardians 1 to 4.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableSequence, Sequence
from dataclasses import replace

from outreach.class_lists.errors import MAX_GUARDIANS, RosterField, guardian_field
from outreach.class_lists.headings.guess import Meaning

_Person = tuple[str, str, int]  # kind, number as written, and which of several headings that read alike


def with_guardians(meanings: MutableSequence[Meaning | None]) -> dict[int, RosterField]:
    """Give the guardians' columns; a bare "E-mail" right of a guardian's name is marked as theirs in `meanings`."""
    _hand_over_emails(meanings)
    people = _people(meanings)
    positions = _positions(list(people.values()))
    fields = {}
    for column, person in people.items():
        meaning = meanings[column]
        if meaning and person in positions:
            fields[column] = guardian_field(positions[person], meaning.part)
    return fields


def _hand_over_emails(meanings: MutableSequence[Meaning | None]) -> None:
    written_to = {meaning.guardian for meaning in meanings if meaning and meaning.guardian and meaning.part == "email"}
    for column in range(1, len(meanings)):
        before, here = meanings[column - 1], meanings[column]
        if before and before.guardian and before.guardian not in written_to and here == Meaning("email"):
            meanings[column] = replace(here, guardian=before.guardian)


def _people(meanings: Sequence[Meaning | None]) -> dict[int, _Person]:
    """Tell people apart: a second "Parent e-mail" belongs to a second parent."""
    seen: Counter[Meaning] = Counter()
    people = {}
    for column, meaning in enumerate(meanings):
        if meaning and meaning.guardian:
            people[column] = (*meaning.guardian, seen[meaning])
            seen[meaning] += 1
    return people


def _positions(people: Sequence[_Person]) -> dict[_Person, int]:
    """Number them: "Guardian 2" is the second wherever it stands, the others take what is free from left to right."""
    positions: dict[_Person, int] = {}
    for person in people:
        kind, number, again = person
        if kind == "guardian" and number and not again:
            positions[person] = int(number)
    free = [position for position in range(1, MAX_GUARDIANS + 1) if position not in positions.values()]
    for person in people:
        if person not in positions and free:
            positions[person] = free.pop(0)
    return positions
