"""What happened to one invitation: its letters, what came back, every answer. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from outreach.db import db
from outreach.models import Bounce, Invitation, InvitationAnswer, Letter


@dataclass(frozen=True)
class History:
    """All of it, newest first. `letters` are all to this mailbox about this session."""

    letters: Sequence[Letter]
    bounces: Sequence[Bounce]
    answers: Sequence[InvitationAnswer]


def history(invitation: Invitation) -> History:
    """Read it."""
    to_them = (Letter.session_id == invitation.session_id, Letter.mailbox_id == invitation.mailbox_id)
    letters = db.session.scalars(select(Letter).where(*to_them).order_by(Letter.id.desc())).all()
    bounces = select(Bounce).where(Bounce.letter_id.in_([letter.id for letter in letters])).order_by(Bounce.id.desc())
    answers = select(InvitationAnswer).where(InvitationAnswer.invitation_id == invitation.id).order_by(InvitationAnswer.id.desc())
    return History(letters, db.session.scalars(bounces).all(), db.session.scalars(answers).all())
