"""What depends on closed accounts: the coordinator finds it from the home page, and what to do about each."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from outreach.coordination.closed_accounts import closed_accounts
from outreach.coordination.closing import close_account
from outreach.db import db, transaction
from outreach.models import Membership, Registration, SessionState, User, class_teacher
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.queued_letters import queued, send_all

ClientOf = Callable[[User | None], FlaskClient]
HOME, LIST = "/coordination", "/coordination/closed-accounts"
pytestmark = pytest.mark.empty_database  # all that depends on anybody is counted


@pytest.fixture
def coordinator(make: Builder, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(clock, "now", lambda: make.now)
    return make.coordinator(given_name="Ruth", family_name="King")


def text(client: FlaskClient, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return unescape(response.text)


@pytest.mark.both_databases("what depends on whom is worked out by the database")
def test_everything_is_listed_with_what_to_do_about_it(make: Builder, client_of: ClientOf, coordinator: User) -> None:
    sam, nora = make.clinician(given_name="Sam", family_name="Lee"), make.clinician()
    north, south = make.school("North School"), make.school("South School")
    tom, ida = make.teacher(north, given_name="Tom", family_name="Reed"), make.teacher(north, given_name="Ida", family_name="Berg")
    sol = make.teacher(south, given_name="Sol", family_name="Grey")
    stitch = make.outreach_session(sam, title="Closed Stitch")
    make.outreach_session(sam, title="Goes on", co_hosts=[nora])
    make.outreach_session(sam, title="A draft of his", state=SessionState.DRAFT, published_at=None)
    make.outreach_session(nora, title="Still hers")
    of_tom, of_both = make.school_class(north, tom, name="9A"), make.school_class(north, tom, ida, name="9B")
    of_sol = make.school_class(south, sol, name="7C")
    make.register(stitch, tom, make.student(of_tom), make.student(of_both))
    make.register(stitch, sol, make.student(of_sol))
    client = client_of(coordinator)
    assert "closed account" not in text(client, HOME)
    assert "Nothing depends on a closed account" in text(client, LIST)
    for user in (sam, tom, sol):
        close_account(user.id, by_id=coordinator.id, now=make.now)
    home = text(client, HOME)
    assert "closed accounts have sessions, students or classes" in home
    assert f'href="{LIST}"' in home
    page = text(client, LIST)
    for words in (
        *("Closed Stitch", "3 students have seats", "A draft of his", "It can't be published until you choose another host."),
        *("Goes on", "Its co-hosts look after it, and schools can register."),
        *("2 students of North School.", "Ida Berg stands in", "1 student of South School.", "Ruth King gets the e-mails"),
        *("9A, North School", "7C, South School", f"/sessions/{stitch.id}/edit", f"/sessions/{stitch.id}/cancellation"),
    ):
        assert words in page, words
    assert "Still hers" not in page
    assert "9B" not in page, "Ida keeps it"
    assert page.count("<h2>") == len(closed_accounts(now=make.now)) == 3
    of_sam = text(client, f"/coordination/people/{sam.id}")
    assert "Closed Stitch" in of_sam
    assert "South School" not in of_sam
    assert "To hand over" not in text(client, f"/coordination/people/{ida.id}")


def test_what_is_over_or_cancelled_depends_on_nobody(make: Builder, coordinator: User) -> None:
    school, host = make.school(), make.clinician()
    teacher = make.teacher(school)
    over = make.outreach_session(host)
    make.outreach_session(host, state=SessionState.CANCELLED, cancelled_at=make.now)
    make.register(over, teacher, make.student(make.school_class(school)))
    for user in (host, teacher):
        close_account(user.id, by_id=coordinator.id, now=make.now)
    assert len(closed_accounts(now=make.now)) == 2
    assert closed_accounts(now=over.ends_at) == []


def test_students_are_handed_over_for_good_once(make: Builder, client_of: ClientOf, coordinator: User) -> None:
    school, outreach_session = make.school(), make.outreach_session(make.clinician())
    teacher, colleague = make.teacher(school), make.teacher(school)
    school_class = make.school_class(school, teacher)
    make.register(outreach_session, teacher, make.student(school_class))
    close_account(teacher.id, by_id=coordinator.id, now=make.now)
    send_all()
    client, address = client_of(coordinator), f"/coordination/people/{teacher.id}/handover"
    assert "1 registration is handed over." in unescape(client.post(address, follow_redirects=True).text)
    assert db.session.scalars(select(Registration.teacher_id)).all() == [colleague.id]
    assert db.session.execute(select(class_teacher)).all() == []
    assert "0 registrations are handed over." in unescape(client.post(address, follow_redirects=True).text)
    assert not queued(), "they were told when the account was closed"
    assert closed_accounts(now=make.now) == []


def test_nothing_of_somebody_who_still_teaches_is_handed_over(make: Builder, client_of: ClientOf, coordinator: User) -> None:
    north, south, outreach_session = make.school(), make.school(), make.outreach_session(make.clinician())
    teacher, colleague = make.teacher(north), make.teacher(south)
    with transaction():
        db.session.add(Membership(user_id=teacher.id, school_id=south.id, approved_by_id=coordinator.id, approved_at=make.now))
    here, there = make.school_class(north, teacher), make.school_class(south, teacher)
    make.register(outreach_session, teacher, make.student(here, given_name="Ana"))
    make.register(outreach_session, teacher, make.student(there, given_name="Ben"))
    with transaction():
        db.session.execute(delete(Membership).where(Membership.user_id == teacher.id, Membership.school_id == south.id))
    assert [one.students[0].school.id for one in closed_accounts(now=make.now)] == [south.id]
    client_of(coordinator).post(f"/coordination/people/{teacher.id}/handover")
    answers = dict(db.session.execute(select(Registration.school_id, Registration.teacher_id)).all())
    assert answers == {north.id: teacher.id, south.id: colleague.id}
    assert db.session.scalars(select(class_teacher.c.class_id)).all() == [here.id]


def test_who_has_left_a_school_answers_for_nobody_there(make: Builder, client_of: ClientOf, coordinator: User) -> None:
    north, south, outreach_session = make.school("North School"), make.school("South School"), make.outreach_session(make.clinician())
    teacher, colleague = make.teacher(north, email="left@north.example"), make.teacher(north, email="stays@north.example")
    with transaction():
        db.session.add(Membership(user_id=teacher.id, school_id=south.id, approved_by_id=coordinator.id, approved_at=make.now))
    here, there = make.school_class(north, teacher), make.school_class(south, teacher)
    ana = make.student(here, given_name="Ana")
    make.register(outreach_session, teacher, ana)
    make.register(outreach_session, teacher, make.student(there, given_name="Ben"))
    send_all()
    client, address = client_of(coordinator), f"/coordination/people/{teacher.id}/schools/{north.id}/end"
    assert address in client.get(f"/coordination/people/{teacher.id}").text
    assert "no longer works at North School." in unescape(client.post(address, follow_redirects=True).text)
    assert {(one.to, one.kind.value) for one in queued()} == {(colleague.email, "invitation"), (colleague.email, "digest")}
    assert [student.given_name for student in queued()[-1].facts.seated] == ["Ana"]
    assert client_of(teacher).get(f"/students/{ana.id}").status_code == 404
    assert client_of(teacher).get(f"/classes/{there.id}").status_code == 200
    assert db.session.scalars(select(class_teacher.c.class_id)).all() == [there.id]
    before = len(queued())
    client.post(address)
    assert len(queued()) == before, "twice changes nothing"
