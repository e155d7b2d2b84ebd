"""Workers are killed while real letters go to a real mail server: nothing is lost, nothing overtakes, one duplicate at most."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

import pytest
from sqlalchemy import func, select

from outreach.db import db
from outreach.mail.smtp import SmtpServer, SmtpTransport
from outreach.models import Letter, LetterState
from outreach.outbox.results import RoundStatistics
from outreach.settings import Settings
from tests.support.builders import Builder
from tests.support.outbox import deliver, put
from tests.support.postbox import Postbox
from tests.support.worker_process import main

LEASE_IS_OVER = timedelta(minutes=6)
LAST = "someone2@example.org"

pytestmark = [pytest.mark.both_databases("SKIP LOCKED, leases, and transactions a killed worker left"), pytest.mark.empty_database]


@dataclass
class Forked:
    """A process of its own, with a database connection of its own; what it imports was imported once for all of them."""

    process: BaseProcess

    def kill(self) -> None:
        """Kill it: no finally and no handler runs any more."""
        self.process.kill()

    def wait(self, seconds: float) -> int | None:
        """Give its exit code, negative for the signal that ended it."""
        self.process.join(seconds)
        return self.process.exitcode


@pytest.fixture
def start_worker(settings: Settings, postbox: Postbox, now: datetime) -> Iterator[Callable[..., Forked]]:
    """Start a worker that delivers what is due; it dies after its letter to `last`."""
    started: list[BaseProcess] = []
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.support.worker_process"])

    def start(*, batch: int = 50, last: str = "-") -> Forked:
        environment = {
            "OUTREACH_MODE": "demo",
            "OUTREACH_DATABASE_URL": settings.database_url,
            "OUTREACH_INSTANCE_PATH": str(settings.instance_path),
            "OUTREACH_MAIL_SERVER": "127.0.0.1",
            "OUTREACH_MAIL_PORT": str(postbox.port),
        }
        started.append(context.Process(target=main, args=(environment, now.isoformat(), batch, last)))
        started[-1].start()
        return Forked(started[-1])

    yield start
    for process in started:
        process.kill()
        process.join()


def queue_streams(make: Builder, now: datetime, *, streams: int, letters: int) -> list[str]:
    """Put some letters into each of some streams, one stream for each address."""
    outreach_session = make.outreach_session(make.clinician())
    mailboxes = [make.mailbox(f"someone{stream}@example.org") for stream in range(streams)]
    return [
        put(mailbox, f"{mailbox.address} {n:03}", now=now, session_id=outreach_session.id) for n in range(letters) for mailbox in mailboxes
    ]


def finish(postbox: Postbox, moment: datetime) -> RoundStatistics:
    """Let a worker come after the lease of the dead one is over."""
    return deliver(SmtpTransport(SmtpServer(host="127.0.0.1", port=postbox.port)), moment)


def assert_all_arrived(postbox: Postbox, names: list[str], *, twice: set[str]) -> None:
    """Each letter arrived once, those `twice` as the same bytes twice; within each stream in order."""
    copies = Counter(postbox.subjects)
    assert set(copies) == set(names)
    assert {name for name, count in copies.items() if count > 1} == twice
    assert max(copies.values()) <= 2
    assert len(set(postbox.letters)) == len(names)
    for address in {name.split()[0] for name in names}:
        stream = [name for name in postbox.subjects if name.startswith(address)]
        assert stream == sorted(stream)
    assert set(db.session.scalars(select(Letter.state))) == {LetterState.SENT}


def test_killed_before_data_nothing_is_lost_and_nothing_doubled(
    make: Builder, now: datetime, postbox: Postbox, start_worker: Callable[..., Forked]
) -> None:
    names = queue_streams(make, now, streams=4, letters=3)
    started = Future[Forked]()
    postbox.on_recipient[LAST] = lambda: started.result(180).kill()
    worker = start_worker()
    started.set_result(worker)
    assert worker.wait(180) == -signal.SIGKILL
    assert postbox.subjects == names[:2]
    postbox.on_recipient.clear()
    assert finish(postbox, now + timedelta(minutes=1)) == RoundStatistics(sent=4)  # the streams of the two that arrived go on
    assert finish(postbox, now + LEASE_IS_OVER) == RoundStatistics(sent=6)
    assert_all_arrived(postbox, names, twice=set())


@pytest.mark.parametrize("moment", ["before the 250 arrives", "before settling"])
def test_killed_after_the_server_took_it_one_letter_comes_twice_and_is_the_same(
    make: Builder, now: datetime, postbox: Postbox, start_worker: Callable[..., Forked], moment: str
) -> None:
    names = queue_streams(make, now, streams=4, letters=3)
    started = Future[Forked]()
    if moment == "before the 250 arrives":
        postbox.on_content[LAST] = lambda: started.result(180).kill()
    worker = start_worker(last=LAST if moment == "before settling" else "-")
    started.set_result(worker)
    assert worker.wait(180) == -signal.SIGKILL
    assert postbox.subjects == names[:3]
    postbox.on_content.clear()
    finish(postbox, now + LEASE_IS_OVER)
    assert_all_arrived(postbox, names, twice={names[2]})


def test_of_two_workers_one_dies_and_every_letter_arrives_in_order(
    make: Builder, now: datetime, postbox: Postbox, start_worker: Callable[..., Forked]
) -> None:
    names = queue_streams(make, now, streams=8, letters=5)
    workers = [start_worker(batch=3, last="someone5@example.org"), start_worker(batch=3)]
    codes = {worker.wait(180) for worker in workers}
    assert codes <= {0, -signal.SIGKILL}
    finish(postbox, now + LEASE_IS_OVER)
    twice = {name for name, count in Counter(postbox.subjects).items() if count == 2}
    assert len(twice) == (-signal.SIGKILL in codes)
    assert all(name.startswith("someone5@") for name in twice)
    assert_all_arrived(postbox, names, twice=twice)


@pytest.mark.one_database
def test_two_workers_share_the_work_and_send_nothing_twice(
    make: Builder, now: datetime, postbox: Postbox, start_worker: Callable[..., Forked]
) -> None:
    names = queue_streams(make, now, streams=20, letters=3)
    workers = [start_worker(batch=5), start_worker(batch=5)]
    assert [worker.wait(180) for worker in workers] == [0, 0]
    assert_all_arrived(postbox, names, twice=set())
    assert db.session.scalar(select(func.max(Letter.attempts))) == 1
