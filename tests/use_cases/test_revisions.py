"""What a change does to an invitation: its SEQUENCE, whether it stands, and whether the RSVP of before still holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Answer, Invitation, OutreachSession
from outreach.models.snapshots import Cause
from outreach.notifications import notify
from outreach.notifications.read import snapshot_of
from outreach.scheduling import use_cases as scheduling
from tests.support.builders import Builder
from tests.support.neighbours import GUL, RUTH, Neighbours
from tests.support.queued_letters import queued

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
HOUR = timedelta(hours=1)


@pytest.fixture
def world(make: Builder) -> Neighbours:
    """Everybody has accepted."""
    world = Neighbours(make)
    with transaction():
        for invitation in db.session.scalars(select(Invitation)):
            invitation.answer, invitation.answered_at, invitation.answer_stamp = Answer.ACCEPTED, world.now, world.now
    world.now += HOUR
    return world


def invitations(one: OutreachSession) -> list[Invitation]:
    found = select(Invitation).where(Invitation.session_id == one.id).order_by(Invitation.id)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def moved(world: Neighbours) -> None:
    world.move()


def reworded(world: Neighbours) -> None:
    with transaction():
        was, world.first.title = snapshot_of(world.first), "Another title"
        notify.notify_wording(world.first, previous=was, has_new_description=False, now=world.now)


def in_another_zone(world: Neighbours) -> None:
    with transaction():
        was = replace(snapshot_of(world.first), starts_at=world.first.starts_at + HOUR)
        notify.notify_zone(world.first, previous=was, now=world.now)


def online_in_another_zone(world: Neighbours) -> None:
    with transaction():
        world.first.site_id, world.first.site, world.first.video_url = None, None, "https://video.example/1"
    in_another_zone(world)


def made_provisional(world: Neighbours) -> None:
    decided_at(world, days=2)


def decided_later(world: Neighbours) -> None:
    with transaction():
        world.first.leave_open_until(world.first.starts_at - timedelta(days=2))
    decided_at(world, days=1)


def decided_at(world: Neighbours, days: int) -> None:
    with transaction():
        was = snapshot_of(world.first)
        world.first.leave_open_until(world.first.starts_at - timedelta(days=days))
        notify.notify_status(world.first, previous=was, cause=Cause.PROVISIONAL, now=world.now)


def confirmed(world: Neighbours) -> None:
    with transaction():
        world.first.leave_open_until(world.first.starts_at - timedelta(days=2))
        db.session.flush()
        was = snapshot_of(world.first)
        world.first.leave_open_until(None)
        notify.notify_status(world.first, previous=was, cause=Cause.DECIDED, now=world.now)


def cancelled(world: Neighbours) -> None:
    scheduling.cancel(world.first.id, "Flood", now=world.now)


@pytest.mark.parametrize(
    ("act", "asks_again"),
    [
        (moved, True),
        (reworded, False),
        (in_another_zone, False),
        (online_in_another_zone, True),
        (made_provisional, True),
        (decided_later, False),
        (confirmed, False),  # all said yes to this same time
        (cancelled, True),
    ],
)
def test_every_entry_is_revised_once_and_an_rsvp_holds_only_for_what_was_answered(
    world: Neighbours, act: Callable[[Neighbours], None], *, asks_again: bool
) -> None:
    revision, before = world.first.revision, {one.id: one.uid for one in invitations(world.first)}
    sequences = {one.id: one.sequence for one in invitations(world.first)}
    act(world)
    after = invitations(world.first)
    answered = None if asks_again else world.now - HOUR
    assert {one.id: one.uid for one in after} == before
    assert {one.id: one.sequence for one in after} == {key: sequence + 1 for key, sequence in sequences.items()}
    assert {(one.changed_at, one.is_live) for one in after} == {(world.now, act is not cancelled)}
    answer = Answer.NEEDS_ACTION if asks_again else Answer.ACCEPTED
    assert {(one.answer, one.answered_at, one.answer_stamp) for one in after} == {(answer, answered, answered)}
    assert (world.first.revision, world.first.updated_at) == (revision + 1, world.now)
    kind = "cancelled" if act is cancelled else None if act in (reworded, in_another_zone, online_in_another_zone) else "updated"
    assert {(one.to, one.kind.value) for one in queued() if not one.facts.entry and one.kind != "digest"} == (
        {(GUL, kind), (RUTH, kind)} if kind else set()
    ), "who waits"
    in_calendars = [letter for letter in queued() if letter.facts.entry]
    assert len(in_calendars) == len(after)
    for letter in in_calendars:
        entry, event = letter.facts.entry, letter.mail.event
        assert entry is not None
        assert (entry.answer, entry.is_first, entry.changed_at) == (answer.value, False, world.now)
        assert event["ATTENDEE"].params["PARTSTAT"] == ("NEEDS-ACTION" if asks_again else "ACCEPTED")
        assert (int(event["SEQUENCE"]), str(event["UID"])) == (letter.letter.sequence, before[letter.letter.invitation_id or 0])
        assert event["LAST-MODIFIED"].dt == world.now
        assert letter.method == ("CANCEL" if act is cancelled else "REQUEST")
