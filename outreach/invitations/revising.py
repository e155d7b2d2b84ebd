"""A revision of every entry that stands in a calendar: one letter to each, REQUEST with the new state or CANCEL.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from outreach.db import db
from outreach.invitations.addressees import addressees
from outreach.invitations.drafting import Draftsman
from outreach.invitations.facts import Cause
from outreach.models import Answer, Invitation
from outreach.outbox.queue import take_back


def revise_entries(draftsman: Draftsman, cause: Cause, *, asks_again: bool) -> None:
    """Draft SEQUENCE + 1 for every living invitation of the session; a cancellation ends them.

    `asks_again`: what people answered to holds no more, so answers start afresh, in the mail as here (RFC 5546 2.1.4); else
    each keeps the last one.
    """
    outreach_session, now = draftsman.outreach_session, draftsman.now
    live = list(db.session.scalars(select(Invitation.id).where(Invitation.is_live, Invitation.session_id == outreach_session.id)))
    draftsman.remember(take_back(live, now=now), live)
    change: dict[str, Any] = {"sequence": Invitation.sequence + 1, "changed_at": now, "is_live": cause is not Cause.CANCELLED}
    if asks_again:
        change |= {"answer": Answer.NEEDS_ACTION, "answered_at": None}
    db.session.execute(update(Invitation).where(Invitation.id.in_(live)).values(**change).execution_options(synchronize_session=False))
    for addressee in addressees(outreach_session, Invitation.id.in_(live)):
        draftsman.calendar_letter(addressee, cause, before=addressee)
