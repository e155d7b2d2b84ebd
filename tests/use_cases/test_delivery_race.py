"""Many workers look for letters at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask

from outreach.db import transaction
from outreach.models import LetterKind
from outreach.outbox.leases import Pace, lease_due
from tests.support.builders import Builder
from tests.support.outbox import about, invite, put, states
from tests.support.queued_letters import take_back

pytestmark = pytest.mark.both_databases("SKIP LOCKED and leases")

THREADS = 20


def in_threads(app: Flask, *work: Callable[[], None]) -> None:
    """Run each in a thread and an app context of its own, all at once."""
    start, faults = threading.Barrier(len(work)), []

    def run(one: Callable[[], None]) -> None:
        with app.app_context():
            start.wait()
            try:
                one()
            except Exception as fault:  # noqa: BLE001 (shown below, in the thread that counts)
                faults.append(fault)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_twenty_workers_never_take_one_letter_in_two_hands(app: Flask, make: Builder, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    for number in range(60):
        mailbox = make.mailbox(f"someone{number}@example.org")
        put(mailbox, f"first {number}", now=now, session_id=outreach_session.id)
        put(mailbox, f"second {number}", now=now, session_id=outreach_session.id)
    taken: list[str] = []

    def work() -> None:
        while True:
            with transaction():
                lease = lease_due(now=now, pace=Pace(batch=4))
            if not lease:
                return
            taken.extend(letter.dedupe_key for letter in lease.current)

    in_threads(app, *[work] * THREADS)
    assert set(Counter(taken).values()) == {1}
    assert set(taken) <= {f"first {number}" for number in range(60)}
    with transaction():
        taken += [letter.dedupe_key for letter in lease_due(now=now, pace=Pace(batch=100)).current]
    assert sorted(taken) == sorted(f"first {number}" for number in range(60))


def test_a_letter_is_either_taken_back_or_in_a_workers_hand_never_both(app: Flask, make: Builder, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    invitations = [invite(outreach_session, make.mailbox(f"someone{number}@example.org"), now=now) for number in range(40)]
    for invitation in invitations:
        put(invitation.mailbox, f"request {invitation.id}", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    leased: list[str] = []
    dropped: list[str] = []

    def lease() -> None:
        for _ in range(10):
            with transaction():
                leased.extend(letter.dedupe_key for letter in lease_due(now=now, pace=Pace(batch=2)).current)

    def take_some_back(ids: list[int]) -> None:
        with transaction():
            dropped.extend(letter.dedupe_key for letter in take_back(ids, now=now))

    ids = [invitation.id for invitation in invitations]
    in_threads(app, lease, lease, *[partial(take_some_back, ids[start::4]) for start in range(4)])
    assert set(leased).isdisjoint(dropped)
    assert len(leased) + len(dropped) == 40
    assert Counter(states().values()) == Counter(leased=len(leased), dropped=len(dropped)) - Counter()
    with transaction():
        assert not lease_due(now=now + timedelta(minutes=1), pace=Pace())
