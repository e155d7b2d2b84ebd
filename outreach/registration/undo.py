"""Undo a withdrawal: for 15 minutes, by the side that withdrew.

The registration is restored as it was, with its seat or its position; if somebody else has the seat by then, it goes on the waiting
list, where who registered first comes first. Whoever knows of the withdrawal is told.
Joins the caller's transaction, never commits.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, or_, select, tuple_

from outreach.db import db
from outreach.errors import Refusal, Stale
from outreach.models import SEATED, Cause, OutreachSession, Registration, RegistrationState, RegistrationStep
from outreach.notifications import lock_students, notify_registrations, notify_undone
from outreach.registration.candidates import WhyNot, can_have_free_seat, candidates, why_waiting
from outreach.registration.checks import locked_registration
from outreach.registration.seats import give_seats, settle_seats
from outreach.registration.steps import set_state

UNDO_FOR = timedelta(minutes=15)


class Side(enum.StrEnum):
    """Who withdrew somebody."""

    FAMILY = "family"
    SCHOOL = "school"
    HOST = "host"


@dataclass(frozen=True)
class By:
    """Who wants to undo: a user for the school or as host, or a family's mailbox."""

    side: Side
    user_id: int | None = None
    mailbox_id: int | None = None


@dataclass(frozen=True)
class _End:
    """The step that ended a registration, and the state before."""

    step: RegistrationStep
    former: RegistrationState

    @property
    def side(self) -> Side:
        if self.step.state is RegistrationState.REMOVED:
            return Side.HOST
        return Side.SCHOOL if self.step.by_mailbox_id is None else Side.FAMILY

    @property
    def until(self) -> datetime:
        return self.step.at + UNDO_FOR


@dataclass(frozen=True)
class UndoLeft:
    """For how many minutes a withdrawal can be undone. `position`: on the waiting list, since somebody else has the seat."""

    minutes: int
    position: int | None = None


def restore(registration_id: int, by: By, *, now: datetime, may_wait: bool = False) -> None:
    """Restore a registration that was withdrawn by mistake, and tell whoever knows. Raises Refusal, with the reason, where it can't be.

    `may_wait`: the page said that somebody else has the seat, so that the registration goes on the waiting list. Raises Stale without.
    """
    outreach_session, registration = locked_registration(registration_id)
    lock_students([registration.student_id])
    end = _end_of(registration)
    if end is None:
        raise Refusal(_("This withdrawal has already been undone."))
    if refused := _obstacle(outreach_session, registration, end, by, now=now):
        raise Refusal(refused)
    former = _former(registration, end, now)
    if is_taken := _is_taken(outreach_session, registration, former, now=now):
        former = RegistrationState.WAITING
    if is_taken and not may_wait:
        name = registration.student.given_name
        raise Stale(_("Somebody else has the seat now. If you undo the withdrawal, %(name)s goes on the waiting list.", name=name))
    if former in SEATED:
        registration.state = RegistrationState.WAITING  # until the seat is given; a removal that is undone holds no seat
        db.session.flush()
        offered_until = registration.offered_until if former is RegistrationState.OFFERED else None
        give_seats(outreach_session, [registration.id], now=now, by_id=by.user_id, by_mailbox_id=by.mailbox_id, offered_until=offered_until)
    else:
        set_state([registration.id], former, now=now, by_id=by.user_id, by_mailbox_id=by.mailbox_id)
        registration.wait_reason = why_waiting(outreach_session, registration.school_id, now=now)
        db.session.flush()
    if is_taken:
        notify_registrations(outreach_session, {registration.id: Cause.RESTORED}, now=now, by_id=by.user_id)
    else:
        notify_undone(outreach_session, {registration.id: end.step.by_id}, now=now, by_id=by.user_id)
    settle_seats(outreach_session, now=now)


