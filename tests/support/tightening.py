"""A class for a session whose rules are tightened: who is how old that day, who is kept and who is released."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import OutreachSession, Registration, RegistrationStep, Student, User
from outreach.registration import SeatChoices
from outreach.registration.queries import registration_rows
from outreach.scheduling import DetailsInput
from outreach.scheduling import use_cases as scheduling
from outreach.scheduling.preview import plan_edit
from outreach.schools.queries import known_students
from outreach.schools.students import FIELDS, StudentInput, edit_student, seen_of
from tests.support.builders import Builder
from tests.support.registrations import registration_of

BORN = {18: date(2009, 1, 1), 17: date(2010, 1, 1), 15: date(2012, 1, 1)}  # how old they are when the session is held


class Course:
    """One school's class for a session without an age floor; whoever is named is registered in this order."""

    def __init__(self, make: Builder, **facts: Any) -> None:
        self.make, school = make, make.school()
        self.teacher = make.teacher(school)
        self.school_class = make.school_class(school, self.teacher)
        self.host = make.clinician()
        self.session: OutreachSession = make.outreach_session(self.host, **facts)
        self.student: dict[str, Student] = {}

    def register(self, **ages: int | None) -> None:
        for name, age in ages.items():
            born = BORN[age] if age else None
            home = f"{name.lower()}@families.example"
            self.student[name] = self.make.student(self.school_class, given_name=name, birth_date=born, guardians=(home,))
        later = self.make.now + timedelta(seconds=len(self.student))
        self.make.register(self.session, self.teacher, *(self.student[name] for name in ages), now=later)

    def offer(self, **changes: Any) -> DetailsInput:
        there = db.session.get_one(OutreachSession, self.session.id, populate_existing=True)
        names = ("title", "description", "capacity", "per_school_limit", "age_floor")
        return DetailsInput(**{name: getattr(there, name) for name in names} | {"reminder_leads": (1440,)} | changes)

    def listed(self, now: datetime, **changes: Any) -> dict[str, str | bool]:
        """Say who would no longer fit: why, or whether they are chosen beforehand."""
        found = plan_edit(self.session.id, self.offer(**changes), notifies=False, now=now).doubts
        return {one.given_name: one.why or one.is_preselected for one in found.seats}

    def edit(self, now: datetime, choices: SeatChoices | None = None, **changes: Any) -> None:
        offer = self.offer(**changes)
        scheduling.edit(self.session.id, offer, seen=self.session.updated_at, now=now, choices=choices)

    def choices(self, *, by: User | None = None, keep: dict[str, str] | None = None, release: str = "", **facts: Any) -> SeatChoices:
        """Keep these, each for a reason, and release those (their names, apart by blanks)."""
        kept = {self.registration(name).id: because for name, because in (keep or {}).items()}
        released = frozenset(self.registration(name).id for name in release.split())
        return SeatChoices(by_id=(by or self.host).id, kept=kept, released=released, **{"released_for": "It changed."} | facts)

    def notes(self, name: str) -> list[str]:
        steps = select(RegistrationStep.note).where(RegistrationStep.registration_id == self.registration(name).id)
        return [note for note in db.session.scalars(steps.order_by(RegistrationStep.id)) if note]

    def registration(self, name: str) -> Registration:
        return registration_of(self.student[name], self.session)

    def set_floor(self, floor: int | None) -> None:
        with transaction():
            db.session.get_one(OutreachSession, self.session.id, populate_existing=True).age_floor = floor

    def obstacles(self) -> dict[str, str | None]:
        rows = registration_rows(db.session.get_one(OutreachSession, self.session.id, populate_existing=True), None)
        return {row.student.given_name: row.too_young for row in rows}

    def correct_birth_date(self, name: str, age: int | None, *, now: datetime) -> None:
        """Let the school say that a student will be so old that day."""
        known = known_students(self.student[name].school_id)[self.student[name].id]
        facts = {field: getattr(known, field) for field in (*FIELDS, "guardians")}
        edit_student(known.id, StudentInput(**facts | {"birth_date": BORN[age] if age else None}), seen=seen_of(known), now=now)
