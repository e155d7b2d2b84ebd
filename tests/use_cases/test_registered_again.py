"""A student whom a host withdrew is registered again: the host is told, and decides before the seat is confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import Letter, LetterKind, OutreachSession, RegistrationState, SessionState, Student
from outreach.registration import By, Side, use_cases
from outreach.registration.candidates import candidates
from tests.support.builders import Builder
from tests.support.registrations import SECOND, letters, nothing_changes, registration_of, states

CONFIRMED, PENDING, REMOVED = (RegistrationState(one) for one in ("confirmed", "pending", "removed"))
HOST = "host@hospital.example"
pytestmark = pytest.mark.empty_database


class Scene:
    """Ana was withdrawn by the host of one of two sessions; Ben never was."""

    def __init__(self, make: Builder) -> None:
        self.make, self.now = make, make.now
        school = make.school()
        self.teacher = make.teacher(school)
        self.school_class = make.school_class(school, self.teacher)
        self.host = make.clinician(email=HOST)
        self.session, self.other = make.outreach_session(self.host), make.outreach_session(self.host)
        self.ana, self.ben = (
            make.student(self.school_class, given_name=name, guardians=(f"{name.lower()}@families.example",)) for name in ("Ana", "Ben")
        )
        self.register(self.ana)
        self.remove()

    def register(self, *students: Student, about: OutreachSession | None = None) -> None:
        self.make.register(about or self.session, self.teacher, *students)

    def remove(self) -> None:
        use_cases.remove(registration_of(self.ana, self.session).id, by_id=self.host.id, reason="No bench left", now=self.now)

    def accept(self, **more: Any) -> None:
        use_cases.accept_again(registration_of(self.ana, self.session).id, by_id=self.host.id, **({"now": self.now} | more))


@pytest.fixture
def scene(make: Builder) -> Scene:
    return Scene(make)


def test_the_sheet_says_so_before_and_the_seat_is_held_until_the_host_accepts(scene: Scene) -> None:
    found = candidates(scene.session, scene.ana.school_id, [scene.ana.id, scene.ben.id])
    assert [one.was_removed for one in found] == [True, False]
    assert not any(one.was_removed for one in candidates(scene.other, scene.ana.school_id, [scene.ana.id]))
    scene.register(scene.ana, scene.ben)
    scene.register(scene.ana, about=scene.other)
    assert states(scene.session) == {"Ana": PENDING, "Ben": CONFIRMED}
    assert states(scene.other) == {"Ana": CONFIRMED}
    assert letters(scene.session, LetterKind.NOTE) == [(HOST, LetterKind.NOTE)]
    scene.accept()
    assert states(scene.session) == {"Ana": CONFIRMED, "Ben": CONFIRMED}
    with nothing_changes(), pytest.raises(Refusal, match="already been decided"):
        scene.accept()


def test_withdrawn_again_it_is_asked_again_and_accepted_once_it_is_not(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.remove()
    scene.register(scene.ana)
    assert states(scene.session) == {"Ana": PENDING}
    notes = select(Letter.dedupe_key).where(Letter.kind == LetterKind.NOTE)
    assert len(set(db.session.scalars(notes))) == 2
    scene.accept()
    use_cases.withdraw(registration_of(scene.ana, scene.session).id, now=scene.now, by_id=scene.teacher.id)
    scene.register(scene.ana)
    assert states(scene.session) == {"Ana": CONFIRMED}


def test_a_removal_that_was_undone_asks_nobody(scene: Scene) -> None:
    place = registration_of(scene.ana, scene.session).id
    use_cases.undo_withdrawal(place, By(Side.HOST, user_id=scene.host.id), now=scene.now + SECOND)
    assert states(scene.session) == {"Ana": CONFIRMED}
    assert letters(scene.session, LetterKind.NOTE) == []


@pytest.mark.parametrize("state", [SessionState.CANCELLED, SessionState.PUBLISHED])
def test_nothing_is_decided_once_it_has_begun_or_was_cancelled(scene: Scene, state: SessionState) -> None:
    scene.register(scene.ana)
    with transaction():
        db.session.get_one(OutreachSession, scene.session.id).state = state
    with nothing_changes(), pytest.raises(Refusal, match="has begun or was cancelled"):
        scene.accept(now=scene.session.starts_at if state is SessionState.PUBLISHED else scene.now)
