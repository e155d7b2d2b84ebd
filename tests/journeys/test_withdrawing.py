"""Withdrawing and taking it back, a form that was open while the session moved, and "not my child": real pages, real e-mails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.models import School, Site, User
from outreach.time import clock
from tests.journeys.story import HOST, PASSWORD, TEACHER, make_people
from tests.support.builders import Builder
from tests.support.calendars import Mail
from tests.support.postbox import Postbox, open_postbox
from tests.support.service import Service, app_in, environment, running
from tests.support.visitors import InBrowser, sign_in

pytestmark = pytest.mark.browser
HOME = "home@families.example"
PHONE = {"width": 390, "height": 844}


@dataclass
class Stage:
    """The service with a session of six seats and a class: Ana and Ben have seats, Cem isn't registered."""

    service: Service
    postbox: Postbox
    browser: Any
    session_id: int
    class_id: int

    def visitor(self, email: str = "") -> InBrowser:
        found = InBrowser(self.browser.new_page(viewport=PHONE), self.service.base_url)
        if email:
            sign_in(found, email, PASSWORD)
        return found

    def mails(self, address: str) -> list[Mail]:
        self.service.settle()
        return [Mail(*pair) for pair in zip(self.postbox.recipients, self.postbox.letters, strict=True) if pair[0] == address]


@pytest.fixture(scope="module")
def stage(fresh_database: Callable[[str, Path], Any], tmp_path_factory: Any, browser: Any) -> Iterator[Stage]:
    """Run the service."""
    folder = tmp_path_factory.mktemp("withdrawing")
    with fresh_database("sqlite", folder) as database_url, open_postbox() as postbox:
        variables = environment(database_url, folder, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(postbox.port))
        app = app_in(variables)
        make_people(app)
        with app.app_context():
            make = Builder(clock.now())
            teacher, host = (db.session.scalars(select(User).where(User.email == email)).one() for email in (TEACHER, HOST))
            school = db.session.scalars(select(School).where(School.name == "Riverside School")).one()
            site = db.session.scalars(select(Site).where(Site.name == "Mercy Hospital")).one()
            school_class = make.school_class(school, teacher, name="10C")
            one = make.outreach_session(host, site=site, starts_wall=datetime(clock.now().year + 1, 3, 18, 14), capacity=6)
            ana, ben = (make.student(school_class, given_name=name, family_name="Amis", guardians=(HOME,)) for name in ("Ana", "Ben"))
            make.student(school_class, given_name="Cem", guardians=("cem@families.example",))
            make.register(one, teacher, ana, ben)
            ids = one.id, school_class.id
            db.session.remove()
            db.engine.dispose()
        with running(variables) as service:
            yield Stage(service, postbox, browser, *ids)


def test_a_family_that_cannot_come_is_asked_once_and_takes_it_back(stage: Stage) -> None:
    home = stage.visitor()
    home.open(stage.mails(HOME)[-1].link(r"/i/[\w.-]+"))
    page = home.path
    home.press("Can't come")
    assert "Withdraw Ana and Ben?" in home.text
    home.page.get_by_label("Ana").check()
    home.press("Withdraw")
    assert home.path == page
    assert "Ana is withdrawn. We'll tell the school." in home.text
    assert "You can undo this for 15 more minutes" in home.text
    home.page.set_viewport_size({"width": 320, "height": 640})
    assert home.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert [mail.entry.sequence for mail in stage.mails(HOME)] == [0, 1], "Ben still comes, so the entry was updated"
    home.press("Undo the withdrawal of Ana")
    assert "The withdrawal of Ana is undone." in home.text
    told = stage.mails(HOME)[-1]
    assert (told.entry.method, told.entry.sequence) == ("REQUEST", 2)
    assert "The withdrawal was undone. Ana and Ben have seats" in told.text
    assert "The withdrawal was undone." in stage.mails(TEACHER)[-1].text


