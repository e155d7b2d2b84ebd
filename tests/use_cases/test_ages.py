"""Whether a student is a minor on the day decides whether guardians hear: after a move, after a corrected birth date."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.models import Answer, Invitation, Letter, LetterKind, Mailbox, OutreachSession, School, SchoolClass, Student, User
from outreach.registration.use_cases import RegistrationRequest, register_students
from outreach.scheduling.inputs import WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.schools.queries import known_students
from outreach.schools.students import StudentInput, edit_student, seen_of
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver

GUARDIAN = "guardian@families.example"
OF_AGE_FROM_20_MARCH = date(2009, 3, 20)


@pytest.fixture
def teacher(make: Builder) -> User:
    return make.teacher(make.school())


@pytest.fixture
def school_class(make: Builder, teacher: User) -> SchoolClass:
    return make.school_class(make.school(), teacher)


@pytest.fixture
def outreach_session(make: Builder) -> OutreachSession:
    """18 March 2027."""
    return make.outreach_session(make.clinician())


def register(outreach_session: OutreachSession, teacher: User, *students: Student, now: datetime) -> None:
    ids = tuple(student.id for student in students)
    request = RegistrationRequest(
        session_id=outreach_session.id,
        school_id=students[0].school_id,
        student_ids=ids,
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    register_students(request, now=now)
    deliver(Scripted(), now)


def move_to(outreach_session: OutreachSession, day: int, *, now: datetime) -> None:
    when = WhenInput(day=date(2027, 3, day), start=time(14), end=time(16))
    place = WhereInput(site_id=outreach_session.site_id, zone=outreach_session.zone)
    db.session.refresh(outreach_session)
    apply_move(outreach_session.id, when, place, seen=outreach_session.updated_at, now=now)


def correct_birth_date(student: Student, birth_date: date, *, now: datetime) -> bool:
    known = known_students(student.school_id)[student.id]
    facts = StudentInput(given_name=known.given_name, family_name=known.family_name, birth_date=birth_date, guardians=known.guardians)
    return edit_student(student.id, facts, seen=seen_of(known), now=now)


def invitation_of(address: str) -> Invitation | None:
    found = select(Invitation).join(Mailbox).where(Mailbox.address == address).execution_options(populate_existing=True)
    return db.session.scalar(found)


def waiting(address: str) -> list[tuple[LetterKind, str]]:
    """Kind and cause of what waits for an address."""
    found = select(Letter).join(Mailbox).where(Mailbox.address == address, Letter.state == "queued").order_by(Letter.id)
    return [(letter.kind, letter.facts["cause"]) for letter in db.session.scalars(found)]


def test_moved_past_the_birthday_the_guardian_is_taken_leave_of(
    make: Builder, teacher: User, school_class: SchoolClass, outreach_session: OutreachSession, now: datetime
) -> None:
    student = make.student(school_class, email="eve@pupils.example", guardians=(GUARDIAN,), birth_date=OF_AGE_FROM_20_MARCH)
    register(outreach_session, teacher, student, now=now)
    move_to(outreach_session, 22, now=now)
    assert waiting(GUARDIAN) == [(LetterKind.REMOVED, "age")]
    assert waiting("eve@pupils.example") == [(LetterKind.UPDATED, "moved")]


def test_moved_before_the_birthday_the_guardian_is_invited(
    make: Builder, teacher: User, school_class: SchoolClass, outreach_session: OutreachSession, now: datetime
) -> None:
    student = make.student(school_class, email="eve@pupils.example", guardians=(GUARDIAN,), birth_date=date(2009, 3, 18))
    register(outreach_session, teacher, student, now=now)
    assert invitation_of(GUARDIAN) is None
    move_to(outreach_session, 17, now=now)
    assert waiting(GUARDIAN) == [(LetterKind.INVITATION, "age")]


@pytest.mark.empty_database
def test_a_guardian_of_two_keeps_the_entry_and_is_asked_anew(
    make: Builder, teacher: User, school_class: SchoolClass, outreach_session: OutreachSession, now: datetime
) -> None:
    eve = make.student(school_class, guardians=(GUARDIAN,), birth_date=OF_AGE_FROM_20_MARCH)
    ana = make.student(school_class, guardians=(GUARDIAN,))
    register(outreach_session, teacher, eve, ana, now=now)
    invitation = invitation_of(GUARDIAN)
    assert invitation is not None
    invitation.answer, invitation.answered_at = Answer.ACCEPTED, now
    db.session.commit()
    move_to(outreach_session, 22, now=now)
    assert waiting(GUARDIAN) == [(LetterKind.UPDATED, "age")]
    letter = db.session.scalars(select(Letter).where(Letter.invitation_id == invitation.id).order_by(Letter.id.desc())).first()
    assert letter is not None
    assert (letter.sequence, letter.facts["entry"]["answer"], letter.facts["gone"]) == (1, "needs_action", [])
    assert [student["registration_id"] for student in letter.facts["seated"]] == [2]
    db.session.refresh(invitation)
    assert (invitation.sequence, invitation.answer) == (1, Answer.NEEDS_ACTION)


def test_a_corrected_birth_date_decides_whether_guardians_hear(
    make: Builder, teacher: User, school_class: SchoolClass, outreach_session: OutreachSession, now: datetime
) -> None:
    student = make.student(school_class, guardians=(GUARDIAN,))
    register(outreach_session, teacher, student, now=now)
    assert not correct_birth_date(student, date(2005, 1, 1), now=now)
    assert waiting(GUARDIAN) == [(LetterKind.REMOVED, "age")]
    deliver(Scripted(), now)
    correct_birth_date(student, date(2012, 1, 1), now=now)
    assert waiting(GUARDIAN) == [(LetterKind.INVITATION, "address")]


@pytest.mark.both_databases("dates are compared as numbers that each database takes out of them")
def test_sql_and_python_agree_on_who_is_a_minor(make: Builder, school_class: SchoolClass, outreach_session: OutreachSession) -> None:
    day = outreach_session.starts_wall.date()
    births = [
        None,
        *(date(day.year - years, *on) for years in (17, 18, 19) for on in ((3, 17), (3, 18), (3, 19), (2, 28), (12, 31), (1, 1))),
    ]
    students = [make.student(school_class, number=str(number), birth_date=born) for number, born in enumerate(births)]
    is_minor = Student.is_minor_in_sql(OutreachSession.starts_wall, School.majority_age)
    query = select(Student.id).join(School, School.id == Student.school_id).where(OutreachSession.id == outreach_session.id, is_minor)
    found = set(db.session.scalars(query.where(Student.id.in_([student.id for student in students]))))
    assert found == {student.id for student in students if student.is_minor_on(day, school_class.school.majority_age)}
