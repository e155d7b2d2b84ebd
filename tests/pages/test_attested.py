"""A form carries what it confirms: if that changed since the page was shown, it answers with before and after, and asks again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach import tokens
from outreach.db import db, transaction
from outreach.models import Application, ApplicationState, OutreachSession, Registration, RegistrationState, RoleName, User
from outreach.tokens import LinkPurpose, Ticket
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.registrations import nothing_changes, states

pytestmark = [pytest.mark.empty_database, pytest.mark.usefixtures("clock_stands_still")]
Clients = Callable[[User | None], FlaskClient]
WITHDRAWN, CONFIRMED, WAITING = RegistrationState.WITHDRAWN, RegistrationState.CONFIRMED, RegistrationState.WAITING
BEFORE, NOW = "Thursday 18 March 2027, 14:00 to 16:00", "Friday 19 March 2027, 14:00 to 16:00"


class Scene:
    """Ana has a seat, Ben waits, Cem isn't registered; the session is provisional, and somebody applies."""

    def __init__(self, make: Builder, clients: Clients) -> None:
        self.make, self.clients = make, clients
        school = make.school()
        self.teacher, self.host, self.coordinator = make.teacher(school), make.clinician(), make.coordinator()
        self.school_class = make.school_class(school, self.teacher)
        self.session = make.outreach_session(
            self.host, capacity=1, site=make.site("Mercy"), is_provisional=True, decides_at=make.now + timedelta(days=3)
        )
        for name in ("Ana", "Ben"):
            student = make.student(self.school_class, given_name=name, guardians=("home@families.example",))
            make.register(self.session, self.teacher, student)
        self.cem = make.student(self.school_class, given_name="Cem", guardians=("cem@families.example",))
        applicant = make.user()
        with transaction():
            self.application = Application(
                user_id=applicant.id, role=RoleName.TEACHER, place="Hill School", message="Biology", created_at=make.now
            )
            db.session.add(self.application)
        self.places = {row.student.given_name: row.id for row in db.session.scalars(select(Registration))}

    def changes(self, **facts: Any) -> None:
        with transaction():
            one = db.session.get_one(OutreachSession, self.session.id)
            for name, value in facts.items():
                setattr(one, name, value)

    def moves(self) -> None:
        one = db.session.get_one(OutreachSession, self.session.id, populate_existing=True)
        day = timedelta(days=1)
        with transaction():
            one.set_time(starts_wall=one.starts_wall + day, ends_wall=one.ends_wall + day, zone=one.zone, fold=0, tzdata_version="2026f")

    def link(self, purpose: LinkPurpose, mailbox_id: int) -> str:
        until = self.session.ends_at + timedelta(days=30) if purpose is LinkPurpose.FAMILY else self.session.starts_at
        return tokens.sign(Ticket(mailbox_id, self.session.id, purpose, 1, until), settings().secret_key)

    def decision_link(self) -> str:
        return f"/d/{self.link(LinkPurpose.DECIDE, self.host.mailbox_id)}"

    def family_link(self) -> str:
        return f"/i/{self.link(LinkPurpose.FAMILY, self.make.mailbox('home@families.example').id)}"


@pytest.fixture
def scene(make: Builder, client_of: Clients) -> Scene:
    return Scene(make, client_of)


def attested(page: str) -> dict[str, str]:
    """Give the hidden fields that a page's first form sends along."""
    fields = re.findall(r'<input[^>]* name="(attested|seen_at)"[^>]* value="([^"]*)"', page)
    assert "attested" in dict(fields)
    return {name: unescape(value) for name, value in reversed(fields)}


