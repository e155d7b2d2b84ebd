"""Many want the last seats at once, in threads and in processes: exactly the seats are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db
from outreach.models import Letter, LetterKind, OutreachSession, Registration, RegistrationState, SchoolClass, User
from outreach.registration.use_cases import RegistrationOutcome, RegistrationRequest, register_students
from outreach.settings import Settings
from tests.support.builders import Builder
from tests.support.processes import processes
from tests.support.rivals import at_once, overtaking

pytestmark = [pytest.mark.both_databases("locks"), pytest.mark.empty_database]

Register = Callable[[Settings, Sequence[Sequence[RegistrationRequest]], datetime], list[str]]


@pytest.fixture(scope="module")
def in_processes() -> Iterator[Register]:
    """Give four processes, started once."""
    with processes(4) as register:
        yield register


def one_student_each(outreach_session: OutreachSession, classes: Sequence[tuple[SchoolClass, User]]) -> list[RegistrationRequest]:
    """Ask for one place for each student of these classes, in turn."""
    return [
        RegistrationRequest(
            session_id=outreach_session.id,
            school_id=school_class.school_id,
            class_id=school_class.id,
            student_ids=(student.id,),
            teacher_id=teacher.id,
            by_id=teacher.id,
            permission_attested=True,
        )
        for school_class, teacher in classes
        for student in school_class.students
    ]


def two_schools(make: Builder, size: int) -> list[tuple[SchoolClass, User]]:
    found = []
    for _number in range(2):
        school = make.school()
        teacher = make.teacher(school)
        found.append((make.full_class(school, teacher, size=size), teacher))
    return found


def assert_nobody_is_lost(outreach_session: OutreachSession, *, seats: int, rivals: int) -> None:
    """The seats equal the rows, everybody has one place, and one letter said which."""
    db.session.rollback()
    db.session.refresh(outreach_session)
    rows = db.session.execute(select(Registration.student_id, Registration.teacher_id, Registration.state)).all()
    assert len({row.student_id for row in rows}) == len(rows) == rivals
    states = Counter(row.state for row in rows)
    assert states == {RegistrationState.CONFIRMED: seats, RegistrationState.WAITING: rivals - seats}
    assert outreach_session.seats_taken == seats
    invited = db.session.scalars(select(Letter.mailbox_id).where(Letter.kind == LetterKind.INVITATION)).all()
    told_to_wait = db.session.scalars(select(Letter.mailbox_id).where(Letter.kind == LetterKind.WAITING)).all()
    teachers = {row.teacher_id for row in rows if row.state is RegistrationState.CONFIRMED}
    assert len(invited) == len(set(invited)) == 2 * seats + len(teachers)
    assert len(told_to_wait) == len(set(told_to_wait)) == 2 * (rivals - seats)
    assert not set(invited) & set(told_to_wait)


def test_twenty_threads_take_exactly_the_seats(app: Flask, make: Builder, now: datetime) -> None:
    classes = two_schools(make, 10)
    outreach_session = make.outreach_session(make.clinician(), capacity=7)
    rivals = [partial(register_students, request, now=now) for request in one_student_each(outreach_session, classes)]
    outcomes = at_once(app, *rivals)
    assert sum(len(outcome.seated) for outcome in outcomes if isinstance(outcome, RegistrationOutcome)) == 7
    assert_nobody_is_lost(outreach_session, seats=7, rivals=20)


def test_four_processes_take_exactly_the_seats(make: Builder, now: datetime, settings: Settings, in_processes: Register) -> None:
    classes = two_schools(make, 10)
    outreach_session = make.outreach_session(make.clinician(), capacity=7)
    requests = one_student_each(outreach_session, classes)
    said = in_processes(settings, [requests[which::4] for which in range(4)], now)
    assert Counter(said) == {"seated": 7, "waiting": 13}
    assert_nobody_is_lost(outreach_session, seats=7, rivals=20)


def test_rivals_keep_to_the_limit_of_their_school(app: Flask, make: Builder, now: datetime) -> None:
    classes = two_schools(make, 5)
    outreach_session = make.outreach_session(make.clinician(), capacity=10, per_school_limit=3)
    at_once(app, *[partial(register_students, request, now=now) for request in one_student_each(outreach_session, classes)])
    assert_nobody_is_lost(outreach_session, seats=6, rivals=10)


def test_whoever_asks_for_the_last_seat_while_it_is_being_given_waits_for_it(app: Flask, make: Builder, now: datetime) -> None:
    classes = two_schools(make, 1)
    outreach_session = make.outreach_session(make.clinician(), capacity=1)
    one, other = (partial(register_students, request, now=now) for request in one_student_each(outreach_session, classes))
    met = overtaking(app, one, other)
    assert met.has_waited
    assert [(len(done.seated), len(done.waiting)) for done in (met.first, met.second) if isinstance(done, RegistrationOutcome)] == [
        (1, 0),
        (0, 1),
    ]
    assert_nobody_is_lost(outreach_session, seats=1, rivals=2)
