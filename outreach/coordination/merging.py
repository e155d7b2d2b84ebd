"""Two schools or two sites that are one: everything of the one goes to the other, and nothing is lost.

Times, seats, classes and calendars stay as they are. So the two must agree in what those follow from: zone, country, age of
majority, and the minimum age of areas of one name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from outreach.coordination.who_answers import tell_who_answers
from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal, Refusals
from outreach.models import (
    ACTIVE,
    Appointment,
    Area,
    Arrangement,
    Guardian,
    ImportBatch,
    ListLayout,
    Membership,
    OutreachSession,
    Registration,
    School,
    SchoolClass,
    Site,
    Student,
)
from outreach.notifications import lock_sessions_and_students
from outreach.people import answering_teacher

Organisation = School | Site


def belongings(found: Organisation, *, now: datetime) -> list[tuple[int, str]]:
    """Count what belongs to a school or site: how many, of what."""
    rows = _of_school(found) if isinstance(found, School) else _of_site(found, now)
    return [row for row in rows if row[0]]


def merge_schools(gone_id: int, into_id: int, *, now: datetime) -> None:
    """Give everything of one school to another, and delete it. A class whose name is taken there gets the old school's name added.

    Raises NotThere where one of them has been merged already, Refusal where they don't agree or two students have one number.
    """
    with transaction():
        gone, into = _both(School, gone_id, into_id)
        must_agree(gone, into)
        theirs = list(db.session.scalars(select(Student.id).where(Student.school_id == gone_id)))
        lock_sessions_and_students(theirs, now=now)
        answered = _who_answers(gone_id, into_id)
        _rename_classes(gone, into)
        _give(Membership, Membership.user_id, Membership.school_id, gone_id, into_id)
        _give(Arrangement, Arrangement.session_id, Arrangement.school_id, gone_id, into_id)
        _give(ListLayout, ListLayout.headings, ListLayout.school_id, gone_id, into_id)
        into.people_version = max(gone.people_version, into.people_version) + 1
        for model in (SchoolClass, Student, Guardian, Registration, ImportBatch):
            db.session.execute(update(model).where(model.school_id == gone_id).values(school_id=into_id))
        _forget(School, gone_id)
        now_answered = _who_answers(into_id)
        others = [key for key, teacher_id in now_answered.items() if answered.get(key) != teacher_id]
        tell_who_answers(Registration.id.in_(others), now=now)
    db.session.expire_all()


def merge_sites(gone_id: int, into_id: int) -> None:
    """Give everything of one site to another, and delete it; areas of one name become one. Sessions are told of with their next change.

    Raises NotThere where one of them has been merged already, Refusal where they don't agree, or a session is posted there just now.
    """
    try:
        with transaction():
            gone, into = _both(Site, gone_id, into_id)
            must_agree(gone, into)
            there = select(OutreachSession.id).where(OutreachSession.site_id == gone_id).order_by(OutreachSession.id)
            db.session.execute(there.with_for_update(key_share=True))
            for area, same in _areas(gone, into):
                db.session.execute(update(OutreachSession).where(OutreachSession.area_id == area.id).values(area_id=same.id))
                db.session.execute(delete(Area).where(Area.id == area.id))
            db.session.execute(update(Area).where(Area.site_id == gone_id).values(site_id=into_id))
            db.session.execute(update(OutreachSession).where(OutreachSession.site_id == gone_id).values(site_id=into_id))
            _give(Appointment, Appointment.user_id, Appointment.site_id, gone_id, into_id)
            _forget(Site, gone_id)
    except IntegrityError:
        raise Refusal(_("A session has just been posted there. Please try again.")) from None
    db.session.expire_all()


def must_agree(gone: Organisation, into: Organisation) -> None:
    """Raise Refusal for each thing that must be corrected first. Reads only."""
    found = Refusals()
    if (gone.zone, gone.country) != (into.zone, into.country):
        found.append(Refusal(_("They have different time zones or countries. Correct one of them first.")))
    if isinstance(gone, School) and isinstance(into, School):
        if gone.majority_age != into.majority_age:
            found.append(Refusal(_("They have different ages of majority. Correct one of them first.")))
        if numbers := _numbers_twice(gone, into):
            listed = ", ".join(numbers)
            found.append(Refusal(_("Students of both have the same number: %(numbers)s. Correct them first.", numbers=listed)))
    if isinstance(gone, Site) and isinstance(into, Site):
        for area, same in _areas(gone, into):
            if area.age_floor != same.age_floor:
                name = area.name
                found.append(Refusal(_("The minimum age of %(area)s differs. Give both the same first.", area=name)))
    found.must_be_none()


def _both(model: Any, gone_id: int, into_id: int) -> tuple[Any, Any]:
    """Lock the two in the order of their ids."""
    if gone_id == into_id:
        raise Refusal(_("Choose another one to merge it with."))
    found = {key: locked(model, key) for key in sorted((gone_id, into_id))}
    if None in found.values():
        raise NotThere(_("One of them is no longer there: it has already been merged."))
    return found[gone_id], found[into_id]


def _who_answers(*school_ids: int) -> dict[int, int | None]:
    """Give who answers for each active registration of these schools."""
    rows = db.session.execute(
        select(Registration.id, answering_teacher()).where(Registration.school_id.in_(school_ids), Registration.state.in_(ACTIVE))
    )
    return {key: teacher_id for key, teacher_id in rows}  # noqa: C416 (dict() of rows isn't typed)


def _rename_classes(gone: School, into: School) -> None:
    taken = set(db.session.scalars(select(SchoolClass.folded).where(SchoolClass.school_id == into.id)))
    for one in db.session.scalars(select(SchoolClass).where(SchoolClass.school_id == gone.id).order_by(SchoolClass.id)):
        if one.folded in taken:
            one.name = f"{one.name[:100]} ({gone.name[:120]})"
    db.session.flush()


def _numbers_twice(gone: School, into: School) -> list[str]:
    there = select(Student.number).where(Student.school_id == into.id, Student.number.is_not(None))
    twice = select(Student.number).where(Student.school_id == gone.id, Student.number.in_(there)).order_by(Student.number)
    return [str(number) for number in db.session.scalars(twice)]


def _areas(gone: Site, into: Site) -> list[tuple[Area, Area]]:
    """Pair areas of one name."""
    known = {area.folded: area for area in db.session.scalars(select(Area).where(Area.site_id == into.id))}
    mine = db.session.scalars(select(Area).where(Area.site_id == gone.id).order_by(Area.id))
    return [(area, known[area.folded]) for area in mine if area.folded in known]


def _give(model: Any, other: Any, place: Any, gone_id: int, into_id: int) -> None:
    """Give who works here, or what is arranged, to the other; where both have a row, the other's stays."""
    both = select(other).where(place == into_id)
    db.session.execute(delete(model).where(place == gone_id, other.in_(both)).execution_options(synchronize_session=False))
    db.session.execute(update(model).where(place == gone_id).values({place.key: into_id}).execution_options(synchronize_session=False))


