"""A teacher registers a class on the page, sees who has a seat, and gives places back; a stranger sees nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Consent, OutreachSession, Registration, RegistrationState, School, SchoolClass, SeatDraw, Student, User
from outreach.registration.sheet import draws
from tests.support.builders import Builder

pytestmark = [pytest.mark.empty_database, pytest.mark.usefixtures("clock_stands_still")]
Clients = Callable[[User | None], FlaskClient]


@pytest.fixture
def school(make: Builder) -> School:
    return make.school()


@pytest.fixture
def teacher(make: Builder, school: School) -> User:
    return make.teacher(school)


@pytest.fixture
def school_class(make: Builder, school: School, teacher: User) -> SchoolClass:
    return make.full_class(school, teacher, size=4)


@pytest.fixture
def outreach_session(make: Builder) -> OutreachSession:
    return make.outreach_session(make.clinician(), capacity=3)


def address(outreach_session: OutreachSession, school_class: SchoolClass) -> str:
    return f"/sessions/{outreach_session.id}/registration?class={school_class.id}"


def test_the_page_says_who_would_be_seated_before_anything_is_written(
    client_of: Clients, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass
) -> None:
    page = client_of(teacher).get(address(outreach_session, school_class)).text
    assert "3 will have a seat. 1 will be on the waiting list." in page
    assert "Register 4 students" in page
    preview = page.split("Who will be told")[1]
    for count, who in ((3, "students"), (3, "guardians"), (2, "students and guardians on the waiting list"), (1, "teacher (you)")):
        assert f"{count}</b> <span>{who}</span>" in preview
    assert db.session.scalars(select(Registration)).all() == []


def test_the_teacher_chooses_who_is_seated_first(
    client_of: Clients, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass
) -> None:
    everybody = [student.id for student in school_class.students]
    data = {"student_ids": everybody, "first_ids": [everybody[3]], "permission_attested": "y"}
    answer = client_of(teacher).post(address(outreach_session, school_class), data=data)
    assert (answer.status_code, answer.location) == (303, f"/sessions/{outreach_session.id}/seats")
    states = {row.student_id: row.state for row in db.session.scalars(select(Registration))}
    assert states[everybody[3]] == RegistrationState.CONFIRMED
    assert states[everybody[2]] == RegistrationState.WAITING
    page = client_of(teacher).get(answer.location).text
    assert "3 of 3 seats taken" in page
    assert ">number 1<" in page
    assert {consent.given_by_id for consent in db.session.scalars(select(Consent))} == {teacher.id}


def test_without_the_tick_nothing_is_written_and_the_choice_is_kept(
    client_of: Clients, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass
) -> None:
    chosen = school_class.students[1].id
    nobody = client_of(teacher).post(address(outreach_session, school_class), data={}).text
    assert ["Choose at least one student." in nobody, "Tick that their guardians" in nobody] == [True, True], "all errors at once"
    answer = client_of(teacher).post(address(outreach_session, school_class), data={"student_ids": [chosen]})
    assert answer.status_code == 422
    assert "Tick that their guardians have given permission." in answer.text
    assert f'value="{chosen}" checked' in answer.text
    assert db.session.scalars(select(Registration)).all() == []


def test_a_preview_writes_nothing(client_of: Clients, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass) -> None:
    chosen = [student.id for student in school_class.students[:2]]
    answer = client_of(teacher).post(address(outreach_session, school_class), data={"student_ids": chosen, "preview": "1"})
    assert answer.status_code == 200
    assert "2 will have a seat." in answer.text
    assert db.session.scalars(select(Registration)).all() == []


def test_another_schools_students_cannot_be_smuggled_in(
    make: Builder, client_of: Clients, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass
) -> None:
    elsewhere = make.full_class(make.school(), size=1)
    data = {"student_ids": [elsewhere.students[0].id], "permission_attested": "y"}
    answer = client_of(teacher).post(address(outreach_session, school_class), data=data)
    assert answer.status_code == 422
    assert db.session.scalars(select(Registration)).all() == []


def test_a_colleague_withdraws_and_a_stranger_finds_nothing(
    make: Builder, client_of: Clients, school: School, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass
) -> None:
    first = school_class.students[0]
    data = {"student_ids": [first.id], "permission_attested": "y"}
    client_of(teacher).post(address(outreach_session, school_class), data=data)
    place = db.session.scalars(select(Registration)).one()
    stranger = make.teacher(make.school())
    page = f"/registrations/{place.id}/withdrawal"
    assert client_of(stranger).get(page).status_code == 404
    assert client_of(stranger).post(page).status_code == 404
    assert client_of(None).get(page).status_code == 302
    assert first.name not in client_of(stranger).get(f"/sessions/{outreach_session.id}/seats").text
    colleague = client_of(make.teacher(school))
    preview = colleague.get(page).text.split("Who will be told")[1]
    for count, who in ((1, "student"), (1, "guardian"), (1, "teacher")):
        assert f"{count}</b> <span>{who}</span>" in preview
    assert db.session.get_one(Registration, place.id, populate_existing=True).state == RegistrationState.CONFIRMED
    assert colleague.post(page, data={"note": "ill"}).status_code == 303
    assert db.session.get_one(Registration, place.id, populate_existing=True).state == RegistrationState.WITHDRAWN
    again = colleague.post(page)
    assert again.status_code == 422
    assert "already been withdrawn" in again.text


def test_the_host_takes_somebody_off_the_list_with_a_reason(
    make: Builder, client_of: Clients, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass
) -> None:
    client_of(teacher).post(
        address(outreach_session, school_class), data={"student_ids": [school_class.students[0].id], "permission_attested": "y"}
    )
    place = db.session.scalars(select(Registration)).one()
    page = f"/registrations/{place.id}/removal"
    assert client_of(make.clinician()).get(page).status_code == 404
    host = client_of(outreach_session.host)
    assert host.post(page, data={"reason": ""}).status_code == 422
    assert host.post(page, data={"reason": "The area is closed"}).status_code == 303
    assert db.session.get_one(Registration, place.id, populate_existing=True).state == RegistrationState.REMOVED


def test_whom_a_host_withdrew_is_marked_on_the_sheet_and_accepted_on_the_roster(
    client_of: Clients, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass
) -> None:
    host, school = client_of(outreach_session.host), client_of(teacher)
    student = school_class.students[0]
    data = {"student_ids": [student.id], "permission_attested": "y"}
    school.post(address(outreach_session, school_class), data=data)
    place = db.session.scalars(select(Registration.id)).one()
    host.post(f"/registrations/{place}/removal", data={"reason": "The table is full."})
    assert "before. A seat is held until the host accepts." in school.get(address(outreach_session, school_class)).text
    school.post(address(outreach_session, school_class), data=data)
    again = db.session.scalars(select(Registration.id).order_by(Registration.id.desc())).first()
    roster = f"/sessions/{outreach_session.id}/roster"
    assert f"A host withdrew {student.given_name} before." in host.get(roster).text
    acceptance = f"/registrations/{again}/acceptance"
    asked = host.get(acceptance).text
    assert f"A host withdrew {student.given_name} before, and" in asked
    assert f'href="/registrations/{again}/removal"' in asked
    assert student.family_name not in asked
    assert school.get(acceptance).status_code == 403
    assert host.post(acceptance).location == roster
    assert host.get(acceptance).location == roster
    page = host.get(roster).text
    assert f"{student.given_name} is accepted." in page
    assert "A host withdrew" not in page


def test_who_cannot_be_registered_stands_by_reason_with_what_would_change_it(
    make: Builder, client_of: Clients, school: School, teacher: User, outreach_session: OutreachSession
) -> None:
    with transaction():
        outreach_session.age_floor = 16
    school_class = make.school_class(school, teacher, name="9B")
    client, page = client_of(teacher), address(outreach_session, school_class)
    young = make.student(school_class, given_name="Yara", family_name="Young", birth_date=date(2012, 5, 12))
    missing = [make.student(school_class, given_name=name, family_name="Open", birth_date=None) for name in ("Ada", "Ben", "Cem")]
    nobody = client.get(page).text
    assert ["3 students have no birth date" in nobody, "1 student is too young" in nobody] == [True, True]
    assert "old enough from Friday 12 May 2028" in nobody
    assert not re.search(r"Register \d+ student|Update who will have", nobody), "no button that can't work"
    ada, ben, cem = (f"birth_date_{student.id}" for student in missing)
    save = f"/classes/{school_class.id}/birth-dates?session={outreach_session.id}"
    wrong = client.post(save, data={ada: "1950-01-01", ben: "2010-01-01", cem: "2100-01-01"})
    assert (wrong.status_code, 'value="2010-01-01"' in wrong.text) == (422, True)
    assert [f'id="{name}-error"' in wrong.text for name in (ada, ben, cem)] == [True, False, True]
    saved = client.post(save, data={ada: "2010-01-01", ben: "2010-01-01"})
    assert (saved.status_code, saved.location) == (303, page)
    sheet = client.get(page).text
    assert ["Register 2 students" in sheet, "1 student has no birth date" in sheet, "2 birth dates are saved." in sheet] == [True] * 3
    assert f'id="student-{young.id}"' not in sheet
    client.post(page, data={"student_ids": [missing[0].id], "permission_attested": "y"})
    assert "1 student is registered already" in client.get(page).text


def test_a_birth_date_that_a_colleague_has_filled_in_stays(make: Builder, client_of: Clients, school: School, teacher: User) -> None:
    school_class = make.school_class(school, teacher, name="9B")
    ada, ben = (make.student(school_class, given_name=name, birth_date=None) for name in ("Ada", "Ben"))
    forms = [{f"birth_date_{ada.id}": "2010-01-01"}, {f"birth_date_{ada.id}": "2011-01-01", f"birth_date_{ben.id}": "2011-01-01"}]
    for typed in forms:
        assert client_of(teacher).post(f"/classes/{school_class.id}/birth-dates", data=typed).status_code == 303
    found = [db.session.get_one(Student, student.id, populate_existing=True).birth_date for student in (ada, ben)]
    assert found == [date(2010, 1, 1), date(2011, 1, 1)]


def test_the_order_is_said_and_drawn_once(
    make: Builder, client_of: Clients, teacher: User, outreach_session: OutreachSession, school_class: SchoolClass
) -> None:
    client, page = client_of(teacher), address(outreach_session, school_class)
    sheet = client.get(page).text
    assert ["by name" in sheet, "Draw the order" in sheet] == [True, True]
    drawing = f"/sessions/{outreach_session.id}/draw?class={school_class.id}"
    assert client_of(make.teacher(make.school())).post(drawing).status_code == 404
    orders = []
    for _press in range(2):
        assert client.post(drawing).location == page
        sheet = client.get(page).text
        assert [f"{teacher.name} had it drawn" in sheet, "Draw the order" in sheet] == [True, False]
        orders.append(db.session.scalars(select(SeatDraw.student_ids)).one())
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == sorted(student.id for student in school_class.students)
    assert [int(key) for key in re.findall(r'id="student-(\d+)"', sheet)] == orders[0]
    late = make.student(school_class, given_name="Aaa", family_name="Aaa")
    client.post(page, data={"student_ids": [*orders[0], late.id], "permission_attested": "y"})
    seated = db.session.scalars(select(Registration.student_id).where(Registration.state == RegistrationState.CONFIRMED))
    assert set(seated) == set(orders[0][:3])


def test_every_order_is_as_likely_as_any_other(make: Builder, teacher: User, school_class: SchoolClass, now: datetime) -> None:
    for _one in range(40):
        draws.draw_order(make.outreach_session(make.clinician()).id, school_class, by_id=teacher.id, now=now)
    first = {order[0] for order in db.session.scalars(select(SeatDraw.student_ids))}
    assert first == {student.id for student in school_class.students}
