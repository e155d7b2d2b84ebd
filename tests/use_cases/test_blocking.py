"""A domain that turns our letters away is marked, its teachers are asked to have us let in, and then everybody hears how things stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.deliverability.use_cases import unblock_domain, update_blocked_domains
from outreach.mail.smtp_responses import Outcome, Rejected
from outreach.models import BlockedDomain, BounceKind, Letter, LetterKind, Mailbox, OutreachSession, SchoolClass, Student, User
from outreach.models.snapshots import BlockedDomainSnapshot, LetterSnapshot
from outreach.people.mail_domains import schools_of
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver
from tests.support.rivals import at_once

pytestmark = pytest.mark.both_databases("GROUP BY, and text compared in SQL")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DOMAIN = "pupils.example"
NOT_FROM_YOU = Rejected(words="550 5.7.1 Not from you", kind=BounceKind.POLICY)


@dataclass
class World:
    """A class of five with addresses at the school's domain and a guardian each elsewhere; all registered."""

    make: Builder
    now: datetime
    domain: str = DOMAIN
    students: list[Student] = field(default_factory=list)

    def __post_init__(self) -> None:
        school = self.make.school()
        self.teacher: User = self.make.teacher(school)
        self.school_class: SchoolClass = self.make.school_class(school, self.teacher)
        for number in range(5):
            address, guardian = f"s{number}@{self.domain}", f"g{number}@families.example"
            student = self.make.student(self.school_class, given_name=f"S{number}", email=address, guardians=(guardian,))
            self.students.append(student)
        self.session: OutreachSession = self.make.outreach_session(self.make.clinician())
        self.register(self.students)

    def register(self, chosen: Sequence[Student], session: OutreachSession | None = None) -> None:
        """Register students of the class."""
        self.make.register(session or self.session, self.teacher, *chosen, now=self.now)

    def deliver(self, now: datetime | None = None, *, turned_away: int = 0) -> list[str]:
        """Deliver what is due; so many of the school's mailboxes turn it away. Give whom it reached."""
        answers: dict[str, Outcome] = {f"s{number}@{self.domain}": NOT_FROM_YOU for number in range(turned_away)}
        transport = Scripted(answers)
        deliver(transport, now or self.now)
        return sorted(envelope.recipient for envelope in transport.sent)

    def marked(self) -> set[str]:
        """Give the addresses that bear the mark."""
        found = set(db.session.scalars(select(Mailbox.address).where(Mailbox.blocked_at.is_not(None))))
        db.session.rollback()
        return found

    @property
    def theirs(self) -> set[str]:
        """Give all addresses of the school's students."""
        return {f"s{number}@{self.domain}" for number in range(5)}


@pytest.fixture
def world(make: Builder, now: datetime) -> World:
    return World(make, now)


def asked() -> list[tuple[str, BlockedDomainSnapshot]]:
    """Give who was asked to have us let in."""
    found = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.BLOCKED).order_by(Letter.id))
    return [(letter.mailbox.address, BlockedDomainSnapshot.from_json(letter.facts)) for letter in found]


def domain_row() -> BlockedDomain:
    return db.session.get_one(BlockedDomain, DOMAIN, populate_existing=True)


def test_three_mailboxes_that_turn_us_away_mark_all_of_the_domain_and_the_teacher_is_asked_once(world: World, now: datetime) -> None:
    world.deliver(turned_away=3)
    assert update_blocked_domains(now=now) == 2
    assert world.marked() == world.theirs
    assert (domain_row().since, domain_row().words, domain_row().lifted_at) == (now, "550 5.7.1 Not from you", None)
    assert update_blocked_domains(now=now + HOUR) == 0
    [(address, facts)] = asked()
    assert (address, facts.domain, facts.students, facts.server_words) == (world.teacher.email, DOMAIN, 5, "550 5.7.1 Not from you")
    assert world.deliver(now + HOUR) == [world.teacher.email]


@pytest.mark.one_database
def test_two_mailboxes_are_no_reason(world: World, now: datetime) -> None:
    world.deliver(turned_away=2)
    assert update_blocked_domains(now=now) == 0
    assert world.marked() == set()


@pytest.mark.one_database
def test_what_happened_more_than_a_week_ago_is_no_reason(world: World, now: datetime) -> None:
    world.deliver(turned_away=5)
    assert update_blocked_domains(now=now + 7 * DAY) == 0
    assert world.marked() == set()


@pytest.mark.one_database
def test_meanwhile_guardians_get_their_letters_and_the_teacher_speaks_to_students_of_age(
    world: World, make: Builder, now: datetime
) -> None:
    of_age = make.student(world.school_class, given_name="Olu", email=f"olu@{DOMAIN}", birth_date=date(2000, 1, 1))
    world.deliver(turned_away=5)
    update_blocked_domains(now=now)
    world.deliver()
    assert f"olu@{DOMAIN}" in world.marked()
    session = make.outreach_session(make.clinician())
    world.register([world.students[0], of_age], session)
    assert world.deliver() == ["g0@families.example", world.teacher.email, world.teacher.email]
    digest = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.DIGEST, Letter.session_id == session.id)).one()
    assert [one.given_name for one in LetterSnapshot.from_json(digest.facts).stands_in_for] == ["Olu"]


