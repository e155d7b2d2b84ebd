"""Long work in the background: in chunks, one worker at a time, resumed after a death, cancelled, and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from outreach.background import use_cases
from outreach.background.jobs import LEASE, Chunk, LongWork, lease_job, start_job
from outreach.background.use_cases import KEPT_FOR, TRY_AGAIN_AFTER, cancel_job, forget_jobs, work_off
from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import BackgroundJob, BackgroundJobState, Letter, LetterKind, User
from tests.support.builders import Builder

pytestmark = pytest.mark.both_databases("leases skip rows that are locked")
SECOND = timedelta(seconds=1)


class Adding:
    """Adds one to `count`, three times; what is to happen before a chunk can be told."""

    def __init__(self) -> None:
        self.count = 0
        self.before: dict[int, object] = {}

    def __call__(self, job: BackgroundJob, *, now: datetime) -> Iterator[Chunk]:  # noqa: ARG002 (as a LongWork)
        for number in range(job.done + 1, 4):
            if callable(act := self.before.pop(number, None)):
                act()
            yield Chunk(write=partial(self._add, number), done=number, total=3)

    def _add(self, number: int) -> str | None:
        self.count += 1
        return "Three were added." if number == 3 else None


@pytest.fixture
def teacher(make: Builder) -> User:
    return make.teacher(make.school())


@pytest.fixture
def adding(monkeypatch: pytest.MonkeyPatch) -> Adding:
    monkeypatch.setattr(use_cases, "REST", 0)
    return Adding()


def started(teacher: User, now: datetime, kind: str = "add") -> BackgroundJob:
    with transaction():
        return start_job(kind, title="Adding", facts={}, page="/classes", by_id=teacher.id, now=now)


def state(job: BackgroundJob) -> tuple[str, int, int, str]:
    db.session.refresh(job)
    return job.state.value, job.done, job.tries, job.words


def e_mails(teacher: User) -> list[tuple[bool, str]]:
    letters = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.JOB, Letter.mailbox_id == teacher.mailbox_id))
    return [(letter.facts["is_done"], letter.facts["words"]) for letter in letters]


def test_it_is_done_in_chunks_and_who_started_it_gets_an_e_mail(teacher: User, adding: Adding, now: datetime) -> None:
    job = started(teacher, now)
    assert work_off({"add": adding}, now=now) == 3
    assert state(job) == ("done", 3, 0, "Three were added.")
    assert e_mails(teacher) == [(True, "Three were added.")]
    assert work_off({"add": adding}, now=now) == 0


def test_who_looks_on_or_whose_account_is_closed_gets_no_e_mail(teacher: User, adding: Adding, now: datetime) -> None:
    job = started(teacher, now)
    assert work_off({"add": adding}, now=now, job_id=job.id) == 3
    with transaction():
        teacher.active = False
    started(teacher, now)
    assert work_off({"add": adding}, now=now) == 3
    assert e_mails(teacher) == []


def test_each_has_its_turn(teacher: User, adding: Adding, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long one is left after a slice, and goes on after the others."""
    monkeypatch.setattr(use_cases, "SLICE", 0)
    other, jobs = Adding(), [started(teacher, now), started(teacher, now, kind="other")]
    works: dict[str, LongWork] = {"add": adding, "other": other}
    turns = [(work_off(works, now=now + SECOND * turn), adding.count, other.count) for turn in range(1, 5)]
    assert turns == [(1, 1, 0), (1, 1, 1), (1, 2, 1), (1, 2, 2)]
    assert [state(job)[0] for job in jobs] == ["queued", "queued"]


