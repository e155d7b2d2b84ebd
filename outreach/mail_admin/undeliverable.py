"""Addresses to which letters don't arrive, and domains that turn them away. Reads only."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, case, func, select

from outreach.db import db
from outreach.models import BlockedDomain, Mailbox, User
from outreach.outbox import delayed_lately
from outreach.people import contacts_of_students


class MailboxFilter(enum.StrEnum):
    """Which addresses to list."""

    UNDELIVERABLE = "undeliverable"
    STOPPED = "stopped"
    BLOCKED = "blocked"
    TEMPORARY = "temporary"


def mailboxes(chosen: MailboxFilter, *, now: datetime) -> Select[Mailbox, User, int]:
    """Mailboxes of a chosen, the latest first, each with who signs in with it and how often it was delayed lately."""
    since = func.coalesce(Mailbox.undeliverable_at, Mailbox.stopped_at, Mailbox.blocked_at)
    lately = delayed_lately(now=now).subquery()
    return (
        select(Mailbox, User, lately.c.number.label("put_off"))
        .outerjoin(User, User.mailbox_id == Mailbox.id)
        .outerjoin(lately, lately.c.mailbox_id == Mailbox.id)
        .where(_on(chosen, now))
        .order_by(since.desc(), Mailbox.id)
    )


def filter_counts(*, now: datetime) -> dict[MailboxFilter, int]:
    """Count the mailboxes of each kind."""
    return {chosen: db.session.scalar(select(func.count(Mailbox.id)).where(_on(chosen, now))) or 0 for chosen in MailboxFilter}


def blocked_domains() -> Sequence[Row[BlockedDomain, int]]:
    """Read the domains that refuse our letters, the latest first, each with how many mailboxes are marked."""
    there = Mailbox.address.endswith("@" + BlockedDomain.domain)
    marked = select(func.count(Mailbox.id)).where(there, Mailbox.blocked_at.is_not(None)).scalar_subquery()
    wanted = select(BlockedDomain, marked.label("marked")).where(BlockedDomain.lifted_at.is_(None))
    return db.session.execute(wanted.order_by(BlockedDomain.since.desc(), BlockedDomain.domain)).all()


def _on(chosen: MailboxFilter, now: datetime) -> ColumnElement[bool]:
    """Each address is on one list: the first that applies, in the order of `status_rules`. One that nobody has any more is on none."""
    is_stopped, is_refused, is_blocked = (column.is_not(None) for column in (Mailbox.stopped_at, _refused_since(), Mailbox.blocked_at))
    if chosen is MailboxFilter.STOPPED:
        return is_stopped
    if chosen is MailboxFilter.UNDELIVERABLE:
        return ~is_stopped & is_refused
    if chosen is MailboxFilter.BLOCKED:
        return ~is_stopped & ~is_refused & is_blocked
    lately = delayed_lately(now=now).subquery()
    return ~is_stopped & ~is_refused & ~is_blocked & Mailbox.id.in_(select(lately.c.mailbox_id))


def _refused_since() -> ColumnElement[datetime | None]:
    """Since when the address fails, if somebody still has it; one that was corrected needs nobody."""
    families = contacts_of_students().subquery().c.mailbox_id
    known = Mailbox.id.in_(select(families).where(families.is_not(None))) | Mailbox.id.in_(select(User.mailbox_id))
    return case((known, Mailbox.undeliverable_at))