Case = tuple[Callable[[Scene], User | None], Callable[[Scene], str], Callable[[Scene], str], dict[str, str]]
CASES: dict[str, Case] = {
    "register": (
        lambda one: one.teacher,
        lambda one: f"/sessions/{one.session.id}/registration?class={one.school_class.id}",
        lambda one: f"/sessions/{one.session.id}/registration?class={one.school_class.id}",
        {"permission_attested": "y"},
    ),
    "withdraw at school": (
        lambda one: one.teacher,
        lambda one: f"/registrations/{one.places['Ana']}/withdrawal",
        lambda one: f"/registrations/{one.places['Ana']}/withdrawal",
        {"note": "Has a match"},
    ),
    "withdraw in the family": (
        lambda _one: None,
        lambda one: f"{one.family_link()}/withdrawal",
        lambda one: f"{one.family_link()}/withdrawal",
        {},
    ),
    "remove": (
        lambda one: one.host,
        lambda one: f"/registrations/{one.places['Ana']}/removal",
        lambda one: f"/registrations/{one.places['Ana']}/removal",
        {"reason": "No bench left"},
    ),
    "confirm": (
        lambda one: one.host,
        lambda one: f"/sessions/{one.session.id}/decision",
        lambda one: f"/sessions/{one.session.id}/confirmation",
        {},
    ),
    "confirm by link": (lambda _one: None, Scene.decision_link, lambda one: f"{one.decision_link()}/confirmation", {}),
    "cancel by link": (
        lambda _one: None,
        Scene.decision_link,
        lambda one: f"{one.decision_link()}/cancellation",
        {"reason": "No list that day"},
    ),
}


def _ids(scene: Scene, case: str) -> dict[str, str]:
    if case == "register":
        return {"student_ids": str(scene.cem.id)}
    return {"registration_ids": str(scene.places["Ana"])} if case == "withdraw in the family" else {}


@pytest.mark.parametrize("case", CASES)
def test_what_changed_is_shown_side_by_side_and_asked_again(scene: Scene, case: str) -> None:
    who, page, action, typed = CASES[case]
    client = scene.clients(who(scene))
    shown = attested(client.get(page(scene)).text)
    data = {**typed, **_ids(scene, case)}
    scene.moves()
    with nothing_changes():
        answer = client.post(action(scene), data={**shown, **data})
    words = unescape(answer.text)
    assert answer.status_code == 409
    row = re.search(r"<del>(.*?)</del>.*?<ins>(.*?)</ins>", words)
    assert row is not None
    assert (row[1].startswith(BEFORE), row[2].startswith(NOW)) == (True, True)
    assert words.count("<del>") == 1, "only what changed"
    for value in (value for name, value in typed.items() if name in ("note", "reason")):
        assert value in words, "what was typed stays"
    assert re.search(r'name="permission_attested"[^>]* checked', words) is None
    if case == "register":
        assert f'value="{scene.cem.id}" checked' in words
    assert client.post(action(scene), data={**attested(answer.text), **data}).status_code == 303


@pytest.mark.parametrize("case", CASES)
def test_a_form_that_was_sent_without_what_it_confirms_is_asked_again(scene: Scene, case: str) -> None:
    who, _page, action, typed = CASES[case]
    client = scene.clients(who(scene))
    client.reads_facts = False  # type: ignore[attr-defined]
    data = {**typed, **_ids(scene, case)}
    with nothing_changes():
        answer = client.post(action(scene), data=data)
    assert (answer.status_code, re.search(r'name="permission_attested"[^>]* checked', answer.text)) == (409, None)
    assert client.post(action(scene), data={**attested(answer.text), **data}).status_code == 303


@pytest.mark.parametrize("case", CASES)
def test_a_changed_number_of_seats_is_no_fact(scene: Scene, case: str) -> None:
    who, page, action, typed = CASES[case]
    client = scene.clients(who(scene))
    shown = attested(client.get(page(scene)).text)
    scene.changes(capacity=9, description="Bring a friend", updated_at=scene.make.now + timedelta(minutes=1))
    assert client.post(action(scene), data={**shown, **typed, **_ids(scene, case)}).status_code == 303


