"""Subjects and leads that several kinds of letter share.

A subject is understood on a lock screen: what happened, to which session, when. No surname, school or health shows in one
(product.md, minors). A lead is the one sentence on top that says it all.
"""

from __future__ import annotations

from collections.abc import Sequence

from outreach.letters.changes import SessionChange, changes
from outreach.letters.content import LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.nearness import nearness
from outreach.letters.phrases import is_about_you, names, near_words, place_name, sentences, session_words
from outreach.letters.provisional import is_the_news
from outreach.models import LetterSnapshot, Reader, SessionSnapshot, StudentSnapshot
from outreach.web import formatting

TITLE_AT_MOST = 60


def subject_with_time(news: str, facts: LetterSnapshot, *, says_if_provisional: bool = False) -> str:
    """'Invitation (provisional): Power of a Stitch, Thu 18 Mar, 14:00 (New York)'."""
    if says_if_provisional and facts.session.is_provisional and facts.entry and not is_the_news(facts):
        news = _("%(news)s (provisional)", news=news)
    return _("%(news)s: %(session)s", news=news, session=_title_and_time(facts.session))


def subject_with_title(news: str, facts: LetterSnapshot, *, says_if_provisional: bool = False) -> str:
    """'Tomorrow (provisional): Power of a Stitch'."""
    if says_if_provisional and facts.session.is_provisional:
        news = _("%(news)s (provisional)", news=news)
    return _("%(news)s: %(session)s", news=news, session=_title(facts.session))


def how_soon(context: LetterContext) -> str:
    """'Tomorrow', from the moment the letter was written."""
    return near_words(nearness(context.facts.session, written_at=context.written_at))


def part_lead(facts: LetterSnapshot) -> str:
    """Say what part the reader has in the session: as host, as teacher, by a seat or by waiting for one."""
    told = session_words(facts.session)
    if facts.reader is Reader.HOST:
        return _("You are hosting %(session)s.", session=told)
    if facts.reader is Reader.TEACHER:
        return _("Some of your students have seats at %(session)s.", session=told)
    return _seated_lead(facts, told) if facts.seated or not facts.waiting else waiting_lead(facts)


def _seated_lead(facts: LetterSnapshot, told: str) -> str:
    held = [student for student in facts.seated if student.is_held]
    return _held_lead(facts, held, told) if held else _confirmed_lead(facts, told)


def _held_lead(facts: LetterSnapshot, held: Sequence[StudentSnapshot], told: str) -> str:
    if is_about_you(facts):
        return _("A seat at %(session)s is held for you.", session=told)
    confirmed = [student for student in facts.seated if not student.is_held]
    if not confirmed:
        return _("A seat at %(session)s is held for %(names)s.", session=told, names=names(held, facts))
    return ngettext(
        "%(names)s has a seat at %(session)s. A seat is held for %(held)s.",
        "%(names)s have seats at %(session)s. A seat is held for %(held)s.",
        len(confirmed),
        names=names(confirmed, facts),
        held=names(held, facts),
        session=told,
    )


def _confirmed_lead(facts: LetterSnapshot, told: str) -> str:
    if is_about_you(facts) or not facts.seated:
        return _("You have a seat at %(session)s.", session=told)
    who, count = names(facts.seated, facts), len(facts.seated)
    return ngettext("%(names)s has a seat at %(session)s.", "%(names)s have seats at %(session)s.", count, names=who, session=told)


def promoted_lead(facts: LetterSnapshot) -> str:
    """Say that a seat became free, and who has it now; of a held seat, only that it is held."""
    if any(student.is_held for student in facts.seated):
        return part_lead(facts)
    return sentences(_("A seat has become free."), _now_seated(facts))


