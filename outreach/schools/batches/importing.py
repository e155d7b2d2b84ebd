"""Reading an uploaded list and importing it, in chunks of at most 500 rows: two kinds of long work."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, func, insert, select, update

from outreach import policy
from outreach.background import Chunk, StartAgainError
from outreach.class_lists import KnownStudent, ListedStudent, StudentUpdate
from outreach.db import db, locked
from outreach.errors import NotThere, Refusal
from outreach.models import BackgroundJob, ImportBatch, ImportChange, ImportRow, ImportState
from outreach.schools.apply_plan import write
from outreach.schools.batches.class_places import enrol
from outreach.schools.batches.codec import plain_values, read_choices, unpacked
from outreach.schools.batches.leaving import leavers_left, locked_leavers, seats_to_withdraw, take_out
from outreach.schools.batches.planning import TO_WRITE, Replanned, head_of, people_version, plan_again, read_batch_list, rows_of
from outreach.schools.imports.choices import ListScope
from outreach.schools.imports.habits import remember
from outreach.schools.imports.review import review_of
from outreach.schools.imports.use_cases import propose
from outreach.schools.queries import known_students, lock_school
from outreach.schools.students import only

MOST_ROWS = 500


def read_batch(job: BackgroundJob, *, now: datetime) -> Iterator[Chunk]:
    """Read the list of a batch as its choices say, and keep what the review shows of each row."""
    batch = batch_of(job)
    version, sheet = people_version(batch.school_id), read_batch_list(batch, today=now.date())
    proposal, review, rows = None, None, list[dict[str, Any]]()
    if sheet.reading is not None:
        proposal = propose(sheet.reading, sheet.choices, school_id=batch.school_id, class_id=batch.class_id or 0)
        review = review_of(sheet, sheet.reading, proposal, sheet.choices)
        rows = rows_of(batch.id, review, proposal)
    head = head_of(sheet, proposal, review, batch.school)
    if proposal is not None and head.get("leavers") and sheet.choices.scope is ListScope.SCHOOL:
        head |= {"seats": seats_to_withdraw(batch.school_id, proposal.plan.absent, now=now)}
    chunks = [rows[start : start + MOST_ROWS] for start in range(0, len(rows), MOST_ROWS)] or [[]]
    for place, some in enumerate(chunks):
        done = place * MOST_ROWS + len(some)
        last = (head, version) if place + 1 == len(chunks) else None
        keep = partial(_keep_rows, batch.id, some, is_first=place == 0, last=last)
        yield Chunk(write=keep, done=done, total=len(rows), may_pause=False)


def _keep_rows(batch_id: int, rows: Sequence[dict[str, Any]], *, is_first: bool, last: tuple[dict[str, Any], int] | None) -> str | None:
    batch = locked_batch(batch_id)
    if is_first:
        db.session.execute(delete(ImportRow).where(ImportRow.batch_id == batch_id))
    if rows:
        db.session.execute(insert(ImportRow), list(rows))
    if last is None:
        return None
    batch.review, batch.people_version = last
    batch.state, batch.is_planned, batch.read_by = ImportState.REVIEW, True, batch.job_id or 0
    return _("The list has been read. Please check it, then import it.")


def import_batch(job: BackgroundJob, *, now: datetime) -> Iterator[Chunk]:
    """Write the good rows of a batch. A chunk is written in full or not at all, and nothing that the review didn't show."""
    batch = batch_of(job)
    _must_go_on(batch)
    total = batch.written + _count_left(batch)
    if not batch.is_planned or batch.people_version != people_version(batch.school_id):
        yield Chunk(write=partial(_keep_plan, batch.id, plan_again(batch, today=now.date())), done=batch.written, total=total)
        total = batch.written + _count_left(batch)
    while True:
        some = db.session.scalars(_left(batch.id).order_by(ImportRow.id).limit(MOST_ROWS)).all()
        done = batch.written
        if not some:
            gone = db.session.scalars(leavers_left(batch).order_by(ImportRow.id).limit(MOST_ROWS)).all()
            if gone:
                yield Chunk(write=partial(_leave, batch.id, gone, now=now), done=done + len(gone), total=total)
                continue
            yield Chunk(write=partial(_finish, batch.id, now=now), done=done, total=total)
            return
        yield Chunk(write=partial(_write_rows, batch.id, some, now=now), done=done + len(some), total=total)


def _must_go_on(batch: ImportBatch) -> None:
    """Raise Refusal when who started it may not do this any more, or the class has gone."""
    if batch.by is None or not batch.by.active or not policy.works_at(batch.by, batch.school):
        raise Refusal(_("The person who started this import may no longer change this school."))
    if batch.class_id is None:
        raise NotThere(_("The class of this list has been deleted."))


def _keep_plan(batch_id: int, planned: Replanned) -> None:
    batch = locked_batch(batch_id)
    if planned.rows:
        db.session.execute(update(ImportRow), planned.rows)
    if planned.new:
        db.session.execute(insert(ImportRow), planned.new)
    batch.people_version, batch.is_planned = planned.version, True
    batch.review = batch.review | planned.classes


