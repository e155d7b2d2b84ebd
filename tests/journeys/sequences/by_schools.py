"""What teachers do: register, give places back, answer offers, and keep addresses, guardians and ages right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from outreach.models import Registration, RegistrationState, SchoolClass, Student
from outreach.registration import use_cases as registering
from outreach.schools.known import known_students
from outreach.schools.removal import remove_student
from outreach.schools.roster.people import RosterGuardian
from outreach.schools.roster.plan import KnownStudent
from outreach.schools.students import StudentFacts, add_student, edit_student, seen_of
from tests.journeys.sequences.picking import a_registration, a_session, all_of, at_times, one_of

ADDRESSES = (
    None,
    "new.one@families.example",
    "new.two@families.example",
    "shared@families.example",
    "two@families.example",
    "ana@pupils.example",
    "noor@north.example",
    "sam@clinic.example",
)
BIRTH_DATES = (None, date(2005, 1, 1), date(2009, 3, 19), date(2012, 6, 1))
FACTS = ("given_name", "family_name", "number", "email", "year_group", "birth_date", "needs", "guardians")


def register(a: int, b: int, c: int, now: datetime) -> None:
    """Register some of a class."""
    school_class = one_of(all_of(SchoolClass), b)
    teacher = one_of(sorted(school_class.teachers, key=lambda user: user.id), c)
    chosen = [student.id for place, student in enumerate(school_class.students) if (b >> place % 5) & 1 or (c + place) % 3 == 0]
    request = registering.Request(
        session_id=a_session(a).id,
        school_id=school_class.school_id,
        student_ids=tuple(chosen),
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    registering.register_students(request, now=now)


def withdraw(a: int, _b: int, _c: int, now: datetime) -> None:
    """Give a place back."""
    registration = a_registration(a)
    registering.withdraw(registration.id, now=now, by_id=registration.teacher_id)


def answer_offer(a: int, _b: int, c: int, now: datetime) -> None:
    """Say yes or no to a seat offered late."""
    registration = a_registration(a, Registration.state == RegistrationState.OFFERED)
    answer = registering.accept_offer if c % 2 else registering.decline_offer
    answer(registration.id, by_id=registration.teacher_id, now=now)


def readdress_student(a: int, b: int, _c: int, now: datetime) -> None:
    """Correct a student's address, or take it out."""
    _correct(a, now, lambda _student: {"email": one_of(ADDRESSES, b)})


def readdress_guardian(a: int, b: int, c: int, now: datetime) -> None:
    """Correct a guardian's address, or take it out; siblings have the same guardian."""

    def change(student: KnownStudent) -> dict[str, Any]:
        one = one_of(student.guardians, c)
        return {"guardians": tuple(replace(other, email=one_of(ADDRESSES, b)) if other is one else other for other in student.guardians)}

    _correct(a, now, change)


def add_guardian(a: int, b: int, _c: int, now: datetime) -> None:
    """Write down one guardian more."""
    _correct(a, now, lambda student: {"guardians": (*student.guardians, RosterGuardian("Another", one_of(ADDRESSES[1:], b)))})


def drop_guardian(a: int, _b: int, _c: int, now: datetime) -> None:
    """Strike out a guardian."""
    _correct(a, now, lambda student: {"guardians": student.guardians[1:]})


def correct_age(a: int, b: int, _c: int, now: datetime) -> None:
    """Correct a birth date, or take it out."""
    _correct(a, now, lambda _student: {"birth_date": one_of(BIRTH_DATES, b)})


def join(a: int, b: int, _c: int, now: datetime) -> None:
    """Write down a new student; twelve are enough."""
    if len(all_of(Student)) < 12:
        facts = StudentFacts(given_name="New", family_name=f"Student{b}", guardians=(RosterGuardian("Theirs", one_of(ADDRESSES[1:], b)),))
        add_student(one_of(all_of(SchoolClass), a).id, facts, now=now)


def leave(a: int, _b: int, c: int, now: datetime) -> None:
    """Strike out a student who has left the school."""
    at_times(c)
    remove_student(one_of(all_of(Student), a).id, now=now)


def _correct(number: int, now: datetime, change: Callable[[KnownStudent], dict[str, Any]]) -> None:
    record: Student = one_of(all_of(Student), number)
    student = known_students(record.school_id).get(record.id)
    if student is not None:
        facts = StudentFacts(**{name: getattr(student, name) for name in FACTS} | change(student))
        edit_student(student.id, facts, seen=seen_of(student), now=now)
