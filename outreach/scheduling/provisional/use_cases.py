"""Deciding whether a provisional session takes place: confirm it, call it off, or leave it open for longer.

Use cases with a module of their own. `shown`: the facts about the session that the page showed; each raises ChangedMeanwhile where they
aren't so any more, and Refusal when there is nothing (more) to decide. Without them, `seen`: the session's `updated_at` when the page
was opened; then each raises Stale when it has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _

from outreach.db import transaction
from outreach.errors import Refusal, Stale
from outreach.models import Cause, OutreachSession, SessionState
from outreach.notifications import notify_cancelled, notify_status, snapshot_of
from outreach.registration import what_a_school_confirms
from outreach.scheduling.inputs import DecisionInput
from outreach.scheduling.schedule_rules import decision_time
from outreach.scheduling.use_cases import locked_session
from outreach.web import must_be_as_shown

Shown = Mapping[str, str] | None


def confirm(session_id: int, *, seen: datetime, now: datetime, shown: Shown = None) -> None:
    """Let it take place: every calendar shows it as certain and asks for an answer again."""
    with transaction():
        outreach_session = _undecided(session_id, seen, shown, now=now)
        previous = snapshot_of(outreach_session)
        outreach_session.leave_open_until(None)
        notify_status(outreach_session, previous=previous, cause=Cause.DECIDED, now=now)


def call_off(session_id: int, reason: str, *, seen: datetime, now: datetime, shown: Shown = None) -> None:
    """Cancel it instead, and tell everybody why."""
    with transaction():
        outreach_session = _undecided(session_id, seen, shown, now=now)
        outreach_session.cancel(reason, now=now)
        notify_cancelled(outreach_session, now=now)


def leave_open(session_id: int, decision: DecisionInput, *, seen: datetime, now: datetime, shown: Shown = None) -> None:
    """Decide it at another time, or make a certain session provisional: then everybody is asked again.

    Raises Refusal, too, for a time that isn't between now and the start, and when nothing changes.
    """
    with transaction():
        outreach_session = _as_seen(_to_come(session_id, now=now), seen, shown)
        previous = snapshot_of(outreach_session)
        decides_at = decision_time(decision, zone=outreach_session.zone, starts_at=outreach_session.starts_at, now=now)
        if decides_at == outreach_session.decides_at:
            raise Refusal(_("Nothing was changed: that is already the decision time."), field="decides")
        outreach_session.leave_open_until(decides_at)
        notify_status(outreach_session, previous=previous, cause=Cause.PROVISIONAL, now=now)


def _undecided(session_id: int, seen: datetime, shown: Shown, *, now: datetime) -> OutreachSession:
    outreach_session = _to_come(session_id, now=now)
    if not outreach_session.is_provisional:
        raise Refusal(_("This session is already confirmed."))
    return _as_seen(outreach_session, seen, shown)


def _to_come(session_id: int, *, now: datetime) -> OutreachSession:
    outreach_session = locked_session(session_id)
    if outreach_session.state == SessionState.CANCELLED:
        raise Refusal(_("This session has already been cancelled."))
    if not outreach_session.is_published:
        raise Refusal(_("This is a draft, so nobody has been told about it yet."))
    if outreach_session.starts_at <= now:
        raise Refusal(_("This session has begun, so there is nothing left to decide."))
    return outreach_session


def _as_seen(outreach_session: OutreachSession, seen: datetime, shown: Shown) -> OutreachSession:
    """What was decided already is said first: that is what became of a button pressed twice."""
    must_be_as_shown(shown, what_a_school_confirms(outreach_session))
    if shown is None and outreach_session.updated_at != seen:
        raise Stale(_("Somebody changed this session a moment ago. Please check it, then decide."))
    return outreach_session
