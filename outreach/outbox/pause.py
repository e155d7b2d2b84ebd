"""The one row that holds the whole queue back while the mail server is away or refuses us.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from outreach.db import db, locked
from outreach.mail.smtp_responses import Unavailable
from outreach.models import OutboxPause
from outreach.outbox.retry import pause_length

_THE_ONE = 1


def paused_until() -> datetime | None:
    """Give the moment of the next try, past once it has come; None: there is no pause."""
    return db.session.scalar(select(OutboxPause.until).where(OutboxPause.id == _THE_ONE))


def pause(outcome: Unavailable, *, now: datetime) -> datetime:
    """Wait a while, longer each time; give the moment of the next try. A rival's pause that still runs is left as it is."""
    row = locked(OutboxPause, _THE_ONE)
    if row is None:
        row = OutboxPause(id=_THE_ONE, since=now, until=now, times=0, reason=outcome.reason.value)
        db.session.add(row)
    if row.until <= now:
        row.times += 1
        row.until = now + pause_length(row.times)
        row.reason, row.server_words = outcome.reason.value, outcome.words
    return row.until


def resume() -> None:
    """The server talks to us again."""
    db.session.execute(delete(OutboxPause))