def undoable(outreach_session: OutreachSession, registrations: Iterable[Registration], by: By, *, now: datetime) -> dict[int, UndoLeft]:
    """Give those of these registrations whose withdrawal could be undone now, and what would come of it; reads only."""
    recent = [one for one in registrations if one.state in _ENDED and one.changed_at > now - UNDO_FOR]
    found = {}
    for one in recent:
        end = _end_of(one)
        if end is not None and _obstacle(outreach_session, one, end, by, now=now) is None:
            is_taken = _is_taken(outreach_session, one, _former(one, end, now), now=now)
            minutes = -(-(end.until - now) // timedelta(minutes=1))
            found[one.id] = UndoLeft(minutes, position_again(one) if is_taken else None)
    return found


def position_again(registration: Registration) -> int:
    """Give the position on the waiting list of a registration that ended, if it waited: as of when it was registered."""
    waiting = Registration.session_id == registration.session_id, Registration.state == RegistrationState.WAITING
    before = tuple_(Registration.queued_at, Registration.id) < tuple_(registration.queued_at, registration.id)
    return 1 + (db.session.scalar(select(func.count()).where(*waiting, before)) or 0)


def released_since(student_ids: Collection[int], since: datetime, *, now: datetime) -> list[Registration]:
    """Give the registrations of these students whose seat was released since because nobody settled it in time, and that may wait again.

    Not those of a session that was moved since, or for which the student is registered again.
    """
    decided = select(RegistrationStep.id).where(RegistrationStep.registration_id == Registration.id, RegistrationStep.by_id.is_not(None))
    is_decision = decided.where(RegistrationStep.state == RegistrationState.RELEASED).exists()
    found = (
        select(Registration)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(Registration.student_id.in_(student_ids), Registration.state == RegistrationState.RELEASED, ~is_decision)
        .where(Registration.changed_at >= since, OutreachSession.is_to_come(now))
        .where(or_(OutreachSession.moved_at.is_(None), OutreachSession.moved_at < Registration.changed_at))
        .order_by(OutreachSession.id, Registration.id)
        .execution_options(populate_existing=True)
    )
    return [one for one in db.session.scalars(found) if _is_gone_or_back(one.outreach_session, one) is None]


def wait_again(registrations: Iterable[Registration], *, now: datetime, by_mailbox_id: int) -> None:
    """Put these, which lost their seat, on the waiting list as of when they were registered, and tell them; a free seat is theirs.

    The caller has locked sessions and students (`lock_sessions_and_students`).
    """
    for one in registrations:
        set_state([one.id], RegistrationState.WAITING, now=now, by_mailbox_id=by_mailbox_id)
        db.session.refresh(one)
        one.wait_reason = why_waiting(one.outreach_session, one.school_id, now=now)
        db.session.flush()
        notify_registrations(one.outreach_session, {one.id: Cause.REGISTERED}, now=now)
        settle_seats(one.outreach_session, now=now)


_ENDED = (RegistrationState.WITHDRAWN, RegistrationState.REMOVED)


def _end_of(registration: Registration) -> _End | None:
    """Read how a registration ended; None: it hasn't, or nobody withdrew it."""
    steps = select(RegistrationStep).where(RegistrationStep.registration_id == registration.id).order_by(RegistrationStep.id.desc())
    last = db.session.scalars(steps.limit(2)).all()
    return _End(last[0], last[1].state) if len(last) == 2 and registration.state in _ENDED else None


def _former(registration: Registration, end: _End, now: datetime) -> RegistrationState:
    """Give the state to restore; an offer whose time is up would have lapsed."""
    has_lapsed = end.former is RegistrationState.OFFERED and (registration.offered_until is None or registration.offered_until <= now)
    return RegistrationState.WAITING if has_lapsed else end.former


def _obstacle(outreach_session: OutreachSession, registration: Registration, end: _End, by: By, *, now: datetime) -> str | None:
    """Say why it can't be undone; None: it can."""
    name = registration.student.given_name
    if not _may_undo(registration, end, by):
        return _("Only those who withdrew %(name)s can undo it.", name=name)
    if not outreach_session.is_to_come(now):
        return _("The session has begun or was cancelled, so the withdrawal can no longer be undone.")
    if now >= end.until:
        return _("The 15 minutes are over, so the withdrawal can no longer be undone. The school can register %(name)s again.", name=name)
    if outreach_session.moved_at is not None and outreach_session.moved_at >= end.step.at:
        return _(
            "The session was moved meanwhile, so the withdrawal can no longer be undone. The school can register %(name)s again.",
            name=name,
        )
    return _is_gone_or_back(outreach_session, registration)


def _is_gone_or_back(outreach_session: OutreachSession, registration: Registration) -> str | None:
    """Say that the student has left, or has another registration, at this school or at another."""
    name = registration.student.given_name
    student = candidates(outreach_session, registration.school_id, [registration.student_id])
    if not student:
        return _("%(name)s is no longer in any class at the school, so the withdrawal can't be undone.", name=name)
    if student[0].has_place:
        return _("%(name)s is registered again already.", name=name)
    return student[0].obstacle if student[0].why_not is WhyNot.ELSEWHERE else None


def _is_taken(outreach_session: OutreachSession, registration: Registration, former: RegistrationState, *, now: datetime) -> bool:
    """Say whether the seat went to somebody else."""
    return former in SEATED and not can_have_free_seat(outreach_session, registration.school_id, now=now)


def _may_undo(registration: Registration, end: _End, by: By) -> bool:
    """The side that withdrew may undo it: in a family the mailbox that did, or a guardian. No child undoes what a parent decided."""
    if by.side is not end.side:
        return False
    return by.side is not Side.FAMILY or by.mailbox_id == end.step.by_mailbox_id or by.mailbox_id != registration.student.mailbox_id
