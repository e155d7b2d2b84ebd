"""Importing a list as the pages and the worker do it together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from outreach.background.use_cases import work_off
from outreach.db import db
from outreach.errors import Refusal
from outreach.models import BackgroundJob, BackgroundJobState, ImportBatch, Membership, SchoolClass
from outreach.schools.batches import use_cases
from outreach.schools.batches.codec import read_choices
from outreach.schools.batches.list_work import LIST_WORK
from outreach.schools.imports.choices import ImportChoices


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    added: int
    updated: int
    unchanged: int


def work(job_id: int, *, now: datetime) -> None:
    """Do a job to its end. Raises Refusal with its words where it failed."""
    work_off(LIST_WORK, now=now, job_id=job_id)
    job = db.session.get_one(BackgroundJob, job_id, populate_existing=True)
    if job.state is BackgroundJobState.FAILED:
        raise Refusal(job.words)


def look(school_class: SchoolClass, content: bytes, said: ImportChoices | None = None, *, now: datetime) -> ImportBatch:
    """Upload a list and have it read."""
    key = school_class.id
    by_id = db.session.scalars(select(Membership.user_id).where(Membership.school_id == school_class.school_id)).first()
    assert by_id is not None, "the school needs a teacher"
    batch_id, job_id = use_cases.upload_list(content, file_name="list.csv", class_id=key, by_id=by_id, now=now)
    work(job_id, now=now)
    if said is not None and replace(said, answers={}, left_out=frozenset(), guardians={}) != ImportChoices():
        work(use_cases.choose(batch_id, said, by_id=by_id, now=now), now=now)
    return db.session.get_one(ImportBatch, batch_id, populate_existing=True)


def commit(key: int, said: ImportChoices | None = None, *, now: datetime) -> Imported:
    """Import what was shown of a batch; what looks odd is confirmed. Raises what the page would say."""
    batch = db.session.get_one(ImportBatch, key)
    unchanged, by_id = batch.review["counts"]["unchanged"], batch.by_id or 0
    odd = (doubt["box"].split("-", 2) for doubt in batch.review["asked"]["doubts"])
    said = replace(said or read_choices(batch.choices), confirmed=frozenset((int(line), name) for _sure, line, name in odd))
    job_id = use_cases.start_import(key, said, shown=str(batch.read_by), by_id=by_id, now=now)
    work(job_id, now=now)
    done = db.session.get_one(ImportBatch, key, populate_existing=True)
    return Imported(done.added, done.updated, unchanged)


def bring_in(school_class: SchoolClass, content: bytes, said: ImportChoices | None = None, *, now: datetime) -> Imported:
    """Look at a list, then import it."""
    return commit(look(school_class, content, said, now=now).id, said, now=now)


def undo(batch: ImportBatch, *, now: datetime) -> None:
    """Undo an import."""
    work(use_cases.start_undo(batch.id, by_id=batch.by_id or 0, now=now), now=now)
