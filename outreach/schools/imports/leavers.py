"""Who isn't on a list of a whole class, and so may leave it.

Reads only.
"""

from __future__ import annotations

from typing import Any

from outreach.class_lists import ListReading
from outreach.schools.imports.choices import ListScope
from outreach.schools.imports.use_cases import Proposal, Sheet


def may_leave(reading: ListReading, proposal: Proposal) -> bool:
    """Say whether a list shows who isn't on it: a row we can't read may be one of those who seem to be missing."""
    return not reading.errors and not proposal.plan.nobody


def leaving_head(sheet: Sheet, reading: ListReading, proposal: Proposal) -> dict[str, Any]:
    """Give what the review says of those who would leave, as plain values: `leavers` counts them."""
    scope, can = sheet.choices.scope, may_leave(reading, proposal)
    leavers = len(proposal.plan.absent) if can and scope is ListScope.CLASS else 0
    covered = {"covered": sorted(proposal.covered), "covered_count": len(proposal.covered)}
    return covered | {"scope": scope.value, "may_leave": can, "leavers": leavers, "leaves_many": bool(leavers) and _loses_half(proposal)}


def _loses_half(proposal: Proposal) -> bool:
    """Say whether more than half of a class would leave it."""
    absent = set(proposal.plan.absent)
    for class_id in proposal.covered:
        members = {key for key, one in proposal.known.items() if class_id in one.class_ids}
        if 2 * len(members & absent) > len(members):
            return True
    return False
