"""Two students of one name are told apart by class and year, on pages and in e-mails to those who know them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.models import Letter, LetterKind
from outreach.people import school_names
from outreach.registration.queries import registration_rows
from outreach.scheduling.queries import roster
from tests.support.builders import Builder
from tests.support.received_letters import received

pytestmark = pytest.mark.empty_database


def test_class_and_year_tell_students_of_one_name_apart(make: Builder) -> None:
    school = make.school()
    first, second = (make.school_class(school, name=name) for name in ("10A", "10B"))
    ana, other = (make.student(each, family_name="Lopez", year_group="10") for each in (first, second))
    alone = make.student(first, given_name="Ana", family_name="Hill")
    elsewhere = make.student(make.school_class(make.school()), family_name="Lopez")
    assert school_names([ana.id, other.id, alone.id, elsewhere.id]) == {
        ana.id: "Ana Lopez (10A, year 10)",
        other.id: "Ana Lopez (10B, year 10)",
        alone.id: "Ana Hill",
        elsewhere.id: "Ana Lopez",
    }


def test_where_these_are_the_same_number_or_birth_date_does(make: Builder) -> None:
    school_class = make.school_class(make.school(), name="10A")
    numbered = make.student(school_class, given_name="Ana", family_name="López", number="7")
    born = make.student(school_class, given_name="ANA", family_name="Lopez", birth_date=date(2011, 5, 3))
    assert school_names([numbered.id, born.id]) == {
        numbered.id: "Ana López (10A, number 7)",
        born.id: "ANA Lopez (10A, born May 3, 2011)",
    }


def test_teacher_and_host_read_who_is_meant(make: Builder) -> None:
    school = make.school("Hill School")
    teacher = make.teacher(school, given_name="Tess")
    classes = [make.school_class(school, teacher, name=name) for name in ("10A", "10B")]
    one, two = (make.student(each, family_name="Lopez") for each in classes)
    three = make.student(classes[0], given_name="Ben", family_name="Hill")
    session = make.outreach_session(make.clinician())
    make.register(session, teacher, one, two, three)
    assert [row.name for row in registration_rows(session, {school.id})] == ["Ana Lopez (10A)", "Ana Lopez (10B)", "Ben Hill"]
    assert [guest.name for guest in roster(session.id).seated] == ["Ana (10A)", "Ana (10B)", "Ben"]
    digest = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.DIGEST)).one()
    words = received(digest).text
    assert [name in words for name in ("Ana Lopez (10A)", "Ana Lopez (10B)", "Ben Hill", "Ben Hill (")] == [True, True, True, False]
