"""What families answered, as the host and the teacher see it; and that it costs no more for many than for one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from outreach.db import db, transaction
from outreach.models import Answer, Invitation, Mailbox, OutreachSession, SchoolClass, User
from outreach.registration.use_cases import RegistrationRequest, register_students
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder

pytestmark = pytest.mark.usefixtures("clock_stands_still")

Clients = Callable[[User | None], FlaskClient]
YES, UNSURE, NO = Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED


@dataclass
class Scene:
    """A session with its host, and the teacher who registered a class."""

    outreach_session: OutreachSession
    host: User
    teacher: User


@pytest.fixture
def scene(make: Builder, now: datetime) -> Scene:
    """Six students: own answers, a guardian's, guardians who disagree, one unproven, one silent, and one who waits."""
    school = make.school("North School")
    teacher, host = make.teacher(school), make.clinician()
    school_class = make.school_class(school, teacher)
    make.student(school_class, given_name="Ana", email="ana@pupils.example", guardians=("ana1@homes.example",))
    make.student(school_class, given_name="Ben", guardians=("ben1@homes.example",))
    make.student(school_class, given_name="Cem", guardians=("cem1@homes.example", "cem2@homes.example"))
    make.student(school_class, given_name="Dua", email="dua@pupils.example")
    make.student(school_class, given_name="Eli", guardians=("eli1@homes.example",))
    make.student(school_class, given_name="Fay", guardians=("fay1@homes.example",))
    outreach_session = make.outreach_session(host, capacity=5)
    register(outreach_session, school_class, teacher, now=now)
    answer({"ana@pupils.example": YES, "ben1@homes.example": NO, "cem1@homes.example": YES, "cem2@homes.example": NO})
    answer({"dua@pupils.example": UNSURE}, is_verified=False)
    return Scene(outreach_session, host, teacher)


def register(outreach_session: OutreachSession, school_class: SchoolClass, teacher: User, *, now: datetime) -> None:
    db.session.refresh(school_class)
    students = sorted(school_class.students, key=lambda student: student.given_name)
    asked = RegistrationRequest(
        session_id=outreach_session.id,
        school_id=school_class.school_id,
        student_ids=tuple(student.id for student in students),
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    register_students(asked, now=now)


def answer(answers: dict[str, Answer], *, is_verified: bool = True) -> None:
    with transaction():
        for address, given in answers.items():
            invitation = db.session.scalars(select(Invitation).join(Mailbox).where(Mailbox.address == address)).one()
            invitation.answer, invitation.answer_is_verified = given, is_verified


def rows(page: str) -> dict[str, str]:
    """Give the words of each row of the page's tables by its first word."""
    found = re.findall(r"<tr role=\"row\">\s*<th scope=\"row\".*?</tr>|<tr role=\"row\">\s*<th role=\"rowheader\".*?</tr>", page, re.DOTALL)
    plain = [" ".join(re.sub(r"<[^>]+>", " ", unescape(row)).split()) for row in found]
    return {words.split()[0]: words for words in plain}


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*call: object) -> None:
        statements.append(str(call[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def test_the_host_sees_who_comes_by_given_name_alone(client_of: Clients, scene: Scene) -> None:
    page = client_of(scene.host).get(f"/sessions/{scene.outreach_session.id}/roster").text
    assert "1 coming, 2 not sure, 1 can't come, 1 no answer" in unescape(page)
    seen = rows(page)
    words = {"Ana": "coming", "Ben": "can't come", "Cem": "unsure: answers differ", "Dua": "not sure unverified", "Eli": "no answer"}
    for name, word in words.items():
        assert seen[name].removeprefix(name).strip().startswith(word)
    assert not re.search("coming|sure|answer", seen["Fay"])  # who waits isn't asked yet
    assert not re.search("@|Guardian|Student[0-9]", page)


def test_the_teacher_sees_who_said_what(client_of: Clients, scene: Scene) -> None:
    client = client_of(scene.teacher)
    page = client.get(f"/sessions/{scene.outreach_session.id}/seats").text
    assert "1 coming, 2 not sure, 1 can't come, 1 no answer" in unescape(page)
    seen = rows(page)
    assert re.search(r"unsure: answers differ Guardian \d+: coming Guardian \d+: can't come", seen["Cem"])
    assert re.search(r"not sure unverified Dua Student\d+: not sure \( ?unverified ?\)", seen["Dua"])
    assert "1 coming, 2 not sure, 1 can't come, 1 no answer" in unescape(client.get("/registrations").text)


def test_a_colleague_elsewhere_learns_nothing(make: Builder, client_of: Clients, scene: Scene) -> None:
    stranger = client_of(make.teacher(make.school()))
    for path in (f"/sessions/{scene.outreach_session.id}/seats", "/registrations"):
        assert "coming," not in stranger.get(path).text
    assert client_of(make.clinician()).get(f"/sessions/{scene.outreach_session.id}/roster").status_code == 404


def test_nobody_is_asked_any_more_once_it_is_cancelled(client_of: Clients, scene: Scene, now: datetime) -> None:
    cancel(scene.outreach_session.id, "Ill", now=now)
    for user, path in ((scene.host, "roster"), (scene.teacher, "seats")):
        page = client_of(user).get(f"/sessions/{scene.outreach_session.id}/{path}").text
        assert not re.search("coming|no answer|not sure", page)
    assert "no answer" not in client_of(scene.teacher).get("/registrations").text


@pytest.mark.parametrize("page", ["roster", "seats", "registrations"])
def test_many_students_cost_as_many_queries_as_one(make: Builder, client_of: Clients, now: datetime, page: str) -> None:
    spent = []
    for size in (1, 12):
        school = make.school()
        teacher, host = make.teacher(school), make.clinician()
        sessions = [make.outreach_session(host, capacity=20) for _ in range(size if page == "registrations" else 1)]
        for outreach_session in sessions:
            register(outreach_session, make.full_class(school, teacher, size=size), teacher, now=now)
        path = "/registrations" if page == "registrations" else f"/sessions/{sessions[0].id}/{page}"
        client = client_of(host if page == "roster" else teacher)
        with counted() as statements:
            assert client.get(path).status_code == 200
        spent.append(len(statements))
    assert spent[0] == spent[1]
