"""A session is being cancelled, and before that is written for good somebody else begins something about it.

Whoever acts on a session waits for whoever changes it, and then finds it cancelled: nothing about it is sent that invites,
reminds or asks. The cancellation has written everything and holds its lock when the other begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.deliverability.use_cases import reactivate_mailbox
from outreach.errors import NotThere, Refusal
from outreach.families.use_cases import answer, not_mine
from outreach.mail_admin.resend import send_as_update, send_lost_as_update
from outreach.models import (
    Answer,
    Invitation,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    SchoolClass,
    Student,
    User,
)
from outreach.notifications.decision_requests import ask_for_decisions
from outreach.notifications.reminders import plan_reminders
from outreach.notifications.rosters import plan_rosters
from outreach.registration.seat_jobs import lapse_offers
from outreach.registration.use_cases import (
    RegistrationRequest,
    accept_offer,
    decline_offer,
    register_students,
    remove,
    withdraw,
)
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.scheduling.retime import retime_all
from outreach.scheduling.use_cases import cancel, edit
from outreach.schools import students
from outreach.schools.queries import known_students
from tests.support.builders import Builder
from tests.support.inbound import ANA, PARENT, Family, invited
from tests.support.rivals import Act, overtaking

pytestmark = [pytest.mark.postgresql, pytest.mark.empty_database, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OF_A_CANCELLATION = {LetterKind.CANCELLED, LetterKind.DIGEST, LetterKind.WRONG_ADDRESS, LetterKind.NOT_MINE}


@dataclass
class Scene:
    """Ana has the one seat, Ben waits, Cyd isn't registered; everything written so far has left."""

    make: Builder
    family: Family
    ben: Student
    cyd: Student

    @property
    def session(self) -> OutreachSession:
        return self.family.outreach_session

    @property
    def ana(self) -> Student:
        return db.session.scalars(select(Student).join(Mailbox).where(Mailbox.address == ANA)).one()

    @property
    def teacher(self) -> User:
        return db.session.scalars(select(User).join(Registration, Registration.teacher_id == User.id)).unique().first()  # type: ignore[return-value]

    def place(self, student: Student) -> Registration:
        return db.session.scalars(select(Registration).where(Registration.student_id == student.id)).one()

    def set(self, record: Any, **values: Any) -> None:
        with transaction():
            for name, value in values.items():
                setattr(record, name, value)

    def request(self, *chosen: Student) -> RegistrationRequest:
        return RegistrationRequest(
            session_id=self.session.id,
            school_id=chosen[0].school_id,
            student_ids=tuple(one.id for one in chosen),
            teacher_id=self.teacher.id,
            by_id=self.teacher.id,
            permission_attested=True,
        )

    def offer(self) -> Registration:
        """Offer Ben the seat, as on the last day."""
        withdraw(self.place(self.ana).id, now=self.session.starts_at - 20 * HOUR, by_id=self.teacher.id)
        self.family.deliver()
        return self.place(self.ben)


@pytest.fixture
def scene(make: Builder, now: Any) -> Scene:
    family = invited(make, now, capacity=1)
    school_class = db.session.scalars(select(SchoolClass)).one()
    ben = make.student(school_class, given_name="Ben", email="ben@pupils.example", guardians=("bens@families.example",))
    cyd = make.student(school_class, given_name="Cyd", email="cyd@pupils.example", guardians=("cyds@families.example",))
    found = Scene(make, family, ben, cyd)
    make.register(family.outreach_session, found.teacher, ben)
    family.deliver()
    return found


def registering(scene: Scene) -> Act:
    return partial(register_students, scene.request(scene.cyd), now=scene.make.now)


def withdrawing(scene: Scene) -> Act:
    return partial(withdraw, scene.place(scene.ana).id, now=scene.make.now, by_id=scene.teacher.id)


def taking_off(scene: Scene) -> Act:
    return partial(remove, scene.place(scene.ana).id, now=scene.make.now, by_id=scene.family.host.id, reason="Too many")


def saying_no_in_the_family(scene: Scene) -> Act:
    scene.set(scene.session, frees_declined_seats=True)
    mine = scene.family.invitation(PARENT)
    said = partial(answer, Answer.DECLINED, mailbox_id=mine.mailbox_id, session_id=scene.session.id, sequence=mine.sequence)
    return partial(said, now=scene.make.now)


def asking_for_it_again(scene: Scene) -> Act:
    return partial(scene.family.take, scene.family.reply(method="REFRESH"))


def reminding(scene: Scene) -> Act:
    return partial(plan_reminders, now=scene.session.starts_at - DAY)


def sending_rosters(scene: Scene) -> Act:
    return partial(plan_rosters, now=scene.session.starts_at - HOUR)


