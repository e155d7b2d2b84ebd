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

# These have a line for each member.
WHOLE = (
    "outreach.accounts.forms.WEAKNESS",
    "outreach.coordination.application_views.APPLICATION_STATES",
    "outreach.coordination.application_views.ROLES",
    "outreach.coordination.forms.INBOUND_KINDS",
    "outreach.coordination.forms.LETTER_KINDS",
    "outreach.coordination.forms.LETTER_STATES",
    "outreach.coordination.forms.SESSION_STATES",
    "outreach.coordination.inbound_words.INBOUND_OUTCOMES",
    "outreach.coordination.inbound_words.REASONS",
    "outreach.coordination.invitation_views.BOUNCE_KINDS",
    "outreach.coordination.invitation_views.SIGNS",
    "outreach.coordination.invitation_views.SOURCES",
    "outreach.coordination.invitation_views.STATES",
    "outreach.coordination.invitation_words.READERS",
    "outreach.coordination.invitation_words._WHY",
    "outreach.health.commands._COLOURS",
    "outreach.health.inbox_checks._ADVICE",
    "outreach.invitations.addressees._READER",
    "outreach.links._PATHS",
    "outreach.scheduling.lead_times._MINUTES_IN",
    "outreach.schools.roster.words._FILE",
    "outreach.schools.roster.words._ROW",
    "outreach.schools.roster.words._ASK",
)
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


TABLES = dict(tables())


def test_each_table_is_known() -> None:
    assert TABLES.keys() == {*WHOLE, *PARTIAL}


@pytest.mark.parametrize("where", WHOLE)
def test_each_member_has_its_line(where: str) -> None:
    table = TABLES[where]
    members: type[enum.Enum] = type(next(iter(table)))
    assert {member.name for member in members if member not in table} == set()


def test_a_coordinator_can_choose_each_kind_of_message_and_time() -> None:
    assert [choice.value for choice in InboundFilter.shown.kwargs["choices"]] == list(Shown)
    assert {choice.value for choice in SessionFilter.time.kwargs["choices"]} == set(Time)
