"""What letters say about a provisional session, and when it is confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.letters.changes import changes
from outreach.letters.language import gettext as _
from outreach.letters.phrases import session_phrase
from outreach.models import Cause, LetterSnapshot, Reader, SessionSnapshot
from outreach.web import formatting


class StatusChange(StrEnum):
    """How the status has changed since people last knew of the session."""

    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"
    POSTPONED = "postponed"


def status_change(snapshot: LetterSnapshot) -> StatusChange | None:
    """Give how the status has changed; None if it hasn't, or if only the zone has new rules."""
    previous, outreach_session = snapshot.was, snapshot.session
    if (
        previous is None
        or snapshot.cause is Cause.ZONE
        or (previous.is_provisional, previous.decides_at) == (outreach_session.is_provisional, outreach_session.decides_at)
    ):
        return None
    if not outreach_session.is_provisional:
        return StatusChange.CONFIRMED
    return StatusChange.POSTPONED if previous.is_provisional else StatusChange.PROVISIONAL


def is_only_status_change(snapshot: LetterSnapshot) -> bool:
    """Nothing else changed."""
    return status_change(snapshot) is not None and not changes(snapshot)


def status_sentences(snapshot: LetterSnapshot, *, written_at: datetime) -> Iterator[str]:
    """Say after the lead that the session is provisional; or, if something else changed too, that it is confirmed."""
    if snapshot.session.is_provisional:
        yield from _while_provisional(snapshot, written_at)
    elif status_change(snapshot) is StatusChange.CONFIRMED and not is_only_status_change(snapshot):
        yield _("The session is now confirmed and will go ahead.")


def status_lead(snapshot: LetterSnapshot) -> str:
    """Say how the status has changed; `status_sentences` follow."""
    phrase = session_phrase(snapshot.session)
    if not snapshot.session.is_provisional:
        return _("%(session)s is confirmed and will go ahead.", session=phrase)
    if status_change(snapshot) is StatusChange.PROVISIONAL:
        return _("%(session)s is now provisional.", session=phrase)
    return _("There is a new decision time for %(session)s.", session=phrase)


def status_subject(snapshot: LetterSnapshot) -> str:
    """'Going ahead'; 'Now provisional'; 'New decision time'."""
    labels = {
        StatusChange.CONFIRMED: _("Going ahead"),
        StatusChange.PROVISIONAL: _("Now provisional"),
        StatusChange.POSTPONED: _("New decision time"),
    }
    return labels[status_change(snapshot) or StatusChange.CONFIRMED]


def status_lines(outreach_session: SessionSnapshot) -> tuple[str, ...]:
    """'Provisional, to be decided by Tuesday 16 March 2027, 12:00 (New York, UTC\N{MINUS SIGN}4)', or that it goes ahead."""
    if not outreach_session.is_provisional:
        return (_("Going ahead"),)
    if outreach_session.decides_at is None:
        return (_("Provisional"),)
    return (_("Provisional, to be decided by %(until)s", until=formatting.moment(outreach_session.decides_at, outreach_session.zone)),)


def while_provisional_note(snapshot: LetterSnapshot) -> Iterator[str]:
    """Say what a calendar may show while the session is provisional, and what happens next."""
    if not snapshot.session.is_provisional:
        return
    if snapshot.reader is Reader.HOST:
        yield _("While the session is provisional, calendars may mark it as tentative. We'll e-mail you a day before the decision is due.")
    else:
        yield _("While the session is provisional, your calendar may mark it as tentative. We'll e-mail you when there is a decision.")


def _while_provisional(snapshot: LetterSnapshot, written_at: datetime) -> Iterator[str]:
    decides_at, by = snapshot.session.decides_at, until(snapshot.session)
    is_late = decides_at is not None and decides_at <= written_at
    if not is_only_status_change(snapshot):
        yield _("The session is still provisional.") if is_late else _("The session is provisional.")
    if is_late:
        yield _("The decision was due by %(until)s.", until=by)
    elif decides_at and snapshot.reader is Reader.HOST:
        yield _("Please decide by %(until)s whether it will go ahead.", until=by)
    elif decides_at:
        yield _("The host decides by %(until)s whether it will go ahead.", until=by)


def until(outreach_session: SessionSnapshot) -> str:
    """'Tuesday 16 March at 12:00 (New York)'; the table has the full date."""
    if outreach_session.decides_at is None:
        return ""
    wall = outreach_session.decides_at.astimezone(ZoneInfo(outreach_session.zone)).replace(tzinfo=None)
    values = {"day": formatting.short_day(wall), "clock": formatting.clock_time(wall), "city": formatting.city(outreach_session.zone)}
    return _("%(day)s at %(clock)s (%(city)s)", **values)
