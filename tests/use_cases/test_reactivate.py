"""Where letters don't arrive nothing is sent; once they do, the mailbox learns how things stand now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.class_lists.plan import KnownGuardian
from outreach.db import db, transaction
from outreach.deliverability.reactivate import reactivate_mailboxes
from outreach.deliverability.use_cases import reactivate_mailbox, report_undeliverable_mailboxes
from outreach.families.use_cases import not_mine
from outreach.mail.smtp_responses import Accepted, Delayed, Rejected
from outreach.models import BounceKind, Letter
from outreach.outbox.bounces import record_bounce
from outreach.outbox.leases import Pace, lease_due
from outreach.outbox.results import drop, record_result
from outreach.scheduling.use_cases import cancel
from outreach.schools import students
from outreach.schools.queries import known_students
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver
from tests.support.rivals import at_once
from tests.support.undeliverable import MARIA, World

pytestmark = pytest.mark.both_databases("updates with CASE and typed literals")

HOUR = timedelta(hours=1)
ELSEWHERE = "maria.diaz@families.example"
NO_SUCH_USER = Rejected(words="550 5.1.1 No such user", kind=BounceKind.HARD)


@pytest.fixture
def world(make: Builder, now: datetime) -> World:
    return World(make, now)


def test_nothing_goes_there_while_the_invitation_grows_and_then_the_current_state_does(world: World, now: datetime) -> None:
    world.register()
    assert world.to_maria() == [("invitation", 0)]
    world.bounce()
    world.moving()()
    assert world.to_maria() == []
    assert (world.invitation.sequence, world.invitation.sent_sequence) == (1, 0)
    assert reactivate_mailbox(world.maria.id, now=now)
    assert (world.maria.undeliverable_at, world.maria.undeliverable_words) == (None, None)
    assert world.to_maria() == [("updated", 1)]
    assert (world.invitation.sequence, world.invitation.sent_sequence) == (1, 1)


def test_one_whose_request_a_server_refused_at_once_is_invited_when_reached(world: World, now: datetime) -> None:
    world.register()
    assert world.to_maria(Scripted({MARIA: NO_SUCH_USER})) == []
    assert world.maria.undeliverable_at == now
    reactivate_mailbox(world.maria.id, now=now)
    assert world.to_maria() == [("invitation", 0)]


@pytest.mark.one_database
def test_an_entry_that_died_meanwhile_is_taken_out_of_the_calendar(world: World, now: datetime) -> None:
    world.register()
    world.to_maria()
    world.bounce()
    world.withdraw()
    assert world.to_maria() == []
    reactivate_mailbox(world.maria.id, now=now)
    assert world.to_maria() == [("removed", 1)]


@pytest.mark.one_database
def test_a_cancel_that_bounced_is_told_again_and_one_that_arrived_is_not(world: World, make: Builder, now: datetime) -> None:
    other = make.outreach_session(make.clinician())
    for one in (world.session, other):
        world.register(session=one)
        world.to_maria()
        cancel(one.id, "Flood", now=now)
        assert world.to_maria() == [("cancelled", 1)]
    world.bounce()
    reactivate_mailbox(world.maria.id, now=now)
    assert world.to_maria() == [("cancelled", 1)]


@pytest.mark.one_database
def test_a_session_cancelled_meanwhile_is_told_as_cancelled(world: World, now: datetime) -> None:
    world.register()
    world.to_maria()
    world.bounce()
    cancel(world.session.id, "Flood", now=now)
    assert world.to_maria() == []
    reactivate_mailbox(world.maria.id, now=now)
    assert world.to_maria() == [("cancelled", 1)]


@pytest.mark.one_database
def test_what_never_left_and_is_off_again_is_never_mentioned(world: World, now: datetime) -> None:
    with transaction():
        world.maria.undeliverable_at = now
    world.register()
    world.to_maria()
    world.withdraw()
    world.to_maria()
    reactivate_mailbox(world.maria.id, now=now)
    assert world.to_maria() == []


@pytest.mark.one_database
def test_who_waits_learns_their_place_and_nobody_else_is_told_anything(world: World, make: Builder, now: datetime) -> None:
    ben = make.student(world.school_class, given_name="Ben", guardians=(MARIA, "other@families.example"))
    with transaction():
        world.session.capacity, world.maria.undeliverable_at = 1, now
    world.register(world.ana, ben)
    assert world.to_maria() == []
    reactivate_mailbox(world.maria.id, now=now + HOUR)
    transport = Scripted()
    assert world.to_maria(transport, now + HOUR) == [("invitation", 0), ("waiting", None)]
    assert {envelope.recipient for envelope in transport.sent} == {MARIA}


@pytest.mark.one_database
def test_a_session_that_is_over_is_not_told(world: World) -> None:
    world.register()
    world.to_maria()
    world.bounce()
    over = world.session.ends_at
    reactivate_mailbox(world.maria.id, now=over)
    assert world.to_maria(now=over) == []


@pytest.mark.one_database
def test_the_second_of_two_who_say_so_tells_nobody_twice(world: World, now: datetime) -> None:
    world.register()
    world.to_maria()
    world.bounce()
    assert reactivate_mailbox(world.maria.id, now=now)
    assert not reactivate_mailbox(world.maria.id, now=now + HOUR)
    assert world.to_maria(now=now + HOUR) == [("updated", 0)]


@pytest.mark.one_database
def test_a_reader_who_stopped_us_hears_nothing_even_if_the_address_works(world: World, now: datetime) -> None:
    world.register()
    world.to_maria()
    world.bounce()
    not_mine(world.maria.id, session_id=world.session.id, now=now)
    world.to_maria()
    reactivate_mailbox(world.maria.id, now=now)
    assert world.to_maria() == []
    assert not db.session.scalars(select(Letter.id).where(Letter.dedupe_key.contains("reached"))).all()


def correct(world: World) -> None:
    """Maria reads her letters elsewhere."""
    known = known_students(world.ana.school_id)[world.ana.id]
    [guardian] = known.guardians
    corrected = KnownGuardian(guardian.id, guardian.name, ELSEWHERE)
    facts = students.StudentInput(given_name="Ana", family_name=known.family_name, guardians=(corrected,))
    students.edit_student(world.ana.id, facts, seen=students.seen_of(known), now=world.now)


def test_a_corrected_address_is_invited_and_the_old_one_hears_nothing(world: World) -> None:
    world.register()
    world.to_maria()
    world.bounce()
    correct(world)
    transport = Scripted()
    assert world.to_maria(transport) == []
    assert [envelope.recipient for envelope in transport.sent] == [ELSEWHERE]
    assert (world.invitation.is_live, world.invitation.sequence, world.invitation.sent_sequence) == (False, 1, 0)


def test_a_letter_a_worker_is_about_to_give_up_is_told_all_the_same(world: World, now: datetime) -> None:
    """It was found stale in the moment before somebody said that the address works."""
    world.register()
    with transaction():
        world.maria.undeliverable_at = now
    with transaction():
        lease = lease_due(now=now, pace=Pace())
    [(stale, reason)] = [one for one in lease.stale if one[0].mailbox_id == world.maria.id]
    assert reason == "undeliverable"
    reactivate_mailbox(world.maria.id, now=now)
    with transaction():
        drop([(stale, reason)], lease, now=now)
    assert world.to_maria(now=now) == [("updated", 0)]


def test_a_letter_a_worker_has_in_hand_when_the_mailbox_is_marked_leaves_and_is_followed_by_the_current_state(
    world: World, now: datetime
) -> None:
    world.register()
    with transaction():
        lease = lease_due(now=now, pace=Pace())
    in_hand = next(letter for letter in lease.current if letter.mailbox_id == world.maria.id)
    world.bounce()
    world.moving()()
    with transaction():
        record_result(in_hand, lease, Accepted(), jitter=0.5, now=now)
    assert world.to_maria() == []
    assert (world.invitation.sequence, world.invitation.sent_sequence) == (1, 0)
    reactivate_mailbox(world.maria.id, now=now)
    assert world.to_maria() == [("updated", 1)]


@pytest.mark.empty_database
def test_an_address_corrected_while_a_worker_learns_that_it_is_wrong_is_of_no_more_concern(world: World, now: datetime) -> None:
    world.register()
    with transaction():
        lease = lease_due(now=now, pace=Pace())
    in_hand = next(letter for letter in lease.current if letter.mailbox_id == world.maria.id)
    correct(world)
    with transaction():
        record_result(in_hand, lease, NO_SUCH_USER, jitter=0.5, now=now)
    assert world.maria.undeliverable_at == now
    transport = Scripted()
    assert world.to_maria(transport) == []
    assert ELSEWHERE in {envelope.recipient for envelope in transport.sent}
    assert report_undeliverable_mailboxes(now=now) == 0


@pytest.mark.one_database
def test_a_goodbye_that_was_cut_off_is_said_once_the_mailbox_is_reached(world: World, now: datetime) -> None:
    world.register()
    assert world.to_maria() == [("invitation", 0)]
    world.withdraw()
    cut_off = Delayed(words="connection lost", is_break=True, may_have_left=True)
    assert world.to_maria(Scripted({MARIA: cut_off})) == []
    world.bounce()
    assert world.to_maria(now=now + HOUR) == []
    reactivate_mailbox(world.maria.id, now=now + HOUR)
    assert world.to_maria(now=now + HOUR) == [("removed", 1)]


def note_bounce(mailbox_id: int, letter_id: int, now: datetime) -> None:
    with transaction():
        record_bounce(mailbox_id, letter_id, BounceKind.HARD, status="5.1.1", words="550 Unknown", now=now)


@pytest.mark.parametrize("attempt", range(2))
def test_while_it_moves_bounces_and_is_reached_again_all_at_once_the_calendar_ends_up_true(
    app: Flask, world: World, now: datetime, attempt: int
) -> None:
    """Whatever comes first: after one last word that the address works, what left says what is so."""
    world.register()
    world.to_maria()
    letter = db.session.scalars(select(Letter.id).where(Letter.mailbox_id == world.maria.id)).one()
    acts: list[Callable[[], object]] = [
        world.moving(),
        partial(note_bounce, world.maria.id, letter, now),
        partial(reactivate_mailbox, world.maria.id, now=now),
        partial(deliver, Scripted(), now),
    ]
    answers = at_once(app, *(acts if attempt else reversed(acts)))
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    with transaction():
        world.maria.undeliverable_at = now
        reactivate_mailboxes([world.maria.id], now=now + HOUR)
    world.to_maria(now=now + HOUR)
    assert (world.invitation.sequence, world.invitation.sent_sequence, world.invitation.is_live) == (1, 1, True)
