"""Undo a withdrawal: for 15 minutes, by the side that withdrew, while nobody has the seat instead.

The registration is restored as it was, with its seat or its position. Whoever knows of the withdrawal is told.
Joins the caller's transaction, never commits.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from outreach.db import db
from outreach.errors import Refusal
from outreach.models import SEATED, OutreachSession, Registration, RegistrationState, RegistrationStep
from outreach.notifications import lock_students, notify_undone
from outreach.registration.candidates import can_have_free_seat, candidates, why_waiting
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


def restore(registration_id: int, by: By, *, now: datetime) -> None:
    """Restore a registration that was withdrawn by mistake, and tell whoever knows. Raises Refusal, with the reason, where it can't be."""
    outreach_session, registration = locked_registration(registration_id)
    lock_students([registration.student_id])
    end = _end_of(registration)
    if end is None:
        raise Refusal(_("This withdrawal has already been undone."))
    if refused := _obstacle(outreach_session, registration, end, by, now=now):
        raise Refusal(refused)
    former = _former(registration, end, now)
    if former in SEATED:
        registration.state = RegistrationState.WAITING  # until the seat is given; a removal that is undone holds no seat
        db.session.flush()
        offered_until = registration.offered_until if former is RegistrationState.OFFERED else None
        give_seats(outreach_session, [registration.id], now=now, by_id=by.user_id, by_mailbox_id=by.mailbox_id, offered_until=offered_until)
    else:
        set_state([registration.id], former, now=now, by_id=by.user_id, by_mailbox_id=by.mailbox_id)
        registration.wait_reason = why_waiting(outreach_session, registration.school_id, now=now)
        db.session.flush()
    notify_undone(outreach_session, {registration.id: end.step.by_id}, now=now, by_id=by.user_id)
    settle_seats(outreach_session, now=now)


def undoable(outreach_session: OutreachSession, registrations: Iterable[Registration], by: By, *, now: datetime) -> dict[int, int]:
    """Give those of these registrations whose withdrawal could be undone now, each with the minutes that are left; reads only."""
    recent = [one for one in registrations if one.state in _ENDED and one.changed_at > now - UNDO_FOR]
    found = {}
    for one in recent:
        end = _end_of(one)
        if end is not None and _obstacle(outreach_session, one, end, by, now=now) is None:
            found[one.id] = -(-(end.until - now) // timedelta(minutes=1))
    return found


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
    return _taken(outreach_session, registration, _former(registration, end, now), now=now)


def _taken(outreach_session: OutreachSession, registration: Registration, former: RegistrationState, *, now: datetime) -> str | None:
    """Say that the student has left, or has another registration, or that the seat went to somebody else."""
    name = registration.student.given_name
    student = candidates(outreach_session, registration.school_id, [registration.student_id])
    if not student:
        return _("%(name)s is no longer in any class at the school, so the withdrawal can't be undone.", name=name)
    if student[0].has_place:
        return _("%(name)s is registered again already.", name=name)
    if former in SEATED and not can_have_free_seat(outreach_session, registration.school_id, now=now):
        return _("Somebody else has the seat now, so the withdrawal can't be undone. The school can register %(name)s again.", name=name)
    return None


def _may_undo(registration: Registration, end: _End, by: By) -> bool:
    """The side that withdrew may undo it: in a family the mailbox that did, or a guardian. No child undoes what a parent decided."""
    if by.side is not end.side:
        return False
    return by.side is not Side.FAMILY or by.mailbox_id == end.step.by_mailbox_id or by.mailbox_id != registration.student.mailbox_id
