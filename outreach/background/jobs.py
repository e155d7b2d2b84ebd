"""What long work is, and how it is started, leased and ended.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import ColumnElement, or_, select

from outreach.db import db, locked
from outreach.models import UNFINISHED, BackgroundJob, BackgroundJobState, JobSnapshot, LetterKind
from outreach.outbox import NewLetter, enqueue

LEASE = timedelta(minutes=5)
LOOK_ON_FOR = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One step of long work, all or nothing: `write` runs in the transaction that notes the progress.

    `write` locks what it changes, holds no lock for longer than 2 seconds, and gives what came of it all, in words, when it
    was the last chunk. `done`: how many parts of `total` are written after it. `may_pause`: the rest can be asked for afresh after it.
    """

    write: Callable[[], str | None]
    done: int
    total: int
    may_pause: bool = True


class StartAgainError(Exception):
    """What a chunk was computed from is no longer so: nothing of it is written, and the work is asked for the rest afresh."""


class LongWork(Protocol):
    """Does one kind of long work: reads and computes outside transactions, and gives the chunks to write, one by one.

    It may be asked for the rest again at any time, in another process: `job.done` says how far it came. Raises OutreachError for
    what can't be done: its sentence is shown to who started it. Only `write` may change anything.
    """

    def __call__(self, job: BackgroundJob, *, now: datetime) -> Iterator[Chunk]: ...


def start_job(
    kind: str, *, title: str, facts: Mapping[str, Any], page: str, by_id: int, looks_on: bool = False, now: datetime
) -> BackgroundJob:
    """Queue long work; a worker begins within a second. `page`: the path of the page that will show what came of it.

    `looks_on`: it is so short that whoever started it waits for it: a worker takes it only where that ended early.
    """
    due_at = now + LOOK_ON_FOR if looks_on else now
    job = BackgroundJob(kind=kind, title=title[:255], facts=dict(facts), page=page, started_by_id=by_id, due_at=due_at, created_at=now)
    db.session.add(job)
    db.session.flush()
    return job


def is_any_due(*, now: datetime) -> bool:
    """Look without a lock, so that an idle worker blocks nobody."""
    return db.session.scalar(select(BackgroundJob.id).where(*_due(now)).limit(1)) is not None


def lease_job(*, now: datetime, job_id: int | None = None) -> BackgroundJob | None:
    """Lease the job whose turn it is, or this one; None: there is none. A rival's is skipped.

    One whose lease ran out had a worker that died: that counts as a try.
    """
    which = (BackgroundJob.id == job_id, BackgroundJob.state == BackgroundJobState.QUEUED) if job_id is not None else _due(now)
    wanted = select(BackgroundJob).where(*which).order_by(BackgroundJob.due_at, BackgroundJob.id).limit(1)
    job = db.session.scalar(wanted.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    if job is None:
        return None
    if job.state is BackgroundJobState.LEASED:
        job.tries += 1
    job.state, job.lease_token, job.leased_until = BackgroundJobState.LEASED, uuid4().hex, now + LEASE
    return job


def still_leased(job_id: int, token: str | None) -> BackgroundJob | None:
    """Lock a job that is still in our hands; None: it was cancelled, or another worker has it."""
    job = locked(BackgroundJob, job_id)
    return job if job is not None and job.lease_token == token else None


def put_back(job: BackgroundJob, *, due_at: datetime) -> None:
    """Let it wait for its next turn."""
    job.state, job.due_at = BackgroundJobState.QUEUED, due_at
    job.lease_token = job.leased_until = None


def end_job(job: BackgroundJob, words: str, *, is_done: bool, notifies: bool, now: datetime) -> None:
    """End it, and e-mail who started it, unless they are looking on (`notifies`) or their account is closed."""
    job.finish(BackgroundJobState.DONE if is_done else BackgroundJobState.FAILED, words, now=now)
    if not notifies or not job.started_by.active:
        return
    snapshot = JobSnapshot(reader_name=job.started_by.name, title=job.title, is_done=is_done, words=words, page=job.page)
    letter = NewLetter(
        mailbox_id=job.started_by.mailbox_id,
        kind=LetterKind.JOB,
        facts=snapshot.to_json(),
        dedupe_key=f"job:{job.id}",
        locale=job.started_by.mailbox.locale,
    )
    enqueue([letter], now=now)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    lapsed = or_(BackgroundJob.state == BackgroundJobState.QUEUED, BackgroundJob.leased_until < now)
    return BackgroundJob.state.in_(UNFINISHED), BackgroundJob.due_at <= now, lapsed
