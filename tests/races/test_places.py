"""Places taken and given back by several people at once: each change happens once, and whoever is late is told so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import Refusal, Stale
from outreach.families import use_cases as families
from outreach.families.use_cases import answer as family_answer
from outreach.models import (
    Answer,
    AnswerSource,
    Invitation,
    Letter,
    LetterKind,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    SchoolClass,
    User,
)
from outreach.registration import By, Side, apply_rsvp, locked_session, seat_jobs, use_cases
from outreach.registration.use_cases import RegistrationOutcome, RegistrationRequest
from outreach.rsvp import NewRsvp
from tests.support.builders import Builder
from tests.support.rivals import PATIENCE, at_once, overtaking

pytestmark = [pytest.mark.both_databases("locks"), pytest.mark.empty_database]


@dataclass
class Workshop:
    """A workshop with five seats, a class of nine, its teacher and a colleague."""

    outreach_session: OutreachSession
    school_class: SchoolClass
    teacher: User
    colleague: User

    def request(self, by: User) -> RegistrationRequest:
        """The whole class, registered by one of the two."""
        return RegistrationRequest(
            session_id=self.outreach_session.id,
            school_id=self.school_class.school_id,
            class_id=self.school_class.id,
            student_ids=tuple(student.id for student in self.school_class.students),
            teacher_id=by.id,
            by_id=by.id,
            permission_attested=True,
        )

    def states(self) -> Counter[RegistrationState]:
        """Count the places, and see that the seats equal the rows."""
        db.session.rollback()
        db.session.refresh(self.outreach_session)
        rows = db.session.scalars(select(Registration).execution_options(populate_existing=True)).all()
        assert self.outreach_session.seats_taken == sum(row.is_seated for row in rows)
        active = [row.student_id for row in rows if row.is_active]
        assert len(active) == len(set(active)), "somebody has two places"
        return Counter(row.state for row in rows)


@pytest.fixture
def workshop(make: Builder) -> Workshop:
    school = make.school()
    teacher, colleague = make.teacher(school), make.teacher(school)
    school_class = make.full_class(school, teacher, colleague, size=9)
    return Workshop(make.outreach_session(make.clinician(), capacity=5), school_class, teacher, colleague)


@pytest.fixture
def registered(workshop: Workshop, now: datetime) -> list[int]:
    """The class is registered: five seated, four wait. Gives the ids, seated first."""
    use_cases.register_students(workshop.request(workshop.teacher), now=now)
    ids = list(db.session.scalars(select(Registration.id).order_by(Registration.id)))
    db.session.commit()
    return ids


def test_two_withdrawals_at_once_promote_exactly_two(app: Flask, workshop: Workshop, registered: list[int], now: datetime) -> None:
    later = now + timedelta(hours=1)
    answers = at_once(app, *[partial(use_cases.withdraw, key, now=later, by_id=workshop.teacher.id) for key in registered[:2]])
    assert answers == [None, None]
    assert workshop.states() == {RegistrationState.CONFIRMED: 5, RegistrationState.WAITING: 2, RegistrationState.WITHDRAWN: 2}
    seated = db.session.scalars(select(Registration.id).where(Registration.state == RegistrationState.CONFIRMED)).all()
    assert sorted(seated) == registered[2:7], "the first two in line, and nobody else"
    promoted = db.session.scalars(select(Letter.mailbox_id).where(Letter.kind == LetterKind.PROMOTED)).all()
    assert len(promoted) == len(set(promoted)) == 4, "each promoted student and guardian once"


def test_teacher_and_family_withdraw_at_once_and_one_is_told(app: Flask, workshop: Workshop, registered: list[int], now: datetime) -> None:
    mailbox = db.session.get_one(Registration, registered[0]).student.mailbox
    assert mailbox is not None
    key, later = registered[0], now + timedelta(hours=1)
    answers = at_once(
        app,
        partial(use_cases.withdraw, key, now=later, by_id=workshop.teacher.id),
        partial(families.withdraw, key, mailbox_id=mailbox.id, now=later),
    )
    assert [type(answer) for answer in answers if answer is not None] == [Refusal]
    assert workshop.states() == {RegistrationState.CONFIRMED: 5, RegistrationState.WAITING: 3, RegistrationState.WITHDRAWN: 1}


def test_the_same_class_registered_twice_at_once_has_its_places_once(app: Flask, workshop: Workshop, now: datetime) -> None:
    requests = [workshop.request(workshop.teacher), workshop.request(workshop.colleague)]
    answers = at_once(app, *[partial(use_cases.register_students, request, now=now) for request in requests])
    outcomes = [answer for answer in answers if isinstance(answer, RegistrationOutcome)]
    assert [(len(outcome.seated), len(outcome.waiting)) for outcome in outcomes] == [(5, 4)]
    assert [str(answer) for answer in answers if isinstance(answer, Refusal)] == ["They are all registered already."]
    assert workshop.states() == {RegistrationState.CONFIRMED: 5, RegistrationState.WAITING: 4}


@pytest.mark.usefixtures("app")
def test_two_colleagues_on_the_same_page_see_a_page_each(workshop: Workshop, client_of: Callable[[User | None], FlaskClient]) -> None:
    """One is thanked, the other told that they are registered: never a broken page."""
    start = Barrier(2)
    path = f"/sessions/{workshop.outreach_session.id}/registration?class={workshop.school_class.id}"
    form = {"student_ids": [student.id for student in workshop.school_class.students], "permission_attested": "y"}
    clients = [client_of(workshop.teacher), client_of(workshop.colleague)]

    def press(client: FlaskClient) -> int:
        start.wait(PATIENCE)
        return client.post(path, data=form).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, clients)) == [303, 422]
    assert workshop.states().total() == 9


def test_two_workers_let_an_offer_lapse_once(app: Flask, workshop: Workshop, registered: list[int]) -> None:
    """Inside the last day the teacher is asked; unanswered offers go to the next, whichever worker notices."""
    soon = workshop.outreach_session.starts_at - timedelta(hours=24)
    for key in registered[:2]:
        use_cases.withdraw(key, now=soon, by_id=workshop.teacher.id)
    assert workshop.states()[RegistrationState.OFFERED] == 2
    lapsed = at_once(app, *[partial(seat_jobs.lapse_offers, now=soon + timedelta(hours=7))] * 2)
    assert sorted(lapsed, key=str) in ([0, 2], [2, 0])
    assert workshop.states()[RegistrationState.OFFERED] == 2
    asked = db.session.scalars(select(Registration.id).where(Registration.state == RegistrationState.OFFERED)).all()
    assert sorted(asked) == registered[7:9], "the next two in line"


@pytest.mark.parametrize("by_same_student", [False, True])
def test_two_teachers_take_the_one_free_seat_and_one_is_told_that_it_is_gone(
    app: Flask, workshop: Workshop, registered: list[int], *, by_same_student: bool
) -> None:
    """On the last day, all who wait were asked about it and left it."""
    soon = workshop.outreach_session.starts_at - timedelta(hours=20)
    use_cases.withdraw(registered[0], now=soon, by_id=workshop.teacher.id)
    for key in registered[5:]:
        use_cases.decline_offer(key, by_id=workshop.teacher.id, now=soon)
    assert workshop.states()[RegistrationState.OFFERED] == 0
    first, second = registered[5], registered[5] if by_same_student else registered[6]
    taking = [partial(use_cases.take_free_seat, first, by_id=workshop.teacher.id, now=soon)]
    taking.append(partial(use_cases.take_free_seat, second, by_id=workshop.colleague.id, now=soon))
    (refusal,) = [answer for answer in at_once(app, *taking) if answer is not None]
    assert isinstance(refusal, Refusal)
    assert ("no longer on the waiting list" if by_same_student else "no free seat now") in str(refusal)
    assert workshop.states() == {RegistrationState.CONFIRMED: 5, RegistrationState.WAITING: 3, RegistrationState.WITHDRAWN: 1}
    promoted = db.session.scalars(select(Letter.mailbox_id).where(Letter.kind == LetterKind.PROMOTED)).all()
    assert len(promoted) == len(set(promoted)) == 2, "student and guardian, once"


def _key(address: str) -> int:
    return db.session.scalars(select(Mailbox.id).where(Mailbox.address == address)).one()


def _decline_by_calendar(mailbox_id: int, session_id: int, *, now: datetime) -> tuple[int, ...]:
    with transaction():
        outreach_session = locked_session(session_id)
        mine = Invitation.session_id == session_id, Invitation.mailbox_id == mailbox_id
        invitation = db.session.scalars(select(Invitation).where(*mine).execution_options(populate_existing=True)).one()
        return apply_rsvp(outreach_session, invitation, NewRsvp(answer=Answer.DECLINED, source=AnswerSource.CALENDAR), now=now)


@pytest.fixture
def family(workshop: Workshop, registered: list[int]) -> tuple[int, str, str]:
    """The first place, with the student's and the guardian's address; a "can't come" gives it back."""
    with transaction():
        workshop.outreach_session.frees_declined_seats = True
    student = db.session.get_one(Registration, registered[0]).student
    assert student.mailbox is not None
    assert student.guardians[0].mailbox is not None
    return registered[0], student.mailbox.address, student.guardians[0].mailbox.address


def test_a_no_and_a_withdrawal_at_once_free_the_place_once(
    app: Flask, workshop: Workshop, family: tuple[int, str, str], now: datetime
) -> None:
    place, student, _guardian = family
    withdrawal = partial(use_cases.withdraw, place, now=now, by_id=workshop.teacher.id)
    no = partial(_decline_by_calendar, _key(student), workshop.outreach_session.id, now=now)
    freed, refused = at_once(app, no, withdrawal)
    assert (freed, isinstance(refused, Refusal)) in (((place,), True), ((), False))
    assert workshop.states() == {RegistrationState.CONFIRMED: 5, RegistrationState.WAITING: 3, RegistrationState.WITHDRAWN: 1}


def test_a_students_no_never_beats_a_guardians_yes_that_came_first(
    app: Flask, workshop: Workshop, family: tuple[int, str, str], now: datetime
) -> None:
    place, student, guardian = family
    session_id = workshop.outreach_session.id
    declining = partial(_decline_by_calendar, _key(student), session_id, now=now)
    accepting = partial(family_answer, Answer.ACCEPTED, mailbox_id=_key(guardian), session_id=session_id, sequence=0, now=now)
    no, yes = at_once(app, declining, accepting)
    states = workshop.states()
    if states[RegistrationState.WITHDRAWN]:
        assert (no, isinstance(yes, Refusal)) == ((place,), True)
    else:
        assert (no, yes) == ((), None)


@pytest.mark.parametrize("rival", ["another undo", "a registration"])
def test_a_withdrawal_is_undone_once_and_never_into_a_seat_that_is_taken(app: Flask, workshop: Workshop, now: datetime, rival: str) -> None:
    """Five seats, five students, one of whom was withdrawn: the seat is free for one."""
    first, last = workshop.school_class.students[:5], workshop.school_class.students[5]
    whole = workshop.request(workshop.teacher)
    use_cases.register_students(replace(whole, student_ids=tuple(student.id for student in first)), now=now)
    place = db.session.scalars(select(Registration.id).where(Registration.student_id == first[0].id)).one()
    use_cases.withdraw(place, now=now, by_id=workshop.teacher.id)
    undo = partial(use_cases.undo_withdrawal, place, By(Side.SCHOOL, user_id=workshop.teacher.id), now=now)
    registering = partial(use_cases.register_students, replace(whole, student_ids=(last.id,)), now=now)
    undone, other = at_once(app, undo, undo if rival == "another undo" else registering)
    states = workshop.states()
    if rival == "another undo":
        assert [isinstance(one, Refusal) for one in (undone, other)].count(True) == 1
        assert states == {RegistrationState.CONFIRMED: 5}
    elif isinstance(undone, Stale):
        assert states == {RegistrationState.CONFIRMED: 5, RegistrationState.WITHDRAWN: 1}
    else:
        assert states == {RegistrationState.CONFIRMED: 5, RegistrationState.WAITING: 1}


@pytest.mark.parametrize("swapped", [False, True])
def test_whom_one_host_removes_while_another_accepts_them_has_no_confirmed_seat(
    app: Flask, workshop: Workshop, now: datetime, swapped: bool
) -> None:
    """A host withdrew somebody before, and the school registered them again: a removal is the last word, or the first."""
    place, whole = workshop.school_class.students[0], workshop.request(workshop.teacher)
    one = replace(whole, student_ids=(place.id,))
    remove = partial(use_cases.remove, by_id=workshop.outreach_session.host_id, reason="No bench left", now=now)
    use_cases.register_students(one, now=now)
    remove(db.session.scalars(select(Registration.id)).one())
    use_cases.register_students(one, now=now)
    again = db.session.scalars(select(Registration.id).order_by(Registration.id.desc()).limit(1)).one()
    assert workshop.states() == {RegistrationState.REMOVED: 1, RegistrationState.PENDING: 1}
    acts = [partial(use_cases.accept_again, again, by_id=workshop.outreach_session.host_id, now=now), partial(remove, again)]
    met = overtaking(app, *(reversed(acts) if swapped else acts))
    accepted, removed = (met.second, met.first) if swapped else met[:2]
    assert (isinstance(accepted, Refusal), removed, met.has_waited) == (swapped, None, True)
    assert workshop.states() == {RegistrationState.REMOVED: 2}


def test_who_is_registered_again_while_a_host_removes_them_awaits_the_host(app: Flask, workshop: Workshop, now: datetime) -> None:
    one = replace(workshop.request(workshop.teacher), student_ids=(workshop.school_class.students[0].id,))
    use_cases.register_students(one, now=now)
    place, host_id = db.session.scalars(select(Registration.id)).one(), workshop.outreach_session.host_id
    remove = partial(use_cases.remove, place, by_id=host_id, reason="No bench left", now=now)
    assert overtaking(app, remove, partial(use_cases.register_students, one, now=now)).has_waited
    assert workshop.states() == {RegistrationState.REMOVED: 1, RegistrationState.PENDING: 1}
