"""What needs a person: the coordinator's home. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from outreach.catalogue import CARD_ROWS
from outreach.coordination.closed_accounts import closed_accounts
from outreach.db import db
from outreach.mail_admin import MailboxFilter, filter_counts
from outreach.models import (
    UNSETTLED,
    Application,
    ApplicationState,
    BlockedDomain,
    InboundMessage,
    Letter,
    OutboxPause,
    OutreachSession,
    User,
)
from outreach.outbox import did_not_arrive
from outreach.scheduling import skipped_sessions

LOOKS_AHEAD = timedelta(days=14)
LATE = timedelta(minutes=10)
LOW = 0.25


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Counts of what waits for a person.

    `late_since`: when the oldest letter that should have left was due. `skipped_sessions`: ids of those whose clock skips their time.
    """

    applications: int
    unconfirmed: int
    lost_letters: int
    undeliverable_mailboxes: int
    stopped_mailboxes: int
    blocked_domains: int
    inbound_to_look_at: int
    undecided: int
    closed_accounts: int
    skipped_sessions: list[int]
    late_since: datetime | None
    pause: OutboxPause | None


def dashboard(*, now: datetime) -> Dashboard:
    """Look at everything once."""
    pending = select(func.count()).select_from(Application).join(Application.user).where(Application.state == ApplicationState.PENDING)
    late = select(func.min(Letter.due_at)).where(Letter.state.in_(UNSETTLED), Letter.due_at <= now - LATE)
    to_look_at = select(func.count(InboundMessage.id)).where(InboundMessage.needs_a_look())
    addresses = filter_counts(now=now)
    return Dashboard(
        applications=db.session.scalar(pending.where(User.confirmed_at.is_not(None))) or 0,
        unconfirmed=db.session.scalar(pending.where(User.confirmed_at.is_(None))) or 0,
        lost_letters=db.session.scalar(select(func.count(Letter.id)).where(did_not_arrive())) or 0,
        undeliverable_mailboxes=addresses[MailboxFilter.UNDELIVERABLE],
        stopped_mailboxes=addresses[MailboxFilter.STOPPED],
        blocked_domains=db.session.scalar(select(func.count(BlockedDomain.domain)).where(BlockedDomain.lifted_at.is_(None))) or 0,
        inbound_to_look_at=db.session.scalar(to_look_at) or 0,
        undecided=db.session.scalar(select(func.count()).select_from(OutreachSession).where(is_undecided(now))) or 0,
        closed_accounts=len(closed_accounts(now=now)),
        skipped_sessions=skipped_sessions(now=now),
        late_since=db.session.scalar(late),
        pause=db.session.get(OutboxPause, 1),
    )


def is_undecided(now: datetime) -> ColumnElement[bool]:
    """Say of a session that it should have been decided by now whether it takes place, and can be still."""
    return and_(OutreachSession.is_to_come(now), OutreachSession.is_provisional, OutreachSession.decides_at <= now)


def full_or_nearly_empty(*, now: datetime) -> Select[*tuple[Any, ...]]:
    """Select the published sessions of the coming two weeks that are full, or less than a quarter taken."""
    soon = and_(OutreachSession.is_to_come(now), OutreachSession.starts_at <= now + LOOKS_AHEAD)
    is_full = OutreachSession.seats_taken >= OutreachSession.capacity
    is_low = OutreachSession.seats_taken < OutreachSession.capacity * LOW
    return CARD_ROWS.where(soon, or_(is_full, is_low)).order_by(OutreachSession.starts_at, OutreachSession.id)
