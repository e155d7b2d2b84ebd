"""Something changed about a session, or about who of a family comes."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.calendars import Method, ParticipationStatus
from outreach.letters.changes import changes
from outreach.letters.content import LetterContext
from outreach.letters.kind import SessionKind, TakenBackWith, no_groups
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import changed_lead, part_lead, promoted_lead, subject_with_time
from outreach.letters.links import family_links, family_or_session_link
from outreach.letters.notes import about_the_calendar, what_follows, why_by_reader
from outreach.letters.out_of_date import DOES_NOT_TAKE_PLACE, OVER, UNREACHABLE
from outreach.letters.phrases import names, sentences, session_words
from outreach.letters.provisional import is_the_news, sentence_of_news, subject_of_news
from outreach.letters.rows import rows_of_who_takes_part
from outreach.models import Cause, LetterKind, LetterSnapshot
from outreach.web import formatting

_SEAT_NEWS = {Cause.HELD: lambda: _("Seat held"), Cause.CONFIRMED: lambda: _("Seat confirmed")}


def _subject(context: LetterContext) -> str:
    news = _("Updated invitation") if context.facts.entry else _("Updated")
    if is_the_news(context.facts):
        news = subject_of_news(context.facts)
    elif context.facts.cause in _SEAT_NEWS:
        news = _SEAT_NEWS[context.facts.cause]()
    return subject_with_time(news, context.facts, says_if_provisional=True)


def _lead(context: LetterContext) -> str:
    facts = context.facts
    if is_the_news(facts):
        return sentence_of_news(facts)
    if changes(facts):
        return changed_lead(facts)
    if facts.cause is Cause.ZONE:
        return _same_time(facts)
    if facts.gone:
        return _someone_left(facts)
    return promoted_lead(facts) if facts.cause is Cause.PROMOTED else part_lead(facts)


def _same_time(facts: LetterSnapshot) -> str:
    """Say that the time is the same as before, though the zone has new rules."""
    told = facts.session
    zone = formatting.zone_words(told.starts_wall, told.zone, told.fold)
    words = {"title": told.title, "day": formatting.day(told.starts_wall), "clock": formatting.clock_time(told.starts_wall), "zone": zone}
    return _("“%(title)s” is still on %(day)s at %(clock)s (%(zone)s).", **words)


def _someone_left(facts: LetterSnapshot) -> str:
    """Say who no longer comes and who still does: siblings, or a guardian who comes as an adult too."""
    told, gone = session_words(facts.session), names(facts.gone, facts)
    if not facts.seated:
        return ngettext(
            "%(gone)s is no longer coming to %(session)s. Your own part stays the same.",
            "%(gone)s are no longer coming to %(session)s. Your own part stays the same.",
            len(facts.gone),
            gone=gone,
            session=told,
        )
    left = ngettext("%(names)s is no longer coming.", "%(names)s are no longer coming.", len(facts.gone), names=gone)
    stay = ngettext(
        "%(names)s still has a seat at %(session)s.",
        "%(names)s still have seats at %(session)s.",
        len(facts.seated),
        names=names(facts.seated, facts),
        session=told,
    )
    return sentences(left, stay)


def _notes(context: LetterContext) -> Iterator[str]:
    if context.method is Method.REQUEST:
        yield from _what_the_calendar_asks(context.facts)
    yield from what_follows(context.facts)
    yield from about_the_calendar(context)


def _what_the_calendar_asks(facts: LetterSnapshot) -> Iterator[str]:
    if facts.cause is Cause.ZONE:
        city = formatting.city(facts.session.zone)
        yield _(
            "The rules for changing the clocks in %(city)s are new. The time is the same, but your calendar may have shown another.",
            city=city,
        )
    if facts.entry and facts.entry.answer != ParticipationStatus.NEEDS_ACTION:
        yield _("Your calendar updates the entry automatically. Your answer still counts, so you don't need to do anything.")
    else:
        yield _("Your calendar updates the entry automatically. If it asks for an answer again, please give one.")


KIND = SessionKind(
    kind=LetterKind.UPDATED,
    label=_l("Updated invitation"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=True,
    shows_day=True,
    rows=rows_of_who_takes_part,
    groups=no_groups,
    button=family_or_session_link,
    notes=_notes,
    links=family_links,
    stop_words=None,
    why=why_by_reader,
    calendar_method=Method.REQUEST,
    can_be_superseded=True,
    taken_back_with=TakenBackWith.WAITING_LIST,
    out_of_date=(*UNREACHABLE, OVER, DOES_NOT_TAKE_PLACE),
)
