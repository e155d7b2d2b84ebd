"""The lead sentence of a letter that changes or takes back what was told before."""

from __future__ import annotations

from collections.abc import Callable

from babel.lists import format_list

from outreach.letters.changes import SessionChange, changes
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.phrases import is_about_you, names, place_name, session_words
from outreach.models import Cause, LetterSnapshot, Reader
from outreach.web import formatting


def changed(facts: LetterSnapshot) -> str:
    """Say what is new about the session: time, place, link or something else."""
    told, new = facts.session, changes(facts)
    words = {
        "title": told.title,
        "day": formatting.day(told.starts_wall),
        "clock": formatting.clock_time(told.starts_wall),
        "place": place_name(told),
    }
    if {SessionChange.TIME, SessionChange.PLACE} <= new:
        return _("“%(title)s” has a new time and a new place: %(day)s at %(clock)s, %(place)s.", **words)
    if SessionChange.TIME in new:
        return _("“%(title)s” has a new time: %(day)s at %(clock)s.", **words)
    if SessionChange.PLACE in new:
        return _("“%(title)s” on %(day)s at %(clock)s has a new place: %(place)s.", **words)
    if SessionChange.LINK in new:
        return _("“%(title)s” on %(day)s at %(clock)s has a new link to join.", **words)
    if not new:
        return _("Something has changed about “%(title)s” on %(day)s at %(clock)s.", **words)
    words["what"] = format_list([_PARTS[part]() for part in SessionChange if part in new], locale=formatting.locale())
    said = _("“%(title)s” on %(day)s at %(clock)s: time and place stay. What is new: %(what)s.")
    return (_("“%(title)s” on %(day)s at %(clock)s stays as planned. What is new: %(what)s.") if told.is_provisional else said) % words


def clock_stays(facts: LetterSnapshot) -> str:
    """Say that the time on the wall is the one that was promised, though the zone's rules are new."""
    told = facts.session
    zone = formatting.zone_words(told.starts_wall, told.zone, told.fold)
    words = {"title": told.title, "day": formatting.day(told.starts_wall), "clock": formatting.clock_time(told.starts_wall), "zone": zone}
    return _("“%(title)s” stays on %(day)s at %(clock)s (%(zone)s).", **words)


def someone_left(facts: LetterSnapshot) -> str:
    """Say who no longer comes and who still does: siblings, or a guardian who comes as an adult too."""
    told, gone = session_words(facts.session), names(facts.gone, facts)
    if not facts.seated:
        return ngettext(
            "%(gone)s no longer comes to %(session)s; your own part stays.",
            "%(gone)s no longer come to %(session)s; your own part stays.",
            len(facts.gone),
            gone=gone,
            session=told,
        )
    left = ngettext("%(names)s no longer comes", "%(names)s no longer come", len(facts.gone), names=gone)
    stay = ngettext(
        "%(names)s still has a seat at %(session)s.",
        "%(names)s still have seats at %(session)s.",
        len(facts.seated),
        names=names(facts.seated, facts),
        session=told,
    )
    return f"{left}; {stay}"


def removed(facts: LetterSnapshot) -> str:
    """Say that the reader's entry is taken back, and why it was there."""
    told = session_words(facts.session)
    if facts.cause in _GO_ELSEWHERE:
        return _GO_ELSEWHERE[facts.cause](told)
    if facts.reader is Reader.HOST or facts.cause is Cause.PUBLISHED:
        return _("You are no longer hosting %(session)s.", session=told)
    if facts.reader is Reader.TEACHER:
        return _("None of your students comes to %(session)s any longer.", session=told)
    if is_about_you(facts):
        return _("You are no longer on the list for %(session)s.", session=told)
    if not facts.gone:
        return _("%(session)s is taken out of your calendar.", session=told)
    who, count = names(facts.gone, facts), len(facts.gone)
    return ngettext("%(names)s no longer comes to %(session)s.", "%(names)s no longer come to %(session)s.", count, names=who, session=told)


_GO_ELSEWHERE: dict[Cause, Callable[[str], str]] = {
    Cause.ADDRESS: lambda told: _("We no longer write to this address about %(session)s.", session=told),
    Cause.AGE: lambda told: _("The student is of age on that day: our letters about %(session)s go to them alone.", session=told),
}
_PARTS = {
    SessionChange.TITLE: lambda: _("the title"),
    SessionChange.HOST: lambda: _("the host"),
    SessionChange.BRING: lambda: _("what to bring"),
    SessionChange.WEAR: lambda: _("what to wear"),
    SessionChange.KIT: lambda: _("what each student gets"),
    SessionChange.DESCRIPTION: lambda: _("the description"),
}
