"""Checks times as typed, and says in words why a session can't be posted, changed or moved. Reads nothing, writes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import tzdata  # type: ignore[import-untyped]  # it has no stubs
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from outreach.errors import Refusal
from outreach.scheduling.inputs import DecisionInput, WhenInput
from outreach.time import AskedTime, Objection, SettledTime, TimeRefused, moment, settle
from outreach.web import formatting


class AskWhich(Refusal):
    """The clock shows this time twice; the two UTC offsets are the two answers, first and second."""

    def __init__(self, refused: TimeRefused, zone: str) -> None:
        super().__init__(_sentence(refused, zone), field="fold")
        move = refused.clock_move
        self.offsets = (move.offset_before, move.offset_after) if move else ()


_PLAIN = {
    Objection.UNKNOWN_ZONE: _l("We don't know this time zone. Choose one from the list."),
    Objection.PAST: _l("This is in the past. Choose a later time."),
    Objection.TOO_FAR: _l("This year can't be right. Sessions can be posted up to five years ahead."),
    Objection.ENDS_BEFORE_IT_STARTS: _l("It ends before it starts. If it runs past midnight, tick “It ends the next day”."),
    Objection.TOO_LONG: _l("This is longer than 24 hours. Post a session for each day."),
}
_CLOCK_MOVES = {
    Objection.SKIPPED: _l("%(time)s doesn't exist on %(day)s in %(place)s, because the clocks go from %(shows)s to %(then)s."),
    Objection.SHOWN_TWICE: _l(
        "%(time)s comes twice on %(day)s in %(place)s, because the clocks go back from %(shows)s to %(then)s. "
        "Say whether you mean the first (%(first)s) or the second (%(second)s)."
    ),
}

TZDATA_VERSION: str = tzdata.IANA_VERSION
USUALLY_DECIDED = timedelta(hours=48)


def settled_time(when: WhenInput, zone: str, *, now: datetime) -> SettledTime:
    """Give the time that was meant on the clock of this zone. Raises Refusal, or AskWhich for an hour that comes twice."""
    asked = AskedTime(day=when.day, start=when.start, end=when.end, zone=zone, ends_next_day=when.ends_next_day, fold=when.fold)
    try:
        return settle(asked, now=now)
    except TimeRefused as refused:
        raise time_refusal(refused, zone) from refused


def registration_opens_and_closes(
    opens_wall: datetime | None, closes_wall: datetime | None, *, zone: str, starts_at: datetime
) -> tuple[datetime | None, datetime | None]:
    """Give the instants between which schools may register; None: from publication, until the start.

    Raises Refusal when it closes after the start, or opens after it closes.
    """
    try:
        opens_at = moment(opens_wall, zone, field="opens") if opens_wall else None
        closes_at = moment(closes_wall, zone, field="closes") if closes_wall else None
    except TimeRefused as refused:
        raise time_refusal(refused, zone) from refused
    if closes_at and closes_at > starts_at:
        raise Refusal(_("Registration can't close after the session has started."), field="closes")
    if opens_at and opens_at >= (closes_at or starts_at):
        raise Refusal(_("Registration must open before it closes."), field="opens")
    return opens_at, closes_at


def decision_time(
    typed: DecisionInput | None, *, zone: str, starts_at: datetime, now: datetime, kept: datetime | None = None
) -> datetime | None:
    """Give the instant by which it is decided whether a session takes place; None: it is certain.

    Where nothing was typed about it (None), what was `kept`. Raises Refusal for one that isn't between now and the start.
    """
    if typed is not None and not typed.is_provisional:
        return None
    decides_at = kept if typed is None else _decided_by(typed, zone, starts_at)
    if decides_at is None:
        return None
    if decides_at >= starts_at:
        raise Refusal(_("The decision must be before the session starts."), field="decides")
    if decides_at <= now:
        is_usual = typed is not None and typed.wall is None
        raise Refusal(_TOO_SOON if is_usual else _("This is in the past. Choose a later time."), field="decides")
    return decides_at


def _decided_by(typed: DecisionInput, zone: str, starts_at: datetime) -> datetime:
    if typed.wall is None:
        return starts_at - USUALLY_DECIDED
    try:
        return moment(typed.wall, zone, field="decides")
    except TimeRefused as refused:
        raise time_refusal(refused, zone) from refused


_TOO_SOON = _l("The session starts within 48 hours. Say when the decision will be made.")


def time_refusal(refused: TimeRefused, zone: str) -> Refusal:
    """Word an objection against a time, beside the field it is about."""
    if refused.objection is Objection.SHOWN_TWICE:
        return AskWhich(refused, zone)
    return Refusal(_sentence(refused, zone), field=refused.field)


def _sentence(refused: TimeRefused, zone: str) -> str:
    if refused.wall is None or refused.clock_move is None:
        return str(_PLAIN[refused.objection])
    values = {
        "time": formatting.clock_time(refused.wall),
        "day": formatting.day(refused.wall),
        "place": formatting.city(zone),
        "shows": formatting.clock_time(refused.clock_move.shows),
        "then": formatting.clock_time(refused.clock_move.then),
        "first": offset_label(refused.clock_move.offset_before),
        "second": offset_label(refused.clock_move.offset_after),
    }
    return str(_CLOCK_MOVES[refused.objection]) % values


def offset_label(offset: timedelta) -> str:
    """'UTC\N{MINUS SIGN}4', 'UTC+5:30'."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
