"""Close and open accounts, end memberships, hand students over."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from uuid import uuid4

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update

from outreach.coordination.use_cases import user_afresh
from outreach.coordination.who_answers import registrations_to_come, send_what_they_host, tell_who_answers
from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal
from outreach.models import (
    ACTIVE,
    Membership,
    OutreachSession,
    Registration,
    RoleName,
    SchoolClass,
    User,
    class_teacher,
)
from outreach.people import answering_teacher


def close_account(user_id: int, *, by_id: int, now: datetime) -> None:
    """Let somebody in no more, and end their open visits at once. Raises Refusal for one's own account.

    Others answer for their students from now on, and are told so. The sessions they host take no more registrations until a
    coordinator hands them over or cancels them.
    """
    if user_id == by_id:
        raise Refusal(_("This is your own account. Another coordinator can close it."))
    with transaction():
        answered_for = registrations_to_come(answering_teacher() == user_id, now=now)
        user = _locked_user(user_id)
        if not user.active:
            return
        user.active, user.fs_uniquifier = False, uuid4().hex
    # A transaction of its own: whoever registers with this teacher just now holds a session and waits for the user.
    with transaction():
        tell_who_answers(or_(Registration.teacher_id == user_id, Registration.id.in_(chain(*answered_for.values()))), now=now)


def open_account(user_id: int, *, now: datetime) -> None:
    """Let somebody in again, with the password they had; they answer for their students again.

    What they host they get once more, as it is now: while the account was closed nothing of it reached their calendar.
    """
    with transaction():
        user = _locked_user(user_id)
        if user.active:
            return
        user.active = True
    with transaction():
        tell_who_answers(answering_teacher() == user_id, now=now)
    with transaction():
        send_what_they_host(user_id, now=now)


def end_membership(user_id: int, school_id: int, *, now: datetime) -> None:
    """A teacher has left a school: they see its students no more, and others answer for them and are told so. Twice changes nothing."""
    of_school = Registration.school_id == school_id
    with transaction():
        answered_for = registrations_to_come((answering_teacher() == user_id) & of_school, now=now)
        membership = db.session.get(Membership, (user_id, school_id), with_for_update=True, populate_existing=True)
        if membership is None:
            return
        db.session.delete(membership)
        classes = select(SchoolClass.id).where(SchoolClass.school_id == school_id)
        db.session.execute(delete(class_teacher).where(class_teacher.c.user_id == user_id, class_teacher.c.class_id.in_(classes)))
    with transaction():
        theirs = (Registration.teacher_id == user_id) & of_school
        tell_who_answers(or_(theirs, Registration.id.in_(chain(*answered_for.values()))), now=now)


def hand_over_students(user_id: int, *, now: datetime) -> int:
    """Let whoever stands in for a teacher answer for good, also once the account is open again; give for how many students.

    They were told when they began to. The teacher keeps no class any more.
    """
    with transaction():
        mine = (Registration.teacher_id == user_id, Registration.state.in_(ACTIVE), answering_teacher() != user_id)
        rows = db.session.execute(
            select(Registration.id, Registration.session_id, answering_teacher().label("by_id"))
            .join(OutreachSession, OutreachSession.id == Registration.session_id)
            .where(OutreachSession.is_current(now), *mine)
            .order_by(Registration.session_id)
        ).all()
        for session_id in dict.fromkeys(row.session_id for row in rows):
            locked(OutreachSession, session_id)
        for by_id in {row.by_id for row in rows}:
            theirs = Registration.id.in_([row.id for row in rows if row.by_id == by_id])
            db.session.execute(update(Registration).where(theirs, Registration.teacher_id == user_id).values(teacher_id=by_id))
        user = user_afresh(user_id)
        schools = select(Membership.school_id).where(Membership.user_id == user_id)
        teaches = user.active and user.is_a(RoleName.TEACHER)
        left = select(SchoolClass.id).where(SchoolClass.school_id.not_in(schools)) if teaches else select(SchoolClass.id)
        db.session.execute(delete(class_teacher).where(class_teacher.c.user_id == user_id, class_teacher.c.class_id.in_(left)))
    return len(rows)


def _locked_user(user_id: int) -> User:
    user = locked(User, user_id)
    if user is None:
        raise NotThere(_("This account no longer exists."))
    return user
