"""Why a seat is held instead of confirmed: worked out from the present rows, never stored.

A gate says what is missing for students in one session: a minor's guardian, whose leaving is noted in `guardians`, the age (`ages`),
or the host's decision about whom they withdrew before. Packages that know of more to ask for add their gate to `GATES` when the
service starts; nothing else needs to change.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import aliased

from outreach.db import db
from outreach.models import OutreachSession, Registration, RegistrationState, RegistrationStep, School, Student
from outreach.people.ages import too_young


class HoldReason(enum.StrEnum):
    """What is missing before a student may take part."""

    NO_GUARDIAN = "no_guardian"
    STEPS_MISSING = "steps_missing"
    TOO_YOUNG = "too_young"
    REMOVED_BEFORE = "removed_before"


class Settler(enum.StrEnum):
    """Who must settle what is missing, and within how long: `registration/held_seats.py`."""

    TEACHER = "teacher"
    HOST = "host"


# A reason that isn't here holds a seat without an end.
SETTLED_BY = {
    HoldReason.NO_GUARDIAN: Settler.TEACHER,
    HoldReason.TOO_YOUNG: Settler.HOST,
    HoldReason.REMOVED_BEFORE: Settler.HOST,
}
# Without this nobody is given a seat: they wait, keep their position, and are passed over until it is there.
BEFORE_A_SEAT = frozenset({HoldReason.NO_GUARDIAN, HoldReason.TOO_YOUNG})
LABELS = {
    HoldReason.NO_GUARDIAN: _l("a guardian"),
    HoldReason.STEPS_MISSING: _l("steps that this session asks for"),
    HoldReason.TOO_YOUNG: _l("the minimum age"),
    HoldReason.REMOVED_BEFORE: _l("the host's decision"),
}
Gate = Callable[[OutreachSession, Collection[int]], Mapping[int, Collection[HoldReason]]]


def _statement() -> Select[int, date | None, int, bool, bool]:
    """Find students whose last guardian has gone, and those who come back without a host's word.

    A host withdrew these from this session, and nobody has accepted them since: none of their later seats was confirmed.
    """
    removed, later = aliased(Registration), aliased(Registration)
    was_accepted = (
        select(RegistrationStep.id)
        .join(later, later.id == RegistrationStep.registration_id)
        .where(later.session_id == removed.session_id, later.student_id == removed.student_id, later.id > removed.id)
        .where(RegistrationStep.state == RegistrationState.CONFIRMED)
    )
    comes_back = (
        exists()
        .where(removed.session_id == bindparam("session_id"), removed.student_id == Student.id)
        .where(removed.state == RegistrationState.REMOVED, ~was_accepted.exists())
    )
    lost_guardians = Student.guardians_gone_at.is_not(None)
    return (
        select(Student.id, Student.birth_date, School.majority_age, lost_guardians.label("lost_guardians"), comes_back.label("comes_back"))
        .join(School, School.id == Student.school_id)
        .where(Student.id.in_(bindparam("student_ids", expanding=True)), lost_guardians | comes_back)
    )


_STATEMENT = _statement()


def _guardian_or_host_missing(outreach_session: OutreachSession, student_ids: Collection[int]) -> Mapping[int, Collection[HoldReason]]:
    """Find those who are minors on the day and whose last guardian has gone, and those whom a host must accept first."""
    found: dict[int, list[HoldReason]] = {}
    day = outreach_session.starts_wall.date()
    for row in db.session.execute(_STATEMENT, {"session_id": outreach_session.id, "student_ids": list(student_ids)}):
        if row.lost_guardians and Student(birth_date=row.birth_date).is_minor_on(day, row.majority_age):
            found.setdefault(row.id, []).append(HoldReason.NO_GUARDIAN)
        if row.comes_back:
            found.setdefault(row.id, []).append(HoldReason.REMOVED_BEFORE)
    return found


def _too_young(outreach_session: OutreachSession, student_ids: Collection[int]) -> Mapping[int, Collection[HoldReason]]:
    """Find those who are below the age floor by now, and whom nobody has kept nonetheless."""
    return dict.fromkeys(too_young(outreach_session, student_ids), (HoldReason.TOO_YOUNG,))


GATES: list[Gate] = [_guardian_or_host_missing, _too_young]


def settlers(reasons: Iterable[HoldReason]) -> set[Settler]:
    """Give who must settle these reasons in time; nobody: they hold a seat without an end."""
    return {SETTLED_BY[reason] for reason in reasons if reason in SETTLED_BY}


def hold_reasons(outreach_session: OutreachSession, student_ids: Collection[int]) -> dict[int, frozenset[HoldReason]]:
    """Give, by student, everything that is missing in this session; whoever has all is left out."""
    found: dict[int, set[HoldReason]] = defaultdict(set)
    for gate in GATES if student_ids else ():
        for student_id, reasons in gate(outreach_session, student_ids).items():
            found[student_id] |= set(reasons)
    return {key: frozenset(reasons) for key, reasons in found.items() if reasons}


def passed_over(outreach_session: OutreachSession, student_ids: Collection[int]) -> set[int]:
    """Give those of these students who may not be given a seat now (`BEFORE_A_SEAT`)."""
    return {key for key, reasons in hold_reasons(outreach_session, student_ids).items() if reasons & BEFORE_A_SEAT}


def reasons_shown(outreach_session: OutreachSession, registrations: Sequence[Registration]) -> dict[int, list[HoldReason]]:
    """Give, by registration, what is missing: while a seat is held, and of those who wait what they are passed over for."""
    held = {one.id: one.student_id for one in registrations if one.state is RegistrationState.PENDING}
    waiting = {one.id: one.student_id for one in registrations if one.state is RegistrationState.WAITING}
    reasons = hold_reasons(outreach_session, {*held.values(), *waiting.values()})
    shown = {key: reasons.get(student_id, frozenset()) for key, student_id in held.items()}
    shown |= {key: reasons.get(student_id, frozenset()) & BEFORE_A_SEAT for key, student_id in waiting.items()}
    return {key: sorted(found) for key, found in shown.items() if found}


def missing_words(reasons: Iterable[HoldReason]) -> list[str]:
    """Say what is missing."""
    return [str(LABELS[reason]) for reason in reasons]
