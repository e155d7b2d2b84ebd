"""What teachers do: register, give places back, answer offers, and keep addresses, guardians and ages right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from outreach.class_lists.plan import KnownStudent, ListedGuardian
from outreach.registration import By, Side
from outreach.registration import use_cases as registering
from outreach.schools.queries import known_students
from outreach.schools.removal import remove_student
from outreach.schools.students import StudentInput, add_student, edit_student, seen_of
from outreach.schools.use_cases import take_responsibility
from tests.journeys.sequences.model_people import Address, Student
from tests.journeys.sequences.model_sessions import OFFERED, WAITING
from tests.journeys.sequences.people import NOOR, NORTH, SAM, SOUTH, TEACHERS
from tests.journeys.sequences.picking import NothingToDo, a_place, an_ended_place, at_times, one_of
from tests.journeys.sequences.world import World

ADDRESSES = (
    None,
    "new.one@families.example",
    "new.two@families.example",
    "shared@families.example",
    "two@families.example",
    "ana@pupils.example",
    NOOR,
    SAM,
)
BIRTH_DATES = (None, date(2005, 1, 1), date(2009, 3, 19), date(2012, 6, 1))
FACTS = ("given_name", "family_name", "number", "email", "year_group", "birth_date", "needs", "guardians")


def register(world: World, a: int, b: int, c: int) -> None:
    """Register some of a class; at times without the guardians' permission, at times somebody of another school slips in."""
    session, school = one_of(world.model.sessions, a), (NORTH, SOUTH)[b % 2]
    teacher, students = one_of(_teachers(world, school), c), world.model.of_school(school)
    chosen = [student for place, student in enumerate(students) if (b >> place % 5) & 1 or (c + place) % 3 == 0]
    chosen += world.model.of_school(NORTH if school == SOUTH else SOUTH)[-1:] * (c % 3 == 2)
    chosen.sort(key=lambda student: student.number, reverse=c % 2 > 0)
    is_attested = c % 8 != 5
    request = registering.RegistrationRequest(
        session_id=world.session_id(session),
        school_id=world.school_ids[school],
        student_ids=tuple(world.student_ids[student.number] for student in chosen),
        teacher_id=world.user_ids[teacher],
        by_id=world.user_ids[teacher],
        permission_attested=is_attested,
    )
    world.ask(
        partial(world.model.register, session, world.model.people.at(teacher), school, chosen, is_attested=is_attested),
        lambda: registering.register_students(request, now=world.now),
    )


def withdraw(world: World, a: int, b: int, _c: int) -> None:
    """Withdraw, at times one that has ended."""
    session, place = a_place(world.model, a, any_state=b % 8 == 0)
    key, by_id = world.registration_id(session, place), world.user_ids[place.teacher.text]
    world.ask(
        partial(world.model.give_back, session, place, place.teacher),
        lambda: registering.withdraw(key, now=world.now, by_id=by_id),
    )


def undo_withdrawal(world: World, a: int, b: int, _c: int) -> None:
    """Undo a withdrawal, at times one of a family."""
    session, place = an_ended_place(world.model, a, is_by_host=b % 8 == 0)
    by = By(Side.SCHOOL, user_id=world.user_ids[place.teacher.text])
    world.undo(session, place, by, partial(world.model.undo, session, place, None))


def answer_offer(world: World, a: int, b: int, c: int) -> None:
    """Say yes or no to a seat offered late, at times to one that isn't on offer; or take a seat that is free, if it is."""
    if b % 4 == 3:
        _take_free_seat(world, a)
        return
    session, place = a_place(world.model, a, any_state=True) if b % 4 == 0 else a_place(world.model, a, state=OFFERED)
    key, by_id = world.registration_id(session, place), world.user_ids[place.teacher.text]
    deed = registering.accept_offer if c % 2 else registering.decline_offer
    world.ask(partial(world.model.answer_offer, session, place, takes=c % 2 > 0), lambda: deed(key, by_id=by_id, now=world.now))


def _take_free_seat(world: World, a: int) -> None:
    session, place = a_place(world.model, a, state=WAITING)
    key, by_id = world.registration_id(session, place), world.user_ids[place.teacher.text]
    world.ask(partial(world.model.take_free_seat, session, place), lambda: registering.take_free_seat(key, by_id=by_id, now=world.now))


def readdress_student(world: World, a: int, b: int, _c: int) -> None:
    """Correct a student's address, or take it out."""
    student, text = _a_student(world, a), one_of(ADDRESSES, b)
    address = world.model.people.at(text) if text else None
    concerned = [] if student.address is address else [student]
    _correct(world, student, lambda: setattr(student, "address", address), concerned, lambda _known: {"email": text})


