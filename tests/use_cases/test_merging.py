"""Two schools or two sites that are one: nothing is lost, nothing is there twice, calendars stay as they were."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import func, select

from outreach.coordination import merging
from outreach.db import Base, db, transaction
from outreach.errors import NotThere, Refusal
from outreach.models import (
    Appointment,
    Area,
    Arrangement,
    Guardian,
    ImportBatch,
    Invitation,
    Letter,
    ListLayout,
    Membership,
    OutreachSession,
    Registration,
    School,
    SchoolClass,
    Site,
    Student,
)
from tests.support.builders import Builder

pytestmark = pytest.mark.both_databases("bulk updates, foreign keys and locks")


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.empty_database
def test_everything_of_a_school_goes_to_the_other(make: Builder, now: datetime) -> None:
    gone, into = make.school("Hill High School"), make.school("Hill School")
    teacher, both = make.teacher(gone), make.teacher(gone)
    with transaction():
        db.session.add(Membership(user_id=both.id, school_id=into.id, approved_by_id=both.id, approved_at=now))
    moved = make.full_class(gone, teacher, size=2)
    kept = make.full_class(into, both, size=1)
    with transaction():
        kept.name, moved.name = "9B", "9b"
    session = make.outreach_session(make.clinician(), capacity=1)
    make.register(session, teacher, *moved.students)
    with transaction():
        db.session.add(Arrangement(session_id=session.id, school_id=gone.id, travel="By bus"))
        db.session.add(ImportBatch(school_id=gone.id, class_id=moved.id, uploaded_at=now))
        db.session.add(ListLayout(school_id=gone.id, headings="sign", fields="[]"))
    tables = (SchoolClass, Student, Guardian, Registration, Invitation, Letter, Arrangement, ImportBatch, ListLayout)
    before = [count(model) for model in tables]
    key = gone.id
    merging.merge_schools(key, into.id, now=now)
    assert [count(model) for model in tables] == before
    assert set(db.session.scalars(select(Membership.user_id).where(Membership.school_id == into.id))) == {teacher.id, both.id}
    assert set(db.session.scalars(select(SchoolClass.name))) == {"9B", "9b (Hill High School)"}
    belongs = [mapper.class_ for mapper in Base.registry.mappers if "school_id" in mapper.columns]
    assert len(belongs) == 8
    for model in belongs:
        assert set(db.session.scalars(select(model.school_id))) == {into.id}
    assert db.session.get(School, key) is None
    with pytest.raises(NotThere):
        merging.merge_schools(key, into.id, now=now)


@pytest.mark.empty_database
def test_everything_of_a_site_goes_to_the_other_and_times_stay(make: Builder) -> None:
    gone, into = make.site("Mercy General Medical Center"), make.site("Mercy General")
    theatre, ward, same = make.area(gone, name="Theatre 1"), make.area(gone, name="Ward"), make.area(into, name="THEATRE 1")
    host = make.clinician()
    make.appointment(host, gone)
    make.appointment(host, into)
    here, there = (make.outreach_session(host, site=gone, area_id=area.id) for area in (theatre, ward))
    before = [(one.starts_at, one.zone, one.revision) for one in (here, there)], count(Letter)
    merging.merge_sites(gone.id, into.id)
    found = [db.session.get_one(OutreachSession, key, populate_existing=True) for key in (here.id, there.id)]
    assert ([(one.starts_at, one.zone, one.revision) for one in found], count(Letter)) == before
    assert [(one.site_id, one.area_id) for one in found] == [(into.id, same.id), (into.id, ward.id)]
    assert set(db.session.scalars(select(Area.name))) == {"THEATRE 1", "Ward"}
    assert list(db.session.scalars(select(Appointment.site_id))) == [into.id]
    assert list(db.session.scalars(select(Site.id))) == [into.id]


def test_what_times_and_ages_follow_from_must_agree(make: Builder, now: datetime) -> None:
    one, other = make.school("One"), make.school("Other")
    with transaction():
        other.majority_age, other.zone = 19, "America/New_York"
    for school in (one, other):
        make.student(make.school_class(school), number="17")
    with pytest.raises(Refusal) as refused:
        merging.merge_schools(one.id, other.id, now=now)
    assert all(part in str(refused.value) for part in ("time zones", "ages of majority", "17"))
    here, there = make.site("Here"), make.site("There")
    make.area(here, name="Theatre", age_floor=16)
    make.area(there, name="theatre", age_floor=18)
    with pytest.raises(Refusal, match="minimum age of Theatre differs"):
        merging.merge_sites(here.id, there.id)
    with pytest.raises(Refusal):
        merging.merge_sites(here.id, here.id)
