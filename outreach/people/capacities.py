"""As whom a mailbox gets a letter, and what remains of the letter for what its readers still are.

Pure. A letter's snapshot says as whom it is read (`reader`) and which registrations it names; nothing else is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from outreach.models import Cause, Reader

LISTS = ("seated", "waiting", "gone", "stands_in_for", "offered")
_STAFF_LISTS = ("stands_in_for", "offered")
_ADULTS = (Reader.HOST, Reader.TEACHER, Reader.COORDINATOR)


@dataclass(frozen=True, kw_only=True)
class Relative:
    """Whose family reads at a mailbox. `is_student`: the student does, not only a guardian; `zone`: the school's."""

    given_name: str
    zone: str
    is_student: bool


@dataclass(frozen=True, kw_only=True)
class Capacities:
    """What the readers of one mailbox are now, as far as one letter asks; of adults only with an open account.

    `hosts`: the session. `teaches`: at a school that has students in it. `pupils`: the registrations named whose school they work at.
    `relatives`: those named whose student, or whose student's guardian, reads there. `guardian_name`: empty if unknown, or two share it.
    """

    hosts: bool = False
    teaches: bool = False
    coordinates: bool = False
    pupils: frozenset[int] = frozenset()
    relatives: Mapping[int, Relative] = field(default_factory=dict)
    guardian_name: str = ""


def named(facts: Mapping[str, Any]) -> Iterator[int]:
    """Give the registrations that a letter names."""
    return (student["registration_id"] for name in LISTS for student in facts.get(name) or ())


def remaining(facts: dict[str, Any], now: Capacities, *, names_as_staff: bool, takes_back: bool) -> dict[str, Any] | None:
    """Give the facts of a letter for what its readers still are; None: there is nobody left to read it.

    `names_as_staff`: its lists are those of the teacher or host who reads it, else mostly of their own family. `takes_back`: it cancels
    a calendar entry, so it goes even to who is nothing any more, without names.
    """
    reader = Reader(facts["reader"])
    has_part = _has_part(reader, now, stands_in=bool(facts.get("instead_of")))
    kept = {
        name: [
            one for one in facts.get(name) or () if _keeps(one, now, has_part=has_part, is_staffs=names_as_staff or name in _STAFF_LISTS)
        ]
        for name in LISTS
    }
    left = facts | {name: people for name, people in kept.items() if name in facts}
    if "schools" in facts:
        still = set(named(left))
        left["schools"] = [school for school in facts["schools"] if still & set(school["registration_ids"])]
    is_named, was_named = any(kept.values()), any(named(facts))
    has_lost_entry = bool(facts.get("entry") and facts.get("seated")) and not kept["seated"]
    if was_named and not is_named and facts.get("cause") != Cause.CANCELLED:
        left["reason"] = ""
    if names_as_staff:
        return left if has_part and (is_named or not was_named) else None
    if has_part:
        return left
    if is_named and (takes_back or not has_lost_entry):
        return _to_the_family(left, now)
    is_anybodys = reader not in _ADULTS and not was_named
    return left if takes_back or is_anybodys else None


def _has_part(reader: Reader, now: Capacities, *, stands_in: bool) -> bool:
    return {
        Reader.HOST: now.hosts or (stands_in and now.coordinates),
        Reader.TEACHER: now.teaches,
        Reader.COORDINATOR: now.coordinates,
    }.get(reader, False)


def _keeps(student: Mapping[str, Any], now: Capacities, *, has_part: bool, is_staffs: bool) -> bool:
    """A teacher's lists have family names, a host's the school, a family's only given names."""
    if student.get("school_name"):
        return has_part
    if is_staffs or student.get("family_name"):
        return student["registration_id"] in now.pupils
    return student["registration_id"] in now.relatives


def _to_the_family(facts: dict[str, Any], now: Capacities) -> dict[str, Any]:
    """Let the family read it as a family, if it was written to an adult's own part or to a student who no longer reads there."""
    about = next((facts[name] for name in ("seated", "waiting", "gone") if facts.get(name)), ())
    theirs = [now.relatives[one["registration_id"]] for one in about if one["registration_id"] in now.relatives]
    students = {one.given_name for one in theirs if one.is_student}
    reader = Reader.STUDENT if students else Reader.GUARDIAN
    if not theirs or facts["reader"] in (reader, Reader.GUARDIAN):
        return facts
    name = (students.pop() if len(students) == 1 else "") if students else now.guardian_name
    entry = facts.get("entry")
    if entry:
        is_held = all(student.get("is_held") for student in facts.get("seated") or ()) and bool(facts.get("seated"))
        entry = entry | {"is_transparent": reader is Reader.GUARDIAN, "is_held": is_held}
    return facts | {"reader": reader.value, "reader_name": name, "reader_zone": theirs[0].zone, "entry": entry}
