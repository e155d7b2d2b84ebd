"""Whom a page names before it sends anything is who then gets a letter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Letter, LetterKind, LetterState, Mailbox, OutreachSession, Registration, SchoolClass, Student, User
from outreach.registration import use_cases
from outreach.registration.preview import Row, preview_accepting, preview_leaving, preview_more_seats, preview_registering
from outreach.registration.seats import SeatLimits
from outreach.registration.use_cases import RegistrationRequest, preview, register_students
from tests.support.builders import NOW, Builder


@dataclass
class World:
    """Two seats, and a class in which everybody is reached in another way; one mailbox is the guardian's of two."""

    session: OutreachSession
    teacher: User
    school_class: SchoolClass
    students: dict[str, Student]
    now: datetime

    def preview(self, *names: str) -> list[Row]:
        seating, _found = preview(self.session, self.school_class.school_id, self._ids(names), now=self.now)
        return preview_registering(self.session, seating, teacher_id=self.teacher.id, by_id=self.teacher.id)

    def register(self, *names: str) -> None:
        ids = self._ids(names)
        register_students(
            RegistrationRequest(
                session_id=self.session.id,
                school_id=self.school_class.school_id,
                student_ids=ids,
                teacher_id=self.teacher.id,
                by_id=self.teacher.id,
                permission_attested=True,
            ),
            now=self.now,
        )

    def place(self, name: str) -> Registration:
        return db.session.scalars(select(Registration).where(Registration.student_id == self.students[name].id)).one()

    def _ids(self, names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(self.students[name].id for name in names)


@pytest.fixture
def world(make: Builder, now: datetime) -> World:
    school = make.school()
    teacher = make.teacher(school, email="teacher@north.example")
    school_class = make.school_class(school, teacher)

    def student(name: str, email: str | None, *guardians: str, born: date | None = None) -> Student:
        return make.student(school_class, given_name=name, email=email, guardians=guardians, birth_date=born)

    students = {
        "Ana": student("Ana", "ana@pupils.example", "mother@families.example", "father@families.example"),
        "Ben": student("Ben", None, "mother@families.example"),
        "Cem": student("Cem", None),
        "Dana": student("Dana", "dana@pupils.example", "unheard@families.example", born=date(2008, 1, 1)),
    }
    return World(make.outreach_session(make.clinician(), capacity=2), teacher, school_class, students, now)


def letters() -> Counter[tuple[str, LetterKind]]:
    """Count what is in the queue, by address and kind, and take it out."""
    found = db.session.execute(
        select(Letter, Mailbox.address).join(Mailbox, Mailbox.id == Letter.mailbox_id).where(Letter.state == LetterState.QUEUED)
    ).all()
    counted = Counter((row.address, row.Letter.kind) for row in found)
    with transaction():
        for letter, _address in found:
            letter.state, letter.settled_at = LetterState.SENT, letter.created_at
            if letter.invitation and letter.sequence is not None:
                letter.invitation.sent_sequence = letter.sequence
    return counted


def numbers(rows: list[Row]) -> dict[str, int]:
    return {who: number for number, who, _what in rows}


def test_registering_names_everybody_who_then_gets_a_letter(world: World) -> None:
    rows = world.preview("Ana", "Ben", "Cem", "Dana")
    world.register("Ana", "Ben", "Cem", "Dana")
    assert rows == [
        (1, "student", "an invitation for their calendar"),
        (2, "guardians", "an invitation for their calendar"),
        (1, "student or guardian on the waiting list", "an e-mail that says so"),
        (1, "teacher (you)", "a calendar entry and a summary"),
        (1, "student without an address", "their teacher tells them"),
    ]
    assert letters() == {
        ("ana@pupils.example", LetterKind.INVITATION): 1,
        ("mother@families.example", LetterKind.INVITATION): 1,
        ("father@families.example", LetterKind.INVITATION): 1,
        ("dana@pupils.example", LetterKind.WAITING): 1,
        ("teacher@north.example", LetterKind.INVITATION): 1,
        ("teacher@north.example", LetterKind.DIGEST): 1,
    }


def test_registering_nobody_names_nobody(world: World) -> None:
    assert world.preview() == []


def test_a_teacher_who_has_the_entry_gets_a_summary_alone(world: World) -> None:
    world.register("Ana")
    letters()
    assert world.preview("Dana")[-1] == (1, "teacher (you)", "a summary")
    world.register("Dana")
    assert letters() == {("dana@pupils.example", LetterKind.INVITATION): 1, ("teacher@north.example", LetterKind.DIGEST): 1}


def test_withdrawing_names_the_family_and_who_is_next(world: World) -> None:
    world.register("Ana", "Ben", "Dana")
    letters()
    rows = preview_leaving(world.place("Ana"), by_id=world.teacher.id, now=world.now)
    use_cases.withdraw(world.place("Ana").id, by_id=world.teacher.id, now=world.now)
    assert rows == [
        (1, "student", "an e-mail that removes the entry from their calendar"),
        (2, "guardians", "an e-mail that removes the entry from their calendar"),
        (1, "student on the waiting list", "the seat, and an e-mail to family and teacher"),
    ]
    assert letters() == {
        ("ana@pupils.example", LetterKind.REMOVED): 1,
        ("father@families.example", LetterKind.REMOVED): 1,
        ("mother@families.example", LetterKind.UPDATED): 1,
        ("dana@pupils.example", LetterKind.PROMOTED): 1,
        ("teacher@north.example", LetterKind.DIGEST): 1,
    }


def colleague_of(world: World, make: Builder) -> User:
    return make.teacher(world.school_class.school, email="colleague@north.example")


def test_the_entry_of_a_colleague_or_in_another_session_is_not_ones_own(world: World, make: Builder) -> None:
    colleague = colleague_of(world, make)
    make.register(world.session, colleague, world.students["Ana"])
    make.register(make.outreach_session(make.clinician()), world.teacher, world.students["Dana"])
    assert world.preview("Dana")[-1] == (1, "teacher (you)", "a calendar entry and a summary")


def test_who_registers_for_a_teacher_reads_that_the_teacher_hears(world: World, make: Builder) -> None:
    seating, _found = preview(world.session, world.school_class.school_id, [world.students["Dana"].id], now=NOW)
    rows = preview_registering(world.session, seating, teacher_id=world.teacher.id, by_id=make.coordinator().id)
    assert rows[-1] == (1, "teacher", "a calendar entry and a summary")


def test_a_teacher_whose_students_all_wait_gets_no_entry(world: World, make: Builder) -> None:
    colleague = colleague_of(world, make)
    make.register(world.session, colleague, world.students["Ana"], world.students["Ben"])
    assert world.preview("Dana") == [
        (1, "student or guardian on the waiting list", "an e-mail that says so"),
        (1, "teacher (you)", "a summary"),
    ]


def test_with_another_student_seated_the_entry_stays(world: World) -> None:
    world.register("Cem", "Ana")
    rows = preview_leaving(world.place("Cem"), by_id=world.session.host_id, now=world.now)
    assert (1, "teacher", "a list of what changed") in rows
    assert "teacher (you)" not in numbers(preview_leaving(world.place("Cem"), by_id=world.teacher.id, now=world.now))


def test_another_teachers_seats_keep_nobodys_entry(world: World, make: Builder) -> None:
    world.register("Cem")
    make.register(world.session, colleague_of(world, make), world.students["Ana"])
    rows = preview_leaving(world.place("Cem"), by_id=world.teacher.id, now=world.now)
    assert (1, "teacher (you)", "your calendar entry is cancelled, because it was your last student") in rows


@pytest.mark.parametrize(("hours", "stays"), [(25, True), (24, False)])
def test_the_entry_stays_where_ones_own_next_gets_the_seat_unasked(world: World, make: Builder, hours: int, *, stays: bool) -> None:
    colleague = colleague_of(world, make)
    make.register(world.session, colleague, world.students["Ana"])
    world.register("Cem", "Dana")
    at = world.session.starts_at - timedelta(hours=hours)
    rows = preview_leaving(world.place("Cem"), by_id=world.session.host_id, now=at)
    words = "a list of what changed" if stays else "a list of what changed, and the entry leaves the calendar"
    assert (1, "teacher", words) in rows
    given = "the seat, and an e-mail to family and teacher" if stays else "their teacher is asked whether they want the seat"
    assert rows[-1] == (1, "student on the waiting list", given)


def test_a_colleagues_next_who_gets_the_seat_keeps_nobody_elses_entry(world: World, make: Builder) -> None:
    world.register("Cem")
    make.register(world.session, colleague_of(world, make), world.students["Ana"], world.students["Dana"])
    rows = preview_leaving(world.place("Cem"), by_id=world.session.host_id, now=world.now)
    assert (1, "teacher", "a list of what changed, and the entry leaves the calendar") in rows


@pytest.mark.parametrize("capacity", [2, 3, 4, 9])
def test_more_seats_name_as_many_as_wait_for_them(world: World, capacity: int) -> None:
    world.register("Ana", "Ben", "Cem", "Dana")
    rows = preview_more_seats(world.session, SeatLimits(capacity, None), now=world.now)
    number = min(capacity - 2, 2)
    who = "student on the waiting list" if number == 1 else "students on the waiting list"
    assert rows == ([(number, who, "the seat, and an e-mail to family and teacher")] if number else [])


def test_a_teacher_hears_of_a_host_who_takes_somebody_off_the_list(world: World) -> None:
    world.register("Cem")
    letters()
    rows = preview_leaving(world.place("Cem"), by_id=world.session.host_id, now=world.now)
    use_cases.remove(world.place("Cem").id, by_id=world.session.host_id, reason="Too few supervisors.", now=world.now)
    assert rows == [
        (1, "teacher", "a list of what changed, and the entry leaves the calendar"),
        (1, "student without an address", "their teacher tells them"),
    ]
    assert letters() == {("teacher@north.example", LetterKind.REMOVED): 1, ("teacher@north.example", LetterKind.DIGEST): 1}


def test_a_teacher_who_withdraws_the_last_student_loses_the_entry(world: World) -> None:
    world.register("Cem")
    letters()
    rows = preview_leaving(world.place("Cem"), by_id=world.teacher.id, now=world.now)
    use_cases.withdraw(world.place("Cem").id, by_id=world.teacher.id, now=world.now)
    assert numbers(rows) == {"teacher (you)": 1, "student without an address": 1}
    assert letters() == {("teacher@north.example", LetterKind.REMOVED): 1}


def test_leaving_the_queue_takes_nothing_out_of_a_calendar(world: World) -> None:
    world.register("Ana", "Cem", "Dana")
    letters()
    rows = preview_leaving(world.place("Dana"), by_id=world.teacher.id, now=world.now)
    use_cases.withdraw(world.place("Dana").id, by_id=world.teacher.id, now=world.now)
    assert rows == [(1, "student", "an e-mail")]
    assert letters() == {("dana@pupils.example", LetterKind.REMOVED): 1}


def test_on_the_last_day_the_teacher_of_the_next_is_asked_and_taking_the_seat_invites_the_family(world: World) -> None:
    world.register("Cem", "Dana", "Ana")
    letters()
    world.now = datetime(2027, 3, 18, 9, tzinfo=UTC)
    rows = preview_leaving(world.place("Cem"), by_id=world.teacher.id, now=world.now)
    use_cases.withdraw(world.place("Cem").id, by_id=world.teacher.id, now=world.now)
    assert (1, "student on the waiting list", "their teacher is asked whether they want the seat") in rows
    assert letters() == {("teacher@north.example", LetterKind.DIGEST): 1}
    offered = world.place("Ana")
    reach = preview_accepting(world.session, [offered.id])[offered.id]
    use_cases.accept_offer(offered.id, by_id=world.teacher.id, now=world.now + timedelta(minutes=1))
    sent = letters()
    assert (reach.students, reach.guardians) == (1, 2)
    assert sum(number for (address, _kind), number in sent.items() if address != "teacher@north.example") == 3
