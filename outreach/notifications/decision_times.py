"""When hosts are asked whether a provisional session takes place, and when coordinators are told that nobody has decided.

Pure. Moments are aware, UTC. Nothing here decides: what nobody decides stays provisional.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from outreach.notifications.reminder_times import by_day, falls_due

ASKED_BEFORE = timedelta(hours=24)
WAITS_FOR_HOSTS = timedelta(hours=2)
LAST_CALL = timedelta(hours=1)


class DecisionStep(StrEnum):
    """Hosts are asked beforehand, again once it should be decided; then coordinators are told."""

    ASK = "ask"
    REMIND = "remind"
    ESCALATE = "escalate"


def due_steps(*, decides_at: datetime, starts_at: datetime, zone: str, now: datetime) -> tuple[DecisionStep, ...]:
    """Give the steps that should have been taken by now; none once the session has begun.

    Hosts get the latest alone: who wasn't asked beforehand (the worker was down, it was published since) isn't asked twice at once.
    """
    if now >= starts_at:
        return ()
    due = {step for step in DecisionStep if step_falls_due(step, decides_at=decides_at, starts_at=starts_at, zone=zone) <= now}
    return tuple(step for step in DecisionStep if step in due and not (step is DecisionStep.ASK and DecisionStep.REMIND in due))


def step_falls_due(step: DecisionStep, *, decides_at: datetime, starts_at: datetime, zone: str) -> datetime:
    """Give the moment of a step, out of the quiet hours of the session's zone as far as the start allows.

    ASK: 24 hours before the decision, in the night as a reminder would. REMIND: when it should be decided. ESCALATE: two
    hours later, but an hour before the start at the latest.
    """
    if step is DecisionStep.ASK:
        return falls_due(int(ASKED_BEFORE.total_seconds()) // 60, starts_at=decides_at, zone=zone)
    reminded = _by_day(decides_at, starts_at=starts_at, zone=zone)
    if step is DecisionStep.REMIND:
        return reminded
    return _by_day(min(reminded + WAITS_FOR_HOSTS, max(reminded, starts_at - LAST_CALL)), starts_at=starts_at, zone=zone)


def _by_day(moment: datetime, *, starts_at: datetime, zone: str) -> datetime:
    """Let it wait for the morning; at once where the morning is less than two hours before the start."""
    return by_day(moment, starts_at=starts_at, zone=zone) or moment
