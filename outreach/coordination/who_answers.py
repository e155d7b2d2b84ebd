"""Whoever answers for students, or hosts a session, after an account was closed or opened.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select

from outreach.db import db, locked
from outreach.models import ACTIVE, Invitation, InvitationReason, OutreachSession, ReasonKind, Registration
from outreach.notifications import notify_who_answers, resend_replacing


def registrations_to_come(which: ColumnElement[bool], *, now: datetime) -> dict[int, list[int]]:
    """Give by session not over the registrations that are meant."""
    rows = db.session.execute(
        select(Registration.session_id, Registration.id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(Registration.state.in_(ACTIVE), OutreachSession.is_current(now), which)
        .order_by(Registration.session_id, Registration.id)
    )
    found: dict[int, list[int]] = {}
    for session_id, key in rows:
        found.setdefault(session_id, []).append(key)
    return found


def tell_who_answers(which: ColumnElement[bool], *, now: datetime) -> None:
    """Tell whoever answers for these registrations now that they do, and let the teachers' entries follow."""
    for session_id in registrations_to_come(which, now=now):
        locked(OutreachSession, session_id)
    for session_id, registration_ids in registrations_to_come(which, now=now).items():
        notify_who_answers(db.session.get_one(OutreachSession, session_id), registration_ids, now=now)


def send_what_they_host(user_id: int, *, now: datetime) -> None:
    """Send a host the entry of each session that isn't over, as it is now."""
    hosted = (
        select(Invitation.session_id, Invitation.id)
        .join(InvitationReason, InvitationReason.invitation_id == Invitation.id)
        .join(OutreachSession, OutreachSession.id == Invitation.session_id)
        .where(InvitationReason.kind == ReasonKind.HOST, InvitationReason.user_id == user_id, OutreachSession.is_current(now))
        .order_by(Invitation.session_id)
    )
    for session_id, invitation_id in db.session.execute(hosted).all():
        outreach_session = locked(OutreachSession, session_id)
        if outreach_session is not None and outreach_session.is_current(now):
            resend_replacing(outreach_session, [invitation_id], key=f"opened:{now.isoformat()}", now=now)
