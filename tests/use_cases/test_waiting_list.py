"""Who waits, who is next, until when seat offered, and that another session has no part in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import (
    LetterKind,
    OutreachSession,
    Registration,
    RegistrationState,
    RegistrationStep,
    School,
    SchoolClass,
    SessionState,
    Student,
    User,
    WaitReason,
)
from outreach.registration import seat_jobs, use_cases
from outreach.registration.candidates import seats_for_school
from outreach.registration.seats import SeatLimits, next_for_free_seats, seat_limits, settle_seats
from outreach.registration.use_cases import RegistrationOutcome, RegistrationRequest
from tests.support.builders import NOW, Builder
from tests.support.registrations import SECOND, letters, nothing_changes, registration_in, registration_of, seats_taken, states

CONFIRMED, OFFERED, PENDING, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "pending", "waiting"))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Queue:
    """One school with as many students as a test names; each is registered on their own, in the order named."""

    def __init__(self, make: Builder, now: datetime) -> None:
        self.make, self.now = make, now
        self.school: School = make.school()
        self.teacher: User = make.teacher(self.school)
        self.school_class: SchoolClass = make.school_class(self.school, self.teacher)
        self.students: dict[str, Student] = {}

    def session(self, *names: str, capacity: int = 1, **facts: Any) -> OutreachSession:
        """Give a session for which these students are registered; the first `capacity` have a seat."""
        outreach_session = self.make.outreach_session(self.make.clinician(), capacity=capacity, **facts)
        self.register(outreach_session, *names)
        return outreach_session

    def register(self, outreach_session: OutreachSession, *names: str, now: datetime | None = None) -> RegistrationOutcome:
        """Register students in this order, at once."""
        for name in names:
            if name not in self.students:
                self.students[name] = self.make.student(self.school_class, given_name=name, email=f"{name.lower()}@pupils.example")
        asked = RegistrationRequest(
            session_id=outreach_session.id,
            school_id=self.school.id,
            student_ids=tuple(self.students[name].id for name in names),
            teacher_id=self.teacher.id,
            by_id=self.teacher.id,
            permission_attested=True,
        )
        return use_cases.register_students(asked, now=now or self.now)

    def place(self, name: str, outreach_session: OutreachSession) -> Registration:
        return registration_of(self.students[name], outreach_session)

    def withdraw(self, name: str, outreach_session: OutreachSession, *, at: datetime | None = None) -> None:
        use_cases.withdraw(self.place(name, outreach_session).id, now=at or self.now, by_id=self.teacher.id)

    def decline(self, name: str, outreach_session: OutreachSession, *, at: datetime) -> None:
        use_cases.decline_offer(self.place(name, outreach_session).id, now=at, by_id=self.teacher.id)


@pytest.fixture
def queue(make: Builder, now: datetime) -> Queue:
    """Give one when no other session has an offer any more."""
    seat_jobs.lapse_offers(now=now + 7 * DAY)
    return Queue(make, now)


@pytest.mark.parametrize(("before", "state"), [(DAY + SECOND, CONFIRMED), (DAY, OFFERED), (DAY - SECOND, OFFERED)])
def test_a_free_seat_is_given_unasked_until_a_day_before_the_start_and_offered_from_then_on(
    queue: Queue, before: timedelta, state: RegistrationState
) -> None:
    one = queue.session("Ana", "Ben")
    queue.withdraw("Ana", one, at=one.starts_at - before)
    assert states(one)["Ben"] is state
    assert seats_taken(one) == 1
    place = queue.place("Ben", one)
    assert place.wait_reason is None
    assert (place.offered_until is None) is (state is CONFIRMED)


def test_the_session_says_how_long_before_the_start_a_seat_is_still_given_unasked(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", "Cem", promotion_stops=90)
    queue.withdraw("Ana", one, at=one.starts_at - timedelta(minutes=90) - SECOND)
    queue.withdraw("Ben", one, at=one.starts_at - timedelta(minutes=90))
    assert (states(one)["Ben"], states(one)["Cem"]) == (RegistrationState.WITHDRAWN, OFFERED)


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        ("17 14:00", "17 20:00"),
        ("17 15:00", "17 21:00"),
        ("17 15:01", "18 07:01"),
        ("17 20:59", "18 12:59"),
        ("17 21:00", "18 13:00"),
        ("18 02:00", "18 13:00"),
        ("18 06:59", "18 13:00"),
        ("18 07:01", "18 13:01"),
        ("18 07:59", "18 13:59"),
        ("18 08:00", "18 14:00"),
        ("18 09:00", "18 14:00"),
        ("18 13:59", "18 14:00"),
    ],
)
def test_an_offer_lasts_six_hours_by_day_and_never_beyond_the_start(queue: Queue, asked: str, until: str) -> None:
    """The session begins on 18 March at 14:00 in New York; from 21:00 to 07:00 there the time doesn't run."""
    one = queue.session("Ana", "Ben")
    there = {text: datetime.strptime(f"2027-03-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(one.zone)) for text in (asked, until)}
    queue.withdraw("Ana", one, at=there[asked].astimezone(UTC))
    assert queue.place("Ben", one).offered_until == there[until]


def test_an_offer_that_is_not_answered_lapses_after_six_hours_not_a_second_earlier(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", "Cem")
    late = one.starts_at - 24 * HOUR
    queue.withdraw("Ana", one, at=late)
    with nothing_changes():
        assert seat_jobs.lapse_offers(now=late + 6 * HOUR - SECOND) == 0
    assert seat_jobs.lapse_offers(now=late + 6 * HOUR) == 1
    assert (states(one)["Ben"], states(one)["Cem"], seats_taken(one)) == (WAITING, OFFERED, 1)
    assert queue.place("Cem", one).offered_until == late + 22 * HOUR  # an hour in the evening, five in the morning
    with nothing_changes():
        assert seat_jobs.lapse_offers(now=late + 6 * HOUR) == 0
    mine = RegistrationStep.registration_id == queue.place("Ben", one).id
    steps = db.session.execute(select(RegistrationStep.state, RegistrationStep.at, RegistrationStep.by_id).where(mine)).all()
    assert [tuple(step) for step in steps[1:]] == [(OFFERED, late, None), (WAITING, late + 6 * HOUR, None)]


def test_whoever_was_asked_is_not_asked_again_but_is_given_a_seat_unasked(queue: Queue) -> None:
    """Whoever let an offer lapse keeps the place in the queue, and no seat comes back to them on the last day."""
    one = queue.session("Ana", "Ben", "Cem", capacity=1)
    late = one.starts_at - 24 * HOUR
    queue.withdraw("Ana", one, at=late)
    queue.decline("Ben", one, at=late + HOUR)
    queue.decline("Cem", one, at=late + 2 * HOUR)
    assert (states(one)["Ben"], states(one)["Cem"], seats_taken(one)) == (WAITING, WAITING, 0)
    assert queue.place("Ben", one).offered_until == late + 6 * HOUR
    later = timedelta(days=7)
    with transaction():
        moved = db.session.get_one(OutreachSession, one.id)
        moved.set_time(
            starts_wall=one.starts_wall + later, ends_wall=one.ends_wall + later, zone=one.zone, fold=0, tzdata_version=one.tzdata_version
        )
        settle_seats(moved, now=late + 3 * HOUR)
    assert (states(one)["Ben"], states(one)["Cem"]) == (CONFIRMED, WAITING)


def test_two_offers_of_one_session_lapse_each_in_its_own_time(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", "Cem", "Dan", capacity=2)
    late = one.starts_at - 24 * HOUR
    queue.withdraw("Ana", one, at=late)
    queue.withdraw("Ben", one, at=late + HOUR)
    assert (states(one)["Cem"], states(one)["Dan"]) == (OFFERED, OFFERED)
    assert seat_jobs.lapse_offers(now=late + 6 * HOUR) == 1
    assert (states(one)["Cem"], states(one)["Dan"], seats_taken(one)) == (WAITING, OFFERED, 1)
    assert seat_jobs.lapse_offers(now=late + 7 * HOUR) == 1
    assert (states(one)["Dan"], seats_taken(one)) == (WAITING, 0)


def test_two_offers_lapse_at_once_and_both_seats_go_to_the_next(queue: Queue) -> None:
    one = queue.session(*"ABCDEF", capacity=2)
    late = one.starts_at - 24 * HOUR
    for name in "AB":
        queue.withdraw(name, one, at=late)
    assert seat_jobs.lapse_offers(now=late + 6 * HOUR) == 2
    assert states(one) == dict(zip("ABCDEF", ("withdrawn", "withdrawn", "waiting", "waiting", "offered", "offered"), strict=True))
    assert seats_taken(one) == 2


def test_offers_lapse_in_every_session(queue: Queue) -> None:
    one, other = queue.session("Ana", "Ben"), queue.session("Ana", "Cem")
    late = one.starts_at - 24 * HOUR
    for each in (one, other):
        queue.withdraw("Ana", each, at=late)
    assert seat_jobs.lapse_offers(now=late + 6 * HOUR) == 2
    assert (states(one)["Ben"], states(other)["Cem"], seats_taken(one), seats_taken(other)) == (WAITING, WAITING, 0, 0)


def test_one_who_takes_an_offer_leaves_the_other_offer_open(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", "Cem", "Dan", capacity=2)
    late = one.starts_at - 24 * HOUR
    queue.withdraw("Ana", one, at=late)
    queue.withdraw("Ben", one, at=late)
    use_cases.accept_offer(queue.place("Dan", one).id, by_id=queue.teacher.id, now=late + HOUR)
    assert (states(one)["Cem"], states(one)["Dan"], seats_taken(one)) == (OFFERED, CONFIRMED, 2)
    assert seat_jobs.lapse_offers(now=late + 6 * HOUR) == 1
    assert (states(one)["Cem"], states(one)["Dan"], seats_taken(one)) == (WAITING, CONFIRMED, 1)


def test_the_teacher_of_whoever_is_next_is_asked_and_the_family_hears_nothing_until_the_seat_is_theirs(queue: Queue) -> None:
    one = queue.session("Ana", "Ben")
    late = one.starts_at - 24 * HOUR
    queue.withdraw("Ana", one, at=late)
    assert letters(one, LetterKind.PROMOTED) == []
    use_cases.accept_offer(queue.place("Ben", one).id, by_id=queue.teacher.id, now=late)
    assert {address for address, _kind in letters(one, LetterKind.PROMOTED)} == {"ben@pupils.example", queue.teacher.email}
    accepted = queue.place("Ben", one)
    assert (accepted.state, accepted.changed_at) == (CONFIRMED, late)


def test_whoever_waited_longest_is_next_whoever_was_registered_first(queue: Queue) -> None:
    """The order is that of the queue, not that of the rows."""
    one = queue.session("Ana", "Ben", "Cem")
    with transaction():
        queue.place("Ben", one).queued_at = queue.now + HOUR
    assert next_for_free_seats(one, now=queue.now, room=SeatLimits(2, None)) == [queue.place("Cem", one).id]
    queue.withdraw("Ana", one)
    assert (states(one)["Ben"], states(one)["Cem"]) == (WAITING, CONFIRMED)


def test_those_registered_at_once_wait_in_the_order_chosen(queue: Queue) -> None:
    one = queue.session("Cem", "Ben", "Ana", "Dan")
    waits = [queue.place(name, one).queued_at for name in ("Cem", "Ben", "Ana", "Dan")]
    assert waits == [queue.now + timedelta(microseconds=position) for position in range(4)]
    for leaves, follows in (("Cem", "Ben"), ("Ben", "Ana"), ("Ana", "Dan")):
        queue.withdraw(leaves, one)
        assert states(one)[follows] is CONFIRMED


def test_a_new_class_does_not_overtake_who_waits_for_a_seat_that_is_free(make: Builder, queue: Queue) -> None:
    """A seat nobody was given yet belongs to whoever waits: seats for others are counted without it."""
    one = queue.session("Ana", "Ben")
    with transaction():
        db.session.get_one(OutreachSession, one.id).capacity = 2
    elsewhere = make.school()
    assert seats_for_school(one, elsewhere.id, now=NOW) == (0, None)
    teacher = make.teacher(elsewhere)
    zoe = make.student(make.school_class(elsewhere, teacher), given_name="Zoe")
    make.register(one, teacher, zoe)
    assert states(one)["Zoe"] is WAITING


@pytest.mark.parametrize(
    ("limit", "waiting", "free"),
    [
        (None, 1, (2, None)),
        (3, 1, (2, 1)),  # one seated, one waits for a free seat, one more may come
        (2, 1, (2, 0)),
        (2, 2, (2, 0)),  # the second who waits has no claim: the school has its limit
        (1, 1, (3, 0)),
    ],
)
def test_seats_left_for_a_school_count_who_is_seated_and_who_waits_before(
    make: Builder, queue: Queue, now: datetime, limit: int | None, waiting: int, free: tuple[int, int | None]
) -> None:
    one = queue.session("Ana", per_school_limit=limit)
    for number in range(waiting):
        student = make.student(queue.school_class, given_name=f"W{number}")
        registration_in(WAITING, student, one, queue.teacher, now=now)
    with transaction():
        db.session.get_one(OutreachSession, one.id).capacity = 4
    assert seats_for_school(one, queue.school.id, now=NOW) == free
    # another school's limit is its own
    assert seats_for_school(one, make.school().id, now=NOW) == (free[0], limit)


@pytest.mark.parametrize("state", [OFFERED, PENDING, CONFIRMED])
def test_every_kind_of_seat_counts_against_the_schools_limit_and_none_of_another_session(
    make: Builder, queue: Queue, now: datetime, state: RegistrationState
) -> None:
    one = make.outreach_session(make.clinician(), per_school_limit=2)
    other = make.outreach_session(make.clinician(), per_school_limit=2)
    student = make.student(queue.school_class)
    registration_in(state, student, one, queue.teacher, now=now, offered_until=one.starts_at)
    registration_in(RegistrationState.WITHDRAWN, make.student(queue.school_class), one, queue.teacher, now=now)
    assert seats_for_school(one, queue.school.id, now=NOW) == (9, 1)
    assert seats_for_school(other, queue.school.id, now=NOW) == (10, 2)


def test_over_the_limit_one_waits_for_the_limit_and_over_the_seats_for_a_seat(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", capacity=5, per_school_limit=1)
    full = queue.session("Ana", "Ben", per_school_limit=1)
    assert queue.place("Ben", one).wait_reason is WaitReason.SCHOOL_LIMIT
    assert queue.place("Ben", full).wait_reason is WaitReason.FULL
    assert queue.place("Ana", one).wait_reason is None


def test_one_who_leaves_makes_room_for_their_own_school_at_its_limit(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", capacity=5, per_school_limit=1)
    ana = queue.place("Ana", one)
    assert next_for_free_seats(one, now=queue.now) == []
    assert next_for_free_seats(one, now=queue.now, freed_by=ana) == [queue.place("Ben", one).id]
    queue.withdraw("Ana", one)
    assert (states(one)["Ben"], queue.place("Ben", one).wait_reason) == (CONFIRMED, None)


def test_one_of_another_school_who_leaves_makes_no_room_at_the_limit(make: Builder, queue: Queue) -> None:
    one = queue.session("Ana", "Ben", capacity=2, per_school_limit=1)
    elsewhere = make.school()
    teacher = make.teacher(elsewhere)
    zoe, yan = (make.student(make.school_class(elsewhere, teacher), given_name=name) for name in ("Zoe", "Yan"))
    make.register(one, teacher, zoe, yan)
    assert next_for_free_seats(one, now=queue.now, freed_by=registration_of(zoe, one)) == [registration_of(yan, one).id]
    use_cases.withdraw(registration_of(zoe, one).id, now=queue.now, by_id=teacher.id)
    assert (states(one)["Ben"], states(one)["Yan"]) == (WAITING, CONFIRMED)


@pytest.mark.parametrize(
    ("state", "before", "is_given"),
    [
        (SessionState.PUBLISHED, SECOND, True),
        (SessionState.PUBLISHED, timedelta(0), False),
        (SessionState.PUBLISHED, -SECOND, False),
        (SessionState.CANCELLED, DAY, False),
        (SessionState.DRAFT, DAY, False),
    ],
)
def test_seats_are_given_out_only_before_the_start_of_a_session_that_takes_place(
    queue: Queue, state: SessionState, before: timedelta, *, is_given: bool
) -> None:
    one = queue.session("Ana", "Ben")
    with transaction():
        session = db.session.get_one(OutreachSession, one.id)
        session.capacity, session.state = 2, state
    assert (next_for_free_seats(one, now=one.starts_at - before) != []) is is_given
    with transaction():
        settle_seats(db.session.get_one(OutreachSession, one.id), now=one.starts_at - before)
    assert states(one)["Ben"] is (OFFERED if is_given else WAITING)


def test_an_offer_that_lapses_at_the_start_asks_nobody_any_more(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", "Cem")
    queue.withdraw("Ana", one, at=one.starts_at - HOUR)
    assert seat_jobs.lapse_offers(now=one.starts_at) == 1
    assert (states(one)["Ben"], states(one)["Cem"], seats_taken(one)) == (WAITING, WAITING, 0)


def test_more_seats_are_given_to_those_who_wait_and_their_families_hear(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", "Cem", "Dan")
    with transaction():
        session = db.session.get_one(OutreachSession, one.id)
        session.capacity = 3
        settle_seats(session, now=queue.now)
    assert states(one) == {"Ana": CONFIRMED, "Ben": CONFIRMED, "Cem": CONFIRMED, "Dan": WAITING}
    assert seats_taken(one) == 3
    promoted = {address for address, _kind in letters(one, LetterKind.PROMOTED)}
    assert promoted - {queue.teacher.email} == {"ben@pupils.example", "cem@pupils.example"}


def test_with_no_seat_free_nobody_who_waits_is_given_one(queue: Queue) -> None:
    one = queue.session("Ana", "Ben")
    with nothing_changes(), transaction():
        settle_seats(db.session.get_one(OutreachSession, one.id), now=queue.now)
    assert next_for_free_seats(one, now=queue.now, room=SeatLimits(0, None)) == []


def test_a_seat_that_frees_up_in_another_session_changes_nothing_here(queue: Queue) -> None:
    """The same people wait in both."""
    one, other = queue.session("Ana", "Ben", "Cem"), queue.session("Ana", "Ben", "Cem")
    before = states(other)
    queue.withdraw("Ana", one)
    assert states(one)["Ben"] is CONFIRMED
    assert (states(other), seats_taken(other)) == (before, 1)
    queue.withdraw("Ben", other)  # out of the queue there: the seat here stays theirs
    assert (states(one)["Ben"], states(other)["Ben"]) == (CONFIRMED, RegistrationState.WITHDRAWN)


def test_one_who_leaves_the_queue_frees_no_seat(queue: Queue) -> None:
    one = queue.session("Ana", "Ben", "Cem")
    queue.withdraw("Ben", one)
    assert (states(one)["Ana"], states(one)["Cem"], seats_taken(one)) == (CONFIRMED, WAITING, 1)


def test_room_is_more_where_somebody_may_fit_who_did_not(make: Builder) -> None:
    room = SeatLimits(5, 2)
    assert seat_limits(make.outreach_session(make.clinician(), capacity=5, per_school_limit=2)) == room
    assert [
        other.is_more_than(room) for other in (SeatLimits(6, 2), SeatLimits(5, 3), SeatLimits(5, None), SeatLimits(6, 1), SeatLimits(4, 3))
    ] == [True] * 5
    assert [other.is_more_than(room) for other in (SeatLimits(5, 2), SeatLimits(4, 2), SeatLimits(5, 1))] == [False] * 3
    assert not SeatLimits(5, None).is_more_than(SeatLimits(5, None))
    assert not SeatLimits(5, 2).is_more_than(SeatLimits(5, None))


def test_registering_waits_for_nobody_who_ended(queue: Queue) -> None:
    """Whoever withdrew from the queue has no claim to the next seat."""
    one = queue.session("Ana", "Ben", capacity=1)
    queue.withdraw("Ben", one)
    queue.withdraw("Ana", one)
    assert queue.register(one, "Cem", now=queue.now + HOUR).seated == (queue.students["Cem"].id,)
    with pytest.raises(Refusal):
        queue.withdraw("Ben", one)
