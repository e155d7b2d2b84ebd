"""Who is old enough for a session: one rule for whoever asks to take part, waits, was asked, or has a seat.

Reads only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from outreach.db import db
from outreach.models import ACTIVE, OutreachSession, Registration, RegistrationState, Student, higher_floor


@dataclass(frozen=True, kw_only=True)
class AgeRule:
    """How old one must be on the day of a session. `floor`: the higher of the session's and its area's; `site_floor`: the area's."""

    day: date
    floor: int | None
    site_floor: int | None

    def old_enough_from(self, student: Student) -> date | None:
        """Give the day from which a student is old enough; None: there is no minimum age, or no birth date."""
        if self.floor is None or student.birth_date is None:
            return None
        born = student.birth_date
        try:
            return born.replace(year=born.year + self.floor)
        except ValueError:  # born on 29 February
            return date(born.year + self.floor, 3, 1)

    def obstacle(self, student: Student, name: str) -> str | None:
        """Say why a student may not be registered; None: they are old enough. `name`: as whoever reads this knows them."""
        age = student.age_on(self.day)
        if not _is_below(age, self.floor):
            return None
        if age is None:
            return _("%(name)s has no birth date: this session is for %(floor)s and over.", name=name, floor=self.floor)
        return _("%(name)s is %(age)s that day: this session is for %(floor)s and over.", name=name, age=age, floor=self.floor)

    def allows(self, registration: Registration) -> bool:
        """Say whether somebody who is registered is old enough still, or was kept though they aren't."""
        return self._has_lifted(registration, self.floor, registration.kept_floor) and not self.needs_coordinator(registration)

    def why_not(self, registration: Registration, name: str) -> str | None:
        """Say why somebody who is registered isn't allowed any more; None: they are."""
        return None if self.allows(registration) else self.obstacle(registration.student, name)

    def needs_coordinator(self, registration: Registration) -> bool:
        """Say whether the site's own rule stands in the way, which a coordinator alone lifts."""
        return not self._has_lifted(registration, self.site_floor, registration.kept_site_floor)

    def _has_lifted(self, registration: Registration, floor: int | None, lifted: int | None) -> bool:
        """Say whether this floor doesn't matter: a student who was kept must not have become younger since, or unknown, or known."""
        age, kept_age = registration.student.age_on(self.day), registration.kept_age
        if floor is None or not _is_below(age, floor):
            return True
        is_as_young = age is None if kept_age is None else age is not None and age >= kept_age
        return lifted is not None and lifted >= floor and is_as_young


def age_rule(outreach_session: OutreachSession) -> AgeRule:
    """Give the rule of a session as it is."""
    site_floor = outreach_session.area.age_floor if outreach_session.area else None
    floor = higher_floor(outreach_session.age_floor, site_floor)
    return AgeRule(day=outreach_session.starts_wall.date(), floor=floor, site_floor=site_floor)


def too_young(outreach_session: OutreachSession, student_ids: Collection[int]) -> set[int]:
    """Give those of these students who are registered for a session, aren't old enough, and weren't kept nonetheless.

    Those whose seat was released stay too young, so that e-mails can say why.
    """
    rule = age_rule(outreach_session)
    if rule.floor is None or not student_ids:
        return set()
    states = (*ACTIVE, RegistrationState.RELEASED)
    theirs = Registration.session_id == outreach_session.id, Registration.student_id.in_(student_ids), Registration.state.in_(states)
    registered = select(Registration).where(*theirs).options(joinedload(Registration.student)).order_by(Registration.id)
    found = db.session.scalars(registered.execution_options(populate_existing=True))
    last = {one.student_id: one for one in found}
    return {key for key, one in last.items() if not rule.allows(one)}


def _is_below(age: int | None, floor: int | None) -> bool:
    return floor is not None and (age is None or age < floor)
