"""A session as letters carry it: every word that is shown, and only while it holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from outreach.db import db, transaction
from outreach.models import Answer, Invitation, InvitationReason, ReasonKind, Registration, SessionState
from outreach.models.snapshots import SessionSnapshot
from outreach.notifications.read import snapshot_of
from outreach.notifications.recipient_counts import RecipientCounts, count_everybody, count_with_entry
from outreach.people.queries import for_host
from outreach.scheduling import use_cases as scheduling
from tests.support.builders import Builder
from tests.support.neighbours import MARIA, Neighbours
from tests.support.outbox import invite

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted


def test_a_session_at_a_site_is_written_down_whole(make: Builder, now: datetime) -> None:
    site = make.site("Harbor Hospital")
    host = make.clinician(given_name="Sam", family_name="Lee")
    words: dict[str, Any] = {
        "bring": "A pen",
        "wear": "Short sleeves",
        "kit": "A pad",
        "meeting_point": "Back door",
        "video_url": "https://video.example/1",
    }
    one = make.outreach_session(
        host, site=site, area_id=make.area(site, "Skills lab").id, frees_declined_seats=True, fold=0, zone="America/New_York", **words
    )
    expected = SessionSnapshot(
        id=one.id,
        title="Power of a Stitch",
        format_key="stitch_workshop",
        format_name=one.format.name,
        host_name="Sam Lee",
        starts_wall=datetime(2027, 3, 18, 14),
        ends_wall=datetime(2027, 3, 18, 16),
        zone="America/New_York",
        fold=0,
        starts_at=one.starts_at,
        ends_at=one.starts_at + timedelta(hours=2),
        site_name="Harbor Hospital",
        area_name="Skills lab",
        address="1 Main Street",
        frees_declined_seats=True,
        **words,
    )
    assert snapshot_of(one) == expected
    assert snapshot_of(one).starts_at < now + timedelta(days=18)


def test_an_online_session_has_no_place(make: Builder) -> None:
    one = make.outreach_session(make.clinician(), video_url="https://video.example/1")
    facts = snapshot_of(one)
    assert (facts.site_name, facts.area_name, facts.address, facts.video_url) == ("", "", "", "https://video.example/1")


@pytest.mark.parametrize("state", list(SessionState))
def test_whether_it_is_certain_is_said_while_it_takes_place(make: Builder, state: SessionState) -> None:
    one = make.outreach_session(make.clinician())
    with transaction():
        one.leave_open_until(one.starts_at - timedelta(days=1))
        one.state, one.cancel_reason = state, "Flood"
    facts, is_published = snapshot_of(one), state is SessionState.PUBLISHED
    assert (facts.is_provisional, facts.decides_at) == (is_published, one.decides_at if is_published else None)
    assert (facts.is_cancelled, facts.cancel_reason) == (state is SessionState.CANCELLED, "Flood")
    with transaction():
        one.is_provisional = False
    assert (snapshot_of(one).is_provisional, snapshot_of(one).decides_at) == (False, None)


def test_who_would_hear_is_counted_by_what_they_are(make: Builder) -> None:
    world = Neighbours(make)
    assert count_everybody(world.first) == RecipientCounts(students=3, guardians=3, teachers=1, hosts=2, lists=2, waiting=2)
    assert count_with_entry(world.first) == RecipientCounts(students=3, guardians=3, teachers=1, hosts=2)
    assert count_everybody(world.second) == RecipientCounts(students=1, guardians=1, teachers=1, hosts=1, lists=2, waiting=4)
    assert RecipientCounts(students=1, guardians=2, teachers=4, hosts=8, lists=16, waiting=32).total == 63
    scheduling.cancel(world.first.id, "Flood", now=world.now)
    assert count_with_entry(world.first).total == 0


def test_a_host_reads_students_by_school_and_given_name(make: Builder) -> None:
    world = Neighbours(make)
    with transaction():
        world.north.name = "West School"
        world.students["Ana"].given_name = "Zoe"
    found = for_host(Registration.session_id == world.first.id)
    assert [(one.school_name, one.given_name) for one in found] == [
        *(("South School", name) for name in ("Gul", "Hal")),
        *(("West School", name) for name in ("Ben", "Cem", "Dana", "Eli", "Fay", "Zoe")),
    ]
    assert {one.family_name for one in found} == {""}


def test_a_new_invitation_stands_has_no_answer_and_nothing_of_it_has_left(make: Builder, now: datetime) -> None:
    one = invite(make.outreach_session(make.clinician()), make.mailbox("a@x.example"), now=now)
    db.session.refresh(one)
    assert (one.sequence, one.sent_sequence, one.answer, one.is_live, one.has_left) == (0, None, Answer.NEEDS_ACTION, True, False)
    assert (one.answer_is_verified, one.answered_at, one.answer_stamp) == (True, None, None)
    with transaction():
        one.sent_sequence = 0
    assert one.has_left


def test_the_database_refuses_what_no_invitation_can_be(make: Builder) -> None:
    world = Neighbours(make)
    maria = world.invitation(MARIA)
    ana = world.registration("Ana").id
    values = {name: getattr(maria, name) for name in ("session_id", "mailbox_id", "created_at", "changed_at")}
    wrongs: tuple[Invitation | InvitationReason, ...] = (
        Invitation(**values, uid="another"),
        Invitation(**values | {"mailbox_id": world.make.mailbox("a@x.example").id}, uid=maria.uid),
        Invitation(**values | {"mailbox_id": world.make.mailbox("b@x.example").id}, uid="b", sequence=0, sent_sequence=1),
        InvitationReason(invitation_id=maria.id, kind=ReasonKind.STUDENT),
        InvitationReason(invitation_id=maria.id, kind=ReasonKind.STUDENT, registration_id=ana, user_id=world.nora.id),
        InvitationReason(invitation_id=maria.id, kind=ReasonKind.GUARDIAN, registration_id=ana),
    )
    for wrong in wrongs:
        with pytest.raises(IntegrityError), transaction():
            db.session.add(wrong)
    assert [reason.registration_id for reason in world.invitation(MARIA).reasons] == [ana, world.registration("Ben").id]
