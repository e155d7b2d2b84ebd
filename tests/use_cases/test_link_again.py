"""Who was invited can have their own link sent again, to the invited address; nobody learns whose address we know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import func, select

from outreach.db import db, transaction
from outreach.errors import NotThere
from outreach.families.link_again import may_ask, request_link, send_links
from outreach.letters import render
from outreach.models import Letter, LetterKind, LinkRequest, Mailbox, OutreachSession, SessionState
from outreach.models.snapshots import LetterSnapshot
from outreach.tokens import LASTS
from tests.support.builders import Builder

HOME, ANA, OTHER, STRANGER = "home@families.example", "ana@pupils.example", "other@families.example", "stranger@example.org"
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def world(make: Builder) -> OutreachSession:
    """Two siblings, one on the waiting list, and another family."""
    school = make.school()
    teacher = make.teacher(school, email="teacher@school.example")
    school_class = make.school_class(school, teacher)
    ana = make.student(school_class, given_name="Ana", email=ANA, guardians=(HOME,))
    ben = make.student(school_class, given_name="Ben", guardians=(HOME,))
    dan = make.student(school_class, given_name="Dan", guardians=(OTHER,))
    outreach_session = make.outreach_session(make.clinician(), capacity=2)
    make.register(outreach_session, teacher, ana, dan)
    make.register(outreach_session, teacher, ben)
    return outreach_session


def asked(world: OutreachSession, address: str, now: datetime) -> list[Letter]:
    """Ask, let the worker look, and give the letters with links there are."""
    request_link(world.id, address, now=now)
    send_links(now=now)
    assert db.session.scalar(select(func.count()).select_from(LinkRequest)) == 0, "what strangers typed isn't kept"
    return list(db.session.scalars(select(Letter).where(Letter.kind == LetterKind.LINK).order_by(Letter.id)))


def test_a_guardian_of_two_gets_one_link_that_shows_both(world: OutreachSession, now: datetime) -> None:
    [letter] = asked(world, HOME, now)
    facts = LetterSnapshot.from_json(letter.facts)

    assert letter.mailbox.address == HOME
    assert ([one.given_name for one in facts.seated], [one.given_name for one in facts.waiting]) == (["Ana"], ["Ben"])
    assert b"text/calendar" not in render(letter, settings=current_app.extensions["outreach"])


def test_a_student_gets_their_own_and_no_copy_goes_to_anybody(world: OutreachSession, now: datetime) -> None:
    [letter] = asked(world, ANA, now)

    assert letter.mailbox.address == ANA
    assert [one.given_name for one in LetterSnapshot.from_json(letter.facts).seated] == ["Ana"]


def test_a_family_is_sent_it_once_an_hour_for_each_session(world: OutreachSession, now: datetime) -> None:
    assert len(asked(world, HOME, now)) == 1
    assert len(asked(world, HOME, now)) == 1
    assert len(asked(world, ANA, now)) == 2
    assert len(asked(world, HOME, now + HOUR)) == 3


@pytest.mark.parametrize("address", [STRANGER, "teacher@school.example"])
def test_who_has_no_student_in_it_gets_nothing(world: OutreachSession, now: datetime, address: str) -> None:
    assert asked(world, address, now) == []


@pytest.mark.parametrize("mark", ["stopped_at", "undeliverable_at", "blocked_at"])
def test_an_address_that_is_not_written_to_gets_nothing(world: OutreachSession, now: datetime, mark: str) -> None:
    with transaction():
        mailbox = db.session.scalars(select(Mailbox).where(Mailbox.address == HOME)).one()
        setattr(mailbox, mark, now)

    assert asked(world, HOME, now) == []


def test_links_are_sent_as_long_as_they_open(world: OutreachSession, now: datetime) -> None:
    ends: Any = world.ends_at + LASTS
    assert len(asked(world, HOME, ends - SECOND)) == 1
    with pytest.raises(NotThere):
        request_link(world.id, HOME, now=ends)
    with pytest.raises(NotThere):
        request_link(world.id + 1000, HOME, now=now)
    assert not may_ask(OutreachSession(state=SessionState.DRAFT, ends_at=ends), now=now)


def test_every_address_costs_the_page_the_same(world: OutreachSession, now: datetime) -> None:
    """Nothing is looked up while somebody waits for the answer."""
    for address in (HOME, STRANGER):
        request_link(world.id, address, now=now)

    assert [row.address for row in db.session.scalars(select(LinkRequest).order_by(LinkRequest.id))] == [HOME, STRANGER]
    assert db.session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == LetterKind.LINK)) == 0
    assert send_links(now=now) == 2
    assert send_links(now=now) == 0
