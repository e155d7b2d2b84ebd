"""When reminders, rosters and questions about provisional sessions fall due.

Pure. Moments are aware, UTC; leads are minutes before the start. Nothing here decides: a session that nobody decides on stays provisional.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.time import is_quiet, next_morning

EVENING = time(20)
ROSTER_AT = time(18)
TOO_CLOSE = timedelta(hours=2)
ASKED_BEFORE = timedelta(hours=24)
WAITS_FOR_HOSTS = timedelta(hours=2)
LAST_CALL = timedelta(hours=1)


@dataclass(frozen=True)
class Due:
    """The reminder that should be out by now: which lead, and the moment it fell due."""

    lead: int
    at: datetime


class DecisionStep(StrEnum):
    """Hosts are asked beforehand, again once it should be decided; then coordinators are told."""

    ASK = "ask"
    REMIND = "remind"
    ESCALATE = "escalate"


def due_lead(leads: Iterable[int], *, starts_at: datetime, zone: str, now: datetime) -> Due | None:
    """Give the latest lead that has fallen due, None if there is none or the session has begun.

    An earlier one that was missed (the worker was down) isn't made up for: a reminder is late only
    until the next.
    """
    if now >= starts_at:
        return None
    due = (Due(lead, falls_due(lead, starts_at=starts_at, zone=zone)) for lead in leads)
    return max((one for one in due if one.at <= now), key=lambda one: (one.at, -one.lead), default=None)


def falls_due(lead: int, *, starts_at: datetime, zone: str) -> datetime:
    """Give the moment a reminder goes out: the lead before the start, but not in the quiet hours of the session's zone.

    From 21:00 to 07:00 it waits for the morning; where the morning is less than two hours before the
    start, it goes out at 20:00 the evening before.
    """
    moment = starts_at - timedelta(minutes=lead)
    if by_day_at := by_day(moment, starts_at=starts_at, zone=zone):
        return by_day_at
    morning = next_morning(moment, zone)
    return _at(morning.astimezone(ZoneInfo(zone)).date() - timedelta(days=1), EVENING, zone)


def by_day(moment: datetime, *, starts_at: datetime, zone: str) -> datetime | None:
    """Give the moment, in quiet hours the next morning; None where that is less than two hours before the start."""
    if not is_quiet(moment, zone):
        return moment
    morning = next_morning(moment, zone)
    return morning if starts_at - morning >= TOO_CLOSE else None


def roster_falls_due(*, starts_at: datetime, zone: str) -> datetime:
    """Give the moment a host gets the roster: 18:00 the evening before."""
    local = starts_at.astimezone(ZoneInfo(zone))
    return _at(local.date() - timedelta(days=1), ROSTER_AT, zone)


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
    reminded = by_day(decides_at, starts_at=starts_at, zone=zone) or decides_at
    if step is DecisionStep.REMIND:
        return reminded
    escalated = min(reminded + WAITS_FOR_HOSTS, max(reminded, starts_at - LAST_CALL))
    return by_day(escalated, starts_at=starts_at, zone=zone) or escalated


def _at(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
