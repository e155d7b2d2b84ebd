"""A domain that has had enough letters for now gets the next ones a little later; nobody else waits for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.mail.smtp_responses import Delayed
from outreach.models import Letter, LetterState
from outreach.outbox.domain_limit import DomainLimit
from outreach.outbox.leases import Lease, Pace, lease_due
from outreach.outbox.results import RoundStatistics
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver, letter_named, put

pytestmark = pytest.mark.both_databases("SKIP LOCKED and leases")

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_letters_over_the_limit_are_due_again_one_after_the_other_and_use_up_no_attempt(make: Builder, now: datetime) -> None:
    for number in range(9):
        put(make.mailbox(f"someone{number}@school.example"), f"letter {number}", now=now)
    put(make.mailbox("someone@elsewhere.example"), "elsewhere", now=now)
    transport, limit = Scripted(), DomainLimit(60)
    assert deliver(transport, now, limit=limit) == RoundStatistics(sent=6, put_off=4)
    assert transport.subjects == [*(f"letter {number}" for number in range(5)), "elsewhere"]
    waiting = db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED).order_by(Letter.id))
    rows = [(letter.due_at, letter.attempts, letter.lease_token) for letter in waiting]
    assert rows == [(now + SECOND * number, 0, None) for number in range(1, 5)]
    db.session.rollback()
    assert deliver(transport, now + 2 * SECOND, limit=limit) == RoundStatistics(sent=2)
    assert deliver(transport, now + MINUTE, limit=limit) == RoundStatistics(sent=2)
    assert transport.subjects[6:] == [f"letter {number}" for number in range(5, 9)]


@pytest.mark.one_database
def test_letters_of_one_stream_stay_in_order(make: Builder, now: datetime) -> None:
    mailbox, outreach_session = make.mailbox("someone@school.example"), make.outreach_session(make.clinician())
    names = [put(mailbox, f"letter {number}", now=now, session_id=outreach_session.id) for number in range(4)]
    transport, limit = Scripted(), DomainLimit(1)
    for minute in range(9):
        deliver(transport, now + minute * MINUTE, limit=limit)
    assert transport.subjects == names


@pytest.mark.one_database
def test_what_waits_is_left_alone_until_it_is_due(make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    leases: list[Lease] = []

    def counted(*, now: datetime, pace: Pace) -> Lease:
        leases.append(lease_due(now=now, pace=pace))
        return leases[-1]

    monkeypatch.setattr("outreach.outbox.delivery.lease_due", counted)
    for number in range(30):
        put(make.mailbox(f"someone{number}@school.example"), now=now)
    limit = DomainLimit(6)
    assert deliver(Scripted(), now, limit=limit, pace=Pace(batch=10)) == RoundStatistics(sent=1, put_off=29)
    assert len(leases) == 3
    for second in range(1, 10):
        assert deliver(Scripted(), now + second * SECOND, limit=limit) == RoundStatistics()
    assert len(leases) == 3
    assert deliver(Scripted(), now + 10 * SECOND, limit=limit) == RoundStatistics(sent=1)


@pytest.mark.one_database
def test_a_letter_tried_again_takes_its_turn_like_any_other(make: Builder, now: datetime) -> None:
    greylisted, other = make.mailbox("greylisted@school.example"), make.mailbox("other@school.example")
    put(greylisted, "first", now=now)
    limit = DomainLimit(1)
    assert deliver(Scripted({greylisted.address: Delayed(words="450 Later")}), now, limit=limit) == RoundStatistics(delayed=1)
    put(other, "second", now=now + MINUTE - SECOND)
    assert deliver(Scripted(), now + MINUTE - SECOND, limit=limit) == RoundStatistics(put_off=1)
    assert deliver(Scripted(), now + MINUTE, limit=limit) == RoundStatistics(sent=1, put_off=1)
    assert deliver(Scripted(), now + 2 * MINUTE, limit=limit) == RoundStatistics(sent=1)
    assert [letter_named(name).attempts for name in ("first", "second")] == [2, 1]
