"""Thunderbird reads our e-mails and a person presses its buttons: one entry, at the right time, gone at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from email import message_from_bytes
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db
from outreach.inbound.polling import InboxReader
from outreach.models import Answer, Invitation, Mailbox, OutreachSession, Registration, Student
from outreach.registration.use_cases import withdraw
from outreach.runtime.worker import Worker
from outreach.scheduling import use_cases as scheduling
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from tests.interop.dovecot import PASSWORD, Dovecot, dovecot
from tests.interop.thunderbird import Shown, Thunderbird, thunderbird
from tests.support import programs
from tests.support.builders import Builder
from tests.support.calendars import Mail
from tests.support.inbound import PARENT
from tests.support.postbox import Postbox, open_postbox

# The session is in New York, the family's computer in India, half an hour off every other zone.
HOME = "Asia/Kolkata"
T = TypeVar("T")
FAMILY, OURS = "reader0", "reader1"
ANSWERS = ["Accept", "Tentative", "Decline", "More"]


@dataclass
class Correspondence:
    """What passes between the service and the family: each e-mail over SMTP, into a mailbox one reads over IMAP."""

    app: Flask
    server: Dovecot
    postbox: Postbox
    program: Thunderbird
    now: datetime
    answered: int = 0

    def deliver(self) -> list[str]:
        """Let the worker send; open what came for the family, and give the buttons above it."""
        self.now += timedelta(minutes=5)
        seen = len(self.postbox.letters)
        Worker(self.app, clock=lambda: self.now, timetable=()).deliver()
        new = zip(self.postbox.recipients[seen:], self.postbox.letters[seen:], strict=True)
        (raw,) = [letter for recipient, letter in new if recipient == PARENT]
        self.server.put(FAMILY, raw)
        return self.program.open(str(message_from_bytes(raw)["Message-ID"]), Mail(PARENT, raw).entry.sequence)

    def press(self, button: str) -> None:
        """Press a button and wait until the calendar has followed."""
        before = self.program.entries()
        self.program.press(button)
        until(lambda: self.program.entries() != before)

    def answer(self) -> Answer:
        """Wait for what the family's program sends, let our inbox have it, and give the answer that counts then."""
        reply = until(lambda: self.replies()[self.answered :])[0]
        self.answered += 1
        self.server.put(OURS, reply)
        self.now += timedelta(minutes=1)
        InboxReader()(now=self.now)
        db.session.rollback()
        mine = select(Invitation).join(Mailbox).where(Mailbox.address == PARENT)
        return db.session.scalars(mine.execution_options(populate_existing=True)).one().answer

    def replies(self) -> list[bytes]:
        """Give what calendars have sent so far."""
        return [letter for letter in self.postbox.letters if b"METHOD:REPLY" in letter]

    def entry(self) -> Shown:
        """Give the one entry there is."""
        (entry,) = self.program.entries()
        return entry


@pytest.fixture
def server() -> Iterator[Dovecot]:
    path = programs.dovecot_path()
    if path is None:
        pytest.skip(programs.WITHOUT["dovecot"])
    if not programs.has_thunderbird():
        pytest.skip(programs.WITHOUT["thunderbird"])
    with dovecot(path) as running:
        yield running


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as running:
        yield running


@pytest.fixture
def app(app_with: Callable[..., Flask], server: Dovecot, postbox: Postbox) -> Iterator[Flask]:
    """Give a service that sends there and reads its inbox here."""
    app = app_with(inbox_url=server.url(OURS), mail_server="127.0.0.1", mail_port=postbox.port)
    with app.app_context():
        yield app


@pytest.fixture
def correspondence(app: Flask, server: Dovecot, postbox: Postbox, now: datetime, tmp_path: Path) -> Iterator[Correspondence]:
    account: dict[str, Any] = {"user": FAMILY, "password": PASSWORD, "imap_port": server.port, "smtp_port": postbox.port}
    with thunderbird(tmp_path, address=PARENT, zone=HOME, **account) as program:
        yield Correspondence(app, server, postbox, program, now)


