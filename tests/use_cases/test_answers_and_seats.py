"""What a declined invitation does to a seat: for each state, each moment, and each part the reader has in the session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import db, locked, transaction
from outreach.errors import Refusal, Stale
from outreach.families import use_cases
from outreach.models import (
    SEATED,
    Answer,
    AnswerSource,
    Invitation,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    RegistrationStep,
    SessionState,
    Student,
)
from outreach.notifications.notify import notify_hosts
from outreach.registration.answering import apply_rsvp, seats_at_stake
from outreach.rsvp.record import NewRsvp
from tests.support.builders import Builder
from tests.support.registrations import SECOND, nothing_changes, registration_of, seats_taken, states

CONFIRMED, OFFERED, PENDING, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "pending", "waiting"))
WITHDRAWN = RegistrationState.WITHDRAWN
HOME, TEACHER, HOST, CO_HOST = "home@families.example", "teacher@schools.example", "host@hospital.example", "co-host@hospital.example"


class Scene:
    """A session in which a declined invitation frees the seat; hosts and teacher have their invitations."""

    def __init__(self, make: Builder) -> None:
        self.make, self.now = make, make.now
        school = make.school()
        self.teacher = make.teacher(school, email=TEACHER)
        self.school_class = make.school_class(school, self.teacher)
        self.host, co_host = make.clinician(email=HOST), make.clinician(email=CO_HOST)
        self.session = make.outreach_session(self.host, co_hosts=[co_host], frees_declined_seats=True)
        with transaction():
            notify_hosts(self.session, now=make.now)

    def register(self, name: str, *guardians: str, email: str | None = None, about: OutreachSession | None = None) -> Student:
        student = self.make.student(self.school_class, given_name=name, email=email, guardians=guardians)
        self.make.register(about or self.session, self.teacher, student)
        return student

    def invitation(self, address: str, about: OutreachSession | None = None) -> Invitation:
        mine = Mailbox.address == address, Invitation.session_id == (about or self.session).id
        wanted = select(Invitation).join(Mailbox).where(*mine)
        return db.session.scalars(wanted.execution_options(populate_existing=True)).one()

    def answers(self, address: str, answer: Answer = Answer.DECLINED, *, at: datetime | None = None, **facts: Any) -> tuple[int, ...]:
        with transaction():
            outreach_session = locked(OutreachSession, self.session.id)
            assert outreach_session is not None
            given = NewRsvp(answer=answer, source=AnswerSource.CALENDAR, **facts)
            return apply_rsvp(outreach_session, self.invitation(address), given, now=at or self.now)


@pytest.fixture
def scene(make: Builder) -> Scene:
    return Scene(make)


@pytest.mark.parametrize("state", list(RegistrationState))
def test_only_a_seat_is_given_back_and_what_ended_stays_ended(scene: Scene, state: RegistrationState) -> None:
    ana = scene.register("Ana", HOME)
    place = registration_of(ana, scene.session)
    with transaction():
        db.session.get_one(Registration, place.id).state = state
        db.session.get_one(OutreachSession, scene.session.id).seats_taken = int(state in SEATED)
    freed = scene.answers(HOME)
    assert freed == ((place.id,) if state in SEATED else ())
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == (WITHDRAWN if state in SEATED else state, 0)
    steps = db.session.scalars(select(RegistrationStep.state).where(RegistrationStep.registration_id == place.id)).all()
    assert steps == ([CONFIRMED, WITHDRAWN] if state in SEATED else [CONFIRMED])
    assert scene.invitation(HOME).answer is Answer.DECLINED


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("is_verified", [True, False])
def test_only_a_decline_that_proved_where_it_came_from_frees_the_seat(scene: Scene, answer: Answer, *, is_verified: bool) -> None:
    scene.register("Ana", HOME)
    frees = answer is Answer.DECLINED and is_verified
    assert bool(scene.answers(HOME, answer, is_verified=is_verified)) is frees
    assert states(scene.session)["Ana"] is (WITHDRAWN if frees else CONFIRMED)
    held = scene.invitation(HOME)
    assert (held.answer, held.answer_is_verified) == (answer, is_verified)


@pytest.mark.parametrize(
    ("state", "before", "frees_declined_seats", "is_free"),
    [
        (SessionState.PUBLISHED, SECOND, True, True),
        (SessionState.PUBLISHED, timedelta(0), True, False),
        (SessionState.PUBLISHED, -SECOND, True, False),
        (SessionState.PUBLISHED, SECOND, False, False),
        (SessionState.CANCELLED, SECOND, True, False),
    ],
)
def test_a_seat_is_freed_until_the_start_of_a_session_that_says_so(
    scene: Scene, state: SessionState, before: timedelta, *, frees_declined_seats: bool, is_free: bool
) -> None:
    scene.register("Ana", HOME)
    with transaction():
        one = db.session.get_one(OutreachSession, scene.session.id)
        one.state, one.frees_declined_seats = state, frees_declined_seats
    assert bool(scene.answers(HOME, at=scene.session.starts_at - before)) is is_free
    assert states(scene.session)["Ana"] is (WITHDRAWN if is_free else CONFIRMED)


@pytest.mark.parametrize("address", [TEACHER, HOST, CO_HOST])
def test_whoever_hosts_or_teaches_here_may_have_meant_that_part(scene: Scene, address: str) -> None:
    """They are the only guardian of a student with a seat: their own decline frees nothing."""
    scene.register("Ana", address)
    kinds = {reason.kind.value for reason in scene.invitation(address).reasons}
    assert kinds == {"guardian", "teacher" if address == TEACHER else "host"}
    assert seats_at_stake(scene.invitation(address)) == []
    assert scene.answers(address) == ()
    assert states(scene.session) == {"Ana": CONFIRMED}


def test_a_host_who_has_no_child_here_frees_nobodys_seat(scene: Scene) -> None:
    scene.register("Ana", HOME)
    assert scene.answers(HOST) == ()
    assert states(scene.session) == {"Ana": CONFIRMED}


@pytest.mark.parametrize(
    ("guardians", "email", "who", "is_free"),
    [
        ((HOME,), None, HOME, True),
        ((HOME,), "ana@pupils.example", HOME, True),
        ((HOME,), "ana@pupils.example", "ana@pupils.example", True),
        ((HOME, "father@families.example"), None, HOME, False),
        ((HOME, "father@families.example"), "ana@pupils.example", "ana@pupils.example", True),
    ],
)
def test_who_speaks_alone_frees_the_seat(scene: Scene, guardians: tuple[str, ...], email: str | None, who: str, *, is_free: bool) -> None:
    ana = scene.register("Ana", *guardians, email=email)
    place = registration_of(ana, scene.session).id
    assert seats_at_stake(scene.invitation(who)) == ([place] if is_free else [])
    assert scene.answers(who) == ((place,) if is_free else ())


def test_it_frees_the_seats_of_this_mailbox_in_this_session_and_no_other(scene: Scene, make: Builder) -> None:
    other = make.outreach_session(scene.host, frees_declined_seats=True)
    ana = scene.register("Ana", HOME)
    make.register(other, scene.teacher, ana)
    scene.register("Ben", HOME)
    scene.register("Cem", "other@families.example")
    freed = scene.answers(HOME)
    assert freed == tuple(sorted(freed))
    assert len(freed) == 2
    assert states(scene.session) == {"Ana": WITHDRAWN, "Ben": WITHDRAWN, "Cem": CONFIRMED}
    assert (states(other), seats_taken(scene.session), seats_taken(other)) == ({"Ana": CONFIRMED}, 1, 1)


def test_the_seat_goes_to_whoever_waits(scene: Scene) -> None:
    with transaction():
        db.session.get_one(OutreachSession, scene.session.id).capacity = 1
    ana = scene.register("Ana", HOME)
    scene.register("Ben", "other@families.example")
    scene.answers(HOME)
    assert (states(scene.session), seats_taken(scene.session)) == ({"Ana": WITHDRAWN, "Ben": CONFIRMED}, 1)
    mine = RegistrationStep.registration_id == registration_of(ana, scene.session).id
    step = db.session.scalars(select(RegistrationStep).where(mine).order_by(RegistrationStep.id.desc()).limit(1)).one()
    assert (step.by_mailbox_id, step.by_id, step.at) == (scene.invitation(HOME).mailbox_id, None, scene.now)


def answer(scene: Scene, answer: Answer = Answer.DECLINED, *, sequence: int = 0, at: datetime | None = None) -> None:
    mailbox_id = scene.invitation(HOME).mailbox_id
    use_cases.answer(answer, mailbox_id=mailbox_id, session_id=scene.session.id, sequence=sequence, now=at or scene.now)


def test_it_counts_and_withdraws_nobody(scene: Scene) -> None:
    """The page asks about that next; a calendar's answer can't be asked, so that one frees the seat where the session says so."""
    scene.register("Ana", HOME)
    answer(scene)
    assert states(scene.session) == {"Ana": CONFIRMED}
    held = scene.invitation(HOME)
    assert (held.answer, held.answered_at, held.answer_stamp, held.answer_is_verified) == (Answer.DECLINED, scene.now, scene.now, True)


@pytest.mark.parametrize("before", [SECOND, timedelta(0), -SECOND])
def test_it_is_taken_until_the_start(scene: Scene, before: timedelta) -> None:
    scene.register("Ana", HOME)
    at = scene.session.starts_at - before
    if before > timedelta(0):
        answer(scene, at=at)
        assert scene.invitation(HOME).answer is Answer.DECLINED
    else:
        with nothing_changes(), pytest.raises(Refusal, match="can no longer answer"):
            answer(scene, at=at)


@pytest.mark.parametrize("state", [SessionState.CANCELLED, SessionState.DRAFT])
def test_a_session_that_is_off_is_not_answered(scene: Scene, state: SessionState) -> None:
    scene.register("Ana", HOME)
    with transaction():
        db.session.get_one(OutreachSession, scene.session.id).state = state
    with nothing_changes(), pytest.raises(Refusal, match="can no longer answer"):
        answer(scene)


@pytest.mark.parametrize("sequence", [0, 2])
def test_only_the_invitation_as_it_is_now_is_answered(scene: Scene, sequence: int) -> None:
    scene.register("Ana", HOME)
    with transaction():
        scene.invitation(HOME).sequence = 1
    with nothing_changes(), pytest.raises(Stale, match="has changed in the meantime"):
        answer(scene, sequence=sequence)
    answer(scene, sequence=1)
    assert scene.invitation(HOME).answer is Answer.DECLINED


def test_an_invitation_that_was_cancelled_is_not_answered(scene: Scene) -> None:
    scene.register("Ana", HOME)
    with transaction():
        scene.invitation(HOME).is_live = False
    with nothing_changes(), pytest.raises(Refusal, match="can no longer answer"):
        answer(scene)
