"""Who can be reached about a student: every state of an address, and what a class page makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from outreach.schools.student_lines import Contact, ContactState, ContactStatus

THEN = datetime(2027, 3, 1, tzinfo=UTC)


def contact(state: ContactState, **facts: Any) -> Contact:
    """Somebody whose address is in this state."""
    marks = {ContactState.STOPPED: "stopped_at", ContactState.UNDELIVERABLE: "undeliverable_at", ContactState.BLOCKED: "blocked_at"}
    address = None if state is ContactState.MISSING else "ana@x.test"
    return Contact(**{"name": "Ana", "address": address} | ({marks[state]: THEN} if state in marks else {}) | facts)


@pytest.mark.parametrize("state", ContactState)
def test_each_state_of_an_address(state: ContactState) -> None:
    assert contact(state).state is state
    assert contact(state).is_open is (state is ContactState.OPEN)


def test_what_its_reader_said_counts_before_what_servers_said() -> None:
    for stopped, refused, blocked in product((None, THEN), repeat=3):
        one = Contact(name="", address="ana@x.test", stopped_at=stopped, undeliverable_at=refused, blocked_at=blocked)
        order = ((stopped, ContactState.STOPPED), (refused, ContactState.UNDELIVERABLE), (blocked, ContactState.BLOCKED))
        assert one.state is next((state for mark, state in order if mark), ContactState.OPEN)
        without = Contact(name="", stopped_at=stopped, undeliverable_at=refused, blocked_at=blocked)
        assert without.state is ContactState.MISSING


@pytest.mark.parametrize(("address", "domain"), [(None, ""), ("ana@x.test", "x.test"), ("a@b@x.test", "x.test")])
def test_the_domain_of_an_address(address: str | None, domain: str) -> None:
    assert Contact(name="", address=address).domain == domain


def test_who_stands_in_and_who_is_not_reached_at_all() -> None:
    for own, guardians, is_minor in product(ContactState, [(), *product(ContactState), *product(ContactState, repeat=2)], (True, False)):
        reach = ContactStatus(contact(own), tuple(map(contact, guardians)), is_minor)
        open_guardians = guardians.count(ContactState.OPEN) if is_minor else 0
        own_open = own is ContactState.OPEN
        assert reach.open_guardians == open_guardians
        assert reach.reaches_nobody is (not own_open and open_guardians == 0)
        assert reach.needs_stand_in is (is_minor and own_open and open_guardians == 0)
        everybody = [own, *guardians]
        assert [one.state for one in reach.troubles] == [
            one for one in everybody if one in {ContactState.STOPPED, ContactState.UNDELIVERABLE}
        ]
        assert [one.state for one in reach.blocked] == [one for one in everybody if one is ContactState.BLOCKED]
        assert reach.put_off == ()


def test_letters_put_off_are_told_of_open_addresses_only() -> None:
    late = [contact(state, put_off=2, name=state.value) for state in ContactState]
    assert [one.name for one in ContactStatus(late[0], tuple(late[1:]), is_minor=True).put_off] == ["open"]
    assert [one.name for one in ContactStatus(late[1], tuple(late), is_minor=False).put_off] == ["open"]
