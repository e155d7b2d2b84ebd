"""A link from a letter opens one family's own page; opening it changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from outreach.db import db, transaction
from outreach.models import (
    Answer,
    AnswerSource,
    Guardian,
    Invitation,
    InvitationAnswer,
    Letter,
    LetterKind,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    Student,
    User,
)
from outreach.models.snapshots import LetterSnapshot
from outreach.notifications.notify import notify_addresses_changed, notify_moved
from outreach.notifications.read import snapshot_of
from outreach.registration import use_cases
from outreach.registration.use_cases import RegistrationRequest, review_seats
from outreach.scheduling.use_cases import cancel
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket, sign
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.registrations import nothing_changes

pytestmark = pytest.mark.usefixtures("clock_stands_still")

Clients = Callable[[User | None], FlaskClient]


@dataclass
class Family:
    """Ana has a seat, her brother Ben waits; Cem is somebody else's child."""

    outreach_session: OutreachSession
    teacher: User
    mailbox: Mailbox
    places: dict[str, Registration]

    def link(self, purpose: LinkPurpose = LinkPurpose.FAMILY, *, version: int | None = None, expires_at: datetime | None = None) -> str:
        ends = expires_at or self.outreach_session.ends_at + timedelta(days=30)
        ticket = Ticket(self.mailbox.id, self.outreach_session.id, purpose, version or self.mailbox.link_version, ends)
        path = "/not-mine" if purpose is LinkPurpose.NOT_MINE else ""
        return f"/i/{sign(ticket, settings().secret_key)}{path}"

    @property
    def invitation(self) -> Invitation:
        """What this family's mailbox got, as it is now."""
        wanted = select(Invitation).where(Invitation.mailbox_id == self.mailbox.id, Invitation.session_id == self.outreach_session.id)
        return db.session.scalars(wanted.execution_options(populate_existing=True)).one()


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
    register(outreach_session, students, teacher, now=now)
    places = {row.student.given_name: row for row in db.session.scalars(select(Registration))}
    return Family(outreach_session, teacher, make.mailbox("home@families.example"), places)


def register(outreach_session: OutreachSession, students: list[Student], teacher: User, *, now: datetime) -> None:
    asked = RegistrationRequest(
        session_id=outreach_session.id,
        school_id=students[0].school_id,
        student_ids=tuple(student.id for student in students),
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    use_cases.register_students(asked, now=now)


def test_the_page_shows_exactly_ones_own_students(client_of: Clients, family: Family) -> None:
    answer = client_of(None).get(family.link())
    assert answer.status_code == 200
    assert "Ana" in answer.text
    assert "Ben" in answer.text
    assert "Number 1 on the waiting list" in answer.text
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
        "other purpose": family.link(LinkPurpose.NOT_MINE).removesuffix("/not-mine"),
        "void": family.link(version=7),
        "expired": family.link(expires_at=now),
        "nonsense": "/i/x",
    }
    answer = client_of(None).get(links[broken])
    assert answer.status_code == (410 if broken == "expired" else 404)
    assert "This link no longer works" in answer.text or "expired" in answer.text
    assert "Ana" not in answer.text


@pytest.mark.empty_database
def test_not_my_child_stops_mail_voids_the_links_and_tells_the_teacher(client_of: Clients, family: Family) -> None:
    client = client_of(None)
    link, page = family.link(LinkPurpose.NOT_MINE), family.link()
    assert client.get(link).status_code == 200
    with nothing_changes():
        asked = client.post(link)
    assert (asked.status_code, "Are you sure?" in asked.text, 'name="sure"' in asked.text) == (200, True, True)
    assert client.post(link, data={"sure": "1"}).status_code == 303
    assert not db.session.get_one(Mailbox, family.mailbox.id, populate_existing=True).is_open
    assert client.get(page).status_code == 404
    letter = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.WRONG_ADDRESS)).one()
    facts = LetterSnapshot.from_json(letter.facts)
    assert letter.mailbox_id == family.teacher.mailbox_id
    assert {student.given_name for student in (*facts.seated, *facts.waiting)} == {"Ana", "Ben"}


def test_a_teacher_who_is_no_guardian_keeps_the_mail_of_their_work(make: Builder, client_of: Clients, family: Family) -> None:
    user = make.user(email="shared@schools.example")
    with_that_address = db.session.scalars(select(Guardian).where(Guardian.mailbox_id == family.mailbox.id)).one()
    with_that_address.mailbox_id = user.mailbox_id
    db.session.commit()
    family.mailbox = user.mailbox
    assert client_of(None).post(family.link(LinkPurpose.NOT_MINE), data={"sure": "1"}).status_code == 303
    db.session.refresh(user.mailbox)
    db.session.refresh(with_that_address)
    assert user.mailbox.is_open
    assert with_that_address.mailbox_id is None


