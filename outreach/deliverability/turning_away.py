"""When a domain counts as turning our letters away.

Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta

MANY = 3
SHARE = 0.5
WITHIN = timedelta(days=7)


def turns_us_away(turned_away: int, written_to: int) -> bool:
    """At least 3 mailboxes of a domain sent a letter back by policy, and at least half of all that got one.

    A large mail service that dislikes a few letters of hundreds judges those letters; a school's server that lets nobody
    through judges us.
    """
    return turned_away >= MANY and turned_away >= SHARE * written_to


def counts_since(now: datetime, lifted_at: datetime | None) -> datetime:
    """Give the moment from which letters count: a week back, but none that left before somebody said that they let us in."""
    return now - WITHIN if lifted_at is None else max(now - WITHIN, lifted_at)
