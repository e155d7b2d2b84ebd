"""What happens seldom, once each, so that the page where somebody deals with it isn't empty.

Everything goes through the use cases people use.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from outreach.coordination import close_account
from outreach.coordination import use_cases as coordinating
from outreach.db import db
from outreach.demo.classes import ANATOMY_CLUB
from outreach.demo.people import IMRAN, RUTH
from outreach.demo.sessions.planned import MENTORING, SHADOWING, TALK
from outreach.demo.world import World
from outreach.families import use_cases as families
from outreach.models import OutreachSession, School, Student
from outreach.registration import SeatChoices, doubts, seat_rules
from outreach.scheduling import DetailsInput
from outreach.scheduling.use_cases import edit

RAISED_FLOOR = 18


def a_guardian_says_not_my_child(world: World, *, now: datetime) -> None:
    """A minor's only guardian leaves: the seat is held until the teacher settles it."""
    talk = db.session.get_one(OutreachSession, world.sessions[TALK])
    for student_id in reversed(world.students[ANATOMY_CLUB.name][:8]):
        student = db.session.get_one(Student, student_id)
        school = db.session.get_one(School, student.school_id)
        if len(student.guardians) == 1 and student.is_minor_on(talk.starts_wall.date(), school.majority_age):
            (guardian,) = student.guardians
            if guardian.mailbox is not None and guardian.mailbox.is_reached and len(guardian.students) == 1:
                families.not_mine(guardian.mailbox.id, session_id=talk.id, now=now)
                return


def a_site_raises_its_age_floor(world: World, *, now: datetime) -> None:
    """Whoever has the seat in the clinic is too young from now on: the host decides."""
    area_id = world.areas["Outpatient clinic"]
    outreach_session = db.session.get_one(OutreachSession, world.sessions[SHADOWING])
    site = outreach_session.site
    assert site is not None  # noqa: S101 (it takes place there)
    typed = coordinating.SiteInput(name=site.name, address=site.address, country=site.country, zone=site.zone)
    coordinating.keep_site(site.id, typed, floors={area_id: RAISED_FLOOR}, now=now)


def a_host_keeps_who_is_too_young(world: World, *, now: datetime) -> None:
    """The host asks for another age than before, and keeps those who have a seat already."""
    outreach_session = db.session.get_one(OutreachSession, world.sessions[MENTORING])
    offer = DetailsInput(
        title=outreach_session.title,
        description=outreach_session.description,
        specialty=outreach_session.specialty,
        capacity=outreach_session.capacity,
        per_school_limit=outreach_session.per_school_limit,
        age_floor=RAISED_FLOOR,
        bring=outreach_session.bring,
        wear=outreach_session.wear,
        kit=outreach_session.kit,
        day_phone=outreach_session.day_phone,
        reminder_leads=tuple(outreach_session.reminder_leads),
    )
    rules = seat_rules(outreach_session)
    found = doubts(outreach_session, replace(rules, age=replace(rules.age, floor=RAISED_FLOOR)), now=now)
    kept = dict.fromkeys(found.ids, "Has prepared for this for weeks, and only watches.")
    choices = SeatChoices(by_id=world.users[IMRAN.email], kept=kept)
    edit(outreach_session.id, offer, seen=outreach_session.updated_at, now=now, choices=choices)


def an_account_is_closed(world: World, *, now: datetime) -> None:
    """Its sessions take no more registrations until the coordinator hands them over."""
    close_account(world.users[IMRAN.email], by_id=world.users[RUTH.email], now=now)
