"""Seats on offer shortly before the start, and what becomes of them when plans change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.errors import Refused
from outreach.models import Invitation, Letter, LetterKind, OutreachSession, RegistrationState
from outreach.registration.use_cases import accept_offer, decline_offer
from outreach.scheduling.use_cases import cancel
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
    with pytest.raises(Refused, match="cancelled"):
        answer(amara.id, by_id=tara.id, now=now)
    assert refresh(town, "Amara") is RegistrationState.OFFERED
    assert invited(town.ward_visit) == []
    assert db.session.scalars(select(Letter.id).where(Letter.kind == LetterKind.PROMOTED)).all() == []
