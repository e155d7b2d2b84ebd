"""Reads what the families of students have answered, in a fixed number of queries.

Reads only; takes part in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from outreach.db import db
from outreach.invitations.places import places
from outreach.invitations.recipients import Place
from outreach.invitations.voices import Said, Voices
from outreach.models import Answer, Invitation, Mailbox, OutreachSession, Registration


def voices_of(outreach_session: OutreachSession, registration_ids: Collection[int]) -> dict[int, Voices]:
    """Give, by registration, who speaks for each student and what they said."""
    heard = places(outreach_session, Registration.id.in_(registration_ids))
    answers, reached = _answers(outreach_session.id, heard)
    return {place.registration_id: _voices(place, answers, reached) for place in heard}


def _voices(place: Place, answers: dict[int, Said], reached: set[int]) -> Voices:
    guardians = frozenset(place.guardian_mailbox_ids if place.is_minor else ())
    speaking = guardians | {place.own_mailbox_id}
    return Voices(
        own=place.own_mailbox_id,
        guardians=guardians & reached,
        said={key: said for key, said in answers.items() if key in speaking},
    )


def _answers(session_id: int, heard: Sequence[Place]) -> tuple[dict[int, Said], set[int]]:
    """Give the answers that stand by mailbox, and which mailboxes letters reach."""
    mailboxes = {key for place in heard for key in (place.own_mailbox_id, *place.guardian_mailbox_ids) if key is not None}
    standing = (Invitation.mailbox_id == Mailbox.id) & (Invitation.session_id == session_id) & Invitation.is_live
    rows = db.session.execute(
        select(Mailbox.id, Mailbox.refused_at, Mailbox.blocked_at, Invitation.answer, Invitation.answer_is_verified)
        .outerjoin(Invitation, standing)
        .where(Mailbox.id.in_(mailboxes))
    ).all()
    answered = (row for row in rows if row.answer not in (None, Answer.NEEDS_ACTION))
    said = {row.id: Said(row.answer, row.answer_is_verified) for row in answered}
    return said, {row.id for row in rows if row.refused_at is None and row.blocked_at is None}