def asking_for_a_decision(scene: Scene) -> Act:
    scene.set(scene.session, is_provisional=True, decides_at=scene.session.starts_at - DAY)
    return partial(ask_for_decisions, now=scene.session.starts_at - DAY)


def sending_one_again(scene: Scene) -> Act:
    return partial(send_as_update, scene.family.invitation().id, now=scene.make.now)


def sending_lost_ones_again(scene: Scene) -> Act:
    mine = scene.family.invitation()
    with transaction():
        for letter in db.session.scalars(select(Letter).where(Letter.invitation_id == mine.id)):
            letter.created_at -= 3 * DAY
            letter.state, letter.server_words = LetterState.FAILED, "450 later"
    return partial(send_lost_as_update, scene.session.id, [mine.id], now=scene.make.now)


def reaching_the_family_again(scene: Scene) -> Act:
    scene.set(scene.family.mailbox(), undeliverable_at=scene.make.now)
    return partial(reactivate_mailbox, scene.family.mailbox().id, now=scene.make.now)


def correcting_the_address(scene: Scene) -> Act:
    known = known_students(scene.ana.school_id)[scene.ana.id]
    facts = {name: getattr(known, name) for name in (*students.FIELDS, "guardians")} | {"email": "new@pupils.example"}
    change = partial(students.edit_student, scene.ana.id, students.StudentInput(**facts))
    return partial(change, seen=students.seen_of(known), now=scene.make.now)


def disowning_the_child(scene: Scene) -> Act:
    return partial(not_mine, scene.family.mailbox(PARENT).id, session_id=scene.session.id, now=scene.make.now)


def letting_an_offer_lapse(scene: Scene) -> Act:
    make, offered = scene.make, scene.offer()
    make.register(scene.session, scene.teacher, scene.cyd, now=scene.session.starts_at - 19 * HOUR)
    scene.family.deliver()
    assert offered.state is RegistrationState.OFFERED
    return partial(lapse_offers, now=scene.session.starts_at - 2 * HOUR)


def accepting_an_offer(scene: Scene) -> Act:
    return partial(accept_offer, scene.offer().id, by_id=scene.teacher.id, now=scene.session.starts_at - 19 * HOUR)


def declining_an_offer(scene: Scene) -> Act:
    return partial(decline_offer, scene.offer().id, by_id=scene.teacher.id, now=scene.session.starts_at - 19 * HOUR)


def retiming(scene: Scene) -> Act:
    scene.set(scene.session, starts_at=scene.session.starts_at + HOUR, ends_at=scene.session.ends_at + HOUR, tzdata_version="2025b")
    return partial(retime_all, now=scene.make.now)


def moving(scene: Scene) -> Act:
    when = WhenInput(day=scene.session.starts_wall.date() + DAY, start=time(9), end=time(10, 30))
    where = WhereInput(site_id=scene.session.site_id, zone=scene.session.zone, meeting_point="Main entrance")
    return partial(apply_move, scene.session.id, when, where, seen=scene.session.updated_at, now=scene.make.now)


def rewording(scene: Scene) -> Act:
    offer = DetailsInput(title="Power of Two Stitches", capacity=2)
    return partial(edit, scene.session.id, offer, seen=scene.session.updated_at, notifies=True, now=scene.make.now)


ACTS = [
    registering,
    withdrawing,
    taking_off,
    saying_no_in_the_family,
    asking_for_it_again,
    reminding,
    sending_rosters,
    asking_for_a_decision,
    sending_one_again,
    sending_lost_ones_again,
    reaching_the_family_again,
    correcting_the_address,
    disowning_the_child,
    letting_an_offer_lapse,
    accepting_an_offer,
    declining_an_offer,
    retiming,
    moving,
    rewording,
]
REFUSED = {registering, withdrawing, taking_off, saying_no_in_the_family, accepting_an_offer, declining_an_offer, moving, rewording}


@pytest.mark.parametrize("prepared", ACTS, ids=lambda prepared: prepared.__name__)
def test_whoever_acts_on_a_session_that_is_being_cancelled_finds_it_cancelled(
    app: Flask, scene: Scene, prepared: Callable[[Scene], Act]
) -> None:
    act = prepared(scene)
    known = set(db.session.scalars(select(Letter.id)))
    key, late = scene.session.id, scene.make.now

    met = overtaking(app, partial(cancel, key, "Flood", now=late), act)

    assert met.has_waited
    written = set(db.session.scalars(select(Letter.kind).where(Letter.id.not_in(known))))
    assert LetterKind.CANCELLED in written
    assert written <= OF_A_CANCELLATION
    assert isinstance(met.second, Refusal | NotThere) == (prepared in REFUSED)
    assert not db.session.scalars(select(Invitation.id).where(Invitation.is_live)).all()
    assert set(db.session.scalars(select(Invitation.answer))) == {Answer.NEEDS_ACTION}
