"""Subjects and leads that several kinds of letter share.

A subject must be clear on a lock screen: what happened, to which session, when. No surname, school or health shows in one
(rules.md). A lead is the text on top that is enough by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from outreach.letters.changes import SessionChange, changes
from outreach.letters.content import LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.nearness import nearness
from outreach.letters.phrases import is_about_you, location_name, names, nearness_phrase, sentences, session_phrase, start_values
from outreach.letters.provisional import is_only_status_change
from outreach.models import Cause, LetterSnapshot, Reader, SessionSnapshot, StudentSnapshot
from outreach.web import formatting

TITLE_AT_MOST = 60


def subject_with_time(news: str, snapshot: LetterSnapshot, *, says_if_provisional: bool = False) -> str:
    """'Invitation (provisional): Power of a Stitch, Thursday 18 March, 14:00 (New York)'."""
    if says_if_provisional and _is_uncertain(snapshot):
        news = _("%(news)s (provisional)", news=news)
    return _("%(news)s: %(session)s", news=news, session=_title_and_time(snapshot.session))


def change_subject(snapshot: LetterSnapshot, *, says_if_provisional: bool = False) -> str:
    """'Moved to Thursday 18 March, 14:00 (New York): Power of a Stitch', or what else is new about the session."""
    new = changes(snapshot)
    if SessionChange.TIME in new:
        return _moved_subject(snapshot, has_new_place=SessionChange.LOCATION in new, says_if_provisional=says_if_provisional)
    news = next((_CHANGES[part]() for part in _CHANGES if part in new), _("New details"))
    return subject_with_time(news, snapshot, says_if_provisional=says_if_provisional)


def _moved_subject(snapshot: LetterSnapshot, *, has_new_place: bool, says_if_provisional: bool) -> str:
    outreach_session = snapshot.session
    values = {**_short_start(outreach_session), "title": _title(outreach_session)}
    if says_if_provisional and _is_uncertain(snapshot):
        if has_new_place:
            return _("Moved to %(day)s, %(clock)s (%(city)s), new place, provisional: %(title)s", **values)
        return _("Moved to %(day)s, %(clock)s (%(city)s), provisional: %(title)s", **values)
    if has_new_place:
        return _("Moved to %(day)s, %(clock)s (%(city)s), new place: %(title)s", **values)
    return _("Moved to %(day)s, %(clock)s (%(city)s): %(title)s", **values)


def _is_uncertain(snapshot: LetterSnapshot) -> bool:
    """It is provisional, and that isn't the news."""
    return snapshot.session.is_provisional and not is_only_status_change(snapshot)


def how_soon(context: LetterContext) -> str:
    """'Tomorrow', counted from when the row was written."""
    return nearness_phrase(nearness(context.snapshot.session, written_at=context.written_at))


def part_lead(snapshot: LetterSnapshot) -> str:
    """Say how the reader takes part: as host, as teacher, with a seat or on the waiting list."""
    phrase = session_phrase(snapshot.session)
    if snapshot.reader is Reader.HOST:
        return _("You are hosting %(session)s.", session=phrase)
    if snapshot.reader is Reader.TEACHER:
        return _("Some of your students have seats at %(session)s.", session=phrase)
    return _seated_lead(snapshot, phrase) if snapshot.seated or not snapshot.waiting else waiting_lead(snapshot)


def _seated_lead(snapshot: LetterSnapshot, phrase: str) -> str:
    held = [student for student in snapshot.seated if student.is_held]
    return _held_lead(snapshot, held, phrase) if held else _confirmed_lead(snapshot, phrase)


def _held_lead(snapshot: LetterSnapshot, held: Sequence[StudentSnapshot], phrase: str) -> str:
    if is_about_you(snapshot):
        return _("A seat at %(session)s is held for you.", session=phrase)
    confirmed = [student for student in snapshot.seated if not student.is_held]
    if not confirmed:
        return _("A seat at %(session)s is held for %(names)s.", session=phrase, names=names(held, snapshot))
    return ngettext(
        "%(names)s has a seat at %(session)s. A seat is held for %(held)s.",
        "%(names)s have seats at %(session)s. A seat is held for %(held)s.",
        len(confirmed),
        names=names(confirmed, snapshot),
        held=names(held, snapshot),
        session=phrase,
    )


def _confirmed_lead(snapshot: LetterSnapshot, phrase: str) -> str:
    if is_about_you(snapshot) or not snapshot.seated:
        return _("You have a seat at %(session)s.", session=phrase)
    who, count = names(snapshot.seated, snapshot), len(snapshot.seated)
    return ngettext("%(names)s has a seat at %(session)s.", "%(names)s have seats at %(session)s.", count, names=who, session=phrase)


def promoted_lead(snapshot: LetterSnapshot) -> str:
    """Say that a seat became free, and who has it now; of a held seat, only that it is held."""
    if any(student.is_held for student in snapshot.seated):
        return part_lead(snapshot)
    return sentences(_("A seat has become free."), _now_seated(snapshot))


def _now_seated(snapshot: LetterSnapshot) -> str:
    phrase = session_phrase(snapshot.session)
    if snapshot.reader is Reader.TEACHER:
        return _("Some of your students now have seats at %(session)s.", session=phrase)
    if snapshot.reader is Reader.HOST or not snapshot.seated:
        return part_lead(snapshot)
    if is_about_you(snapshot):
        return _("You now have a seat at %(session)s.", session=phrase)
    who, count = names(snapshot.seated, snapshot), len(snapshot.seated)
    return ngettext(
        "%(names)s now has a seat at %(session)s.", "%(names)s now have seats at %(session)s.", count, names=who, session=phrase
    )


