"""Joining, and coming back without the password: by letters through a real mail server and pages in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.story import COORDINATOR, HOST, PASSWORD, TEACHER, make_people
from tests.support.calendars import Mail
from tests.support.postbox import Postbox, open_postbox
from tests.support.service import Service, app_in, environment, running
from tests.support.visitors import InBrowser, sign_in

pytestmark = pytest.mark.browser
CLINICIAN, LATER = "ada.york@hospital.example", (date.today() + timedelta(days=60)).isoformat()  # noqa: DTZ011 (far enough from now)
NEWCOMER, NEW_PASSWORD = "zoe.marsh@school.example", "needle thread scissors"


@dataclass
class Town:
    """The service, its mail server, and a door for visitors."""

    service: Service
    postbox: Postbox
    visitor: Callable[..., InBrowser]

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
            yield Town(service, postbox, lambda **place: InBrowser(browser.new_page(**place), service.base_url))


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


def test_a_clinician_from_new_york_posts_by_the_clock_there_without_choosing_one(town: Town) -> None:
    """From the front page, by clicking: the browser suggests their own clock, and the new hospital's comes from where it is."""
    doctor = town.visitor(timezone_id="America/New_York")
    doctor.open("/")
    doctor.follow("Apply as a clinician")
    doctor.fill(role="clinician", place="St Luke's Hospital, New York", given_name="Ada", family_name="York", email=CLINICIAN)
    doctor.fill(password=PASSWORD)
    doctor.press("Apply")
    doctor.open(town.letter_to(CLINICIAN, "Confirm your e-mail address").link(r"/confirm/[\w.~-]+"))
    doctor.fill(password=PASSWORD)
    doctor.press("Confirm my address and sign in")

    coordinator = town.visitor()
    sign_in(coordinator, COORDINATOR, PASSWORD)
    coordinator.follow("application to decide on")
    coordinator.follow("Ada York")
    coordinator.press("Approve Ada York")
    assert "Ada York is approved" in coordinator.text

    doctor.menu("Sessions")
    doctor.menu("My sessions")
    doctor.follow("Post a session")
    doctor.follow("Power of a Stitch workshop")
    doctor.fill(title="Knots for beginners", day=LATER, age_floor="16", capacity="4")
    doctor.press("Publish")
    assert "Published." in doctor.text
    assert "14:00 to 15:30 New York, UTC" in doctor.text
    assert "St Luke's Hospital" in doctor.text


YEAR = date.today().year  # noqa: DTZ011 (ages count in whole years here)
CLASS = f"""Given name\tFamily name\tYear group\tBirth date\tGuardian\tGuardian e-mail
Ana\tLopez\t10\t{YEAR - 17}-01-30\tMaria Lopez\tmaria@families.example
Ana\tLopez\t11\t{YEAR - 17}-01-12\tRosa Lopez\trosa@families.example
Ben\tAdams\t10\t\tSam Adams\tsam@families.example
Cem\tDemir\t10\t\tEce Demir\tece@families.example
Dan\tEllis\t10\t\tIda Ellis\tida@families.example
"""


def test_a_teacher_registers_a_class_with_two_of_one_name_and_three_without_birth_dates(town: Town) -> None:
    """The session the clinician posted is for 16 and over; all that is missing is filled in on the way."""
    teacher = town.visitor()
    teacher.open("/")
    teacher.menu("Sign in")
    teacher.fill(email=TEACHER, password=PASSWORD)
    teacher.press("Sign in")
    teacher.follow("Add a class")
    teacher.fill(name="10A")
    teacher.press("Next: paste or upload the list")
    teacher.fill(pasted=CLASS)
    teacher.press("Check the list")
    teacher.press("Import 5 students")
    teacher.menu("Sessions")
    teacher.follow("Knots for beginners")
    teacher.follow("Register a class")
    if "Which class?" in teacher.text:  # another test has made one too
        teacher.follow("10A")
    assert "3 students have no birth date" in teacher.text
    assert teacher.page.locator('main [name="student_ids"]').count() == 2
    for age in (17, 18, 12):
        born = f"{YEAR - age}-01-03"
        teacher.page.locator('main input[type="date"]:not([data-filled])').first.evaluate(
            "(field, born) => { field.value = born; field.dataset.filled = 1; }", born
        )
    teacher.press("Save the birth dates")
    assert "3 birth dates are saved." in teacher.text
    assert "1 student is too young" in teacher.text
    labels = teacher.page.locator('main [name="student_ids"] + label').all_inner_texts()
    assert len({label.strip() for label in labels}) == 4, f"two of one name are told apart: {labels}"
    teacher.tick("permission_attested")
    teacher.press("Register 4 students")
    assert "4 have a seat." in teacher.text