def test_one_entry_from_the_invitation_to_the_cancellation(correspondence: Correspondence, make: Builder) -> None:
    """`docs/calendar.md` names the buttons: once there is an entry, "Accept" changes it."""
    outreach_session = family_of_two(make)

    assert correspondence.deliver() == ANSWERS
    correspondence.press("Accept")
    assert_shows(correspondence.entry(), outreach_session, "For Ana and Ben\n")
    assert correspondence.answer() is Answer.ACCEPTED

    move(outreach_session, correspondence.now)
    assert correspondence.deliver() == ANSWERS
    assert correspondence.entry().starts_at != outreach_session.starts_at, "it doesn't move by itself"
    correspondence.press("Accept")
    assert_shows(correspondence.entry(), outreach_session, "New time. Before: Thursday 18 March 2027")
    assert correspondence.answer() is Answer.ACCEPTED

    reword(outreach_session, correspondence.now)
    assert correspondence.deliver() == ANSWERS
    correspondence.press("Accept")
    assert_shows(correspondence.entry(), outreach_session, "What to bring has changed.\nFor Ana and Ben\n")
    assert "What to bring: A pen" in correspondence.entry().description
    assert correspondence.answer() is Answer.ACCEPTED

    withdraw_ben(outreach_session, correspondence.now)
    assert correspondence.deliver() == ANSWERS
    correspondence.press("Accept")
    assert_shows(correspondence.entry(), outreach_session, "Ben is no longer coming.\nFor Ana\n")

    scheduling.cancel(outreach_session.id, reason="The theatre is needed.", now=correspondence.now)
    assert correspondence.deliver() == ["Delete"]
    correspondence.press("Delete")
    assert correspondence.program.entries() == []


def until(found: Callable[[], T], *, seconds: float = 60) -> T:
    """Wait for something, and give it."""
    end = time.monotonic() + seconds
    while not (value := found()) and time.monotonic() < end:
        time.sleep(0.05)
    assert value, "It never came."
    return value


def family_of_two(make: Builder) -> OutreachSession:
    """Register two siblings with one guardian; the host's and the teacher's e-mails go elsewhere."""
    school = make.school()
    teacher = make.teacher(school)
    ana, ben = (make.student(make.school_class(school, teacher), given_name=name, guardians=(PARENT,)) for name in ("Ana", "Ben"))
    outreach_session = make.outreach_session(make.clinician())
    make.register(outreach_session, teacher, ana, ben)
    return outreach_session


def assert_shows(entry: Shown, outreach_session: OutreachSession, begins: str) -> None:
    """It stands at the session's instants, on the computer's own clock at its own hour, and its text begins so."""
    db.session.refresh(outreach_session)
    assert (entry.starts_at, entry.ends_at) == (outreach_session.starts_at, outreach_session.ends_at)
    assert entry.on_the_clock == outreach_session.starts_at.astimezone(ZoneInfo(HOME)).replace(tzinfo=None)
    assert entry.description.startswith(begins)


def move(outreach_session: OutreachSession, now: datetime) -> None:
    """Move it over the change of clocks in New York, to another hour."""
    db.session.refresh(outreach_session)
    when = WhenInput(day=date(2027, 12, 16), start=clock_time(9), end=clock_time(10, 30))
    where = WhereInput(site_id=outreach_session.site_id, zone=outreach_session.zone, meeting_point=outreach_session.meeting_point)
    apply_move(outreach_session.id, when, where, seen=outreach_session.updated_at, now=now)


def reword(outreach_session: OutreachSession, now: datetime) -> None:
    """Say something else about what to bring."""
    db.session.refresh(outreach_session)
    details = DetailsInput(title=outreach_session.title, description=outreach_session.description, capacity=10, bring="A pen")
    scheduling.edit(outreach_session.id, details, seen=outreach_session.updated_at, now=now, notifies=True)


def withdraw_ben(outreach_session: OutreachSession, now: datetime) -> None:
    """Withdraw one of the two, as the host's side would."""
    of_ben = select(Registration.id).join(Student).where(Registration.session_id == outreach_session.id, Student.given_name == "Ben")
    withdraw(db.session.scalars(of_ben).one(), now=now, by_id=outreach_session.host_id)
