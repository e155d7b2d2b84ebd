"""Domains that refuse our e-mails: when one counts as blocked, its mailboxes marked, and the mark taken off again.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from outreach.db import db, locked
from outreach.deliverability.reactivate import reactivate_mailboxes
from outreach.models import BlockedDomain, Bounce, BounceKind, Letter, LetterState, Mailbox, User
from outreach.people import contacts_of_students, is_there

MANY = 3
SHARE = 0.5
WITHIN = timedelta(days=7)


def newly_blocking(*, now: datetime) -> list[str]:
    """Give the domains that refuse our letters and aren't marked."""
    left_at = func.coalesce(Letter.settled_at, Bounce.at)
    rows = db.session.execute(
        select(Bounce.domain, BlockedDomain.lifted_at, func.count(Bounce.mailbox_id.distinct()))
        .outerjoin(Letter, Letter.id == Bounce.letter_id)
        .outerjoin(BlockedDomain, BlockedDomain.domain == Bounce.domain)
        .where(Bounce.kind == BounceKind.POLICY, Bounce.at > now - WITHIN, left_at > now - WITHIN)
        .where(or_(BlockedDomain.domain.is_(None), BlockedDomain.lifted_at < left_at))
        .group_by(Bounce.domain, BlockedDomain.lifted_at)
        .order_by(Bounce.domain)
    ).all()
    return [domain for domain, lifted_at, number in rows if is_blocking(number, _written_to(domain, counts_since(now, lifted_at)))]


def blocked_domains() -> list[str]:
    """Give the domains that are marked."""
    return list(db.session.scalars(select(BlockedDomain.domain).where(BlockedDomain.lifted_at.is_(None)).order_by(BlockedDomain.domain)))


def unmarked(domain: str) -> list[int]:
    """Give the mailboxes of students and guardians there that aren't marked yet; who signs in is written to all the same."""
    signs_in = select(User.id).where(User.mailbox_id == Mailbox.id).exists()
    families = select(contacts_of_students().subquery().c.mailbox_id)
    wanted = select(Mailbox.id).where(is_there(domain), Mailbox.blocked_at.is_(None), Mailbox.id.in_(families), ~signs_in)
    return list(db.session.scalars(wanted.order_by(Mailbox.id)))


def left_over() -> list[str]:
    """Give the domains that accept our letters and have a mailbox still marked: it was marked while the domain was unmarked."""
    marked = select(Mailbox.id).where(Mailbox.address.endswith("@" + BlockedDomain.domain), Mailbox.blocked_at.is_not(None))
    return list(db.session.scalars(select(BlockedDomain.domain).where(BlockedDomain.lifted_at.is_not(None), marked.exists())))


def mark(domain: str, *, now: datetime) -> bool:
    """Mark a domain that refuses our letters, or what is new of one that does; say whether there was anything to mark.

    Looked at again under the locks: somebody may have said meanwhile that they let us in.
    """
    mailboxes = _locked(unmarked(domain))
    row = locked(BlockedDomain, domain)
    is_news = row is None or row.lifted_at is not None
    if is_news and domain not in newly_blocking(now=now):
        return False
    if row is None:
        row = BlockedDomain(domain=domain, since=now)
        db.session.add(row)
    if is_news:
        row.since, row.lifted_at, row.words = now, None, _last_words(domain)
    for mailbox in mailboxes:
        mailbox.blocked_at = mailbox.blocked_at or now
    return is_news or bool(mailboxes)


def lift(domain: str, *, now: datetime) -> bool:
    """Write there again, and send everybody there the present state; say whether the domain was marked.

    An address that is refused besides stays so.
    """
    blocked = list(db.session.scalars(select(Mailbox.id).where(is_there(domain), Mailbox.blocked_at.is_not(None))))
    refused = set(db.session.scalars(select(Mailbox.id).where(Mailbox.id.in_(blocked), Mailbox.undeliverable_at.is_not(None))))
    reactivate_mailboxes([key for key in blocked if key not in refused], now=now)
    for mailbox in _locked(refused):
        mailbox.blocked_at = None
    row = locked(BlockedDomain, domain)
    if row is None or row.lifted_at is not None:
        return False
    row.lifted_at = now
    return True


def _locked(mailbox_ids: Collection[int]) -> list[Mailbox]:
    wanted = select(Mailbox).where(Mailbox.id.in_(mailbox_ids)).order_by(Mailbox.id)
    return list(db.session.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)))


def _written_to(domain: str, since: datetime) -> int:
    tried = (LetterState.SENT, LetterState.FAILED)
    wanted = select(func.count(Letter.mailbox_id.distinct())).join(Mailbox, Mailbox.id == Letter.mailbox_id)
    return db.session.scalar(wanted.where(is_there(domain), Letter.state.in_(tried), Letter.settled_at > since)) or 0


def _last_words(domain: str) -> str:
    reply = (
        select(Bounce.words).where(Bounce.domain == domain, Bounce.kind == BounceKind.POLICY).order_by(Bounce.at.desc(), Bounce.id.desc())
    )
    return db.session.scalar(reply.limit(1)) or ""


def is_blocking(turned_away: int, written_to: int) -> bool:
    """At least 3 mailboxes of a domain sent a letter back by policy, and at least half of all that got one.

    A large mail service that dislikes a few letters of hundreds judges those letters; a school's server that lets nobody
    through judges us.
    """
    return turned_away >= MANY and turned_away >= SHARE * written_to


def counts_since(now: datetime, lifted_at: datetime | None) -> datetime:
    """Give the moment from which letters count: a week back, but none that left before somebody said that they let us in."""
    return now - WITHIN if lifted_at is None else max(now - WITHIN, lifted_at)
