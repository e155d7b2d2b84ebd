"""An answer holds; where the session says so, a declined invitation gives exactly its own students' places back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import db, locked, transaction
from outreach.models import (
    Answer,
    AnswerSource,
    Invitation,
    InvitationAnswer,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    RegistrationStep,
    Student,
)
from outreach.registration.answering import apply_rsvp
from outreach.rsvp.record import NewRsvp
from tests.support.builders import Builder

pytestmark = [pytest.mark.both_databases("row locks"), pytest.mark.empty_database]

CONFIRMED, WITHDRAWN, WAITING = RegistrationState.CONFIRMED, RegistrationState.WITHDRAWN, RegistrationState.WAITING
HOME = "home@families.example"


@dataclass
class Stage:
    """A session with registered students; everybody's invitation has left."""

    outreach_session: OutreachSession
    now: datetime

    def answers(self, address: str, answer: Answer = Answer.DECLINED, *, at: timedelta = timedelta(0), **facts: Any) -> tuple[int, ...]:
        """Let the reader of this address answer; gives the registrations whose places that gave back."""
        given = NewRsvp(answer=answer, source=AnswerSource.CALENDAR, **facts)
        with transaction():
            outreach_session = locked(OutreachSession, self.outreach_session.id)
            assert outreach_session is not None
            return apply_rsvp(outreach_session, self.invitation(address), given, now=self.now + at)

    def invitation(self, address: str) -> Invitation:
        wanted = select(Invitation).join(Mailbox).where(Mailbox.address == address)
        return db.session.scalars(wanted.execution_options(populate_existing=True)).one()

    @property
    def states(self) -> dict[str, RegistrationState]:
        """Where each student stands, by given name."""
        rows = db.session.execute(select(Student.given_name, Registration.state).join(Student, Student.id == Registration.student_id))
        return {name: state for name, state in rows}  # noqa: C416 (dict() of rows isn't typed)


@pytest.fixture
def stage(make: Builder, now: datetime) -> Any:
    school = make.school()
    teacher = make.teacher(school, email="teacher@schools.example")
    school_class = make.school_class(school, teacher)

    def register(*students: dict[str, Any], **facts: Any) -> Stage:
        given = [make.student(school_class, **facts) for facts in students]
        outreach_session = make.outreach_session(make.clinician(), **{"frees_declined_seats": True} | facts)
        make.register(outreach_session, teacher, *given)
        with transaction():
            for letter in db.session.scalars(select(Letter)):
                letter.state, letter.settled_at = LetterState.SENT, now
            for invitation in db.session.scalars(select(Invitation)):
                invitation.sent_sequence = invitation.sequence
        return Stage(outreach_session, now)

    return register


def test_a_decline_frees_the_seat_seats_the_next_and_tells_everybody(stage: Any, now: datetime) -> None:
    ana, ben = {"given_name": "Ana", "email": "ana@pupils.example"}, {"given_name": "Ben", "guardians": (HOME,)}
    played = stage(ana, ben, capacity=1)
    assert len(played.answers("ana@pupils.example")) == 1
    assert played.states == {"Ana": WITHDRAWN, "Ben": CONFIRMED}
    assert db.session.get_one(OutreachSession, played.outreach_session.id, populate_existing=True).seats_taken == 1
    step = db.session.scalars(select(RegistrationStep).where(RegistrationStep.state == WITHDRAWN)).one()
    assert (step.by_mailbox_id, step.by_id, step.at) == (played.invitation("ana@pupils.example").mailbox_id, None, now)
    queued = select(Mailbox.address, Letter.kind).join(Letter, Letter.mailbox_id == Mailbox.id).where(Letter.state == LetterState.QUEUED)
    assert {tuple(row) for row in db.session.execute(queued)} == {
        ("ana@pupils.example", LetterKind.REMOVED),
        (HOME, LetterKind.PROMOTED),
        ("teacher@schools.example", LetterKind.DIGEST),
    }
    why = select(Letter.facts).where(Letter.kind.in_([LetterKind.REMOVED, LetterKind.DIGEST]), Letter.state == LetterState.QUEUED)
    assert {facts["cause"] for facts in db.session.scalars(why)} == {"declined"}
    gone = played.invitation("ana@pupils.example")
    assert (gone.answer, gone.is_live, gone.sequence) == (Answer.DECLINED, False, 1)


