"""What time does to seats: offers lapse, held seats are released, free ones are given out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from outreach.db import db, transaction
from outreach.models import (
    OutreachSession,
    Registration,
    RegistrationState,
    SessionState,
)
from outreach.registration.checks import (
    locked_session,
)
from outreach.registration.held_seats import is_overdue, sessions_to_hold
from outreach.registration.seats import (
    has_lapsed,
    lapse_offers_of,
    next_for_free_seats,
    settle_seats,
)
from outreach.registration.use_cases import review_seats


def lapse_offers(*, now: datetime) -> int:
    """Let offers nobody answered in time lapse, and ask the next; gives how many lapsed. Twice adds nothing."""
    found = select(Registration.session_id).join(OutreachSession).where(has_lapsed(now), OutreachSession.state == SessionState.PUBLISHED)
    return sum(_lapse_offers_of(session_id, now=now) for session_id in db.session.scalars(found.distinct()).all())


def release_held_seats(*, now: datetime) -> int:
    """Release held seats that nobody settled in time, and give them to the next; gives in how many sessions. Twice adds nothing.

    Seats that should be held by now are held first: the age of majority was raised, or nobody held them before there was this rule.
    """
    overdue = select(Registration.session_id).join(OutreachSession).where(is_overdue(now), OutreachSession.is_current(now))
    sessions = sorted({*db.session.scalars(overdue), *db.session.scalars(sessions_to_hold(now))})
    for session_id in sessions:
        review_seats(session_id, now=now)
    return len(sessions)


def give_out_free_seats(*, now: datetime) -> int:
    """Give or offer seats that are free although somebody waits who may have one; gives in how many sessions. Mostly none."""
    found = db.session.scalars(
        select(OutreachSession).where(
            OutreachSession.is_to_come(now),
            OutreachSession.seats_taken < OutreachSession.capacity,
            exists().where(Registration.session_id == OutreachSession.id, Registration.state == RegistrationState.WAITING),
        )
    ).all()
    late = [one.id for one in found if next_for_free_seats(one, now=now)]
    for session_id in late:
        review_seats(session_id, now=now)
    return len(late)


def _lapse_offers_of(session_id: int, *, now: datetime) -> int:
    with transaction():
        outreach_session = locked_session(session_id)
        count = lapse_offers_of(outreach_session, now=now) if outreach_session.is_published else 0
        settle_seats(outreach_session, now=now)
    return count
