"""Doing long work in slices, cancelling it, and forgetting what ended long ago."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete

from outreach.background.jobs import Chunk, LongWork, StartAgainError, end_job, is_any_due, lease_job, put_back, still_leased
from outreach.db import db, end_reading, locked, transaction
from outreach.errors import NotThere, OutreachError, Refusal
from outreach.logs import place_of
from outreach.models import UNFINISHED, BackgroundJob, BackgroundJobState

SLICE = 5.0  # seconds: shorter than the time a worker has when it is asked to stop
# Longer than the longest sleep of SQLite's busy handler, 0.1 seconds: whoever waits for the write lock gets it between two chunks.
REST = 0.15
MOST_TRIES = 3
TRY_AGAIN_AFTER = timedelta(seconds=30)
KEPT_FOR = timedelta(days=30)
_log = structlog.get_logger()


def work_off(works: Mapping[str, LongWork], *, now: datetime, job_id: int | None = None) -> int:
    """Do a slice of the job whose turn it is; give how many chunks were written. Each is a transaction of its own.

    `job_id`: do this one, to its end, while its starter looks on: it is short, and no e-mail says that it ended. Raises what the
    database raises; the lease runs out then, and a worker goes on after the last chunk.
    """
    is_due = job_id is not None or is_any_due(now=now)
    end_reading()
    if not is_due:
        return 0
    with transaction():
        job = lease_job(now=now, job_id=job_id)
    if job is None:
        return 0
    with force_locale(job.started_by.mailbox.locale):
        return _work(job, works, notifies=job_id is None, now=now)


def cancel_job(job_id: int, *, now: datetime) -> None:
    """Write no more chunks of a job; what is written stays. Raises Refusal once it has ended."""
    with transaction():
        job = locked(BackgroundJob, job_id)
        if job is None:
            raise NotThere
        if job.is_finished:
            raise Refusal(_("This has ended already, so there is nothing to stop."))
        job.finish(BackgroundJobState.CANCELLED, _("It was stopped before it finished."), now=now)


def forget_jobs(*, now: datetime) -> int:
    """Delete jobs that ended some weeks ago; give how many."""
    with transaction():
        past = delete(BackgroundJob).where(BackgroundJob.state.not_in(UNFINISHED), BackgroundJob.finished_at < now - KEPT_FOR)
        return len(db.session.scalars(past.returning(BackgroundJob.id)).all())


def _work(job: BackgroundJob, works: Mapping[str, LongWork], *, notifies: bool, now: datetime) -> int:
    key, token, written = job.id, job.lease_token, 0
    try:
        _must_be_worth_a_try(job)
        ends = time.monotonic() + SLICE
        for chunk in works[job.kind](job, now=now):
            if not _write(key, token, chunk, notifies=notifies, now=now):
                return written
            written += 1
            if notifies and chunk.may_pause and time.monotonic() >= ends:
                break
            if notifies:
                time.sleep(REST)
        else:
            _try_again(key, token, notifies=notifies, now=now)  # does nothing unless it ended without a last chunk
        _let_go(key, token, now=now)
    except StartAgainError:
        _let_go(key, token, now=now)
    except OutreachError as refusal:
        _fail(key, token, str(refusal), notifies=notifies, now=now)
    except Exception as error:  # noqa: BLE001 (a fault of ours in one piece of work stops no other)
        _log.error("work failed", job=key, kind=job.kind, error=type(error).__name__, place=place_of(error))
        _try_again(key, token, notifies=notifies, now=now)
    return written


def _must_be_worth_a_try(job: BackgroundJob) -> None:
    """Raise Refusal when every worker that had it died."""
    if job.tries >= MOST_TRIES:
        raise Refusal(_failed())


def _write(key: int, token: str | None, chunk: Chunk, *, notifies: bool, now: datetime) -> bool:
    """Write a chunk and the progress with it; False where the job is no longer ours."""
    with transaction():
        job = still_leased(key, token)
        if job is None:
            return False
        words = chunk.write()
        job.done, job.total, job.tries = chunk.done, chunk.total, 0
        if words is not None:
            end_job(job, words, is_done=True, notifies=notifies, now=now)
    return True


def _let_go(key: int, token: str | None, *, now: datetime) -> None:
    with transaction():
        if job := still_leased(key, token):
            put_back(job, due_at=now)


def _fail(key: int, token: str | None, words: str, *, notifies: bool, now: datetime) -> None:
    with transaction():
        if job := still_leased(key, token):
            end_job(job, words, is_done=False, notifies=notifies, now=now)


def _try_again(key: int, token: str | None, *, notifies: bool, now: datetime) -> None:
    with transaction():
        job = still_leased(key, token)
        if job is None:
            return
        job.tries += 1
        if job.tries >= MOST_TRIES:
            end_job(job, _failed(), is_done=False, notifies=notifies, now=now)
        else:
            put_back(job, due_at=now + TRY_AGAIN_AFTER)


def _failed() -> str:
    return _(
        "Something went wrong on our side. What was done up to there is kept. Please try again, and tell the coordinator if it fails again."
    )