def seat_news(snapshot: LetterSnapshot, *, became_free: bool = False) -> Iterator[str]:
    """Say in a calendar how the seats came to be; who has them stands below."""
    if snapshot.cause is Cause.RESTORED:
        yield _("The withdrawal was undone.")
    elif snapshot.cause is Cause.CONFIRMED:
        yield _("The seat is confirmed.")
    elif became_free and not any(student.is_held for student in snapshot.seated):
        yield _("A seat has become free.")


def undone_lead(lead: str, snapshot: LetterSnapshot) -> str:
    """Say first that a withdrawal was undone, where that is the news."""
    return sentences(_("The withdrawal was undone."), lead) if snapshot.cause is Cause.RESTORED else lead


def waiting_lead(snapshot: LetterSnapshot) -> str:
    """Say who is on the waiting list, and at which position."""
    phrase, who, count = session_phrase(snapshot.session), names(snapshot.waiting, snapshot), len(snapshot.waiting)
    position = snapshot.waiting[0].place_in_queue if count == 1 else None
    if is_about_you(snapshot):
        if position is None:
            return _("You are on the waiting list for %(session)s.", session=phrase)
        return _("You are number %(position)s on the waiting list for %(session)s.", position=position, session=phrase)
    if position is not None:
        return _("%(names)s is number %(position)s on the waiting list for %(session)s.", names=who, position=position, session=phrase)
    return ngettext(
        "%(names)s is on the waiting list for %(session)s.",
        "%(names)s are on the waiting list for %(session)s.",
        count,
        names=who,
        session=phrase,
    )


def cancelled_lead(snapshot: LetterSnapshot) -> str:
    """Say that the session is cancelled."""
    return _("%(session)s is cancelled.", session=session_phrase(snapshot.session))


def gone_lead(snapshot: LetterSnapshot, phrase: str) -> str:
    """Say who no longer comes; `phrase` names the session."""
    return ngettext(
        "%(names)s is no longer coming to %(session)s.",
        "%(names)s are no longer coming to %(session)s.",
        len(snapshot.gone),
        names=names(snapshot.gone, snapshot),
        session=phrase,
    )


def changed_lead(snapshot: LetterSnapshot) -> str:
    """Say what is new about the session: time, place, link or something else."""
    outreach_session, new, phrase = snapshot.session, changes(snapshot), session_phrase(snapshot.session)
    where = location_name(outreach_session)
    if SessionChange.TIME in new:
        values = {"title": outreach_session.title, **start_values(outreach_session)}
        if SessionChange.LOCATION in new:
            return _("“%(title)s” has a new time and a new place: %(day)s at %(clock)s (%(city)s), %(where)s.", where=where, **values)
        return _("“%(title)s” has a new time: %(day)s at %(clock)s (%(city)s).", **values)
    ends = _("It now ends at %(clock)s.", clock=_end(outreach_session)) if SessionChange.END in new else ""
    if SessionChange.LOCATION in new:
        return sentences(_("%(session)s has a new place: %(where)s.", session=phrase, where=where), ends)
    if SessionChange.LINK in new:
        return sentences(_("%(session)s has a new link to join.", session=phrase), ends)
    if not new:
        return _("Something has changed about %(session)s.", session=phrase)
    same = "" if ends or outreach_session.is_provisional else _("The time and place stay the same.")
    details = (sentence() for part, sentence in DETAILS.items() if part in new)
    return sentences(_("There is a change to %(session)s.", session=phrase), same, ends, *details)


def _end(outreach_session: SessionSnapshot) -> str:
    """'16:00', with the day where it ends on another one than it starts."""
    end = formatting.clock_time(outreach_session.ends_wall)
    if outreach_session.ends_wall.date() == outreach_session.starts_wall.date():
        return end
    return _("%(clock)s on %(day)s", clock=end, day=formatting.day(outreach_session.ends_wall))


def _title_and_time(outreach_session: SessionSnapshot) -> str:
    return _("%(title)s, %(day)s, %(clock)s (%(city)s)", title=_title(outreach_session), **_short_start(outreach_session))


def _short_start(outreach_session: SessionSnapshot) -> dict[str, str]:
    return {**start_values(outreach_session), "day": formatting.short_day(outreach_session.starts_wall)}


def _title(outreach_session: SessionSnapshot) -> str:
    """Shorten the title, so that a phone shows the date too."""
    title = outreach_session.title
    return title if len(title) <= TITLE_AT_MOST else title[: TITLE_AT_MOST - 1].rstrip(" ,;:") + "…"


_CHANGES: dict[SessionChange, Callable[[], str]] = {
    SessionChange.LOCATION: lambda: _("New place"),
    SessionChange.END: lambda: _("New end"),
    SessionChange.LINK: lambda: _("New link to join"),
}
DETAILS: dict[SessionChange, Callable[[], str]] = {
    SessionChange.TITLE: lambda: _("The title has changed."),
    SessionChange.HOST: lambda: _("The host has changed."),
    SessionChange.BRING: lambda: _("What to bring has changed."),
    SessionChange.WEAR: lambda: _("What to wear has changed."),
    SessionChange.KIT: lambda: _("What each student gets has changed."),
    SessionChange.DESCRIPTION: lambda: _("The description has changed."),
}
