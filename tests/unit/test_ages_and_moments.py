"""How old a student is on a day, and what a session is at a moment: each at its edge, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from outreach.models import ACTIVE, HAVE_AN_ENTRY, SEATED, OutreachSession, Registration, RegistrationState, SessionState, Student
from outreach.time import instant

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
STARTS = datetime(2027, 3, 18, 18, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=2)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2009, 3, 18), date(2027, 3, 17), 17),
        (date(2009, 3, 18), date(2027, 3, 18), 18),
        (date(2009, 3, 18), date(2027, 3, 19), 18),
        (date(2009, 12, 31), date(2027, 1, 1), 17),
        (date(2009, 1, 31), date(2027, 2, 1), 18),
        (date(2009, 2, 28), date(2027, 3, 1), 18),
        (date(2009, 4, 1), date(2027, 3, 31), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),  # born on a leap day: a year older on 1 March
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (None, date(2027, 3, 18), None),
    ],
)
def test_a_student_is_a_year_older_from_the_birthday_on(born: date | None, day: date, age: int | None) -> None:
    assert Student(birth_date=born).age_on(day) == age


@pytest.mark.parametrize(
    ("majority_age", "age", "is_minor"), [(18, 17, True), (18, 18, False), (18, 19, False), (16, 16, False), (16, 15, True), (21, 20, True)]
)
def test_whoever_is_below_the_age_of_majority_is_a_minor(majority_age: int, age: int, *, is_minor: bool) -> None:
    student = Student(birth_date=date(2027 - age, 3, 18))
    assert student.is_minor_on(date(2027, 3, 18), majority_age) is is_minor


def test_whoever_has_no_birth_date_is_a_minor() -> None:
    assert Student().is_minor_on(date(2027, 3, 18), 16)


@pytest.mark.parametrize("state", list(RegistrationState))
def test_each_state_says_whether_a_seat_is_held_and_whether_it_is_over(state: RegistrationState) -> None:
    registration = Registration(state=state)
    holds_a_seat = state.value in {"offered", "pending", "confirmed"}
    assert registration.is_seated is holds_a_seat
    assert registration.is_active is (holds_a_seat or state.value == "waiting")
    assert (state in SEATED, state in ACTIVE) == (registration.is_seated, registration.is_active)
    assert (state in HAVE_AN_ENTRY) is (state.value in {"pending", "confirmed"})


def session(state: SessionState = SessionState.PUBLISHED, **facts: object) -> OutreachSession:
    defaults = {"state": state, "starts_at": STARTS, "capacity": 10, "seats_taken": 3, "promotion_stops": 1440, "is_provisional": False}
    return OutreachSession(**defaults | facts)


@pytest.mark.parametrize("state", list(SessionState))
def test_only_what_is_published_takes_place_is_open_and_gives_seats(state: SessionState) -> None:
    one, is_published = session(state, is_provisional=True), state is SessionState.PUBLISHED
    assert (one.is_published, one.is_open(NOW), one.promotes_unasked(NOW), one.awaits_decision) == (is_published,) * 4


@pytest.mark.parametrize("state", list(SessionState))
@pytest.mark.parametrize(
    ("now", "is_to_come", "is_current"),
    [(STARTS - SECOND, True, True), (STARTS, False, True), (ENDS - SECOND, False, True), (ENDS, False, False)],
)
def test_what_is_published_is_to_come_until_the_start_and_current_until_the_end(
    state: SessionState, now: datetime, *, is_to_come: bool, is_current: bool
) -> None:
    one, is_published = session(state, ends_at=ENDS), state is SessionState.PUBLISHED
    assert (one.is_to_come(now), one.is_current(now)) == (is_published and is_to_come, is_published and is_current)


def test_only_a_provisional_session_awaits_a_decision() -> None:
    assert not session().awaits_decision


@pytest.mark.parametrize(
    ("opens", "closes", "now", "is_open"),
    [
        (None, None, STARTS - SECOND, True),
        (None, None, STARTS, False),
        (None, None, STARTS + SECOND, False),
        (NOW, None, NOW - SECOND, False),
        (NOW, None, NOW, True),
        (NOW, None, NOW + SECOND, True),
        (None, NOW, NOW - SECOND, True),
        (None, NOW, NOW, False),
        (NOW, NOW + SECOND, NOW, True),
    ],
)
def test_registration_is_open_from_its_opening_until_it_closes_or_the_session_starts(
    opens: datetime | None, closes: datetime | None, now: datetime, *, is_open: bool
) -> None:
    one = session(opens_at=opens, closes_at=closes)
    assert one.is_open(now) is is_open
    assert one.last_moment_to_register == (closes or STARTS)


@pytest.mark.parametrize(
    ("stops", "before", "unasked"), [(1440, 1440, False), (1440, 1441, True), (0, 0, False), (0, 1, True), (60, 59, False)]
)
def test_a_seat_is_given_unasked_until_so_many_minutes_before_the_start(stops: int, before: int, *, unasked: bool) -> None:
    assert session(promotion_stops=stops).promotes_unasked(STARTS - timedelta(minutes=before)) is unasked


def test_seats_left_are_those_not_taken_and_online_is_what_has_no_site() -> None:
    assert session().seats_left == 7
    assert session().is_online
    assert not session(site_id=1).is_online


@pytest.mark.parametrize(
    ("wall", "zone", "fold", "at"),
    [
        (datetime(2027, 3, 18, 14), "America/New_York", 0, datetime(2027, 3, 18, 18, tzinfo=UTC)),
        (datetime(2027, 11, 7, 1, 30), "America/New_York", 0, datetime(2027, 11, 7, 5, 30, tzinfo=UTC)),
        (datetime(2027, 11, 7, 1, 30), "America/New_York", 1, datetime(2027, 11, 7, 6, 30, tzinfo=UTC)),
    ],
)
def test_the_instant_is_that_of_the_clock_on_the_wall(wall: datetime, zone: str, fold: int, at: datetime) -> None:
    assert instant(wall, zone, fold) == at
    one = session(decides_at=None)
    one.set_time(starts_wall=wall, ends_wall=wall + timedelta(hours=2), zone=zone, fold=fold, tzdata_version="2026f")
    assert (one.starts_wall, one.ends_wall, one.zone, one.fold, one.tzdata_version) == (
        wall,
        wall + timedelta(hours=2),
        zone,
        fold,
        "2026f",
    )
    assert (one.starts_at, one.decides_at) == (at, None)
    assert one.ends_at > one.starts_at


@pytest.mark.parametrize(("decides", "then"), [(STARTS - SECOND, STARTS - SECOND), (STARTS, STARTS), (STARTS + SECOND, STARTS)])
def test_what_is_open_is_decided_at_the_start_at_the_latest(decides: datetime, then: datetime) -> None:
    one = session(decides_at=decides)
    wall = datetime(2027, 3, 18, 14)
    one.set_time(starts_wall=wall, ends_wall=wall + timedelta(hours=1), zone="America/New_York", fold=0, tzdata_version="2026f")
    assert one.decides_at == then


def test_left_open_it_is_provisional_until_it_is_certain() -> None:
    one = session()
    one.leave_open_until(NOW)
    assert (one.is_provisional, one.decides_at) == (True, NOW)
    one.leave_open_until(None)
    assert (one.is_provisional, one.decides_at) == (False, None)


def test_publishing_cancelling_and_changing_leave_their_mark() -> None:
    one = session(SessionState.DRAFT, revision=3)
    one.publish(now=NOW)
    assert (one.state, one.published_at, one.updated_at, one.revision) == (SessionState.PUBLISHED, NOW, NOW, 3)
    one.note_change(now=NOW + SECOND)
    assert (one.revision, one.updated_at) == (4, NOW + SECOND)
    one.cancel("Ill", now=NOW + 2 * SECOND)
    assert (one.state, one.cancelled_at, one.cancel_reason, one.updated_at) == (
        SessionState.CANCELLED,
        NOW + 2 * SECOND,
        "Ill",
        NOW + 2 * SECOND,
    )
