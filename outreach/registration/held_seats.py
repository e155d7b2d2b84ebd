"""Held seats: for whom something is missing, who must settle it by when, and whose seat is released because nobody did.

Joins the caller's transaction, never commits. The caller holds the lock on the session.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import joinedload

from outreach.db import db
from outreach.models import HAVE_AN_ENTRY, Cause, OutreachSession, Registration, RegistrationState, School, Student
from outreach.notifications import ask_who_keeps_a_seat
from outreach.people import HoldReason, Settler, age_rule, hold_reasons, settlers
from outreach.registration.steps import set_state
from outreach.time import after_day_hours, after_school_days

SCHOOL_DAYS_TO_SETTLE = 3
TIME_TO_ANSWER = timedelta(hours=6)  # on the last day, of offers too; by day: the quiet hours don't count


def held(outreach_session: OutreachSession, registration_ids: Collection[int]) -> set[int]:
    """Give those of these registrations for which something is missing."""
    rows = db.session.execute(select(Registration.id, Registration.student_id).where(Registration.id.in_(registration_ids))).all()
    missing = hold_reasons(outreach_session, {row.student_id for row in rows})
    return {row.id for row in rows if missing.get(row.student_id)}


def review_held(outreach_session: OutreachSession, *, now: datetime, by_id: int | None = None) -> dict[int, Cause]:
    """Confirm held seats for which nothing is missing any more, and hold those for which something is."""
    seated = select(Registration.id, Registration.state).where(
        Registration.session_id == outreach_session.id, Registration.state.in_(HAVE_AN_ENTRY)
    )
    states: dict[int, RegistrationState] = {key: state for key, state in db.session.execute(seated.order_by(Registration.id))}  # noqa: C416 (dict() of rows isn't typed)
    missing = held(outreach_session, states)
    to_hold = [key for key, state in states.items() if key in missing and state is RegistrationState.CONFIRMED]
    to_confirm = [key for key, state in states.items() if key not in missing and state is RegistrationState.PENDING]
    set_state(to_hold, RegistrationState.PENDING, now=now, by_id=by_id)
    set_state(to_confirm, RegistrationState.CONFIRMED, now=now, by_id=by_id)
    set_deadlines(outreach_session, now=now)
    _ask_hosts(outreach_session, to_hold, now=now)
    return dict.fromkeys(to_hold, Cause.HELD) | dict.fromkeys(to_confirm, Cause.CONFIRMED)


def _ask_hosts(outreach_session: OutreachSession, newly_held: Collection[int], *, now: datetime) -> None:
    """Let hosts decide about those of these whose seat is held because they are too young by now."""
    rule = age_rule(outreach_session)
    held_now = select(Registration).where(Registration.id.in_(newly_held)).options(joinedload(Registration.student))
    too_young = [one for one in db.session.scalars(held_now.execution_options(populate_existing=True)) if not rule.allows(one)]
    asks_coordinators = any(rule.needs_coordinator(one) for one in too_young)
    ask_who_keeps_a_seat(outreach_session, [one.id for one in too_young], asks_coordinators=asks_coordinators, now=now)


def set_deadlines(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Say of each held seat until when it is held; one that has a deadline keeps it, but none outlasts the start.

    A reason that nobody must settle (`SETTLED_BY`) holds a seat without an end.
    """
    rows = db.session.execute(
        select(Registration.id, Registration.student_id, Registration.held_until, School.zone)
        .join(School, School.id == Registration.school_id)
        .where(Registration.session_id == outreach_session.id, Registration.state == RegistrationState.PENDING)
    ).all()
    missing = hold_reasons(outreach_session, {row.student_id for row in rows})
    for row in rows:
        zone = _zone_of_settler(missing.get(row.student_id, ()), outreach_session, row.zone)
        until = min(row.held_until or settle_by(outreach_session, zone, now=now), outreach_session.starts_at) if zone else None
        if until != row.held_until:
            db.session.execute(update(Registration).where(Registration.id == row.id).values(held_until=until))


def settle_by(outreach_session: OutreachSession, zone: str, *, now: datetime) -> datetime:
    """Give the end of the time to settle a seat that is held from now on, on the clock of whoever must.

    It ends early enough to give the seat to the next without asking. If it is too late for that, the time is that of an offer.
    """
    last_day = outreach_session.starts_at - timedelta(minutes=outreach_session.promotion_stops)
    at_the_latest = max(last_day, after_day_hours(now, TIME_TO_ANSWER, zone))
    return min(after_school_days(now, SCHOOL_DAYS_TO_SETTLE, zone), at_the_latest, outreach_session.starts_at)


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """A seat is held, and the time to settle it is up."""
    return (Registration.state == RegistrationState.PENDING) & (Registration.held_until <= now)


def sessions_to_hold(now: datetime) -> Select[int]:
    """Select the sessions to come with a confirmed seat of a minor whose last guardian has gone."""
    is_minor = Student.is_minor_in_sql(OutreachSession.starts_wall, School.majority_age)
    return (
        select(Registration.session_id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .join(Student, Student.id == Registration.student_id)
        .join(School, School.id == Registration.school_id)
        .where(Registration.state == RegistrationState.CONFIRMED, Student.guardians_gone_at.is_not(None), is_minor)
        .where(OutreachSession.is_to_come(now))
    )


def _zone_of_settler(reasons: Collection[HoldReason], outreach_session: OutreachSession, school_zone: str) -> str | None:
    """Give the zone by whose clock the time to settle ends; None: there is no end. A teacher's part is settled first."""
    whose = settlers(reasons)
    if Settler.TEACHER in whose:
        return school_zone
    return outreach_session.zone if whose else None
