"""What happens to the seats of minors whose last guardian would leave: a teacher reads it before saving. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from outreach.db import db
from outreach.errors import Refusal
from outreach.models import ACTIVE, HAVE_AN_ENTRY, OutreachSession, Registration, School, Student


@dataclass(frozen=True, kw_only=True)
class Concerned:
    """One registration of a minor without a guardian: a seat is held; who waits, or was asked, is passed over."""

    given_name: str
    title: str
    starts_wall: datetime
    has_seat: bool


class NoGuardianLeft(Refusal):
    """The last guardian of a minor would leave: nothing is saved before the teacher has read what that means."""

    def __init__(self, concerned: list[Concerned]) -> None:
        """Keep what it concerns."""
        super().__init__(_("There would be no guardian. Read what that means, then save again."), field="leaves_nobody")
        self.concerned = concerned


def concerned_by_loss(student_ids: Collection[int], *, now: datetime) -> list[Concerned]:
    """Give the registrations to come of these students, who have lost all guardians, where they are minors; the next first."""
    is_minor = Student.is_minor_in_sql(OutreachSession.starts_wall, School.majority_age)
    rows = db.session.execute(
        select(Student.given_name, OutreachSession.title, OutreachSession.starts_wall, Registration.state)
        .join(Registration, Registration.student_id == Student.id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .join(School, School.id == Student.school_id)
        .where(Student.id.in_(student_ids), is_minor)
        .where(Registration.state.in_(ACTIVE), OutreachSession.is_to_come(now))
        .order_by(OutreachSession.starts_at, Registration.id)
    ).all()
    return [
        Concerned(given_name=row.given_name, title=row.title, starts_wall=row.starts_wall, has_seat=row.state in HAVE_AN_ENTRY)
        for row in rows
    ]