@pytest.mark.one_database
@pytest.mark.parametrize(
    "why", ["the session doesn't say so", "it has begun", "unproven", "only unsure", "cancelled", "of age", "two guardians"]
)
def test_the_place_stays_and_the_answer_is_kept(stage: Any, now: datetime, why: str) -> None:
    ana: dict[str, Any] = {"given_name": "Ana", "guardians": (HOME,)}
    session_facts: dict[str, Any] = {"frees_declined_seats": why != "the session doesn't say so"}
    answer: dict[str, Any] = {"is_verified": why != "unproven", "answer": Answer.TENTATIVE if why == "only unsure" else Answer.DECLINED}
    if why == "two guardians":
        ana["guardians"] = (HOME, "other@families.example")
    if why == "of age":
        # born after the day of the session minus 18 years when registered, of age once the session has moved on
        ana["birth_date"] = date(2009, 3, 20)
    played = stage(ana, **session_facts)
    with transaction():
        one = db.session.get_one(OutreachSession, played.outreach_session.id)
        if why == "cancelled":
            one.cancel("Ill", now=now)
        if why == "of age":
            later = timedelta(days=7)
            one.set_time(
                starts_wall=one.starts_wall + later, ends_wall=one.ends_wall + later, zone=one.zone, fold=0, tzdata_version="2026f"
            )
    if why == "it has begun":
        answer["at"] = one.starts_at - now
    assert played.answers(HOME, **answer) == ()
    assert played.states == {"Ana": CONFIRMED}
    assert played.invitation(HOME).answer is answer["answer"]


@pytest.mark.one_database
def test_only_ones_own_students_places_are_given_back(stage: Any) -> None:
    played = stage(
        {"given_name": "Ana", "guardians": (HOME,)},
        {"given_name": "Ben", "guardians": (HOME,), "email": "ben@pupils.example"},
        {"given_name": "Cem", "guardians": (HOME, "cems.father@families.example")},
        {"given_name": "Dua", "guardians": ("other@families.example",)},
    )
    assert played.answers("ben@pupils.example", Answer.ACCEPTED) == ()
    assert len(played.answers(HOME)) == 1
    assert played.states == {"Ana": WITHDRAWN, "Ben": CONFIRMED, "Cem": CONFIRMED, "Dua": CONFIRMED}
    assert played.invitation(HOME).is_live


@pytest.mark.one_database
def test_a_teacher_who_is_a_guardian_may_have_meant_the_lesson(stage: Any) -> None:
    played = stage({"given_name": "Ana", "guardians": ("teacher@schools.example",)})
    assert played.answers("teacher@schools.example") == ()
    assert played.states == {"Ana": CONFIRMED}


@pytest.mark.one_database
def test_a_guardian_whose_address_is_refused_has_no_say(make: Builder, stage: Any, now: datetime) -> None:
    played = stage({"given_name": "Ana", "guardians": (HOME, "gone@families.example")})
    mailbox = make.mailbox("gone@families.example")
    with transaction():
        mailbox.undeliverable_at = now
    assert len(played.answers(HOME)) == 1
    assert played.states == {"Ana": WITHDRAWN}


@pytest.mark.one_database
def test_every_answer_stays_in_the_history(stage: Any, now: datetime) -> None:
    played = stage({"given_name": "Ana", "guardians": (HOME,)}, frees_declined_seats=False)
    played.answers(HOME, Answer.ACCEPTED, comment="With pleasure")
    played.answers(HOME, at=timedelta(hours=1))
    kept = db.session.scalars(select(InvitationAnswer).order_by(InvitationAnswer.id)).all()
    assert [(one.answer, one.counts, one.comment) for one in kept] == [
        (Answer.ACCEPTED, True, "With pleasure"),
        (Answer.DECLINED, True, ""),
    ]
    assert played.invitation(HOME).answer_stamp == now + timedelta(hours=1)
