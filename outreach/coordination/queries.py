"""The coordinator's lists: what they select, a page at a time. Reads only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import selectinload

from outreach.catalogue import CARD_ROWS
from outreach.coordination.dashboard import is_undecided
from outreach.coordination.forms import TimeFilter
from outreach.db import db
from outreach.models import (
    Application,
    ApplicationState,
    Appointment,
    Membership,
    OutreachSession,
    Role,
    RoleName,
    School,
    SessionState,
    Site,
    User,
)
from outreach.people import NamedPlace, alike

PAGE_SIZE = 50
Wanted: TypeAlias = Select[*tuple[Any, ...]]


def applications(state: ApplicationState) -> Wanted:
    """Those that wait oldest first, those decided latest first."""
    order = Application.created_at if state is ApplicationState.PENDING else Application.decided_at.desc()
    return select(Application).where(Application.state == state).options(selectinload(Application.user)).order_by(order, Application.id)


def people(q: str, role: RoleName | None) -> Wanted:
    """People by family name, with their roles."""
    wanted = select(User).options(selectinload(User.roles)).order_by(User.folded, User.id)
    for word in q.split():
        wanted = wanted.where(or_(User.is_called(word), User.email.icontains(word, autoescape=True)))
    return wanted.where(User.roles.any(Role.name == role)) if role else wanted


def workplaces_of(user_ids: list[int]) -> dict[int, list[str]]:
    """Give the names of the schools and sites where these people work."""
    schools = select(Membership.user_id, School.name).join(School).where(Membership.user_id.in_(user_ids))
    sites = select(Appointment.user_id, Site.name).join(Site).where(Appointment.user_id.in_(user_ids))
    found: dict[int, list[str]] = {}
    for user_id, name in [*db.session.execute(schools), *db.session.execute(sites)]:
        found.setdefault(user_id, []).append(name)
    return found


def places_like(model: type[School | Site], name: str, *, where: str = "", but: int | None = None) -> list[NamedPlace]:
    """Give the schools or sites that may be the one of this name, the likeliest first."""
    return alike(name, (place for place in named_places(model) if place.id != but), where=where) if name.strip() else []


def named_places(model: type[School | Site]) -> list[NamedPlace]:
    """Read all schools or sites by name, each with the words that say where it is."""
    where = School.town if model is School else Site.address
    rows = db.session.execute(select(model.id, model.name, where).order_by(model.folded, model.id))
    return [NamedPlace(key, name, " ".join(words.split())) for key, name, words in rows]


def schools_of(user_id: int) -> list[School]:
    """Read the schools where somebody teaches, by name."""
    theirs = select(School).join(Membership, Membership.school_id == School.id).where(Membership.user_id == user_id)
    return list(db.session.scalars(theirs.order_by(School.folded)))


def schools(q: str) -> Wanted:
    """Schools by name, with the number of their teachers."""
    teachers = select(func.count()).where(Membership.school_id == School.id).scalar_subquery()
    return select(School, teachers.label("people")).where(*map(School.is_called, q.split())).order_by(School.folded, School.id)


def sites(q: str) -> Wanted:
    """Sites by name, with the number of their clinicians."""
    clinicians = select(func.count()).where(Appointment.site_id == Site.id).scalar_subquery()
    return select(Site, clinicians.label("people")).where(*map(Site.is_called, q.split())).order_by(Site.folded, Site.id)


def sessions(q: str, time: TimeFilter, state: SessionState | None, *, now: datetime) -> Wanted:
    """Sessions of everybody, drafts too; those to come soonest first, those past latest first."""
    is_to_come = time in (TimeFilter.COMING, TimeFilter.UNDECIDED)
    wanted = CARD_ROWS.order_by(OutreachSession.starts_at if is_to_come else OutreachSession.starts_at.desc(), OutreachSession.id)
    for word in q.split():
        wanted = wanted.where(or_(OutreachSession.is_called(word), User.is_called(word)))
    if state:
        wanted = wanted.where(OutreachSession.state == state)
    if time is TimeFilter.ALL:
        return wanted
    if time is TimeFilter.UNDECIDED:
        return wanted.where(is_undecided(now))
    return wanted.where(OutreachSession.ends_at > now if time is TimeFilter.COMING else OutreachSession.ends_at <= now)
