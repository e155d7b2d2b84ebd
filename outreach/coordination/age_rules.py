"""Age rules that a coordinator sets: the floor of an area, a school's age of majority. Sessions to come follow at once.

Joins the caller's transaction, never commits. The caller holds the lock on the site or school.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from outreach.db import db
from outreach.models import ACTIVE, Area, OutreachSession, Registration
from outreach.notifications import lock_sessions_and_students, notify_addresses_changed
from outreach.registration import locked_session, settle_seats, settle_seats_of


def set_floors(site_id: int, floors: Mapping[int, int | None], *, now: datetime) -> None:
    """Set the age floors of areas of this site, and settle the seats of sessions to come where one changes."""
    areas = select(Area).where(Area.site_id == site_id, Area.id.in_(floors)).order_by(Area.id)
    changed = [area for area in db.session.scalars(areas.execution_options(populate_existing=True)) if area.age_floor != floors[area.id]]
    for area in changed:
        area.age_floor = floors[area.id]
    db.session.flush()
    there = OutreachSession.area_id.in_([area.id for area in changed]), OutreachSession.is_to_come(now)
    for session_id in db.session.scalars(select(OutreachSession.id).where(*there).order_by(OutreachSession.id)).all():
        settle_seats(locked_session(session_id), now=now)


def follow_majority(school_id: int, *, now: datetime) -> None:
    """Tell the guardians of who is a minor now, no more those of who isn't, and hold or confirm seats as that needs."""
    active = Registration.school_id == school_id, Registration.state.in_(ACTIVE)
    students = set(db.session.scalars(select(Registration.student_id).where(*active)))
    lock_sessions_and_students(students, now=now)
    notify_addresses_changed(students, now=now)
    settle_seats_of(students, now=now)
