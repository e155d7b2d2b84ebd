"""The order in which a class gets seats: by name, or drawn once."""

from __future__ import annotations

from datetime import datetime
from random import SystemRandom

from sqlalchemy import select

from outreach.db import db, insert_or_skip, transaction
from outreach.models import (
    SchoolClass,
    SeatDraw,
    enrolment,
)
from outreach.registration.checks import (
    locked_session,
    must_be_open,
)


def seat_draw(session_id: int, class_id: int) -> SeatDraw | None:
    """Read the draw of a class for a session, if there was one."""
    return db.session.scalar(select(SeatDraw).where(SeatDraw.session_id == session_id, SeatDraw.class_id == class_id))


def class_order(school_class: SchoolClass, draw: SeatDraw | None) -> list[int]:
    """Give the students of a class in the order in which they get seats: as drawn, and who joined later after them; else by name."""
    by_name = [student.id for student in school_class.students]
    if draw is None:
        return by_name
    drawn = {key: position for position, key in enumerate(draw.student_ids)}
    return sorted(by_name, key=lambda key: drawn.get(key, len(drawn)))


def draw_order(session_id: int, school_class: SchoolClass, *, by_id: int, now: datetime) -> None:
    """Draw the order in which a class gets the seats of a session, each order as likely as any other. Once: a second time changes nothing.

    Raises Refusal when registration isn't open.
    """
    with transaction():
        must_be_open(locked_session(session_id), now)
        in_class = select(enrolment.c.student_id).where(enrolment.c.class_id == school_class.id).order_by(enrolment.c.student_id)
        drawn = list(db.session.scalars(in_class))
        SystemRandom().shuffle(drawn)
        facts = {"session_id": session_id, "class_id": school_class.id, "student_ids": drawn, "drawn_by_id": by_id, "drawn_at": now}
        db.session.execute(insert_or_skip(SeatDraw, "session_id", "class_id").values(**facts))
