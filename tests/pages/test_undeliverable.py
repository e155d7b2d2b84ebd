"""Pages about letters that don't arrive: what a teacher sees beside the student, and what they can do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.deliverability.use_cases import update_blocked_domains
from outreach.models import BounceKind, Letter, LetterState, Mailbox, User
from outreach.outbox.bounces import record_bounce
from tests.support.builders import Builder
from tests.support.undeliverable import MARIA, World

pytestmark = pytest.mark.usefixtures("clock_stands_still")

Clients = Callable[[User | None], FlaskClient]
DOMAIN = "pupils.example"


@pytest.fixture
def world(make: Builder, now: datetime) -> World:
    world = World(make, now)
    world.register()
    world.to_maria()
    return world


@pytest.fixture
def teacher(world: World, client_of: Clients) -> FlaskClient:
    return client_of(world.teacher)


def text(response: Any) -> str:
    """Give the words of a page as they are read."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))).split())


def block(world: World, now: datetime) -> None:
    """Let the domain of four students turn letters away."""
    for number in range(4):
        student = world.make.student(world.school_class, given_name=f"S{number}", email=f"s{number}@{DOMAIN}")
        with transaction():
            record_bounce(student.mailbox_id or 0, None, BounceKind.POLICY, status="5.7.1", words="550 5.7.1 Not from you", now=now)
    update_blocked_domains(now=now)


def test_the_teacher_sees_beside_the_student_that_letters_do_not_arrive_and_why(world: World, teacher: FlaskClient) -> None:
    world.bounce()
    for path in (f"/classes/{world.school_class.id}", "/students?show=trouble"):
        page = text(teacher.get(path))
        assert f"E-mails don’t arrive {MARIA}: There is no such mailbox." in page
        assert "Correct the address of Ana" in page
        assert f"The address works: use it again {MARIA}" in page
    record = text(teacher.get(f"/students/{world.ana.id}"))
    for words in (f"E-mails to {MARIA} don’t arrive", "There is no such mailbox.", "since Monday 1 March 2027", "550 5.1.1 Unknown"):
        assert words in record


def test_the_places_of_a_session_say_so_too(world: World, teacher: FlaskClient, now: datetime) -> None:
    places = f"/sessions/{world.session.id}/seats"
    assert "don’t arrive" not in text(teacher.get(places))
    world.bounce()
    page = text(teacher.get(places))
    assert f"E-mails don’t arrive {MARIA}: There is no such mailbox. What to do about it Ana" in page
    assert "no e-mail address: please tell them" in page
    with transaction():
        world.maria.undeliverable_at, world.maria.blocked_at = None, now
    assert f"E-mails don’t arrive {MARIA}: Its mail server blocks our e-mails." in text(teacher.get(places))


def test_a_letter_that_failed_is_no_news_once_a_later_one_leaves(world: World, teacher: FlaskClient, client_of: Clients) -> None:
    places, coordinator = f"/sessions/{world.session.id}/seats", client_of(world.make.coordinator())
    with transaction():
        for letter in db.session.scalars(select(Letter).where(Letter.mailbox_id == world.maria.id)):
            letter.state, letter.settled_at, letter.server_words = LetterState.FAILED, world.now, "554 Not today"
    assert f"An e-mail didn’t arrive {MARIA}: 554 Not today" in text(teacher.get(places))
    assert "1 e-mail didn't arrive" in text(coordinator.get("/coordination"))
    world.bounce()
    teacher.post(f"/students/{world.ana.id}/addresses/{world.maria.id}/retry")
    assert "didn’t arrive" not in text(teacher.get(places))
    assert "didn't arrive" not in text(coordinator.get("/coordination"))


def test_one_button_and_how_things_stand_goes_there_again(world: World, teacher: FlaskClient) -> None:
    world.bounce()
    path = f"/students/{world.ana.id}/addresses/{world.maria.id}/retry"
    done = teacher.post(path)
    assert (done.status_code, done.location) == (303, f"/students/{world.ana.id}")
    assert f"We'll send e-mails to {MARIA} again" in text(teacher.get(done.location))
    assert world.maria.is_reached
    assert world.to_maria() == [("updated", 0)]
    assert f"We already send e-mails to {MARIA}." in text(teacher.get(teacher.post(path).location))


def test_only_an_address_of_that_students_family_can_be_named(world: World, teacher: FlaskClient) -> None:
    ben = world.make.student(world.school_class, given_name="Ben", email="ben@pupils.example")
    with transaction():
        world.maria.undeliverable_at = world.now
    assert teacher.post(f"/students/{ben.id}/addresses/{world.maria.id}/retry").status_code == 404
    assert teacher.post(f"/students/{ben.id}/addresses/99999/retry").status_code == 404
    assert not world.maria.is_reached


def test_temporary_refusals_are_counted_and_stop_nothing(world: World, teacher: FlaskClient, now: datetime) -> None:
    for days in (9, 3, 2, 1):
        with transaction():
            record_bounce(world.maria.id, None, BounceKind.SOFT, status="4.2.2", words="452 Full", now=now - timedelta(days=days))
    record = text(teacher.get(f"/students/{world.ana.id}"))
    assert "3 temporary refusals in 7 days" in record
    assert "1 guardian" in text(teacher.get(f"/classes/{world.school_class.id}"))


