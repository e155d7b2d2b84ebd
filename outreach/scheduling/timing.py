"""Times as typed, settled or refused in words. Reads nothing, writes nothing."""

from __future__ import annotations

from datetime import datetime

import tzdata  # type: ignore[import-untyped]  # it has no stubs
from flask_babel import lazy_gettext as _l

from outreach.errors import Refused
from outreach.scheduling.facts import TypedTime
from outreach.scheduling.refusals import time_refusal
from outreach.scheduling.wall_time import AskedTime, SettledTime, TimeRefused, moment, settle

TZDATA_VERSION: str = tzdata.IANA_VERSION


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
