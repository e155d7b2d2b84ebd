"""Checks before a registration changes; and the lock on its session.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from outreach.db import db, locked
from outreach.errors import NotThere, Refusal, Refusals
from outreach.models import Area, OutreachSession, Registration, RegistrationState
from outreach.people import BEFORE_A_SEAT, HoldReason, age_rule, hold_reasons, missing_words
from outreach.registration.candidates import Candidate


def locked_session(session_id: int) -> OutreachSession:
    """Lock a session until the transaction ends, read afresh. Raises NotThere."""
    outreach_session = locked(OutreachSession, session_id)
    if outreach_session is None:
        raise NotThere(_("There is no such session."))
    if outreach_session.area_id is not None:
        db.session.get(Area, outreach_session.area_id, populate_existing=True)  # its age floor may have changed
    return outreach_session


def locked_registration(registration_id: int) -> tuple[OutreachSession, Registration]:
    """Lock the session of a registration, and read both afresh: no place changes without its session's lock."""
    session_id = db.session.scalar(select(Registration.session_id).where(Registration.id == registration_id))
    outreach_session = locked_session(session_id or 0)
    registration = db.session.get(Registration, registration_id, populate_existing=True)
    if registration is None:
        raise NotThere(_("There is no such registration."))
    return outreach_session, registration


def must_be_open(outreach_session: OutreachSession, now: datetime) -> None:
    """Raise Refusal unless schools may register now."""
    if not outreach_session.is_published:
        raise Refusal(_("This session was cancelled or isn't published."))
    if not outreach_session.has_host:
        raise Refusal(_("This session has no host at the moment, so nobody can register. A coordinator will decide what happens."))
    if outreach_session.opens_at is not None and now < outreach_session.opens_at:
        raise Refusal(_("Registration isn't open yet."))
    if not outreach_session.is_open(now):
        raise Refusal(_("Registration has closed."))


def must_be_able(chosen: Sequence[Candidate], *, permission_attested: bool) -> None:
    """Raise Refusal for nobody, for somebody who can't take part, or without the permission a minor needs; all reasons at once."""
    obstacles = [one.obstacle for one in chosen if one.obstacle is not None and not one.has_place]
    found = Refusals(Refusal(sentence, field="student_ids") for sentence in obstacles)
    if not chosen:
        found.append(Refusal(_("Choose at least one student."), field="student_ids"))
    if not permission_attested and (not chosen or any(one.is_minor for one in chosen)):
        found.append(Refusal(_("Tick that their guardians have given permission."), field="permission_attested"))
    found.must_be_none()


def must_be_offered(outreach_session: OutreachSession, registration: Registration, now: datetime) -> None:
    """Raise Refusal unless a seat is on offer still, in a session that is to come."""
    if not outreach_session.is_to_come(now):
        raise Refusal(_("The session has begun or was cancelled, so the seat is no longer on offer."))
    if registration.state != RegistrationState.OFFERED or registration.offered_until is None or now >= registration.offered_until:
        raise Refusal(_("The offer has expired. The student stays on the waiting list."))


def must_await_host(outreach_session: OutreachSession, registration: Registration, now: datetime) -> None:
    """Raise Refusal unless a host withdrew the student before, and hosts are asked about the seat."""
    if not outreach_session.is_to_come(now):
        raise Refusal(_("The session has begun or was cancelled, so there is nothing left to decide."))
    missing = hold_reasons(outreach_session, [registration.student_id]).get(registration.student_id, frozenset())
    if registration.state is not RegistrationState.PENDING or HoldReason.REMOVED_BEFORE not in missing:
        raise Refusal(_("This has already been decided."))


def must_wait(outreach_session: OutreachSession, registration: Registration, now: datetime) -> None:
    """Raise Refusal unless the student waits, for a session that is to come."""
    if not outreach_session.is_to_come(now):
        raise Refusal(_("The session has begun or was cancelled, so no seat can be taken now."))
    if registration.state != RegistrationState.WAITING:
        raise Refusal(_("The student is no longer on the waiting list."))


def must_not_be_passed_over(outreach_session: OutreachSession, registration: Registration) -> None:
    """Raise Refusal for a student who may not be given a seat before something is there."""
    why_not = age_rule(outreach_session).why_not(registration, registration.student.name)
    if why_not is not None:
        raise Refusal(_("%(why)s They keep their position on the waiting list.", why=why_not))
    missing = hold_reasons(outreach_session, [registration.student_id]).get(registration.student_id, frozenset()) & BEFORE_A_SEAT
    if missing:
        what = "; ".join(missing_words(sorted(missing)))
        raise Refusal(_("The student can't have a seat yet. Still missing: %(what)s.", what=what))
