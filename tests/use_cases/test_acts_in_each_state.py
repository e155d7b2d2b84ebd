"""Each act on a registration, in each of its states and at each moment of its session: it is done, or refused and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal
from outreach.families import use_cases as by_family
from outreach.models import OutreachSession, Registration, RegistrationState, RegistrationStep, SessionState, Student, User
from outreach.registration import use_cases
from outreach.registration.use_cases import RegistrationRequest
from tests.support.builders import Builder
from tests.support.registrations import ENDED, SECOND, nothing_changes, registration_in, registration_of, seats_taken

CONFIRMED, OFFERED, WAITING = RegistrationState.CONFIRMED, RegistrationState.OFFERED, RegistrationState.WAITING
REMOVED, WITHDRAWN = RegistrationState.REMOVED, RegistrationState.WITHDRAWN
# When an act happens, counted from the start, and what the session is by then.
MOMENTS = {
    "in a week": (timedelta(days=-7), SessionState.PUBLISHED),
    "starts in a second": (-SECOND, SessionState.PUBLISHED),
    "starts now": (timedelta(0), SessionState.PUBLISHED),
    "started a second ago": (SECOND, SessionState.PUBLISHED),
    "cancelled": (timedelta(days=-7), SessionState.CANCELLED),
    "a draft": (timedelta(days=-7), SessionState.DRAFT),
}
TAKES_PLACE = ("in a week", "starts in a second")
GIVEN_BACK = "already been withdrawn"
BEGUN = "has begun or was cancelled"
LAPSED = "offer has expired"


class Scene:
    """A session of its own for each state, so that nobody gets another's seat; one student is registered in each."""

    def __init__(self, make: Builder, moment: str, now: datetime) -> None:
        before, state = MOMENTS[moment]
        school = make.school()
        self.teacher, self.host = make.teacher(school), make.clinician()
        self.ana = make.student(make.school_class(school, self.teacher), email="ana@pupils.example", guardians=("home@families.example",))
        self.places: dict[RegistrationState, Registration] = {}
        self.sessions: dict[RegistrationState, OutreachSession] = {}
        site = make.site()
        for one in RegistrationState:
            outreach_session = make.outreach_session(self.host, state=state, site=site)
            self.now = outreach_session.starts_at + before
            until = self.now + SECOND  # kept when an offer was answered, so each of them may have had one
            self.sessions[one] = outreach_session
            self.places[one] = registration_in(one, self.ana, outreach_session, self.teacher, now=now, offered_until=until)

    def step(self, state: RegistrationState) -> tuple[RegistrationState, datetime, int | None, int | None, str]:
        """Give what the history of this registration says last."""
        mine = RegistrationStep.registration_id == self.places[state].id
        step = db.session.scalars(select(RegistrationStep).where(mine).order_by(RegistrationStep.id.desc()).limit(1)).one()
        return step.state, step.at, step.by_id, step.by_mailbox_id, step.note

    def history(self, state: RegistrationState) -> list[tuple[RegistrationState, int | None]]:
        """Give what this registration went through, and who signed in did it."""
        mine = RegistrationStep.registration_id == self.places[state].id
        rows = db.session.execute(select(RegistrationStep.state, RegistrationStep.by_id).where(mine).order_by(RegistrationStep.id))
        return [(row.state, row.by_id) for row in rows]


@pytest.fixture(params=MOMENTS)
def moment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene(make: Builder, moment: str, now: datetime) -> Scene:
    return Scene(make, moment, now)


def refused_or_done(expected: str | RegistrationState, act: Callable[[], object]) -> None:
    """An act that is refused says why, and leaves everything as it was."""
    if isinstance(expected, RegistrationState):
        act()
        return
    with nothing_changes(), pytest.raises(Refusal, match=expected):
        act()


