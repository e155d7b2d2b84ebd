"""What tells students of one name apart: class and year, and where those are the same the school's number or the birth date.

Reads only. A school knows its students by the whole name. A host knows the given name alone, so there more are namesakes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping

from babel.dates import format_date
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased, selectinload

from outreach.db import db
from outreach.folding import name_key
from outreach.models import Registration, Student


def school_names(student_ids: Collection[int]) -> dict[int, str]:
    """Give each of these students' names for the eyes of their school: "Ana Lopez", or "Ana Lopez (10B, year 10)"."""
    shared = told_apart(student_ids)
    return {one.id: name_for_school(one, shared) for one in db.session.scalars(select(Student).where(Student.id.in_(student_ids)))}


def name_for_school(student: Student, shared: Mapping[int, str]) -> str:
    """Give a student's name for the eyes of their school; `shared`: as `told_apart` gives."""
    return _label(student.name, shared.get(student.id, ""))


def told_apart(student_ids: Collection[int]) -> dict[int, str]:
    """Give, of those who share their name with another student of their school, what tells them apart."""
    other = aliased(Student)
    same = (other.school_id == Student.school_id) & (other.folded == Student.folded) & (other.id != Student.id)
    shared = db.session.execute(select(Student.id, other.id).join(other, same).where(Student.id.in_(student_ids))).all()
    if not shared:
        return {}
    all_of_them = _students(Student.id.in_({key for pair in shared for key in pair}))
    found = _details(all_of_them, lambda one: (one.school_id, name_key(one.name)))
    return {key: found[key] for key, _other in shared}


def host_names(registrations: ColumnElement[bool]) -> dict[int, str]:
    """Give, by registration, the students' names as a host may know them: "Ana", or "Ana (10B, year 10)" where a school sends two."""
    rows = db.session.execute(
        select(Registration.id, Registration.session_id, Registration.school_id, Student.id.label("student_id"), Student.given_name)
        .join(Student, Student.id == Registration.student_id)
        .where(registrations)
    ).all()
    alike: dict[Hashable, set[int]] = defaultdict(set)
    for row in rows:
        alike[row.session_id, row.school_id, name_key(row.given_name)].add(row.student_id)
    shared = {key for namesakes in alike.values() if len(namesakes) > 1 for key in namesakes}
    found = _details(_students(Student.id.in_(shared)), lambda one: (one.school_id, name_key(one.given_name))) if shared else {}
    return {row.id: _label(row.given_name, found.get(row.student_id, "")) for row in rows}


def host_name(registration: Registration) -> str:
    """Give one student's name as a host may know it, beside all whom a school registered for that session."""
    return host_names(Registration.session_id == registration.session_id)[registration.id]


def _students(which: ColumnElement[bool]) -> list[Student]:
    return list(db.session.scalars(select(Student).where(which).options(selectinload(Student.classes))))


def _details(students: Collection[Student], name: Callable[[Student], Hashable]) -> dict[int, str]:
    namesakes: dict[Hashable, list[Student]] = defaultdict(list)
    for one in students:
        namesakes[name(one)].append(one)
    return {key: detail for group in namesakes.values() for key, detail in _within(group).items()}


def _within(namesakes: Collection[Student]) -> dict[int, str]:
    """Give class and year of each, and what they have beside where that doesn't tell them apart."""
    parts = {one.id: [*sorted((each.name for each in one.classes), key=name_key), *_year(one)] for one in namesakes}
    times = Counter(map(tuple, parts.values()))
    for one in namesakes:
        if times[tuple(parts[one.id])] > 1:
            parts[one.id] = [*parts[one.id], *_number_or_birth_date(one)]
    return {key: ", ".join(words) for key, words in parts.items()}


def _year(student: Student) -> list[str]:
    year = student.year_group or ""
    return [_("year %(year)s", year=year) if year.isdecimal() else year] if year else []


def _number_or_birth_date(student: Student) -> list[str]:
    if student.number:
        return [_("number %(number)s", number=student.number)]
    return [_("born %(day)s", day=format_date(student.birth_date, "medium", locale=get_locale() or "en"))] if student.birth_date else []


def _label(name: str, detail: str) -> str:
    return f"{name} ({detail})" if detail else name
