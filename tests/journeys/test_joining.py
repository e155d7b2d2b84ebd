"""Joining, and coming back without the password: by letters through a real mail server and pages in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.story import COORDINATOR, HOST, PASSWORD, make_people
from tests.support.calendars import Mail
from tests.support.postbox import Postbox, open_postbox
from tests.support.service import Service, app_in, environment, running
from tests.support.visitors import InBrowser, sign_in

pytestmark = pytest.mark.browser
NEWCOMER, NEW_PASSWORD = "zoe.marsh@school.example", "needle thread scissors"


@dataclass
class Town:
    """The service, its mail server, and a door for visitors."""

    service: Service
    postbox: Postbox
    visitor: Callable[[], InBrowser]

    def letter_to(self, address: str, subject: str) -> Mail:
        """Wait for all letters, and give the last one to this address; its subject must hold these words."""
        self.service.settle()
        found = [Mail(*pair) for pair in zip(self.postbox.recipients, self.postbox.letters, strict=True) if pair[0] == address]
        assert subject in found[-1].message["Subject"]
        return found[-1]


@pytest.fixture(scope="module")
def town(fresh_database: Callable[[str, Path], Any], tmp_path_factory: Any, browser: Any) -> Iterator[Town]:
    """Run the service."""
    folder = tmp_path_factory.mktemp("joining")
    with fresh_database("sqlite", folder) as database_url, open_postbox() as postbox:
        variables = environment(database_url, folder, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(postbox.port))
        make_people(app_in(variables))
        with running(variables) as service:
            yield Town(service, postbox, lambda: InBrowser(browser.new_page(), service.base_url))


def test_a_teacher_applies_confirms_is_approved_and_sees_the_school(town: Town) -> None:
    newcomer = town.visitor()
    newcomer.open("/apply")
    newcomer.fill(role="teacher", place="Riverside School", given_name="Zoe", family_name="Marsh", email=NEWCOMER, password=PASSWORD)
    newcomer.press("Apply")
    letter = town.letter_to(NEWCOMER, "Confirm your e-mail address")
    link = letter.link(r"/confirm/[\w.~-]+")

    newcomer.open(link)
    confirmed = 'SELECT count(*) FROM "user" WHERE email = :email AND confirmed_at IS NOT NULL'
    assert town.service.count(confirmed, email=NEWCOMER) == 0
    newcomer.fill(password=PASSWORD)
    newcomer.press("Confirm my address and sign in")
    assert town.service.count(confirmed, email=NEWCOMER) == 1
    assert "your address is confirmed" in newcomer.text
    newcomer.open("/classes")
    assert "This page isn’t open to you" in newcomer.text

    coordinator = town.visitor()
    sign_in(coordinator, COORDINATOR, PASSWORD)
    coordinator.open("/coordination/applications")
    coordinator.follow("Zoe Marsh")
    coordinator.press("Approve Zoe Marsh")
    assert "Zoe Marsh is approved" in coordinator.text
    assert "Riverside School" in town.letter_to(NEWCOMER, "").text

    newcomer.open("/classes/new")
    newcomer.fill(name="10C")
    newcomer.press("Next: type the students")
    newcomer.follow("Back to the class")
    assert "Riverside School" in newcomer.text
    said = town.service.log.read_text()
    assert [secret for secret in (link.rpartition("/")[2], NEWCOMER, "Zoe", "Marsh", PASSWORD) if secret in said] == []


def test_a_forgotten_password_is_set_anew_by_mail(town: Town) -> None:
    forgetful = town.visitor()
    forgetful.open("/login")
    forgetful.follow("Forgotten your password?")
    forgetful.fill(email=HOST)
    forgetful.press("Send the link")
    link = town.letter_to(HOST, "password").link(r"/reset/[\w.~-]+")

    forgetful.open(link)
    forgetful.fill(password=NEW_PASSWORD, password_confirm=NEW_PASSWORD)
    forgetful.press("Set the new password")
    again = town.visitor()
    sign_in(again, HOST, PASSWORD)
    assert again.path == "/login"
    sign_in(again, HOST, NEW_PASSWORD)
    assert again.path == "/my-sessions"
    again.open(link)
    assert "Set the new password" not in again.text
    said = town.service.log.read_text()
    assert [secret for secret in (link.rpartition("/")[2], HOST, NEW_PASSWORD) if secret in said] == []
