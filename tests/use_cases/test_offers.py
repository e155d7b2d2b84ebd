"""Seats on offer shortly before the start, and what becomes of them when plans change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import Invitation, Letter, LetterKind, OutreachSession, RegistrationState
from outreach.registration.seat_jobs import give_out_free_seats, lapse_offers
from outreach.registration.use_cases import accept_offer, decline_offer, take_free_seat
from outreach.scheduling.inputs import WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder
from tests.support.town import TALK, WARD_VISIT, Town


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


def move_to(town: Town, day: date, starts: time, *, now: datetime) -> None:
    visit = town.ward_visit
    when = WhenInput(day=day, start=starts, end=time(starts.hour + 2))
    apply_move(visit.id, when, WhereInput(area_id=visit.area_id, zone=visit.zone), seen=visit.updated_at, now=now)


def test_an_offer_becomes_a_seat_when_the_session_moves_to_a_later_day(town: Town, now: datetime) -> None:
    """Nobody need be asked any more: the seat is theirs, and the family is invited."""
    move_to(town, date(2027, 3, 9), time(8), now=now)
    assert (refresh(town, "Amara"), refresh(town, "Esme")) == (RegistrationState.CONFIRMED, RegistrationState.CONFIRMED)
    assert {town.mailbox(name).id for name in ("Amara", "Esme", "grace", "Cole")} <= set(invited(town.ward_visit))
    assert town.ward_visit.seats_taken == 2


def test_an_offer_ends_with_the_start_of_a_session_that_moved_earlier(town: Town, now: datetime) -> None:
    amara = town.registration("Amara", WARD_VISIT)
    move_to(town, date(2027, 3, 1), time(10), now=now)
    starts_at = town.ward_visit.starts_at
    db.session.refresh(amara)
    assert amara.offered_until == starts_at == now + timedelta(hours=1)
    for later in (starts_at, town.ward_visit.ends_at + timedelta(minutes=1)):
        with pytest.raises(Refusal, match="begun"):
            accept_offer(amara.id, by_id=town.user("Tara").id, now=later)
    assert refresh(town, "Amara") is RegistrationState.OFFERED


def test_offers_of_a_cancelled_session_stay_as_they_were(town: Town, now: datetime) -> None:
    cancel(town.ward_visit.id, "The ward is closed.", now=now)
    assert lapse_offers(now=now + timedelta(days=2)) == 0
    assert refresh(town, "Amara") is RegistrationState.OFFERED


@pytest.mark.parametrize("gone", ["declined", "lapsed"])
def test_who_did_not_take_an_offered_seat_can_take_it_while_it_is_free(gone: str, town: Town, now: datetime) -> None:
    amara, tara = town.registration("Amara", WARD_VISIT), town.user("Tara")
    if gone == "declined":
        decline_offer(amara.id, by_id=tara.id, now=now)
    else:
        now = amara.offered_until or now
        assert lapse_offers(now=now) == 2
    assert (refresh(town, "Amara"), town.ward_visit.seats_left > 0) == (RegistrationState.WAITING, True)
    take_free_seat(amara.id, by_id=tara.id, now=now)
    assert refresh(town, "Amara") is RegistrationState.CONFIRMED
    assert {town.mailbox(name).id for name in ("Amara", "grace")} <= set(invited(town.ward_visit))
    with pytest.raises(Refusal, match="no longer on the waiting list"):
        take_free_seat(amara.id, by_id=tara.id, now=now)


def test_nobody_takes_a_seat_that_another_is_asked_about(make: Builder, town: Town, now: datetime) -> None:
    """Isla waits and was never asked, so the declined seat is offered to her; once she has left it, it is free for all."""
    make.register(town.ward_visit, town.user("Tess"), town.student("Isla"), now=now)
    amara, isla = (town.registration(name, WARD_VISIT) for name in ("Amara", "Isla"))
    decline_offer(amara.id, by_id=town.user("Tara").id, now=now)
    assert refresh(town, "Isla") is RegistrationState.OFFERED
    with pytest.raises(Refusal, match="no free seat now"):
        take_free_seat(amara.id, by_id=town.user("Tara").id, now=now)
    decline_offer(isla.id, by_id=town.user("Tess").id, now=now)
    take_free_seat(amara.id, by_id=town.user("Tara").id, now=now)
    with pytest.raises(Refusal, match="no free seat now"):
        take_free_seat(isla.id, by_id=town.user("Tess").id, now=now)
    assert town.ward_visit.seats_left == 0


def test_no_free_seat_is_taken_beyond_the_limit_of_a_school(town: Town, now: datetime) -> None:
    gwen = town.registration("Gwen", TALK)
    with transaction():
        town.talk.promotion_stops = 60 * 24 * 60
    assert town.talk.seats_left == 1
    with pytest.raises(Refusal, match="no free seat now"):
        take_free_seat(gwen.id, by_id=town.user("Theo").id, now=now)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(hours=3)])
def test_no_seat_is_taken_once_the_session_has_begun(after: timedelta, town: Town, now: datetime) -> None:
    amara, starts_at = town.registration("Amara", WARD_VISIT), town.ward_visit.starts_at
    decline_offer(amara.id, by_id=town.user("Tara").id, now=now)
    with pytest.raises(Refusal, match="begun"):
        take_free_seat(amara.id, by_id=town.user("Tara").id, now=starts_at + after)


def test_a_seat_that_was_left_free_by_whatever_means_is_given_out(town: Town, now: datetime) -> None:
    """Whatever made the room, such as a change in the database by hand: the job finds it, once."""
    with transaction():
        town.workshop.capacity += 1
    assert give_out_free_seats(now=now) == 1
    assert town.registration("Esme").state is RegistrationState.CONFIRMED
    assert town.registration("Kirsty").state is RegistrationState.WAITING
    assert give_out_free_seats(now=now) == 0
