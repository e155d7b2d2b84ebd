"""Builders with honest defaults: each writes one thing, committed, and gives it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import (
    Appointment,
    Area,
    Guardian,
    Mailbox,
    Membership,
    OutreachSession,
    Role,
    RoleName,
    School,
    SchoolClass,
    SessionState,
    Site,
    Student,
    User,
)
from outreach.registration.use_cases import RegistrationRequest, register_students

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TOWN = "town.example"
T = TypeVar("T")
_numbers = count(1)


@dataclass
class Builder:
    """Writes to the app's database; `now` is the moment at which everything is made."""

    now: datetime

    def mailbox(self, address: str) -> Mailbox:
        """Give the mailbox of an address, made if need be."""
        with transaction():
            return self._mailbox(address)

    def user(self, *roles: RoleName, given_name: str = "Robin", family_name: str | None = None, email: str | None = None) -> User:
        """Give somebody who can sign in, with these roles."""
        number = next(_numbers)
        email = email or f"person{number}@adults.example"
        with transaction():
            user = User(
                email=email,
                mailbox=self._mailbox(email),
                given_name=given_name,
                family_name=family_name or f"Adult{number}",
                zone="Europe/London",
                active=True,
                fs_uniquifier=uuid4().hex,
                confirmed_at=self.now,
                created_at=self.now,
                roles=list(db.session.scalars(select(Role).where(Role.name.in_(roles)))),
            )
            db.session.add(user)
        return user

    def clinician(self, **facts: Any) -> User:
        """Give a clinician."""
        return self.user(RoleName.CLINICIAN, **facts)

    def coordinator(self, **facts: Any) -> User:
        """Give a coordinator."""
        return self.user(RoleName.COORDINATOR, **facts)

    def teacher(self, school: School, **facts: Any) -> User:
        """Give a teacher of this school."""
        user = self.user(RoleName.TEACHER, **facts)
        with transaction():
            db.session.add(Membership(user_id=user.id, school_id=school.id, approved_by_id=user.id, approved_at=self.now))
        return user

    def school(self, name: str | None = None, **facts: Any) -> School:
        """Give a school in London."""
        return self._add(School(**{"name": name or f"School {next(_numbers)}", "zone": "Europe/London", "country": "GB"} | facts))

    def site(self, name: str | None = None, **facts: Any) -> Site:
        """Give a hospital in New York."""
        defaults = {"name": name or f"Hospital {next(_numbers)}", "address": "1 Main Street", "zone": "America/New_York", "country": "US"}
        return self._add(Site(**defaults | facts))

    def area(self, site: Site, name: str = "Skills lab", **facts: Any) -> Area:
        """Give a room in a site."""
        return self._add(Area(site_id=site.id, name=name, **facts))

    def appointment(self, user: User, site: Site) -> Appointment:
        """Let a clinician work at a site."""
        return self._add(Appointment(user_id=user.id, site_id=site.id, approved_by_id=user.id, approved_at=self.now))

    def school_class(self, school: School, *teachers: User, name: str | None = None) -> SchoolClass:
        """Give a class without students."""
        return self._add(SchoolClass(school=school, name=name or f"Class {next(_numbers)}", teachers=list(teachers)))

    def student(
        self,
        *classes: SchoolClass,
        given_name: str = "Ana",
        family_name: str | None = None,
        email: str | None = None,
        guardians: tuple[str | None, ...] = (),
        birth_date: date | None = None,
        **facts: Any,
    ) -> Student:
        """Give a student of these classes with a guardian for each address (None: without one)."""
        school_id = classes[0].school_id
        with transaction():
            student = Student(
                school_id=school_id,
                given_name=given_name,
                family_name=f"Student{next(_numbers)}" if family_name is None else family_name,
                mailbox=self._mailbox(email) if email else None,
                birth_date=birth_date,
                classes=list(classes),
                guardians=[self._guardian(school_id, address) for address in guardians],
                **facts,
            )
            db.session.add(student)
        return student

    def full_class(self, school: School, *teachers: User, size: int = 30, guardians: int = 1, with_email: bool = True) -> SchoolClass:
        """Give a class of this many students, each with this many guardians of their own."""
        school_class = self.school_class(school, *teachers)
        with transaction():
            for _ in range(size):
                number = next(_numbers)
                db.session.add(
                    Student(
                        school_id=school.id,
                        given_name=f"Given{number}",
                        family_name=f"Family{number:05}",
                        mailbox=self._mailbox(f"student{number}@pupils.example") if with_email else None,
                        classes=[school_class],
                        guardians=[self._guardian(school.id, f"guardian{number}.{which}@families.example") for which in range(guardians)],
                    )
                )
        db.session.refresh(school_class, ["students"])
        return school_class

    def outreach_session(self, host: User, *, starts_wall: datetime | None = None, minutes: int = 120, **facts: Any) -> OutreachSession:
        """Give a published workshop with 10 seats, Thursday 18 March 2027, 14:00 in New York."""
        starts_wall = starts_wall or datetime(2027, 3, 18, 14, 0)
        site = None if facts.get("video_url") else facts.pop("site", None) or self.site()
        zone = facts.pop("zone", None) or (site.zone if site else "Europe/London")
        fold = facts.pop("fold", 0)
        defaults: dict[str, Any] = {
            "format_key": "stitch_workshop",
            "host_id": host.id,
            "posted_by_id": host.id,
            "title": "Power of a Stitch",
            "description": "Your first stitch, on a pad.",
            "site_id": site.id if site else None,
            "meeting_point": "Main entrance" if site else "",
            "capacity": 10,
            "reminder_leads": [10080, 1440],
            "state": SessionState.PUBLISHED,
            "published_at": self.now,
            "created_at": self.now,
            "updated_at": self.now,
        }
        outreach_session = OutreachSession(**defaults | facts)
        outreach_session.set_time(
            starts_wall=starts_wall, ends_wall=starts_wall + timedelta(minutes=minutes), zone=zone, fold=fold, tzdata_version="2026f"
        )
        return self._add(outreach_session)

    def register(self, outreach_session: OutreachSession, teacher: User, *students: Student, now: datetime | None = None) -> None:
        """Let a teacher register students of one school, in this order; permission is attested."""
        asked = RegistrationRequest(
            session_id=outreach_session.id,
            school_id=students[0].school_id,
            student_ids=tuple(student.id for student in students),
            teacher_id=teacher.id,
            by_id=teacher.id,
            permission_attested=True,
        )
        register_students(asked, now=now or self.now)

    def _add(self, record: T) -> T:
        with transaction():
            db.session.add(record)
        return record

    def _mailbox(self, address: str) -> Mailbox:
        mailbox = db.session.scalar(select(Mailbox).where(Mailbox.address == address))
        if mailbox is None:
            mailbox = Mailbox(address=address)
            db.session.add(mailbox)
            db.session.flush()
        return mailbox

    def _guardian(self, school_id: int, address: str | None) -> Guardian:
        if address is None:
            return Guardian(school_id=school_id, name="Guardian")
        mailbox = self._mailbox(address)
        known = db.session.scalar(select(Guardian).where(Guardian.school_id == school_id, Guardian.mailbox_id == mailbox.id))
        return known or Guardian(school_id=school_id, name=f"Guardian {next(_numbers)}", mailbox=mailbox)
