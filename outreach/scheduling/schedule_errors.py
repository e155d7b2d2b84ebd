"""What we say when a session can't be posted, changed or moved as asked."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from outreach.errors import Refused
from outreach.time.wall_time import Objection, TimeRefused
from outreach.web import formatting


class AskWhich(Refused):
    """The clock shows this time twice; the two UTC offsets are the two answers, first and second."""

    def __init__(self, refused: TimeRefused, zone: str) -> None:
        super().__init__(_sentence(refused, zone), field="fold")
        move = refused.clock_move
        self.offsets = (move.offset_before, move.offset_after) if move else ()


def time_refusal(refused: TimeRefused, zone: str) -> Refused:
    """Word an objection against a time, beside the field it is about."""
    if refused.objection is Objection.SHOWN_TWICE:
        return AskWhich(refused, zone)
    return Refused(_sentence(refused, zone), field=refused.field)


def _sentence(refused: TimeRefused, zone: str) -> str | LazyString:
    if refused.wall is None or refused.clock_move is None:
        return _PLAIN[refused.objection]
    facts = {
        "time": formatting.clock_time(refused.wall),
        "day": formatting.day(refused.wall),
        "place": formatting.city(zone),
        "shows": formatting.clock_time(refused.clock_move.shows),
        "then": formatting.clock_time(refused.clock_move.then),
        "first": offset_words(refused.clock_move.offset_before),
        "second": offset_words(refused.clock_move.offset_after),
    }
    return LazyString(lambda: str(_CLOCK_MOVES[refused.objection]) % facts)


def offset_words(offset: timedelta) -> str:
    """'UTC\N{MINUS SIGN}4', 'UTC+5:30'."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


_PLAIN = {
    Objection.UNKNOWN_ZONE: _l("We don't know this time zone. Choose one from the list."),
    Objection.PAST: _l("This is in the past. Choose a later time."),
    Objection.TOO_FAR: _l("This year can't be right. Sessions can be posted five years ahead."),
    Objection.ENDS_BEFORE_IT_STARTS: _l("It ends before it starts. If it runs past midnight, tick “It ends on the next day”."),
    Objection.TOO_LONG: _l("This is longer than 24 hours. Post a session for each day."),
}
_CLOCK_MOVES = {
    Objection.SKIPPED: _l("%(time)s doesn't exist on %(day)s in %(place)s: the clock goes from %(shows)s to %(then)s."),
    Objection.SHOWN_TWICE: _l(
        "%(time)s comes twice on %(day)s in %(place)s: the clock goes back from %(shows)s to %(then)s. "
        "Say whether you mean the first (%(first)s) or the second (%(second)s)."
    ),
}
