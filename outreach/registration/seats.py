"""Seats: taken, given back, and given to those who wait.

Joins the caller's transaction, never commits. The caller holds the lock on the session.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from sqlalchemy import func, insert, select, update

from outreach.db import db
from outreach.models import SEATED, Cause, OutreachSession, Registration, RegistrationState, RegistrationStep
from outreach.notifications import notify_registrations
from outreach.registration.allocation import Waiting, next_waiting

TIME_TO_ANSWER = timedelta(hours=6)


@dataclass(frozen=True)
class SeatLimits:
    """How many fit, in all and from one school (None: as many as fit)."""

    capacity: int
    per_school_limit: int | None

    def is_more_than(self, other: SeatLimits) -> bool:
        """Somebody may fit who didn't."""
        return self.capacity > other.capacity or (self.per_school_limit or inf) > (other.per_school_limit or inf)


def seat_limits(outreach_session: OutreachSession) -> SeatLimits:
    """Give the room there is."""
    return SeatLimits(outreach_session.capacity, outreach_session.per_school_limit)


def promote_waiting(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Give free seats to those who wait and tell them. For changes of the session itself, such as more seats."""
    notify_registrations(outreach_session, allocate_free_seats(outreach_session, now=now), now=now)


def allocate_free_seats(outreach_session: OutreachSession, *, now: datetime) -> dict[int, Cause]:
    """Seat whoever is next, or ask their teacher where the start is too near to seat them unasked.

    Gives what happened by registration id; telling them is the caller's.
    """
    ids = next_for_free_seats(outreach_session, now=now)
    if not ids:
        return {}
    unasked = outreach_session.promotes_unasked(now)
    outreach_session.seats_taken += len(ids)
    if unasked:
        set_state(ids, RegistrationState.CONFIRMED, now=now)
        return dict.fromkeys(ids, Cause.PROMOTED)
    until = min(now + TIME_TO_ANSWER, outreach_session.starts_at)
    set_state(ids, RegistrationState.OFFERED, now=now, offered_until=until)
    return dict.fromkeys(ids, Cause.OFFERED)


def next_for_free_seats(
    outreach_session: OutreachSession, *, now: datetime, freed_by: Registration | None = None, room: SeatLimits | None = None
) -> list[int]:
    """Give the registrations that are next: for the seats that are free, and the one this registration would free.

    `room`: what there would be after a change; None: what there is.
    """
    room = room or seat_limits(outreach_session)
    if not outreach_session.is_published or now >= outreach_session.starts_at:
        return []
    unasked = outreach_session.promotes_unasked(now)
    seated = seated_by_school(outreach_session.id)
    if freed_by:
        seated[freed_by.school_id] = seated.get(freed_by.school_id, 0) - 1
    chosen = next_waiting(
        waiting_list(outreach_session.id, skip_asked=not unasked),
        seats_left=max(room.capacity - outreach_session.seats_taken + bool(freed_by), 0),
        limit=room.per_school_limit,
        seated_by_school=seated,
    )
    return [waiting.registration_id for waiting in chosen]


def waiting_list(session_id: int, *, skip_asked: bool = False) -> list[Waiting]:
    """Read the queue, first come first; `skip_asked` leaves out those who were offered a seat already."""
    never_asked = (Registration.offered_until.is_(None),) if skip_asked else ()
    rows = db.session.execute(
        select(Registration.id, Registration.school_id)
        .where(Registration.session_id == session_id, Registration.state == RegistrationState.WAITING, *never_asked)
        .order_by(Registration.queued_at, Registration.id)
    )
    return [Waiting(row.id, row.school_id) for row in rows]


def seated_by_school(session_id: int) -> dict[int, int]:
    """Count the seats held by each school."""
    rows = db.session.execute(
        select(Registration.school_id, func.count())
        .where(Registration.session_id == session_id, Registration.state.in_(SEATED))
        .group_by(Registration.school_id)
    )
    return {school_id: number for school_id, number in rows}  # noqa: C416 (dict() of rows isn't typed)


def set_state(
    registration_ids: Sequence[int],
    state: RegistrationState,
    *,
    now: datetime,
    offered_until: datetime | None = None,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
) -> None:
    """Move registrations on and write the step into their history."""
    if not registration_ids:
        return
    change: dict[str, object] = {"state": state, "changed_at": now}
    if state is not RegistrationState.WAITING:
        change["wait_reason"] = None
    if offered_until is not None:
        change["offered_until"] = offered_until
    db.session.execute(update(Registration).where(Registration.id.in_(registration_ids)).values(**change))
    write_steps(registration_ids, state, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id, note=note)


def write_steps(
    registration_ids: Collection[int],
    state: RegistrationState,
    *,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
) -> None:
    """Add to the history of registrations."""
    if not registration_ids:
        return
    step = {"state": state, "at": now, "by_id": by_id, "by_mailbox_id": by_mailbox_id, "note": note}
    db.session.execute(insert(RegistrationStep), [{"registration_id": key, **step} for key in registration_ids])


_CAUSES = {RegistrationState.WITHDRAWN: Cause.WITHDRAWN, RegistrationState.REMOVED: Cause.REMOVED}


def give_seats_back(
    outreach_session: OutreachSession,
    ended: Sequence[Registration],
    state: RegistrationState,
    *,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
    cause: Cause | None = None,
) -> None:
    """Let active places end as WITHDRAWN or REMOVED; why somebody was taken off the list stands in the letters.

    `cause`: what the letters say happened, where the state doesn't say it all.
    """
    outreach_session.seats_taken -= sum(registration.is_seated for registration in ended)
    ids = [registration.id for registration in ended]
    set_state(ids, state, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id, note=note)
    causes = dict.fromkeys(ids, cause or _CAUSES[state]) | allocate_free_seats(outreach_session, now=now)
    notify_registrations(outreach_session, causes, now=now, by_id=by_id, reason=note if state is RegistrationState.REMOVED else "")
