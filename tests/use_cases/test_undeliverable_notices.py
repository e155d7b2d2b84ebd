"""Teachers learn of addresses to which nothing arrives, once each; until then they hear in the family's place."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.deliverability.use_cases import reactivate_mailbox, report_undeliverable_mailboxes
from outreach.mail.smtp_responses import Rejected
from outreach.models import BlockedDomain, BounceKind, Letter, LetterKind, Mailbox, Registration, RegistrationState
from outreach.models.snapshots import Cause, LetterSnapshot
from tests.support.builders import Builder
from tests.support.outbox import Scripted
from tests.support.rivals import at_once
from tests.support.undeliverable import MARIA, World

HOUR = timedelta(hours=1)


@pytest.fixture
def world(make: Builder, now: datetime) -> World:
    return World(make, now)


def letters_of(kind: LetterKind = LetterKind.WRONG_ADDRESS) -> list[tuple[str, LetterSnapshot]]:
    """Give who was written to, and what."""
    found = db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id))
    return [(letter.mailbox.address, LetterSnapshot.from_json(letter.facts)) for letter in found]


def names(facts: LetterSnapshot) -> list[str]:
    return [student.given_name for student in facts.seated + facts.waiting]


@pytest.mark.empty_database
def test_the_teacher_is_told_once_whichever_way_the_refusal_came(world: World, now: datetime) -> None:
    world.register()
    assert report_undeliverable_mailboxes(now=now) == 0
    world.to_maria(Scripted({MARIA: Rejected(words="550 5.1.1 Unknown", kind=BounceKind.HARD)}))
    assert report_undeliverable_mailboxes(now=now) == 1
    assert report_undeliverable_mailboxes(now=now + HOUR) == 0
    [(address, facts)] = letters_of()
    assert (address, facts.cause, facts.reason, names(facts)) == (world.teacher.email, Cause.BOUNCED, MARIA, ["Ana"])
    assert facts.session.id == world.session.id
    transport = Scripted()
    world.to_maria(transport, now + HOUR)
    assert world.teacher.email in {envelope.recipient for envelope in transport.sent}


def test_refused_anew_it_is_news_again(world: World, now: datetime) -> None:
    world.register()
    world.to_maria()
    world.bounce()
    report_undeliverable_mailboxes(now=now)
    reactivate_mailbox(world.maria.id, now=now)
    assert report_undeliverable_mailboxes(now=now) == 0
    world.to_maria(now=now)
    world.now = now + HOUR
    world.bounce()
    assert report_undeliverable_mailboxes(now=now + HOUR) == 1


@pytest.mark.empty_database
def test_each_teacher_is_told_of_their_own_students_and_siblings_stand_in_one_letter(world: World, make: Builder, now: datetime) -> None:
    other = make.teacher(world.school_class.school)
    ben, cem = (make.student(world.school_class, given_name=name, guardians=(MARIA,)) for name in ("Ben", "Cem"))
    later = make.outreach_session(make.clinician(), starts_wall=datetime(2027, 4, 18, 14))
    world.register(world.ana, ben, session=later)
    world.register(world.ana)
    world.teacher, first = other, world.teacher
    world.register(cem, session=later)
    world.to_maria()
    world.bounce()
    assert report_undeliverable_mailboxes(now=now) == 2
    by_address = dict(letters_of())
    assert (names(by_address[first.email]), by_address[first.email].session.id) == (["Ana", "Ben"], world.session.id)
    assert (names(by_address[other.email]), by_address[other.email].session.id) == (["Cem"], later.id)


@pytest.mark.empty_database
def test_nobody_is_told_of_an_address_nobody_would_write_to(world: World, make: Builder, now: datetime) -> None:
    grown_up = make.student(world.school_class, given_name="Dan", guardians=(MARIA,), birth_date=date(2000, 1, 1))
    world.register(grown_up)
    with transaction():
        world.maria.undeliverable_at = now
    assert report_undeliverable_mailboxes(now=now) == 0
    world.register()
    assert report_undeliverable_mailboxes(now=now) == 1
    assert [names(facts) for _address, facts in letters_of()] == [["Ana"]]


@pytest.mark.parametrize("happens", ["over", "withdrawn", "stopped"])
@pytest.mark.empty_database
def test_nobody_is_told_once_it_is_no_news(world: World, now: datetime, happens: str) -> None:
    world.register()
    with transaction():
        world.maria.undeliverable_at = now
        world.maria.stopped_at = now if happens == "stopped" else None
    if happens == "withdrawn":
        world.withdraw()
    assert report_undeliverable_mailboxes(now=world.session.ends_at if happens == "over" else now) == 0


@pytest.mark.empty_database
def test_the_teacher_stands_in_where_no_other_guardian_is_reached(world: World, make: Builder, now: datetime) -> None:
    ben = make.student(world.school_class, given_name="Ben", guardians=(MARIA, "other@families.example"))
    world.register(world.ana, ben)
    world.to_maria()
    world.bounce()
    report_undeliverable_mailboxes(now=now)
    [(_address, facts)] = letters_of()
    assert (names(facts), [student.given_name for student in facts.stands_in_for]) == (["Ana", "Ben"], ["Ana"])
    world.moving()()
    _address, digest = letters_of(LetterKind.DIGEST)[-1]
    assert (digest.cause, [student.given_name for student in digest.stands_in_for]) == (Cause.MOVED, ["Ana"])


@pytest.mark.empty_database
def test_a_refused_address_keeps_its_place_among_the_reasons(world: World, now: datetime) -> None:
    """It is told as soon as it is reached: nothing of it was taken away meanwhile."""
    with transaction():
        world.maria.undeliverable_at = now
    world.register()
    assert (world.invitation.is_live, [reason.kind.value for reason in world.invitation.reasons]) == (True, ["guardian"])
    world.moving()()
    assert (world.invitation.is_live, world.invitation.sequence) == (True, 1)
    assert db.session.scalar(select(Registration.student_id)) == world.ana.id


@pytest.mark.empty_database
def test_three_workers_tell_it_once(app: Flask, world: World, now: datetime) -> None:
    world.register()
    with transaction():
        world.maria.undeliverable_at = now
    at_once(app, *[partial(report_undeliverable_mailboxes, now=now)] * 3)
    assert len(letters_of()) == 1


@pytest.mark.empty_database
def test_the_teacher_is_asked_once_where_a_domain_blocks_the_only_guardians_of_minors(world: World, make: Builder, now: datetime) -> None:
    """The seats stay, and the teacher gets what goes to the child; who has a guardian elsewhere, or is of age, needs nobody."""
    ben = make.student(world.school_class, given_name="Ben", email="ben@pupils.example", guardians=("omar@families.example",))
    cem = make.student(world.school_class, given_name="Cem", guardians=("lin@families.example", "lin@elsewhere.example"))
    dan = make.student(world.school_class, given_name="Dan", guardians=("eva@families.example",), birth_date=date(2000, 1, 1))
    world.register(world.ana, ben, cem, dan)
    with transaction():
        db.session.add(BlockedDomain(domain="families.example", since=now))
        for mailbox in db.session.scalars(select(Mailbox).where(Mailbox.address.endswith("@families.example"))):
            mailbox.blocked_at = now
    assert report_undeliverable_mailboxes(now=now) == 1
    assert report_undeliverable_mailboxes(now=now + HOUR) == 0
    [(address, facts)] = letters_of()
    assert (address, facts.cause, facts.reason) == (world.teacher.email, Cause.BLOCKED, "families.example")
    assert names(facts) == [student.given_name for student in facts.stands_in_for] == ["Ana", "Ben"]
    assert set(db.session.scalars(select(Registration.state))) == {RegistrationState.CONFIRMED}
    world.moving()()
    _address, digest = letters_of(LetterKind.DIGEST)[-1]
    assert (digest.cause, [student.given_name for student in digest.stands_in_for]) == (Cause.MOVED, ["Ana", "Ben", "Dan"])
