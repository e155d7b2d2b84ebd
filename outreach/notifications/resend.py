"""Sends invitations again as they are: to a mailbox that works again, to whoever asks, to who answered an old time.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from outreach.models import UNSETTLED, Cause, Invitation, Letter, OutreachSession, SessionState
from outreach.notifications.decide import resend
from outreach.notifications.plan import Change
from outreach.notifications.read import read_entries
from outreach.notifications.write import write


def resend_invitations(outreach_session: OutreachSession, invitation_ids: Collection[int], *, key: str, now: datetime) -> int:
    """Send these invitations as they are, REQUEST or CANCEL, with the same SEQUENCE and a newer DTSTAMP (RFC 5546 2.1.5).

    `key` names the occasion: the same state isn't sent twice for one. Whoever has such a letter under way, or an
    entry that was never there, gets none. Gives how many letters were written.
    """
    is_under_way = select(Letter.id).where(
        Letter.invitation_id == Invitation.id, Letter.sequence == Invitation.sequence, Letter.state.in_(UNSETTLED)
    )
    facts = read_entries(outreach_session, Invitation.id.in_(invitation_ids), ~is_under_way.exists(), _may_be_known(), now=now)
    return write(resend(facts, _change(outreach_session, key), _cause(outreach_session), replaces=False), facts)


def resend_replacing(outreach_session: OutreachSession, invitation_ids: Collection[int], *, key: str, now: datetime) -> int:
    """Send these invitations as they are, also where such a letter is under way: a worker may be giving it up just now.

    What still waits in the queue is replaced, and its news carried on. Gives how many letters were written.
    """
    facts = read_entries(outreach_session, Invitation.id.in_(invitation_ids), _may_be_known(), now=now)
    return write(resend(facts, _change(outreach_session, key), _cause(outreach_session), replaces=True), facts)


def resend_as_update(outreach_session: OutreachSession, invitation_ids: Collection[int], *, now: datetime) -> int:
    """Send these invitations as a new revision, for calendars that lost or ignored the last; answers stay, and what ended stays so.

    News that waits in the queue is carried on. Gives how many letters were written.
    """
    facts = read_entries(outreach_session, Invitation.id.in_(invitation_ids), _may_be_known(), now=now)
    return write(resend(facts, _change(outreach_session, ""), _cause(outreach_session), replaces=True, as_update=True), facts)


def _may_be_known() -> ColumnElement[bool]:
    """A live entry may be sent at any time, an ended one only where its CANCEL may be missing."""
    return or_(Invitation.is_live, Invitation.sent_sequence.is_not(None))


def _change(outreach_session: OutreachSession, key: str) -> Change:
    return Change(reason=outreach_session.cancel_reason, key=f":{key}" if key else "")


def _cause(outreach_session: OutreachSession) -> Cause:
    return Cause.CANCELLED if outreach_session.state == SessionState.CANCELLED else Cause.AGAIN
