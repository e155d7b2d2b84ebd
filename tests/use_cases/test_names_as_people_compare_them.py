"""Names are found, compared and ordered in their folded form, in the same way on both databases."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, update

from outreach.catalogue.search import Search, find
from outreach.coordination import queries
from outreach.coordination.use_cases import SiteInput, keep_site
from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.folding import search_words
from outreach.models import Site, Student, User
from outreach.schools.queries import StudentFilter, students
from outreach.schools.use_cases import make_class
from tests.support.builders import Builder

pytestmark = [pytest.mark.both_databases("case, accents and order differ between them"), pytest.mark.empty_database]

TYPED = ("Zoë García-López", "łukasz ØRSTED", "Ana García", "Émile Zola", "Ámbar", "Sinéad O\u2019Brien")


def test_students_are_found_and_ordered_as_people_do(make: Builder, now: datetime) -> None:
    school_class = make.school_class(make.school())
    for name in TYPED:
        given_name, _blank, family_name = name.partition(" ")
        make.student(school_class, given_name=given_name, family_name=family_name)
    teacher = make.teacher(school_class.school)

    def found(sought: str) -> list[str]:
        return [line.name for line in students(teacher, StudentFilter.ALL, sought, 1, now=now)[1]]

    in_order = ["Ámbar", "Ana García", "Zoë García-López", "Sinéad O\u2019Brien", "łukasz ØRSTED", "Émile Zola"]
    assert found("") == in_order
    assert found("GARCIA lop\u200bez") == ["Zoë García-López"]
    assert found("o'brien") == found("OBRIEN sinead") == ["Sinéad O\u2019Brien"]
    assert found("Lukasz Orsted") == ["łukasz ØRSTED"]
    assert found("ÉMILE") == ["Émile Zola"]


def test_a_new_name_is_found_at_once_whoever_writes_it(make: Builder) -> None:
    user = make.clinician(given_name="Ann", family_name="Reed")
    with transaction():
        user.family_name = "Świątek"
    assert [one.name for one in db.session.scalars(queries.people("swiatek", None))] == ["Ann Świątek"]
    student = make.student(make.school_class(make.school()), given_name="Kim", family_name="Lee")
    with transaction():
        db.session.execute(update(Student).where(Student.id == student.id).values(year_group="Year 9"))
    assert db.session.scalar(select(Student.folded)) == "lee\nkim"


def test_sessions_people_schools_and_sites_are_found_whatever_the_spelling(make: Builder, now: datetime) -> None:
    host = make.clinician(given_name="Chloë", family_name="Núñez")
    site = make.site(name="Hôpital Saint-Éloi")
    make.outreach_session(host, title="Cœur et poumons", site=site)
    for typed in ("coeur", "POUMONS", "nunez", "saint eloi", "HOPITAL"):
        assert len(find(Search(words=search_words(typed)), 1, {}, now=now).rows) == 1, typed
    assert db.session.scalars(queries.sites("hopital st\u00e9")).all() == []
    assert db.session.scalars(queries.sites("hôpital ELOI")).all() == [site]


def test_one_name_in_two_spellings_is_taken(make: Builder, now: datetime) -> None:
    school = make.school()
    teacher = make.teacher(school)
    make_class(school.id, "École 10-A", by_id=teacher.id)
    with pytest.raises(Refusal):
        make_class(school.id, "ecole  10 a", by_id=teacher.id)
    make.site(name="St. Mary's Hospital")
    other = make.site(name="County Hospital")
    with pytest.raises(Refusal):
        keep_site(other.id, SiteInput(name="ST MARY\u2019S HOSPITAL", address="", country="GB", zone="Europe/London"), now=now)
    assert db.session.get_one(Site, other.id).name == "County Hospital"
    assert db.session.scalar(select(User.folded).where(User.id == teacher.id)) == User.folded_from(vars(teacher))
