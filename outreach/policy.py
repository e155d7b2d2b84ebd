"""Who may do what to which record: one place. Each rule reads as a claim about a user and a record.

A record a user may not see looks like one that isn't there (404): see `web.load`.
"""

from __future__ import annotations

from outreach.db import db
from outreach.models import (
    Application,
    BackgroundJob,
    BlockedDomain,
    ImportBatch,
    Membership,
    OutreachSession,
    Registration,
    RoleName,
    School,
    SchoolClass,
    SessionState,
    Student,
    User,
)
from outreach.people import schools_of


def coordinates(user: User, _record: object = None) -> bool:
    """Coordinators run the programme and see the whole."""
    return user.is_a(RoleName.COORDINATOR)


def posts_sessions(user: User, _record: object = None) -> bool:
    """Clinicians post; a coordinator may post for one."""
    return user.is_a(RoleName.CLINICIAN) or coordinates(user)


def registers_classes(user: User, _record: object = None) -> bool:
    """Teachers register; a coordinator may for them."""
    return user.is_a(RoleName.TEACHER) or coordinates(user)


def works_at(user: User, school: School) -> bool:
    """Approved teachers of a school are colleagues; the coordinator is everyone's."""
    return coordinates(user) or _is_colleague(user, school.id)


def keeps_class(user: User, school_class: SchoolClass) -> bool:
    """A class is kept by all teachers of its school."""
    return coordinates(user) or _is_colleague(user, school_class.school_id)


def keeps_import(user: User, batch: ImportBatch) -> bool:
    """What was imported into a school is seen and undone by its teachers."""
    return coordinates(user) or _is_colleague(user, batch.school_id)


def keeps_student(user: User, student: Student) -> bool:
    """A student's record is kept by all teachers of the school."""
    return coordinates(user) or _is_colleague(user, student.school_id)


def keeps_registration(user: User, registration: Registration) -> bool:
    """The school that registered may withdraw."""
    return coordinates(user) or _is_colleague(user, registration.school_id)


def hosts(user: User, outreach_session: OutreachSession) -> bool:
    """Host, co-hosts and whoever posted it may edit, move, cancel and see the roster."""
    return coordinates(user) or hosts_it_themselves(user, outreach_session)


def hosts_it_themselves(user: User, outreach_session: OutreachSession) -> bool:
    """Host, co-hosts and whoever posted it, not a coordinator who only may do the same."""
    is_one = user.id in (outreach_session.host_id, outreach_session.posted_by_id)
    return is_one or any(host.id == user.id for host in outreach_session.co_hosts)


def decides(user: User, outreach_session: OutreachSession) -> bool:
    """The link in a letter that asks for a decision serves its present hosts, and coordinators; a closed account no more."""
    hosting = {outreach_session.host_id, *(host.id for host in outreach_session.co_hosts)}
    return user.active and (coordinates(user) or user.id in hosting)


def removes_registration(user: User, registration: Registration) -> bool:
    """Only those who host may withdraw somebody else's student."""
    return hosts(user, registration.outreach_session)


def sees_session(user: User, outreach_session: OutreachSession) -> bool:
    """A draft is its hosts' own; everything else is public."""
    return outreach_session.state != SessionState.DRAFT or (user.is_authenticated and hosts(user, outreach_session))


def decides_application(user: User, _application: Application) -> bool:
    """A coordinator decides."""
    return coordinates(user)


def sees_day_phone(user: User, outreach_session: OutreachSession) -> bool:
    """The telephone for the day is for hosts and teachers."""
    return user.is_authenticated and (registers_classes(user) or hosts(user, outreach_session))


def may_unblock_domain(user: User, blocked: BlockedDomain) -> bool:
    """Teachers of a school whose own domain it is can have us let in there; a public one is the coordinator's."""
    return coordinates(user) or any(_is_colleague(user, school_id) for school_id in schools_of(blocked.domain))


def follows_job(user: User, job: BackgroundJob) -> bool:
    """Long work is seen and stopped by who started it."""
    return coordinates(user) or job.started_by_id == user.id


def _is_colleague(user: User, school_id: int) -> bool:
    return user.is_a(RoleName.TEACHER) and db.session.get(Membership, (user.id, school_id)) is not None
