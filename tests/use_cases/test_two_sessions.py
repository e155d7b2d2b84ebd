"""What happens to one session is written to the people of that session alone, once each, and to nobody of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Invitation, OutreachSession
from outreach.models.snapshots import Cause
from outreach.notifications import notify, recipient_counts
from outreach.notifications.notify import resend_as_update, resend_invitations, resend_replacing
from outreach.notifications.read import snapshot_of
from outreach.scheduling import use_cases as scheduling
from tests.support.builders import Builder
from tests.support.neighbours import ANA, CARL, DANA, ELI, GUL, HANA, MARIA, NORA, PAUL, RUTH, SOL, TOM, Neighbours
from tests.support.queued_letters import queued, who_gets_what

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


def moved(world: Neighbours, one: OutreachSession) -> None:
    world.move(one, days=1)


def reworded(world: Neighbours, one: OutreachSession) -> None:
    with transaction():
        was, one.title = snapshot_of(one), "Another title"
        notify.notify_wording(one, previous=was, has_new_description=False, now=world.now)


def in_another_zone(world: Neighbours, one: OutreachSession) -> None:
    with transaction():
        notify.notify_zone(one, previous=replace(snapshot_of(one), starts_at=one.starts_at + timedelta(hours=1)), now=world.now)


def made_provisional(world: Neighbours, one: OutreachSession) -> None:
    with transaction():
        was = snapshot_of(one)
        one.leave_open_until(one.starts_at - timedelta(days=2))
        notify.notify_status(one, previous=was, cause=Cause.PROVISIONAL, now=world.now)


def cancelled(world: Neighbours, one: OutreachSession) -> None:
    scheduling.cancel(one.id, "The theatre is needed.", now=world.now)


def sent_as_update(world: Neighbours, one: OutreachSession) -> None:
    with transaction():
        resend_as_update(one, invitations_of(one), now=world.now)


def sent_again(world: Neighbours, one: OutreachSession) -> None:
    with transaction():
        resend_invitations(one, invitations_of(one), key="asked", now=world.now)


def sent_anew(world: Neighbours, one: OutreachSession) -> None:
    with transaction():
        resend_replacing(one, invitations_of(one), key="asked", now=world.now)


def given_other_hosts(world: Neighbours, one: OutreachSession) -> None:
    helper = world.make.clinician(email=HELPER)
    with transaction():
        one.host, one.co_hosts = helper, []
        db.session.flush()
        notify.notify_hosts(one, now=world.now)


def invitations_of(one: OutreachSession) -> list[int]:
    return list(db.session.scalars(select(Invitation.id).where(Invitation.session_id == one.id)))


HELPER = "helper@hospital.example"
CALENDARS_OF_FIRST = (HANA, CARL, NORA, TOM, ANA, MARIA, PAUL, DANA, ELI)
CALENDARS_OF_SECOND = (CARL, SOL, GUL, RUTH)
WAIT_FOR_SECOND = (ANA, MARIA, PAUL, RUTH)  # Ruth's other child has the seat


def entries(kind: str, *addresses: str) -> Counter[tuple[str, str]]:
    return Counter((address, kind) for address in addresses)


FIRST: dict[Callable[[Neighbours, OutreachSession], None], Counter[tuple[str, str]]] = {
    moved: entries("updated", *CALENDARS_OF_FIRST, GUL, RUTH) + entries("digest", NORA, SOL),
    reworded: entries("updated", *CALENDARS_OF_FIRST),
    in_another_zone: entries("updated", *CALENDARS_OF_FIRST),
    made_provisional: entries("updated", *CALENDARS_OF_FIRST, GUL, RUTH) + entries("digest", NORA, SOL),
    cancelled: entries("cancelled", *CALENDARS_OF_FIRST, GUL, RUTH) + entries("digest", NORA, SOL),
    sent_as_update: entries("updated", *CALENDARS_OF_FIRST),
    sent_again: entries("updated", *CALENDARS_OF_FIRST),
    sent_anew: entries("updated", *CALENDARS_OF_FIRST),
    given_other_hosts: entries("updated", HANA) + entries("removed", CARL) + entries("invitation", HELPER),
}
SECOND: dict[Callable[[Neighbours, OutreachSession], None], Counter[tuple[str, str]]] = {
    moved: entries("updated", *CALENDARS_OF_SECOND, *WAIT_FOR_SECOND) + entries("digest", NORA, SOL),
    reworded: entries("updated", *CALENDARS_OF_SECOND),
    in_another_zone: entries("updated", *CALENDARS_OF_SECOND),
    made_provisional: entries("updated", *CALENDARS_OF_SECOND, *WAIT_FOR_SECOND) + entries("digest", NORA, SOL),
    cancelled: entries("cancelled", *CALENDARS_OF_SECOND, *WAIT_FOR_SECOND) + entries("digest", NORA, SOL),
    sent_as_update: entries("updated", *CALENDARS_OF_SECOND),
    sent_again: entries("updated", *CALENDARS_OF_SECOND),
    sent_anew: entries("updated", *CALENDARS_OF_SECOND),
    given_other_hosts: entries("removed", CARL) + entries("invitation", HELPER),
}
ACTS = [*((act, "first", letters) for act, letters in FIRST.items()), *((act, "second", letters) for act, letters in SECOND.items())]


@pytest.mark.parametrize(("act", "which", "letters"), ACTS)
def test_a_change_of_one_session_is_written_to_its_people_and_leaves_the_other_alone(
    world: Neighbours, act: Callable[[Neighbours, OutreachSession], None], which: str, letters: Counter[tuple[str, str]]
) -> None:
    one, other = (world.first, world.second) if which == "first" else (world.second, world.first)
    before = world.rows_of(other)
    act(world, one)
    assert who_gets_what(queued()) == letters
    assert {letter.facts.session.id for letter in queued()} == {one.id}
    assert all(one.title in letter.mail.text and other.title not in letter.mail.everything for letter in queued())
    assert world.rows_of(other) == before


def test_the_number_of_letters_announced_is_the_number_written(world: Neighbours) -> None:
    for one, letters in ((world.first, FIRST), (world.second, SECOND)):
        assert recipient_counts.count_everybody(one).total == letters[moved].total()
        assert recipient_counts.count_with_entry(one).total == letters[reworded].total()
