"""Apply an RSVP: record it, and where the session says so give the seat back when it declines.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row and has re-read the invitation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from outreach.db import db
from outreach.models import (
    SEATED,
    Answer,
    Cause,
    Invitation,
    InvitationReason,
    OutreachSession,
    ReasonKind,
    Registration,
    RegistrationState,
)
from outreach.registration.seats import end_registrations
from outreach.rsvp import NewRsvp, record_rsvp
from outreach.rsvp.queries import family_rsvps
from outreach.rsvp.rules import gives_seat_back

_ADULTS_PART = (ReasonKind.TEACHER, ReasonKind.HOST)


def apply_rsvp(outreach_session: OutreachSession, invitation: Invitation, given: NewRsvp, *, now: datetime) -> tuple[int, ...]:
    """Record an RSVP that a calendar sent. Gives the ids of the registrations whose seats it gave back, mostly none.

    A seat is given back where the session says so and hasn't begun, the answer is a decline that proved where it came from,
    and this mailbox alone decides for the student (`decides_alone`). Whoever is teacher or host here as well may have meant that part.
    """
    record_rsvp(invitation, given, now=now)
    db.session.flush()
    declines = given.answer is Answer.DECLINED and given.is_verified
    takes_place = outreach_session.is_to_come(now)
    if not (declines and takes_place and outreach_session.frees_declined_seats):
        return ()
    ended = _seated(seats_at_stake(invitation))
    if ended:
        by = invitation.mailbox_id
        end_registrations(outreach_session, ended, RegistrationState.WITHDRAWN, now=now, by_mailbox_id=by, cause=Cause.DECLINED)
    return ended


def seats_at_stake(invitation: Invitation) -> list[int]:
    """Give the registrations whose seats a decline of this invitation would give back, if the session says so; reads only."""
    reasons = db.session.execute(
        select(InvitationReason.kind, InvitationReason.registration_id).where(InvitationReason.invitation_id == invitation.id)
    ).all()
    if any(reason.kind in _ADULTS_PART for reason in reasons):
        return []
    families = family_rsvps(Registration.id.in_([reason.registration_id for reason in reasons]))
    return [key for key, family in families.items() if gives_seat_back(invitation.mailbox_id, family)]


def _seated(ids: Sequence[int]) -> tuple[int, ...]:
    if not ids:
        return ()
    seated = select(Registration.id).where(Registration.id.in_(ids), Registration.state.in_(SEATED)).order_by(Registration.id)
    return tuple(db.session.scalars(seated))
