"""The demo: what a newcomer finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from outreach.accounts import demo_sign_ins as sign_ins
from outreach.accounts.demo_sign_ins import SignIn
from outreach.db import db
from outreach.demo import filling
from outreach.demo.commands import demo
from outreach.demo.filling import weekday
from outreach.logs import only_warnings
from outreach.models import (
    SEATED,
    Answer,
    Application,
    ApplicationState,
    Arrangement,
    Bounce,
    Format,
    Guardian,
    InboundMessage,
    InboundOutcome,
    Invitation,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    School,
    SchoolClass,
    SessionState,
    Student,
    User,
)
from outreach.runtime.worker import Worker
from outreach.settings import Settings
from tests.support.builders import Builder
from tests.support.demo import FilledDemo, demo_app


@pytest.fixture(scope="module")
def served(filled_demo: FilledDemo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo as `make run` makes it, with letters going to the local mailbox; only looked at."""
    folder = tmp_path_factory.mktemp("copy") / "demo"
    filled_demo.copied(folder)
    app = demo_app(folder)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    only_warnings()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def filled(served: Flask) -> Iterator[Flask]:
    """Look at it."""
    with served.app_context():
        yield served


def count(model: type[object], *which: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*which)) or 0  # type: ignore[arg-type]  # conditions of many kinds


def demo_user(sign_in: SignIn) -> User:
    return db.session.scalars(select(User).where(User.email == sign_in.email)).one()


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_it_can_be_filled_on_any_database_and_day() -> None:
    for step in filling.steps(now=datetime(2028, 2, 29, 0, 5, tzinfo=UTC), deliver=None):
        step()
    assert filling.is_whole()


@pytest.mark.usefixtures("filled")
def test_it_has_what_was_promised(filled_demo: FilledDemo) -> None:
    now = filled_demo.now
    sessions = db.session.scalars(select(OutreachSession)).all()
    assert (len(sessions), len({one.format_key for one in sessions})) == (12, count(Format))
    assert {one.zone for one in sessions} == {"Europe/London", "America/New_York", "America/Los_Angeles"}
    assert {one.country for one in db.session.scalars(select(School))} == {"GB", "US"}
    assert (count(School), count(SchoolClass), count(Student)) == (3, 6, 120)
    assert sorted(one.state for one in sessions if not one.is_published) == [SessionState.CANCELLED, SessionState.DRAFT]
    assert count(Application, Application.state == ApplicationState.PENDING) == 2
    assert all(now < one.starts_at < now + timedelta(days=45) for one in sessions)
    assert all(one.starts_wall.weekday() < 5 and 8 <= one.starts_wall.hour <= 18 for one in sessions)
    assert any(one.is_published and one.seats_taken > 10 and 0 < one.seats_left <= 2 for one in sessions)
    assert [(one.format_key, one.seats_taken) for one in sessions if one.awaits_decision] == [("shadowing", 1)]
    seated = select(Registration.session_id, func.count()).where(Registration.state.in_(SEATED)).group_by(Registration.session_id)
    rows = {key: number for key, number in db.session.execute(seated)}  # noqa: C416 (dict() of rows isn't typed)
    assert {one.id: one.seats_taken for one in sessions if one.seats_taken} == rows


@pytest.mark.usefixtures("filled")
def test_families_are_as_varied_as_real_ones() -> None:
    students = db.session.scalars(select(Student)).all()
    guardians = db.session.scalars(select(Guardian)).all()
    assert len({student.name for student in students}) == 119, "two in one class have the same name"
    assert 10 <= sum(student.mailbox_id is None for student in students) <= 20
    assert 5 <= sum(guardian.mailbox_id is None for guardian in guardians) <= 15
    assert sum(len(guardian.students) > 1 and guardian.mailbox_id is not None for guardian in guardians) >= 4
    assert any(not student.mailbox_id and all(not one.mailbox_id for one in student.guardians) for student in students)
    own = [student.mailbox_id for student in students if student.mailbox_id]
    assert len(own) - len(set(own)) == 1, "one pair of twins shares a mailbox"
    assert all(student.guardians for student in students)
    assert sum(bool(student.needs) for student in students) >= 8


@pytest.mark.usefixtures("filled")
def test_a_newcomer_has_a_workshop_and_a_class_to_try() -> None:
    clinician, teacher = demo_user(sign_ins.CLINICIAN), demo_user(sign_ins.TEACHER)
    classes = db.session.scalars(select(SchoolClass).where(SchoolClass.teachers.contains(teacher))).all()
    untried = [one for one in classes if not count(Registration, Registration.class_id == one.id)]
    assert [len(one.students) for one in untried] == [14]
    free = db.session.scalars(select(OutreachSession).where(OutreachSession.host == clinician, OutreachSession.capacity == 10)).one()
    assert (free.format_key, free.seats_left, free.is_published, free.zone) == ("stitch_workshop", 10, True, teacher.zone)


def test_its_past_can_be_read_in_the_mailbox(filled: Flask, filled_demo: FilledDemo) -> None:
    """Invitations, a move and a cancellation have left; the rest leaves when the worker starts, and none fails."""
    left = set(db.session.scalars(select(Letter.kind).where(Letter.state == LetterState.SENT)))
    assert {LetterKind.INVITATION, LetterKind.UPDATED, LetterKind.CANCELLED, LetterKind.DIGEST} <= left
    db.session.rollback()
    tally = Worker(filled, clock=lambda: filled_demo.now).once()
    assert (tally.sent > 200, tally.failed, tally.delayed) == (True, 0, 0)
    assert count(Letter, Letter.kind == LetterKind.PROMOTED, Letter.state == LetterState.SENT) > 0
    assert count(Letter, Letter.kind == LetterKind.REMINDER, Letter.state == LetterState.SENT) > 0
    assert count(Registration, Registration.state == RegistrationState.WAITING) > 0


