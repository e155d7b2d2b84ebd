"""What teacher, host and family see of a seat that is held because a minor's last guardian has gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from outreach.families.use_cases import not_mine
from outreach.models import RegistrationState, User
from outreach.time import clock
from outreach.tokens import UNDO_LASTS, LinkPurpose, Ticket, sign
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.registrations import nothing_changes, states

pytestmark = pytest.mark.empty_database
Clients = Callable[[User | None], FlaskClient]
HOME, OWN = "home@families.example", "ana@pupils.example"
UNTIL = "Thursday 4 March 2027, 18:00 (London, UTC)"


class Scene:
    """Ana's only guardian has said "not my child": her seat is held. Ben waits for another reason: it is full."""

    def __init__(self, make: Builder, now: datetime, client_of: Clients) -> None:
        self.make, self.now, self.client_of = make, now, client_of
        school = make.school()
        self.teacher, self.host = make.teacher(school), make.clinician()
        self.stranger = make.teacher(make.school())
        self.school_class = make.school_class(school, self.teacher)
        self.ana = make.student(self.school_class, given_name="Ana", email=OWN, guardians=(HOME,))
        self.ben = make.student(self.school_class, given_name="Ben", guardians=("ben@families.example",))
        self.session = make.outreach_session(self.host, capacity=1)
        make.register(self.session, self.teacher, self.ana, self.ben)
        not_mine(make.mailbox(HOME).id, session_id=self.session.id, now=now)

    def page(self, address: str, user: User | None = None) -> str:
        return " ".join(unescape(self.client_of(user or self.teacher).get(address).text).split())

    def link(self, address: str, purpose: LinkPurpose) -> str:
        mailbox = self.make.mailbox(address)
        ends = self.now + UNDO_LASTS if purpose is LinkPurpose.UNDO else self.session.ends_at
        return f"/i/{sign(Ticket(mailbox.id, self.session.id, purpose, mailbox.link_version, ends), settings().secret_key)}"


@pytest.fixture
def scene(make: Builder, now: datetime, client_of: Clients, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(clock, "now", lambda: now)
    return Scene(make, now, client_of)


def test_the_teacher_sees_what_to_settle_on_every_page_and_nobody_elses_teacher_does(scene: Scene) -> None:
    seats = scene.page(f"/sessions/{scene.session.id}/seats")
    for words in ("still missing: a guardian", "held until Thu 4 Mar, 18:00", "Add a guardian", "Take responsibility"):
        assert seats.count(words) == 1, words
    assert "1 seat held: please settle it" in scene.page("/registrations")
    assert "seat is held until you settle what is missing" in scene.page("/classes")
    student = scene.page(f"/students/{scene.ana.id}")
    assert "There is no guardian" in student
    assert f"The seat at “Power of a Stitch” is held until {UNTIL}." in student
    assert "There is no guardian" not in scene.page(f"/students/{scene.ben.id}")
    for page in ("/classes", "/registrations", f"/sessions/{scene.session.id}/seats"):
        assert "settle" not in scene.page(page, scene.stranger)
        assert "a guardian" not in scene.page(page, scene.stranger)


def test_a_teacher_takes_responsibility_by_a_page_that_says_what_it_means(scene: Scene) -> None:
    address = f"/students/{scene.ana.id}/responsibility"
    with nothing_changes():
        page = scene.page(address)
        assert scene.client_of(scene.stranger).post(address).status_code == 404
        assert scene.client_of(None).post(address).status_code == 302
    assert "I will pass on what the e-mails from Outreach say" in page
    assert "Power of a Stitch, Thursday 18 March 2027" in page
    client = scene.client_of(scene.teacher)
    assert client.post(address).location == f"/students/{scene.ana.id}"
    assert states(scene.session)["Ana"] is RegistrationState.CONFIRMED
    responsible = f"{scene.teacher.name} has been responsible for Ana in place of a guardian since Monday 1 March"
    assert responsible in scene.page(f"/students/{scene.ana.id}")
    again = client.post(address)
    assert (again.status_code, "nothing left to settle" in again.text) == (422, True)
    assert "settle" not in scene.page("/classes")


def test_removing_the_last_guardian_first_says_which_seats_that_holds(scene: Scene) -> None:
    other = scene.make.outreach_session(scene.host, title="Another")
    scene.make.register(other, scene.teacher, scene.ben)
    address, client = f"/students/{scene.ben.id}", scene.client_of(scene.teacher)
    seen = re.search(r'name="seen"[^>]*value="([^"]+)"', client.get(address).text)
    assert seen
    fields = {"given_name": "Ben", "family_name": scene.ben.family_name, "seen": seen[1], "guardians-0-is_removed": "y"}
    with nothing_changes():
        page = client.post(address, data=fields)
    assert page.status_code == 422
    text = " ".join(unescape(page.text).split())
    assert "seat of Ana" not in text
    assert "The seat of Ben at “Another”, Thursday 18 March 2027, is held." in text
    assert "Ben keeps their position on the waiting list for “Power of a Stitch”, Thursday 18 March 2027, but gets no seat for now." in text
    assert client.post(address, data=fields | {"leaves_nobody": "y"}).status_code == 303
    assert states(other)["Ben"] is RegistrationState.PENDING


def test_a_student_without_a_guardian_is_shown_as_one_who_will_wait_when_registered(scene: Scene) -> None:
    other = scene.make.outreach_session(scene.host, title="Another")
    sheet = scene.page(f"/sessions/{other.id}/registration?class={scene.school_class.id}")
    assert "still missing: a guardian" in sheet
    assert "1 will have a seat. 1 will be on the waiting list." in sheet
    scene.make.register(other, scene.teacher, scene.ana, scene.ben)
    seats = scene.page(f"/sessions/{other.id}/seats")
    assert "still missing: a guardian" in seats
    assert "the student keeps the position, and others are asked first" in seats


def test_the_host_sees_that_a_seat_is_held_and_not_why(scene: Scene) -> None:
    roster = scene.page(f"/sessions/{scene.session.id}/roster", scene.host)
    assert "Seat held" in roster
    assert "guardian" not in roster


def test_the_family_sees_until_when_and_what_for(scene: Scene) -> None:
    page = scene.page(scene.link(OWN, LinkPurpose.FAMILY))
    assert f"If this isn't settled by {UNTIL}, the seat goes to somebody else." in page
    assert "Still missing: a guardian." in page


def test_undoing_is_asked_and_said_plainly_the_second_time_and_too_late(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    link, client = scene.link(HOME, LinkPurpose.UNDO) + "/undo", scene.client_of(None)
    with nothing_changes():
        assert "If that was a mistake, undo it here." in scene.page(link)
    monkeypatch.setattr(clock, "now", lambda: scene.now + UNDO_LASTS)
    with nothing_changes():
        late = client.post(link)
    assert (late.status_code, "You could undo it for 7 days." in late.text, "Ana" in late.text) == (410, True, False)
    monkeypatch.setattr(clock, "now", lambda: scene.now + UNDO_LASTS - timedelta(seconds=1))
    done = client.post(link, follow_redirects=True)
    assert (done.status_code, "You have undone this" in done.text) == (200, True)
    with nothing_changes():
        again = client.post(link)
    assert (again.status_code, "you have already undone it" in unescape(again.text)) == (422, True)