def _now_seated(facts: LetterSnapshot) -> str:
    told = session_words(facts.session)
    if facts.reader is Reader.TEACHER:
        return _("Some of your students now have seats at %(session)s.", session=told)
    if facts.reader is Reader.HOST or not facts.seated:
        return part_lead(facts)
    if is_about_you(facts):
        return _("You now have a seat at %(session)s.", session=told)
    who, count = names(facts.seated, facts), len(facts.seated)
    return ngettext("%(names)s now has a seat at %(session)s.", "%(names)s now have seats at %(session)s.", count, names=who, session=told)


def waiting_lead(facts: LetterSnapshot) -> str:
    """Say who is on the waiting list, and at which position."""
    told, who, count = session_words(facts.session), names(facts.waiting, facts), len(facts.waiting)
    position = facts.waiting[0].place_in_queue if count == 1 else None
    if is_about_you(facts):
        if position is None:
            return _("You are on the waiting list for %(session)s.", session=told)
        return _("You are number %(position)s on the waiting list for %(session)s.", position=position, session=told)
    if position is not None:
        return _("%(names)s is number %(position)s on the waiting list for %(session)s.", names=who, position=position, session=told)
    return ngettext(
        "%(names)s is on the waiting list for %(session)s.",
        "%(names)s are on the waiting list for %(session)s.",
        count,
        names=who,
        session=told,
    )


def cancelled_lead(facts: LetterSnapshot) -> str:
    """Say that it doesn't take place."""
    return _("%(session)s is cancelled.", session=session_words(facts.session))


def gone_lead(facts: LetterSnapshot) -> str:
    """Say who no longer comes."""
    return ngettext(
        "%(names)s is no longer coming to %(session)s.",
        "%(names)s are no longer coming to %(session)s.",
        len(facts.gone),
        names=names(facts.gone, facts),
        session=session_words(facts.session),
    )


def changed_lead(facts: LetterSnapshot) -> str:
    """Say what is new about the session: time, place, link or something else."""
    told, new = facts.session, changes(facts)
    words = {
        "title": told.title,
        "day": formatting.day(told.starts_wall),
        "clock": formatting.clock_time(told.starts_wall),
        "where": place_name(told),
    }
    if {SessionChange.TIME, SessionChange.PLACE} <= new:
        return _("“%(title)s” has a new time and a new place: %(day)s at %(clock)s, %(where)s.", **words)
    if SessionChange.TIME in new:
        return _("“%(title)s” has a new time: %(day)s at %(clock)s.", **words)
    if SessionChange.PLACE in new:
        return _("“%(title)s” on %(day)s at %(clock)s has a new place: %(where)s.", **words)
    if SessionChange.LINK in new:
        return _("“%(title)s” on %(day)s at %(clock)s has a new link to join.", **words)
    if not new:
        return _("Something has changed about “%(title)s” on %(day)s at %(clock)s.", **words)
    change = _("There is a change to “%(title)s” on %(day)s at %(clock)s.", **words)
    same = "" if told.is_provisional else _("The time and place stay the same.")
    return sentences(change, same, *(_PARTS[part]() for part in SessionChange if part in new))


def _title_and_time(told: SessionSnapshot) -> str:
    return _(
        "%(title)s, %(day)s, %(clock)s (%(city)s)",
        title=_title(told),
        day=formatting.short_day(told.starts_wall),
        clock=formatting.clock_time(told.starts_wall),
        city=formatting.city(told.zone),
    )


def _title(told: SessionSnapshot) -> str:
    """Leave room for the date on a phone's one line."""
    return told.title if len(told.title) <= TITLE_AT_MOST else told.title[: TITLE_AT_MOST - 1].rstrip(" ,;:") + "…"


_PARTS = {
    SessionChange.TITLE: lambda: _("The title has changed."),
    SessionChange.HOST: lambda: _("The host has changed."),
    SessionChange.BRING: lambda: _("What to bring has changed."),
    SessionChange.WEAR: lambda: _("What to wear has changed."),
    SessionChange.KIT: lambda: _("What each student gets has changed."),
    SessionChange.DESCRIPTION: lambda: _("The description has changed."),
}