@pytest.mark.usefixtures("filled")
def test_answers_and_a_letter_that_cannot_arrive_came_back() -> None:
    by_answer = {row[0]: row[1] for row in db.session.execute(select(Invitation.answer, func.count()).group_by(Invitation.answer))}
    assert by_answer.keys() == {Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED, Answer.NEEDS_ACTION}
    assert by_answer[Answer.ACCEPTED] > by_answer[Answer.TENTATIVE] + by_answer[Answer.DECLINED]
    assert count(Mailbox, Mailbox.undeliverable_at.is_not(None)) == 1
    returned = select(Letter.state).join(Bounce, Bounce.letter_id == Letter.id).where(Letter.mailbox_id == Bounce.mailbox_id)
    assert db.session.scalars(returned).all() == [LetterState.SENT], "so the invitations page counts it"
    questions = db.session.execute(select(InboundMessage.outcome, InboundMessage.reason)).all()
    assert questions == [(InboundOutcome.QUARANTINED, "person_wrote")]


@pytest.mark.parametrize("sign_in", sign_ins.SIGN_INS, ids=lambda sign_in: sign_in.role.value)
def test_each_sign_in_opens_its_door(served: Flask, sign_in: SignIn) -> None:
    client = served.test_client()
    page = client.get("/login").text
    assert all(shown in page for shown in (f'value="{sign_in.email}"', f'value="{sign_ins.PASSWORD}"', str(sign_in.invitation)))
    answer = client.post("/login", data={"email": sign_in.email, "password": sign_ins.PASSWORD})
    assert (answer.status_code, answer.location) == (302, "/start")
    assert client.get("/start", follow_redirects=True).status_code == 200
    with served.app_context():
        assert demo_user(sign_in).is_a(sign_in.role)


def test_nobody_invented_may_sign_in_where_they_are_not(app: Flask, make: Builder) -> None:
    make.user(email=sign_ins.TEACHER.email)
    in_a_demo = app.test_client().get("/login").text
    assert [one.email in in_a_demo for one in sign_ins.SIGN_INS] == [one is sign_ins.TEACHER for one in sign_ins.SIGN_INS]
    app.extensions["outreach"] = replace(app.extensions["outreach"], mode="production")
    assert sign_ins.PASSWORD not in app.test_client().get("/login").text


@pytest.mark.empty_database
def test_the_command_fills_once_and_sends_nothing_where_there_is_a_mail_server(app_with: Callable[..., Flask]) -> None:
    app = app_with(mail_server="127.0.0.1", mail_port=1)
    assert CliRunner().invoke(demo, obj=app).exit_code == 0
    second = CliRunner().invoke(demo, obj=app)
    assert (second.exit_code, second.output) == (0, "There are people here already: nothing was added.\n")
    with app.app_context():
        assert (count(Student), count(Letter, Letter.state == LetterState.SENT)) == (120, 0)


@pytest.mark.empty_database
def test_the_command_adds_nothing_to_somebody_elses_data(app: Flask, make: Builder) -> None:
    make.coordinator()
    assert CliRunner().invoke(demo, obj=app).exit_code == 0
    assert count(User) == 1


@pytest.mark.empty_database
def test_production_is_refused(app_with: Callable[..., Flask]) -> None:
    app = app_with(mode="production", mail_server="127.0.0.1")
    refused = CliRunner().invoke(demo, obj=app)
    assert refused.exit_code == 1
    assert "OUTREACH_MODE=demo" in refused.output
    with app.app_context():
        assert count(User) == 0


def test_a_filling_that_was_interrupted_says_how_to_begin_again(app: Flask, now: datetime) -> None:
    filling.steps(now=now, deliver=None)[0]()
    result = CliRunner().invoke(demo, obj=app)
    assert result.exit_code == 1
    assert "outreach migrate --down-to base" in result.output


def test_the_banner_names_all_three_and_the_password(settings: Settings) -> None:
    words = sign_ins.in_words(replace(settings, base_url="http://127.0.0.1:8000"))
    assert all(sign_in.email in words for sign_in in sign_ins.SIGN_INS)
    assert sign_ins.PASSWORD in words
    assert "http://127.0.0.1:8000/login" in words
    assert "/mailbox" in words


@pytest.mark.parametrize(("day", "expected"), [(date(2027, 3, 5), 5), (date(2027, 3, 6), 8), (date(2027, 3, 7), 8), (date(2027, 3, 8), 8)])
def test_sessions_fall_on_weekdays(day: date, expected: int) -> None:
    assert weekday(day).day == expected


@pytest.mark.usefixtures("filled")
def test_what_happens_seldom_is_there_once() -> None:
    """A seat held for want of a guardian, one for an age floor, seats that were kept, a closed account, what a school arranged."""
    held = select(OutreachSession.format_key).join(Registration).where(Registration.state == RegistrationState.PENDING)
    assert {"talk", "shadowing"} <= set(db.session.scalars(held))
    assert count(Registration, Registration.kept_because != "") > 0
    closed = db.session.scalars(select(User).where(~User.active)).one()
    assert count(OutreachSession, OutreachSession.host == closed, OutreachSession.state == SessionState.PUBLISHED) == 2
    assert count(Arrangement, Arrangement.travel != "") == 1