@pytest.mark.parametrize(
    ("facts", "was", "becomes"),
    [
        ({"age_floor": 15}, "nothing", "15"),
        ({"bring": "Goggles"}, "nothing", "Goggles"),
        ({"meeting_point": "Gate 3"}, None, "Gate 3"),
        ({"title": "Knots"}, None, "Knots"),
        ({"is_provisional": False, "decides_at": None}, None, "Confirmed"),
        ({"host_id": None}, None, None),
    ],
)
def test_a_school_confirms_place_adults_and_requirements_too(scene: Scene, facts: dict[str, Any], was: str | None, becomes: str) -> None:
    """None: whatever it was; the host becomes another."""
    if "host_id" in facts:
        other = scene.make.clinician(given_name="Uma")
        facts, becomes = {"host_id": other.id}, other.name
    client, address = scene.clients(scene.teacher), f"/sessions/{scene.session.id}/registration?class={scene.school_class.id}"
    with transaction():
        scene.cem.birth_date = datetime(2008, 1, 1).date()
        db.session.add(scene.cem)
    shown = attested(client.get(address).text)
    scene.changes(**facts)
    answer = client.post(address, data={**shown, "student_ids": scene.cem.id, "permission_attested": "y"})
    assert answer.status_code == 409
    assert f"<ins>{becomes}</ins>" in answer.text
    assert was is None or f"<del>{was}</del>" in answer.text
    assert "Cem" not in states(scene.session)


def test_what_changed_is_not_missed_by_looking_again(scene: Scene) -> None:
    """A preview, or a form sent without choosing anybody, shows no change and so counts for nothing."""
    client, address = scene.clients(scene.teacher), f"/sessions/{scene.session.id}/registration?class={scene.school_class.id}"
    fields = attested(client.get(address).text)
    scene.moves()
    ticked = {"student_ids": scene.cem.id, "permission_attested": "y"}
    preview = client.post(address, data={**fields, **ticked, "preview": "1"})
    assert (preview.status_code, attested(preview.text)) == (200, fields)
    answer = client.post(address, data={**attested(preview.text), **ticked})
    assert (answer.status_code, f"<ins>{NOW}" in answer.text) == (409, True)


@pytest.mark.parametrize("carried", ["", "[]", "x", '{"when": 1}'])
def test_a_form_that_carries_something_else_is_asked_again(scene: Scene, carried: str) -> None:
    client, address = scene.clients(scene.teacher), f"/registrations/{scene.places['Ana']}/withdrawal"
    with nothing_changes():
        assert client.post(address, data={"attested": carried}).status_code == 409


def test_who_got_a_seat_meanwhile_is_not_withdrawn_from_the_waiting_list(scene: Scene) -> None:
    client, address = scene.clients(None), f"{scene.family_link()}/withdrawal/{scene.places['Ben']}"
    shown = attested(client.get(address).text)
    with transaction():
        db.session.get_one(Registration, scene.places["Ben"]).state = CONFIRMED
    answer = client.post(address, data=shown)
    assert answer.status_code == 409
    assert "<del>on the waiting list</del>" in answer.text
    assert "<ins>has a seat</ins>" in answer.text


def test_an_application_that_changed_is_read_again_before_it_is_approved(scene: Scene) -> None:
    client, address = scene.clients(scene.coordinator), f"/coordination/applications/{scene.application.id}"
    shown = attested(client.get(address).text)
    with transaction():
        db.session.get_one(Application, scene.application.id).place = "Dale School"
    typed = {"place": "0", "name": "Hill School", "town": "Leeds", "country": "GB", "zone": "Europe/London", "majority_age": "18"}
    with nothing_changes():
        answer = client.post(f"{address}/approval", data={**shown, **typed, "note": "Welcome"})
    assert answer.status_code == 409
    assert "<del>Hill School</del>" in answer.text
    assert "<ins>Dale School</ins>" in answer.text
    assert "Welcome" in answer.text
    assert client.post(f"{address}/approval", data={**attested(answer.text), **typed}).status_code == 303
    assert db.session.get_one(Application, scene.application.id, populate_existing=True).state is ApplicationState.APPROVED
