"""One mailbox for each address, and what it takes for letters to go there."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Mailbox
from outreach.people.mailboxes import mailbox_of, mailboxes_of
from outreach.people.normal_form import normal_address
from tests.support.builders import Builder


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Maria.Diaz@Families.EXAMPLE", "maria.diaz@families.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a+b@x.example", "a+b@x.example"),
        ("maria", None),
        ("maria@", None),
        ("maría@x.example", None),
        ("a b@x.example", None),
        ("a@x.example, b@x.example", None),
        ("", None),
    ],
)
def test_an_address_is_kept_in_one_form(app: object, typed: str, kept: str | None) -> None:
    assert app
    if kept is None:
        with pytest.raises(ValueError, match="not an address"):
            normal_address(typed)
    else:
        assert normal_address(typed) == kept


def test_an_address_has_one_mailbox_with_a_token_of_its_own(make: Builder) -> None:
    known = make.mailbox("a@x.example")
    with transaction():
        again, other = mailbox_of("a@x.example"), mailbox_of("b@x.example")
    assert again.id == known.id != other.id
    assert (other.locale, other.link_version, other.stopped_at, other.undeliverable_at) == ("en", 1, None, None)
    with transaction():
        found = mailboxes_of(["c@x.example", "a@x.example", "b@x.example", "a@x.example"])
    assert {found["a@x.example"], found["b@x.example"]} == {known.id, other.id}
    rows = {row.address: row for row in db.session.scalars(select(Mailbox).where(Mailbox.address.endswith("@x.example")))}
    assert {address: row.id for address, row in rows.items()} == found
    assert len({row.token for row in rows.values()}) == len(rows) == 3
    assert all(re.fullmatch(r"[a-z2-7]{16}", row.token) for row in rows.values())
    with transaction():
        assert mailboxes_of([]) == {}


@pytest.mark.parametrize(
    ("marks", "is_open", "is_reached"),
    [
        ((), True, True),
        (("stopped_at",), False, False),
        (("undeliverable_at",), True, False),
        (("blocked_at",), True, False),
        (("reminders_stopped_at",), True, True),
    ],
)
def test_where_letters_go_and_arrive(app: object, now: datetime, marks: tuple[str, ...], *, is_open: bool, is_reached: bool) -> None:
    assert app
    mailbox = Mailbox(address="a@sub.x.example", **dict.fromkeys(marks, now))
    assert (mailbox.is_open, mailbox.is_reached, mailbox.domain) == (is_open, is_reached, "sub.x.example")


def test_a_mailbox_that_is_stopped_makes_its_links_void(app: object, now: datetime) -> None:
    assert app
    mailbox = Mailbox(address="a@x.example", link_version=3)
    mailbox.stop(now=now)
    assert (mailbox.stopped_at, mailbox.link_version) == (now, 4)
