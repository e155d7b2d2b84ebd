"""Once pressed twice is once done: a form that is sent again shows what the first time made."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from outreach.db import Base, db
from outreach.models import Application, FormUse, Letter, OutreachSession, Registration, School, SchoolClass, Site, Student, User
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket, sign
from outreach.web import forget_form_keys, settings
from tests.pages.test_accounts import FORM as APPLICATION
from tests.pages.test_scheduling import typed
from tests.support.builders import Builder
from tests.support.inbound import PARENT, invited, mail

Clients = Callable[[User | None], FlaskClient]
TWICE = "This was done the first time you pressed the button, and only once."


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def key_on(client: FlaskClient, address: str, action: str = "") -> str:
    """Give the key in the form of a page, or in the form that is sent to this address."""
    page = client.get(address).get_data(as_text=True)
    form = page[page.index(f'action="{action}"') :] if action else page[page.index("<main") :]
    return unescape(re.search(r'name="form_key" value="([^"]+)"', form).group(1))  # type: ignore[union-attr]


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def twice(client: FlaskClient, address: str, data: dict[str, Any], model: type[Base], **second: Any) -> None:
    """Send a form twice: once is something made, and both times lead there."""
    before = count(model), count(Letter)
    first = client.post(address, data=data)
    assert first.status_code == 303, first.text
    after = count(model), count(Letter)
    assert after != before
    again = client.post(address, data=data | second)
    assert (again.status_code, again.location) == (303, first.location)
    assert (count(model), count(Letter)) == after
    assert TWICE in unescape(client.get(again.location, follow_redirects=True).text)


def test_a_session_posted_twice_is_one_whatever_was_typed_after_going_back(make: Builder, client_of: Clients) -> None:
    host, site = make.clinician(), make.site()
    make.appointment(host, site)
    client, address = client_of(host), "/sessions/new/stitch_workshop"
    twice(client, address, typed(site, form_key=key_on(client, address)), OutreachSession, title="Typed after going back")
    before = count(OutreachSession)
    assert client.post(address, data=typed(site, form_key=key_on(client, address))).status_code == 303
    assert count(OutreachSession) == before + 1, "another form makes another"


def test_what_failed_can_be_corrected_and_sent_again(make: Builder, client_of: Clients) -> None:
    host, site = make.clinician(), make.site()
    make.appointment(host, site)
    client, address = client_of(host), "/sessions/new/stitch_workshop"
    key = key_on(client, address)
    wrong = client.post(address, data=typed(site, form_key=key, title=""))
    assert (wrong.status_code, f'name="form_key" value="{key}"' in wrong.text) == (422, True)
    assert client.post(address, data=typed(site, form_key=key)).status_code == 303


def test_what_a_teacher_makes_twice_is_one(make: Builder, client_of: Clients) -> None:
    school = make.school()
    teacher = make.teacher(school)
    client = client_of(teacher)
    twice(client, "/classes/new", {"name": "9B", "form_key": key_on(client, "/classes/new")}, SchoolClass, name="9C")
    school_class = db.session.scalars(select(SchoolClass).where(SchoolClass.name == "9B")).one()
    address = f"/classes/{school_class.id}/students/new"
    new = {"given_name": "Ana", "family_name": "Lopez", "form_key": key_on(client, address)}
    twice(client, address, new, Student)
    assert client.post(address, data=new | {"given_name": "Ben"}).status_code == 303
    assert {one.given_name for one in db.session.get_one(SchoolClass, school_class.id, populate_existing=True).students} == {"Ana", "Ben"}
    offered = make.outreach_session(make.clinician())
    address = f"/sessions/{offered.id}/registration?class={school_class.id}"
    ids = [str(one.id) for one in school_class.students]
    facts = re.findall(r'name="(attested)" value="([^"]*)"', client.get(address).text)
    chosen = {"student_ids": ids, "permission_attested": "y", "form_key": key_on(client, address)} | {k: unescape(v) for k, v in facts}
    twice(client, address, chosen, Registration)


def test_what_a_coordinator_makes_twice_is_one(make: Builder, client_of: Clients, now: datetime) -> None:
    client = client_of(make.coordinator())
    place = {"name": "Quite New", "address": "2 New Street", "country": "GB", "zone": "Europe/London"}
    twice(client, "/coordination/sites/new", place | {"form_key": key_on(client, "/coordination/sites/new")}, Site, name="Newer")
    school = {"name": "Quite New", "town": "Leeds", "country": "GB", "zone": "Europe/London", "majority_age": "18"}
    twice(client, "/coordination/schools/new", school | {"form_key": key_on(client, "/coordination/schools/new")}, School, name="Newer")
    family = invited(make, now)
    family.take(mail(to=family.token_address(PARENT), sender=PARENT, body="Where do we park?"))
    page = re.search(r"/coordination/received/\d+", client.get("/coordination/received").text).group()  # type: ignore[union-attr]
    key = key_on(client, page, f"{page}/answer")
    twice(client, f"{page}/answer", {"words": "Behind the house.", "form_key": key}, Letter)
    letters = count(Letter)
    assert client.post(f"{page}/answer", data={"words": "And in the street.", "form_key": key}).status_code == 303
    assert count(Letter) == letters + 1, "a second answer is another one"


def test_an_application_sent_twice_is_one(client_of: Clients) -> None:
    client = client_of(None)
    twice(client, "/apply", APPLICATION | {"form_key": key_on(client, "/apply")}, Application)


def test_a_key_is_of_one_person_and_one_page(make: Builder, client_of: Clients) -> None:
    """Whoever sends another's key finds nothing of theirs, and does what they came for."""
    school = make.school()
    one, other = make.teacher(school), make.teacher(school)
    key = key_on(client_of(one), "/classes/new")
    assert client_of(one).post("/classes/new", data={"name": "9B", "form_key": key}).status_code == 303
    assert client_of(other).post("/classes/new", data={"name": "9C", "form_key": key}).status_code == 303
    assert {found.name for found in db.session.scalars(select(SchoolClass).where(SchoolClass.school_id == school.id))} == {"9B", "9C"}


def test_keys_are_forgotten_after_a_week(make: Builder, client_of: Clients, now: datetime) -> None:
    client = client_of(make.teacher(make.school()))
    client.post("/classes/new", data={"name": "9B", "form_key": key_on(client, "/classes/new")})
    assert (forget_form_keys(now=now + timedelta(days=7)), count(FormUse)) == (0, 1)
    assert (forget_form_keys(now=now + timedelta(days=7, seconds=1)), count(FormUse)) == (1, 0)


def test_pages_behind_links_carry_no_key(make: Builder, client_of: Clients, now: datetime) -> None:
    """What they do may be done, undone and done again from an old page; and what they lead to isn't kept."""
    family = invited(make, now)
    ticket = Ticket(family.mailbox(PARENT).id, family.outreach_session.id, LinkPurpose.REMINDERS, 1, now + timedelta(days=9))
    address = f"/i/{sign(ticket, settings().secret_key)}/reminders"
    client = client_of(None)
    for press in (address, f"{address}/restart", address):
        assert client.post(press).status_code == 303
        assert "form_key" not in client.get(address, follow_redirects=True).text
    assert count(FormUse) == 0