def answered(family: Family, client: FlaskClient, answer: str, *, sequence: int | None = None) -> TestResponse:
    shown = family.invitation.sequence if sequence is None else sequence
    return client.post(f"{family.link()}/answer", data={"answer": answer, "sequence": shown})


@pytest.mark.parametrize(("answer", "words"), [("accepted", "Coming"), ("tentative", "Not sure"), ("declined", "Can't come")])
@pytest.mark.empty_database
def test_a_family_without_a_card_answers_on_its_page(client_of: Clients, family: Family, answer: str, words: str) -> None:
    client = client_of(None)
    page = client.get(family.link())
    assert "Will Ana come on Thursday 18 March 2027, 14:00?" in page.text
    assert 'aria-pressed="true"' not in page.text
    assert family.invitation.answer is Answer.NEEDS_ACTION
    response = answered(family, client, answer)
    then = "/withdrawal" if answer == "declined" else ""
    assert (response.status_code, response.location) == (303, family.link() + then)
    page = client.get(family.link())
    assert "Thank you. The school and the host can see your answer." in page.text
    assert re.findall(r'value="(\w+)" aria-pressed="true">.*?</svg>([^<]*)</button>', unescape(page.text)) == [(answer, words)]
    assert family.invitation.answer == answer
    given = db.session.scalars(select(InvitationAnswer)).one()
    assert (given.source, given.answer, given.counts) == (AnswerSource.PAGE, answer, True)


@pytest.mark.parametrize("frees", [True, False])
def test_cant_come_asks_once_whether_to_withdraw(client_of: Clients, family: Family, *, frees: bool) -> None:
    """On the page it asks also where a calendar's decline withdraws at once."""
    with transaction():
        db.session.get_one(OutreachSession, family.outreach_session.id).frees_declined_seats = frees
    client, place = client_of(None), family.places["Ana"]
    client.get(family.link())
    question = answered(family, client, "declined").location
    assert question == f"{family.link()}/withdrawal"
    page = unescape(client.get(question).text)
    assert "Withdraw Ana?" in page
    assert f'name="registration_ids" value="{place.id}"' in page
    assert "Keep the seat" in page
    assert "Ben" not in page  # who waits has no seat to keep
    assert db.session.get_one(Registration, place.id, populate_existing=True).state == RegistrationState.CONFIRMED
    assert "Your answer is saved" not in client.get(family.link()).text  # asked once; there is only the way to withdraw
    assert client.post(question, data={"registration_ids": place.id}).location == family.link()
    assert "Ana is withdrawn. We'll tell the school." in unescape(client.get(family.link()).text)
    states = {name: db.session.get_one(Registration, row.id, populate_existing=True).state for name, row in family.places.items()}
    assert (states["Ana"], states["Ben"]) == (RegistrationState.WITHDRAWN, RegistrationState.CONFIRMED)


def test_siblings_are_asked_about_each_and_nobody_elses_child_can_be_named(client_of: Clients, family: Family, now: datetime) -> None:
    with transaction():
        db.session.get_one(OutreachSession, family.outreach_session.id).capacity = 3
    review_seats(family.outreach_session.id, now=now)
    client, question = client_of(None), f"{family.link()}/withdrawal"
    ana, ben, cem = (family.places[name].id for name in ("Ana", "Ben", "Cem"))
    page = unescape(client.get(question).text)
    assert re.findall(r'type="checkbox" .*? value="(\d+)"( checked)?>', page) == [(str(ana), ""), (str(ben), "")]
    assert client.post(question, data={}).status_code == 422
    assert client.post(question, data={"registration_ids": "x"}).status_code == 422
    assert client.post(question, data={"registration_ids": [ben, cem]}).status_code == 404
    assert client.post(question, data={"registration_ids": [ben]}).status_code == 303
    states = [db.session.get_one(Registration, key, populate_existing=True).state.value for key in (ana, ben, cem)]
    assert states == ["confirmed", "withdrawn", "confirmed"]


