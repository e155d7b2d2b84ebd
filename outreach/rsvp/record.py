"""Records RSVPs: the current one of an invitation, and the history of all that came.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.db import db
from outreach.models import Answer, AnswerSource, Invitation, InvitationAnswer


@dataclass(frozen=True, kw_only=True)
class NewRsvp:
    """An answer as somebody gave it: a reply brings DTSTAMP (`stamp`, aware) and SEQUENCE of what it answers, our page neither."""

    answer: Answer
    source: AnswerSource
    stamp: datetime | None = None
    sequence: int | None = None
    is_verified: bool = True
    comment: str = ""


def record_rsvp(invitation: Invitation, given: NewRsvp, *, now: datetime) -> None:
    """Record this RSVP; a reply made before this moment, or before the reply that brought it, changes nothing any more."""
    invitation.answer, invitation.answered_at = given.answer, now
    invitation.answer_stamp = given.stamp or now
    invitation.answer_is_verified = given.is_verified
    _write(invitation, given, counts=True, now=now)


def record_old_rsvp(invitation: Invitation, given: NewRsvp, *, now: datetime) -> None:
    """Keep as history an RSVP that doesn't count: to an old time, or older than the current one."""
    _write(invitation, given, counts=False, now=now)


def _write(invitation: Invitation, given: NewRsvp, *, counts: bool, now: datetime) -> None:
    db.session.add(
        InvitationAnswer(
            invitation_id=invitation.id,
            answer=given.answer,
            source=given.source,
            at=now,
            stamp=given.stamp,
            sequence=given.sequence,
            counts=counts,
            is_verified=given.is_verified,
            comment=given.comment,
        )
    )
