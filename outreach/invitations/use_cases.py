"""What is done about letters that don't arrive: people say that an address works, jobs tell them that one doesn't."""

from __future__ import annotations

from datetime import datetime

from outreach.db import transaction
from outreach.invitations.reaching import reached_again
from outreach.invitations.refusals import untold_refusals
from outreach.outbox.queue import post


def write_again(mailbox_id: int, *, now: datetime) -> bool:
    """Somebody says that this address works after all: write there again, beginning with how things stand.

    Says whether anything was in the way.
    """
    with transaction():
        return bool(reached_again([mailbox_id], now=now))


def report_refused_mailboxes(*, now: datetime) -> int:
    """Tell teachers of students' addresses to which nothing arrives, each once; gives how many letters that made."""
    drafts = untold_refusals(now=now)
    if drafts:
        with transaction():
            post(drafts, now=now)
    return len(drafts)
