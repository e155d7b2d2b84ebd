"""A family's page in each state of a registration and of its session: what it shows, asks, and lets people do."""

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
from outreach.families.use_cases import not_mine
from outreach.models import (
    ACTIVE,
    SEATED,
    Answer,
    Guardian,
    Invitation,
    Letter,
    LetterKind,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    RegistrationStep,
    SessionState,
    Student,
    User,
)
from outreach.models.snapshots import Cause, LetterSnapshot
from outreach.registration import use_cases as registering
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket, sign
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.registrations import SECOND, letters, nothing_changes, registration_in, registration_of, states

Clients = Callable[[User | None], FlaskClient]
CONFIRMED, OFFERED, PENDING, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "pending", "waiting"))
WITHDRAWN = RegistrationState.WITHDRAWN
HOME = "home@families.example"
WORDS = {
    "confirmed": "has a seat",
    "pending": "seat held",
    "offered": "next on the waiting list",
    "waiting": "on the waiting list",
    "withdrawn": "withdrawn",
    "removed": "withdrawn by the host",
    "released": "seat released",
}
QUESTION = 'name="answer"'


class Home:
    """Families of one school, their pages, and the clock."""

    def __init__(self, make: Builder, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self.make, self.client, self.monkeypatch = make, client, monkeypatch
        self.school = make.school()
        self.teacher = make.teacher(self.school)
        self.school_class = make.school_class(self.school, self.teacher)

    def at(self, moment: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: moment)

    def student(self, name: str, *guardians: str, email: str | None = None) -> Student:
        return self.make.student(self.school_class, given_name=name, email=email, guardians=guardians or (HOME,))

    def session(self, *students: Student, **facts: Any) -> OutreachSession:
        """Give a session for which these students are registered."""
        outreach_session = self.make.outreach_session(self.make.clinician(), **facts)
        if students:
            self.make.register(outreach_session, self.teacher, *students)
        return outreach_session

    def link(self, about: OutreachSession, address: str = HOME) -> str:
        mailbox = self.make.mailbox(address)
        ticket = Ticket(mailbox.id, about.id, LinkPurpose.FAMILY, mailbox.link_version, about.ends_at + timedelta(days=30))
        return f"/i/{sign(ticket, settings().secret_key)}"

    def page(self, about: OutreachSession, address: str = HOME) -> str:
        answer = self.client.get(self.link(about, address))
        assert answer.status_code == 200
        return unescape(answer.text)

    def answers(self, about: OutreachSession, answer: str, address: str = HOME) -> int:
        """Press one of the three buttons; give the status."""
        sequence = self.invitation(about, address).sequence
        return self.client.post(f"{self.link(about, address)}/answer", data={"answer": answer, "sequence": sequence}).status_code

    def invitation(self, about: OutreachSession, address: str = HOME) -> Invitation:
        mine = Invitation.session_id == about.id, Invitation.mailbox_id == self.make.mailbox(address).id
        return db.session.scalars(select(Invitation).where(*mine).execution_options(populate_existing=True)).one()


@pytest.fixture
def home(make: Builder, client_of: Clients, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Home:
    found = Home(make, client_of(None), monkeypatch)
    found.at(now)
    return found


@pytest.mark.parametrize("state", list(RegistrationState))
def test_the_page_says_where_the_student_stands_and_what_only_a_seat_lets_them_know(
    home: Home, make: Builder, now: datetime, state: RegistrationState
) -> None:
    site = make.site("Mercy General", address="7 Hidden Lane")
    at_a_place = make.outreach_session(make.clinician(), site=site, meeting_point="Gate 3")
    online = make.outreach_session(make.clinician(), video_url="https://video.example/secret", format_key="online_qa")
    ana = home.student("Ana")
    for one in (at_a_place, online):
        registration_in(state, ana, one, home.teacher, now=now, offered_until=now + timedelta(hours=1))
    page, video = home.page(at_a_place), home.page(online)
    assert re.findall(r"chip chip-\w+\">.*?</svg>([^<]+)</span>", page) == [WORDS[state]]
    has_seat = state in SEATED
    assert "Mercy General" in page
    assert ("7 Hidden Lane" in page, "Gate 3" in page, "https://video.example/secret" in video) == (has_seat,) * 3
    assert ("Number 1 on the waiting list" in page) is (state is WAITING)
    assert ("Withdraw Ana" in page) is (state in ACTIVE)


def test_one_seat_in_the_family_is_enough_to_know_the_way(home: Home, make: Builder) -> None:
    one = home.session(home.student("Ana"), home.student("Ben"), capacity=1, site=make.site(address="7 Hidden Lane"))
    assert states(one) == {"Ana": CONFIRMED, "Ben": WAITING}
    assert "7 Hidden Lane" in home.page(one)


@pytest.mark.parametrize("guardians", [(), (None,), (HOME,)])
def test_a_student_sees_their_own_place_whatever_guardians_they_have(home: Home, make: Builder, guardians: tuple[str | None, ...]) -> None:
    ana = make.student(home.school_class, given_name="Ana", email="ana@pupils.example", guardians=guardians)
    assert "<b>Ana</b>" in home.page(home.session(ana), "ana@pupils.example")


def test_the_number_in_line_counts_everybody_who_waits_for_this_session_alone(home: Home, now: datetime) -> None:
    others = [home.student(f"Zoe{number}", f"zoe{number}@families.example") for number in range(3)]
    ana = home.student("Ana")
    here, there = home.session(capacity=1), home.session(capacity=1)
    for number, other in enumerate(others):
        registration_in(WAITING, other, there, home.teacher, now=now + SECOND * number)
    registration_in(CONFIRMED, others[0], here, home.teacher, now=now)
    registration_in(WITHDRAWN, others[1], here, home.teacher, now=now)
    registration_in(WAITING, others[2], here, home.teacher, now=now + SECOND)
    registration_in(WAITING, ana, here, home.teacher, now=now + 2 * SECOND)
    registration_in(WAITING, ana, there, home.teacher, now=now)
    assert "Number 2 on the waiting list" in home.page(here)
    assert "Number 2 on the waiting list" in home.page(there)


def test_whoever_is_no_longer_registered_reads_that_there_is_nothing(home: Home) -> None:
    one = home.session(home.student("Ana", "other@families.example"))
    assert "None of your students is registered for this session now." in home.page(one)


MOMENTS = {
    "a second before the start": (-SECOND, SessionState.PUBLISHED, True),
    "at the start": (timedelta(0), SessionState.PUBLISHED, False),
    "after the start": (SECOND, SessionState.PUBLISHED, False),
    "cancelled": (timedelta(days=-1), SessionState.CANCELLED, False),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_until_the_start_the_page_asks_and_lets_people_go(home: Home, moment: str) -> None:
    """Afterwards, and where it was cancelled, it does neither; the acts themselves are refused with a reason."""
    before, state, may = MOMENTS[moment]
    ana, ben = home.student("Ana"), home.student("Ben")
    one = home.session(ana, ben, capacity=1)
    with transaction():
        session = db.session.get_one(OutreachSession, one.id)
        session.state, session.cancel_reason = state, "The theatre is closed." if state is SessionState.CANCELLED else ""
    home.at(one.starts_at + before)
    page = home.page(one)
    assert (QUESTION in page, "Withdraw Ana" in page, "Withdraw Ben" in page) == (may, may, may)
    assert ("This session is cancelled" in page, "The theatre is closed." in page) == ((state is SessionState.CANCELLED,) * 2)
    if not may:
        with nothing_changes():
            assert home.answers(one, "accepted") == 422
            answer = home.client.post(f"{home.link(one)}/withdrawal/{registration_of(ana, one).id}")
        assert (answer.status_code, "The session has begun or was cancelled" in unescape(answer.text)) == (422, True)
    else:
        assert home.answers(one, "accepted") == 303


@pytest.mark.parametrize("state", list(RegistrationState))
def test_only_who_has_a_seat_is_asked_whether_they_come(home: Home, state: RegistrationState) -> None:
    ana, ben = home.student("Ana"), home.student("Ben")
    one = home.session(ana, ben)
    with transaction():
        db.session.get_one(Registration, registration_of(ben, one).id).state = state
    page = home.page(one)
    names = "Ana and Ben" if state in {CONFIRMED, PENDING} else "Ana"
    assert f"Will {names} come on Thursday 18 March 2027, 14:00?" in page


def test_nobody_with_a_seat_means_no_question_even_with_an_invitation(home: Home) -> None:
    ana = home.student("Ana")
    one = home.session(ana)
    with transaction():
        db.session.get_one(Registration, registration_of(ana, one).id).state = OFFERED
    assert QUESTION not in home.page(one)


def test_an_invitation_that_was_cancelled_or_is_for_another_session_is_not_asked_about(home: Home) -> None:
    ana = home.student("Ana")
    one, other = home.session(ana), home.session(ana)
    with transaction():
        home.invitation(one).is_live = False
    assert QUESTION not in home.page(one)
    assert QUESTION in home.page(other)
    with nothing_changes():
        assert home.answers(one, "accepted") == 422


def test_a_student_is_asked_in_person_and_a_guardian_by_name(home: Home) -> None:
    ana = home.student("Ana", email="ana@pupils.example")
    one = home.session(ana)
    assert "Will you come on" in home.page(one, "ana@pupils.example")
    assert "Will Ana come on" in home.page(one)
    ben = home.student("Ben", "ana@pupils.example")
    home.make.register(one, home.teacher, ben)
    assert "Will Ana and Ben come on" in home.page(one, "ana@pupils.example")  # a student who is a guardian's address too


def test_an_answer_is_this_mailboxs_and_this_sessions_alone(home: Home) -> None:
    ana = home.student("Ana", HOME, "father@families.example", email="ana@pupils.example")
    one, other = home.session(ana), home.session(ana)
    assert home.answers(one, "tentative") == 303
    answers = {address: home.invitation(one, address).answer for address in (HOME, "father@families.example", "ana@pupils.example")}
    assert answers == {HOME: Answer.TENTATIVE, "father@families.example": Answer.NEEDS_ACTION, "ana@pupils.example": Answer.NEEDS_ACTION}
    assert home.invitation(other).answer is Answer.NEEDS_ACTION
    assert 'aria-pressed="true"' not in home.page(other)


@pytest.mark.parametrize(
    ("guardians", "email", "address", "may_alone"),
    [
        ((HOME,), None, HOME, True),
        ((HOME,), "ana@pupils.example", HOME, True),
        ((HOME, "father@families.example"), None, HOME, False),
        ((HOME, "father@families.example"), "ana@pupils.example", "ana@pupils.example", True),
    ],
)
def test_after_a_no_whoever_may_say_so_alone_is_asked_and_the_others_are_told_to_agree(
    home: Home, guardians: tuple[str, ...], email: str | None, address: str, *, may_alone: bool
) -> None:
    one = home.session(home.student("Ana", *guardians, email=email))
    assert home.answers(one, "declined", address) == 303
    page = unescape(home.client.get(f"{home.link(one, address)}/withdrawal").text)
    asked = "Withdraw from this session?" if address == email else "Withdraw Ana?"
    assert (asked in page, "Other people answer for Ana too" in page) == (True, not may_alone)
    assert home.page(one, address).count("/withdrawal/") == 1


def test_who_only_waits_is_not_told_that_they_have_a_seat(home: Home) -> None:
    ana, ben = home.student("Ana"), home.student("Ben")
    one = home.session(ana, ben, capacity=1)
    assert "somebody else can have the seat" in home.page(one)
    registering.withdraw(registration_of(ana, one).id, now=home.make.now, by_id=home.teacher.id)
    registering.withdraw(registration_of(ben, one).id, now=home.make.now, by_id=home.teacher.id)
    home.make.register(one, home.teacher, home.student("Cem", "cem@families.example"), ana)
    page = home.page(one)
    assert ("Withdraw Ana" in page, "somebody else can have the seat" in page) == (True, False)


@pytest.mark.parametrize(("state", "calendars_follow"), [(CONFIRMED, True), (PENDING, True), (OFFERED, False), (WAITING, False)])
def test_giving_back_is_asked_once_more_with_what_follows(
    home: Home, now: datetime, state: RegistrationState, *, calendars_follow: bool
) -> None:
    one, ana = home.session(), home.student("Ana")
    place = registration_in(state, ana, one, home.teacher, now=now, offered_until=now + timedelta(hours=1))
    page = unescape(home.client.get(f"{home.link(one)}/withdrawal/{place.id}").text)
    assert "Withdraw Ana?" in page
    assert ("the session will leave their calendars" in page) is calendars_follow
    home.client.post(f"{home.link(one)}/withdrawal/{place.id}")
    step = db.session.scalars(select(RegistrationStep).where(RegistrationStep.registration_id == place.id)).one()
    assert (step.state, step.by_mailbox_id, step.by_id, step.at) == (WITHDRAWN, home.make.mailbox(HOME).id, None, now)


def test_a_provisional_session_says_so_until_it_starts(home: Home, now: datetime) -> None:
    one = home.session(home.student("Ana"), is_provisional=True, decides_at=now + timedelta(days=3))
    assert "Provisional: not confirmed yet" in home.page(one)
    home.at(one.starts_at)
    assert "Provisional" not in home.page(one)


@pytest.fixture
def deeds(home: Home, make: Builder) -> dict[str, Any]:
    """Ana and Ben are of two teachers; Dan withdrew, Eve is somebody else's, Ana takes part elsewhere too."""
    colleague = make.teacher(home.school)
    ana, ben, cem, dan = (home.student(name, HOME, f"{name.lower()}s.father@families.example") for name in ("Ana", "Ben", "Cem", "Dan"))
    eve = home.student("Eve", "eves@families.example")
    one = home.session(ana, dan, eve, capacity=4)
    make.register(one, colleague, ben, cem)
    with transaction():
        db.session.get_one(Registration, registration_of(cem, one).id).state = OFFERED
    registering.withdraw(registration_of(dan, one).id, now=make.now, by_id=home.teacher.id)
    later = home.session(ana, starts_wall=datetime(2027, 4, 18, 14))
    make.register(later, colleague, ben)
    return {"one": one, "later": later, "colleague": colleague, "ana": ana}


def snapshots_by_mailbox(about: OutreachSession) -> dict[int, LetterSnapshot]:
    """Give by mailbox what is said about a wrong address, in letters about this session."""
    wanted = select(Letter).where(Letter.kind == LetterKind.WRONG_ADDRESS, Letter.session_id == about.id).order_by(Letter.id)
    return {letter.mailbox_id: LetterSnapshot.from_json(letter.facts) for letter in db.session.scalars(wanted)}


def test_each_teacher_is_told_of_their_own_students_who_take_part(home: Home, deeds: dict[str, Any], now: datetime) -> None:
    not_mine(home.make.mailbox(HOME).id, session_id=deeds["one"].id, now=now)
    found = {
        key: ([s.given_name for s in facts.seated], [s.given_name for s in facts.waiting], facts.reason, facts.cause, facts.reader_name)
        for key, facts in snapshots_by_mailbox(deeds["one"]).items()
    }
    colleague = deeds["colleague"]
    assert found == {
        home.teacher.mailbox_id: (["Ana", "Dan"], [], HOME, Cause.ADDRESS, home.teacher.given_name),
        colleague.mailbox_id: (["Ben", "Cem"], [], HOME, Cause.ADDRESS, colleague.given_name),
    }
    assert {facts.session.id for facts in snapshots_by_mailbox(deeds["one"]).values()} == {deeds["one"].id}
    assert all(student.family_name for facts in snapshots_by_mailbox(deeds["one"]).values() for student in facts.seated)


def test_the_mailbox_is_stopped_and_every_session_to_come_forgets_it(home: Home, deeds: dict[str, Any], now: datetime) -> None:
    mailbox_id = home.make.mailbox(HOME).id
    not_mine(mailbox_id, session_id=deeds["one"].id, now=now)
    mailbox = db.session.get_one(Mailbox, mailbox_id, populate_existing=True)
    assert (mailbox.stopped_at, mailbox.link_version) == (now, 2)
    for one in (deeds["one"], deeds["later"]):
        assert not home.invitation(one).is_live
        assert home.invitation(one, "anas.father@families.example").is_live
    assert states(deeds["one"])["Ana"] is CONFIRMED


def test_who_waits_is_named_as_waiting(home: Home, now: datetime) -> None:
    ana, ben = home.student("Ana"), home.student("Ben")
    one = home.session(ana, ben, capacity=1)
    not_mine(home.make.mailbox(HOME).id, session_id=one.id, now=now)
    (facts,) = snapshots_by_mailbox(one).values()
    assert ([s.given_name for s in facts.seated], [s.given_name for s in facts.waiting]) == (["Ana"], ["Ben"])


def test_whoever_signs_in_there_keeps_their_mail_and_only_the_students_lose_it(
    home: Home, make: Builder, deeds: dict[str, Any], now: datetime
) -> None:
    adult = make.user(email="shared@homes.example")
    own = home.student("Fay", "fays@families.example", email="shared@homes.example")
    other = home.student("Gus", "guss@families.example", email="guss@pupils.example")
    with transaction():
        ana = db.session.get_one(Student, deeds["ana"].id)
        ana.guardians.append(Guardian(school_id=ana.school_id, name="Shared", mailbox_id=adult.mailbox_id))
    not_mine(adult.mailbox_id, session_id=deeds["one"].id, now=now)
    mailbox = db.session.get_one(Mailbox, adult.mailbox_id, populate_existing=True)
    assert (mailbox.is_open, mailbox.link_version) == (True, 2)
    linked = select(Guardian.id).where(Guardian.mailbox_id == adult.mailbox_id)
    assert db.session.scalars(linked).all() == []
    assert db.session.scalar(select(Student.mailbox_id).where(Student.id == own.id)) is None
    assert db.session.scalar(select(Student.mailbox_id).where(Student.id == other.id)) is not None
    assert home.make.mailbox(HOME).is_open


def test_two_who_read_elsewhere_are_two_pieces_of_news(home: Home, now: datetime) -> None:
    """Each names the address that is wrong."""
    one = home.session(home.student("Ana", HOME, "father@families.example"))
    for address in (HOME, "father@families.example"):
        not_mine(home.make.mailbox(address).id, session_id=one.id, now=now)
    wanted = select(Letter).where(Letter.kind == LetterKind.WRONG_ADDRESS, Letter.session_id == one.id).order_by(Letter.id)
    assert [LetterSnapshot.from_json(letter.facts).reason for letter in db.session.scalars(wanted)] == [HOME, "father@families.example"]


def test_said_again_after_a_correction_it_is_news_again(home: Home, now: datetime) -> None:
    one = home.session(home.student("Ana"))
    mailbox_id = home.make.mailbox(HOME).id
    not_mine(mailbox_id, session_id=one.id, now=now)
    with transaction():
        db.session.get_one(Mailbox, mailbox_id, populate_existing=True).stopped_at = None
    not_mine(mailbox_id, session_id=one.id, now=now + SECOND)
    assert len(letters(one, LetterKind.WRONG_ADDRESS)) == 2
