"""Registering, waiting, withdrawing: the seats, the rows and the letters agree after every step."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from outreach.db import db, transaction
from outreach.errors import OutreachError, Refusal
from outreach.mail.smtp_responses import Delayed
from outreach.models import (
    SEATED,
    Consent,
    Invitation,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    School,
    SchoolClass,
    Student,
    User,
)
from outreach.models.snapshots import LetterSnapshot
from outreach.notifications.notify import notify_addresses_changed, notify_cancelled, notify_moved, notify_published
from outreach.notifications.read import snapshot_of
from outreach.registration import seat_jobs, use_cases
from outreach.registration.use_cases import RegistrationOutcome, RegistrationRequest
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver
from tests.support.queued_letters import send_all

pytestmark = pytest.mark.both_databases("row locks, and the order RETURNING gives")


def register(
    outreach_session: OutreachSession, school_class: SchoolClass, teacher: User, *, now: datetime, students: list[Student] | None = None
) -> RegistrationOutcome:
    chosen = students if students is not None else school_class.students
    return use_cases.register_students(
        RegistrationRequest(
            session_id=outreach_session.id,
            school_id=school_class.school_id,
            class_id=school_class.id,
            student_ids=tuple(student.id for student in chosen),
            teacher_id=teacher.id,
            by_id=teacher.id,
            permission_attested=True,
        ),
        now=now,
    )


def queued(*kinds: LetterKind) -> list[Letter]:
    """Give the letters that wait to be sent, oldest first."""
    return list(db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED, Letter.kind.in_(kinds)).order_by(Letter.id)))


def registration_of(student: Student) -> Registration:
    return db.session.scalars(select(Registration).where(Registration.student_id == student.id).order_by(Registration.id.desc())).first()  # type: ignore[return-value]


def the_seats_equal_the_rows(outreach_session: OutreachSession) -> bool:
    db.session.refresh(outreach_session)
    rows = db.session.scalar(
        select(func.count()).select_from(Registration).where(Registration.session_id == outreach_session.id, Registration.state.in_(SEATED))
    )
    return rows == outreach_session.seats_taken


def to(letter: Letter) -> str:
    return db.session.get_one(Mailbox, letter.mailbox_id).address


def facts(letter: Letter) -> LetterSnapshot:
    return LetterSnapshot.from_json(letter.facts)


@pytest.fixture
def school(make: Builder) -> School:
    return make.school()


@pytest.fixture
def teacher(make: Builder, school: School) -> User:
    return make.teacher(school)


@pytest.mark.empty_database
def test_ten_of_fourteen_are_seated_in_the_order_chosen(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=10)
    school_class = make.full_class(school, teacher, size=14)
    chosen = list(reversed(school_class.students))
    outcome = register(outreach_session, school_class, teacher, now=now, students=chosen)
    assert outcome.seated == tuple(student.id for student in chosen[:10])
    assert outcome.waiting == tuple(student.id for student in chosen[10:])
    assert the_seats_equal_the_rows(outreach_session)
    invited = {to(letter) for letter in queued(LetterKind.INVITATION)}
    assert len(invited) == 10 + 10 + 1
    assert teacher.email in invited
    assert len(queued(LetterKind.WAITING)) == 4 + 4
    (digest,) = queued(LetterKind.DIGEST)
    assert (len(facts(digest).seated), [student.place_in_queue for student in facts(digest).waiting]) == (10, [1, 2, 3, 4])
    assert db.session.scalar(select(func.count()).select_from(Consent)) == 14


def test_registering_twice_changes_nothing(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.full_class(school, teacher, size=3)
    register(outreach_session, school_class, teacher, now=now)
    with pytest.raises(Refusal, match="registered already"):
        register(outreach_session, school_class, teacher, now=now)
    assert the_seats_equal_the_rows(outreach_session)


def test_a_withdrawal_frees_the_seat_for_the_first_who_waits(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=2)
    school_class = make.full_class(school, teacher, size=4)
    register(outreach_session, school_class, teacher, now=now)
    send_all()
    first, _second, third, fourth = school_class.students
    use_cases.withdraw(registration_of(first).id, now=now, by_id=teacher.id)
    states = [db.session.get_one(Registration, registration_of(s).id, populate_existing=True).state for s in (first, third, fourth)]
    assert states == [RegistrationState.WITHDRAWN, RegistrationState.CONFIRMED, RegistrationState.WAITING]
    assert the_seats_equal_the_rows(outreach_session)
    cancels = queued(LetterKind.REMOVED)
    assert len(cancels) == 2
    assert all(letter.sequence == 1 and [s.given_name for s in facts(letter).gone] == [first.given_name] for letter in cancels)
    promoted = queued(LetterKind.PROMOTED)
    assert [[s.given_name for s in facts(letter).seated] for letter in promoted] == [[third.given_name]] * 2
    (digest,) = queued(LetterKind.DIGEST)
    assert {s.given_name for s in facts(digest).seated} == {third.given_name}


def test_one_of_two_siblings_in_one_mailbox_withdraws_and_the_entry_is_updated(
    make: Builder, school: School, teacher: User, now: datetime
) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.school_class(school, teacher)
    ana = make.student(school_class, given_name="Ana", guardians=("family@homes.example",))
    ben = make.student(school_class, given_name="Ben", guardians=("family@homes.example",))
    register(outreach_session, school_class, teacher, now=now, students=[ana, ben])
    (invitation,) = [letter for letter in queued(LetterKind.INVITATION) if to(letter) == "family@homes.example"]
    assert [s.given_name for s in facts(invitation).seated] == ["Ana", "Ben"]
    send_all()
    use_cases.withdraw(registration_of(ana).id, now=now, by_id=teacher.id)
    (update,) = queued(LetterKind.UPDATED)
    assert (to(update), update.sequence) == ("family@homes.example", 1)
    assert [s.given_name for s in facts(update).seated] == ["Ben"]
    assert [s.given_name for s in facts(update).gone] == ["Ana"]
    use_cases.withdraw(registration_of(ben).id, now=now, by_id=teacher.id)
    (cancel,) = [letter for letter in queued(LetterKind.REMOVED) if to(letter) == "family@homes.example"]
    assert (cancel.sequence, [s.given_name for s in facts(cancel).gone]) == (2, ["Ana", "Ben"])


def test_a_letter_to_one_family_names_nobody_elses_child(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=20)
    school_class = make.full_class(school, teacher, size=20)
    register(outreach_session, school_class, teacher, now=now)
    names = {student.given_name for student in school_class.students}
    for letter in queued(LetterKind.INVITATION):
        if to(letter) != teacher.email:
            assert sum(f'"{name}"' in str(letter.facts).replace("'", '"') for name in names) == 1


def test_moved_twice_before_the_first_letter_left_leaves_one_invitation(
    make: Builder, school: School, teacher: User, now: datetime
) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.full_class(school, teacher, size=1, with_email=False)
    register(outreach_session, school_class, teacher, now=now)
    for hours in (1, 2):
        move(outreach_session, hours=hours, now=now)
    family = [letter for letter in queued(LetterKind.INVITATION, LetterKind.UPDATED) if to(letter) != teacher.email]
    assert [(letter.kind, letter.sequence, facts(letter).was) for letter in family] == [(LetterKind.INVITATION, 2, None)]
    assert facts(family[0]).session.starts_wall == outreach_session.starts_wall


def test_an_update_shows_what_was_last_told_not_what_was_never_sent(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.full_class(school, teacher, size=1, with_email=False)
    register(outreach_session, school_class, teacher, now=now)
    previous = outreach_session.starts_wall
    send_all()
    for hours in (1, 2):
        move(outreach_session, hours=hours, now=now)
    family = [letter for letter in queued(LetterKind.UPDATED) if to(letter) != teacher.email]
    assert [(letter.sequence, facts(letter).was.starts_wall) for letter in family if facts(letter).was] == [(2, previous)]  # type: ignore[union-attr]


def test_an_update_that_may_have_arrived_counts_as_told(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.full_class(school, teacher, size=1, with_email=False)
    register(outreach_session, school_class, teacher, now=now)
    send_all()
    move(outreach_session, hours=1, now=now)
    previous = outreach_session.starts_wall
    cut_off = Delayed(words="connection lost", may_have_left=True)
    deliver(Scripted({to(letter): cut_off for letter in queued(LetterKind.UPDATED)}), now)
    move(outreach_session, hours=2, now=now)
    family = [letter for letter in queued(LetterKind.UPDATED) if to(letter) != teacher.email]
    assert [(letter.sequence, facts(letter).was.starts_wall) for letter in family if facts(letter).was] == [(2, previous)]  # type: ignore[union-attr]


def move(outreach_session: OutreachSession, *, hours: int, now: datetime) -> None:
    with transaction():
        was = snapshot_of(outreach_session)
        later = timedelta(hours=hours)
        outreach_session.set_time(
            starts_wall=outreach_session.starts_wall + later,
            ends_wall=outreach_session.ends_wall + later,
            zone=outreach_session.zone,
            fold=0,
            tzdata_version="2026f",
        )
        notify_moved(outreach_session, previous=was, now=now)


def test_cancelled_before_the_request_left_means_no_calendar_mail(make: Builder, school: School, teacher: User, now: datetime) -> None:
    host = make.clinician()
    outreach_session = make.outreach_session(host, capacity=1)
    school_class = make.full_class(school, teacher, size=2)
    with transaction():
        notify_published(outreach_session, now=now)
    register(outreach_session, school_class, teacher, now=now)
    with transaction():
        outreach_session.cancel("The theatre is closed", now=now)
        notify_cancelled(outreach_session, now=now)
    assert queued(LetterKind.INVITATION, LetterKind.UPDATED, LetterKind.REMOVED, LetterKind.WAITING, LetterKind.PROMOTED) == []
    assert {letter.invitation_id for letter in queued(LetterKind.CANCELLED)} == {None}


@pytest.mark.empty_database
def test_a_cancelled_session_reaches_every_calendar(make: Builder, school: School, teacher: User, now: datetime) -> None:
    host = make.clinician()
    outreach_session = make.outreach_session(host)
    school_class = make.full_class(school, teacher, size=3, guardians=2)
    with transaction():
        notify_published(outreach_session, now=now)
    register(outreach_session, school_class, teacher, now=now)
    send_all()
    with transaction():
        outreach_session.cancel("The theatre is closed", now=now)
        notify_cancelled(outreach_session, now=now)
    cancels = [letter for letter in queued(LetterKind.CANCELLED) if letter.invitation_id]
    assert len(cancels) == 1 + 1 + 3 * 3
    assert {letter.sequence for letter in cancels} == {1}
    assert db.session.scalar(select(func.count()).select_from(Invitation).where(Invitation.is_live)) == 0


@pytest.mark.empty_database
def test_a_class_without_addresses_costs_the_teacher_two_mails(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=30)
    school_class = make.full_class(school, teacher, size=30, guardians=0, with_email=False)
    register(outreach_session, school_class, teacher, now=now)
    letters = list(db.session.scalars(select(Letter)))
    assert {to(letter) for letter in letters} == {teacher.email}
    assert sorted(letter.kind for letter in letters) == [LetterKind.DIGEST, LetterKind.INVITATION]
    assert len(facts(queued(LetterKind.DIGEST)[0]).stands_in_for) == 30


def test_a_corrected_address_gets_the_request_and_the_old_one_the_cancel(
    make: Builder, school: School, teacher: User, now: datetime
) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.school_class(school, teacher)
    ana = make.student(school_class, guardians=("wrong@homes.example",))
    register(outreach_session, school_class, teacher, now=now, students=[ana])
    send_all()
    right = make.mailbox("right@homes.example")
    with transaction():
        ana.guardians[0].mailbox_id = right.id
        db.session.flush()
        notify_addresses_changed([ana.id], now=now)
    assert [to(letter) for letter in queued(LetterKind.INVITATION)] == ["right@homes.example"]
    assert [(to(letter), letter.sequence) for letter in queued(LetterKind.REMOVED)] == [("wrong@homes.example", 1)]


@pytest.mark.empty_database
def test_guardians_of_a_minor_hear_and_those_of_an_adult_do_not(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.school_class(school, teacher)
    turning_18_that_day = make.student(
        school_class, email="old@pupils.example", guardians=("old@homes.example",), birth_date=date(2009, 3, 18)
    )
    a_day_younger = make.student(
        school_class, email="young@pupils.example", guardians=("young@homes.example",), birth_date=date(2009, 3, 19)
    )
    register(outreach_session, school_class, teacher, now=now, students=[turning_18_that_day, a_day_younger])
    addresses = {to(letter) for letter in queued(LetterKind.INVITATION)}
    assert addresses == {teacher.email, "old@pupils.example", "young@pupils.example", "young@homes.example"}
    assert [consent.student_id for consent in db.session.scalars(select(Consent))] == [a_day_younger.id]


def test_too_young_or_of_unknown_age_is_refused_by_name(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), age_floor=16)
    school_class = make.school_class(school, teacher)
    unknown = make.student(school_class, given_name="Uma")
    young = make.student(school_class, given_name="Yan", birth_date=date(2011, 3, 19))
    for student, words in ((unknown, "Uma .* has no birth date"), (young, "Yan .* is 15 that day")):
        with pytest.raises(Refusal, match=words):
            register(outreach_session, school_class, teacher, now=now, students=[student])


def test_over_the_schools_limit_a_student_waits_and_is_passed_over_without_losing_the_place(make: Builder, now: datetime) -> None:
    one, two = make.school(), make.school()
    teacher_one, teacher_two = make.teacher(one), make.teacher(two)
    outreach_session = make.outreach_session(make.clinician(), capacity=3, per_school_limit=2)
    class_one, class_two = make.full_class(one, teacher_one, size=3), make.full_class(two, teacher_two, size=2)
    register(outreach_session, class_one, teacher_one, now=now)
    register(outreach_session, class_two, teacher_two, now=now + timedelta(minutes=1))
    over_the_limit = registration_of(class_one.students[2])
    assert (over_the_limit.state, over_the_limit.wait_reason) == (RegistrationState.WAITING, "school_limit")
    use_cases.withdraw(registration_of(class_two.students[0]).id, now=now, by_id=teacher_two.id)
    second_of_two = db.session.get_one(Registration, registration_of(class_two.students[1]).id, populate_existing=True)
    assert second_of_two.state == RegistrationState.CONFIRMED
    use_cases.withdraw(registration_of(class_one.students[0]).id, now=now, by_id=teacher_one.id)
    assert db.session.get_one(Registration, over_the_limit.id, populate_existing=True).state == RegistrationState.CONFIRMED
    assert the_seats_equal_the_rows(outreach_session)


def test_on_the_last_day_the_teacher_is_asked_and_the_answer_counts(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=1)
    school_class = make.full_class(school, teacher, size=3)
    register(outreach_session, school_class, teacher, now=now)
    send_all()
    first, second, third = (registration_of(student) for student in school_class.students)
    late = outreach_session.starts_at - timedelta(hours=12)
    use_cases.withdraw(first.id, now=late, by_id=teacher.id)
    (digest,) = queued(LetterKind.DIGEST)
    assert [s.registration_id for s in facts(digest).offered] == [second.id]
    assert queued(LetterKind.PROMOTED) == []
    assert teacher.mailbox_id in {letter.mailbox_id for letter in queued(LetterKind.REMOVED)}  # what is on offer is nobody's yet
    assert the_seats_equal_the_rows(outreach_session)
    use_cases.decline_offer(second.id, by_id=teacher.id, now=late)
    states = [db.session.get_one(Registration, key.id, populate_existing=True).state for key in (second, third)]
    assert states == [RegistrationState.WAITING, RegistrationState.OFFERED]
    use_cases.accept_offer(third.id, by_id=teacher.id, now=late + timedelta(hours=1))
    assert len(queued(LetterKind.PROMOTED)) == 3
    assert teacher.mailbox_id in {letter.mailbox_id for letter in queued(LetterKind.PROMOTED)}
    assert the_seats_equal_the_rows(outreach_session)


@pytest.mark.empty_database
def test_an_offer_nobody_answers_lapses_and_the_next_is_asked(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=1)
    school_class = make.full_class(school, teacher, size=3)
    register(outreach_session, school_class, teacher, now=now)
    first, second, third = (registration_of(student) for student in school_class.students)
    late = outreach_session.starts_at - timedelta(hours=24)
    use_cases.withdraw(first.id, now=late, by_id=teacher.id)
    send_all()
    ends = late + timedelta(hours=6)
    assert seat_jobs.lapse_offers(now=ends - timedelta(seconds=1)) == 0
    with pytest.raises(OutreachError, match="expired"):
        use_cases.accept_offer(second.id, by_id=teacher.id, now=ends)
    assert seat_jobs.lapse_offers(now=ends) == 1
    assert seat_jobs.lapse_offers(now=ends) == 0
    states = [db.session.get_one(Registration, key.id, populate_existing=True).state for key in (second, third)]
    assert states == [RegistrationState.WAITING, RegistrationState.OFFERED]
    (digest,) = queued(LetterKind.DIGEST)
    assert [student.registration_id for student in facts(digest).offered] == [third.id]
    assert facts(digest).offered_until == ends + timedelta(hours=16)  # the night doesn't count
    assert the_seats_equal_the_rows(outreach_session)


def test_a_promotion_before_the_waiting_notice_left_replaces_it(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=1)
    school_class = make.full_class(school, teacher, size=2, with_email=False)
    register(outreach_session, school_class, teacher, now=now)
    use_cases.withdraw(registration_of(school_class.students[0]).id, now=now, by_id=teacher.id)
    family = [letter.kind for letter in queued(*LetterKind) if to(letter) != teacher.email]
    assert family == [LetterKind.PROMOTED]


@pytest.mark.empty_database
def test_coming_back_is_a_new_row_and_the_same_entry(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.full_class(school, teacher, size=1, with_email=False)
    (student,) = school_class.students
    register(outreach_session, school_class, teacher, now=now)
    send_all()
    before = registration_of(student).id
    use_cases.withdraw(before, now=now, by_id=teacher.id)
    send_all()
    register(outreach_session, school_class, teacher, now=now + timedelta(minutes=5))
    assert registration_of(student).id != before
    family = [letter for letter in queued(LetterKind.INVITATION) if to(letter) != teacher.email]
    assert [letter.sequence for letter in family] == [2]
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 2


def test_whoever_is_told_goodbye_is_addressed_as_before(make: Builder, school: School, teacher: User, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    school_class = make.school_class(school, teacher)
    ana = make.student(school_class, given_name="Ana", email="ana@pupils.example", guardians=("home@families.example",))
    register(outreach_session, school_class, teacher, now=now, students=[ana])
    send_all()
    use_cases.remove(registration_of(ana).id, by_id=outreach_session.host_id, reason="The area is closed", now=now)
    readers = {to(letter): facts(letter).reader.value for letter in queued(LetterKind.REMOVED)}
    assert readers == {"ana@pupils.example": "student", "home@families.example": "guardian", teacher.email: "teacher"}
    assert {facts(letter).reader_zone for letter in queued(LetterKind.REMOVED)} == {"Europe/London"}
