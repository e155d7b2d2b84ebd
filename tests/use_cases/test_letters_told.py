"""From what people do to what they read: every letter our use cases write can be rendered, and says nothing to strangers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.families.link_again import request_link, send_links
from outreach.families.use_cases import not_mine
from outreach.inbound.use_cases import receive
from outreach.letters import render
from outreach.models import Invitation, Letter, LetterKind, LetterState, Mailbox, Registration, Student, User
from outreach.notifications.decision_requests import ask_for_decisions, ask_who_keeps_a_seat
from outreach.notifications.notify import notify_cancelled, notify_moved, notify_published
from outreach.notifications.read import snapshot_of
from outreach.notifications.reminders import plan_reminders, plan_thanks
from outreach.notifications.rosters import plan_rosters
from outreach.registration import use_cases
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.inbound import calendar_mail
from tests.support.letter_cases import CASES
from tests.support.worlds import written_once

OFFICIAL = {LetterKind.APPLICATION, LetterKind.ACCOUNT, LetterKind.BLOCKED, LetterKind.MESSAGE_ANSWER, LetterKind.JOB}


def sent() -> list[tuple[Letter, EmailMessage]]:
    """Render all that is queued, and settle it as sent."""
    letters = db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED).order_by(Letter.id)).all()
    seen = [(letter, message_from_bytes(render(letter, settings=settings()), policy=policy.default)) for letter in letters]
    with transaction():
        for letter in letters:
            letter.state, letter.settled_at = LetterState.SENT, letter.created_at
            if letter.invitation_id is not None and letter.sequence is not None:
                db.session.get_one(Invitation, letter.invitation_id, populate_existing=True).sent_sequence = letter.sequence
    return seen


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


class Story:
    """A workshop with two seats, a class of three (two of them siblings), everything that can happen to it."""

    def __init__(self, make: Builder, now: datetime) -> None:
        self.now = now
        self.host = make.clinician(given_name="Sam", family_name="Lee")
        school = make.school()
        self.teacher = make.teacher(school, given_name="Robin", family_name="Smith")
        school_class = make.school_class(school, self.teacher)
        self.ana = make.student(school_class, given_name="Anamaria", email="ana@pupils.example", guardians=("diaz@families.example",))
        self.ben = make.student(school_class, given_name="Benedict", guardians=("diaz@families.example",))
        self.cem = make.student(school_class, given_name="Cemre", guardians=("kaya@families.example", "other@families.example"))
        self.session = make.outreach_session(self.host, capacity=2)
        make.outreach_session(self.host, is_provisional=True, decides_at=now + timedelta(days=2))
        self.teacher_asks = use_cases.RegistrationRequest(
            session_id=self.session.id,
            school_id=school.id,
            class_id=school_class.id,
            student_ids=(self.ana.id, self.ben.id, self.cem.id),
            teacher_id=self.teacher.id,
            by_id=self.teacher.id,
            permission_attested=True,
        )

    def happen(self) -> list[tuple[Letter, EmailMessage]]:
        """Publish, register, move, withdraw, correct, remind, list, thank, cancel: all letters, in order."""
        self.happen_until_registered()
        seen = sent()
        self._move()
        seen += sent()
        use_cases.withdraw(self._place(self.ben), now=self.now, by_id=self.teacher.id)
        seen += sent()
        not_mine(self._mailbox("other@families.example"), session_id=self.session.id, now=self.now)
        seen += sent()
        with transaction():
            ask_who_keeps_a_seat(self.session, [self._place(self.cem)], asks_coordinators=False, now=self.now)
        seen += sent()
        ask_for_decisions(now=self.now + timedelta(hours=36))
        seen += sent()
        self._come_back("COUNTER", "ana@pupils.example", lines=["DTSTART:20270320T150000Z", "DTEND:20270320T160000Z"])
        self._come_back("REPLY", "somebody@elsewhere.example")
        seen += sent()
        tomorrow = self.session.starts_at - timedelta(hours=18)
        plan_reminders(now=tomorrow)
        plan_rosters(now=tomorrow)
        seen += sent()
        request_link(self.session.id, "diaz@families.example", now=self.now)
        send_links(now=self.now)
        seen += sent()
        plan_thanks(now=self.session.ends_at + timedelta(hours=18))
        seen += sent()
        use_cases.remove(self._place(self.ana), by_id=self.host.id, reason="Too few supervisors.", now=self.now)
        seen += sent()
        with transaction():
            self.session.cancel("The theatre is needed.", now=self.now)
            notify_cancelled(self.session, now=self.now)
        return seen + sent()

    def happen_until_registered(self) -> None:
        """Two are seated, one waits."""
        with transaction():
            notify_published(self.session, now=self.now)
        use_cases.register_students(self.teacher_asks, now=self.now)

    def _move(self) -> None:
        with transaction():
            was = snapshot_of(self.session)
            starts = self.session.starts_wall + timedelta(days=1)
            self.session.set_time(
                starts_wall=starts, ends_wall=starts + timedelta(hours=1), zone=self.session.zone, fold=0, tzdata_version="2026f"
            )
            notify_moved(self.session, previous=was, now=self.now)

    def _come_back(self, method: str, attendee: str, lines: Sequence[str] = ()) -> None:
        """A calendar proposes another time, or answers for somebody else, about Anamaria's own invitation."""
        mailbox = db.session.get_one(Mailbox, self._mailbox("ana@pupils.example"))
        invitation = db.session.scalars(select(Invitation).where(Invitation.mailbox_id == mailbox.id)).one()
        to = settings().reply_address_of(mailbox.token)
        uid, sequence = invitation.uid, invitation.sequence
        raw = calendar_mail(method, uid=uid, sequence=sequence, attendees=(attendee,), stamp=self.now, to=to, lines=lines)
        assert receive(raw, delivered_to=None, source="test", now=self.now) is not None

    def _place(self, student: Student) -> int:
        return db.session.scalars(select(Registration.id).where(Registration.student_id == student.id)).one()

    def _mailbox(self, address: str) -> int:
        return db.session.scalars(select(Mailbox.id).where(Mailbox.address == address)).one()


