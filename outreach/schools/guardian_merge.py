"""The guardians of one school while a change is written: found by mailbox and name, changed, merged, or made.

Joins the caller's transaction, never commits. The school is the boundary: nobody is found in another one. In one
school, one mailbox and one name are one guardian; two people who share a mailbox stay two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, or_, select, update

from outreach.class_lists import GuardianChange, ListedGuardian, akin, name_key, richer
from outreach.db import db, insert_in_order
from outreach.models import Consent, Guardian, guardianship


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
