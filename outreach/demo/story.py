"""What has happened so far in the demo: registrations, a move, a cancellation, a withdrawal, and what came back by mail.

Everything goes through the use cases people use, at moments of the past weeks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from itertools import cycle, groupby

from flask import current_app
from sqlalchemy import select

from outreach.db import db
from outreach.demo.classes import ANATOMY_CLUB, AP_BIOLOGY, HEALTH_CAREERS, YEAR_10, YEAR_12, ClassList
from outreach.demo.sessions.planned import ASK_A_SURGEON, CANCELLED, EVENING, FULL, MENTORING, NEARLY_FULL, SHADOWING, TALK
from outreach.demo.world import World
from outreach.inbound.use_cases import receive
from outreach.models import (
    Answer,
    AnswerSource,
    BounceKind,
    Guardian,
    Invitation,
    InvitationReason,
    Letter,
    LetterState,
    Mailbox,
    OutreachSession,
    Registration,
    Student,
    guardianship,
)
from outreach.outbox import record_bounce
from outreach.registration.use_cases import RegistrationRequest, register_students, withdraw
from outreach.rsvp import NewRsvp, record_rsvp
from outreach.scheduling import WhenInput, WhereInput, apply_move
from outreach.scheduling.use_cases import cancel


def first_registrations(world: World, *, now: datetime) -> None:
    """The sessions that will be moved and cancelled get their guests."""
    arranged = {
        "looked_after_by": "Peter Vance goes with them and stays",
        "travel": "By bus from the school gate at 15:30, back by 18:15",
        "day_contact": "Peter Vance, +1 555 0123",
    }
    _register(world, TALK, ANATOMY_CLUB, range(8), arranged=arranged, now=now)
    _register(world, CANCELLED, ANATOMY_CLUB, range(2, 7), now=now)


def move_the_talk(world: World, *, now: datetime) -> None:
    """It begins half an hour later, somewhere else."""
    talk = db.session.get_one(OutreachSession, world.sessions[TALK])
    when = WhenInput(day=talk.starts_wall.date(), start=time(16, 30), end=time(17, 30))
    where = WhereInput(area_id=world.areas["Skills lab"], zone=talk.zone, meeting_point="Skills lab, third floor, by the lifts")
    apply_move(talk.id, when, where, seen=talk.updated_at, now=now)


def cancel_the_evening(world: World, *, now: datetime) -> None:
    """Nobody who came would find a resident there."""
    reason = "Four of the six residents are on call that night. We are sorry, and are looking for another evening."
    cancel(world.sessions[CANCELLED], reason, now=now)


def more_registrations(world: World, *, now: datetime) -> None:
    """Whole classes across the ocean, one student alone, a school at its limit, a full workshop with a waiting list."""
    _register(world, ASK_A_SURGEON, ANATOMY_CLUB, range(24), now=now)
    _register(world, ASK_A_SURGEON, YEAR_10, range(22), now=now)
    _register(world, NEARLY_FULL, YEAR_12, range(18), now=now)
    _register(world, FULL, AP_BIOLOGY, range(20), now=now)
    _register(world, SHADOWING, ANATOMY_CLUB, range(2), now=now)
    _register(world, EVENING, HEALTH_CAREERS, range(22), now=now)
    _register(world, MENTORING, YEAR_12, range(3), now=now)


def one_withdraws(world: World, *, now: datetime) -> None:
    """A seat in the full workshop goes to the first who waits."""
    chosen = select(Registration.id).where(
        Registration.session_id == world.sessions[FULL], Registration.student_id == world.students[AP_BIOLOGY.name][3]
    )
    withdraw(db.session.scalars(chosen).one(), now=now, by_id=world.users[AP_BIOLOGY.teachers[0].email], note="Has a match that day")


def _register(
    world: World, session_key: str, class_list: ClassList, which: range, *, arranged: Mapping[str, str] | None = None, now: datetime
) -> None:
    """Register these students of a class, but for those whose age isn't known where it matters."""
    session_id, teacher_id = world.sessions[session_key], world.users[class_list.teachers[0].email]
    ids = [world.students[class_list.name][n] for n in which]
    outreach_session = db.session.get_one(OutreachSession, session_id)
    if outreach_session.age_floor is not None:
        ids = [key for key in ids if db.session.get_one(Student, key).birth_date is not None]
    request = RegistrationRequest(
        session_id=session_id,
        school_id=world.schools[class_list.school],
        student_ids=tuple(ids),
        teacher_id=teacher_id,
        by_id=teacher_id,
        class_id=world.classes[class_list.name],
        permission_attested=True,
        arranged=arranged,
    )
    register_students(request, now=now)


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
    newest = select(Letter.id).where(Letter.mailbox_id == mailbox.id, Letter.state == LetterState.SENT).order_by(Letter.id.desc())
    record_bounce(mailbox.id, db.session.scalar(newest.limit(1)), BounceKind.HARD, status="5.1.1", words=words, now=now)


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