@pytest.mark.one_database
def test_who_comes_to_the_domain_later_is_marked_too_and_who_signs_in_there_never_is(world: World, make: Builder, now: datetime) -> None:
    colleague = make.teacher(world.school_class.school, email=f"colleague@{DOMAIN}")
    make.student(world.school_class, given_name="Child", email=f"colleague@{DOMAIN}")
    world.deliver(turned_away=3)
    update_blocked_domains(now=now)
    make.student(world.school_class, given_name="New", email=f"new@{DOMAIN}", guardians=(f"parent@{DOMAIN}", f"far@sub.{DOMAIN}"))
    assert update_blocked_domains(now=now + HOUR) == 1
    assert world.marked() == world.theirs | {f"new@{DOMAIN}", f"parent@{DOMAIN}"}
    assert colleague.email not in world.marked()


@pytest.mark.one_database
def test_every_teacher_with_students_there_is_asked_and_no_other(world: World, make: Builder, now: datetime) -> None:
    school = world.school_class.school
    tutor, _idle, _elsewhere = make.teacher(school), make.teacher(school), make.teacher(make.school())
    tutored = make.school_class(school, tutor)
    with transaction():
        world.students[0].classes.append(tutored)
    world.deliver(turned_away=3)
    update_blocked_domains(now=now)
    assert {(address, facts.students) for address, facts in asked()} == {(world.teacher.email, 5), (tutor.email, 1)}


@pytest.mark.one_database
def test_a_domain_that_is_everybodys_is_marked_and_no_teacher_is_asked(make: Builder, now: datetime) -> None:
    world = World(make, now, domain="gmail.com")
    world.deliver(turned_away=5)
    assert update_blocked_domains(now=now) == 1
    assert world.marked() == world.theirs
    assert asked() == []


@pytest.mark.one_database
def test_a_domain_is_a_schools_own_where_most_of_its_students_or_of_its_teachers_are(make: Builder) -> None:
    school, other = make.school(), make.school()
    make.teacher(school, email="head@school.example")
    make.teacher(other, email="one@elsewhere.example")
    make.teacher(other, email="two@school.example")
    school_class = make.school_class(other)
    for name, address in (("a", "a@students.example"), ("b", "b@students.example"), ("c", "c@gmail.com"), ("d", None)):
        make.student(school_class, given_name=name, email=address)
    assert schools_of("school.example") == {school.id}
    assert schools_of("students.example") == {other.id}
    assert schools_of("gmail.com") == schools_of("nobody.example") == set()


def test_once_we_are_let_in_everybody_there_hears_how_things_stand(world: World, now: datetime) -> None:
    world.deliver(turned_away=5)
    update_blocked_domains(now=now)
    world.deliver()
    assert unblock_domain(DOMAIN, now=now + DAY)
    assert world.marked() == set()
    assert domain_row().lifted_at == now + DAY
    assert set(world.deliver(now + DAY)) == world.theirs
    assert not unblock_domain(DOMAIN, now=now + DAY)
    assert world.deliver(now + DAY) == []


@pytest.mark.one_database
def test_an_address_that_is_refused_besides_stays_so(world: World, now: datetime) -> None:
    world.deliver(turned_away=5)
    update_blocked_domains(now=now)
    with transaction():
        gone = db.session.scalars(select(Mailbox).where(Mailbox.address == f"s0@{DOMAIN}")).one()
        gone.undeliverable_at = now
    unblock_domain(DOMAIN, now=now + DAY)
    db.session.refresh(gone)
    assert (gone.undeliverable_at, gone.blocked_at) == (now, None)
    assert f"s0@{DOMAIN}" not in world.deliver(now + DAY)


@pytest.mark.one_database
def test_only_letters_that_left_after_we_were_let_in_speak_against_it(world: World, now: datetime) -> None:
    world.deliver(turned_away=5)
    update_blocked_domains(now=now)
    unblock_domain(DOMAIN, now=now + HOUR)
    assert update_blocked_domains(now=now + HOUR) == 0
    world.deliver(now + 2 * HOUR, turned_away=5)
    assert update_blocked_domains(now=now + 3 * HOUR) == 2
    assert (world.marked(), domain_row().since, domain_row().lifted_at) == (world.theirs, now + 3 * HOUR, None)
    assert len(asked()) == 2


@pytest.mark.one_database
def test_a_mark_made_while_the_domains_was_taken_off_does_not_stay(world: World, now: datetime) -> None:
    world.deliver(turned_away=5)
    update_blocked_domains(now=now)
    unblock_domain(DOMAIN, now=now + HOUR)
    with transaction():
        late = db.session.scalars(select(Mailbox).where(Mailbox.address == f"s1@{DOMAIN}")).one()
        late.blocked_at = now
    update_blocked_domains(now=now + 2 * HOUR)
    assert world.marked() == set()


def test_workers_who_look_while_a_teacher_says_we_are_let_in_leave_no_half_marks(app: Flask, world: World, now: datetime) -> None:
    world.deliver(turned_away=5)
    update_blocked_domains(now=now)
    acts = [partial(update_blocked_domains, now=now + HOUR)] * 2 + [partial(unblock_domain, DOMAIN, now=now + HOUR)] * 2
    answers = at_once(app, *acts)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert (world.marked(), len(asked())) == (set(), 1)
    assert [*answers[2:]].count(True) == 1
