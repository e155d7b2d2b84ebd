"""Telling again what stands: to a mailbox that is reached once more, to whoever asks, to who answered an old time.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from outreach.db import db
from outreach.models import UNSETTLED, Cause, Invitation, Letter, OutreachSession, SessionState
from outreach.notifications.invitation_store import invitation_records
from outreach.notifications.letter_builder import LetterBuilder
from outreach.notifications.session_snapshot import snapshot_of
from outreach.outbox import enqueue, take_back


def resend_invitations(outreach_session: OutreachSession, invitation_ids: Collection[int], *, key: str, now: datetime) -> int:
    """Send these invitations as they stand, REQUEST or CANCEL, with the same SEQUENCE and a newer DTSTAMP (RFC 5546 2.1.5).

    `key` stands for the occasion: the same state isn't told twice for the same one. Whoever has such a letter under way, or an
    entry that was never there, gets none. Gives how many letters were written.
    """
    under_way = select(Letter.id).where(
        Letter.invitation_id == Invitation.id, Letter.sequence == Invitation.sequence, Letter.state.in_(UNSETTLED)
    )
    return _resend(outreach_session, _wanted(invitation_ids, ~under_way.exists()), key, now=now)


def resend_replacing(outreach_session: OutreachSession, invitation_ids: Collection[int], *, key: str, now: datetime) -> int:
    """Send these invitations as they stand, also where such a letter is under way: a worker may be giving it up just now.

    What still waits in the queue is replaced, and its news carried on. Gives how many letters were written.
    """
    ids = _wanted(invitation_ids)
    return _resend(outreach_session, ids, key, taken_back=take_back(ids, now=now), now=now)


def resend_as_update(outreach_session: OutreachSession, invitation_ids: Collection[int], *, now: datetime) -> int:
    """Send these invitations as a new revision, for calendars that lost or ignored the last; answers stay, and what is dead stays dead.

    News that waits in the queue is carried on. Gives how many letters were written.
    """
    ids = _wanted(invitation_ids)
    taken_back = take_back(ids, now=now)
    one_more = update(Invitation).where(Invitation.id.in_(ids)).values(sequence=Invitation.sequence + 1, changed_at=now)
    db.session.execute(one_more.execution_options(synchronize_session=False))
    return _resend(outreach_session, ids, "", taken_back=taken_back, now=now)


def _wanted(invitation_ids: Collection[int], *which: object) -> list[int]:
    """A living entry may be told at any time, a dead one only where its CANCEL may be missing."""
    to_tell = or_(Invitation.is_live, Invitation.sent_sequence.is_not(None))
    found = select(Invitation.id).where(Invitation.id.in_(invitation_ids), to_tell, *which).order_by(Invitation.id)  # type: ignore[arg-type]
    return list(db.session.scalars(found))


def _resend(outreach_session: OutreachSession, ids: Collection[int], key: str, *, taken_back: Sequence[Letter] = (), now: datetime) -> int:
    is_cancelled = outreach_session.state == SessionState.CANCELLED
    again = f":{key}" if key else ""
    reason = outreach_session.cancel_reason
    draftsman = LetterBuilder(
        outreach_session=outreach_session, session_facts=snapshot_of(outreach_session), now=now, reason=reason, again=again
    )
    draftsman.remember(taken_back, ids)
    for addressee in invitation_records(outreach_session, Invitation.id.in_(ids)):
        draftsman.calendar_letter(addressee, Cause.CANCELLED if is_cancelled else Cause.AGAIN, before=addressee)
    enqueue(draftsman.drafts, now=now)
    return len(draftsman.drafts)
