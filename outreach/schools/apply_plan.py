"""Writes a plan of changes to a school's people, in a few statements however many they are.

Joins the caller's transaction, never commits. The caller has locked the school, so what was planned still fits. A
corrected address points to another mailbox; a mailbox itself is never edited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, tuple_, update

from outreach.class_lists import ImportPlan, ListedStudent, StudentUpdate
from outreach.db import db, insert_in_order
from outreach.models import Guardian, Student, enrolment, guardianship
from outreach.notifications import lock_sessions_and_students, notify_addresses_changed
from outreach.people import mailboxes_of
from outreach.schools.guardian_merge import GuardianBook

PLAIN_FIELDS = ("given_name", "family_name", "number", "year_group", "birth_date")


@dataclass(frozen=True)
class Written:
    """What came of it: the new students' ids in the order of the plan, and everybody whose letters now go elsewhere."""

    added: tuple[int, ...]
    readdressed: frozenset[int]


def write(
    plan: ImportPlan, *, school_id: int, class_id: int | None = None, removed: Collection[tuple[int, int]] = (), now: datetime
) -> Written:
    """Write what a plan adds and updates, and notify the people concerned.

    `class_id`: where new students and those who join go. `removed`: (student, guardian) pairs that end; a guardian
    without children is forgotten.
    """
    readdressed = _readdressed(plan, removed)
    concerned = readdressed | {one.student_id for one in plan.update if "birth_date" in one.changes}  # a minor's guardians are notified too
    if concerned:
        lock_sessions_and_students(concerned, now=now)
    mailboxes = mailboxes_of(set(_addresses(plan)))
    _end_guardianships(removed)
    changed = {change.guardian_id for one in plan.update for change in one.guardian_changes}
    book = GuardianBook(school_id, changed, mailboxes)
    added = _add(plan.add, school_id, mailboxes)
    _update(plan.update, mailboxes)
    _fill_in(book, plan, added)
    book.write()
    _enrol(class_id, [*added, *(one.student_id for one in plan.update if one.joins_class)])
    if concerned:
        notify_addresses_changed(concerned, now=now)
    return Written(tuple(added), frozenset(readdressed))


def _readdressed(plan: ImportPlan, removed: Collection[tuple[int, int]]) -> set[int]:
    """Give the students whose own or whose guardians' addresses change, siblings included."""
    students = {student_id for student_id, _guardian in removed}
    guardians = set()
    for one in plan.update:
        guardians |= {change.guardian_id for change in one.guardian_changes if "email" in change.changes}
        if "email" in one.changes or any(guardian.email for guardian in one.new_guardians):
            students.add(one.student_id)
    if guardians:
        children = select(guardianship.c.student_id).where(guardianship.c.guardian_id.in_(guardians))
        students |= set(db.session.scalars(children))
    return students


def _addresses(plan: ImportPlan) -> Iterator[str]:
    stated: list[object] = []
    for row in plan.add:
        stated += [row.email, *(guardian.email for guardian in row.guardians)]
    for one in plan.update:
        stated += [one.changes["email"][1] if "email" in one.changes else None]
        stated += [guardian.email for guardian in one.new_guardians]
        stated += [change.changes["email"][1] for change in one.guardian_changes if "email" in change.changes]
    return (str(address) for address in stated if address)


def _end_guardianships(removed: Collection[tuple[int, int]]) -> None:
    if not removed:
        return
    pair = tuple_(guardianship.c.student_id, guardianship.c.guardian_id)
    db.session.execute(delete(guardianship).where(pair.in_(list(removed))))
    forget_childless({guardian for _student, guardian in removed})


def forget_childless(guardian_ids: Collection[int]) -> None:
    """Delete guardians who have no children here any more."""
    has_children = select(guardianship.c.guardian_id).where(guardianship.c.guardian_id == Guardian.id).exists()
    db.session.execute(delete(Guardian).where(Guardian.id.in_(guardian_ids), ~has_children).execution_options(synchronize_session=False))


def _add(rows: tuple[ListedStudent, ...], school_id: int, mailboxes: Mapping[str, int]) -> list[int]:
    values = [
        {field: getattr(row, field) for field in PLAIN_FIELDS}
        | {"school_id": school_id, "mailbox_id": mailboxes[row.email] if row.email else None, "needs": row.needs or ""}
        for row in rows
    ]
    return insert_in_order(Student, values)


def _update(updates: tuple[StudentUpdate, ...], mailboxes: Mapping[str, int]) -> None:
    """Write changes, those of the same fields together."""
    alike: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
    for one in updates:
        if one.changes:
            alike[frozenset(one.changes)].append({"id": one.student_id} | _columns(one, mailboxes))
    for rows in alike.values():
        db.session.execute(update(Student), rows)


def _columns(one: StudentUpdate, mailboxes: Mapping[str, int]) -> dict[str, Any]:
    new: dict[str, Any] = {field: value for field, (_old, value) in one.changes.items()}
    if "email" in new:
        address = new.pop("email")
        new["mailbox_id"] = mailboxes[address] if address else None
    if "needs" in new:
        new["needs"] = new["needs"] or ""
    return new


def _fill_in(book: GuardianBook, plan: ImportPlan, added: list[int]) -> None:
    changes = {change.guardian_id: change for one in plan.update for change in one.guardian_changes}
    for change in changes.values():
        book.change(change)
    for one in plan.update:
        for guardian in one.new_guardians:
            book.add(one.student_id, guardian)
    for student_id, row in zip(added, plan.add, strict=True):
        for guardian in row.guardians:
            book.add(student_id, guardian)


def _enrol(class_id: int | None, student_ids: list[int]) -> None:
    if class_id is not None and student_ids:
        db.session.execute(insert(enrolment), [{"class_id": class_id, "student_id": key} for key in student_ids])
