"""Applies a calendar's message: records an RSVP, writes a letter to whoever must know, or sends the invitation again.

Joins the caller's transaction, never commits. Sessions are locked before anything that belongs to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.db import db, locked
from outreach.inbound.classify import CalendarRequest, Classification, Done
from outreach.inbound.notify import ask_to_confirm, ask_to_withdraw, notify_of_forwarding, notify_of_proposal
from outreach.inbound.parsing.message import Event
from outreach.inbound.reasons import InboundReason
from outreach.inbound.rules import InvitationState, ReplyDecision, decide_reply, decide_request, made_at
from outreach.models import (
    Answer,
    AnswerSource,
    InboundKind,
    InboundOutcome,
    Invitation,
    InvitationAnswer,
    Letter,
    Mailbox,
    OutreachSession,
)
from outreach.notifications import resend_invitations
from outreach.registration import apply_rsvp
from outreach.rsvp import NewRsvp, record_old_rsvp


@dataclass(frozen=True, kw_only=True)
class From:
    """The sender: the mailbox of the token, whether the message is verified, whether a program wrote it.

    `is_another`: From names another address than the mailbox's, and nothing proves who wrote it.
    """

    mailbox: Mailbox
    is_verified: bool
    is_automatic: bool
    is_another: bool = False


def answer(asked: CalendarRequest, by: From, *, now: datetime) -> Done:
    """Do what a calendar's REPLY, COUNTER or REFRESH asks for, as far as it counts."""
    found = db.session.execute(
        select(Invitation.id, Invitation.session_id, Invitation.mailbox_id).where(Invitation.uid == asked.event.uid)
    ).one_or_none()
    if found is None or found.mailbox_id != by.mailbox.id:
        reason = InboundReason.UNKNOWN_UID if found is None else InboundReason.NOT_THEIRS
        return Done(Classification(asked.kind, InboundOutcome.QUARANTINED, reason), by.mailbox.id)
    outreach_session = locked(OutreachSession, found.session_id)
    invitation = db.session.get(Invitation, found.id, populate_existing=True)
    assert outreach_session is not None  # noqa: S101 (sessions and invitations are never deleted)
    assert invitation is not None  # noqa: S101 (sessions and invitations are never deleted)
    decision = _HANDLERS[asked.kind](_Case(asked.event, outreach_session, invitation, by, now))
    return Done(
        Classification(asked.kind, decision.outcome, decision.reason),
        by.mailbox.id,
        invitation.id,
        has_words=bool(asked.event.comment) and decision.reason not in _PASSED_ON_ALREADY,
    )


@dataclass(frozen=True)
class _Case:
    event: Event
    outreach_session: OutreachSession
    invitation: Invitation
    by: From
    now: datetime

    @property
    def state(self) -> InvitationState:
        """The state of the invitation before anything is done."""
        outreach_session, invitation = self.outreach_session, self.invitation
        return InvitationState(
            address=self.by.mailbox.address,
            sequence=invitation.sequence,
            answers_since=invitation.answers_since,
            is_coming=invitation.is_live and outreach_session.is_current(self.now),
            is_over=self.now >= outreach_session.ends_at,
            answer_stamp=invitation.answer_stamp,
            was_taken=_was_taken(invitation.id, self.event),
            starts_at=outreach_session.starts_at,
            is_from_another=self.by.is_another,
        )

    def given(self, rsvp: Answer, *, stamp: datetime | None) -> NewRsvp:
        """Give the RSVP to record."""
        source, event = AnswerSource.CALENDAR, self.event
        return NewRsvp(
            answer=rsvp, source=source, stamp=stamp, sequence=event.sequence, is_verified=self.by.is_verified, comment=event.comment
        )


def _reply(case: _Case) -> ReplyDecision:
    decision = decide_reply(case.event, case.state, now=case.now)
    if decision.outcome is InboundOutcome.APPLIED and decision.answer is not None:
        _record(case, decision.answer)
    elif decision.outcome is InboundOutcome.HISTORY:
        _keep_as_history(case, decision)
    return decision


def _record(case: _Case, rsvp: Answer) -> None:
    invitation = case.invitation
    withdrawn = apply_rsvp(case.outreach_session, invitation, case.given(rsvp, stamp=case.event.stamp), now=case.now)
    invitation.answer_stamp = made_at(case.event, now=case.now)
    if rsvp is Answer.NEEDS_ACTION:
        invitation.answered_at = None
        notify_of_forwarding(case.outreach_session, invitation, now=case.now)
    if rsvp is Answer.DECLINED and not withdrawn and case.outreach_session.is_to_come(case.now):
        db.session.flush()
        ask_to_withdraw(case.outreach_session, invitation, now=case.now)


def _keep_as_history(case: _Case, decision: ReplyDecision) -> None:
    """What a program wrote of its own accord is never answered: it would answer again."""
    is_answered = not case.by.is_automatic
    if decision.answer is None:
        return
    if decision.reason not in _OF_OTHERS:
        record_old_rsvp(case.invitation, case.given(decision.answer, stamp=case.event.stamp), now=case.now)
    elif is_answered:
        ask_to_confirm(case.outreach_session, case.invitation, decision.answer, now=case.now)
    if decision.reason is InboundReason.OLD_TIME and is_answered:
        db.session.flush()
        resend_invitations(case.outreach_session, [case.invitation.id], key="stale", now=case.now)


def _counter(case: _Case) -> ReplyDecision:
    decision = decide_request(case.event, case.state, reason=InboundReason.PROPOSED)
    if decision.outcome is not InboundOutcome.APPLIED:
        return decision
    is_news = notify_of_proposal(case.outreach_session, case.invitation, case.event, now=case.now)
    return decision if is_news else ReplyDecision(InboundOutcome.HISTORY, InboundReason.PROPOSED_ALREADY)


def _refresh(case: _Case) -> ReplyDecision:
    """Send the present invitation, once an hour at most."""
    decision = decide_request(case.event, case.state, reason=InboundReason.SENT_AGAIN)
    if decision.outcome is not InboundOutcome.APPLIED:
        return decision
    # A program that asks whenever it gets one would go on for ever: it is answered once for each revision.
    hour = f"refresh:{case.invitation.sequence}" if case.by.is_automatic else f"refresh:{case.now:%Y%m%dT%H}"
    before = select(Letter.id).where(Letter.invitation_id == case.invitation.id, Letter.dedupe_key.endswith(hour))
    if db.session.scalar(before.limit(1)) is None and resend_invitations(
        case.outreach_session, [case.invitation.id], key=hour, now=case.now
    ):
        return decision
    return ReplyDecision(InboundOutcome.IGNORED, InboundReason.SENT_LATELY)


_OF_OTHERS = {InboundReason.OTHER_ATTENDEE, InboundReason.OTHER_SENDER}
# Host and teacher have the words, or the message has come before.
_PASSED_ON_ALREADY = {InboundReason.PROPOSED, InboundReason.PROPOSED_ALREADY, InboundReason.REPLAYED}
_HANDLERS: dict[InboundKind, Callable[[_Case], ReplyDecision]] = {
    InboundKind.REPLY: _reply,
    InboundKind.COUNTER: _counter,
    InboundKind.REFRESH: _refresh,
}


def _was_taken(invitation_id: int, event: Event) -> bool:
    """Say whether this very reply has come before, in another message."""
    if event.stamp is None:
        return False
    same = (InvitationAnswer.stamp == event.stamp) & (InvitationAnswer.sequence == event.sequence)
    return db.session.scalar(select(InvitationAnswer.id).where(InvitationAnswer.invitation_id == invitation_id, same).limit(1)) is not None
