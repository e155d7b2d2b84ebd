"""Statistics of all letters: what fails, what is late, which domains refuse us, who answers.

Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select

from outreach.db import db
from outreach.mail_admin.invitation_status import not_arriving
from outreach.models import (
    UNSETTLED,
    Answer,
    BlockedDomain,
    Bounce,
    BounceKind,
    Invitation,
    InvitationReason,
    Letter,
    LetterState,
    Mailbox,
    OutreachSession,
    ReasonKind,
)
from outreach.outbox import did_not_arrive

LOOKS_BACK = timedelta(days=30)
MOST_DOMAINS = 50
MOST_SESSIONS = 20


@dataclass(frozen=True, kw_only=True)
class DomainStatistics:
    """What servers of a domain said of our letters lately, by kind. `blocked_since`: we write there no more."""

    name: str
    hard: int = 0
    policy: int = 0
    soft: int = 0
    blocked_since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MailStatistics:
    """Counts over `LOOKS_BACK`, but for `oldest_due` (a letter that should have left) and the present state: invitations asked, answered.

    `settled`: letters that were sent or given up; `lost`: those of them that didn't arrive (`outbox.did_not_arrive`).
    """

    settled: int
    lost: int
    oldest_due: datetime | None
    asked: int
    answered: int
    domains: tuple[DomainStatistics, ...]
    troubled: tuple[Any, ...]

    @property
    def lost_percent(self) -> float:
        """Give the share of letters that didn't arrive, as far as we know."""
        return 100 * self.lost / self.settled if self.settled else 0.0

    @property
    def answered_percent(self) -> float:
        """Give the share of invitations that were answered."""
        return 100 * self.answered / self.asked if self.asked else 0.0


def mail_statistics(*, now: datetime) -> MailStatistics:
    """Look at everything once."""
    settled, lost = _letters(now - LOOKS_BACK)
    asked, answered = _answers(now)
    oldest_due = db.session.scalar(select(func.min(Letter.due_at)).where(Letter.state.in_(UNSETTLED), Letter.due_at <= now))
    return MailStatistics(
        settled=settled,
        lost=lost,
        oldest_due=oldest_due,
        asked=asked,
        answered=answered,
        domains=_domains(now - LOOKS_BACK),
        troubled=_troubled(now),
    )


def _letters(since: datetime) -> tuple[int, int]:
    settled = Letter.state.in_((LetterState.SENT, LetterState.FAILED))
    row = db.session.execute(select(func.count(), func.count().filter(did_not_arrive())).where(settled, Letter.created_at >= since)).one()
    return row[0], row[1]


def _answers(now: datetime) -> tuple[int, int]:
    """Count the invitations that left for sessions to come, and those answered; hosts aren't asked."""
    hosts = exists().where(InvitationReason.invitation_id == Invitation.id, InvitationReason.kind == ReasonKind.HOST)
    counts = select(func.count(), func.count().filter(Invitation.answer != Answer.NEEDS_ACTION))
    coming = OutreachSession.is_current(now)
    row = db.session.execute(
        counts.select_from(Invitation)
        .join(OutreachSession, OutreachSession.id == Invitation.session_id)
        .where(coming, Invitation.is_live, Invitation.sent_sequence.is_not(None), ~hosts)
    ).one()
    return row[0], row[1]


def _domains(since: datetime) -> tuple[DomainStatistics, ...]:
    """Give the domains that turned letters away lately, and those that are blocked, the most often first."""
    kinds = [func.count().filter(Bounce.kind == kind).label(kind.value) for kind in _TOLD]
    rows = db.session.execute(
        select(Bounce.domain, *kinds)
        .where(Bounce.at >= since, Bounce.kind.in_(_TOLD))
        .group_by(Bounce.domain)
        .order_by(func.count().desc(), Bounce.domain)
        .limit(MOST_DOMAINS)
    ).all()
    standing = db.session.execute(select(BlockedDomain.domain, BlockedDomain.since).where(BlockedDomain.lifted_at.is_(None)))
    blocked = {row.domain: row.since for row in standing}
    counted = [_domain(row, blocked.pop(row.domain, None)) for row in rows]
    return (*counted, *(DomainStatistics(name=name, blocked_since=at) for name, at in sorted(blocked.items())))


def _domain(row: Any, blocked_since: datetime | None) -> DomainStatistics:
    return DomainStatistics(name=row.domain, hard=row.hard, policy=row.policy, soft=row.soft, blocked_since=blocked_since)


def _troubled(now: datetime) -> tuple[Any, ...]:
    """Give the next sessions with invitations that didn't arrive and won't by themselves, and how many."""
    one = OutreachSession
    columns = (one.id, one.title, one.starts_wall, one.ends_wall, one.zone, one.fold)
    rows = db.session.execute(
        select(*columns, func.count().label("missing"))
        .join(Invitation, Invitation.session_id == one.id)
        .join(Mailbox, Mailbox.id == Invitation.mailbox_id)
        .where(one.is_current(now), not_arriving())
        .group_by(*columns, one.starts_at)
        .order_by(one.starts_at, one.id)
        .limit(MOST_SESSIONS)
    )
    return tuple(rows.all())


_TOLD = (BounceKind.HARD, BounceKind.POLICY, BounceKind.SOFT)
