"""What is done about letters that don't arrive: people say that an address works, jobs report one that doesn't."""

from __future__ import annotations

from datetime import datetime

from outreach.db import transaction
from outreach.deliverability.blocked_domains import blocked_domains, left_over, lift, mark, newly_blocking, unmarked
from outreach.deliverability.reactivate import reactivate_mailboxes
from outreach.deliverability.undeliverable_notices import blocked_domain_notices, undeliverable_notices
from outreach.outbox import enqueue


def reactivate_mailbox(mailbox_id: int, *, now: datetime) -> bool:
    """Somebody says that this address works after all: write there again, first the present state.

    Says whether anything was in the way.
    """
    with transaction():
        return bool(reactivate_mailboxes([mailbox_id], now=now))


def unblock_domain(domain: str, *, now: datetime) -> bool:
    """Somebody says that this domain accepts our letters now: write there again, first the present state.

    Says whether it was marked. If its server refuses letters again, the next job marks it again.
    """
    with transaction():
        return lift(domain, now=now)


def report_undeliverable_mailboxes(*, now: datetime) -> int:
    """Report students' addresses that nothing reaches to their teachers, each once; give how many letters that made."""
    drafts = undeliverable_notices(now=now)
    if drafts:
        with transaction():
            enqueue(drafts, now=now)
    return len(drafts)


def update_blocked_domains(*, now: datetime) -> int:
    """Mark the domains that refuse our letters, and ask their teachers to have us let in; gives how much there was to do."""
    for domain in left_over():
        unblock_domain(domain, now=now)
    grown = [domain for domain in blocked_domains() if unmarked(domain)]
    marked = [domain for domain in (*newly_blocking(now=now), *grown) if _mark(domain, now)]
    drafts = blocked_domain_notices(now=now)
    if drafts:
        with transaction():
            enqueue(drafts, now=now)
    return len(marked) + len(drafts)


def _mark(domain: str, now: datetime) -> bool:
    with transaction():
        return mark(domain, now=now)
