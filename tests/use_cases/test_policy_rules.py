"""Every rule of `policy.py`, for everybody who might ask and for each kind of record."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from outreach import policy
from outreach.db import db, transaction
from outreach.models import (
    Application,
    BlockedDomain,
    Membership,
    OutreachSession,
    Registration,
    RegistrationState,
    RoleName,
    School,
    SchoolClass,
    SessionState,
    Student,
    User,
)
from tests.support.builders import Builder
from tests.support.registrations import registration_in

TEACHER, CLINICIAN, COORDINATOR = RoleName.TEACHER, RoleName.CLINICIAN, RoleName.COORDINATOR


class World:
    """One session, one class, one registration; and everybody who stands to them in another way."""

    def __init__(self, make: Builder) -> None:
        self.make = make
        self.school, elsewhere = make.school(), make.school()
        teacher, other_teacher = make.teacher(self.school), make.teacher(elsewhere)
        host, co_host, poster = make.clinician(), make.clinician(), make.clinician()
        both = make.teacher(self.school)
        self.people: dict[str, Any] = {
            "teacher": teacher,
            "colleague": make.teacher(self.school),
            "teacher elsewhere": other_teacher,
            "teacher nowhere": make.user(TEACHER),
            "member, no teacher": self._member(make.user()),
            "clinician of the school": self._member(make.clinician()),
            "teacher and clinician": self._also(both, CLINICIAN),
            "host": host,
            "co-host": co_host,
            "poster": poster,
            "other clinician": make.clinician(),
            "coordinator": make.coordinator(),
            "applicant": make.user(),
            "nobody": SimpleNamespace(is_authenticated=False),
        }
        self.session = make.outreach_session(host, co_hosts=[co_host, make.clinician()], posted_by_id=poster.id)
        self.school_class = make.school_class(self.school, teacher)
        student = make.student(self.school_class, email="ana@north-school.example")
        self.student: Student = student
        self.registration = registration_in(RegistrationState.CONFIRMED, student, self.session, teacher, now=make.now)

    def who(self, rule: Callable[[User, Any], bool], record: object, *, but: tuple[str, ...] = ()) -> set[str]:
        """Give everybody for whom this rule holds."""
        return {name for name, user in self.people.items() if name not in but and rule(user, record)}

    def _member(self, user: User) -> User:
        with transaction():
            db.session.add(Membership(user_id=user.id, school_id=self.school.id, approved_by_id=user.id, approved_at=self.make.now))
        return user

    def _also(self, user: User, role: RoleName) -> User:
        other = self.make.user(role)
        with transaction():
            user.roles = [*user.roles, *other.roles]
        return user


@pytest.fixture
def world(make: Builder) -> World:
    return World(make)


OF_THE_SCHOOL = {"teacher", "colleague", "teacher and clinician", "coordinator"}
HOSTS = {"host", "co-host", "poster", "coordinator"}
TEACHERS = OF_THE_SCHOOL | {"teacher elsewhere", "teacher nowhere"}
CLINICIANS = {"host", "co-host", "poster", "other clinician", "clinician of the school", "teacher and clinician", "coordinator"}
SIGNED_OUT = ("nobody",)


def test_roles_open_the_pages_of_their_work(world: World) -> None:
    assert world.who(policy.coordinates, None, but=SIGNED_OUT) == {"coordinator"}
    assert world.who(policy.posts_sessions, None, but=SIGNED_OUT) == CLINICIANS
    assert world.who(policy.registers_classes, None, but=SIGNED_OUT) == TEACHERS


@pytest.mark.parametrize("what", ["school", "class", "student", "registration"])
def test_the_records_of_a_school_are_its_teachers_and_the_coordinators(world: World, what: str) -> None:
    """A member of the school who is no teacher has no part in them."""
    rules: dict[str, tuple[Callable[[User, Any], bool], School | SchoolClass | Student | Registration]] = {
        "school": (policy.works_at, world.school),
        "class": (policy.keeps_class, world.school_class),
        "student": (policy.keeps_student, world.student),
        "registration": (policy.keeps_registration, world.registration),
    }
    rule, record = rules[what]
    assert world.who(rule, record, but=SIGNED_OUT) == OF_THE_SCHOOL


def test_a_session_is_its_hosts_and_its_posters(world: World) -> None:
    assert world.who(policy.hosts, world.session, but=SIGNED_OUT) == HOSTS
    alone = world.make.outreach_session(world.people["host"])
    assert world.who(policy.hosts, alone, but=SIGNED_OUT) == {"host", "coordinator"}


def test_only_who_hosts_takes_a_student_off_the_list(world: World) -> None:
    """The student's own teacher withdraws the student; withdrawing as a host isn't theirs."""
    assert world.who(policy.removes_registration, world.registration, but=SIGNED_OUT) == HOSTS


def test_present_hosts_and_coordinators_decide_as_long_as_their_account_is_open(world: World) -> None:
    assert world.who(policy.decides, world.session, but=SIGNED_OUT) == {"host", "co-host", "coordinator"}
    with transaction():
        for user in world.people.values():
            if isinstance(user, User):
                user.active = False
    assert world.who(policy.decides, world.session, but=SIGNED_OUT) == set()


@pytest.mark.parametrize("state", list(SessionState))
def test_a_draft_is_seen_by_who_hosts_it_and_everything_else_by_all(world: World, state: SessionState) -> None:
    with transaction():
        db.session.get_one(OutreachSession, world.session.id).state = state
    assert world.who(policy.sees_session, world.session) == (HOSTS if state is SessionState.DRAFT else set(world.people))


def test_the_telephone_for_the_day_is_for_hosts_and_teachers(world: World) -> None:
    assert world.who(policy.sees_day_phone, world.session) == HOSTS | TEACHERS


def test_only_a_coordinator_decides_applications(world: World) -> None:
    assert world.who(policy.decides_application, Application(), but=SIGNED_OUT) == {"coordinator"}


def test_a_schools_own_domain_is_its_teachers_to_speak_for_and_a_public_one_the_coordinators(world: World) -> None:
    own, public = BlockedDomain(domain="north-school.example"), BlockedDomain(domain="gmail.com")
    assert world.who(policy.may_unblock_domain, own, but=SIGNED_OUT) == OF_THE_SCHOOL
    assert world.who(policy.may_unblock_domain, public, but=SIGNED_OUT) == {"coordinator"}
