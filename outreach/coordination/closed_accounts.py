"""What still depends on people whose account is closed, or who no longer are what it takes: sessions, students, classes. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from outreach.db import db
from outreach.folding import name_key
from outreach.models import (
    ACTIVE,
    OutreachSession,
    Registration,
    RoleName,
    School,
    SchoolClass,
    SessionState,
    User,
    class_teacher,
)
from outreach.people import answering_teacher, works_at


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """Students of one school in one session whose teacher no longer answers for them; `by`: who stands in."""

    outreach_session: OutreachSession
    school: School
    students: int
    by: User


@dataclass(kw_only=True)
class ClosedAccount:
    """One person, and what depends on them: `sessions` they host, `students` for whom somebody stands in, `classes` nobody else keeps."""

    person: User
    sessions: list[OutreachSession] = field(default_factory=list)
    students: list[HandedOver] = field(default_factory=list)
    classes: list[SchoolClass] = field(default_factory=list)


def closed_accounts(user_id: int | None = None, *, now: datetime) -> list[ClosedAccount]:
    """Give everybody on whom something depends that they can't look after any more, or this one person, by name."""
    found: dict[int, ClosedAccount] = {}

    def of(person: User) -> ClosedAccount:
        return found.setdefault(person.id, ClosedAccount(person=person))

    for outreach_session in _sessions(user_id, now):
        of(outreach_session.host).sessions.append(outreach_session)
    for teacher, handed_over in _students(user_id, now):
        of(teacher).students.append(handed_over)
    for teacher, school_class in _classes(user_id):
        of(teacher).classes.append(school_class)
    return sorted(found.values(), key=lambda one: (name_key(one.person.listed_name), one.person.id))


def _sessions(user_id: int | None, now: datetime) -> Sequence[OutreachSession]:
    """Read the sessions to come whose host can't look after them any more, drafts too; a co-host may do so."""
    theirs = (OutreachSession.host_id == user_id,) if user_id is not None else ()
    coming = (OutreachSession.state != SessionState.CANCELLED, OutreachSession.starts_at > now)
    is_host = exists().where(User.id == OutreachSession.host_id, User.active, User.roles.any(name=RoleName.CLINICIAN))
    wanted = select(OutreachSession).where(*coming, ~is_host.correlate_except(User), *theirs).options(joinedload(OutreachSession.host))
    return db.session.scalars(wanted.order_by(OutreachSession.starts_at, OutreachSession.id)).all()


def _students(user_id: int | None, now: datetime) -> list[tuple[User, HandedOver]]:
    """Count the students for whom somebody stands in, by teacher, session and school."""
    theirs = (Registration.teacher_id == user_id,) if user_id is not None else ()
    columns = (Registration.teacher_id, Registration.session_id, Registration.school_id, answering_teacher().label("by_id"))
    active = (
        select(*columns)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(Registration.state.in_(ACTIVE), OutreachSession.is_current(now), *theirs)
        .subquery()
    ).c
    keys = (active.teacher_id, active.session_id, active.school_id, active.by_id)
    rows = db.session.execute(select(*keys, func.count().label("number")).where(active.by_id != active.teacher_id).group_by(*keys)).all()
    found = [
        (
            db.session.get_one(User, row.teacher_id),
            HandedOver(
                outreach_session=db.session.get_one(OutreachSession, row.session_id),
                school=db.session.get_one(School, row.school_id),
                students=row.number,
                by=db.session.get_one(User, row.by_id),
            ),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one[1].outreach_session.starts_at, one[1].outreach_session.id, name_key(one[1].school.name)))


def _classes(user_id: int | None) -> list[tuple[User, SchoolClass]]:
    """Read the classes that had a teacher and have none any more."""
    teacher = aliased(User)
    keeps = (class_teacher.c.class_id == SchoolClass.id, class_teacher.c.user_id == teacher.id)
    has_one = exists().where(*keeps, works_at(teacher, SchoolClass.school_id)).correlate(SchoolClass)
    theirs = (User.id == user_id,) if user_id is not None else ()
    rows = db.session.execute(
        select(User, SchoolClass)
        .join(class_teacher, class_teacher.c.user_id == User.id)
        .join(SchoolClass, SchoolClass.id == class_teacher.c.class_id)
        .where(~has_one, *theirs)
        .options(joinedload(SchoolClass.school), selectinload(User.roles))
        .order_by(SchoolClass.folded, SchoolClass.id)
    )
    return [(person, school_class) for person, school_class in rows if not person.is_a(RoleName.COORDINATOR) or not person.active]
