"""Workers, messages that come in and people act on letters at the same moment, each time in the same order.

The first has written everything and not committed when the second begins, unless the test says otherwise.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.deliverability.use_cases import report_undeliverable_mailboxes
from outreach.errors import Refusal
from outreach.inbound.use_cases import receive
from outreach.mail.smtp_responses import PauseReason, Unavailable
from outreach.mail.verp import bounce_address
from outreach.models import Bounce, BounceKind, Letter, LetterKind, LetterState, OutboxPause
from outreach.outbox.bounces import record_bounce
from outreach.outbox.delivery import deliver_due, pause, resume
from outreach.outbox.leases import Pace, lease_due
from outreach.outbox.use_cases import retry_letter
from tests.support.builders import Builder
from tests.support.inbound import bounce, invited, messages
from tests.support.outbox import Scripted, about, invite, letter_named, put, render, sender_of, states
from tests.support.queued_letters import take_back
from tests.support.rivals import Act, overtaking
from tests.support.undeliverable import World

pytestmark = [pytest.mark.postgresql, pytest.mark.empty_database, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]
AWAY = Unavailable(reason=PauseReason.UNREACHABLE, words="Connection refused")


def leasing(now: datetime) -> Act:
    def act() -> list[str]:
        with transaction():
            return [letter.dedupe_key for letter in lease_due(now=now, pace=Pace(batch=2)).current]

    return act


def test_two_workers_take_different_letters_and_neither_waits(app: Flask, make: Builder, now: datetime) -> None:
    for name in ("one", "two", "three"):
        put(make.mailbox(f"{name}@example.org"), name, now=now)
    assert overtaking(app, leasing(now), leasing(now)) == (["one", "two"], ["three"], False)


def queued_request(make: Builder, now: datetime) -> int:
    """Put a calendar's letter into the queue; give its invitation."""
    invitation = invite(make.outreach_session(make.clinician()), make.mailbox("someone@example.org"), now=now)
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    return invitation.id


def taking_back(invitation_id: int, now: datetime) -> Act:
    def act() -> list[str]:
        with transaction():
            return [letter.dedupe_key for letter in take_back([invitation_id], now=now)]

    return act


def test_what_a_worker_is_taking_in_hand_is_not_taken_back(app: Flask, make: Builder, now: datetime) -> None:
    key = queued_request(make, now)
    met = overtaking(app, leasing(now), taking_back(key, now))
    assert (met.first, met.second, states()) == (["request"], [], {"request": "leased"})


def test_what_is_being_taken_back_no_worker_takes_in_hand(app: Flask, make: Builder, now: datetime) -> None:
    key = queued_request(make, now)
    met = overtaking(app, taking_back(key, now), leasing(now))
    assert (met.second, list(states().values())) == ([], ["dropped"])


def test_a_failed_letter_is_sent_again_once(app: Flask, make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), "news", now=now)
    letter = letter_named("news")
    with transaction():
        letter.state, letter.settled_at = LetterState.FAILED, now
    again = partial(retry_letter, letter.id, now=now)
    assert isinstance(overtaking(app, again, again).second, Refusal)


# The pause of the whole queue


def delivering(make: Builder, now: datetime, *names: str) -> list[Act]:
    """Give a worker for each of these letters, whose server can't be reached."""
    for name in names:
        put(make.mailbox(f"{name}@example.org"), name, now=now)
    away = Scripted(answers={f"{name}@example.org": AWAY for name in names})
    work = partial(deliver_due, transport=away, render=render, sender_of=sender_of, clock=lambda: now, jitter=lambda: 0.5)
    return [partial(work, pace=Pace(batch=1))] * len(names)


def test_two_workers_that_find_the_server_away_make_one_pause(app: Flask, make: Builder, now: datetime) -> None:
    """Each has a letter in hand; neither saw a pause."""
    one, other = delivering(make, now, "one", "two")
    met = overtaking(app, one, other, at="INSERT INTO outbox_pause", then_at=None)
    assert not [done for done in (met.first, met.second) if isinstance(done, Exception)]
    assert db.session.scalars(select(OutboxPause.times)).all() == [1]


def test_a_pause_made_while_a_rival_ends_the_last_one_stands(app: Flask, now: datetime) -> None:
    def pausing() -> None:
        with transaction():
            pause(AWAY, now=now + timedelta(hours=1))

    def resuming() -> None:
        with transaction():
            resume()

    with transaction():
        pause(AWAY, now=now)
    overtaking(app, resuming, pausing)
    assert db.session.scalars(select(OutboxPause.until)).one() > now + timedelta(hours=1)


# News that must not be written twice


def test_two_workers_tell_a_teacher_once_of_an_address(app: Flask, make: Builder, now: datetime) -> None:
    world = World(make, now)
    world.register()
    world.to_maria()
    world.bounce()
    telling = partial(report_undeliverable_mailboxes, now=now)
    overtaking(app, telling, telling)
    notices = select(Letter.id).where(Letter.kind == LetterKind.WRONG_ADDRESS)
    assert len(db.session.scalars(notices).all()) == 1


def test_a_message_that_comes_two_ways_counts_once(app: Flask, make: Builder, now: datetime) -> None:
    family = invited(make, now)
    raw = bounce(to=bounce_address(family.letter().id, family.settings), status="4.4.7")
    taking = partial(receive, raw, delivered_to=None, source="test", now=now)
    met = overtaking(app, taking, taking)
    assert (met.first is not None, met.second, len(messages())) == (True, None, 1)


def test_a_failure_that_is_noted_twice_counts_once(app: Flask, make: Builder, now: datetime) -> None:
    """By the server's answer, and by a report of the same letter."""
    world = World(make, now)
    world.register()
    world.to_maria()
    letter = db.session.scalars(select(Letter.id).where(Letter.mailbox_id == world.maria.id)).one()

    def noting(mailbox_id: int = world.maria.id) -> None:
        with transaction():
            record_bounce(mailbox_id, letter, BounceKind.SOFT, status="4.4.7", words="Expired", now=now)

    overtaking(app, noting, noting)
    assert len(db.session.scalars(select(Bounce.id)).all()) == 1
