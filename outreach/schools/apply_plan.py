"""Writes a plan of changes to a school's people, in a few statements however many they are.

Joins the caller's transaction, never commits. The caller has locked the school, so what was planned still fits. A corrected
address points to another mailbox; a mailbox itself is never edited. The school is the boundary: guardians are found by mailbox
and name in it alone. One mailbox and one name are one guardian; two people who share a mailbox stay two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, tuple_, update

from outreach.class_lists import GuardianChange, ImportPlan, ListedGuardian, ListedStudent, StudentUpdate, akin, richer
from outreach.db import db, insert_in_order
from outreach.models import Consent, Guardian, Student, enrolment, guardianship
from outreach.notifications import lock_sessions_and_students, notify_addresses_changed
from outreach.people import mailboxes_of, name_key, noting_guardians
from outreach.registration import settle_seats_of

PLAIN_FIELDS = ("given_name", "family_name", "preferred_name", "number", "year_group", "birth_date")


@dataclass(frozen=True)
class Written:
    """What came of it: new students by id in the order of the plan, whose letters now go elsewhere, and who lost all guardians."""

    added: tuple[int, ...]
    readdressed: frozenset[int]
    lost_guardians: frozenset[int]


def write(
    plan: ImportPlan, *, school_id: int, class_id: int | None = None, removed: Collection[tuple[int, int]] = (), now: datetime
) -> Written:
    """Write what a plan adds and updates, and notify the people concerned.

    `class_id`: where new students and those who join go. `removed`: (student, guardian) pairs that end; a guardian
    without children is forgotten, and so is one the plan takes from their last child.
    """
    removed = [*removed, *((one.student_id, key) for one in plan.update for key in one.ended_guardians)]
    readdressed = _readdressed(plan, removed)
    concerned = readdressed | {one.student_id for one in plan.update if "birth_date" in one.changes}  # a minor's guardians are notified too
    if concerned:
        lock_sessions_and_students(concerned, now=now)
    mailboxes = mailboxes_of(set(_addresses(plan)))
    with noting_guardians(concerned, now=now) as lost:
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
        settle_seats_of(concerned, now=now)
    return Written(tuple(added), frozenset(readdressed), frozenset(lost))


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
        | {"school_id": school_id, "mailbox_id": mailboxes[row.email] if row.email else None}
        | {"needs": row.needs or "", "external_id": row.external_id}
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
    if class_id is not None:
        join_classes([(key, class_id) for key in student_ids])


def join_classes(pairs: Collection[tuple[int, int]]) -> None:
    """Put students into classes: (student, class). Who had left the school is back."""
    if not pairs:
        return
    db.session.execute(insert(enrolment), [{"student_id": student_id, "class_id": class_id} for student_id, class_id in pairs])
    back = update(Student).where(Student.id.in_({student_id for student_id, _class in pairs}), Student.left_on.is_not(None))
    db.session.execute(back.values(left_on=None).execution_options(synchronize_session=False))


@dataclass
class GuardianEntry:
    """One guardian as they will be; no id yet: to be inserted."""

    id: int | None
    name: str
    mailbox_id: int | None
    was: tuple[str, int | None] = ("", None)
    children: set[int] = field(default_factory=set)
    merged_into: GuardianEntry | None = None

    def may_be(self, name: str | None) -> bool:
        """Say whether somebody of this name at the same mailbox is this person."""
        return not name or not self.name or akin(name, self.name)


class GuardianBook:
    """Opened for the guardians with these ids or mailboxes, written in a few statements at the end."""

    def __init__(self, school_id: int, guardian_ids: Collection[int], mailboxes: Mapping[str, int]) -> None:
        """Read them, with their children."""
        self.school_id, self.mailboxes = school_id, mailboxes
        self.entries: dict[int, GuardianEntry] = {}
        self.made: list[GuardianEntry] = []
        self.links: list[tuple[int, GuardianEntry]] = []
        self._read(guardian_ids)

    def change(self, change: GuardianChange) -> None:
        """Take a new name or another mailbox; who is at that mailbox by the same name already becomes the same guardian."""
        entry = self.entries.get(change.guardian_id)
        if entry is None:
            return
        if "name" in change.changes:
            entry.name = str(change.changes["name"][1] or "")
        if "email" in change.changes:
            entry.mailbox_id = self._mailbox(change.changes["email"][1])
            for double in [other for other in self._at(entry.mailbox_id) if other is not entry and other.may_be(entry.name)]:
                if not double.children & entry.children:
                    self._merge(double, entry)

    def add(self, student_id: int, guardian: ListedGuardian) -> None:
        """Make somebody a guardian of a student: who the school has already, or somebody new."""
        mailbox_id = self._mailbox(guardian.email)
        free = [entry for entry in self._at(mailbox_id) if student_id not in entry.children and entry.may_be(guardian.name)]
        same_name = [entry for entry in free if guardian.name and name_key(entry.name) == name_key(guardian.name)]
        entry = next(iter(same_name + free), None)
        if entry is None:
            entry = GuardianEntry(None, guardian.name or "", mailbox_id)
            self.made.append(entry)
        elif guardian.name and (not entry.name or (entry in same_name and richer(guardian.name, entry.name))):
            entry.name = guardian.name
        entry.children.add(student_id)
        self.links.append((student_id, entry))

    def write(self) -> None:
        """Write everything down."""
        self._insert_new()
        known = [entry for entry in self.entries.values() if entry.merged_into is None]
        changed = [entry for entry in known if entry.was != (entry.name, entry.mailbox_id)]
        if changed:
            rows = [{"id": entry.id, "name": entry.name, "mailbox_id": entry.mailbox_id} for entry in changed]
            db.session.execute(update(Guardian), rows)
        if self.links:
            rows = [{"student_id": student_id, "guardian_id": _last(entry).id} for student_id, entry in self.links]
            db.session.execute(insert(guardianship), rows)
        self._drop_merged()

    def _read(self, guardian_ids: Collection[int]) -> None:
        rows = db.session.execute(
            select(Guardian.id, Guardian.name, Guardian.mailbox_id, guardianship.c.student_id)
            .outerjoin(guardianship, guardianship.c.guardian_id == Guardian.id)
            .where(Guardian.school_id == self.school_id)
            .where(or_(Guardian.id.in_(guardian_ids), Guardian.mailbox_id.in_(self.mailboxes.values())))
            .order_by(Guardian.id)
        )
        for key, name, mailbox_id, student_id in rows:
            entry = self.entries.setdefault(key, GuardianEntry(key, name, mailbox_id, (name, mailbox_id)))
            if student_id is not None:
                entry.children.add(student_id)

    def _mailbox(self, address: object) -> int | None:
        return self.mailboxes[str(address)] if address else None

    def _at(self, mailbox_id: int | None) -> list[GuardianEntry]:
        if mailbox_id is None:
            return []
        entries: Iterable[GuardianEntry] = [*self.entries.values(), *self.made]
        return [entry for entry in entries if entry.mailbox_id == mailbox_id and entry.merged_into is None]

    def _merge(self, double: GuardianEntry, into: GuardianEntry) -> None:
        double.merged_into = into
        self.links = [(student_id, _last(entry)) for student_id, entry in self.links]
        linked = {student_id for student_id, entry in self.links if entry is into}
        self.links += [(student_id, into) for student_id in double.children - linked]
        into.children |= double.children

    def _insert_new(self) -> None:
        new = [entry for entry in self.made if entry.merged_into is None]
        rows = [{"school_id": self.school_id, "name": entry.name, "mailbox_id": entry.mailbox_id} for entry in new]
        for entry, key in zip(new, insert_in_order(Guardian, rows), strict=True):
            entry.id = key

    def _drop_merged(self) -> None:
        by_heir: dict[int, list[int]] = defaultdict(list)
        for entry in self.entries.values():
            heir = _last(entry).id
            if entry.merged_into is not None and entry.id is not None and heir is not None:
                by_heir[heir].append(entry.id)
        for heir, gone in by_heir.items():
            db.session.execute(update(Consent).where(Consent.guardian_id.in_(gone)).values(guardian_id=heir))
            db.session.execute(delete(Guardian).where(Guardian.id.in_(gone)))


def _last(entry: GuardianEntry) -> GuardianEntry:
    while entry.merged_into is not None:
        entry = entry.merged_into
    return entry
