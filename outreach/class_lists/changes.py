"""What a row says about a known student that the school doesn't have yet.

Pure. An empty cell says nothing: it erases nothing. A name that differs only in case, accents or hyphens
changes only if the new spelling says more (José for Jose, Maria for MARIA, never back).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from outreach.class_lists.names import akin, name_key, richer
from outreach.class_lists.people import RosterGuardian, RosterRow, number_key
from outreach.class_lists.plan import Changes, KnownGuardian, KnownStudent, Value

Pair = tuple[RosterGuardian, KnownGuardian | None]


def student_changes(row: RosterRow, student: KnownStudent) -> Changes:
    """Give field -> (old, new) for what the row tells differently."""
    changes: dict[str, tuple[Value, Value]] = {}
    for field in ("given_name", "family_name"):
        old, new = getattr(student, field), getattr(row, field)
        if name_differs(old, new):
            changes[field] = (old, new)
    if row.number and (not student.number or number_key(row.number) != number_key(student.number)):
        changes["number"] = (student.number, row.number)
    for field in ("email", "year_group", "birth_date", "needs"):
        old, new = getattr(student, field) or None, getattr(row, field)
        if new is not None and new != old:
            changes[field] = (old, new)
    return changes


def name_differs(old: str | None, new: str) -> bool:
    """Say whether a name is another one, or the same better spelled."""
    return not old or name_key(old) != name_key(new) or richer(new, old)


def pair_guardians(stated: Sequence[RosterGuardian], known: Sequence[KnownGuardian]) -> list[Pair]:
    """Find each guardian a row names among those the student has; None for one who is new to the student.

    By address and name, by address, then by name: then the address is a correction.
    """
    paired: dict[int, KnownGuardian] = {}
    free = list(known)
    for fits in (_same, _same_mailbox, _same_spelling, _same_name):
        for place, guardian in enumerate(stated):
            match = next((other for other in free if fits(guardian, other)), None) if place not in paired else None
            if match:
                paired[place] = match
                free.remove(match)
    return [(guardian, paired.get(place)) for place, guardian in enumerate(stated)]


def best_name(names: Iterable[str]) -> str:
    """Give the richest of several spellings of one name."""
    best = ""
    for name in sorted(names):
        if not best or richer(name, best):
            best = name
    return best


def _same(one: RosterGuardian, other: KnownGuardian) -> bool:
    return bool(one.email) and one.email == other.email and _same_name(one, other)


def _same_mailbox(one: RosterGuardian, other: KnownGuardian) -> bool:
    """Two people may share an address: only a name that is missing or nearly the same is that person's."""
    return bool(one.email) and one.email == other.email and (not one.name or not other.name or akin(one.name, other.name))


def _same_spelling(one: RosterGuardian, other: KnownGuardian) -> bool:
    return bool(one.name) and one.name == other.name


def _same_name(one: RosterGuardian, other: KnownGuardian) -> bool:
    return bool(one.name and other.name) and name_key(one.name or "") == name_key(other.name or "")
