"""The last of three steps: write what was decided, in a few statements however many people it is about.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import case, delete, select, update

from outreach.db import db, insert_in_order
from outreach.models import Answer, Invitation, InvitationReason, Letter, LetterState
from outreach.notifications.facts import Facts, InvitationRecord, StandingReason
from outreach.notifications.plan import Plan, PlannedLetter, Revision
from outreach.outbox import NewLetter, drop_letters, enqueue

# Without the stamp: SEQUENCE comes before DTSTAMP (RFC 5546 2.1.5), and some clocks run behind.
_UNANSWERED = {"answer": Answer.NEEDS_ACTION, "answered_at": None, "answer_stamp": None}


def write(plan: Plan, facts: Facts) -> int:
    """Carry out a plan; gives how many letters it queued."""
    session_id, now = facts.session.id, facts.now
    ids = {mailbox_id: one.invitation_id for mailbox_id, one in facts.invitations.items() if one.invitation_id is not None}
    if plan.ended_reasons:
        db.session.execute(delete(InvitationReason).where(InvitationReason.id.in_(plan.ended_reasons)))
    ids |= _insert_invitations(session_id, plan.new_invitations, now=now)
    _insert_reasons(plan.new_reasons, ids)
    drop_letters(plan.dropped, now=now)
    _write_revisions(plan.revisions, now=now)
    if plan.restored:
        _restore(plan.restored, now=now)
    enqueue([_letter(letter, session_id, ids) for letter in plan.letters], now=now)
    return len(plan.letters)


def _insert_invitations(session_id: int, new: Collection[InvitationRecord], *, now: datetime) -> dict[int, int]:
    common = {"session_id": session_id, "is_live": True, "created_at": now, "changed_at": now}
    rows: list[dict[str, Any]] = [common | {"mailbox_id": one.mailbox_id, "uid": one.uid} for one in new]
    return dict(zip((one.mailbox_id for one in new), insert_in_order(Invitation, rows), strict=True))


def _insert_reasons(new: Collection[StandingReason], ids: Mapping[int, int]) -> None:
    rows = [
        {"invitation_id": ids[one.mailbox_id], "kind": one.kind, "registration_id": one.registration_id, "user_id": one.user_id}
        for one in new
    ]
    insert_in_order(InvitationReason, rows)


def _write_revisions(revisions: Collection[Revision], *, now: datetime) -> None:
    """Raise SEQUENCE, one statement for all that change alike. Workers change other columns meanwhile."""
    for (is_live, asks_again), alike in groupby(sorted(revisions, key=_outcome), key=_outcome):
        change: dict[str, Any] = {"sequence": Invitation.sequence + 1, "changed_at": now, "is_live": is_live}
        if asks_again:
            change |= _UNANSWERED | {"answers_since": Invitation.sequence + 1}
        these = Invitation.id.in_([one.invitation_id for one in alike])
        db.session.execute(update(Invitation).where(these).values(**change).execution_options(synchronize_session=False))


def _restore(invitation_ids: Collection[int], *, now: datetime) -> None:
    """Let entries be again as they were last sent: what was written since never left, so its SEQUENCE can be used again.

    What failed for good is dropped: sent again it would take the entry back, and the next letter with its SEQUENCE would count as written.
    """
    sent, since = Invitation.sent_sequence, Invitation.answers_since
    these = Invitation.id.in_(invitation_ids)
    failed = select(Letter.id).join(Letter.invitation).where(these, Letter.state == LetterState.FAILED, Letter.sequence > sent)
    drop_letters(db.session.scalars(failed.with_for_update(of=Letter)).all(), now=now)
    change = {"is_live": True, "sequence": sent, "answers_since": case((since > sent, sent), else_=since)}
    db.session.execute(update(Invitation).where(these).values(**change).execution_options(synchronize_session=False))


def _outcome(revision: Revision) -> tuple[bool, bool]:
    return revision.is_live, revision.asks_again


def _letter(planned: PlannedLetter, session_id: int, ids: Mapping[int, int]) -> NewLetter:
    has_entry = planned.sequence is not None
    return NewLetter(
        mailbox_id=planned.mailbox_id,
        kind=planned.kind,
        facts=planned.snapshot.to_json(),
        dedupe_key=f"invitation:{ids[planned.mailbox_id]}:{planned.key}" if has_entry else planned.key,
        locale=planned.locale,
        session_id=session_id,
        invitation_id=ids[planned.mailbox_id] if has_entry else None,
        sequence=planned.sequence,
    )
