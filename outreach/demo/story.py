"""What has happened so far in the demo: schools registered, a talk was moved, an evening cancelled, a place given back.

Everything goes through the use cases people use, at moments of the past weeks.
"""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import select

from outreach.db import db
from outreach.demo.classes import ANATOMY_CLUB, AP_BIOLOGY, HEALTH_CAREERS, YEAR_10, YEAR_12, ClassList
from outreach.demo.sessions.planned import ASK_A_SURGEON, CANCELLED, EVENING, FULL, MENTORING, NEARLY_FULL, SHADOWING, TALK
from outreach.demo.world import World
from outreach.models import OutreachSession, Registration, Student
from outreach.registration.use_cases import RegistrationRequest, register_students, withdraw
from outreach.scheduling import WhenInput, WhereInput, apply_move
from outreach.scheduling.use_cases import cancel


def first_registrations(world: World, *, now: datetime) -> None:
    """The sessions that will be moved and cancelled get their guests."""
    _register(world, TALK, ANATOMY_CLUB, range(8), now=now)
    _register(world, CANCELLED, ANATOMY_CLUB, range(2, 7), now=now)


def move_the_talk(world: World, *, now: datetime) -> None:
    """It begins half an hour later, somewhere else."""
    talk = db.session.get_one(OutreachSession, world.sessions[TALK])
    when = WhenInput(day=talk.starts_wall.date(), start=time(16, 30), end=time(17, 30))
    where = WhereInput(area_id=world.areas["Skills lab"], zone=talk.zone, meeting_point="Skills lab, third floor, by the lifts")
    apply_move(talk.id, when, where, seen=talk.updated_at, now=now)


def cancel_the_evening(world: World, *, now: datetime) -> None:
    """Nobody who came would find a resident there."""
    reason = "Four of the six residents are on call that night. We are sorry, and are looking for another evening."
    cancel(world.sessions[CANCELLED], reason, now=now)


def more_registrations(world: World, *, now: datetime) -> None:
    """Whole classes across the ocean, one student alone, a school at its limit, a full workshop with a waiting list."""
    _register(world, ASK_A_SURGEON, ANATOMY_CLUB, range(24), now=now)
    _register(world, ASK_A_SURGEON, YEAR_10, range(22), now=now)
    _register(world, NEARLY_FULL, YEAR_12, range(18), now=now)
    _register(world, FULL, AP_BIOLOGY, range(20), now=now)
    _register(world, SHADOWING, ANATOMY_CLUB, range(2), now=now)
    _register(world, EVENING, HEALTH_CAREERS, range(22), now=now)
    _register(world, MENTORING, YEAR_12, range(3), now=now)


def one_withdraws(world: World, *, now: datetime) -> None:
    """A seat in the full workshop goes to the first who waits."""
    chosen = select(Registration.id).where(
        Registration.session_id == world.sessions[FULL], Registration.student_id == world.students[AP_BIOLOGY.name][3]
    )
    withdraw(db.session.scalars(chosen).one(), now=now, by_id=world.users[AP_BIOLOGY.teachers[0].email], note="Has a match that day")


def _register(world: World, session_key: str, class_list: ClassList, which: range, *, now: datetime) -> None:
    """Register these students of a class, but for those whose age isn't known where it matters."""
    session_id, teacher_id = world.sessions[session_key], world.users[class_list.teachers[0].email]
    ids = [world.students[class_list.name][n] for n in which]
    outreach_session = db.session.get_one(OutreachSession, session_id)
    if outreach_session.age_floor is not None:
        ids = [key for key in ids if db.session.get_one(Student, key).birth_date is not None]
    request = RegistrationRequest(
        session_id=session_id,
        school_id=world.schools[class_list.school],
        student_ids=tuple(ids),
        teacher_id=teacher_id,
        by_id=teacher_id,
        class_id=world.classes[class_list.name],
        permission_attested=True,
    )
    register_students(request, now=now)
