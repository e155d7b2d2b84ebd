"""Families that wait hear where they stand, at mailboxes that don't know yet: corrected ones, and those that are reached again.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from outreach.db import db
from outreach.models import Cause, Letter, OutreachSession, Registration, SessionState
from outreach.notifications.letter_builder import IN_LINE, LetterBuilder
from outreach.notifications.participants import read_participants, waiting_list_positions
from outreach.notifications.session_snapshot import snapshot_of
from outreach.outbox import enqueue
from outreach.people import Participant, recipients


def notify_waiting(
    outreach_session: OutreachSession, registration_ids: Collection[int], mailbox_ids: Collection[int], *, now: datetime
) -> None:
    """Tell these mailboxes, and nobody else, of these places in line, or that there is none any more: the session is cancelled."""
    if not registration_ids:
        return
    cause = Cause.CANCELLED if outreach_session.state == SessionState.CANCELLED else Cause.REGISTERED
    told = [_only(place, mailbox_ids) for place in read_participants(outreach_session, Registration.id.in_(registration_ids))]
    draftsman = LetterBuilder(
        outreach_session=outreach_session, session_facts=snapshot_of(outreach_session), now=now, reason=outreach_session.cancel_reason
    )
    draftsman.meet(told, waiting_list_positions(outreach_session.id))
    draftsman.letters_without_entry(told, dict.fromkeys(registration_ids, cause))
    enqueue(draftsman.drafts, now=now)


def notify_newly_waiting(outreach_session: OutreachSession, concerned: Collection[Participant], *, now: datetime) -> None:
    """Tell of those of these places that are in line whichever mailbox never had a letter about the session."""
    waiting = [place for place in concerned if place.state in IN_LINE]
    hear = {recipient.mailbox_id for place in waiting for recipient in recipients(place)}
    if not hear:
        return
    told = select(Letter.mailbox_id).where(Letter.session_id == outreach_session.id, Letter.mailbox_id.in_(hear))
    untold = hear - set(db.session.scalars(told))
    if untold:
        notify_waiting(outreach_session, [place.registration_id for place in waiting], untold, now=now)


def _only(place: Participant, mailbox_ids: Collection[int]) -> Participant:
    """The place as if nobody else heard of it."""
    return replace(
        place,
        own_mailbox_id=place.own_mailbox_id if place.own_mailbox_id in mailbox_ids else None,
        guardian_mailbox_ids=tuple(key for key in place.guardian_mailbox_ids if key in mailbox_ids),
    )
