"""One child who is known at two schools: schools share no records, so it is worked out, and cautiously.

Reads only. The same child has the same name (`name_key`) and birth date at both, and an address in common: their own, or a
guardian's. Where anything of this isn't known, they are two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, select

from outreach.db import db
from outreach.folding import name_key
from outreach.models import ACTIVE, Registration, Student
from outreach.people.queries import contacts_of_students


def registered_elsewhere(session_id: int, student_ids: Collection[int]) -> set[int]:
    """Give those of these students whom another school has registered for a session: they have a seat there, or wait."""
    these = _students(Student.id.in_(student_ids), Student.birth_date.is_not(None))
    if not these:
        return set()
    active = select(Registration.student_id).where(Registration.session_id == session_id, Registration.state.in_(ACTIVE))
    born = Student.birth_date.in_({student.birth_date for student in these})
    there = _students(Student.id.in_(active), born, Student.school_id.not_in({student.school_id for student in these}))
    addresses = _addresses({student.id for student in (*these, *there)}) if there else {}
    return {one.id for one in these if any(_is_same(one, other) and addresses[one.id] & addresses[other.id] for other in there)}


def _students(*which: ColumnElement[bool]) -> list[Student]:
    return list(db.session.scalars(select(Student).where(*which).execution_options(populate_existing=True)))


def _is_same(one: Student, other: Student) -> bool:
    return one.birth_date == other.birth_date and name_key(one.name) == name_key(other.name)


def _addresses(student_ids: Collection[int]) -> dict[int, set[int]]:
    """Give by student the mailboxes of their own and of their guardians."""
    pair = contacts_of_students().subquery().c
    found: dict[int, set[int]] = defaultdict(set)
    for student_id, mailbox_id in db.session.execute(select(pair.student_id, pair.mailbox_id).where(pair.student_id.in_(student_ids))):
        found[student_id] |= {mailbox_id} - {None}
    return found
