"""The list of a teacher's registrations, the choice of a class, and the sheet on which it is registered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import db
from outreach.models import (
    RegistrationState,
    RegistrationStep,
    SessionState,
    User,
)
from tests.support.builders import Builder
from tests.support.desk import Desk, rows, words
from tests.support.registrations import SECOND, nothing_changes, registration_in, registration_of

Clients = Callable[[User | None], FlaskClient]
CONFIRMED, OFFERED, PENDING, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "pending", "waiting"))


@pytest.fixture
def desk(make: Builder, client_of: Clients, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(make, client_of, monkeypatch)


MOMENTS = {
    "a second before": (-SECOND, SessionState.PUBLISHED, True),
    "at the start": (timedelta(0), SessionState.PUBLISHED, False),
    "cancelled": (timedelta(days=-1), SessionState.CANCELLED, False),
}


def lines(desk: Desk, user: User | None = None, *, past: bool = False) -> list[str]:
    return rows(desk.page("/registrations" + ("?show=past" if past else ""), user))


def test_it_counts_the_schools_own_students_by_where_they_stand(desk: Desk) -> None:
    one = desk.session("First", capacity=20)
    for minutes, (state, number) in enumerate(
        {"confirmed": 3, "pending": 1, "offered": 1, "waiting": 2, "withdrawn": 4, "removed": 1, "released": 1}.items()
    ):
        for which in range(number):
            desk.put(f"{state}{which}", RegistrationState(state), one, minutes)
    elsewhere = desk.make.school()
    stranger = desk.make.teacher(elsewhere)
    other_class = desk.make.school_class(elsewhere, stranger)
    for state in (CONFIRMED, WAITING):
        registration_in(state, desk.make.student(other_class), one, stranger, now=desk.make.now)
    (line,) = lines(desk)
    assert "First seat offered: please answer" in line
    assert "UTC−4) 5 2 " in line
    (line,) = lines(desk, stranger)
    assert "UTC−4) 1 1 " in line
    assert "offered" not in line
    (line,) = [line for line in lines(desk, desk.make.coordinator()) if line.startswith("First ")]
    assert "UTC−4) 6 3 " in line


def test_where_nobody_waits_or_nobody_sits_it_says_none(desk: Desk) -> None:
    desk.put("Ana", CONFIRMED, desk.session("Seated"))
    desk.put("Ben", WAITING, desk.session("Waiting"))
    counts = {line.split()[0]: line.split("UTC−4) ")[1].split()[:2] for line in lines(desk)}
    assert counts == {"Seated": ["1", "0"], "Waiting": ["0", "1"]}


def test_what_is_to_come_stands_by_date_and_what_is_over_the_other_way_round(desk: Desk) -> None:
    days = {"Third": 20, "First": 16, "Second": 18}
    for title, day in days.items():
        desk.put(title, CONFIRMED, desk.session(title, starts_wall=datetime(2027, 3, day, 9)))
    desk.session("Nobody's", starts_wall=datetime(2027, 3, 17, 9))
    assert [line.split()[0] for line in lines(desk)] == ["First", "Second", "Third"]
    assert lines(desk, past=True) == []
    desk.at(desk.make.now + timedelta(days=60))
    assert lines(desk) == []
    assert [line.split()[0] for line in lines(desk, past=True)] == ["Third", "Second", "First"]


@pytest.mark.parametrize(("after", "is_past"), [(-SECOND, False), (timedelta(0), True), (SECOND, True)])
def test_a_session_is_past_from_its_end(desk: Desk, after: timedelta, *, is_past: bool) -> None:
    one = desk.session()
    desk.put("Ana", CONFIRMED, one)
    desk.at(one.ends_at + after)
    assert (len(lines(desk)), len(lines(desk, past=True))) == (int(not is_past), int(is_past))


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_offer_asks_for_an_answer_as_long_as_it_can_be_answered(desk: Desk, moment: str) -> None:
    before, state, may = MOMENTS[moment]
    one = desk.session(state=state)
    desk.put("Ana", OFFERED, one, offered_until=one.starts_at)
    desk.at(one.starts_at + before)
    (line,) = lines(desk, past=state is SessionState.CANCELLED)
    assert ("please answer" in line, "cancelled" in line) == (may, state is SessionState.CANCELLED)


def test_it_says_what_is_provisional(desk: Desk) -> None:
    one = desk.session(is_provisional=True, decides_at=desk.make.now + timedelta(days=2))
    desk.put("Ana", CONFIRMED, one)
    assert "Provisional until" in lines(desk)[0]


def test_with_nothing_there_it_says_so(desk: Desk) -> None:
    assert "No registrations yet" in desk.page("/registrations")
    assert "Nothing here yet" in desk.page("/registrations?show=past")


def names(desk: Desk, user: User) -> list[tuple[str, str]]:
    page = desk.page(f"/sessions/{desk.session().id}/registration", user)
    return re.findall(r"<strong>(.*?)</strong><br><span class=\"quiet\">(.*?)</span>", page)


def test_ones_own_classes_stand_first_each_with_its_size_and_other_schools_not_at_all(desk: Desk) -> None:
    colleague = desk.make.teacher(desk.school)
    for name, teachers in {"9A": (colleague,), "12A": (desk.teacher, colleague), "10A": (colleague,)}.items():
        desk.make.school_class(desk.school, *teachers, name=name)
    desk.make.school_class(desk.make.school(), name="Foreign")
    for name in ("Ana", "Ben"):
        desk.student(name)
    assert names(desk, desk.teacher) == [
        ("11A", "North School · 2 students"),
        ("12A", "North School · 0 students"),
        ("10A", "North School · 0 students"),
        ("9A", "North School · 0 students"),
    ]
    assert [name for name, _ in names(desk, colleague)] == ["10A", "12A", "9A", "11A"]
    assert "Foreign" in [name for name, _ in names(desk, desk.make.coordinator())]


def test_the_only_class_there_is_is_chosen_already(desk: Desk) -> None:
    desk.student("Ana")
    assert "Register 1 student" in desk.page(f"/sessions/{desk.session().id}/registration")


def test_without_a_class_one_is_led_to_make_one(desk: Desk) -> None:
    newcomer = desk.make.teacher(desk.make.school())
    assert "You have no class yet" in desk.page(f"/sessions/{desk.session().id}/registration", newcomer)


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_schools_class_is_not_there(desk: Desk, method: str) -> None:
    foreign = desk.make.school_class(desk.make.school())
    client = desk.client_of(desk.teacher)
    path = f"/sessions/{desk.session().id}/registration?class="
    assert getattr(client, method)(f"{path}{foreign.id}").status_code == 404
    if method == "post":
        assert client.post(path).status_code == 404


def test_each_student_stands_by_name_with_what_they_would_get_or_what_stands_in_the_way(desk: Desk) -> None:
    one = desk.session(capacity=3, age_floor=16)
    old = date(2010, 1, 1)
    school_class = desk.school_class
    make = desk.make
    make.student(school_class, given_name="Cem", family_name="Cole", birth_date=old)
    make.student(school_class, given_name="Ana", family_name="Cole", birth_date=old)
    make.student(school_class, given_name="Ben", family_name="Adam", birth_date=old)
    make.student(school_class, given_name="Dan", family_name="Dahl", birth_date=old)
    make.student(school_class, given_name="Yan", family_name="Young", birth_date=date(2014, 1, 1))
    make.student(school_class, given_name="Uma", family_name="Unknown")
    there = make.student(school_class, given_name="Ted", family_name="There", birth_date=old)
    registration_in(CONFIRMED, there, one, desk.teacher, now=make.now)
    page = desk.sheet(one)
    found = {" ".join(row.split()[:2]): row for row in rows(page)}
    assert list(found) == ["Uma Unknown", "Ben Adam", "Ana Cole", "Cem Cole", "Dan Dahl"], (
        "who has no birth date first, in a table of its own"
    )
    assert all("will have a seat" in found[name] for name in ("Ben Adam", "Ana Cole"))
    assert "will wait, number 1 of your class" in found["Cem Cole"]
    assert "will wait, number 2 of your class" in found["Dan Dahl"]
    reasons = page.split("1 student is registered already")
    assert ["1 student has no birth date" in reasons[0], "Ted There" in reasons[1]] == [True, True]
    assert "Yan Young</a>" in reasons[1].split("1 student is too young")[1]
    assert (page.count(" checked"), page.count(" disabled")) == (4, 0)
    assert "2 will have a seat. 2 will be on the waiting list." in page
    assert "Register 4 students" in page
    assert "1 of 3 seats taken" in page
    assert page.count('name="first_ids"') == 4


def test_with_seats_for_all_nobody_is_asked_who_comes_first(desk: Desk) -> None:
    desk.student("Ana")
    page = desk.sheet(desk.session())
    assert "1 will have a seat." in page
    assert 'name="first_ids"' not in page
    assert "Prioritise" not in page


def test_whoever_is_ticked_first_is_seated_first_in_the_preview_and_who_is_not_ticked_is_left_out(desk: Desk) -> None:
    one = desk.session(capacity=1)
    ana, ben, cem = (desk.student(name) for name in ("Ana", "Ben", "Cem"))
    with nothing_changes():
        answer = desk.press(one, student_ids=[ana.id, ben.id], first_ids=[ben.id, cem.id], preview="1")
    assert answer.status_code == 200
    found = {row.split()[0]: row for row in rows(answer.text)}
    assert "will wait, number 1 of your class" in found["Ana"]
    assert "will have a seat" in found["Ben"]
    assert "not registered" in found["Cem"]
    assert "1 will have a seat. 1 will be on the waiting list." in answer.text


def test_nobody_ticked_is_refused(desk: Desk) -> None:
    desk.student("Ana")
    one = desk.session()
    with nothing_changes():
        answer = desk.press(one, permission_attested="y")
    assert answer.status_code == 422
    assert "Choose at least one student." in answer.text


def test_a_class_without_students_says_so(desk: Desk) -> None:
    assert "This class has no students yet" in desk.sheet(desk.session())


def test_a_provisional_session_says_so_on_the_way(desk: Desk) -> None:
    one = desk.session(is_provisional=True, decides_at=desk.make.now + timedelta(days=2))
    desk.make.school_class(desk.school, name="12B")
    for path in (f"/sessions/{one.id}/registration", f"/sessions/{one.id}/registration?class={desk.school_class.id}"):
        assert "Provisional: not confirmed yet" in unescape(desk.page(path))


@pytest.mark.parametrize(
    ("students", "capacity", "said"),
    [
        (1, 1, "1 has a seat. The invitations are on their way."),
        (2, 2, "2 have a seat. The invitations are on their way."),
        (2, 1, "1 has a seat. 1 is on the waiting list. We'll e-mail you when there is a seat."),
        (4, 2, "2 have a seat. 2 are on the waiting list. We'll e-mail you when there are seats."),
    ],
)
def test_what_came_of_it_is_said(desk: Desk, students: int, capacity: int, said: str) -> None:
    one = desk.session(capacity=capacity)
    ids = [desk.student(f"S{number}").id for number in range(students)]
    client = desk.client_of(desk.teacher)
    path = f"/sessions/{one.id}/registration?class={desk.school_class.id}"
    answer = client.post(path, data={"student_ids": ids, "permission_attested": "y"})
    assert (answer.status_code, answer.location) == (303, f"/sessions/{one.id}/seats")
    assert said in unescape(client.get(answer.location).text)


@pytest.mark.parametrize("who", ["teacher", "colleague", "coordinator", "coordinator, class without teachers"])
def test_whoever_registers_answers_for_the_students_and_a_coordinator_for_the_classs_teacher(desk: Desk, who: str) -> None:
    one, coordinator, colleague = desk.session(), desk.make.coordinator(), desk.make.teacher(desk.school)
    orphan = desk.make.school_class(desk.school, name="Z")
    school_class = orphan if who.endswith("without teachers") else desk.school_class
    student = desk.make.student(school_class, given_name="Ana")
    user = {"teacher": desk.teacher, "colleague": colleague}.get(who, coordinator)
    page = words(desk.sheet(one, school_class, user))
    answers_for = desk.teacher if who == "coordinator" else user
    assert ("teacher (you)" in page) is (answers_for is user)
    assert desk.press(one, user, school_class, student_ids=[student.id], permission_attested="y").status_code == 303
    place = registration_of(student, one)
    assert (place.teacher_id, place.class_id, place.school_id) == (answers_for.id, school_class.id, desk.school.id)
    step = db.session.scalars(select(RegistrationStep).where(RegistrationStep.registration_id == place.id)).one()
    assert (step.by_id, step.at) == (user.id, desk.make.now)
