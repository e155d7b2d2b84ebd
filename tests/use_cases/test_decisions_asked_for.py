"""Who is asked whether a provisional session takes place, and when; nobody of another session, nobody who can't sign in."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import LetterKind, OutreachSession, SessionState, User
from outreach.models.snapshots import Cause, Reader
from outreach.notifications.decision_requests import ask_for_decisions
from tests.support.builders import Builder
from tests.support.neighbours import CARL, HANA, Neighbours
from tests.support.outbox import Scripted, deliver
from tests.support.queued_letters import Queued, queued, send_all

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
RUTHA, PIA = "rutha@programme.example", "pia@programme.example"


@pytest.fixture
def world(make: Builder) -> Neighbours:
    """The first session is provisional, decided at noon in New York, two days before; Carl is its co-host and host of the second."""
    world = Neighbours(make)
    make.coordinator(given_name="Rutha", email=RUTHA)
    make.coordinator(given_name="Pia", email=PIA)
    with transaction():
        world.first.leave_open_until(decided_at(world))
    return world


def decided_at(world: Neighbours) -> datetime:
    return world.first.starts_at - 2 * DAY - 2 * HOUR


def asked(one: OutreachSession) -> list[Queued]:
    return [letter for letter in queued() if letter.kind == LetterKind.DECISION and letter.facts.session.id == one.id]


def readers(one: OutreachSession) -> set[str]:
    found = [letter.to for letter in asked(one)]
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.parametrize(
    ("step", "who", "reader", "cause"),
    [
        (-DAY, {HANA, CARL}, Reader.HOST, Cause.PROVISIONAL),
        (timedelta(0), {HANA, CARL}, Reader.HOST, Cause.UNDECIDED),
        (2 * HOUR, {RUTHA, PIA}, Reader.COORDINATOR, Cause.UNDECIDED),
    ],
)
def test_each_step_is_taken_from_its_second_on_and_once(
    world: Neighbours, step: timedelta, who: set[str], reader: Reader, cause: Cause
) -> None:
    at = decided_at(world) + step
    ask_for_decisions(now=at - SECOND)
    send_all()
    assert ask_for_decisions(now=at) == 1
    assert readers(world.first) == who
    assert {(letter.facts.reader, letter.facts.cause) for letter in asked(world.first)} == {(reader, cause)}
    assert ask_for_decisions(now=at + SECOND) == 0
    assert asked(world.second) == []


def test_what_such_a_letter_holds(world: Neighbours) -> None:
    with transaction():
        world.hana.zone, world.mailbox(HANA).locale = "Asia/Tokyo", "de"
    ask_for_decisions(now=decided_at(world))
    assert {(one.to, one.facts.reader_name, one.facts.reader_zone, one.letter.locale) for one in queued()} == {
        (HANA, "Hana", "Asia/Tokyo", "de"),
        (CARL, "Carl", "Europe/London", "en"),
    }
    assert {(one.letter.session_id, one.letter.invitation_id, one.method) for one in queued()} == {(world.first.id, None, None)}
    assert {letter.facts.session.decides_at for letter in queued()} == {decided_at(world)}
    send_all()
    ask_for_decisions(now=decided_at(world) + 2 * HOUR)
    assert {(one.to, one.facts.reader_name, one.facts.reader_zone) for one in queued()} == {
        (RUTHA, "Rutha", "Europe/London"),
        (PIA, "Pia", "Europe/London"),
    }


def test_two_sessions_to_decide_at_one_time_are_asked_about_apart(world: Neighbours) -> None:
    with transaction():
        world.second.leave_open_until(decided_at(world))
    assert ask_for_decisions(now=decided_at(world)) == 2
    assert (readers(world.first), readers(world.second)) == ({HANA, CARL}, {CARL})
    send_all()
    with transaction():
        world.first.leave_open_until(decided_at(world) + DAY)
    assert ask_for_decisions(now=decided_at(world) + SECOND) == 1
    assert (readers(world.first), readers(world.second)) == ({HANA, CARL}, set())


def test_whoever_cannot_sign_in_is_not_asked(world: Neighbours) -> None:
    with transaction():
        world.hana.active = False
    ask_for_decisions(now=decided_at(world))
    assert readers(world.first) == {CARL}
    send_all()
    with transaction():
        world.carl.active = False
        db.session.scalars(select(User).where(User.email == PIA)).one().active = False
    ask_for_decisions(now=decided_at(world) + 2 * HOUR)
    assert readers(world.first) == {RUTHA}


def test_where_no_host_can_decide_the_coordinators_are_asked_from_the_first_question_on(world: Neighbours) -> None:
    with transaction():
        world.hana.active = world.carl.active = False
    assert ask_for_decisions(now=decided_at(world) - DAY) == 1
    assert readers(world.first) == {RUTHA, PIA}
    assert {(one.facts.reader, one.facts.instead_of) for one in asked(world.first)} == {(Reader.HOST, world.hana.name)}
    assert deliver(Scripted(), decided_at(world) - DAY).dropped == 0


def test_where_nobody_can_be_asked_nothing_is_counted(world: Neighbours) -> None:
    with transaction():
        for user in db.session.scalars(select(User)):
            user.active = False
    assert ask_for_decisions(now=decided_at(world)) == 0
    assert queued() == []


@pytest.mark.parametrize("state", list(SessionState))
@pytest.mark.parametrize("is_provisional", [True, False])
def test_only_a_published_session_that_is_undecided_is_asked_about(world: Neighbours, state: SessionState, *, is_provisional: bool) -> None:
    with transaction():
        world.first.state, world.first.is_provisional = state, is_provisional
    is_asked = state is SessionState.PUBLISHED and is_provisional
    assert ask_for_decisions(now=decided_at(world)) == is_asked
    assert bool(asked(world.first)) is is_asked


def test_nobody_is_asked_once_it_has_begun(world: Neighbours) -> None:
    assert ask_for_decisions(now=world.first.starts_at) == 0
    assert ask_for_decisions(now=world.first.starts_at - SECOND) == 1
