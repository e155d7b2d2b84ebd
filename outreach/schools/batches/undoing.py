"""Undoing an import, in chunks of at most 500 students: long work, and its preview."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask_babel import gettext as _
from sqlalchemy import Select, delete, func, select

from outreach import policy
from outreach.background import Chunk
from outreach.class_lists import KnownStudent
from outreach.db import db
from outreach.errors import Refusal
from outreach.models import (
    HAVE_AN_ENTRY,
    BackgroundJob,
    ImportBatch,
    ImportChange,
    ImportState,
    OutreachSession,
    Registration,
    SchoolClass,
    Student,
    enrolment,
)
from outreach.schools.apply_plan import join_classes, write
from outreach.schools.batches.class_places import delete_empty_classes
from outreach.schools.batches.codec import read_student
from outreach.schools.batches.importing import MOST_ROWS, batch_of, end_import, locked_batch
from outreach.schools.batches.undo_rules import KeptBecause, UndoneStudent, undo_of
from outreach.schools.queries import known_students, lock_school
from outreach.schools.removal import forget_students, locked_students
from outreach.schools.students import only


@dataclass(frozen=True)
class UndoPreview:
    """What undoing would do: students removed and put back, those it leaves as they are, and who would hear."""

    removed: int
    restored: int
    kept: tuple[tuple[str, KeptBecause], ...]
    corrected: int

    @property
    def does_something(self) -> bool:
        """There is something to undo."""
        return bool(self.removed or self.restored)


def preview_undo(batch: ImportBatch, *, now: datetime) -> UndoPreview:
    """Say what undoing would do, of what is still to be undone; changes nothing."""
    undone = _undone(db.session.scalars(_unsettled(batch.id)).all(), known_students(batch.school_id))
    back = [one for one in undone if one.does_something and not one.is_removed]
    names = _names([one.student_id for one in undone if one.kept])
    return UndoPreview(
        removed=sum(one.is_removed for one in undone),
        restored=len(back),
        kept=tuple((names.get(one.student_id, _("a student who has been removed")), one.kept) for one in undone if one.kept),
        corrected=_count_registered([one.student_id for one in back if _changes_an_address(one)], now=now),
    )


def undo_batch(job: BackgroundJob, *, now: datetime) -> Iterator[Chunk]:
    """Take back what a batch did, the last first, as long as nobody changed it since."""
    batch = batch_of(job)
    if batch.by is None or not policy.works_at(job.started_by, batch.school) or not job.started_by.active:
        raise Refusal(_("The person who started this may no longer change this school."))
    done, left = job.done, db.session.scalar(select(func.count()).select_from(_unsettled(batch.id).subquery())) or 0
    total = done + left
    while left > 0:
        some = min(MOST_ROWS, left)
        done, left = done + some, left - some
        yield Chunk(write=partial(_undo_some, batch.id, now=now), done=done, total=total)
    yield Chunk(write=partial(_finish, batch.id, now=now), done=done, total=total)


def _undo_some(batch_id: int, *, now: datetime) -> None:
    batch = locked_batch(batch_id)
    school = lock_school(batch.school_id)
    changes = db.session.scalars(_unsettled(batch_id).limit(MOST_ROWS)).all()
    keys = {change.student_id for change in changes}
    there = set(locked_students(keys))
    undone = _undone(changes, known_students(school.id, keys & there))
    _put_back(undone, school.id, now=now)
    for change, one in zip(changes, undone, strict=True):
        change.is_settled, change.kept = True, one.kept.value
    db.session.flush()
    forget_students([one.student_id for one in undone if one.is_removed])


def _put_back(undone: Sequence[UndoneStudent], school_id: int, *, now: datetime) -> None:
    updates = tuple(one.update for one in undone if one.update)
    ends = [(one.student_id, key) for one in undone for key in one.ends]
    write(only(update=updates), school_id=school_id, removed=ends, now=now)
    for one in undone:
        if one.leaves:
            mine = enrolment.c.student_id == one.student_id
            db.session.execute(delete(enrolment).where(mine, enrolment.c.class_id.in_(one.leaves)))
    there = set(db.session.scalars(select(SchoolClass.id).where(SchoolClass.school_id == school_id)))
    join_classes([(one.student_id, key) for one in undone for key in one.joins & there])


def _finish(batch_id: int, *, now: datetime) -> str:
    batch = locked_batch(batch_id)
    if batch.finished_at is None:
        end_import(batch, now=now)
    batch.state, batch.undone_at = ImportState.UNDONE, now
    delete_empty_classes(batch.review.get("made_classes", []))
    kept = db.session.scalar(select(func.count(ImportChange.id)).where(ImportChange.batch_id == batch_id, ImportChange.kept != ""))
    if kept:
        return _("The import was undone, but not for everybody: see who stayed as they are, and why.")
    return _("The import was undone.")


def _unsettled(batch_id: int) -> Select[ImportChange]:
    mine = ImportChange.batch_id == batch_id, ImportChange.is_settled.is_(False)
    return select(ImportChange).where(*mine).order_by(ImportChange.id.desc())


def _undone(changes: Iterable[ImportChange], now: Mapping[int, KnownStudent]) -> list[UndoneStudent]:
    changes = list(changes)
    registered = _registered([change.student_id for change in changes if change.before is None])
    return [
        undo_of(
            read_student(change.before) if change.before else None,
            read_student(change.after),
            now.get(change.student_id),
            was_registered=change.student_id in registered,
        )
        for change in changes
    ]


def _registered(student_ids: Collection[int]) -> set[int]:
    return set(db.session.scalars(select(Registration.student_id).where(Registration.student_id.in_(student_ids))))


def _changes_an_address(one: UndoneStudent) -> bool:
    update = one.update
    if one.ends or update is None:
        return bool(one.ends)
    changed = "email" in update.changes or any("email" in change.changes for change in update.guardian_changes)
    return changed or bool(update.new_guardians)


def _count_registered(student_ids: Collection[int], *, now: datetime) -> int:
    coming = select(Registration.student_id).join(OutreachSession, OutreachSession.id == Registration.session_id)
    theirs = coming.where(Registration.student_id.in_(student_ids), Registration.state.in_(HAVE_AN_ENTRY), OutreachSession.is_current(now))
    return len(set(db.session.scalars(theirs)))


def _names(student_ids: Collection[int]) -> dict[int, str]:
    rows = db.session.execute(select(Student.id, Student.given_name, Student.family_name).where(Student.id.in_(student_ids)))
    return {key: f"{given} {family}" for key, given, family in rows}


def kept_students(batch_id: int) -> list[tuple[str, KeptBecause]]:
    """Name the students an undo left as they are, with the reason."""
    rows = db.session.execute(
        select(Student.given_name, Student.family_name, ImportChange.kept)
        .join(Student, Student.id == ImportChange.student_id)
        .where(ImportChange.batch_id == batch_id, ImportChange.kept != "")
        .order_by(Student.family_name, Student.id)
    )
    return [(f"{given} {family}", KeptBecause(why)) for given, family, why in rows]
