"""Every table keyed by an enum has a line for each member, and every choice of a filter can be chosen."""

from __future__ import annotations

import enum
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import outreach
from outreach.coordination.forms import SessionFilter, TimeFilter
from outreach.mail_admin.forms import InboundFilter, Shown

# These have a line for each member.
WHOLE = (
    "outreach.about.defaults.TITLES",
    "outreach.about.defaults._TEXTS",
    "outreach.accounts.forms.WEAKNESS",
    "outreach.about.defaults.TITLES",
    "outreach.about.defaults._TEXTS",
    "outreach.coordination.labels.APPLICATION_STATES",
    "outreach.coordination.forms.ROLES",
    "outreach.coordination.forms.SESSION_STATES",
    "outreach.mail_admin.forms.LETTER_KINDS",
    "outreach.mail_admin.forms.LETTER_STATES",
    "outreach.mail_admin.forms.INBOUND_KINDS",
    "outreach.mail_admin.inbound_labels.INBOUND_OUTCOMES",
    "outreach.mail_admin.inbound_labels.REASONS",
    "outreach.mail_admin.invitation_labels.BOUNCE_KINDS",
    "outreach.mail_admin.invitation_labels.SIGNS",
    "outreach.mail_admin.invitation_labels.SOURCES",
    "outreach.mail_admin.invitation_labels.STATES",
    "outreach.mail_admin.invitation_labels.READERS",
    "outreach.mail_admin.invitation_labels._WHY",
    "outreach.doctor.commands._COLOURS",
    "outreach.doctor.mail_checks._ADVICE",
    "outreach.notifications.facts.READER_OF",
    "outreach.letters.rendering.KINDS",
    "outreach.letters.calendar_part._NEWS",
    "outreach.letters.calendar_part._STATUS",
    "outreach.letters.notes._MISSING",
    "outreach.people.holds.LABELS",
    "outreach.tokens._PATHS",
    "outreach.scheduling.form_parts._MINUTES_IN",
    "outreach.class_lists.labels._FILE",
    "outreach.class_lists.labels._ROW",
    "outreach.class_lists.labels._ASK",
    "outreach.class_lists.labels._LEFT_OUT",
    "outreach.class_lists.labels._GUARDIAN_ASK",
)
# These leave members out on purpose.
PARTIAL = {
    "outreach.schools.batches.queries.FIRST",
    "outreach.coordination.people_views._APPROVE",
    "outreach.mail_admin.inbound_labels._TO_DO",
    "outreach.families.forms.ANSWERS",
    "outreach.mail_admin.resend._WHY_NOT",
    "outreach.letters.changes._PARTS",
    "outreach.letters.kinds.digest._SEAT_LEADS",
    "outreach.letters.kinds.removed._GO_ELSEWHERE",
    "outreach.letters.calendar_part.DETAILS",
    "outreach.letters.calendar_part._PREVIOUS",
    "outreach.letters.kinds.updated._NEWS",
    "outreach.letters.leads._CHANGES",
    "outreach.letters.notes._INSTEAD",
    "outreach.letters.notes._NOT_SETTLED",
    "outreach.notifications.calendar_letters._LAST_LETTERS",
    "outreach.people.holds.SETTLED_BY",
    "outreach.rsvp.rules._OPPOSITE",
    "outreach.registration.seats._CAUSES",
    "outreach.inbound.apply._HANDLERS",
    "outreach.scheduling.schedule_rules._PLAIN",
    "outreach.scheduling.schedule_rules._CLOCK_MOVES",
    "outreach.class_lists.labels._FIELD",
    "outreach.schools.forms._TROUBLES",
}


def tables() -> Iterator[tuple[str, dict[enum.Enum, Any]]]:
    """Give every dictionary of the product whose keys are members of one enum, with where it stands."""
    seen: set[int] = set()
    for module in pkgutil.walk_packages(outreach.__path__, "outreach."):
        if module.ispkg:  # it only offers what its modules define
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
    assert {choice.value for choice in SessionFilter.time.kwargs["choices"]} == set(TimeFilter)