def _forget(model: Any, gone_id: int) -> None:
    db.session.execute(delete(model).where(model.id == gone_id).execution_options(synchronize_session=False))
    db.session.expire_all()


def _of_school(found: School) -> Iterator[tuple[int, str]]:
    def count(model: Any) -> int:
        return db.session.scalar(select(func.count()).select_from(model).where(model.school_id == found.id)) or 0

    teachers, classes, students, registrations = (count(model) for model in (Membership, SchoolClass, Student, Registration))
    yield teachers, ngettext("teacher", "teachers", teachers)
    yield classes, ngettext("class", "classes", classes)
    yield students, ngettext("student", "students", students)
    yield registrations, ngettext("registration", "registrations", registrations)


def _of_site(found: Site, now: datetime) -> Iterator[tuple[int, str]]:
    clinicians = db.session.scalar(select(func.count()).where(Appointment.site_id == found.id)) or 0
    areas = db.session.scalar(select(func.count()).where(Area.site_id == found.id)) or 0
    is_past = OutreachSession.ends_at <= now
    counts = select(func.count().filter(~is_past), func.count().filter(is_past)).where(OutreachSession.site_id == found.id)
    to_come, past = db.session.execute(counts).one()
    yield clinicians, ngettext("clinician", "clinicians", clinicians)
    yield areas, ngettext("room or ward", "rooms and wards", areas)
    yield to_come, ngettext("session to come", "sessions to come", to_come)
    yield past, ngettext("past session", "past sessions", past)
