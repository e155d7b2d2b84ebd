"""Guardians leave and come back while seats are given, held and released: no child is seated without an adult, and no seat is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.db import db
from outreach.errors import Refusal
from outreach.families.use_cases import not_mine, undo_not_mine
from outreach.models import Letter, LetterKind, RegistrationState, Student
from outreach.registration.seat_jobs import release_held_seats
from outreach.registration.use_cases import RegistrationRequest, accept_offer, register_students, withdraw
from outreach.schools.use_cases import take_responsibility
from tests.support.builders import Builder
from tests.support.registrations import registration_of, seats_taken, states
from tests.support.rivals import COMMIT, overtaking

pytestmark = [pytest.mark.both_databases("locks"), pytest.mark.empty_database]
CONFIRMED, OFFERED, PENDING, RELEASED, WAITING = (
    RegistrationState(one) for one in ("confirmed", "offered", "pending", "released", "waiting")
)
HOME, OTHER = "home@families.example", "other@families.example"
THURSDAY_1800 = datetime(2027, 3, 4, 18, 0, tzinfo=UTC)
Act = Callable[[], object]


class Scene:
    """Ana with one guardian, Ben with two, Cem with another; a session with one seat."""

    def __init__(self, app: Flask, make: Builder, now: datetime) -> None:
        self.app, self.make, self.now = app, make, now
        school = make.school()
        self.teacher = make.teacher(school)
        school_class = make.school_class(school, self.teacher)
        self.ana = make.student(school_class, given_name="Ana", email="ana@pupils.example", guardians=(HOME,))
        self.ben = make.student(school_class, given_name="Ben", guardians=("one@families.example", OTHER))
        self.cem = make.student(school_class, given_name="Cem", guardians=("cem@families.example",))
        self.session = make.outreach_session(make.clinician(), capacity=1)

    def register(self, *students: Student) -> None:
        self.make.register(self.session, self.teacher, *students)

    def leaving(self, address: str = HOME, *, at: datetime | None = None) -> Act:
        return partial(not_mine, self.make.mailbox(address).id, session_id=self.session.id, now=at or self.now)

    def undoing(self, *, at: datetime) -> Act:
        return partial(undo_not_mine, self.make.mailbox(HOME).id, session_id=self.session.id, now=at)

    def meet(self, first: Act, second: Act, *, swapped: bool) -> tuple[object, object]:
        """Let the second come while the first has written and not committed; give what came of each. It must have waited."""
        met = overtaking(self.app, *((second, first) if swapped else (first, second)), at=COMMIT)
        assert met.has_waited
        return (met.second, met.first) if swapped else (met.first, met.second)


@pytest.fixture
def scene(app: Flask, make: Builder, now: datetime) -> Scene:
    return Scene(app, make, now)


@pytest.mark.parametrize("swapped", [False, True])
def test_who_is_given_a_seat_while_the_last_guardian_leaves_has_it_held_or_waits_on(scene: Scene, swapped: bool) -> None:
    scene.register(scene.cem, scene.ana)
    freeing = partial(withdraw, registration_of(scene.cem, scene.session).id, now=scene.now, by_id=scene.teacher.id)
    scene.meet(freeing, scene.leaving(), swapped=swapped)
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == ((WAITING, 0) if swapped else (PENDING, 1))


@pytest.mark.parametrize("swapped", [False, True])
def test_who_is_registered_while_the_last_guardian_leaves_has_the_seat_held_or_waits(scene: Scene, swapped: bool) -> None:
    """The guardian presses the button in an e-mail about another session."""
    elsewhere = scene.make.outreach_session(scene.make.clinician())
    request = RegistrationRequest(
        session_id=elsewhere.id,
        school_id=scene.ana.school_id,
        student_ids=(scene.ana.id,),
        teacher_id=scene.teacher.id,
        by_id=scene.teacher.id,
        permission_attested=True,
    )
    scene.register(scene.ana)
    scene.meet(partial(register_students, request, now=scene.now), scene.leaving(), swapped=swapped)
    assert states(scene.session)["Ana"] is PENDING
    assert (states(elsewhere)["Ana"], seats_taken(elsewhere)) == ((WAITING, 0) if swapped else (PENDING, 1))


@pytest.mark.parametrize("swapped", [False, True])
def test_an_offer_accepted_while_the_last_guardian_leaves_is_held_or_taken_back(scene: Scene, swapped: bool) -> None:
    scene.register(scene.cem, scene.ana)
    late = scene.session.starts_at - timedelta(hours=20)
    withdraw(registration_of(scene.cem, scene.session).id, now=late, by_id=scene.teacher.id)
    ana = registration_of(scene.ana, scene.session)
    assert ana.state is OFFERED
    accepting = partial(accept_offer, ana.id, by_id=scene.teacher.id, now=late)
    accepted, _left = scene.meet(accepting, scene.leaving(at=late), swapped=swapped)
    assert isinstance(accepted, Refusal) is swapped
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == ((WAITING, 0) if swapped else (PENDING, 1))


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_guardians_who_leave_at_the_same_time_the_second_is_the_last(scene: Scene, swapped: bool) -> None:
    scene.register(scene.ben)
    scene.meet(scene.leaving(OTHER), scene.leaving("one@families.example"), swapped=swapped)
    assert states(scene.session)["Ben"] is PENDING
    assert db.session.scalars(select(Student.guardians_gone_at).where(Student.id == scene.ben.id)).one() == scene.now


def test_a_guardian_who_presses_twice_at_once_leaves_once(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.meet(scene.leaving(), scene.leaving(), swapped=False)
    count = select(func.count()).where(Letter.kind == LetterKind.WRONG_ADDRESS)
    assert (db.session.scalar(count), scene.make.mailbox(HOME).link_version) == (1, 2)


@pytest.mark.parametrize("swapped", [False, True])
def test_undoing_while_the_time_is_up_keeps_the_seat_or_gets_it_back_while_it_is_free(scene: Scene, swapped: bool) -> None:
    scene.register(scene.ana)
    scene.leaving()()
    scene.meet(scene.undoing(at=THURSDAY_1800), partial(release_held_seats, now=THURSDAY_1800), swapped=swapped)
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == (CONFIRMED, 1)
    assert scene.make.mailbox(HOME).is_open


@pytest.mark.parametrize("swapped", [False, True])
def test_a_teacher_and_a_guardian_who_settle_it_at_once_confirm_it_once(scene: Scene, swapped: bool) -> None:
    scene.register(scene.ana)
    scene.leaving()()
    later = scene.now + timedelta(minutes=1)
    taking = partial(take_responsibility, scene.ana.id, by_id=scene.teacher.id, now=later)
    taken, undone = scene.meet(taking, scene.undoing(at=later), swapped=swapped)
    assert (isinstance(taken, Refusal), undone) == (swapped, None)
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == (CONFIRMED, 1)
