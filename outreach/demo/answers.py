"""What came back in the demo: answers of families, a letter that couldn't arrive, and a question somebody mailed.

Joins the caller's transaction, never commits; the question's is its own, as for all mail that comes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import cycle, groupby

from flask import current_app
from sqlalchemy import select

from outreach.db import db
from outreach.demo.classes import ANATOMY_CLUB
from outreach.demo.sessions.planned import ASK_A_SURGEON, FULL, SHADOWING, TALK
from outreach.demo.world import World
from outreach.inbound.use_cases import receive
from outreach.models import (
    Answer,
    AnswerSource,
    BounceKind,
    Guardian,
    Invitation,
    InvitationReason,
    Mailbox,
    guardianship,
)
from outreach.outbox import record_bounce
from outreach.rsvp import NewRsvp, record_rsvp

_BY_CALENDAR, _ON_THE_PAGE = AnswerSource.CALENDAR, AnswerSource.PAGE
_SAID: tuple[tuple[Answer, AnswerSource] | None, ...] = (
    (Answer.ACCEPTED, _BY_CALENDAR),
    None,
    (Answer.ACCEPTED, _ON_THE_PAGE),
    (Answer.TENTATIVE, _BY_CALENDAR),
    (Answer.ACCEPTED, _BY_CALENDAR),
    (Answer.DECLINED, _ON_THE_PAGE),
    (Answer.ACCEPTED, _BY_CALENDAR),
)
_QUESTION = """From: {address}
To: {to}
Subject: Where do we park?
Message-ID: <where-do-we-park@families.example>

Hello, is there somewhere to park near the lecture hall? And may I stay and listen?
"""


def families_answer(world: World, *, now: datetime) -> None:
    """Most come, some don't know yet, some can't, and some say nothing. A family is of one mind."""
    for key in (TALK, SHADOWING, ASK_A_SURGEON, FULL):
        for family, rsvp in zip(_by_student(world.sessions[key]), cycle(_SAID)):
            if rsvp is not None:
                for invitation in family:
                    record_rsvp(invitation, NewRsvp(answer=rsvp[0], source=rsvp[1]), now=now)


def a_letter_comes_back(world: World, *, now: datetime) -> None:
    """A guardian's address has a typing error: the teacher sees it beside the student, with what to do."""
    mailbox = _guardian(world, 4)
    words = f"550 5.1.1 <{mailbox.address}>: Recipient address rejected: User unknown in virtual mailbox table"
    record_bounce(mailbox.id, None, BounceKind.HARD, status="5.1.1", words=words, now=now)


def somebody_asks(world: World, *, now: datetime) -> None:
    """A parent answers a letter as if a person had written it: that waits for the coordinator."""
    mailbox = _guardian(world, 2)
    to = current_app.extensions["outreach"].reply_address.replace("{token}", mailbox.token)
    receive(_QUESTION.format(address=mailbox.address, to=to).encode(), delivered_to=to, source="demo", now=now)


def _by_student(session_id: int) -> Iterator[list[Invitation]]:
    """Give, student after student, the invitations of the family that arrived."""
    rows = db.session.execute(
        select(InvitationReason.registration_id, Invitation)
        .join(Invitation, Invitation.id == InvitationReason.invitation_id)
        .join(Mailbox, Mailbox.id == Invitation.mailbox_id)
        .where(Invitation.session_id == session_id, InvitationReason.registration_id.is_not(None), Mailbox.undeliverable_at.is_(None))
        .order_by(InvitationReason.registration_id, Invitation.id)
    )
    for _registration_id, family in groupby(rows, key=lambda row: row[0]):
        yield [row[1] for row in family]


def _guardian(world: World, number: int) -> Mailbox:
    """Give the mailbox of a guardian, of those of the Anatomy Club who have one."""
    theirs = guardianship.c.student_id.in_(world.students[ANATOMY_CLUB.name])
    found = (
        select(Mailbox)
        .join(Guardian, Guardian.mailbox_id == Mailbox.id)
        .join(guardianship, guardianship.c.guardian_id == Guardian.id)
        .where(theirs)
    )
    return db.session.scalars(found.order_by(guardianship.c.student_id, Guardian.id).offset(number).limit(1)).one()
