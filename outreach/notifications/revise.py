"""A revision of every entry that stands in a calendar: one letter to each, REQUEST with the new state or CANCEL.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select, update

from outreach.db import db
from outreach.models import Answer, Cause, Invitation
from outreach.notifications.invitation_store import invitation_records
from outreach.notifications.letter_builder import LetterBuilder
from outreach.outbox import take_back

# Without the stamp: SEQUENCE comes before DTSTAMP (RFC 5546 2.1.5), and some clocks run behind.
_UNANSWERED = {"answer": Answer.NEEDS_ACTION, "answered_at": None, "answer_stamp": None}


def revise_entries(draftsman: LetterBuilder, cause: Cause, *, asks_again: bool, but: Collection[int] = ()) -> None:
    """Draft SEQUENCE + 1 for every living invitation of the session; a cancellation ends them.

    `asks_again`: what people answered to holds no more, so answers start afresh, in the mail as here (RFC 5546 2.1.4); else
    each keeps the last one. `but`: mailboxes told already.
    """
    outreach_session, now = draftsman.outreach_session, draftsman.now
    these = (Invitation.is_live, Invitation.session_id == outreach_session.id, Invitation.mailbox_id.not_in(but))
    live = list(db.session.scalars(select(Invitation.id).where(*these)))
    draftsman.remember(take_back(live, now=now), live)
    change: dict[str, Any] = {"sequence": Invitation.sequence + 1, "changed_at": now, "is_live": cause is not Cause.CANCELLED}
    if asks_again:
        change |= _UNANSWERED
    db.session.execute(update(Invitation).where(Invitation.id.in_(live)).values(**change).execution_options(synchronize_session=False))
    for addressee in invitation_records(outreach_session, Invitation.id.in_(live)):
        draftsman.calendar_letter(addressee, cause, before=addressee)


def reset_rsvps(session_id: int, mailbox_ids: Collection[int]) -> None:
    """Let the answers of these mailboxes hold no more."""
    theirs = (Invitation.session_id == session_id, Invitation.mailbox_id.in_(mailbox_ids))
    db.session.execute(update(Invitation).where(*theirs).values(**_UNANSWERED).execution_options(synchronize_session=False))
