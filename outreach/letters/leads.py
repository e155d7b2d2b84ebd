"""Subjects and leads that several kinds of letter share.

A subject must be clear on a lock screen: what happened, to which session, when. No surname, school or health shows in one
(rules.md). A lead is the text on top that is enough by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from outreach.letters.changes import SessionChange, changes
from outreach.letters.content import LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.nearness import nearness
from outreach.letters.phrases import is_about_you, location_name, names, nearness_phrase, sentences, session_phrase
from outreach.letters.provisional import is_only_status_change
from outreach.models import Cause, LetterSnapshot, Reader, SessionSnapshot, StudentSnapshot
from outreach.web import formatting

TITLE_AT_MOST = 60


def subject_with_time(news: str, snapshot: LetterSnapshot, *, says_if_provisional: bool = False) -> str:
    """'Invitation (provisional): Power of a Stitch, Thu 18 Mar, 14:00 (New York)'."""
    if says_if_provisional and snapshot.session.is_provisional and snapshot.entry and not is_only_status_change(snapshot):
        news = _("%(news)s (provisional)", news=news)
    return _("%(news)s: %(session)s", news=news, session=_title_and_time(snapshot.session))


def subject_with_title(news: str, snapshot: LetterSnapshot, *, says_if_provisional: bool = False) -> str:
    """'Tomorrow (provisional): Power of a Stitch'."""
    if says_if_provisional and snapshot.session.is_provisional:
        news = _("%(news)s (provisional)", news=news)
    return _("%(news)s: %(session)s", news=news, session=_title(snapshot.session))


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


def gone_lead(snapshot: LetterSnapshot) -> str:
    """Say who no longer comes."""
    return ngettext(
        "%(names)s is no longer coming to %(session)s.",
        "%(names)s are no longer coming to %(session)s.",
        len(snapshot.gone),
        names=names(snapshot.gone, snapshot),
        session=session_phrase(snapshot.session),
    )


def changed_lead(snapshot: LetterSnapshot) -> str:
    """Say what is new about the session: time, place, link or something else."""
    outreach_session, new = snapshot.session, changes(snapshot)
    values = {
        "title": outreach_session.title,
        "day": formatting.day(outreach_session.starts_wall),
        "clock": formatting.clock_time(outreach_session.starts_wall),
        "where": location_name(outreach_session),
    }
    if {SessionChange.TIME, SessionChange.LOCATION} <= new:
        return _("“%(title)s” has a new time and a new place: %(day)s at %(clock)s, %(where)s.", **values)
    if SessionChange.TIME in new:
        return _("“%(title)s” has a new time: %(day)s at %(clock)s.", **values)
    if SessionChange.LOCATION in new:
        return _("“%(title)s” on %(day)s at %(clock)s has a new place: %(where)s.", **values)
    if SessionChange.LINK in new:
        return _("“%(title)s” on %(day)s at %(clock)s has a new link to join.", **values)
    if not new:
        return _("Something has changed about “%(title)s” on %(day)s at %(clock)s.", **values)
    change = _("There is a change to “%(title)s” on %(day)s at %(clock)s.", **values)
    same = "" if outreach_session.is_provisional else _("The time and place stay the same.")
    return sentences(change, same, *(_PARTS[part]() for part in SessionChange if part in new))


def _title_and_time(outreach_session: SessionSnapshot) -> str:
    return _(
        "%(title)s, %(day)s, %(clock)s (%(city)s)",
        title=_title(outreach_session),
        day=formatting.short_day(outreach_session.starts_wall),
        clock=formatting.clock_time(outreach_session.starts_wall),
        city=formatting.city(outreach_session.zone),
    )


def _title(outreach_session: SessionSnapshot) -> str:
    """Shorten the title, so that a phone shows the date too."""
    title = outreach_session.title
    return title if len(title) <= TITLE_AT_MOST else title[: TITLE_AT_MOST - 1].rstrip(" ,;:") + "…"


_PARTS = {
    SessionChange.TITLE: lambda: _("The title has changed."),
    SessionChange.HOST: lambda: _("The host has changed."),
    SessionChange.BRING: lambda: _("What to bring has changed."),
    SessionChange.WEAR: lambda: _("What to wear has changed."),
    SessionChange.KIT: lambda: _("What each student gets has changed."),
    SessionChange.DESCRIPTION: lambda: _("The description has changed."),
}
