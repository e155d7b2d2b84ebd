"""Why a seat is held instead of confirmed: worked out from the present rows, never stored.

A gate says what is missing for students in one session. Packages that know of something to ask for add their gate to
`GATES` when the service starts; nothing else needs to change.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from flask_babel import lazy_gettext as _l

from outreach.models import OutreachSession, Registration, RegistrationState


class HoldReason(enum.StrEnum):
    """What is missing before a student may take part."""

    NO_GUARDIAN = "no_guardian"
    STEPS_MISSING = "steps_missing"


class Settler(enum.StrEnum):
    """Who must settle what is missing, and within how long: `registration/held_seats.py`."""

    TEACHER = "teacher"
    HOST = "host"


# A reason that isn't here holds a seat without an end.
SETTLED_BY = {HoldReason.NO_GUARDIAN: Settler.TEACHER}
LABELS = {
    HoldReason.NO_GUARDIAN: _l("a guardian"),
    HoldReason.STEPS_MISSING: _l("steps that this session asks for"),
}
Gate = Callable[[OutreachSession, Collection[int]], Mapping[int, Collection[HoldReason]]]
GATES: list[Gate] = []


def hold_reasons(outreach_session: OutreachSession, student_ids: Collection[int]) -> dict[int, frozenset[HoldReason]]:
    """Give, by student, everything that is missing in this session; whoever has all is left out."""
    found: dict[int, set[HoldReason]] = defaultdict(set)
    for gate in GATES if student_ids else ():
        for student_id, reasons in gate(outreach_session, student_ids).items():
            found[student_id] |= set(reasons)
    return {key: frozenset(reasons) for key, reasons in found.items() if reasons}


def missing_words(outreach_session: OutreachSession, registrations: Sequence[Registration]) -> dict[int, list[str]]:
    """Say, by registration, what is missing for those whose seat is held."""
    held = {one.id: one.student_id for one in registrations if one.state is RegistrationState.PENDING}
    reasons = hold_reasons(outreach_session, set(held.values()))
    return {key: [str(LABELS[reason]) for reason in sorted(reasons.get(student_id, ()))] for key, student_id in held.items()}
