"""Every table keyed by an enum has a line for each member, and every choice of a filter can be chosen."""

from __future__ import annotations

import enum
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import outreach
from outreach.coordination.forms import InboundFilter, SessionFilter, Shown, Time

# These leave members out on purpose.
PARTIAL = {
    "outreach.coordination.application_views._APPROVE",
    "outreach.coordination.inbound_words._TO_DO",
    "outreach.coordination.invitation_views.ANSWERS",
    "outreach.coordination.sending_again._SILENCE",
    "outreach.invitations.letters.calendar_part._METHODS",
    "outreach.invitations.letters.changes._PARTS",
    "outreach.invitations.letters.leads._LEADS",
    "outreach.invitations.letters.leads_of_change._GO_ELSEWHERE",
    "outreach.invitations.letters.leads_of_change._PARTS",
    "outreach.invitations.letters.notes._ASKING",
    "outreach.invitations.letters.subjects._WITH_DATE",
    "outreach.invitations.letters.subjects._COUNTED",
    "outreach.invitations.voices._OPPOSITE",
    "outreach.registration.leaving._CAUSES",
    "outreach.replies.effects._DEEDS",
    "outreach.scheduling.refusals._PLAIN",
    "outreach.scheduling.refusals._CLOCK_MOVES",
    "outreach.schools.roster.words._FIELD",
    "outreach.schools.student_form._TROUBLES",
}


def tables() -> Iterator[tuple[str, dict[enum.Enum, Any]]]:
    """Give every dictionary of the product whose keys are members of one enum, with where it stands."""
    seen: set[int] = set()
    for module in pkgutil.walk_packages(outreach.__path__, "outreach."):
        if module.name == "outreach.__main__":
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            is_table = isinstance(value, dict) and value and len({type(key) for key in value}) == 1
            if is_table and isinstance(next(iter(value)), enum.Enum) and id(value) not in seen:
                seen.add(id(value))
                yield f"{module.name}.{name}", value


TABLES = {where: table for where, table in tables() if where not in PARTIAL}


@pytest.mark.parametrize("where", TABLES)
def test_each_member_has_its_line(where: str) -> None:
    table = TABLES[where]
    members: type[enum.Enum] = type(next(iter(table)))
    assert {member.name for member in members if member not in table} == set()


def test_a_coordinator_can_choose_each_kind_of_message_and_time() -> None:
    assert [choice.value for choice in InboundFilter.shown.kwargs["choices"]] == list(Shown)
    assert {choice.value for choice in SessionFilter.time.kwargs["choices"]} == set(Time)
