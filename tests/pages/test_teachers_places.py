"""The pages on which a teacher sees and changes places: what stands there in each state, and for whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import (
    ACTIVE,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    Membership,
    OutreachSession,
    Registration,
    RegistrationState,
    RegistrationStep,
    SessionState,
    Student,
    User,
    WaitReason,
)
from tests.support.builders import Builder
from tests.support.desk import Desk, rows, words
from tests.support.outbox import put
from tests.support.registrations import SECOND, nothing_changes, registration_in, states

Clients = Callable[[User | None], FlaskClient]
CONFIRMED, OFFERED, PENDING, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "pending", "waiting"))
WORDS = {
    "confirmed": "has a seat",
    "pending": "seat held",
    "offered": "seat offered",
    "waiting": "on the waiting list",
    "withdrawn": "withdrawn",
    "removed": "withdrawn by the host",
    "released": "seat released",
}
ACTIONS = ("Take the seat", "Decline the seat", "Take the free seat", "Withdraw")


@pytest.fixture
def desk(make: Builder, client_of: Clients, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(make, client_of, monkeypatch)


def test_places_stand_with_offers_first_then_seats_then_the_queue_then_who_left(desk: Desk) -> None:
    one = desk.session()
    order = ("offered", "pending", "confirmed", "waiting", "withdrawn", "removed", "released")
    for minutes, state in enumerate(reversed(order)):
        desk.put(f"{state}1", RegistrationState(state), one, minutes + 20)
    for minutes, state in enumerate(order):
        desk.put(f"{state}0", RegistrationState(state), one, minutes)
    found = desk.places(one)
    assert [row.split()[0] for row in found] == [f"{state}{number}" for state in order for number in (0, 1)]
    for row in found:
        state = row.split()[0][:-1]
        shown = row.partition("Berg")[2].partition("Take the seat")[0]
        assert max((words for words in WORDS.values() if words in shown), key=len) == WORDS[state]
    # who waits is not counted with the others of the page, but with all who wait
    assert [re.findall(r"on the waiting list number (\d+)", row) for row in found if row.startswith("waiting")] == [["1"], ["2"]]


MOMENTS = {
    "a second before": (-SECOND, SessionState.PUBLISHED, True),
    "at the start": (timedelta(0), SessionState.PUBLISHED, False),
    "cancelled": (timedelta(days=-1), SessionState.CANCELLED, False),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_buttons_stand_there_only_where_they_would_do_something(desk: Desk, moment: str) -> None:
    before, state, may = MOMENTS[moment]
    one = desk.session(state=state, cancel_reason="The theatre is closed.")
    for each in RegistrationState:
        desk.put(each.value, each, one, offered_until=one.starts_at)
    desk.at(one.starts_at + before)
    page = desk.page(f"/sessions/{one.id}/seats")
    buttons = {row.split()[0]: [action for action in ACTIONS if action in row] for row in rows(page)}
    expected = {each.value: ["Withdraw"] if each in ACTIVE and may else [] for each in RegistrationState}
    ready = {"offered": ["Take the seat", "Decline the seat"], "waiting": ["Take the free seat", "Withdraw"]}
    assert buttons == expected | (ready if may else {})
    assert ("This session is cancelled" in unescape(page), "The theatre is closed." in page) == ((state is SessionState.CANCELLED,) * 2)
    assert ("Register more" in page) is may


def test_who_did_not_take_an_offer_can_take_the_seat_that_is_still_free(desk: Desk) -> None:
    one = desk.session(capacity=1)
    for minutes, name in enumerate(("Ana", "Ben")):
        desk.put(name, WAITING, one, minutes, offered_until=desk.make.now)
    desk.at(one.starts_at - timedelta(hours=3))
    assert ["Take the free seat" in row for row in desk.places(one)] == [True, True]
    ana = db.session.scalars(select(Registration).join(Student).where(Student.given_name == "Ana")).one()
    client = desk.client_of(desk.teacher)
    done = client.post(f"/registrations/{ana.id}/offer", data={"answer": "take"}, follow_redirects=True)
    assert "Thank you, your answer is saved." in done.text
    assert [("has a seat" in row, "Take the free seat" in row) for row in rows(done.text)] == [(True, False), (False, False)]
    again = client.post(f"/registrations/{ana.id}/offer", data={"answer": "take"}, follow_redirects=True)
    assert "no longer on the waiting list" in unescape(again.text)


def test_nothing_is_offered_to_take_where_seats_are_given_unasked_or_another_is_asked(desk: Desk) -> None:
    early, late = desk.session(capacity=1), desk.session(capacity=1)
    desk.put("Ana", WAITING, early)
    desk.put("Ben", OFFERED, late, offered_until=late.starts_at)
    desk.put("Cem", WAITING, late, offered_until=desk.make.now)
    assert "Take the free seat" not in desk.page(f"/sessions/{early.id}/seats")
    desk.at(late.starts_at - timedelta(hours=3))
    assert "Take the free seat" not in desk.page(f"/sessions/{late.id}/seats")


def test_a_cancelled_session_is_past_and_gives_nobody_a_seat(desk: Desk) -> None:
    one = desk.session("Cancelled one", state=SessionState.CANCELLED, cancel_reason="The theatre is closed.")
    for each in RegistrationState:
        desk.put(each.value, each, one)
    found = {row.split()[0]: row for row in desk.places(one)}
    for each in RegistrationState:
        assert ("session cancelled" in found[each.value]) is (each in ACTIVE)
        assert not re.search(r"has a seat|seat held|seat offered|on the waiting list", found[each.value])
    assert "Cancelled one" not in desk.page("/registrations")
    (line,) = rows(desk.page("/registrations?show=past"))
    assert "Cancelled one" in line


@pytest.mark.parametrize(("opens", "is_open"), [(-SECOND, True), (timedelta(0), True), (SECOND, False)])
def test_more_can_be_registered_from_the_page_while_registration_is_open(desk: Desk, opens: timedelta, *, is_open: bool) -> None:
    one = desk.session(opens_at=desk.make.now + opens)
    desk.put("Ana", CONFIRMED, one)
    assert ("Register more" in desk.page(f"/sessions/{one.id}/seats")) is is_open
    assert ("Registration isn't open" in unescape(desk.sheet(one))) is not is_open


def test_each_school_sees_its_own_students_and_a_coordinator_everybody(desk: Desk) -> None:
    one, other = desk.session(), desk.session()
    desk.put("Ana", CONFIRMED, one)
    desk.put("Ben", CONFIRMED, other)
    elsewhere = desk.make.school()
    stranger = desk.make.teacher(elsewhere)
    zoe = desk.make.student(desk.make.school_class(elsewhere, stranger), given_name="Zoe")
    registration_in(CONFIRMED, zoe, one, stranger, now=desk.make.now)
    both = desk.make.teacher(elsewhere)
    with transaction():
        db.session.add(Membership(user_id=both.id, school_id=desk.school.id, approved_by_id=both.id, approved_at=desk.make.now))
    seen = {}
    for name, user in {
        "teacher": desk.teacher,
        "colleague": desk.make.teacher(desk.school),
        "stranger": stranger,
        "of both": both,
        "coordinator": desk.make.coordinator(),
    }.items():
        seen[name] = [row.split()[0] for row in desk.places(one, user)]
    assert seen == {
        "teacher": ["Ana"],
        "colleague": ["Ana"],
        "stranger": ["Zoe"],
        "of both": ["Ana", "Zoe"],
        "coordinator": ["Ana", "Zoe"],
    }


def test_the_number_in_line_counts_other_schools_too_and_says_when_it_is_the_limit(desk: Desk) -> None:
    one = desk.session(per_school_limit=1)
    elsewhere = desk.make.school()
    zoe = desk.make.student(desk.make.school_class(elsewhere), given_name="Zoe")
    registration_in(WAITING, zoe, one, desk.make.teacher(elsewhere), now=desk.make.now - SECOND)
    desk.put("Ana", WAITING, one, wait_reason=WaitReason.SCHOOL_LIMIT)
    desk.put("Ben", WAITING, one, 1, wait_reason=WaitReason.FULL)
    ana, ben = desk.places(one)
    assert "on the waiting list number 2 your school has reached its limit of seats" in ana
    assert "on the waiting list number 3" in ben
    assert "limit" not in ben


def test_the_class_the_seats_and_the_telephone_stand_there(desk: Desk) -> None:
    one = desk.session(capacity=3, day_phone="+1 212 555 0100")
    desk.put("Ana", CONFIRMED, one, class_id=desk.school_class.id)
    desk.put("Ben", WAITING, one)
    page = desk.page(f"/sessions/{one.id}/seats")
    assert "1 of 3 seats taken" in page
    assert "555 0100" in page
    ana, ben = rows(page)
    assert ("11A" in ana, "11A" in ben) == (True, False)


@pytest.mark.parametrize(("opens", "is_open"), [(-SECOND, True), (SECOND, False)])
def test_with_nobody_registered_the_page_leads_to_registering_while_that_is_open(desk: Desk, opens: timedelta, *, is_open: bool) -> None:
    page = unescape(desk.page(f"/sessions/{desk.session(opens_at=desk.make.now + opens).id}/seats"))
    assert "None of your students is registered" in page
    assert ("Register a class" in page, "You can't register anybody" in page) == (is_open, not is_open)
    assert "Register more" not in page


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"email": "ana@pupils.example", "guardians": ("a@homes.example", "b@homes.example")}, "3 invitations go to the family."),
        ({"guardians": ("a@homes.example",)}, "1 invitation goes to the family."),
        ({}, "If you take it, please tell the family: they have no e-mail address."),
    ],
)
def test_an_offer_says_who_is_invited_when_it_is_taken(desk: Desk, facts: dict[str, Any], said: str) -> None:
    one = desk.session()
    ana = desk.student("Ana", **facts)
    registration_in(OFFERED, ana, one, desk.teacher, now=desk.make.now, offered_until=one.starts_at)
    (row,) = desk.places(one)
    assert said in row


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        ("accept", CONFIRMED, "Thank you, your answer is saved."),
        ("decline", WAITING, "Thank you, your answer is saved."),
    ],
)
def test_the_teacher_answers_an_offer_on_the_page(desk: Desk, answer: str, state: RegistrationState, said: str) -> None:
    one = desk.session()
    desk.at(one.starts_at - timedelta(hours=2))
    place = desk.put("Ana", OFFERED, one, offered_until=one.starts_at)
    client = desk.client_of(desk.teacher)
    assert client.post(f"/registrations/{place.id}/offer", data={"answer": answer}).location == f"/sessions/{one.id}/seats"
    assert states(one)["Ana"] is state
    step = db.session.scalars(select(RegistrationStep).where(RegistrationStep.registration_id == place.id)).one()
    assert (step.by_id, step.at) == (desk.teacher.id, one.starts_at - timedelta(hours=2))
    assert said in client.get(f"/sessions/{one.id}/seats").text


def test_an_answer_that_is_none_or_comes_too_late_changes_nothing(desk: Desk) -> None:
    one = desk.session()
    place = desk.put("Ana", OFFERED, one, offered_until=desk.make.now)
    client = desk.client_of(desk.teacher)
    with nothing_changes():
        for data in ({}, {"answer": ""}, {"answer": "maybe"}):
            assert client.post(f"/registrations/{place.id}/offer", data=data).status_code == 400
        assert client.post(f"/registrations/{place.id}/offer", data={"answer": "accept"}).status_code == 303
    page = client.get(f"/sessions/{one.id}/seats").text
    assert "The offer has expired. The student stays on the waiting list." in page
    assert "Thank you, your answer is saved." not in page


def failed(address: str, about: OutreachSession, said: str, make: Builder, *, state: LetterState = LetterState.FAILED) -> None:
    """A letter to this address about a session came to nothing."""
    name = put(make.mailbox(address), now=make.now, kind=LetterKind.INVITATION, session_id=about.id)
    with transaction():
        letter = db.session.scalars(select(Letter).where(Letter.dedupe_key == name)).one()
        letter.state, letter.server_words, letter.settled_at = state, said, make.now


def test_a_letter_of_this_session_that_failed_stands_beside_the_family_it_was_for(desk: Desk) -> None:
    one, other = desk.session(), desk.session()
    ana = desk.student("Ana", email="ana@pupils.example", guardians=("anas@homes.example",))
    ben = desk.student("Ben", guardians=("bens@homes.example",))
    for student in (ana, ben):
        registration_in(CONFIRMED, student, one, desk.teacher, now=desk.make.now)
    failed("anas@homes.example", one, "552 Mailbox full", desk.make)
    failed("ana@pupils.example", other, "550 Elsewhere", desk.make)
    failed("bens@homes.example", one, "250 OK", desk.make, state=LetterState.SENT)
    found = {row.split()[0]: row for row in desk.places(one)}
    assert "An e-mail didn’t arrive anas@homes.example: 552 Mailbox full" in found["Ana"]
    assert "Elsewhere" not in found["Ana"]
    assert "arrive" not in found["Ben"]
    assert "no e-mail address: please tell them" not in found["Ana"] + found["Ben"]


def test_of_two_letters_that_failed_the_newer_is_shown_until_a_later_one_leaves(desk: Desk) -> None:
    one = desk.session()
    ana = desk.student("Ana", guardians=("anas@homes.example",))
    registration_in(CONFIRMED, ana, one, desk.teacher, now=desk.make.now)
    for said in ("452 Busy", "552 Mailbox full"):
        failed("anas@homes.example", one, said, desk.make)
    (row,) = desk.places(one)
    assert ("552 Mailbox full" in row, "452 Busy" in row) == (True, False)
    failed("anas@homes.example", one, "250 OK", desk.make, state=LetterState.SENT)
    assert "An e-mail didn’t arrive" not in desk.places(one)[0]  # a later one did


def mailbox(address: str) -> Mailbox:
    return db.session.scalars(select(Mailbox).where(Mailbox.address == address)).one()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"stopped_at": True}, "The reader says that it is the wrong address."),
        ({"undeliverable_at": True, "undeliverable_words": "550 5.1.1 Unknown"}, "There is no such mailbox."),
        ({"blocked_at": True}, "blocks our e-mails"),
    ],
)
def test_an_address_that_is_not_reached_says_why_and_its_failed_letter_is_not_said_twice(
    desk: Desk, what: dict[str, Any], said: str
) -> None:
    one = desk.session()
    ana = desk.student("Ana", email="ana@pupils.example", guardians=("anas@homes.example",))
    registration_in(CONFIRMED, ana, one, desk.teacher, now=desk.make.now)
    failed("anas@homes.example", one, "550 5.1.1 Unknown", desk.make)
    with transaction():
        for name, value in what.items():
            setattr(mailbox("anas@homes.example"), name, desk.make.now if value is True else value)
    (row,) = desk.places(one)
    assert "E-mails don’t arrive anas@homes.example: " in row
    assert said in row
    assert "An e-mail didn’t arrive" not in row
    assert "What to do about it Ana" in row
    assert "no e-mail address: please tell them" not in row  # she has an address of her own
    with transaction():
        mailbox("ana@pupils.example").undeliverable_at = desk.make.now
    assert "no e-mail address: please tell them" in desk.places(one)[0]


def test_a_family_without_addresses_is_told_by_the_teacher(desk: Desk) -> None:
    one = desk.session()
    desk.put("Ana", CONFIRMED, one)
    assert "no e-mail address: please tell them" in desk.places(one)[0]


def ask(desk: Desk, place: Registration, path: str, user: User) -> str:
    return words(desk.page(f"/registrations/{place.id}/{path}", user))


@pytest.mark.parametrize(("path", "of_host"), [("withdrawal", False), ("removal", True)])
@pytest.mark.parametrize("state", list(RegistrationState))
def test_it_says_what_becomes_of_the_place_and_who_is_told(desk: Desk, state: RegistrationState, path: str, *, of_host: bool) -> None:
    one = desk.session()
    place = desk.put("Ana", state, one, offered_until=one.starts_at)
    page = ask(desk, place, path, desk.host if of_host else desk.teacher)
    has_seat = state in {OFFERED, PENDING, CONFIRMED}
    assert ("The seat goes to the first student on the waiting list." in page) is has_seat
    assert ("They leave the waiting list." in page) is not has_seat
    assert ("Who will be told" in page) is (state in ACTIVE)
    assert ("Your reason appears in the e-mails." in page) is of_host


def test_the_teachers_note_is_kept_and_the_name_said(desk: Desk) -> None:
    one = desk.session()
    place = desk.put("Ana", CONFIRMED, one)
    client = desk.client_of(desk.teacher)
    assert client.post(f"/registrations/{place.id}/withdrawal", data={"note": "ill"}).location == f"/sessions/{one.id}/seats"
    step = db.session.scalars(select(RegistrationStep).where(RegistrationStep.registration_id == place.id)).one()
    assert (step.note, step.by_id, step.at, step.state) == ("ill", desk.teacher.id, desk.make.now, RegistrationState.WITHDRAWN)
    assert "is withdrawn. We'll tell the family." in unescape(client.get(f"/sessions/{one.id}/seats").text)


def test_the_hosts_reason_is_kept_and_the_name_said(desk: Desk) -> None:
    one = desk.session()
    place = desk.put("Ana", CONFIRMED, one)
    client = desk.client_of(desk.host)
    with nothing_changes():
        answer = client.post(f"/registrations/{place.id}/removal", data={"reason": " "})
    assert (answer.status_code, "Please say why. The family will read it." in answer.text) == (422, True)
    assert client.post(f"/registrations/{place.id}/removal", data={"reason": "Closed"}).location == f"/sessions/{one.id}/roster"
    step = db.session.scalars(select(RegistrationStep).where(RegistrationStep.registration_id == place.id)).one()
    assert (step.note, step.by_id, step.at, step.state) == ("Closed", desk.host.id, desk.make.now, RegistrationState.REMOVED)
    assert "Ana is withdrawn. We'll tell the family and the school." in unescape(client.get(f"/sessions/{one.id}/roster").text)


@pytest.mark.parametrize(("path", "of_host"), [("withdrawal", False), ("removal", True)])
def test_once_it_has_begun_the_page_says_why_not(desk: Desk, path: str, *, of_host: bool) -> None:
    one = desk.session()
    place = desk.put("Ana", CONFIRMED, one)
    desk.at(one.starts_at)
    with nothing_changes():
        answer = desk.client_of(desk.host if of_host else desk.teacher).post(f"/registrations/{place.id}/{path}", data={"reason": "x"})
    assert (answer.status_code, "has begun or was cancelled" in answer.text) == (422, True)
