"""Locks the rows that decide who gets letters about whom: sessions first, in order, then students.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from outreach.db import db
from outreach.models import ACTIVE, OutreachSession, Registration, RegistrationState, Student

_HERE_OR_RELEASED = (*ACTIVE, RegistrationState.RELEASED)


def lock_sessions_and_students(student_ids: Collection[int], *, now: datetime, session_id: int | None = None) -> None:
    """Lock the coming sessions of these students (and `session_id`), then the students: in the order in which registering locks them.

    Those in which their seat was released too: they may wait there again.
    Who is being registered just now with the old address is so seen before the addresses change. FOR UPDATE of
    students keeps `lock_students` out, and so everybody who registers one of them.
    """
    sessions = select(Registration.session_id).where(Registration.student_id.in_(student_ids), Registration.state.in_(_HERE_OR_RELEASED))
    coming = OutreachSession.id.in_(sessions) & OutreachSession.is_current(now)
    wanted = coming | (OutreachSession.id == session_id)
    db.session.execute(select(OutreachSession.id).where(wanted).order_by(OutreachSession.id).with_for_update(key_share=True))
    db.session.execute(select(Student.id).where(Student.id.in_(student_ids)).order_by(Student.id).with_for_update())


def lock_students(student_ids: Collection[int]) -> None:
    """Let nobody remove these students or correct their addresses meanwhile; others may lock them in the same way."""
    rows = select(Student.id).where(Student.id.in_(student_ids)).order_by(Student.id)
    db.session.execute(rows.with_for_update(read=True, key_share=True))
