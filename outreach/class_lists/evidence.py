"""What speaks for and against a row and a known student being one person.

Pure.
"""

from __future__ import annotations

from outreach.class_lists.names import akin, name_key
from outreach.class_lists.people import RosterRow, number_key
from outreach.class_lists.plan import KnownStudent


def differ(row: RosterRow, student: KnownStudent) -> bool:
    """Say whether number, birth date or e-mail differ; what isn't known doesn't differ."""
    emails = row.email and student.email and row.email != student.email
    return bool(emails) or contradict(row, student)


def contradict(row: RosterRow, student: KnownStudent) -> bool:
    """Say whether number or birth date speak against this being one person."""
    return _numbers_differ(row, student) or _births_differ(row, student)


def are_two(row: RosterRow, student: KnownStudent) -> bool:
    """Say whether number and birth date both do: nobody needs to be asked."""
    return _numbers_differ(row, student) and _births_differ(row, student)


def _numbers_differ(row: RosterRow, student: KnownStudent) -> bool:
    return bool(row.number and student.number) and number_key(row.number or "") != number_key(student.number or "")


def _births_differ(row: RosterRow, student: KnownStudent) -> bool:
    return bool(row.birth_date and student.birth_date) and row.birth_date != student.birth_date


def may_be_renamed(row: RosterRow, student: KnownStudent) -> bool:
    """Say whether the same number can be the same student: schools hand numbers on, and lists count their rows."""
    same_birth = bool(row.birth_date) and row.birth_date == student.birth_date
    same_email = bool(row.email) and row.email == student.email
    words = [set(name_key(f"{person.given_name} {person.family_name}").split()) for person in (row, student)]
    return same_birth or same_email or words[0] == words[1] or akin(row.given_name, student.given_name)
