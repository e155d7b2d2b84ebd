"""Adds to letters about students on whose behalf they go out: the school, whom to ask there, and what it says of the day.

Reads only. In one place, so that no kind of letter and no occasion can leave it out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from outreach.db import db
from outreach.folding import name_key
from outreach.models import Arrangement, Reader, Registration, School, SchoolClass, SchoolSnapshot, User
from outreach.people import answering_teacher, named

_READERS = (Reader.STUDENT, Reader.GUARDIAN, Reader.TEACHER)
_ARRANGED = (Arrangement.looked_after_by, Arrangement.travel, Arrangement.day_contact)
_AT_ONCE = 5_000


@dataclass(frozen=True)
class _Sent:
    """One registration with the school that sends the student."""

    registration_id: int
    class_name: str
    school: SchoolSnapshot


def with_schools(letters: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the facts of letters, those to families and teachers that name students with the schools of these."""
    about = [set(named(one)) if one.get("reader") in _READERS else set() for one in letters]
    known = _by_registration(set().union(*about))
    return [
        facts | {"schools": _plain(known[key] for key in sorted(keys) if key in known)} if keys else facts
        for facts, keys in zip(letters, about, strict=True)
    ]


def _by_registration(registration_ids: Collection[int]) -> dict[int, _Sent]:
    """Read by registration which school sends the student, and who answers for them there."""
    found: dict[int, _Sent] = {}
    ids = sorted(registration_ids)
    for start in range(0, len(ids), _AT_ONCE):
        found |= {one.registration_id: one for one in _read(ids[start : start + _AT_ONCE])}
    return found


def schools_of(registration_ids: Collection[int]) -> tuple[SchoolSnapshot, ...]:
    """Give the schools that send these students, each with the teacher who answers for them."""
    found = _by_registration(registration_ids)
    return tuple(_merged(found[key] for key in sorted(found)))


def _merged(sent: Iterable[_Sent]) -> list[SchoolSnapshot]:
    """Give each school and teacher once, with the classes of all students they send."""
    together: dict[SchoolSnapshot, list[_Sent]] = {}
    for one in sent:
        together.setdefault(one.school, []).append(one)
    return [
        replace(
            school,
            registration_ids=tuple(one.registration_id for one in theirs),
            classes=tuple(sorted({one.class_name for one in theirs} - {""}, key=name_key)),
        )
        for school, theirs in together.items()
    ]


def _read(ids: Sequence[int]) -> Iterable[_Sent]:
    teacher = aliased(User)
    arranged = and_(Arrangement.session_id == Registration.session_id, Arrangement.school_id == Registration.school_id)
    answers = select(Registration.id, answering_teacher().label("user_id")).where(Registration.id.in_(ids)).subquery()
    rows = db.session.execute(
        select(Registration.id, School.name, School.phone, SchoolClass.name.label("class_name"), teacher, *_ARRANGED)
        .join(School, School.id == Registration.school_id)
        .join(answers, answers.c.id == Registration.id)
        .join(teacher, teacher.id == answers.c.user_id)
        .outerjoin(SchoolClass, SchoolClass.id == Registration.class_id)
        .outerjoin(Arrangement, arranged)
        .where(Registration.id.in_(ids))
    )
    for key, name, phone, class_name, user, looked_after_by, travel, day_contact in rows:
        school = SchoolSnapshot(
            name=name,
            phone=phone,
            teacher_name=user.name,
            teacher_address=user.email,
            looked_after_by=looked_after_by or "",
            travel=travel or "",
            day_contact=day_contact or "",
        )
        yield _Sent(key, class_name or "", school)


def _plain(sent: Iterable[_Sent]) -> list[dict[str, object]]:
    return [{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(one).items()} for one in _merged(sent)]
