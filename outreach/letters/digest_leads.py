"""The lead sentence of the letters that count or list students: teacher's digest, host's roster."""

from __future__ import annotations

from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.phrases import names, session_words
from outreach.models import Cause, LetterSnapshot


def digest(facts: LetterSnapshot) -> str:
    """Say what became of a teacher's students."""
    if facts.offered:
        return _offer(facts)
    if facts.cause is Cause.REGISTERED:
        return _counts(facts)
    news = [tell for students, tell in ((facts.gone, _gone), (facts.seated, _seated), (facts.waiting, _waiting)) if students]
    return news[0](facts) if len(news) == 1 else _several(facts)


def roster(facts: LetterSnapshot) -> str:
    """Say how many come, from how many schools."""
    told, schools = session_words(facts.session), len({student.school_name for student in facts.seated})
    if not facts.seated:
        return _("Nobody has a seat at %(session)s.", session=told)
    who = ngettext("%(num)s student", "%(num)s students", len(facts.seated))
    if schools == 1:
        return ngettext("%(who)s comes to %(session)s.", "%(who)s come to %(session)s.", len(facts.seated), who=who, session=told)
    return _("%(who)s from %(schools)s schools come to %(session)s.", who=who, schools=schools, session=told)


def _several(facts: LetterSnapshot) -> str:
    parts = (
        facts.gone and _("%(names)s: no longer coming", names=names(facts.gone, facts)),
        facts.seated and _("%(names)s: seated", names=names(facts.seated, facts)),
        facts.waiting and _("%(names)s: waiting", names=names(facts.waiting, facts)),
    )
    news = "; ".join(part for part in parts if part) or _("please look at the list")
    return _("There is news about %(session)s. %(news)s.", session=session_words(facts.session), news=news)


def _counts(facts: LetterSnapshot) -> str:
    told = session_words(facts.session)
    seated = ngettext("%(num)s of your students has a seat", "%(num)s of your students have a seat", len(facts.seated))
    waiting = ngettext("%(num)s waits", "%(num)s wait", len(facts.waiting))
    if not facts.waiting:
        return _("%(seated)s at %(session)s.", seated=seated, session=told)
    if not facts.seated:
        who = ngettext("%(num)s of your students waits for a seat", "%(num)s of your students wait for a seat", len(facts.waiting))
        return _("%(waiting)s at %(session)s.", waiting=who, session=told)
    return _("%(seated)s at %(session)s, %(waiting)s.", seated=seated, session=told, waiting=waiting)


def _offer(facts: LetterSnapshot) -> str:
    who, told, count = names(facts.offered, facts), session_words(facts.session), len(facts.offered)
    return ngettext(
        "A seat is free at %(session)s. Shall %(names)s have it?",
        "Seats are free at %(session)s. Shall %(names)s have them?",
        count,
        names=who,
        session=told,
    )


def _seated(facts: LetterSnapshot) -> str:
    who, told, count = names(facts.seated, facts), session_words(facts.session), len(facts.seated)
    return ngettext(
        "A place is free: %(names)s has a seat at %(session)s.",
        "Places are free: %(names)s have seats at %(session)s.",
        count,
        names=who,
        session=told,
    )


def _gone(facts: LetterSnapshot) -> str:
    who, told, count = names(facts.gone, facts), session_words(facts.session), len(facts.gone)
    return ngettext(
        "%(names)s no longer comes to %(session)s.",
        "%(names)s no longer come to %(session)s.",
        count,
        names=who,
        session=told,
    )


def _waiting(facts: LetterSnapshot) -> str:
    who, told, count = names(facts.waiting, facts), session_words(facts.session), len(facts.waiting)
    return ngettext(
        "%(names)s waits for a seat at %(session)s.",
        "%(names)s wait for a seat at %(session)s.",
        count,
        names=who,
        session=told,
    )
