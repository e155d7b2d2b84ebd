"""A teacher's next sessions with what is still open: who hasn't answered, who waits, whose e-mails don't arrive. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from outreach.models import Answer, OutreachSession, RegistrationState, User
from outreach.registration.queries import RegistrationRow, registration_rows, school_ids, session_lines

MOST = 5


@dataclass(frozen=True, kw_only=True)
class NextSession:
    """One session: how many of the school's students have a seat, and the names of those of whom something is open."""

    outreach_session: OutreachSession
    seated: int
    unanswered: tuple[str, ...]
    offered: tuple[str, ...]
    waiting: tuple[str, ...]
    unreached: tuple[str, ...]


def next_sessions(user: User, *, now: datetime) -> list[NextSession]:
    """Give the next sessions in which the user's schools have students, the first five."""
    lines = session_lines(user, now=now)[:MOST]
    return [_with_rows(line.outreach_session, line.seated, registration_rows(line.outreach_session, school_ids(user))) for line in lines]


def _with_rows(outreach_session: OutreachSession, seated: int, rows: Iterable[RegistrationRow]) -> NextSession:
    active = [row for row in rows if row.registration.is_active]
    return NextSession(
        outreach_session=outreach_session,
        seated=seated,
        unanswered=tuple(row.name for row in active if row.rsvp and row.rsvp.answer is Answer.NEEDS_ACTION),
        offered=tuple(row.name for row in active if row.registration.state is RegistrationState.OFFERED),
        waiting=tuple(row.name for row in active if row.registration.state is RegistrationState.WAITING),
        unreached=tuple(row.name for row in active if row.undeliverable or row.trouble),
    )
