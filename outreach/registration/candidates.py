"""Whom a school may register: students, why some can't be, and the seats the school can have.

Reads only.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from flask_babel import gettext as _
from sqlalchemy import select

from outreach.db import db
from outreach.models import ACTIVE, OutreachSession, Registration, RegistrationState, School, Student, WaitReason
from outreach.people import (
    BEFORE_A_SEAT,
    AgeRule,
    HoldReason,
    age_rule,
    hold_reasons,
    missing_words,
    name_for_school,
    passed_over,
    registered_elsewhere,
    told_apart,
)
from outreach.registration.allocation import allocate, next_waiting
from outreach.registration.seats import seated_by_school, waiting_list


class WhyNot(enum.StrEnum):
    """Why a student can't be registered: each has something else that would change it."""

    NO_BIRTH_DATE = "no_birth_date"
    TOO_YOUNG = "too_young"
    REGISTERED = "registered"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A student who might be registered. `obstacle` says why not, `why_not` of what kind that is; None: they may be.

    `old_enough_from`: the day, for who is too young. `held_for`: what is missing; with `missing`, in words, they would only wait.
    `was_removed`: a host decides about the seat.
    """

    student_id: int
    name: str
    is_minor: bool
    has_place: bool
    obstacle: str | None
    why_not: WhyNot | None = None
    old_enough_from: datetime | None = None
    held_for: frozenset[HoldReason] = frozenset()

    @property
    def missing(self) -> tuple[str, ...]:
        """Say why they would only wait."""
        return tuple(missing_words(sorted(BEFORE_A_SEAT & self.held_for)))

    @property
    def was_removed(self) -> bool:
        """Say whether a host withdrew them and hasn't accepted them since."""
        return HoldReason.REMOVED_BEFORE in self.held_for


def candidates(outreach_session: OutreachSession, school_id: int, student_ids: Sequence[int]) -> list[Candidate]:
    """Read these students in the order given, afresh; whoever isn't in a class of this school (any more) is left out."""
    order = list(dict.fromkeys(student_ids))
    rows = db.session.execute(
        select(Student, School.majority_age)
        .join(School, School.id == Student.school_id)
        .where(Student.id.in_(order), Student.school_id == school_id, Student.classes.any())
        .execution_options(populate_existing=True)
    )
    known = {student.id: (student, majority_age) for student, majority_age in rows}
    placed = set(
        db.session.scalars(
            select(Registration.student_id).where(
                Registration.session_id == outreach_session.id, Registration.student_id.in_(order), Registration.state.in_(ACTIVE)
            )
        )
    )
    shared = told_apart(known.keys())
    names = {key: name_for_school(student, shared) for key, (student, _majority_age) in known.items()}
    missing, rule = hold_reasons(outreach_session, known.keys()), age_rule(outreach_session)
    elsewhere = registered_elsewhere(outreach_session.id, known.keys() - placed)
    return [
        _candidate(
            rule, names[key], *known[key], has_place=key in placed, is_elsewhere=key in elsewhere, held_for=missing.get(key, frozenset())
        )
        for key in order
        if key in known
    ]


def seats_for_school(outreach_session: OutreachSession, school_id: int, *, now: datetime) -> tuple[int, int | None]:
    """Give the seats nobody on the waiting list has a claim to, and how many more this school may have (None: no limit).

    Who was asked on the last day and didn't take the seat has no claim to it, or it would stay empty.
    """
    limit = outreach_session.per_school_limit
    seated = seated_by_school(outreach_session.id) if limit is not None else {}
    queue = waiting_list(outreach_session, skip_asked=not outreach_session.promotes_unasked(now))
    claimed = next_waiting(queue, seats_left=outreach_session.seats_left, limit=limit, seated_by_school=seated)
    mine = sum(waiting.school_id == school_id for waiting in claimed)
    return outreach_session.seats_left - len(claimed), None if limit is None else limit - seated.get(school_id, 0) - mine


def can_have_free_seat(outreach_session: OutreachSession, school_id: int, *, now: datetime) -> bool:
    """Say whether a seat is free that nobody else has a claim to, and this school may have it."""
    free, school_left = seats_for_school(outreach_session, school_id, now=now)
    return free > 0 and (school_left is None or school_left > 0)


def why_waiting(outreach_session: OutreachSession, school_id: int, *, now: datetime) -> WaitReason | None:
    """Say why somebody of this school would wait; None: a seat is free for them."""
    free, school_left = seats_for_school(outreach_session, school_id, now=now)
    waiting = allocate([school_id], seats_left=free, school_seats_left=school_left).waiting
    return waiting[0][1] if waiting else None


def free_for(outreach_session: OutreachSession, registrations: Iterable[Registration], *, now: datetime) -> set[int]:
    """Give those of these registrations that wait and could take a seat that is free."""
    waiting = [one for one in registrations if one.state is RegistrationState.WAITING] if outreach_session.is_to_come(now) else []
    not_now = passed_over(outreach_session, {one.student_id for one in waiting})
    waiting = [one for one in waiting if one.student_id not in not_now]
    schools = {one.school_id for one in waiting}
    able = {school_id for school_id in schools if can_have_free_seat(outreach_session, school_id, now=now)}
    return {one.id for one in waiting if one.school_id in able}


def _candidate(
    rule: AgeRule, name: str, student: Student, majority_age: int, *, has_place: bool, is_elsewhere: bool, held_for: frozenset[HoldReason]
) -> Candidate:
    obstacle, why_not = rule.obstacle(student, name), None
    if obstacle:
        why_not = WhyNot.TOO_YOUNG if student.birth_date else WhyNot.NO_BIRTH_DATE
    if is_elsewhere:
        obstacle = _("Another school has registered %(name)s for this session. One child takes one seat.", name=name)
        why_not = WhyNot.ELSEWHERE
    if has_place:
        obstacle, why_not = _("%(name)s is registered already.", name=name), WhyNot.REGISTERED
    return Candidate(
        student_id=student.id,
        name=name,
        is_minor=student.is_minor_on(rule.day, majority_age),
        has_place=has_place,
        obstacle=obstacle,
        why_not=why_not,
        old_enough_from=_midnight(rule.old_enough_from(student)) if why_not is WhyNot.TOO_YOUNG else None,
        held_for=held_for,
    )


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time()) if day else None
