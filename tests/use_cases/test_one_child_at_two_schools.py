"""One child known at two schools takes one seat in a session; who only looks alike takes their own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask

from outreach.errors import Refusal
from outreach.models import OutreachSession, RegistrationState, Student, User
from outreach.registration import use_cases
from outreach.registration.candidates import candidates
from outreach.registration.undo import By, Side
from tests.support.builders import Builder
from tests.support.registrations import nothing_changes, registration_of
from tests.support.rivals import overtaking

HOME, BORN = "home@families.example", date(2010, 5, 4)
ANA: dict[str, Any] = {"given_name": "Ana", "family_name": "García-López", "birth_date": BORN, "guardians": (HOME,)}


class TwoSchools:
    """Ana is in a class of the first school, and in one of the second under these facts."""

    def __init__(self, make: Builder, **second: Any) -> None:
        self.make, self.session = make, make.outreach_session(make.clinician())
        self.first, self.teacher = self._at_a_school(ANA)
        self.second, self.other_teacher = self._at_a_school(ANA | second)

    def _at_a_school(self, facts: dict[str, Any]) -> tuple[Student, User]:
        school = self.make.school()
        teacher = self.make.teacher(school)
        return self.make.student(self.make.school_class(school, teacher), **facts), teacher

    def register(self, session: OutreachSession | None = None) -> None:
        self.make.register(session or self.session, self.other_teacher, self.second)


def test_a_child_whom_another_school_has_registered_is_refused_without_naming_it(make: Builder, now: datetime) -> None:
    two = TwoSchools(make, given_name="ANA", family_name="Garcia Lopez")
    make.register(two.session, two.teacher, two.first)
    with nothing_changes(), pytest.raises(Refusal) as refused:
        two.register()
    assert str(refused.value) == "Another school has registered ANA Garcia Lopez for this session. One child takes one seat."
    two.register(make.outreach_session(make.clinician()))
    [of_the_first] = candidates(two.session, two.first.school_id, [two.first.id])
    assert of_the_first.has_place
    withdrawn = registration_of(two.first, two.session).id
    use_cases.withdraw(withdrawn, now=now, by_id=two.teacher.id)
    two.register()
    with nothing_changes(), pytest.raises(Refusal, match="Another school has registered Ana"):
        use_cases.undo_withdrawal(withdrawn, By(Side.SCHOOL, user_id=two.teacher.id), now=now)


@pytest.mark.parametrize(
    "second",
    [
        {"given_name": "Anna"},
        {"birth_date": date(2010, 4, 5)},
        {"birth_date": None},
        {"guardians": ("another@families.example",)},
        {"guardians": (None,), "email": "ana@pupils.example"},
    ],
)
def test_who_may_be_somebody_else_takes_a_seat_of_their_own(make: Builder, second: dict[str, Any]) -> None:
    two = TwoSchools(make, **second)
    make.register(two.session, two.teacher, two.first)
    two.register()
    assert registration_of(two.second, two.session).state is RegistrationState.CONFIRMED


@pytest.mark.both_databases("locks")
@pytest.mark.empty_database
def test_of_two_schools_that_register_a_child_at_once_the_second_is_told(app: Flask, make: Builder) -> None:
    two = TwoSchools(make)
    met = overtaking(app, lambda: make.register(two.session, two.teacher, two.first), two.register)
    assert (met.first, type(met.second), met.has_waited) == (None, Refusal, True)
