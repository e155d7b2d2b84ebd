"""What people do with an import: upload, choose, import, undo; and what is forgotten of it with time."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from outreach.background import start_job
from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal, Stale
from outreach.models import ImportBatch, ImportChange, ImportRow, ImportSection, ImportState
from outreach.schools.batches.codec import plain_choices, read_choices
from outreach.schools.batches.importing import end_import, locked_batch
from outreach.schools.batches.leaving import must_have_been_shown
from outreach.schools.imports.choices import ImportChoices
from outreach.schools.use_cases import locked_class

KEPT_UPLOADS = timedelta(hours=24)
CAN_BE_UNDONE = timedelta(days=30)
SMALL_LIST = 64 * 1024  # bytes: read while its teacher waits
FEW = 200  # students: written while their teacher waits
READ, IMPORT, UNDO = "read_list", "import_list", "undo_import"


def upload_list(content: bytes, *, file_name: str, class_id: int, by_id: int, now: datetime) -> tuple[int, int]:
    """Keep an uploaded list for a day, and have it read; give the ids of the batch and its job."""
    with transaction():
        school_class = locked_class(class_id)
        batch = ImportBatch(
            school_id=school_class.school_id, class_id=class_id, by_id=by_id, file_name=file_name[:255], uploaded_at=now, content=content
        )
        db.session.add(batch)
        db.session.flush()
        return batch.id, _start(batch, READ, by_id=by_id, looks_on=len(content) <= SMALL_LIST, now=now)


def choose(batch_id: int, choices: ImportChoices, *, by_id: int, now: datetime) -> int:
    """Have a list read again with other choices; give the id of the job. Raises Refusal where it's too late for that."""
    with transaction():
        batch = _idle_batch(batch_id)
        _must_be_unfinished(batch)
        if batch.written:
            batch.is_planned = False
        batch.choices, batch.state = plain_choices(choices), ImportState.READING
        size = db.session.scalar(select(func.length(ImportBatch.content)).where(ImportBatch.id == batch_id)) or 0
        return _start(batch, READ, by_id=by_id, looks_on=size <= SMALL_LIST, now=now)


def drop_upload(batch_id: int) -> None:
    """Forget an uploaded list that can't be read."""
    with transaction():
        batch = _idle_batch(batch_id)
        if batch.state is ImportState.READING:
            db.session.delete(batch)


def start_import(batch_id: int, choices: ImportChoices, *, shown: str, by_id: int, now: datetime) -> int:
    """Import a list as its review showed it; give the id of the job. `shown`: which reading of it that was.

    Raises Stale for an older review, and Refusal while a question about a student has no answer.
    """
    with transaction():
        batch = _idle_batch(batch_id)
        if batch.state not in (ImportState.REVIEW, ImportState.IMPORTING):
            raise Stale(_("This list can't be imported now: see what became of it."))
        if shown != str(batch.read_by):
            raise Stale(_("The list or the class has changed since you checked it. Nothing was imported. Please check again."))
        if choices != read_choices(batch.choices):
            batch.choices, batch.is_planned = plain_choices(choices), False
        elif batch.review.get("unanswered"):
            raise Refusal(_("Some rows need your answer first."))
        if not batch.review.get("has_rows"):
            raise Refusal(batch.review.get("refusal") or _("No row of this list can be imported."))
        asked = select(ImportRow.line).where(ImportRow.batch_id == batch_id, ImportRow.section == ImportSection.ASKED)
        if set(db.session.scalars(asked)) - choices.answers.keys() - choices.left_out:
            raise Refusal(_("Some rows need your answer first."))
        must_have_been_shown(batch, choices)
        batch.state = ImportState.IMPORTING
        return _start(batch, IMPORT, by_id=by_id, looks_on=batch.review["to_write"] + batch.review.get("leavers", 0) <= FEW, now=now)


def start_undo(batch_id: int, *, by_id: int, now: datetime) -> int:
    """Take back what an import did; give the id of the job. Raises Refusal where nothing can be undone any more."""
    with transaction():
        batch = _idle_batch(batch_id)
        if not can_be_undone(batch, now=now):
            raise Refusal(_("This import can no longer be undone."))
        batch.state = ImportState.UNDOING
        if batch.finished_at is None:
            end_import(batch, now=now)
            batch.state = ImportState.UNDOING
        return _start(batch, UNDO, by_id=by_id, looks_on=batch.written <= FEW, now=now)


def can_be_undone(batch: ImportBatch, *, now: datetime) -> bool:
    """Say whether we still know what an import did."""
    wrote = batch.state in (ImportState.IMPORTED, ImportState.IMPORTING, ImportState.UNDOING) and batch.written
    return bool(wrote) and (batch.finished_at is None or now < batch.finished_at + CAN_BE_UNDONE)


def forget_uploads(*, now: datetime) -> int:
    """Delete lists that nobody imported within a day, and what imports did a month ago; give how many. The counts of imports stay."""
    old = ImportBatch.uploaded_at < now - KEPT_UPLOADS, ImportBatch.finished_at.is_(None)
    past = ImportChange.batch_id.in_(select(ImportBatch.id).where(ImportBatch.finished_at < now - CAN_BE_UNDONE))
    questions = (select(ImportBatch.id).where(*old), select(ImportChange.id).where(past))
    if all(db.session.scalar(question.limit(1)) is None for question in questions):
        return 0
    with transaction():
        batches = db.session.scalars(select(ImportBatch).where(*old).with_for_update()).all()
        for batch in batches:
            if batch.written:
                end_import(batch, now=now)
            else:
                db.session.delete(batch)
        db.session.execute(delete(ImportChange).where(past).execution_options(synchronize_session=False))
    return len(batches)


def _start(batch: ImportBatch, kind: str, *, by_id: int, looks_on: bool, now: datetime) -> int:
    name = batch.file_name or _("the pasted list")
    titles = {
        READ: _("Reading %(name)s", name=name),
        IMPORT: _("Importing %(name)s", name=name),
        UNDO: _("Undoing the import of %(name)s", name=name),
    }
    facts, page = {"batch_id": batch.id}, f"/imports/{batch.id}"
    job = start_job(kind, title=titles[kind], facts=facts, page=page, by_id=by_id, looks_on=looks_on, now=now)
    batch.job_id = job.id
    return job.id


def _idle_batch(batch_id: int) -> ImportBatch:
    """Lock a batch that no worker is at. Raises Refusal otherwise: the button was pressed twice, or by two people."""
    batch = locked_batch(batch_id)
    db.session.refresh(batch, ["job"])
    if batch.is_running:
        raise Refusal(_("This is being done already."))
    return batch


def _must_be_unfinished(batch: ImportBatch) -> None:
    if batch.finished_at is not None:
        raise Refusal(_("This list was imported already. To import it again, upload it again."))
    if batch.class_id is None:
        raise NotThere(_("The class of this list has been deleted."))