@pytest.fixture
def letters(make: Builder, now: datetime) -> list[tuple[Letter, EmailMessage]]:
    return written_once(lambda: Story(make, now).happen(), "one of each kind")


def test_story_has_every_kind_of_letter_about_sessions(letters: list[tuple[Letter, EmailMessage]]) -> None:
    assert {letter.kind for letter, _message in letters} == set(LetterKind) - OFFICIAL


def test_families_read_of_their_own_alone(letters: list[tuple[Letter, EmailMessage]]) -> None:
    strangers = {
        "ana@pupils.example": r"Benedict|Cemre|kaya|other@|diaz",
        "diaz@families.example": r"Cemre|kaya|other@|ana@",
        "kaya@families.example": r"Anamaria|Benedict|diaz|other@",
        "other@families.example": r"Anamaria|Benedict|diaz|kaya",
    }
    seen = {message["To"].addresses[0].addr_spec for _letter, message in letters}
    assert strangers.keys() <= seen
    for _letter, message in letters:
        known = strangers.get(message["To"].addresses[0].addr_spec)
        parts = [part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart()]  # type: ignore[union-attr]
        if known:
            assert not re.search(f"{known}|Student\\d", "\n".join((*parts, *message.values())))


def test_letters_greet_whoever_signs_in_in_one_way(letters: list[tuple[Letter, EmailMessage]]) -> None:
    greetings: dict[str, set[str]] = {"Robin Smith": set(), "Sam Lee": set()}
    for letter, message in letters:
        user = db.session.scalar(select(User).where(User.mailbox_id == letter.mailbox_id))
        if user is not None and letter.kind not in OFFICIAL and user.name in greetings:
            greetings[user.name].add(re.search(r"^Hello .*", text_of(message), re.MULTILINE)[0])  # type: ignore[index]  # all greet
    assert greetings == {"Robin Smith": {"Hello Robin,"}, "Sam Lee": {"Hello Sam,"}}


def test_all_our_addresses_in_letters_are_pages(letters: list[tuple[Letter, EmailMessage]]) -> None:
    pages = current_app.url_map.bind("localhost")
    texts = [text_of(message) for _letter, message in letters]
    official = [render(CASES[case], settings=settings()) for case in ("application-approved", "application-refused", "blocked")]
    texts += [text_of(message_from_bytes(raw, policy=policy.default)) for raw in official]
    paths = {path for text in texts for path in re.findall(rf"^{settings().base_url}(/\S*)$", text, re.MULTILINE)}
    assert len(paths) > 5
    for path in paths:
        assert pages.test(path.partition("?")[0], method="GET"), path


def test_one_calendar_tells_one_story(letters: list[tuple[Letter, EmailMessage]]) -> None:
    """The guardian of two: invited, moved, one withdraws (an update, not a cancellation), the other is taken off."""
    found = [
        (part.get_param("method"), re.findall(r"^(?:UID|SEQUENCE):(.*)$", part.get_content(), re.MULTILINE))
        for _letter, message in letters
        if message["To"].addresses[0].addr_spec == "diaz@families.example"
        for part in message.walk()
        if part.get_content_type() == "text/calendar"
    ]

    assert [method for method, _facts in found] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert [facts[1].strip() for _method, facts in found] == ["0", "1", "2", "3"]
    assert len({facts[0] for _method, facts in found}) == 1


def test_addresses_in_letters_open_pages(make: Builder, now: datetime, client_of: Callable[[User | None], FlaskClient]) -> None:
    story = Story(make, now)
    story.happen_until_registered()
    clients = {story.host.email: client_of(story.host), story.teacher.email: client_of(story.teacher)}
    opened = set()
    for _letter, message in sent():
        client = clients.get(message["To"].addresses[0].addr_spec) or client_of(None)
        for path in re.findall(rf"^{settings().base_url}(/\S*)$", text_of(message), re.MULTILINE):
            assert client.get(path).status_code == 200, path
            opened.add(re.sub(r"/i/[^/]+", "/i/...", path))

    assert opened == {f"/sessions/{story.session.id}", "/registrations", "/i/...", "/i/.../not-mine", "/i/.../reminders"}