def readdress_guardian(world: World, a: int, b: int, c: int) -> None:
    """Correct a guardian's address, or take it out; siblings have the same guardian."""
    student, text, people = _a_student(world, a), one_of(ADDRESSES, b), world.model.people
    place = c % len(student.guardians) if student.guardians else None
    if place is None:
        raise NothingToDo
    guardian, address = student.guardians[place], people.at(text) if text else None
    concerned = [] if guardian.address is address else people.children(guardian)
    for child in concerned:
        _must_not_have(child, guardian.name, address)

    def facts(known: KnownStudent) -> dict[str, Any]:
        one = next(other for other in known.guardians if other.name == guardian.name and other.email == _text(guardian.address))
        return {"guardians": tuple(replace(other, email=text) if other is one else other for other in known.guardians)}

    _correct(world, student, lambda: people.readdress(guardian, address) if concerned else None, concerned, facts)


def add_guardian(world: World, a: int, b: int, _c: int) -> None:
    """Write down one guardian more."""
    student, text, people = _a_student(world, a), one_of(ADDRESSES[1:], b), world.model.people
    another = ListedGuardian("Another", text)
    address = people.at(str(text))
    _must_not_have(student, "Another", address)
    _correct(
        world,
        student,
        lambda: people.add_guardian(student, "Another", address),
        [student],
        lambda known: {"guardians": (*known.guardians, another)},
    )


def drop_guardian(world: World, a: int, _b: int, c: int) -> None:
    """Strike out a guardian."""
    student = _a_student(world, a)
    gone = one_of(student.guardians, c)

    def facts(known: KnownStudent) -> dict[str, Any]:
        one = next(other for other in known.guardians if other.name == gone.name and other.email == _text(gone.address))
        return {"guardians": tuple(other for other in known.guardians if other is not one)}

    _correct(world, student, lambda: student.guardians.remove(gone), [student], facts)


def correct_age(world: World, a: int, b: int, _c: int) -> None:
    """Correct a birth date, or take it out."""
    student, born = _a_student(world, a), one_of(BIRTH_DATES, b)
    concerned = [] if student.born == born else [student]
    _correct(world, student, lambda: setattr(student, "born", born), concerned, lambda _known: {"birth_date": born})


def join(world: World, a: int, b: int, _c: int) -> None:
    """Write down a new student; twelve are enough."""
    if len(world.model.people.students) >= 12:
        return
    school, guardian = (NORTH, SOUTH)[a % 2], str(one_of(ADDRESSES[1:], b))
    facts = StudentInput(given_name="New", family_name=f"Student{b % 4}", guardians=(ListedGuardian("Theirs", guardian),))

    def deed() -> None:
        world.student_ids.append(add_student(world.class_ids[school], facts, now=world.now))

    world.ask(partial(world.model.join, school, f"New Student{b % 4}", guardian), deed)


def leave(world: World, a: int, _b: int, c: int) -> None:
    """Strike out a student who has left the school."""
    at_times(c)
    student = _a_student(world, a)
    key = world.student_ids[student.number]
    world.ask(partial(world.model.leave, student), lambda: remove_student(key, now=world.now))


def be_responsible(world: World, a: int, b: int, _c: int) -> None:
    """Take responsibility for a student whose last guardian has left, at times for one who needs nobody."""
    lost = [student for student in world.model.people.students if student.has_lost_all]
    student = _a_student(world, a) if b % 8 == 0 else one_of(lost, a)
    teacher = one_of(_teachers(world, student.school), 0)
    key, by_id = world.student_ids[student.number], world.user_ids[teacher]
    world.ask(
        partial(world.model.be_responsible, student, world.model.people.at(teacher)),
        lambda: take_responsibility(key, by_id=by_id, now=world.now),
    )


def _teachers(world: World, school: str) -> list[str]:
    return [one for one in TEACHERS[school] if not world.model.people.at(one).is_closed]


def _a_student(world: World, number: int) -> Student:
    return one_of([student for student in world.model.people.students if not student.is_gone], number)


def _must_not_have(student: Student, name: str, address: Address | None) -> None:
    """Nobody writes down the same guardian twice: which of the two is whose sibling's, nobody could tell."""
    if any((one.name, one.address) == (name, address) for one in student.guardians):
        raise NothingToDo


def _text(address: object) -> str | None:
    return getattr(address, "text", None)


def _correct(
    world: World,
    student: Student,
    change: Callable[[], object],
    concerned: Iterable[Student],
    facts: Callable[[KnownStudent], dict[str, Any]],
) -> None:
    """Correct what a school knows of a student: in the model by `change`, on the form by `facts`."""
    known = known_students(world.school_ids[student.school])[world.student_ids[student.number]]
    typed = StudentInput(**{name: getattr(known, name) for name in FACTS} | facts(known))
    world.ask(
        lambda: world.model.correct(change, *concerned),
        lambda: edit_student(known.id, typed, seen=seen_of(known), now=world.now),
    )
