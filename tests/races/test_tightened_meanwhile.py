"""A rule is tightened while somebody registers, or while somebody else decides who stays: nobody slips through, nobody is lost."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask

from outreach.coordination.use_cases import SiteInput, keep_site
from outreach.errors import Refusal
from outreach.models import RegistrationState
from outreach.registration import NobodyDecided, use_cases
from tests.support.builders import Builder
from tests.support.registrations import states
from tests.support.rivals import overtaking
from tests.support.tightening import BORN, Course

pytestmark = [pytest.mark.both_databases("locks"), pytest.mark.empty_database]

CONFIRMED, PENDING, RELEASED = (RegistrationState(one) for one in ("confirmed", "pending", "released"))
SITE = SiteInput(name="Harbor Hospital", address="1 Main Street", country="US", zone="America/New_York")


@pytest.fixture
def course(make: Builder) -> Course:
    """Ana, who is old enough, has a seat in a ward; Ben, who is 15, is in her class."""
    site = make.site()
    one = Course(make, site=site, area_id=make.area(site, "Ward 3").id)
    one.register(Ana=17)
    one.student["Ben"] = make.student(one.school_class, given_name="Ben", birth_date=BORN[15])
    return one


def test_nobody_too_young_is_registered_while_a_floor_is_raised(app: Flask, course: Course, now: datetime) -> None:
    met = overtaking(
        app, lambda: course.edit(now, age_floor=16), lambda: course.make.register(course.session, course.teacher, course.student["Ben"])
    )
    assert (met.first, type(met.second), met.has_waited) == (None, Refusal, True)
    assert states(course.session) == {"Ana": CONFIRMED}


def test_who_is_registered_while_a_floor_is_raised_is_asked_about(app: Flask, course: Course, now: datetime) -> None:
    met = overtaking(
        app, lambda: course.make.register(course.session, course.teacher, course.student["Ben"]), lambda: course.edit(now, age_floor=16)
    )
    assert (met.first, type(met.second), met.has_waited) == (None, NobodyDecided, True)
    assert states(course.session) == {"Ana": CONFIRMED, "Ben": CONFIRMED}


@pytest.mark.parametrize("registers_first", [True, False])
def test_an_areas_floor_holds_for_who_is_registered_meanwhile(app: Flask, course: Course, registers_first: bool, now: datetime) -> None:
    def raise_floor() -> object:
        area_id = course.session.area_id
        assert area_id is not None
        return keep_site(course.session.site_id, SITE, floors={area_id: 16}, now=now)

    def register() -> None:
        course.make.register(course.session, course.teacher, course.student["Ben"])

    met = overtaking(app, *((register, raise_floor) if registers_first else (raise_floor, register)))
    assert met.has_waited
    assert isinstance(met.second, Refusal) is not registers_first
    assert states(course.session) == {"Ana": CONFIRMED} | ({"Ben": PENDING} if registers_first else {})


def test_of_two_hosts_who_decide_the_second_sees_the_list_again(app: Flask, course: Course, now: datetime) -> None:
    course.make.register(course.session, course.teacher, course.student["Ben"])
    course.set_floor(16)
    use_cases.review_seats(course.session.id, now=now)
    release, keep = course.choices(release="Ben"), course.choices(keep={"Ben": "Nearly 16."})
    met = overtaking(
        app,
        lambda: use_cases.keep_or_release(course.session.id, release, now=now),
        lambda: use_cases.keep_or_release(course.session.id, keep, now=now),
    )
    assert (met.first, type(met.second), met.has_waited) == (None, NobodyDecided, True)
    assert states(course.session)["Ben"] is RELEASED
