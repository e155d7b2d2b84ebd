"""What undoing an import does to each student: back to before, as far as nobody has changed it since.

Pure.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields

from outreach.class_lists import GuardianChange, KnownGuardian, KnownStudent, ListedGuardian, ListedStudent, StudentUpdate, Value

_APART = {"id", "class_ids", "guardians"}
_FIELDS = tuple(one.name for one in fields(KnownStudent) if one.name not in _APART)
_OF_GUARDIANS = tuple(one.name for one in fields(KnownGuardian) if one.name != "id")


class KeptBecause(enum.StrEnum):
    """Why something an import did stays."""

    NOTHING = ""
    CHANGED = "changed"
    REGISTERED = "registered"
    GONE = "gone"


@dataclass(frozen=True)
class UndoneStudent:
    """One student: removed, or put back. `ends`: guardians who leave; `leaves`, `joins`: classes; `kept`: why not all of it."""

    student_id: int
    is_removed: bool = False
    update: StudentUpdate | None = None
    ends: frozenset[int] = frozenset()
    leaves: frozenset[int] = frozenset()
    joins: frozenset[int] = frozenset()
    kept: KeptBecause = KeptBecause.NOTHING

    @property
    def does_something(self) -> bool:
        """There is something to write."""
        return self.is_removed or bool((self.update and self.update.says_something_new) or self.ends or self.leaves or self.joins)


def undo_of(before: KnownStudent | None, after: KnownStudent, now: KnownStudent | None, *, was_registered: bool) -> UndoneStudent:
    """Say how to take back what an import made of a student: `before` None means that it added them."""
    if now is None:
        return UndoneStudent(after.id, kept=KeptBecause.GONE)
    if before is None:
        if was_registered:
            return UndoneStudent(after.id, kept=KeptBecause.REGISTERED)
        return UndoneStudent(after.id, is_removed=now == after, kept=KeptBecause.NOTHING if now == after else KeptBecause.CHANGED)
    return _put_back(before, after, now)


def _put_back(before: KnownStudent, after: KnownStudent, now: KnownStudent) -> UndoneStudent:
    changes, kept = _reverted(before, after, now, _FIELDS)
    old, new, current = (_by_id(one) for one in (before, after, now))
    guardian_changes = []
    for key in old.keys() & new.keys() & current.keys():
        back, keeps = _reverted(old[key], new[key], current[key], _OF_GUARDIANS)
        kept = kept or keeps
        if back:
            guardian_changes.append(GuardianChange(key, back))
    came = (new.keys() - old.keys()) & current.keys()
    ends = frozenset(key for key in came if current[key] == new[key])
    gone = [old[key] for key in old.keys() - new.keys() - current.keys()]
    update = StudentUpdate(
        ListedStudent(0, now.given_name, now.family_name),
        now.id,
        changes=changes,
        joins_class=False,
        new_guardians=tuple(ListedGuardian(one.name, one.email) for one in gone),
        guardian_changes=tuple(guardian_changes),
    )
    is_kept = kept or ends != came
    return UndoneStudent(
        now.id,
        update=update if update.says_something_new else None,
        ends=ends,
        leaves=(after.class_ids - before.class_ids) & now.class_ids,
        joins=before.class_ids - after.class_ids - now.class_ids,
        kept=KeptBecause.CHANGED if is_kept else KeptBecause.NOTHING,
    )


def _by_id(student: KnownStudent) -> Mapping[int, KnownGuardian]:
    return {guardian.id: guardian for guardian in student.guardians}


def _reverted(before: object, after: object, now: object, names: tuple[str, ...]) -> tuple[dict[str, tuple[Value, Value]], bool]:
    """Give field -> (present, former) for what is still as the import left it, and whether something has another value by now."""
    changes: dict[str, tuple[Value, Value]] = {}
    kept = False
    for name in names:
        old, new, current = ((getattr(one, name) or None) for one in (before, after, now))
        if old == new:
            continue
        if current == new:
            changes[name] = (new, old)
        elif current != old:
            kept = True
    return changes, kept
