"""Whom a school may register: of which class, of what age, with whose permission, and what is written down of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal
from outreach.models import (
    Format,
    OutreachSession,
    Purpose,
    Registration,
    RegistrationState,
    RegistrationStep,
    School,
    SchoolClass,
    Student,
    User,
)
from outreach.people import age_rule
from outreach.registration import use_cases
from outreach.registration.candidates import candidates
from outreach.registration.use_cases import RegistrationOutcome, RegistrationRequest, preview
from tests.support.builders import NOW, Builder
from tests.support.registrations import SECOND, consents, nothing_changes, registration_in, registration_of, seats_taken, states

CONFIRMED, WAITING = RegistrationState.CONFIRMED, RegistrationState.WAITING
DAY_OF_SESSION = date(2027, 3, 18)


@pytest.fixture
def school(make: Builder) -> School:
    return make.school()


@pytest.fixture
def teacher(make: Builder, school: School) -> User:
    return make.teacher(school)


@pytest.fixture
def school_class(make: Builder, school: School, teacher: User) -> SchoolClass:
    return make.school_class(school, teacher)


@pytest.fixture
def outreach_session(make: Builder) -> OutreachSession:
    """18 March 2027, ten seats."""
    return make.outreach_session(make.clinician())


def register(outreach_session: OutreachSession, teacher: User, *students: Student, now: datetime, **facts: Any) -> RegistrationOutcome:
    known: dict[str, Any] = {
        "session_id": outreach_session.id,
        "school_id": students[0].school_id,
        "student_ids": tuple(student.id for student in students),
        "teacher_id": teacher.id,
        "by_id": teacher.id,
        "permission_attested": True,
    }
    return use_cases.register_students(RegistrationRequest(**known | facts), now=now)


def obstacles(outreach_session: OutreachSession, *students: Student) -> list[str | None]:
    found = candidates(outreach_session, students[0].school_id, [student.id for student in students])
    return [None if one.obstacle is None else str(one.obstacle) for one in found]


# Floors of the session, of its area and of its format, and who may take part.
FLOORS: list[tuple[int | None, int | None, int | None]] = [
    (None, None, None),
    (16, None, 16),
    (None, 16, 16),
    (16, 18, 18),
    (18, 16, 18),
    (0, 16, 16),
    (16, 0, 16),
    (0, None, 0),
]


@pytest.mark.parametrize(("of_session", "of_area", "holds"), FLOORS)
def test_the_higher_of_two_age_floors_holds(
    make: Builder,
    school_class: SchoolClass,
    teacher: User,
    now: datetime,
    of_session: int | None,
    of_area: int | None,
    holds: int | None,
) -> None:
    site = make.site()
    area = make.area(site, age_floor=of_area)
    outreach_session = make.outreach_session(make.clinician(), site=site, area_id=area.id, age_floor=of_session)
    assert age_rule(outreach_session).floor == holds
    for age in (15, 16, 17, 18):
        student = make.student(school_class, birth_date=date(2027 - age, 3, 18))
        is_able = holds is None or age >= holds
        assert (obstacles(outreach_session, student) == [None]) is is_able
        if is_able:
            assert register(outreach_session, teacher, student, now=now).seated == (student.id,)
        else:
            with nothing_changes(), pytest.raises(Refusal, match=f"is {age} that day: this session is for {holds} and over"):
                register(outreach_session, teacher, student, now=now)


def test_without_an_area_the_sessions_own_floor_holds_and_the_formats_is_a_mere_suggestion(
    make: Builder, school_class: SchoolClass, outreach_session: OutreachSession
) -> None:
    with transaction():
        db.session.get_one(Format, outreach_session.format_key).age_floor = 18
    assert age_rule(outreach_session).floor is None
    assert age_rule(make.outreach_session(make.clinician(), age_floor=16)).floor == 16
    assert obstacles(outreach_session, make.student(school_class, birth_date=date(2014, 1, 1))) == [None]


@pytest.mark.parametrize(
    ("born", "age", "is_able"),
    [(date(2011, 3, 17), 16, True), (date(2011, 3, 18), 16, True), (date(2011, 3, 19), 15, False), (date(2011, 4, 1), 15, False)],
)
def test_the_age_is_that_of_the_sessions_day(make: Builder, school_class: SchoolClass, born: date, age: int, *, is_able: bool) -> None:
    outreach_session = make.outreach_session(make.clinician(), age_floor=16)
    student = make.student(school_class, given_name="Ana", family_name="Diaz", birth_date=born)
    assert student.age_on(DAY_OF_SESSION) == age
    assert obstacles(outreach_session, student) == [None if is_able else "Ana Diaz is 15 that day: this session is for 16 and over."]


def test_the_day_is_the_one_on_the_wall_where_it_takes_place(make: Builder, school_class: SchoolClass) -> None:
    """At 20:00 in New York it is the next day in London."""
    outreach_session = make.outreach_session(make.clinician(), age_floor=16, starts_wall=datetime(2027, 3, 18, 20))
    assert outreach_session.starts_at.date() == date(2027, 3, 19)
    student = make.student(school_class, birth_date=date(2011, 3, 19))
    assert obstacles(outreach_session, student) != [None]


def test_a_birth_date_matters_only_where_there_is_a_floor(
    make: Builder, school_class: SchoolClass, outreach_session: OutreachSession
) -> None:
    uma = make.student(school_class, given_name="Uma", family_name="Ray")
    assert uma.age_on(DAY_OF_SESSION) is None
    assert obstacles(outreach_session, uma) == [None]
    strict = make.outreach_session(make.clinician(), age_floor=16)
    assert obstacles(strict, uma) == ["Uma Ray has no birth date: this session is for 16 and over."]


# The age at which students of a school are of age, their birth date, and whether they are minors on 18 March 2027.
MAJORITY = [
    (18, date(2009, 3, 19), True),
    (18, date(2009, 3, 18), False),
    (18, date(2009, 3, 17), False),
    (16, date(2011, 3, 19), True),
    (16, date(2011, 3, 18), False),
    (21, date(2009, 3, 18), True),
    (21, date(2006, 3, 18), False),
    (18, None, True),
]


@pytest.mark.parametrize(("majority_age", "born", "is_minor"), MAJORITY)
def test_a_minor_needs_the_guardians_permission_and_whoever_is_of_age_does_not(
    make: Builder, now: datetime, majority_age: int, born: date | None, *, is_minor: bool
) -> None:
    school = make.school(majority_age=majority_age)
    teacher = make.teacher(school)
    student = make.student(make.school_class(school, teacher), birth_date=born)
    outreach_session = make.outreach_session(make.clinician())
    assert student.is_minor_on(DAY_OF_SESSION, majority_age) is is_minor
    if is_minor:
        with nothing_changes(), pytest.raises(Refusal, match="guardians have given permission") as refusal:
            register(outreach_session, teacher, student, now=now, permission_attested=False)
        assert refusal.value.field == "permission_attested"
        register(outreach_session, teacher, student, now=now)
    else:
        register(outreach_session, teacher, student, now=now, permission_attested=False)
    assert len(consents(outreach_session)) == is_minor


def test_one_minor_among_students_of_age_is_enough_to_need_it(
    make: Builder, school_class: SchoolClass, teacher: User, outreach_session: OutreachSession, now: datetime
) -> None:
    of_age = make.student(school_class, birth_date=date(2000, 1, 1))
    minor = make.student(school_class)
    with nothing_changes(), pytest.raises(Refusal, match="guardians have given permission"):
        register(outreach_session, teacher, of_age, minor, now=now, permission_attested=False)


def test_the_consent_says_for_whom_by_whom_when_how_and_by_which_text(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, outreach_session: OutreachSession, now: datetime
) -> None:
    colleague = make.teacher(school)
    ana = make.student(school_class)
    register(outreach_session, teacher, ana, now=now, by_id=colleague.id)
    (consent,) = consents(outreach_session)
    assert (consent.student_id, consent.purpose, consent.given_by_id, consent.given_at, consent.how, consent.text_version) == (
        ana.id,
        Purpose.ATTEND,
        colleague.id,
        now,
        "attested by the teacher",
        "attend-2026-11",
    )
    assert (consent.guardian_id, consent.revoked_at) == (None, None)


def test_who_has_a_place_already_gets_no_second_consent_and_no_second_row(
    make: Builder, school_class: SchoolClass, teacher: User, outreach_session: OutreachSession, now: datetime
) -> None:
    ana, ben = make.student(school_class, given_name="Ana"), make.student(school_class, given_name="Ben")
    register(outreach_session, teacher, ana, now=now)
    outcome = register(outreach_session, teacher, ana, ben, now=now + SECOND)
    assert outcome == RegistrationOutcome(seated=(ben.id,), waiting=())
    assert [consent.student_id for consent in consents(outreach_session)] == [ana.id, ben.id]
    assert (states(outreach_session), seats_taken(outreach_session)) == ({"Ana": CONFIRMED, "Ben": CONFIRMED}, 2)


def test_nobody_is_registered_when_one_cannot_take_part_or_all_are_there(
    make: Builder, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    outreach_session = make.outreach_session(make.clinician(), age_floor=16)
    old, young = (make.student(school_class, birth_date=date(year, 1, 1)) for year in (2010, 2014))
    with nothing_changes(), pytest.raises(Refusal, match="is 13 that day") as refusal:
        register(outreach_session, teacher, old, young, now=now)
    assert refusal.value.field == "student_ids"
    with nothing_changes(), pytest.raises(Refusal, match="Choose at least one student") as refusal:
        register(outreach_session, teacher, old, now=now, student_ids=())
    assert refusal.value.field == "student_ids"


def test_who_has_a_place_and_would_be_too_young_now_stands_in_nobodys_way(
    make: Builder, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    """The floor was raised meanwhile."""
    outreach_session = make.outreach_session(make.clinician(), age_floor=16)
    young = make.student(school_class, given_name="Yan", birth_date=date(2014, 1, 1))
    old = make.student(school_class, given_name="Olu", birth_date=date(2010, 1, 1))
    registration_in(CONFIRMED, young, outreach_session, teacher, now=now)
    assert register(outreach_session, teacher, young, old, now=now).seated == (old.id,)


def test_only_students_in_a_class_of_the_school_can_be_registered(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, outreach_session: OutreachSession, now: datetime
) -> None:
    here = make.student(school_class, given_name="Here")
    moved_on = make.student(school_class, given_name="Left")
    elsewhere = make.student(make.school_class(make.school()), given_name="Elsewhere")
    with transaction():
        db.session.get_one(Student, moved_on.id).classes = []
    ids = (moved_on.id, elsewhere.id, here.id)
    assert [one.name for one in candidates(outreach_session, school.id, ids)] == [here.name]
    assert register(outreach_session, teacher, here, now=now, student_ids=ids, school_id=school.id).seated == (here.id,)
    assert states(outreach_session) == {"Here": CONFIRMED}
    for student in (moved_on, elsewhere):
        with nothing_changes(), pytest.raises(Refusal, match="Choose at least one student"):
            register(outreach_session, teacher, student, now=now, school_id=school.id)


def test_candidates_stand_in_the_order_asked_for_each_once_with_what_is_known_of_them(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, outreach_session: OutreachSession, now: datetime
) -> None:
    ana = make.student(school_class, given_name="Ana", family_name="Diaz")
    ben = make.student(school_class, given_name="Ben", family_name="Berg", birth_date=date(2000, 1, 1))
    registration_in(WAITING, ben, outreach_session, teacher, now=now)
    found = candidates(outreach_session, school.id, [ben.id, ana.id, ben.id])
    assert [(one.student_id, one.name, one.is_minor, one.has_place) for one in found] == [
        (ben.id, "Ben Berg", False, True),
        (ana.id, "Ana Diaz", True, False),
    ]
    assert [str(one.obstacle) for one in found] == ["Ben Berg is registered already.", "None"]


@pytest.mark.parametrize("state", list(RegistrationState))
def test_a_place_in_this_session_alone_stands_in_the_way_as_long_as_it_holds(
    make: Builder, school_class: SchoolClass, teacher: User, outreach_session: OutreachSession, now: datetime, state: RegistrationState
) -> None:
    other = make.outreach_session(make.clinician())
    student = make.student(school_class)
    registration_in(state, student, outreach_session, teacher, now=now)
    (here,) = candidates(outreach_session, student.school_id, [student.id])
    (there,) = candidates(other, student.school_id, [student.id])
    holds = state not in {RegistrationState.WITHDRAWN, RegistrationState.REMOVED, RegistrationState.RELEASED}
    assert (here.has_place, there.has_place) == (holds, False)


def test_the_preview_names_who_would_be_seated_and_who_would_wait_and_leaves_out_who_cannot(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=2, age_floor=16)
    there, old, older, young = (
        make.student(school_class, given_name=name, birth_date=date(year, 1, 1))
        for name, year in (("There", 2010), ("Old", 2010), ("Older", 2009), ("Young", 2014))
    )
    registration_in(CONFIRMED, there, outreach_session, teacher, now=now)
    with nothing_changes():
        seating, found = preview(outreach_session, school.id, [young.id, there.id, older.id, old.id], now=NOW)
    assert (seating.seated, seating.waiting) == ((older.id,), ((old.id, "full"),))
    assert [one.obstacle is None for one in found] == [False, False, True, True]


# When registration opens and closes, counted from now, and what is said of it.
HOURS: list[tuple[timedelta | None, timedelta | None, str]] = [
    (None, None, ""),
    (SECOND, None, "isn't open yet"),
    (timedelta(0), None, ""),
    (-SECOND, None, ""),
    (None, SECOND, ""),
    (None, timedelta(0), "has closed"),
    (None, -SECOND, "has closed"),
    (-2 * SECOND, -SECOND, "has closed"),
    (SECOND, 2 * SECOND, "isn't open yet"),
]


@pytest.mark.parametrize(("opens", "closes", "said"), HOURS)
def test_registration_is_open_from_its_opening_to_the_second_before_it_closes(
    make: Builder, school_class: SchoolClass, teacher: User, now: datetime, opens: timedelta | None, closes: timedelta | None, said: str
) -> None:
    hours: dict[str, Any] = {"opens_at": None if opens is None else now + opens, "closes_at": None if closes is None else now + closes}
    outreach_session = make.outreach_session(make.clinician(), **hours)
    student = make.student(school_class)
    assert outreach_session.is_open(now) is (said == "")
    if said:
        with nothing_changes(), pytest.raises(Refusal, match=said):
            register(outreach_session, teacher, student, now=now)
    else:
        assert register(outreach_session, teacher, student, now=now).seated == (student.id,)


def test_a_session_that_is_not_there_takes_nobody(
    make: Builder, school_class: SchoolClass, teacher: User, outreach_session: OutreachSession, now: datetime
) -> None:
    student = make.student(school_class)
    with nothing_changes(), pytest.raises(NotThere, match="no such session"):
        register(outreach_session, teacher, student, now=now, session_id=outreach_session.id + 1)


def test_what_is_written_of_a_registration(make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime) -> None:
    """Who answers for the student, of which class, since when, and who did it."""
    outreach_session = make.outreach_session(make.clinician(), capacity=1)
    coordinator = make.coordinator()
    ana, ben = make.student(school_class, given_name="Ana"), make.student(school_class, given_name="Ben")
    outcome = register(outreach_session, teacher, ana, ben, now=now, class_id=school_class.id, by_id=coordinator.id)
    assert outcome == RegistrationOutcome(seated=(ana.id,), waiting=(ben.id,))
    for student, state in ((ana, CONFIRMED), (ben, WAITING)):
        place = registration_of(student, outreach_session)
        assert (place.school_id, place.class_id, place.teacher_id) == (school.id, school_class.id, teacher.id)
        assert (place.state, place.changed_at, place.offered_until) == (state, now, None)
        steps = db.session.scalars(select(RegistrationStep).where(RegistrationStep.registration_id == place.id)).all()
        assert [(step.state, step.at, step.by_id, step.by_mailbox_id, step.note) for step in steps] == [
            (state, now, coordinator.id, None, "")
        ]
    assert seats_taken(outreach_session) == 1


def test_another_sessions_registrations_are_left_alone(
    make: Builder, school_class: SchoolClass, teacher: User, outreach_session: OutreachSession, now: datetime
) -> None:
    other = make.outreach_session(make.clinician(), capacity=1)
    ana, ben = make.student(school_class, given_name="Ana"), make.student(school_class, given_name="Ben")
    make.register(other, teacher, ana, ben)
    rows = select(Registration.id, Registration.state, Registration.changed_at).where(Registration.session_id == other.id)
    before = db.session.execute(rows).all()
    register(outreach_session, teacher, ana, ben, now=now + SECOND)
    use_cases.withdraw(registration_of(ana, outreach_session).id, now=now + SECOND, by_id=teacher.id)
    assert db.session.execute(rows).all() == before
    assert seats_taken(other) == 1
