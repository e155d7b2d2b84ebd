"""The main journey, lived once: posted, registered, moved, withdrawn from, cancelled, with what everybody read and received."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from flask_security import hash_password

from outreach.db import db, transaction
from outreach.models import User
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.calendars import Mail
from tests.support.postbox import Postbox
from tests.support.service import Service
from tests.support.visitors import Visitor, sign_in

PASSWORD = "three small stitches"
HOST, TEACHER, COORDINATOR = "host@clinic.example", "teacher@school.example", "coordinator@programme.example"
NAMES = (
    "Ada Abbott", "Bo Abbott", "Cleo Castle", "Dan Dorsey", "Eve Ellery", "Finn Farrow", "Gus Garland",
    "Hana Hollis", "Ivo Ingram", "Jo Jarvis", "Kai Keller", "Lena Lowry", "Max Marlow", "Nia Norris",
)  # fmt: skip
NO_ADDRESS = {"Dan Dorsey", "Max Marlow"}
SIBLINGS = {"Ada Abbott", "Bo Abbott"}


def own_address(name: str) -> str | None:
    """Give a student's own address, if they have one."""
    return None if name in NO_ADDRESS else f"{name.replace(' ', '.').lower()}@pupils.example"


def guardian_address(name: str) -> str:
    """Give the guardian's address; siblings share it."""
    return f"guardian.{name.split()[1].lower()}@families.example"


def family(*names: str) -> set[str]:
    """Give the mailboxes of these students' families."""
    return {address for name in names for address in (own_address(name), guardian_address(name)) if address}


def class_list() -> bytes:
    """Give the class list as a spreadsheet in Spanish saves it."""
    lines = ["Nombre;Apellidos;Correo electrónico;Curso;Tutor;Correo del tutor"]
    for name in NAMES:
        given, last = name.split()
        lines.append(f"{given};{last};{own_address(name) or ''};9;Guardian {last};{guardian_address(name)}")
    return "\r\n".join(lines).encode("cp1252")


def make_people(app: Flask) -> None:
    """Make those who are there before: a clinician with a room, a teacher with a school, a coordinator."""
    with app.app_context():
        make, password = Builder(clock.now()), hash_password(PASSWORD)
        school, site = make.school("Riverside School", phone="0113 496 0000"), make.site("Mercy Hospital")
        host = make.clinician(email=HOST, given_name="Maya", family_name="Lind")
        make.appointment(host, site)
        make.area(site, "Skills lab")
        make.teacher(school, email=TEACHER, given_name="Noor", family_name="Vance")
        make.coordinator(email=COORDINATOR)
        with transaction():
            for user in db.session.query(User):
                user.password = password
        db.session.remove()
        db.engine.dispose()


@dataclass
class Story:
    """What was read on the pages and what came by mail, chapter by chapter."""

    service: Service
    postbox: Postbox
    visitor: Callable[[], Visitor]
    pages: dict[str, str] = field(default_factory=dict)
    mails: dict[str, list[Mail]] = field(default_factory=dict)
    seen: int = 0

    @property
    def every_mail(self) -> list[Mail]:
        """All letters in order of arrival."""
        return [mail for chapter in self.mails.values() for mail in chapter]

    def end_chapter(self, name: str, page: str) -> None:
        """Keep what the page said, and the letters that came since the last chapter."""
        self.service.settle()
        arrived = list(zip(self.postbox.recipients, self.postbox.letters, strict=True))
        self.pages[name] = page
        self.mails[name] = [Mail(recipient, raw) for recipient, raw in arrived[self.seen :]]
        self.seen = len(arrived)

    def counts(self) -> tuple[int, ...]:
        """Give what opening a page must not change."""
        tables = ("registration", "registration_step", "letter", "consent")
        return tuple(self.service.count(f"SELECT count(*) FROM {table}") for table in tables)  # noqa: S608 (our own names)


def live(story: Story) -> None:
    """Live it, as a new user would try it."""
    host, teacher = story.visitor(), story.visitor()
    sign_in(host, HOST, PASSWORD)
    sign_in(teacher, TEACHER, PASSWORD)
    _post(story, host)
    _upload(story, teacher)
    session = _find(teacher)
    _register(story, teacher)
    _move(story, host, session)
    _withdraw(story, teacher, session)
    _family_withdraws(story)
    _cancel(story, host, session)


def _post(story: Story, host: Visitor) -> None:
    day = clock.now().date() + timedelta(days=40)
    host.open("/sessions/new")
    host.follow("Power of a Stitch workshop")
    host.fill(day=day.isoformat(), start="14:00", end="15:30", where="site-1", meeting_point="Main entrance")
    host.fill(title="Your first stitch", specialty="Plastic surgery", description="You place **one** stitch.", capacity="10")
    host.press("Publish")
    story.end_chapter("posted", host.text)


def _upload(story: Story, teacher: Visitor) -> None:
    teacher.open("/classes/new")
    teacher.fill(name="9B")
    teacher.press("Next: paste or upload the list")
    teacher.attach("file", "clase.csv", class_list())
    teacher.press("Check the list")
    story.pages["dry run"] = teacher.text
    teacher.press("Import 14 students")
    story.end_chapter("uploaded", teacher.text)


def _find(teacher: Visitor) -> str:
    teacher.open("/")
    teacher.follow("Your first stitch")
    return teacher.path


def _register(story: Story, teacher: Visitor) -> None:
    teacher.follow("Register a class")
    story.pages["sheet"] = teacher.text
    teacher.fill(looked_after_by="Noor Vance goes with them.", day_contact="Noor Vance, 0113 496 0001")
    teacher.tick("permission_attested")
    teacher.press("Register 14 students")
    story.end_chapter("registered", teacher.text)


def _move(story: Story, host: Visitor, session: str) -> None:
    host.open(f"{session}/move")
    host.fill(start="16:00", end="17:30")
    host.press("See who will be told")
    story.pages["who is told of the move"] = host.text
    host.press("Move and tell everybody")
    story.end_chapter("moved", host.text)


def _withdraw(story: Story, teacher: Visitor, session: str) -> None:
    teacher.open(f"{session}/seats")
    teacher.follow("Withdraw Cleo Castle")
    teacher.press("Withdraw")
    story.end_chapter("withdrawn", teacher.text)


def _family_withdraws(story: Story) -> None:
    letter = next(mail for mail in story.mails["registered"] if mail.recipient == guardian_address("Eve Ellery"))
    before, guardian = story.counts(), story.visitor()
    guardian.open(letter.link())
    story.pages["family"] = guardian.text
    guardian.open("/about")
    story.pages["who we are"] = guardian.text
    guardian.open(letter.link())
    guardian.follow("Withdraw Eve")
    story.pages["question"] = guardian.text
    story.service.settle()
    story.pages["unchanged"] = str(before == story.counts())
    guardian.press("Withdraw")
    story.end_chapter("withdrawn by the family", guardian.text)


def _cancel(story: Story, host: Visitor, session: str) -> None:
    host.open(f"{session}/cancellation")
    story.pages["who is told of the end"] = host.text
    host.fill(reason="The operating list is full that day.")
    host.press("Cancel the session")
    story.end_chapter("cancelled", host.text)
