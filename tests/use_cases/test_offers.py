"""Seats on offer shortly before the start, and what becomes of them when plans change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.errors import Refusal
from outreach.models import Invitation, Letter, LetterKind, OutreachSession, RegistrationState
from outreach.registration.use_cases import accept_offer, decline_offer
from outreach.scheduling.inputs import WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder
from tests.support.town import WARD_VISIT, Town


def refresh(town: Town, name: str) -> RegistrationState:
    """Give where a student stands in the ward visit now."""
    registration = town.registration(name, WARD_VISIT)
    db.session.refresh(registration)
    return registration.state


def invited(outreach_session: OutreachSession) -> list[int]:
    """Give the mailboxes with a living entry for this session."""
    living = select(Invitation.mailbox_id).where(Invitation.session_id == outreach_session.id, Invitation.is_live)
    return list(db.session.scalars(living))


@pytest.mark.parametrize("answer", [accept_offer, decline_offer])
def test_an_offer_in_a_cancelled_session_can_neither_be_taken_nor_declined(answer: Callable[..., None], town: Town, now: datetime) -> None:
    amara, tara = town.registration("Amara", WARD_VISIT), town.user("Tara")
    cancel(town.ward_visit.id, "The ward is closed.", now=now)
    with pytest.raises(Refusal, match="cancelled"):
        answer(amara.id, by_id=tara.id, now=now)
    assert refresh(town, "Amara") is RegistrationState.OFFERED
    assert invited(town.ward_visit) == []
    assert db.session.scalars(select(Letter.id).where(Letter.kind == LetterKind.PROMOTED)).all() == []


def test_who_is_registered_after_a_declined_offer_gets_the_seat_that_is_free(make: Builder, town: Town, now: datetime) -> None:
    tara, tess = town.user("Tara"), town.user("Tess")
    decline_offer(town.registration("Amara", WARD_VISIT).id, by_id=tara.id, now=now)
    make.register(town.ward_visit, tess, town.student("Isla"), now=now)
    assert refresh(town, "Isla") is RegistrationState.CONFIRMED
    assert refresh(town, "Amara") is RegistrationState.WAITING
    assert (town.ward_visit.seats_taken, town.ward_visit.capacity) == (2, 2)


def test_a_session_that_moves_away_from_its_last_day_seats_who_waits_beside_a_free_seat(town: Town, now: datetime) -> None:
    visit = town.ward_visit
    decline_offer(town.registration("Amara", WARD_VISIT).id, by_id=town.user("Tara").id, now=now)
    next_week = WhenInput(day=date(2027, 3, 9), start=time(8), end=time(10))
    apply_move(visit.id, next_week, WhereInput(area_id=visit.area_id, zone=visit.zone), seen=visit.updated_at, now=now)
    assert refresh(town, "Amara") is RegistrationState.CONFIRMED
    assert town.mailbox("Amara").id in invited(visit)
