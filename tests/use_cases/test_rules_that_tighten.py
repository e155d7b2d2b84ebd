"""An age floor, a birth date or a day changes, and somebody who waits, was asked or has a seat no longer fits."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import OutreachSession, Registration, RegistrationState, Student
from outreach.registration import use_cases
from outreach.registration.queries import registration_rows
from tests.support.builders import Builder
from tests.support.registrations import nothing_changes, registration_of, states

CONFIRMED, OFFERED, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "waiting"))
HOUR = timedelta(hours=1)
BORN = {17: date(2010, 1, 1), 15: date(2012, 1, 1)}  # how old they are when the session is held


class Class:
    """One school's class for a session without an age floor; whoever is named is registered in this order."""

    def __init__(self, make: Builder, **facts: object) -> None:
        self.make, school = make, make.school()
        self.teacher = make.teacher(school)
        self.school_class = make.school_class(school, self.teacher)
        self.host = make.clinician()
        self.session: OutreachSession = make.outreach_session(self.host, **facts)
        self.student: dict[str, Student] = {}

    def register(self, **ages: int | None) -> None:
        for name, age in ages.items():
            born = BORN[age] if age else None
            home = f"{name.lower()}@families.example"
            self.student[name] = self.make.student(self.school_class, given_name=name, birth_date=born, guardians=(home,))
        self.make.register(self.session, self.teacher, *(self.student[name] for name in ages))

    def registration(self, name: str) -> Registration:
        return registration_of(self.student[name], self.session)

    def set_floor(self, floor: int | None) -> None:
        with transaction():
            db.session.get_one(OutreachSession, self.session.id, populate_existing=True).age_floor = floor

    def obstacles(self) -> dict[str, str | None]:
        rows = registration_rows(db.session.get_one(OutreachSession, self.session.id, populate_existing=True), None)
        return {row.student.given_name: row.too_young for row in rows}


def test_who_waits_and_is_too_young_by_now_is_passed_over_and_keeps_the_position(make: Builder, now: datetime) -> None:
    one = Class(make, capacity=1)
    one.register(Ana=17, Ben=15, Cem=None, Dan=17)
    one.set_floor(16)
    use_cases.withdraw(one.registration("Ana").id, now=now, by_id=one.teacher.id)
    assert states(one.session) == {"Ana": "withdrawn", "Ben": WAITING, "Cem": WAITING, "Dan": CONFIRMED}
    assert one.obstacles() == {
        "Ana": None,
        "Ben": "Ben is 15 that day: this session is for 16 and over.",
        "Cem": "Cem has no birth date: this session is for 16 and over.",
        "Dan": None,
    }


def test_a_free_seat_is_neither_taken_nor_kept_back_for_who_is_too_young_by_now(make: Builder, now: datetime) -> None:
    one = Class(make, capacity=1)
    one.register(Ana=17, Ben=15)
    one.set_floor(16)
    use_cases.withdraw(one.registration("Ana").id, now=now, by_id=one.teacher.id)
    with nothing_changes(), pytest.raises(Refusal, match=r"Ben .* is 15 that day.* They keep their position on the waiting list."):
        use_cases.take_free_seat(one.registration("Ben").id, by_id=one.teacher.id, now=now)
    one.register(Eve=17)
    assert states(one.session)["Eve"] is CONFIRMED


def test_an_offer_is_not_accepted_for_who_is_too_young_by_now_and_is_taken_back(make: Builder) -> None:
    one = Class(make, capacity=1)
    one.register(Ana=17, Ben=15, Cem=17)
    late = one.session.starts_at - 20 * HOUR
    use_cases.withdraw(one.registration("Ana").id, now=late, by_id=one.teacher.id)
    one.set_floor(16)
    with nothing_changes(), pytest.raises(Refusal, match=r"Ben .* is 15 that day"):
        use_cases.accept_offer(one.registration("Ben").id, by_id=one.teacher.id, now=late)
    use_cases.review_seats(one.session.id, now=late)
    assert states(one.session) == {"Ana": "withdrawn", "Ben": WAITING, "Cem": OFFERED}
    one.set_floor(None)
    use_cases.decline_offer(one.registration("Cem").id, by_id=one.teacher.id, now=late)
    assert states(one.session)["Ben"] is OFFERED  # as if they had never been asked
