"""Seats: taken, given back, and given to those who wait.

Joins the caller's transaction, never commits. The caller holds the lock on the session.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import inf

from sqlalchemy import ColumnElement, func, select, update

from outreach.db import db, locked
from outreach.models import ACTIVE, SEATED, Cause, OutreachSession, Registration, RegistrationState
from outreach.notifications import ask_hosts_about_returning, notify_registrations
from outreach.people import passed_over
from outreach.registration.allocation import Waiting, next_waiting
from outreach.registration.held_seats import TIME_TO_ANSWER, held, is_overdue, review_held, set_deadlines
from outreach.registration.steps import set_state
from outreach.time import after_day_hours


@dataclass(frozen=True)
class SeatLimits:
    """How many fit, in all and from one school (None: as many as fit)."""

    capacity: int
    per_school_limit: int | None

    def is_more_than(self, other: SeatLimits) -> bool:
        """Somebody may fit who didn't."""
        return self.capacity > other.capacity or (self.per_school_limit or inf) > (other.per_school_limit or inf)


def seat_limits(outreach_session: OutreachSession) -> SeatLimits:
    """Give the present limits."""
    return SeatLimits(outreach_session.capacity, outreach_session.per_school_limit)


def give_seats(
    outreach_session: OutreachSession,
    registration_ids: Collection[int],
    *,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    offered_until: datetime | None = None,
    missing: Collection[int] | None = None,
) -> None:
    """Give these registrations a seat: the only way to one. Telling them is the caller's.

    Whoever something is missing for has it held (PENDING) until that is there. `offered_until`: the seat is only offered. `missing`: for
    whom something is, where that is known already.
    """
    set_to = partial(set_state, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id)
    if offered_until is not None:
        set_to(registration_ids, RegistrationState.OFFERED, offered_until=offered_until)
    else:
        missing = held(outreach_session, registration_ids) if missing is None else missing
        set_to([key for key in registration_ids if key in missing], RegistrationState.PENDING)
        ask_hosts_about_returning(outreach_session, missing, now=now)
        set_to([key for key in registration_ids if key not in missing], RegistrationState.CONFIRMED)
        if missing:
            set_deadlines(outreach_session, now=now)
    _count_seats(outreach_session)


def take_back_seats(
    outreach_session: OutreachSession,
    registration_ids: Collection[int],
    state: RegistrationState,
    *,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
) -> None:
    """Take back the seats, or the positions on the waiting list, of these registrations: the only way. `settle_seats` comes next."""
    set_state(registration_ids, state, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id, note=note)
    _count_seats(outreach_session)


def settle_seats(
    outreach_session: OutreachSession,
    *,
    now: datetime,
    causes: Mapping[int, Cause] | None = None,
    by_id: int | None = None,
    reason: str = "",
) -> None:
    """Give every seat its state and notify whoever that concerns: whatever frees or adds a seat ends here.

    Worked out from the present rows: seats are held or confirmed as the gates say, and released if nobody settled in time what
    is missing; free ones go to those who wait, or are offered where the start is too near to give them unasked. `causes`: what
    has just happened, by registration; `by_id` and `reason`: as `notify_registrations`.
    """
    happened = dict(causes or {})
    if outreach_session.is_to_come(now):
        happened |= review_held(outreach_session, now=now, by_id=by_id)
    if outreach_session.is_current(now):
        happened |= _release_overdue(outreach_session, now=now)
    if outreach_session.is_to_come(now):
        happened |= _review_offers(outreach_session, now=now)
        happened |= _allocate_free_seats(outreach_session, now=now)
    notify_registrations(outreach_session, happened, now=now, by_id=by_id, reason=reason)


def settle_seats_of(student_ids: Collection[int], *, now: datetime, by_id: int | None = None) -> None:
    """Settle the seats of every session to come in which these students take part or wait.

    The caller has locked sessions and students (`lock_sessions_and_students`), and told whoever is no longer a contact of theirs.
    """
    theirs = select(Registration.session_id).where(Registration.student_id.in_(student_ids), Registration.state.in_(ACTIVE))
    coming = select(OutreachSession.id).where(OutreachSession.id.in_(theirs), OutreachSession.is_to_come(now))
    for session_id in db.session.scalars(coming.order_by(OutreachSession.id)).all():
        outreach_session = locked(OutreachSession, session_id)
        assert outreach_session is not None  # noqa: S101 (sessions are never deleted)
        settle_seats(outreach_session, now=now, by_id=by_id)


def _allocate_free_seats(outreach_session: OutreachSession, *, now: datetime) -> dict[int, Cause]:
    ids = next_for_free_seats(outreach_session, now=now)
    if not ids:
        return {}
    if outreach_session.promotes_unasked(now):
        give_seats(outreach_session, ids, now=now)
        return dict.fromkeys(ids, Cause.PROMOTED)
    time_is_up = after_day_hours(now, TIME_TO_ANSWER, outreach_session.zone)
    give_seats(outreach_session, ids, now=now, offered_until=min(time_is_up, outreach_session.starts_at))
    return dict.fromkeys(ids, Cause.OFFERED)


def _review_offers(outreach_session: OutreachSession, *, now: datetime) -> dict[int, Cause]:
    """Let offers lapse whose time is up; after a move, give what needs no asking any more, and let none outlast the start.

    What is offered to somebody who may not be given a seat any more is taken back.
    """
    lapse_offers_of(outreach_session, now=now)
    taken_back = _take_back_offers(outreach_session, now=now)
    offered = Registration.session_id == outreach_session.id, Registration.state == RegistrationState.OFFERED
    if outreach_session.promotes_unasked(now):
        ids = db.session.scalars(select(Registration.id).where(*offered).order_by(Registration.id)).all()
        give_seats(outreach_session, ids, now=now)
        return taken_back | dict.fromkeys(ids, Cause.PROMOTED)
    starts_at = outreach_session.starts_at
    db.session.execute(update(Registration).where(*offered, Registration.offered_until > starts_at).values(offered_until=starts_at))
    return taken_back


