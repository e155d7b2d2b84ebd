"""What people do about letters that don't arrive."""

from __future__ import annotations

from datetime import datetime

from outreach.db import transaction
from outreach.invitations.reaching import reached_again


def write_again(mailbox_id: int, *, now: datetime) -> bool:
    """Somebody says that this address works after all: write there again, beginning with how things stand.

    Says whether anything was in the way.
    """
    with transaction():
        return bool(reached_again([mailbox_id], now=now))
