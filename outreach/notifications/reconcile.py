"""The reasons that should stand against those that do: the difference becomes letters.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from flask import current_app
from sqlalchemy import case, literal, null, select, update

from outreach.db import db
from outreach.models import Answer, Cause, Invitation, InvitationReason
from outreach.notifications.invitation_store import StandingReason, invitation_records, invitations_of, make_invitations, write_reasons
from outreach.notifications.letter_builder import LetterBuilder
from outreach.outbox import take_back


def reconcile(
    draftsman: LetterBuilder, wanted: set[StandingReason], standing: Mapping[StandingReason, int], causes: Mapping[int, Cause]
) -> None:
    """Let reasons begin and end, and draft a letter for each mailbox that this concerns."""
    touched = {reason.mailbox_id for reason in wanted ^ standing.keys()}
    if not touched:
        return
    session_id, now = draftsman.outreach_session.id, draftsman.now
    known = invitations_of(session_id, touched)
    before = (
        {one.invitation_id: one for one in invitation_records(draftsman.outreach_session, Invitation.id.in_(known.values()))}
        if known
        else {}
    )
    made = make_invitations(session_id, touched - known.keys(), domain=_domain(), now=now)
    ended = standing.keys() - wanted
    write_reasons(sorted(wanted - standing.keys(), key=str), [standing[reason] for reason in ended], known | made)
    if known:
        draftsman.remember(take_back(list(known.values()), now=now), known.values())
        raise_sequences(known.values(), now=now)
    for addressee in invitation_records(draftsman.outreach_session, Invitation.id.in_([*known.values(), *made.values()])):
        left = {reason.registration_id for reason in ended if reason.mailbox_id == addressee.mailbox_id}
        draftsman.calendar_letter(addressee, causes[addressee.mailbox_id], before=before.get(addressee.invitation_id), left=left)


def raise_sequences(invitation_ids: Collection[int], *, now: datetime) -> None:
    """One revision more; it lives as long as it has a reason; who is invited anew is asked anew."""
    has_reason = select(InvitationReason.id).where(InvitationReason.invitation_id == Invitation.id).exists()
    db.session.execute(
        update(Invitation)
        .where(Invitation.id.in_(invitation_ids))
        .values(
            sequence=Invitation.sequence + 1,
            changed_at=now,
            answer=case((Invitation.is_live, Invitation.answer), else_=literal(Answer.NEEDS_ACTION, Invitation.answer.type)),
            answered_at=case((Invitation.is_live, Invitation.answered_at), else_=null()),
            answer_stamp=case((Invitation.is_live, Invitation.answer_stamp), else_=null()),
            is_live=has_reason,
        )
        .execution_options(synchronize_session=False)
    )


def _domain() -> str:
    """UIDs are made unique by the domain of our own address."""
    reply_address: str = current_app.extensions["outreach"].reply_address
    return reply_address.rpartition("@")[2]
