"""What is stale when its turn comes doesn't leave; what was cancelled before it left is never mentioned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from outreach.db import db, transaction
from outreach.models import Answer, Invitation, LetterKind, Mailbox, OutreachSession, SessionState
from outreach.outbox.leasing import Pace, lease_due
from outreach.outbox.outcome import Refused
from outreach.outbox.tally import Tally
from tests.support.builders import Builder
from tests.support.outbox import Scripted, about, deliver, invite, put, states

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FAMILY_KINDS = [
    *(LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED, LetterKind.WAITING, LetterKind.REMINDER),
    LetterKind.CONFIRM_ANSWER,
]


@pytest.fixture
def outreach_session(make: Builder) -> OutreachSession:
    """Thursday 18 March 2027, 18:00 to 20:00 UTC, reminders a week and a day before."""
    return make.outreach_session(make.clinician())


@pytest.fixture
def invitation(make: Builder, outreach_session: OutreachSession, now: datetime) -> Invitation:
    """Nothing about it has left."""
    return invite(outreach_session, make.mailbox("someone@example.org"), now=now)


def change(record: Invitation | OutreachSession | Mailbox, **values: object) -> None:
    with transaction():
        db.session.execute(update(type(record)).where(type(record).id == record.id).values(**values))


def remind(invitation: Invitation, now: datetime, lead: int = 10080) -> str:
    starts_at = invitation.outreach_session.starts_at.isoformat()
    facts = {"session": {"starts_at": starts_at}, "lead_minutes": lead}
    return put(invitation.mailbox, f"reminder {lead}", now=now, kind=LetterKind.REMINDER, facts=facts, **about(invitation, None))


@pytest.mark.parametrize("kind", [LetterKind.CANCELLED, LetterKind.REMOVED])
def test_no_cancel_goes_to_someone_whose_request_never_left(invitation: Invitation, now: datetime, kind: LetterKind) -> None:
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    deliver(Scripted({"someone@example.org": Refused(words="554 No")}), now)
    change(invitation, sequence=1, is_live=False)
    put(invitation.mailbox, "cancel", now=now, kind=kind, **about(invitation, 1))
    assert deliver(Scripted(), now) == Tally(dropped=1)
    assert states() == {"request": "failed", "cancel": "dropped"}


def test_the_cancel_follows_a_request_that_left(invitation: Invitation, now: datetime) -> None:
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    deliver(Scripted(), now)
    change(invitation, sequence=1, is_live=False)
    put(invitation.mailbox, "cancel", now=now, kind=LetterKind.REMOVED, **about(invitation, 1))
    assert deliver(Scripted(), now) == Tally(sent=1)


def test_the_cancel_follows_a_request_that_a_dead_worker_may_have_sent(invitation: Invitation, now: datetime) -> None:
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    with transaction():
        lease_due(now=now, pace=Pace())
    change(invitation, sequence=1, is_live=False)
    put(invitation.mailbox, "cancel", now=now, kind=LetterKind.CANCELLED, **about(invitation, 1))
    assert deliver(Scripted(), now) == Tally()
    transport = Scripted()
    assert deliver(transport, now + 6 * MINUTE) == Tally(sent=1, dropped=1)
    assert transport.subjects == ["cancel"]


def test_a_notice_without_an_entry_needs_no_request(invitation: Invitation, outreach_session: OutreachSession, now: datetime) -> None:
    put(invitation.mailbox, "no seat came free", now=now, kind=LetterKind.CANCELLED, session_id=outreach_session.id)
    assert deliver(Scripted(), now) == Tally(sent=1)


def test_a_request_that_came_back_is_dropped_for_the_newer_one(invitation: Invitation, now: datetime) -> None:
    put(invitation.mailbox, "old time", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    change(invitation, sequence=1)
    put(invitation.mailbox, "new time", now=now, kind=LetterKind.UPDATED, **about(invitation, 1))
    transport = Scripted()
    assert deliver(transport, now) == Tally(sent=1, dropped=1)
    assert transport.subjects == ["new time"]


@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind not in (LetterKind.ACCOUNT, LetterKind.APPLICATION)])
def test_nothing_about_sessions_goes_to_a_mailbox_that_said_stop(invitation: Invitation, now: datetime, kind: LetterKind) -> None:
    with transaction():
        invitation.mailbox.stop(now=now)
    put(invitation.mailbox, now=now, kind=kind, session_id=invitation.session_id)
    put(invitation.mailbox, "reset", now=now, kind=LetterKind.ACCOUNT)
    put(invitation.mailbox, "decision", now=now, kind=LetterKind.APPLICATION)
    assert deliver(Scripted(), now) == Tally(sent=2, dropped=1)


@pytest.mark.parametrize("mark", ["refused_at", "blocked_at"])
@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind not in (LetterKind.ACCOUNT, LetterKind.APPLICATION)])
def test_nothing_about_sessions_goes_where_letters_do_not_arrive(
    invitation: Invitation, now: datetime, kind: LetterKind, mark: str
) -> None:
    """It was only reminders that kept quiet, and the next letter a relay took made the mark go away: it proved nothing."""
    with transaction():
        setattr(invitation.mailbox, mark, now)
    put(invitation.mailbox, now=now, kind=kind, session_id=invitation.session_id)
    put(invitation.mailbox, "reset", now=now, kind=LetterKind.ACCOUNT)
    put(invitation.mailbox, "decision", now=now, kind=LetterKind.APPLICATION)
    with capture_logs() as said:
        assert deliver(Scripted(), now) == Tally(sent=2, dropped=1)
    assert [event["reason"] for event in said if event["event"] == "letter dropped"] == [mark.removesuffix("_at")]


def test_a_cancel_to_an_address_that_does_not_exist_is_not_sent_and_not_forgotten(invitation: Invitation, now: datetime) -> None:
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    deliver(Scripted(), now)
    with transaction():
        invitation.mailbox.refused_at = now
    change(invitation, sequence=1, is_live=False)
    put(invitation.mailbox, "cancel", now=now, kind=LetterKind.REMOVED, **about(invitation, 1))
    assert deliver(Scripted(), now) == Tally(dropped=1)
    db.session.refresh(invitation)
    assert (invitation.sequence, invitation.sent_sequence) == (1, 0)


@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind is not LetterKind.WRONG_ADDRESS])
def test_nothing_is_said_about_a_session_that_is_over(
    invitation: Invitation, outreach_session: OutreachSession, now: datetime, kind: LetterKind
) -> None:
    put(invitation.mailbox, "news", now=now, kind=kind, session_id=outreach_session.id)
    put(invitation.mailbox, "wrong address", now=now, kind=LetterKind.WRONG_ADDRESS, session_id=outreach_session.id)
    deliver(Scripted(), outreach_session.ends_at)
    assert states() == {"news": "dropped", "wrong address": "sent"}


def test_whoever_was_told_a_later_time_hears_even_after_it_is_over(
    invitation: Invitation, outreach_session: OutreachSession, now: datetime
) -> None:
    was = {"was": {"ends_at": (outreach_session.ends_at + DAY).isoformat()}}
    put(invitation.mailbox, "moved nearer", now=now, kind=LetterKind.UPDATED, session_id=outreach_session.id, facts=was)
    deliver(Scripted(), outreach_session.ends_at + HOUR)
    assert states() == {"moved nearer": "sent"}


@pytest.mark.parametrize(("kind", "state"), [("reminder", "dropped"), ("roster", "dropped"), ("updated", "sent"), ("digest", "sent")])
def test_once_it_has_begun_nobody_needs_reminding(
    invitation: Invitation, outreach_session: OutreachSession, now: datetime, kind: str, state: str
) -> None:
    put(invitation.mailbox, "news", now=now, kind=LetterKind(kind), session_id=outreach_session.id)
    deliver(Scripted(), outreach_session.starts_at)
    assert states() == {"news": state}


@pytest.mark.parametrize("kind", [*FAMILY_KINDS, LetterKind.ROSTER])
def test_nobody_is_invited_to_what_was_cancelled(
    invitation: Invitation, outreach_session: OutreachSession, now: datetime, kind: LetterKind
) -> None:
    change(outreach_session, state=SessionState.CANCELLED)
    put(invitation.mailbox, now=now, kind=kind, session_id=outreach_session.id)
    put(invitation.mailbox, "it is cancelled", now=now, kind=LetterKind.CANCELLED, session_id=outreach_session.id)
    put(invitation.mailbox, "digest", now=now, kind=LetterKind.DIGEST, session_id=outreach_session.id)
    assert deliver(Scripted(), now) == Tally(sent=2, dropped=1)


@pytest.mark.parametrize(
    "happens",
    [
        lambda invitation: change(invitation, answer=Answer.DECLINED),
        lambda invitation: change(invitation, is_live=False),
        lambda invitation: change(invitation.outreach_session, starts_at=invitation.outreach_session.starts_at + HOUR),
        lambda invitation: change(invitation.outreach_session, state=SessionState.CANCELLED),
    ],
    ids=["declined", "withdrawn", "moved", "cancelled"],
)
def test_no_reminder_when_plans_changed(invitation: Invitation, now: datetime, happens: Callable[[Invitation], None]) -> None:
    remind(invitation, now)
    happens(invitation)
    assert deliver(Scripted(), now) == Tally(dropped=1)


def test_a_late_reminder_is_good_until_the_next_one(invitation: Invitation, outreach_session: OutreachSession, now: datetime) -> None:
    next_one = outreach_session.starts_at - DAY
    remind(invitation, now)
    assert deliver(Scripted(), next_one) == Tally(dropped=1)
    remind(invitation, now, lead=1440)
    assert deliver(Scripted(), next_one) == Tally(sent=1)


def test_a_reminder_is_good_before_the_next_one(invitation: Invitation, outreach_session: OutreachSession, now: datetime) -> None:
    remind(invitation, now)
    assert deliver(Scripted(), outreach_session.starts_at - DAY - MINUTE) == Tally(sent=1)


def test_of_two_reminders_that_wait_the_later_one_leaves(invitation: Invitation, now: datetime) -> None:
    remind(invitation, now)
    remind(invitation, now, lead=1440)
    transport = Scripted()
    assert deliver(transport, now) == Tally(sent=1, dropped=1)
    assert transport.subjects == ["reminder 1440"]


def test_reminders_that_were_stopped_stay_here_and_all_else_leaves(invitation: Invitation, now: datetime) -> None:
    remind(invitation, now)
    change(invitation.mailbox, reminders_stopped_at=now)
    put(invitation.mailbox, "update", now=now, kind=LetterKind.UPDATED, **about(invitation, 0))
    put(invitation.mailbox, "digest", now=now, session_id=invitation.session_id)
    assert deliver(Scripted(), now) == Tally(sent=2, dropped=1)
    assert states() == {"reminder 10080": "dropped", "update": "sent", "digest": "sent"}
