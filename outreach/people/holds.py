"""Why a seat is held instead of confirmed: worked out from what is true now, never stored.

A gate says what is missing for students in one session. Packages that know of something to ask for add their gate to
`GATES` when the service starts; nothing else needs to change.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from outreach.models import OutreachSession


class HoldReason(enum.StrEnum):
    """What is missing before a student may take part."""

    NO_GUARDIAN = "no_guardian"
    STEPS_MISSING = "steps_missing"


Gate = Callable[[OutreachSession, Collection[int]], Mapping[int, Collection[HoldReason]]]
GATES: list[Gate] = []


def has_gates() -> bool:
    """Say whether anything could be missing at all."""
    return bool(GATES)


def hold_reasons(outreach_session: OutreachSession, student_ids: Collection[int]) -> dict[int, frozenset[HoldReason]]:
    """Give, by student, everything that is missing in this session; whoever has all is left out."""
    found: dict[int, set[HoldReason]] = defaultdict(set)
    for gate in GATES if student_ids else ():
        for student_id, reasons in gate(outreach_session, student_ids).items():
            found[student_id] |= set(reasons)
    return {key: frozenset(reasons) for key, reasons in found.items() if reasons}
