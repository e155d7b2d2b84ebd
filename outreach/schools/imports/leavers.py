"""Who isn't on a list of a whole class or school, and so may leave it.

Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from outreach.class_lists import ListReading
from outreach.schools.imports.choices import ListScope
from outreach.schools.imports.use_cases import Proposal, Sheet


def may_leave(reading: ListReading, proposal: Proposal) -> bool:
    """Say whether a list shows who isn't on it: a row we can't read may be one of those who seem to be missing."""
    return not reading.errors and not proposal.plan.nobody


def leaving_head(sheet: Sheet, reading: ListReading, proposal: Proposal) -> dict[str, Any]:
    """Give what the review says of those who would leave, as plain values: `leavers` counts them."""
    scope, can, count = sheet.choices.scope, may_leave(reading, proposal), len(proposal.covered)
    is_whole = scope is ListScope.CLASS or (scope is ListScope.SCHOOL and count > 1)
    leavers = len(proposal.plan.absent) if can and is_whole else 0
    covered = {"covered": covered_classes(proposal), "covered_count": count}
    many = bool(leavers) and _loses_half(proposal, scope)
    return covered | {"scope": scope.value, "may_leave": can, "leavers": leavers, "leaves_many": many, "seats": []}


def covered_classes(proposal: Proposal, but: Iterable[int] = ()) -> list[int]:
    """Give the classes a list covers that there are already, by id; `but` these, which it has made itself."""
    return sorted(key for key in proposal.covered.difference(but) if key > 0)


def _loses_half(proposal: Proposal, scope: ListScope) -> bool:
    """Say whether more than half of a class or of the school would leave it."""
    absent = set(proposal.plan.absent)
    if scope is ListScope.SCHOOL:
        return 2 * len(absent) > sum(one.left_on is None for one in proposal.known.values())
    for class_id in proposal.covered:
        members = {key for key, one in proposal.known.items() if class_id in one.class_ids}
        if 2 * len(members & absent) > len(members):
            return True
    return False