def test_a_school_that_turns_us_away_finds_what_its_it_must_allow(world: World, teacher: FlaskClient, now: datetime) -> None:
    block(world, now)
    class_page = text(teacher.get(f"/classes/{world.school_class.id}"))
    assert f"{DOMAIN} blocks our e-mails 4 students in this class don’t get our e-mails there." in class_page
    page = teacher.get(f"/blocked-domains/{DOMAIN}")
    for words in (
        f"{DOMAIN} blocks our e-mails",
        "Since Monday 1 March 2027, 4 students have had no e-mails there.",
        "550 5.7.1 Not from you",
    ):
        assert words in text(page)
    for words in ("sender address: rsvp+*@outreach.example", "sender domain: outreach.example", "invite.ics"):
        assert words in text(page)


def test_once_they_let_us_in_everybody_is_told_and_the_page_says_so(world: World, teacher: FlaskClient, now: datetime) -> None:
    block(world, now)
    done = teacher.post(f"/blocked-domains/{DOMAIN}/unblock")
    assert (done.status_code, done.location) == (303, f"/blocked-domains/{DOMAIN}")
    assert f"We send e-mails to {DOMAIN} again" in text(teacher.get(done.location))
    assert db.session.scalars(select(Mailbox.id).where(Mailbox.blocked_at.is_not(None))).all() == []
    assert teacher.post(f"/blocked-domains/{DOMAIN}/unblock").status_code == 303


def test_a_teacher_of_another_school_has_no_say_about_a_domain(world: World, client_of: Clients, now: datetime) -> None:
    block(world, now)
    stranger = client_of(world.make.teacher(world.make.school()))
    assert stranger.get(f"/blocked-domains/{DOMAIN}").status_code == 404
    assert stranger.post(f"/blocked-domains/{DOMAIN}/unblock").status_code == 404
    assert len(db.session.scalars(select(Mailbox.id).where(Mailbox.blocked_at.is_not(None))).all()) == 4


def test_a_public_domain_is_the_coordinators(world: World, teacher: FlaskClient, client_of: Clients, now: datetime) -> None:
    students = [world.make.student(world.school_class, email=f"g{number}@gmail.com") for number in range(3)]
    for student in students:
        with transaction():
            record_bounce(student.mailbox_id or 0, None, BounceKind.POLICY, status="5.7.1", words="550 5.7.1 No", now=now)
    update_blocked_domains(now=now)
    assert teacher.get("/blocked-domains/gmail.com").status_code == 404
    record = text(teacher.get(f"/students/{students[0].id}"))
    assert "gmail.com blocks our e-mails" in record
    assert "The coordinator knows." in record
    coordinator = client_of(world.make.coordinator())
    assert coordinator.get("/blocked-domains/gmail.com").status_code == 200


@pytest.mark.empty_database
def test_the_coordinator_sees_all_of_it_with_words_and_buttons(world: World, client_of: Clients, now: datetime) -> None:
    coordinator = client_of(world.make.coordinator())
    block(world, now)
    world.bounce()
    put_off = world.make.mailbox("full@families.example")
    with transaction():
        record_bounce(put_off.id, None, BounceKind.SOFT, status="4.2.2", words="452 Full", now=now)
        db.session.get_one(Mailbox, world.teacher.mailbox_id).undeliverable_at = now
    home = text(coordinator.get("/coordination"))
    assert "2 addresses are refused by their mail servers" in home
    assert "1 domain blocks our e-mails" in home
    page = text(coordinator.get("/coordination/undeliverable"))
    for words in (
        f"{DOMAIN} Mon 1 Mar 2027, 09:00 (London) 4 550 5.7.1 Not from you",
        f"{MARIA} Refused",
        f"{world.teacher.email} {world.teacher.name}",
    ):
        assert words in page
    assert "There is no such mailbox. 550 5.1.1 Unknown" in page
    assert f"s0@{DOMAIN}" not in page
    assert f"s0@{DOMAIN}" in text(coordinator.get("/coordination/undeliverable?show=blocked"))
    assert "full@families.example 1 temporary refusal in 7 days" in text(coordinator.get("/coordination/undeliverable?show=temporary"))
    assert "Reported as wrong" in text(coordinator.get("/coordination/undeliverable?show=nonsense"))


def test_the_coordinator_lets_letters_go_to_any_address_again(world: World, client_of: Clients) -> None:
    coordinator = client_of(world.make.coordinator())
    with transaction():
        db.session.get_one(Mailbox, world.teacher.mailbox_id).undeliverable_at = world.now
    done = coordinator.post(f"/coordination/undeliverable/{world.teacher.mailbox_id}/retry")
    assert (done.status_code, done.location) == (303, "/coordination/undeliverable")
    assert f"We'll send e-mails to {world.teacher.email} again" in text(coordinator.get(done.location))
    assert db.session.get_one(Mailbox, world.teacher.mailbox_id, populate_existing=True).is_reached