def test_a_dead_workers_job_goes_on_at_the_last_finished_chunk(teacher: User, adding: Adding, now: datetime) -> None:
    class DeathError(BaseException):
        """Ends everything, as a signal would: nothing is written any more."""

    def die() -> None:
        raise DeathError

    job = started(teacher, now)
    adding.before[3] = die
    with pytest.raises(DeathError):
        work_off({"add": adding}, now=now)
    db.session.rollback()
    assert state(job)[:2] == ("leased", 2)
    assert work_off({"add": adding}, now=now + LEASE) == 0
    assert work_off({"add": adding}, now=now + LEASE + SECOND) == 1
    assert (adding.count, state(job)) == (3, ("done", 3, 0, "Three were added."))


def test_a_job_that_kills_each_worker_fails(teacher: User, adding: Adding, now: datetime) -> None:
    job = started(teacher, now)
    for _death in range(3):
        with transaction():
            assert lease_job(now=now)
        now += LEASE + SECOND
    assert work_off({"add": adding}, now=now) == 0
    assert (state(job)[0], adding.count, [done for done, _words in e_mails(teacher)]) == ("failed", 0, [False])


def test_of_two_workers_one_has_it(teacher: User, adding: Adding, now: datetime) -> None:
    job = started(teacher, now)
    others: list[int] = []
    adding.before[2] = lambda: others.append(work_off({"add": adding}, now=now))
    assert work_off({"add": adding}, now=now) == 3
    assert (others, adding.count, state(job)[0]) == ([0], 3, "done")


def test_who_lost_the_lease_writes_nothing_more(teacher: User, adding: Adding, now: datetime) -> None:
    job = started(teacher, now)
    late = now + LEASE + SECOND
    adding.before[2] = lambda: work_off({"add": adding}, now=late)
    assert work_off({"add": adding}, now=now) == 1
    assert (adding.count, state(job)[:2]) == (3, ("done", 3))
    assert len(e_mails(teacher)) == 1


def test_what_is_cancelled_stays_as_far_as_it_came(teacher: User, adding: Adding, now: datetime) -> None:
    job = started(teacher, now)
    adding.before[3] = lambda: cancel_job(job.id, now=now)
    assert work_off({"add": adding}, now=now) == 2
    assert (adding.count, state(job)) == (2, ("cancelled", 2, 0, "It was stopped before it finished."))
    with pytest.raises(Refusal):
        cancel_job(job.id, now=now)
    assert (work_off({"add": adding}, now=now + 2 * LEASE), e_mails(teacher)) == (0, [])


def test_a_refusal_is_told_and_a_fault_is_tried_again(teacher: User, adding: Adding, now: datetime) -> None:
    def refuse() -> None:
        raise Refusal("The class was deleted.")

    def fail() -> None:
        raise ValueError("a secret")

    job = started(teacher, now)
    adding.before[2] = refuse
    assert work_off({"add": adding}, now=now) == 1
    assert state(job) == ("failed", 1, 0, "The class was deleted.")
    job = started(teacher, now)
    for tries in range(3):
        adding.before[1] = fail
        work_off({"add": adding}, now=now)
        now += TRY_AGAIN_AFTER
        assert (state(job)[0], state(job)[2]) == ("failed" if tries == 2 else "queued", tries + 1)
    assert "secret" not in state(job)[3]
    assert len(e_mails(teacher)) == 2


def test_work_that_ends_without_a_last_chunk_does_not_go_on_for_ever(teacher: User, now: datetime) -> None:
    job = started(teacher, now)
    for _turn in range(3):
        assert work_off({"add": lambda _job, now: iter(())}, now=now) == 0  # noqa: ARG005 (as a LongWork)
        now += TRY_AGAIN_AFTER
    assert state(job)[0] == "failed"


def test_jobs_are_forgotten_a_month_after_they_ended(teacher: User, adding: Adding, now: datetime) -> None:
    started(teacher, now)
    work_off({"add": adding}, now=now)
    started(teacher, now)
    assert forget_jobs(now=now + KEPT_FOR) == 0
    assert forget_jobs(now=now + KEPT_FOR + SECOND) == 1
    assert db.session.scalars(select(BackgroundJob.state)).all() == [BackgroundJobState.QUEUED]