def test_a_teacher_undoes_a_withdrawal_and_a_host_a_removal(stage: Stage) -> None:
    for who, address, named in ((TEACHER, "seats", "Ana Amis"), (HOST, "roster", "Ana")):
        visitor = stage.visitor(who)
        visitor.open(f"/sessions/{stage.session_id}/{address}")
        visitor.follow("Withdraw")
        if who == HOST:
            visitor.fill(reason="No bench left")
        visitor.press("Withdraw")
        visitor.page.get_by_role("button", name="Undo the withdrawal of Ana").click()
        visitor.page.wait_for_load_state("domcontentloaded")
        assert f"The withdrawal of {named} is undone." in visitor.text
    confirmed = "SELECT count(*) FROM registration WHERE session_id = :one AND state = 'confirmed'"
    assert stage.service.count(confirmed, one=stage.session_id) == 2


def test_what_a_teacher_confirms_is_asked_again_if_the_session_moved_meanwhile(stage: Stage) -> None:
    teacher, host = stage.visitor(TEACHER), stage.visitor(HOST)
    teacher.open(f"/sessions/{stage.session_id}/registration?class={stage.class_id}")
    teacher.page.get_by_label("The guardians of all these students").check()

    host.open(f"/sessions/{stage.session_id}/move")
    host.fill(start="15:30", end="17:30")
    host.page.locator("main form button[type=submit]").last.click()
    host.press("Move and tell everybody")
    assert "Moved." in host.text

    register = teacher.page.get_by_role("button", name="Register 1 student")
    register.click()
    assert "What changed" in teacher.text
    before, now = (teacher.page.locator(f".before-after {tag}").all_inner_texts() for tag in ("del", "ins"))
    assert ([("14:00 to 16:00" in one) for one in before], [("15:30 to 17:30" in one) for one in now]) == ([True], [True])
    assert not teacher.page.get_by_label("The guardians of all these students").is_checked()
    assert teacher.page.get_by_label("Cem").first.is_checked()
    assert stage.service.count("SELECT count(*) FROM registration WHERE session_id = :one", one=stage.session_id) == 2
    teacher.page.set_viewport_size({"width": 320, "height": 640})
    assert teacher.page.evaluate("document.documentElement.scrollWidth") <= 320
    register.click()
    assert "Tick that their guardians have given permission." in teacher.text
    teacher.page.get_by_label("The guardians of all these students").check()
    register.click()
    assert "1 has a seat." in teacher.text


def test_not_my_child_takes_two_steps_and_is_undone_from_the_last_e_mail(stage: Stage) -> None:
    def seats(state: str) -> int:
        return stage.service.count(f"SELECT count(*) FROM registration WHERE student_id < 3 AND state = '{state}'")  # noqa: S608 (our own words)

    home, teacher, before = stage.visitor(), stage.visitor(TEACHER), seats("confirmed")
    home.open(stage.mails(HOME)[-1].link(r"/i/[\w.-]+/not-mine"))
    home.press("This isn't my child")
    assert "Nothing has changed yet." in home.text
    assert (seats("confirmed"), seats("pending")) == (before, 0)
    home.press("Yes, stop the e-mails")
    last = stage.mails(HOME)[-1]
    assert (last.entry.method, "Ana" in last.text, "Ben" in last.text) == ("CANCEL", False, False)
    assert (seats("confirmed"), seats("pending")) == (0, before)
    teacher.open(f"/sessions/{stage.session_id}/seats")
    assert "still missing: a guardian" in teacher.text

    home.open(last.link(r"/i/[\w.-]+/undo"))
    home.press("Undo it")
    assert "You have undone this" in home.text
    again = stage.mails(HOME)[-1]
    assert (again.entry.method, again.entry.uid, again.entry.sequence > last.entry.sequence) == ("REQUEST", last.entry.uid, True)
    assert (seats("confirmed"), seats("pending")) == (before, 0)
    home.open(last.link(r"/i/[\w.-]+/undo"))
    assert "You have undone this" in home.text
