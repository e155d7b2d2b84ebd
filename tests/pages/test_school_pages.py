"""Pages of teachers: where each act leads, what it says, who may do it, and what the forms take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from outreach import policy
from outreach.class_lists.errors import ListField
from outreach.class_lists.plan import KnownGuardian, ListedGuardian
from outreach.class_lists.row_reader import DateOrder
from outreach.db import db, transaction
from outreach.models import (
    Mailbox,
    Membership,
    Registration,
    RegistrationState,
    RoleName,
    School,
    SchoolClass,
    SessionState,
    Student,
    User,
)
from outreach.schools.forms import StudentForm
from outreach.schools.imports.choices import read_choices
from outreach.time import clock
from tests.pages.test_import_pages import paste, press, sent_back
from tests.pages.test_schools import field, text, typed
from tests.support.builders import Builder

pytestmark = pytest.mark.usefixtures("clock_stands_still")

Clients = Callable[[User | None], FlaskClient]


@pytest.fixture
def school(make: Builder) -> School:
    return make.school("Hill School")


@pytest.fixture
def teacher(make: Builder, school: School) -> User:
    return make.teacher(school)


@pytest.fixture
def school_class(make: Builder, school: School, teacher: User) -> SchoolClass:
    return make.school_class(school, teacher, name="9B")


@pytest.fixture
def mia(make: Builder, school_class: SchoolClass) -> Student:
    return make.student(school_class, given_name="Mia", family_name="Hill", email="mia@pupils.example", guardians=("mum@families.example",))


@pytest.fixture
def client(client_of: Clients, teacher: User) -> FlaskClient:
    return client_of(teacher)


def flashed(client: FlaskClient, response: TestResponse) -> str:
    """Give the words of the page a form leads to."""
    assert response.status_code == 303
    return text(client.get(response.location))


# Who keeps the records


def test_records_are_kept_by_the_teachers_of_the_school_and_coordinators_alone(
    make: Builder, school: School, teacher: User, school_class: SchoolClass, mia: Student
) -> None:
    visitor = make.clinician()
    member = make.clinician()
    with transaction():
        db.session.add(Membership(user_id=member.id, school_id=school.id, approved_by_id=teacher.id, approved_at=make.now))
    made = make.outreach_session(make.clinician())
    make.register(made, teacher, mia)
    place = db.session.scalars(select(Registration).where(Registration.student_id == mia.id)).one()
    people: dict[str, tuple[User, bool]] = {
        "their teacher": (teacher, True),
        "a colleague": (make.teacher(school), True),
        "a coordinator": (make.coordinator(), True),
        "another school's teacher": (make.teacher(make.school()), False),
        "a member who is no teacher": (member, False),
        "a teacher of no school": (make.user(RoleName.TEACHER), False),
        "a clinician": (visitor, False),
        "who only applied": (make.user(), False),
    }
    for who, (user, may) in people.items():
        claims = {
            policy.keeps_student(user, mia),
            policy.keeps_class(user, school_class),
            policy.works_at(user, school),
            policy.keeps_registration(user, place),
        }
        assert (who, claims) == (who, {may})


# Classes


def test_what_is_done_with_a_class_is_said(client: FlaskClient, school: School, teacher: User) -> None:
    made = client.post("/classes/new", data={"name": "10C", "school_id": school.id, "then": "upload"})
    assert "10C is added. Now add its students." in flashed(client, made)
    school_class = db.session.scalars(select(SchoolClass).where(SchoolClass.name == "10C")).one()
    path = f"/classes/{school_class.id}"
    for keeps, says in (("no", "This is no longer one of your classes."), ("yes", "This is one of your classes now.")):
        done = client.post(f"{path}/teachers", data={"keeps": keeps})
        assert (done.location, says in flashed(client, done)) == (path, True)
        db.session.expire_all()
        assert (teacher in db.session.get_one(SchoolClass, school_class.id).teachers) is (keeps == "yes")
    renamed = client.post(f"{path}/name", data={"name": "10 Blue"})
    assert (renamed.location, "The class is now called 10 Blue." in flashed(client, renamed)) == (path, True)
    deleted = client.post(f"{path}/deletion")
    assert deleted.location == "/classes"
    assert "10 Blue was deleted. Its students are still at your school." in flashed(client, deleted)


def test_a_coordinators_class_has_no_teacher_yet_and_its_school_is_chosen(make: Builder, client_of: Clients, school: School) -> None:
    client = client_of(make.coordinator())
    other = make.school("Ash School")
    page = client.get("/classes/new").get_data(as_text=True)
    assert page.index("Ash School") < page.index("Hill School")
    client.post("/classes/new", data={"name": "10C", "school_id": other.id})
    made = db.session.scalars(select(SchoolClass).where(SchoolClass.name == "10C")).one()
    assert (made.school_id, made.teachers) == (other.id, [])
    assert school.id != other.id


def test_a_class_form_that_is_refused_keeps_what_was_typed(
    make: Builder, client: FlaskClient, school: School, school_class: SchoolClass
) -> None:
    make.school_class(school, name="9C")
    for path, data in (("/classes/new", {"school_id": school.id}), (f"/classes/{school_class.id}/name", {})):
        assert client.get(path).status_code == 200
        taken = client.post(path, data=data | {"name": "9C"})
        assert (taken.status_code, field(taken, "name")) == (422, "9C")
        assert "already has a class with this name" in text(taken)
        assert client.post(path, data=data | {"name": " "}).status_code == 422
    assert field(client.get(f"/classes/{school_class.id}/name"), "name") == "9B"
    assert db.session.get_one(SchoolClass, school_class.id, populate_existing=True).name == "9B"


@pytest.mark.usefixtures("mia")
def test_students_are_listed_on_the_shelf_that_is_asked_for(make: Builder, client: FlaskClient, school_class: SchoolClass) -> None:
    ida = make.student(school_class, given_name="Ida", family_name="Ash")
    client.post(f"/students/{ida.id}/classes/{school_class.id}/removal")
    for query, shown in (("", {"Mia", "Ida"}), ("show=no_class", {"Ida"}), ("show=trouble", set()), ("show=nonsense", {"Mia", "Ida"})):
        page = client.get(f"/students?{query}").get_data(as_text=True)
        assert {name for name in ("Mia", "Ida") if f">{name} " in page} == shown
    for query, shown in (("q=mia", {"Mia"}), ("q=hill&show=no_class", set())):
        page = client.get(f"/students?{query}").get_data(as_text=True)
        assert {name for name in ("Mia", "Ida") if f">{name} " in page} == shown


# Students


def test_adding_a_student_leads_to_the_next_or_back_to_the_class(client: FlaskClient, school_class: SchoolClass) -> None:
    path = f"/classes/{school_class.id}/students/new"
    assert client.get(path).status_code == 200
    for name, then, leads_to in (("Ana", "another", path), ("Ben", "", f"/classes/{school_class.id}")):
        done = client.post(path, data={"given_name": name, "family_name": "Ash", "then": then})
        assert (done.location, f"{name} is in the class." in flashed(client, done)) == (leads_to, True)
    refused = client.post(path, data={"given_name": "Eva", "family_name": "Ash", "birth_date": "1960-01-01"})
    assert refused.status_code == 422
    assert "This birth date can’t be right for a student" in text(refused).replace("'", "’")


def test_editing_leads_to_a_class_of_the_student_or_to_all_students(
    make: Builder, client: FlaskClient, school: School, mia: Student
) -> None:
    path = f"/students/{mia.id}"
    first = min(one.id for one in mia.classes)
    client.post(f"{path}/classes", data={"class_id": make.school_class(school).id})
    done = client.post(path, data=typed(client.get(path), year_group="10"))
    assert (done.location, "Saved." in flashed(client, done)) == (f"/classes/{first}", True)
    for one in list(db.session.get_one(Student, mia.id).classes):
        client.post(f"{path}/classes/{one.id}/removal")
    done = client.post(path, data=typed(client.get(path), year_group="11"))
    assert done.location == "/students"
    page = flashed(client, done)
    assert "Saved." in page
    assert "Invitations now go to" not in page
    bad = client.post(path, data=typed(client.get(path), birth_date="soon"))
    assert (bad.status_code, "Write it like 2011-04-30." in text(bad)) == (422, True)


def test_joining_and_leaving_say_so_and_lead_back(make: Builder, client: FlaskClient, school: School, mia: Student) -> None:
    other, path = make.school_class(school, name="8A"), f"/students/{mia.id}"
    for then, leads_to in (("", path), ("class", f"/classes/{other.id}")):
        done = client.post(f"{path}/classes", data={"class_id": other.id, "then": then})
        assert (done.location, "Mia is in 8A now." in flashed(client, done)) == (leads_to, True)
    done = client.post(f"{path}/classes/{other.id}/removal")
    assert (done.location, "Mia is no longer in 8A." in flashed(client, done)) == (path, True)
    page = client.get(path).get_data(as_text=True)
    assert f'<option value="{other.id}">8A</option>' in page


def test_a_removed_student_leads_back_to_their_class(make: Builder, client: FlaskClient, school_class: SchoolClass, mia: Student) -> None:
    done = client.post(f"/students/{mia.id}/removal")
    assert done.location == f"/classes/{school_class.id}"
    assert "Mia Hill was removed." in flashed(client, done)
    ida = make.student(school_class, given_name="Ida", family_name="Ash")
    client.post(f"/students/{ida.id}/classes/{school_class.id}/removal")
    assert client.post(f"/students/{ida.id}/removal").location == "/students"


def test_a_former_student_has_no_page(
    make: Builder, client: FlaskClient, teacher: User, mia: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make.outreach_session(make.clinician())
    make.register(made, teacher, mia)
    key, over = mia.id, made.ends_at
    monkeypatch.setattr(clock, "now", lambda: over)
    assert client.post(f"/students/{key}/removal").status_code == 303
    db.session.rollback()
    assert db.session.get_one(Student, key, populate_existing=True).name == "Former student"
    for path in (f"/students/{key}", f"/students/{key}/removal"):
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)


@pytest.mark.parametrize("state", RegistrationState)
def test_a_record_says_how_many_entries_follow_an_address(
    make: Builder, client: FlaskClient, teacher: User, mia: Student, state: RegistrationState
) -> None:
    for _ in range(2):
        made = make.outreach_session(make.clinician())
        make.register(made, teacher, mia)
    with transaction():
        for place in db.session.scalars(select(Registration).where(Registration.student_id == mia.id)):
            place.state = state
    page = text(client.get(f"/students/{mia.id}"))
    counted = state in {RegistrationState.CONFIRMED, RegistrationState.PENDING}
    assert ("Mia is registered for 2 upcoming sessions" in page) is counted
    assert ("nobody gets an e-mail when an address changes" in page) is not counted


def test_the_removal_page_names_each_place_to_give_back(
    make: Builder, client: FlaskClient, teacher: User, mia: Student, now: datetime
) -> None:
    soon, over, off = (
        make.outreach_session(make.clinician(), title=title, starts_wall=starts)
        for title, starts in (("Soon", datetime(2027, 3, 18, 9)), ("Over", datetime(2027, 3, 10, 9)), ("Off", datetime(2027, 3, 19, 9)))
    )
    for one in (soon, over, off):
        make.register(one, teacher, mia)
    with transaction():
        off.state = SessionState.CANCELLED
        over.starts_at, over.ends_at = now - timedelta(hours=3), now - timedelta(hours=1)
    page = text(client.get(f"/students/{mia.id}/removal"))
    assert ("Soon" in page, "Over" in page, "Off" in page) == (True, False, False)
    refused = client.post(f"/students/{mia.id}/removal")
    assert refused.status_code == 422
    assert "Soon" in text(refused)


def test_only_an_address_of_the_students_family_is_written_to_again(
    make: Builder, client: FlaskClient, school_class: SchoolClass, mia: Student, now: datetime
) -> None:
    make.student(school_class, given_name="Ben", email="ben@pupils.example")
    with transaction():
        for mailbox in db.session.scalars(select(Mailbox)):
            mailbox.undeliverable_at = now

    def again(address: str) -> TestResponse:
        key = db.session.scalars(select(Mailbox.id).where(Mailbox.address == address)).one()
        return client.post(f"/students/{mia.id}/addresses/{key}/retry")

    for address in ("mia@pupils.example", "mum@families.example"):
        done = again(address)
        assert done.location == f"/students/{mia.id}"
        assert f"We'll send e-mails to {address} again, beginning with the current invitations." in flashed(client, done)
        assert f"We already send e-mails to {address}." in flashed(client, again(address))
    assert again("ben@pupils.example").status_code == 404
    db.session.expire_all()
    refused = set(db.session.scalars(select(Mailbox.address).where(Mailbox.undeliverable_at.is_not(None))))
    assert refused & {"mia@pupils.example", "mum@families.example", "ben@pupils.example"} == {"ben@pupils.example"}


# The form of one student


def form_of(app: Flask, **data: str) -> Any:
    sent = {"given_name": "Mia", "family_name": "Hill"} | {name.replace("__", "-"): value for name, value in data.items()}
    with app.test_request_context(method="POST", data=MultiDict(sent)):
        form = StudentForm()
        form.validate()
        return form


def test_what_was_typed_becomes_facts(app: Flask) -> None:
    form = form_of(
        app, given_name=" Mia  Maria ", email="MIA@Pupils.example", year_group="-", number=" 007 ", birth_date="2012-04-30",
        needs="glasses",
        guardians__0__id="7", guardians__0__name="Maria", guardians__0__email="mum@families.example",
        guardians__1__name="Tom", guardians__2__email="tom@families.example", guardians__3__id="9", guardians__3__name="Ida",
        guardians__3__is_removed="y",
    )  # fmt: skip
    typed = form.typed()
    assert (typed.given_name, typed.family_name, typed.email) == ("Mia Maria", "Hill", "mia@pupils.example")
    assert (typed.year_group, typed.number, str(typed.birth_date), typed.needs) == (None, "007", "2012-04-30", "glasses")
    assert typed.guardians == (
        KnownGuardian(7, "Maria", "mum@families.example"),
        ListedGuardian("Tom", None),
        ListedGuardian(None, "tom@families.example"),
    )
    assert form_of(app, year_group=" Year  9 ").typed().year_group == "Year 9"
    blank = form_of(app, email="", birth_date=" ")
    assert not blank.errors
    empty = blank.typed()
    assert (empty.email, empty.birth_date, empty.needs, empty.number, empty.year_group, empty.guardians) == (*[None] * 5, ())


@pytest.mark.parametrize(
    ("filled", "shown"),
    [({}, 2), ({"guardians__0__name": "A"}, 2), ({"guardians__1__email": "a@x.test"}, 3), ({"guardians__3__name": "A"}, 5)],
)
def test_one_guardian_more_than_there_are_is_shown(app: Flask, filled: dict[str, str], shown: int) -> None:
    assert form_of(app, **filled).shown_guardians == shown


FIELD_EDGES: list[tuple[str, str, bool]] = [
    ("given_name", "x" * 100, True),
    ("given_name", "x" * 101, False),
    ("family_name", "x" * 100, True),
    ("family_name", "x" * 101, False),
    ("family_name", "-", True),
    ("given_name", "", False),
    ("year_group", "x" * 64, True),
    ("year_group", "x" * 65, False),
    ("number", "9" * 64, True),
    ("number", "9" * 65, False),
    ("needs", "x" * 2000, True),
    ("needs", "x" * 2001, False),
    ("guardians__0__name", "x" * 100, True),
    ("guardians__0__name", "x" * 101, False),
    ("guardians__0__email", "nobody", False),
    ("email", "nobody", False),
]


@pytest.mark.parametrize(("name", "value", "is_taken"), FIELD_EDGES, ids=[f"{name}-{value[:4]}-{ok}" for name, value, ok in FIELD_EDGES])
def test_what_a_field_takes(app: Flask, name: str, value: str, is_taken: bool) -> None:
    assert (name.split("__", maxsplit=1)[0] not in form_of(app, **{name: value}).errors) is is_taken


# What was chosen about a list


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, {"has_headings": None, "columns": {}, "date_order": None, "answers": {}, "left_out": set()}),
        ({"headings": "y"}, {"has_headings": None}),
        ({"column-0": "email", "headings": "y"}, {"has_headings": True, "columns": {0: ListField.EMAIL}}),
        ({"column-0": "", "column-1": "password"}, {"has_headings": False, "columns": {0: None, 1: None}}),
        ({"column-99": "email", "column-100": "email", "column-x": "email", "column--1": "email"}, {"columns": {99: ListField.EMAIL}}),
        ({"date_order": "dmy"}, {"date_order": DateOrder.DAY_FIRST}),
        ({"date_order": "ymd"}, {"date_order": None}),
        (
            {"answer-2": "7", "answer-3": "new", "answer-4": "out", "answer-5": "", "answer-6": "x"},
            {"answers": {2: 7, 3: None}, "left_out": {4}},
        ),
        (
            {"answer-9999999": "7", "answer-10000000": "7", "answer-2": "9" * 11, "answer-3": "9" * 12},
            {"answers": {9999999: 7, 2: 99999999999}},
        ),
    ],
)
def test_what_a_person_said_about_a_list(sent: dict[str, str], expected: dict[str, Any]) -> None:
    said = read_choices(sent)
    assert {name: getattr(said, name) for name in expected} == expected


def test_an_import_says_what_it_did(client: FlaskClient, school_class: SchoolClass) -> None:
    path = f"/classes/{school_class.id}/import"
    first = press(client, paste(client, path), "students")
    assert first.location == f"/classes/{school_class.id}"
    assert "2 students added. 0 students updated." in flashed(client, first)
    more = paste(client, path, "First name,Surname,Year\nBen,Hill,10\nEva,Ash,\n")
    assert "1 student added. 1 student updated." in flashed(client, press(client, more, "students"))
    same = paste(client, path, "First name,Surname,Year\nBen,Hill,10\nEva,Ash,\n")
    done = press(client, same, "students")
    assert "Everybody on the list is in the class already. Nothing has changed." in flashed(client, done)


def test_only_what_changes_is_said(client: FlaskClient, school_class: SchoolClass) -> None:
    path = f"/classes/{school_class.id}/import"
    press(client, paste(client, path), "students")
    changed = paste(client, path, "First name,Surname,Year\nBen,Hill,10\nAna,L\u00f3pez,10\n")
    assert "0 students added. 2 students updated." in flashed(client, press(client, changed, "students"))


def test_a_list_whose_names_are_not_known_is_neither_shown_nor_imported(client: FlaskClient, school_class: SchoolClass) -> None:
    path = f"/classes/{school_class.id}/import"
    shown = paste(client, path, "Etunimi,Sukunimi\nAna,Hill\nBen,Ash\n")
    assert (shown.status_code, "We don't know which columns hold the names" in text(shown)) == (200, True)
    refused = press(client, shown, "students")
    assert (refused.status_code, refused.headers["Cache-Control"]) == (422, "no-store")
    assert "We don't know which columns hold the names" in text(refused)
    assert list(db.session.scalars(select(Student.id).where(Student.school_id == school_class.school_id))) == []
    for step in ("review", "students"):
        assert client.get(f"{shown.request.path}/{step}").location == shown.request.path


def test_what_was_understood_is_sent_along(client: FlaskClient, school_class: SchoolClass) -> None:
    path = f"/classes/{school_class.id}/import"
    shown = paste(client, path)
    sent = sent_back(shown)
    assert (sent["headings"], sent["column-0"], sent["column-5"]) == ("y", "given_name", "")
    assert sent["shown"].isdigit()
    without = paste(client, path, "Ana Hill\nBen Ash\n")
    assert "headings" not in sent_back(without)
