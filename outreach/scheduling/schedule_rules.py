"""Times as typed, settled or refused in words. Reads nothing, writes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import tzdata  # type: ignore[import-untyped]  # it has no stubs
from flask_babel import lazy_gettext as _l

from outreach.errors import Refused
from outreach.scheduling.inputs import TypedDecision, TypedTime
from outreach.scheduling.schedule_errors import time_refusal
from outreach.time.wall_time import AskedTime, SettledTime, TimeRefused, moment, settle

TZDATA_VERSION: str = tzdata.IANA_VERSION
USUALLY_DECIDED = timedelta(hours=48)


def settled_time(when: TypedTime, zone: str, *, now: datetime) -> SettledTime:
    """Give the time that was meant on the clock of this zone. Raises Refused, or AskWhich for an hour that comes twice."""
    asked = AskedTime(day=when.day, start=when.start, end=when.end, zone=zone, ends_next_day=when.ends_next_day, fold=when.fold)
    try:
        return settle(asked, now=now)
    except TimeRefused as refused:
        raise time_refusal(refused, zone) from refused


def registration_opens_and_closes(
    opens_wall: datetime | None, closes_wall: datetime | None, *, zone: str, starts_at: datetime
) -> tuple[datetime | None, datetime | None]:
    """Give the instants between which schools may register; None: from publication, until the start.

    Raises Refused when it closes after the start, or opens after it closes.
    """
    try:
        opens_at = moment(opens_wall, zone, field="opens") if opens_wall else None
        closes_at = moment(closes_wall, zone, field="closes") if closes_wall else None
    except TimeRefused as refused:
        raise time_refusal(refused, zone) from refused
    if closes_at and closes_at > starts_at:
        raise Refused(_l("Registration can't close after the session has started."), field="closes")
    if opens_at and opens_at >= (closes_at or starts_at):
        raise Refused(_l("Registration must open before it closes."), field="opens")
    return opens_at, closes_at


def decision_time(
    typed: TypedDecision | None, *, zone: str, starts_at: datetime, now: datetime, kept: datetime | None = None
) -> datetime | None:
    """Give the instant by which it is decided whether a session takes place; None: it is certain.

    Where nothing was typed about it (None), what was `kept`. Raises Refused for one that isn't between now and the start.
    """
    if typed is not None and not typed.is_provisional:
        return None
    decides_at = kept if typed is None else _decided_by(typed, zone, starts_at)
    if decides_at is None:
        return None
    if decides_at >= starts_at:
        raise Refused(_l("It has to be decided before the session starts."), field="decides")
    if decides_at <= now:
        is_usual = typed is not None and typed.wall is None
        raise Refused(_TOO_SOON if is_usual else _l("This is in the past. Choose a later time."), field="decides")
    return decides_at


def _decided_by(typed: TypedDecision, zone: str, starts_at: datetime) -> datetime:
    if typed.wall is None:
        return starts_at - USUALLY_DECIDED
    try:
        return moment(typed.wall, zone, field="decides")
    except TimeRefused as refused:
        raise time_refusal(refused, zone) from refused


_TOO_SOON = _l("The session starts within 48 hours: say by when it is decided.")
