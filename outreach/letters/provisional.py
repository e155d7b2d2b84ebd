"""What letters say of a session that isn't certain yet, and of the moment it becomes so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.letters.changes import changes
from outreach.letters.language import gettext as _
from outreach.letters.phrases import session_words
from outreach.models import Cause, LetterSnapshot, Reader, SessionSnapshot
from outreach.web import formatting


class News(StrEnum):
    """What became of it since the session was last told."""

    DECIDED = "decided"
    OPEN = "open"
    PUT_OFF = "put_off"


def news(facts: LetterSnapshot) -> News | None:
    """Say whether it became certain, or uncertain, or is decided at another time; new rules for clocks are no such news."""
    was, told = facts.was, facts.session
    if was is None or facts.cause is Cause.ZONE or (was.is_provisional, was.decides_at) == (told.is_provisional, told.decides_at):
        return None
    if not told.is_provisional:
        return News.DECIDED
    return News.PUT_OFF if was.is_provisional else News.OPEN


def is_the_news(facts: LetterSnapshot) -> bool:
    """Nothing else changed."""
    return news(facts) is not None and not changes(facts)


def in_addition(facts: LetterSnapshot, *, written_at: datetime) -> Iterator[str]:
    """Say after the lead that the session is provisional; or, if something else changed too, that it is confirmed."""
    if facts.session.is_provisional:
        yield from _while_provisional(facts, written_at)
    elif news(facts) is News.DECIDED and not is_the_news(facts):
        yield _("The session is now confirmed and will go ahead.")


def sentence_of_news(facts: LetterSnapshot) -> str:
    """Say the one thing that changed; `in_addition` follows."""
    told = session_words(facts.session)
    if not facts.session.is_provisional:
        return _("%(session)s is confirmed and will go ahead.", session=told)
    if news(facts) is News.OPEN:
        return _("%(session)s is now provisional.", session=told)
    return _("There is a new decision time for %(session)s.", session=told)


def subject_of_news(facts: LetterSnapshot) -> str:
    """'Going ahead'; 'Now provisional'; 'New decision time'."""
    words = {News.DECIDED: _("Going ahead"), News.OPEN: _("Now provisional"), News.PUT_OFF: _("New decision time")}
    return words[news(facts) or News.DECIDED]


def status_lines(told: SessionSnapshot) -> tuple[str, ...]:
    """'Provisional, to be decided by Tuesday 16 March 2027, 12:00 (New York, UTC\N{MINUS SIGN}4)', or that it goes ahead."""
    if told.decides_at is None:
        return (_("Going ahead"),)
    return (_("Provisional, to be decided by %(until)s", until=formatting.moment(told.decides_at, told.zone)),)


def note_on_calendars(facts: LetterSnapshot) -> Iterator[str]:
    """Say what a calendar shows meanwhile, and what follows."""
    if not facts.session.is_provisional:
        return
    if facts.reader is Reader.HOST:
        yield _("While the session is provisional, calendars show it as tentative. We'll e-mail you a day before the decision is due.")
    else:
        yield _("While the session is provisional, your calendar shows it as tentative. We'll e-mail you when there is a decision.")


def _while_provisional(facts: LetterSnapshot, written_at: datetime) -> Iterator[str]:
    decides_at, by = facts.session.decides_at, until(facts.session)
    is_late = decides_at is not None and decides_at <= written_at
    if not is_the_news(facts):
        yield _("The session is still provisional.") if is_late else _("The session is provisional.")
    if is_late:
        yield _("The decision was due by %(until)s.", until=by)
    elif decides_at and facts.reader is Reader.HOST:
        yield _("Please decide by %(until)s whether it will go ahead.", until=by)
    elif decides_at:
        yield _("The host decides by %(until)s whether it will go ahead.", until=by)


def until(told: SessionSnapshot) -> str:
    """'Tuesday 16 March at 12:00', and online where; the table below the lead says it in full."""
    if told.decides_at is None:
        return ""
    wall = told.decides_at.astimezone(ZoneInfo(told.zone)).replace(tzinfo=None)
    words = {"day": formatting.short_day(wall), "clock": formatting.clock_time(wall)}
    if told.site_name:
        return _("%(day)s at %(clock)s", **words)
    return _("%(day)s at %(clock)s (%(city)s)", city=formatting.city(told.zone), **words)