def _take_back_offers(outreach_session: OutreachSession, *, now: datetime) -> dict[int, Cause]:
    """Take back the offers to those who may not be given a seat; they weren't asked then, so they can be asked later."""
    offered = Registration.session_id == outreach_session.id, Registration.state == RegistrationState.OFFERED
    rows = db.session.execute(select(Registration.id, Registration.student_id).where(*offered)).all()
    not_now = passed_over(outreach_session, {row.student_id for row in rows})
    ids = [row.id for row in rows if row.student_id in not_now]
    if ids:
        take_back_seats(outreach_session, ids, RegistrationState.WAITING, now=now)
        db.session.execute(update(Registration).where(Registration.id.in_(ids)).values(offered_until=None))
    return dict.fromkeys(ids, Cause.HELD)


def lapse_offers_of(outreach_session: OutreachSession, *, now: datetime) -> int:
    """Let the offers of a session lapse that nobody answered in time; gives how many. The students go on waiting."""
    lapsed = db.session.scalars(select(Registration.id).where(Registration.session_id == outreach_session.id, has_lapsed(now))).all()
    if lapsed:
        take_back_seats(outreach_session, lapsed, RegistrationState.WAITING, now=now)
    return len(lapsed)


def has_lapsed(now: datetime) -> ColumnElement[bool]:
    """A seat is on offer, and the time to answer is up."""
    return (Registration.state == RegistrationState.OFFERED) & (Registration.offered_until <= now)


def _release_overdue(outreach_session: OutreachSession, *, now: datetime) -> dict[int, Cause]:
    """Release the held seats that nobody settled in time."""
    overdue = db.session.scalars(select(Registration.id).where(Registration.session_id == outreach_session.id, is_overdue(now))).all()
    if overdue:
        take_back_seats(outreach_session, overdue, RegistrationState.RELEASED, now=now)
    return dict.fromkeys(overdue, Cause.RELEASED)


def _count_seats(outreach_session: OutreachSession) -> None:
    taken = select(func.count()).where(Registration.session_id == outreach_session.id, Registration.state.in_(SEATED))
    outreach_session.seats_taken = db.session.scalar(taken) or 0
    outreach_session.seats_over = min(outreach_session.seats_over, max(outreach_session.seats_taken - outreach_session.capacity, 0))


def next_for_free_seats(
    outreach_session: OutreachSession, *, now: datetime, freed_by: Registration | None = None, room: SeatLimits | None = None
) -> list[int]:
    """Give the registrations that are next: for the seats that are free, and the one this registration would free.

    `room`: what there would be after a change; None: what there is.
    """
    room = room or seat_limits(outreach_session)
    if not outreach_session.is_to_come(now):
        return []
    unasked = outreach_session.promotes_unasked(now)
    seated = seated_by_school(outreach_session.id)
    if freed_by:
        seated[freed_by.school_id] = seated.get(freed_by.school_id, 0) - 1
    chosen = next_waiting(
        waiting_list(outreach_session, skip_asked=not unasked),
        seats_left=max(room.capacity - outreach_session.seats_taken + bool(freed_by), 0),
        limit=room.per_school_limit,
        seated_by_school=seated,
    )
    return [waiting.registration_id for waiting in chosen]


def waiting_list(outreach_session: OutreachSession, *, skip_asked: bool = False) -> list[Waiting]:
    """Read who waits and may be given a seat, first come first; `skip_asked` leaves out those who were offered one already."""
    never_asked = (Registration.offered_until.is_(None),) if skip_asked else ()
    rows = db.session.execute(
        select(Registration.id, Registration.school_id, Registration.student_id)
        .where(Registration.session_id == outreach_session.id, Registration.state == RegistrationState.WAITING, *never_asked)
        .order_by(Registration.queued_at, Registration.id)
    ).all()
    not_now = passed_over(outreach_session, {row.student_id for row in rows})
    return [Waiting(row.id, row.school_id) for row in rows if row.student_id not in not_now]


def seated_by_school(session_id: int) -> dict[int, int]:
    """Count the seats held by each school."""
    rows = db.session.execute(
        select(Registration.school_id, func.count())
        .where(Registration.session_id == session_id, Registration.state.in_(SEATED))
        .group_by(Registration.school_id)
    )
    return {school_id: number for school_id, number in rows}  # noqa: C416 (dict() of rows isn't typed)


_CAUSES = {RegistrationState.WITHDRAWN: Cause.WITHDRAWN, RegistrationState.REMOVED: Cause.REMOVED}


def end_registrations(
    outreach_session: OutreachSession,
    registration_ids: Collection[int],
    state: RegistrationState,
    *,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
    cause: Cause | None = None,
) -> None:
    """Let active registrations end as WITHDRAWN or REMOVED; the letters say why somebody was taken off the list.

    `cause`: what the letters say happened, where the state doesn't say it all.
    """
    take_back_seats(outreach_session, registration_ids, state, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id, note=note)
    causes = dict.fromkeys(registration_ids, cause or _CAUSES[state])
    settle_seats(outreach_session, now=now, causes=causes, by_id=by_id, reason=note if state is RegistrationState.REMOVED else "")
