"""Letters arrive at a mailbox again: it gets the present state of each session, not the letters it missed.

Joins the caller's transaction, never commits. Locks sessions in ascending order, then students, then mailboxes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Row, exists, or_, select

from outreach.db import db, locked
from outreach.models import Bounce, BounceKind, Invitation, Letter, LetterState, Mailbox, OutreachSession, Registration
from outreach.notifications import IN_LINE, lock_sessions_and_students, notify_waiting, resend_replacing
from outreach.people import students_of_mailboxes

NOT_ARRIVED = (BounceKind.HARD, BounceKind.POLICY)


def reactivate_mailboxes(mailbox_ids: Collection[int], *, now: datetime) -> int:
    """Clear the marks that letters don't arrive at these mailboxes, and send each the present state of every session not over.

    REQUEST to whoever has a live entry; CANCEL where an entry that had left died and its CANCEL didn't arrive; its place to
    a family that waits. Mailboxes that bear no such mark are left alone, so the second of two who say so tells nobody
    twice; one whose reader asked us to stop gets nothing. Gives how many mailboxes get letters again.
    """
    students = students_of_mailboxes(mailbox_ids)
    _lock(mailbox_ids, students, now)
    wanted = select(Mailbox).where(Mailbox.id.in_(mailbox_ids)).order_by(Mailbox.id)
    locked_mailboxes = db.session.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    undeliverable = [mailbox for mailbox in locked_mailboxes if mailbox.undeliverable_at is not None or mailbox.blocked_at is not None]
    for mailbox in undeliverable:
        mailbox.undeliverable_at = mailbox.undeliverable_words = mailbox.blocked_at = None
    db.session.flush()
    _notify({mailbox.id for mailbox in undeliverable if mailbox.is_reached}, now=now)
    return len(undeliverable)


def _lock(mailbox_ids: Collection[int], student_ids: Collection[int], now: datetime) -> None:
    """Lock the sessions they are or were invited to, then the students: nobody registers them meanwhile."""
    invited = select(Invitation.session_id).where(Invitation.mailbox_id.in_(mailbox_ids))
    registered = select(Registration.session_id).where(Registration.student_id.in_(student_ids))
    which = or_(OutreachSession.id.in_(invited), OutreachSession.id.in_(registered)), OutreachSession.ends_at > now
    db.session.execute(select(OutreachSession.id).where(*which).order_by(OutreachSession.id).with_for_update(key_share=True))
    lock_sessions_and_students(student_ids, now=now)


def _notify(mailbox_ids: Collection[int], *, now: datetime) -> None:
    entries, waiting = _entries(mailbox_ids, now), _waiting(mailbox_ids, now)
    for session_id in sorted(entries.keys() | waiting.keys()):
        outreach_session = locked(OutreachSession, session_id)
        assert outreach_session is not None  # noqa: S101 (its invitations were just read, and sessions are never deleted)
        resend_replacing(outreach_session, entries[session_id], key=f"reached:{now.isoformat()}", now=now)
        notify_waiting(outreach_session, waiting[session_id], mailbox_ids, now=now)


def _entries(mailbox_ids: Collection[int], now: datetime) -> dict[int, list[int]]:
    """Give by session the invitations to send to these mailboxes."""
    bounced = exists().where(Bounce.letter_id == Letter.id, Bounce.kind.in_(NOT_ARRIVED))
    last = (Letter.invitation_id == Invitation.id) & (Letter.sequence == Invitation.sequence)
    # not by sent_sequence: that counts what may have left, and was dropped then
    has_arrived = exists().where(last, Letter.state == LetterState.SENT, ~bounced)
    rows = db.session.execute(
        select(Invitation.session_id, Invitation.id)
        .join(OutreachSession, OutreachSession.id == Invitation.session_id)
        .where(Invitation.mailbox_id.in_(mailbox_ids), OutreachSession.ends_at > now)
        .where(or_(Invitation.is_live, ~has_arrived))
    )
    return _by_session(rows)


def _waiting(mailbox_ids: Collection[int], now: datetime) -> dict[int, list[int]]:
    """Give by session the waiting registrations that these mailboxes are contacts of."""
    rows = db.session.execute(
        select(Registration.session_id, Registration.id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(
            Registration.student_id.in_(students_of_mailboxes(mailbox_ids)), Registration.state.in_(IN_LINE), OutreachSession.ends_at > now
        )
    )
    return _by_session(rows)


def _by_session(rows: Iterable[Row[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for session_id, key in rows:
        found[session_id].append(key)
    return found