def _write_rows(batch_id: int, rows: Sequence[ImportRow], *, now: datetime) -> None:
    """Write some rows, as long as nobody else has changed the school's people since they were planned."""
    batch = _batch_as_planned(batch_id)
    acts = [unpacked(row.act) for row in rows if row.act]
    add = tuple(act for act in acts if isinstance(act, ListedStudent))
    plan = only(add=add, update=tuple(act for act in acts if isinstance(act, StudentUpdate)))
    known = {one.student_id for one in plan.update}
    before = known_students(batch.school_id, known)
    written = write(plan, school_id=batch.school_id, now=now)
    joining = [(one.student_id, one.row) for one in plan.update if one.joins_class]
    enrol(batch, [*zip(written.added, plan.add, strict=True), *joining], before)
    _note(batch, rows, before, known | set(written.added))
    batch.added += len(plan.add)
    batch.updated += len(plan.update)


def _leave(batch_id: int, rows: Sequence[ImportRow], *, now: datetime) -> None:
    """Let some students leave, as long as nobody else has changed the school's people since they were shown."""
    batch = _batch_as_planned(batch_id)
    keys = {row.act["student_id"] for row in rows if row.act}
    choices = read_choices(batch.choices)
    going = {*locked_leavers(batch, choices, keys, now=now)} if choices.scope is ListScope.SCHOOL else keys
    before = known_students(batch.school_id, going)
    take_out(batch, choices, [*before], now=now)
    _note(batch, rows, before, going)
    batch.left += len(before)


def _batch_as_planned(batch_id: int) -> ImportBatch:
    """Lock a batch and its school. Raises StartAgainError when the school's people were changed since the rows were planned."""
    batch = locked_batch(batch_id)
    if lock_school(batch.school_id).people_version != batch.people_version + 1:
        raise StartAgainError
    batch.people_version += 1
    return batch


def _note(batch: ImportBatch, rows: Sequence[ImportRow], before: Mapping[int, KnownStudent], student_ids: Collection[int]) -> None:
    """Keep what became of students, so that it can be undone, and that these rows are done."""
    was = {key: plain_values(one) for key, one in before.items()}
    after = known_students(batch.school_id, student_ids)
    changes = [{"batch_id": batch.id, "student_id": key, "before": was.get(key), "after": plain_values(one)} for key, one in after.items()]
    if changes:
        db.session.execute(insert(ImportChange), changes)
    db.session.execute(update(ImportRow).where(ImportRow.id.in_([row.id for row in rows])).values(is_written=True))


def _finish(batch_id: int, *, now: datetime) -> str:
    batch = locked_batch(batch_id)
    remember(batch.school, batch.review.get("layout"), batch.choices.get("guardian_default"))
    end_import(batch, now=now)
    return summary(batch)


def end_import(batch: ImportBatch, *, now: datetime) -> None:
    """Keep of a batch what it did, and nothing of the list."""
    batch.state, batch.finished_at = ImportState.IMPORTED, now
    batch.content = None
    batch.choices, batch.review = {}, {"made_classes": batch.review.get("made_classes", [])}
    db.session.execute(delete(ImportRow).where(ImportRow.batch_id == batch.id))


def summary(batch: ImportBatch) -> str:
    """Say what an import did."""
    if not batch.written:
        return _("Everybody on the list is in the class already. Nothing has changed.")
    added = ngettext("%(num)d student added.", "%(num)d students added.", batch.added)
    updated = ngettext("%(num)d student updated.", "%(num)d students updated.", batch.updated)
    left = ngettext("%(num)d student left.", "%(num)d students left.", batch.left) if batch.left else ""
    return " ".join(filter(None, (added, updated, left)))


def batch_of(job: BackgroundJob) -> ImportBatch:
    """Read the batch a job is about. Raises NotThere once it is forgotten."""
    batch = db.session.get(ImportBatch, job.facts["batch_id"], populate_existing=True)
    if batch is None:
        raise NotThere(_("We no longer have this list: it is kept for a day. Please upload it again."))
    return batch


def locked_batch(batch_id: int) -> ImportBatch:
    """Lock a batch. Joins the caller's transaction. Raises NotThere once it is forgotten."""
    batch = locked(ImportBatch, batch_id)
    if batch is None:
        raise NotThere(_("We no longer have this list: it is kept for a day. Please upload it again."))
    return batch


def _left(batch_id: int) -> Any:
    to_write = ImportRow.section.in_(TO_WRITE), ImportRow.is_written.is_(False)
    return select(ImportRow).where(ImportRow.batch_id == batch_id, *to_write)


def _count_left(batch: ImportBatch) -> int:
    rows = (_left(batch.id), leavers_left(batch))
    return sum(db.session.scalar(select(func.count()).select_from(some.subquery())) or 0 for some in rows)
