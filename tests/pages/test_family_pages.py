"""A link from a letter opens one family's own page; opening it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach import clock
from outreach.db import db
from outreach.invitations.facts import LetterFacts
from outreach.links import Purpose, Ticket, sign
from outreach.models import Guardian, Letter, LetterKind, Mailbox, OutreachSession, Registration, RegistrationState, User
from outreach.registration import use_cases
from outreach.registration.use_cases import Request
from outreach.web import settings
from tests.builders import Builder

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Clients = Callable[[User | None], FlaskClient]


@dataclass
class Family:
    """Ana has a seat, her brother Ben waits; Cem is somebody else's child."""

    outreach_session: OutreachSession
    teacher: User
    mailbox: Mailbox
    places: dict[str, Registration]

    def link(self, purpose: Purpose = Purpose.FAMILY, *, version: int | None = None, expires_at: datetime | None = None) -> str:
        ends = expires_at or self.outreach_session.ends_at + timedelta(days=30)
        ticket = Ticket(self.mailbox.id, self.outreach_session.id, purpose, version or self.mailbox.link_version, ends)
        path = "/not-mine" if purpose is Purpose.NOT_MINE else ""
        return f"/i/{sign(ticket, settings().secret_key)}{path}"


@pytest.fixture(autouse=True)
def _it_is_now(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def family(make: Builder, now: datetime) -> Family:
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher)
    students = [
        make.student(school_class, given_name="Ana", guardians=("home@families.example",)),
        make.student(school_class, given_name="Cem", guardians=("other@families.example",)),
        make.student(school_class, given_name="Ben", guardians=("home@families.example",)),
    ]
    outreach_session = make.outreach_session(make.clinician(), capacity=2)
    asked = Request(
        session_id=outreach_session.id,
        school_id=school.id,
        student_ids=tuple(student.id for student in students),
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    use_cases.register_students(asked, now=now)
    places = {row.student.given_name: row for row in db.session.scalars(select(Registration))}
    return Family(outreach_session, teacher, make.mailbox("home@families.example"), places)


def test_the_page_shows_exactly_ones_own_students(client_of: Clients, family: Family) -> None:
    answer = client_of(None).get(family.link())
    assert answer.status_code == 200
    assert "Ana" in answer.text
    assert "Ben" in answer.text
    assert "Number 1 in line" in answer.text
    assert "Cem" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_opening_changes_nothing_and_posting_does(client_of: Clients, family: Family) -> None:
    client, place = client_of(None), family.places["Ana"]
    page = f"{family.link()}/withdrawal/{place.id}"
    assert client.get(page).status_code == 200
    assert db.session.get_one(Registration, place.id, populate_existing=True).state == RegistrationState.CONFIRMED
    assert client.post(page).status_code == 303
    assert db.session.get_one(Registration, place.id, populate_existing=True).state == RegistrationState.WITHDRAWN
    assert db.session.get_one(Registration, family.places["Ben"].id, populate_existing=True).state == RegistrationState.CONFIRMED
    assert client.post(page).status_code == 422


def test_nobody_elses_place_can_be_given_back(client_of: Clients, family: Family) -> None:
    place = family.places["Cem"]
    answer = client_of(None).post(f"{family.link()}/withdrawal/{place.id}")
    assert answer.status_code == 404
    assert db.session.get_one(Registration, place.id, populate_existing=True).state == RegistrationState.CONFIRMED


@pytest.mark.parametrize("broken", ["truncated", "other purpose", "void", "expired", "nonsense"])
def test_a_link_that_does_not_hold_opens_nothing(client_of: Clients, family: Family, broken: str, now: datetime) -> None:
    links = {
        "truncated": family.link()[:-4],
        "other purpose": family.link(Purpose.NOT_MINE).removesuffix("/not-mine"),
        "void": family.link(version=7),
        "expired": family.link(expires_at=now),
        "nonsense": "/i/x",
    }
    answer = client_of(None).get(links[broken])
    assert answer.status_code == (410 if broken == "expired" else 404)
    assert "This link doesn" in answer.text
    assert "Ana" not in answer.text


def test_not_my_child_stops_mail_voids_the_links_and_tells_the_teacher(client_of: Clients, family: Family) -> None:
    client = client_of(None)
    link, page = family.link(Purpose.NOT_MINE), family.link()
    assert client.get(link).status_code == 200
    assert family.mailbox.is_open
    assert client.post(link).status_code == 303
    assert not db.session.get_one(Mailbox, family.mailbox.id, populate_existing=True).is_open
    assert client.get(page).status_code == 404
    letter = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.WRONG_ADDRESS)).one()
    facts = LetterFacts.from_json(letter.facts)
    assert letter.mailbox_id == family.teacher.mailbox_id
    assert {student.given_name for student in (*facts.seated, *facts.waiting)} == {"Ana", "Ben"}


def test_a_teacher_who_is_no_guardian_keeps_the_mail_of_their_work(make: Builder, client_of: Clients, family: Family) -> None:
    user = make.user(email="shared@schools.example")
    with_that_address = db.session.scalars(select(Guardian).where(Guardian.mailbox_id == family.mailbox.id)).one()
    with_that_address.mailbox_id = user.mailbox_id
    db.session.commit()
    family.mailbox = user.mailbox
    assert client_of(None).post(family.link(Purpose.NOT_MINE)).status_code == 303
    db.session.refresh(user.mailbox)
    db.session.refresh(with_that_address)
    assert user.mailbox.is_open
    assert with_that_address.mailbox_id is None
