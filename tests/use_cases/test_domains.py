"""Whose a mail domain is."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.models import Mailbox
from outreach.people.mail_domains import EVERYBODYS, is_there, schools_of
from tests.support.builders import Builder

OURS = "school.example"


@pytest.mark.parametrize(
    ("there", "elsewhere", "is_own"), [(0, 1, False), (1, 0, True), (1, 1, False), (2, 1, True), (2, 2, False), (3, 2, True)]
)
@pytest.mark.parametrize("who", ["students", "teachers"])
def test_a_domain_is_a_schools_own_if_more_than_half_of_one_groups_addresses_are_there(
    make: Builder, who: str, there: int, elsewhere: int, *, is_own: bool
) -> None:
    school = make.school()
    school_class = make.school_class(school)
    for number in range(there + elsewhere):
        address = f"p{number}@{OURS if number < there else 'elsewhere.example'}"
        if who == "students":
            make.student(school_class, email=address)
        else:
            make.teacher(school, email=address)
    assert schools_of(OURS) == ({school.id} if is_own else set())


def test_students_and_teachers_are_counted_apart_and_schools_too(make: Builder) -> None:
    own, other = make.school(), make.school()
    own_class, other_class = make.school_class(own), make.school_class(other)
    make.student(own_class, email=f"a@{OURS}")
    for number in range(3):
        make.teacher(own, email=f"t{number}@elsewhere.example")
        make.student(other_class, email=f"s{number}@elsewhere.example")
    make.student(other_class, email=f"b@{OURS}")
    assert schools_of(OURS) == {own.id}


def test_who_has_no_address_is_not_counted(make: Builder) -> None:
    school = make.school()
    school_class = make.school_class(school)
    make.student(school_class, email=f"a@{OURS}")
    for _ in range(3):
        make.student(school_class)
    assert schools_of(OURS) == {school.id}


@pytest.mark.parametrize("domain", ["gmail.com", "outlook.com", "icloud.com", "yandex.ru", "web.de"])
def test_where_everybody_may_have_an_address_is_nobodys_own(make: Builder, domain: str) -> None:
    make.student(make.school_class(make.school()), email=f"a@{domain}")
    assert domain in EVERYBODYS
    assert schools_of(domain) == set()


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("a@school.example", True),
        ("a@sub.school.example", False),
        ("a@myschool.example", False),
        ("a@school.example.org", False),
        ("school.example@x.example", False),
        ("a@school-example", False),
    ],
)
def test_an_address_is_in_its_own_domain_alone(make: Builder, address: str, *, found: bool) -> None:
    make.mailbox(address)
    assert list(db.session.scalars(select(Mailbox.address).where(is_there(OURS)))) == ([address] if found else [])
    assert db.session.scalars(select(Mailbox.id).where(is_there("s_hool.example"))).all() == []
