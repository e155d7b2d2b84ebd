"""Messages come at the same moment, twice, or while a session changes: each counts once, and the answer that holds is a true one."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db
from outreach.inbound.use_cases import receive
from outreach.mail.verp import bounce_address
from outreach.models import Answer, Bounce, InboundOutcome, InvitationAnswer, Letter, LetterKind
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder
from tests.support.inbound import PARENT, bounce, invited, messages
from tests.support.rivals import at_once

pytestmark = pytest.mark.both_databases("locks")

APPLIED = InboundOutcome.APPLIED


@pytest.mark.empty_database
def test_of_rivals_with_one_message_one_acts(app: Flask, make: Builder, now: datetime) -> None:
    """A bounce is counted, so done twice it would show."""
    family = invited(make, now)
    raw = bounce(to=bounce_address(family.letter().id, family.settings), status="4.4.7")
    same_id = raw.replace(b"Undelivered", b"Returned")
    db.session.commit()
    rivals = [partial(receive, one, delivered_to=None, source="test", now=now) for one in (raw, raw, same_id, raw)]

    outcomes = at_once(app, *rivals)

    assert sorted(outcomes, key=str) == [None, None, None, APPLIED]
    assert len(messages()) == 1
    assert len(db.session.scalars(select(Bounce)).all()) == 1


@pytest.mark.empty_database
def test_of_two_answers_at_once_the_later_one_holds(app: Flask, make: Builder, now: datetime) -> None:
    family = invited(make, now)
    said = [("ACCEPTED", 1), ("DECLINED", 3), ("TENTATIVE", 2)]
    raws = [family.reply(partstat=word, at=timedelta(minutes=minute)) for word, minute in said]
    db.session.commit()
    late = now + timedelta(minutes=5)

    at_once(app, *[partial(receive, raw, delivered_to=None, source="test", now=late) for raw in raws])

    db.session.rollback()
    assert family.invitation().answer is Answer.DECLINED
    assert len(db.session.scalars(select(InvitationAnswer)).all()) == 3


def test_a_session_cancelled_meanwhile_keeps_no_answer(app: Flask, make: Builder, now: datetime) -> None:
    """Whichever comes first: the entry is gone, its answer with it, and the last letter of each says so."""
    family = invited(make, now)
    counter = ["DTSTART:20270325T190000Z"]
    raws = [family.reply(), family.reply(PARENT, method="COUNTER", lines=counter), family.reply(PARENT, method="REFRESH")]
    key = family.outreach_session.id
    db.session.commit()
    late = now + timedelta(minutes=5)
    rivals = [partial(receive, raw, delivered_to=None, source="test", now=late) for raw in raws]

    answers = at_once(app, *rivals, partial(cancel, key, "Flood", now=late))

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    db.session.rollback()
    assert (family.invitation().answer, family.invitation().is_live) == (Answer.NEEDS_ACTION, False)
    for address in (PARENT, "ana@pupils.example"):
        last = select(Letter.kind).where(Letter.invitation_id == family.invitation(address).id).order_by(Letter.id.desc())
        assert db.session.scalars(last.limit(1)).one() is LetterKind.CANCELLED
