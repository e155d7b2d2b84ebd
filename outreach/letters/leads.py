"""The one sentence on top of a letter that says it all, for each kind and reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from outreach.letters.changes import changes
from outreach.letters.counter_proposals import asked_lead, confirm_lead
from outreach.letters.decision import asking
from outreach.letters.digest_leads import digest, roster
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads_of_change import changed, clock_stays, removed, someone_left
from outreach.letters.nearness import nearness
from outreach.letters.phrases import is_about_you, is_family, names, near_words, session_words
from outreach.letters.provisional import in_addition, is_the_news, sentence_of_news
from outreach.letters.wrong_address import wrong_address
from outreach.models import Cause, LetterKind, LetterSnapshot, Reader


def lead(kind: LetterKind, facts: LetterSnapshot, *, written_at: datetime) -> str:
    """Give the sentence; a second one says what isn't certain. `written_at` tells how near a session is."""
    said = _reminder(facts, written_at) if kind is LetterKind.REMINDER else _LEADS[kind](facts)
    return " ".join((said, *in_addition(kind, facts, written_at=written_at)))


def _reminder(facts: LetterSnapshot, written_at: datetime) -> str:
    near = near_words(nearness(facts.session, written_at=written_at))
    return _("%(near)s: %(session)s.", near=near, session=session_words(facts.session))


def _invitation(facts: LetterSnapshot) -> str:
    told = session_words(facts.session)
    if facts.reader is Reader.HOST:
        return _("You are hosting %(session)s.", session=told)
    if facts.reader is Reader.TEACHER:
        return _("Students of yours have seats at %(session)s.", session=told)
    return _seated(facts, told) if facts.seated or not facts.waiting else _waiting(facts)


def _seated(facts: LetterSnapshot, told: str) -> str:
    if is_about_you(facts) or not facts.seated:
        return _("You have a seat at %(session)s.", session=told)
    who, count = names(facts.seated, facts), len(facts.seated)
    return ngettext("%(names)s has a seat at %(session)s.", "%(names)s have seats at %(session)s.", count, names=who, session=told)


def _promoted(facts: LetterSnapshot) -> str:
    said = _invitation(facts)
    begins_with_name = is_family(facts) and not is_about_you(facts)
    return _("A place is free: %(rest)s", rest=said if begins_with_name else said[:1].lower() + said[1:])


def _updated(facts: LetterSnapshot) -> str:
    if is_the_news(facts):
        return sentence_of_news(facts)
    if changes(facts):
        return changed(facts)
    if facts.cause is Cause.ZONE:
        return clock_stays(facts)
    if facts.gone:
        return someone_left(facts)
    return _promoted(facts) if facts.cause is Cause.PROMOTED else _invitation(facts)


def _cancelled(facts: LetterSnapshot) -> str:
    return _("%(session)s is cancelled.", session=session_words(facts.session))


def _waiting(facts: LetterSnapshot) -> str:
    told, who, count = session_words(facts.session), names(facts.waiting, facts), len(facts.waiting)
    place = facts.waiting[0].place_in_queue if count == 1 else None
    if is_about_you(facts):
        if place is None:
            return _("You are on the waiting list for %(session)s.", session=told)
        return _("You are number %(place)s on the waiting list for %(session)s.", place=place, session=told)
    if place is not None:
        return _("%(names)s is number %(place)s on the waiting list for %(session)s.", names=who, place=place, session=told)

    return ngettext(
        "%(names)s is on the waiting list for %(session)s.",
        "%(names)s are on the waiting list for %(session)s.",
        count,
        names=who,
        session=told,
    )


def _digest(facts: LetterSnapshot) -> str:
    if is_the_news(facts):
        return sentence_of_news(facts)
    if facts.cause is Cause.MOVED and facts.was:
        return changed(facts)
    return _cancelled(facts) if facts.cause is Cause.CANCELLED else digest(facts)


_LEADS: dict[LetterKind, Callable[[LetterSnapshot], str]] = {
    LetterKind.INVITATION: _invitation,
    LetterKind.PROMOTED: _promoted,
    LetterKind.UPDATED: _updated,
    LetterKind.CANCELLED: _cancelled,
    LetterKind.REMOVED: removed,
    LetterKind.WAITING: _waiting,
    LetterKind.DIGEST: _digest,
    LetterKind.ROSTER: roster,
    LetterKind.DECISION: asking,
    LetterKind.WRONG_ADDRESS: wrong_address,
    LetterKind.NOTE: asked_lead,
    LetterKind.CONFIRM_ANSWER: confirm_lead,
}