def test_a_withdrawal_is_undone_on_the_page(client_of: Clients, family: Family, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    client, ben, cem = client_of(None), family.places["Ben"].id, family.places["Cem"].id
    undo = f"{family.link()}/withdrawal/{ben}/undo"
    client.post(f"{family.link()}/withdrawal/{ben}")
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=3, seconds=1))
    page = unescape(client.get(family.link()).text)
    assert f'action="{undo}"' in page
    assert "You can undo this for 12 more minutes" in page
    assert client.get(undo).status_code == 405
    assert client.post(undo).status_code == 303
    page = unescape(client.get(family.link()).text)
    assert "The withdrawal of Ben is undone." in page
    assert "Number 1 on the waiting list" in page
    assert undo not in page
    again = client.post(undo)
    assert (again.status_code, "already been undone" in again.text) == (422, True)
    assert client.post(undo.replace(str(ben), str(cem))).status_code == 404


def test_where_others_have_a_say_they_are_asked_to_agree_first(make: Builder, client_of: Clients, family: Family, now: datetime) -> None:
    with transaction():
        ana = db.session.get_one(Registration, family.places["Ana"].id).student
        father = Guardian(school_id=ana.school_id, name="Father", mailbox_id=make.mailbox("father@families.example").id)
        ana.guardians.append(father)
        notify_addresses_changed([ana.id], now=now)
    client = client_of(None)
    page = unescape(client.get(answered(family, client, "declined").location).text)
    assert "Other people answer for Ana too. Please agree with them first." in page


def test_an_answer_to_an_old_time_is_not_taken(client_of: Clients, family: Family, now: datetime) -> None:
    shown = family.invitation.sequence
    with transaction():
        one = db.session.get_one(OutreachSession, family.outreach_session.id)
        was, later = snapshot_of(one), timedelta(days=1)
        one.set_time(starts_wall=one.starts_wall + later, ends_wall=one.ends_wall + later, zone=one.zone, fold=0, tzdata_version="2026f")
        notify_moved(one, previous=was, now=now)
    client = client_of(None)
    response = answered(family, client, "accepted", sequence=shown)
    assert response.status_code == 409
    assert "has changed in the meantime. Please check, then answer." in response.text
    assert "Friday 19 March 2027, 14:00?" in response.text
    assert family.invitation.answer is Answer.NEEDS_ACTION
    assert f'name="sequence" value="{shown + 1}"' in response.text
    assert answered(family, client, "accepted").status_code == 303


@pytest.mark.parametrize("why", ["begun", "cancelled", "withdrawn", "waiting"])
@pytest.mark.empty_database
def test_where_there_is_nothing_to_answer_nobody_is_asked(
    make: Builder, client_of: Clients, family: Family, why: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, sequence = family.link(), family.invitation.sequence
    if why == "waiting":
        last = make.student(family.places["Ben"].student.classes[0], given_name="Dua", guardians=("third@families.example",))
        register(family.outreach_session, [last], family.teacher, now=now)
        family.mailbox = make.mailbox("third@families.example")
        link = family.link()
    elif why == "begun":
        monkeypatch.setattr(clock, "now", lambda: family.outreach_session.starts_at)
    elif why == "cancelled":
        cancel(family.outreach_session.id, "Ill", now=now)
    else:
        use_cases.withdraw(family.places["Ana"].id, now=now, by_mailbox_id=family.mailbox.id)
        use_cases.withdraw(family.places["Ben"].id, now=now, by_mailbox_id=family.mailbox.id)
    client = client_of(None)
    assert 'name="answer"' not in client.get(link).text
    response = client.post(f"{link}/answer", data={"answer": "accepted", "sequence": sequence})
    assert response.status_code == 422
    assert "You can no longer answer" in unescape(response.text)
    assert db.session.scalars(select(InvitationAnswer)).all() == []


@pytest.mark.parametrize(
    "sent", [{}, {"answer": "needs_action", "sequence": 0}, {"answer": "maybe", "sequence": 0}, {"answer": "accepted"}]
)
def test_what_is_no_answer_is_refused(client_of: Clients, family: Family, sent: dict[str, str]) -> None:
    response = client_of(None).post(f"{family.link()}/answer", data=sent)
    assert response.status_code in {409, 422}
    assert "Please check again" in response.text
    assert family.invitation.answer is Answer.NEEDS_ACTION


def test_an_answer_nobody_can_vouch_for_is_asked_again(client_of: Clients, family: Family) -> None:
    with transaction():
        family.invitation.answer, family.invitation.answer_is_verified = Answer.DECLINED, False
    client = client_of(None)
    page = unescape(client.get(family.link()).text)
    assert "we couldn't be sure that it came from you. Please answer here." in page
    assert "Withdraw Ana?" not in page
    assert 'aria-pressed="true"' not in page
    answered(family, client, "accepted")
    assert (family.invitation.answer, family.invitation.answer_is_verified) == (Answer.ACCEPTED, True)