@pytest.mark.parametrize("by", ["teacher", "host", "family"])
def test_what_is_active_can_end_until_the_start(scene: Scene, moment: str, by: str) -> None:
    end_state = REMOVED if by == "host" else WITHDRAWN
    mailbox_id = scene.ana.mailbox_id
    assert mailbox_id is not None
    for state, place in scene.places.items():
        acts: dict[str, Callable[[], None]] = {
            "teacher": partial(use_cases.withdraw, place.id, now=scene.now, by_id=scene.teacher.id, note="ill"),
            "host": partial(use_cases.remove, place.id, now=scene.now, by_id=scene.host.id, reason="too many"),
            "family": partial(by_family.withdraw, place.id, now=scene.now, mailbox_id=mailbox_id),
        }
        expected: str | RegistrationState = GIVEN_BACK if state in ENDED else end_state if moment in TAKES_PLACE else BEGUN
        refused_or_done(expected, acts[by])
        ended = registration_of(scene.ana, scene.sessions[state])
        assert ended.state is (expected if isinstance(expected, RegistrationState) else state)
        if ended.state is not state:
            who = {"teacher": (scene.teacher.id, None, "ill"), "host": (scene.host.id, None, "too many"), "family": (None, mailbox_id, "")}
            assert scene.step(state) == (end_state, scene.now, *who[by])
            assert (ended.changed_at, seats_taken(scene.sessions[state])) == (scene.now, 0)


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_only_an_offer_can_be_answered_and_only_while_the_session_takes_place(scene: Scene, moment: str, answer: str) -> None:
    act = use_cases.accept_offer if answer == "accept" else use_cases.decline_offer
    for state, place in scene.places.items():
        expected: str | RegistrationState = BEGUN if moment not in TAKES_PLACE else LAPSED
        if state is OFFERED and moment in TAKES_PLACE:
            expected = CONFIRMED if answer == "accept" else WAITING
        refused_or_done(expected, partial(act, place.id, by_id=scene.teacher.id, now=scene.now))
        if isinstance(expected, RegistrationState):
            # whoever declines goes on waiting: a week before the start they are given the free seat, on the last day nobody is asked twice
            given = [(CONFIRMED, None)] if answer == "decline" and moment == "in a week" else []
            assert scene.history(state) == [(expected, scene.teacher.id), *given]
            assert seats_taken(scene.sessions[state]) == (CONFIRMED in dict(scene.history(state)))


@pytest.mark.parametrize("before", [SECOND, timedelta(0), -SECOND])
def test_an_offer_can_be_answered_until_it_lapses(make: Builder, now: datetime, before: timedelta) -> None:
    scene = Scene(make, "in a week", now)
    offer = scene.places[OFFERED]
    assert offer.offered_until is not None
    for act, state in ((use_cases.decline_offer, WAITING), (use_cases.accept_offer, CONFIRMED)):
        with transaction():
            offer.state = OFFERED
            scene.sessions[OFFERED].seats_taken = 1
        expected: str | RegistrationState = state if before > timedelta(0) else LAPSED
        refused_or_done(expected, partial(act, offer.id, by_id=scene.teacher.id, now=offer.offered_until - before))


def test_an_offer_without_an_end_counts_as_lapsed(make: Builder, now: datetime) -> None:
    scene = Scene(make, "in a week", now)
    with transaction():
        scene.places[OFFERED].offered_until = None
    refused_or_done(LAPSED, partial(use_cases.accept_offer, scene.places[OFFERED].id, by_id=scene.teacher.id, now=scene.now))


def ask(scene: Scene, outreach_session: OutreachSession, *students: Student, by: User | None = None) -> RegistrationRequest:
    return RegistrationRequest(
        session_id=outreach_session.id,
        school_id=scene.ana.school_id,
        student_ids=tuple(student.id for student in students or (scene.ana,)),
        teacher_id=scene.teacher.id,
        by_id=(by or scene.teacher).id,
        permission_attested=True,
    )


def test_whoever_is_active_is_registered_already_and_whoever_left_may_come_back(scene: Scene, moment: str) -> None:
    closed = {"cancelled": "cancelled or isn't published", "a draft": "cancelled or isn't published"}
    for state, outreach_session in scene.sessions.items():
        open_now = moment in TAKES_PLACE
        expected: str | RegistrationState = CONFIRMED if state in ENDED else "registered already"
        if not open_now:
            expected = closed.get(moment, "Registration has closed")
        refused_or_done(expected, partial(use_cases.register_students, ask(scene, outreach_session), now=scene.now))
        if expected is CONFIRMED:
            assert registration_of(scene.ana, outreach_session).id != scene.places[state].id
            assert seats_taken(outreach_session) == 1


def test_what_is_not_there_can_neither_be_given_back_nor_answered(make: Builder, now: datetime) -> None:
    scene = Scene(make, "in a week", now)
    missing = max(place.id for place in scene.places.values()) + 1
    for act in (
        partial(use_cases.withdraw, missing, now=now, by_id=scene.teacher.id),
        partial(use_cases.remove, missing, now=now, by_id=scene.host.id, reason="x"),
        partial(use_cases.accept_offer, missing, now=now, by_id=scene.teacher.id),
        partial(use_cases.decline_offer, missing, now=now, by_id=scene.teacher.id),
    ):
        with nothing_changes(), pytest.raises(NotThere):
            act()
