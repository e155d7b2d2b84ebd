"""Something has changed about a session, or about the family members who come."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.calendars import Method, ParticipationStatus
from outreach.letters.changes import changes
from outreach.letters.content import LetterContext
from outreach.letters.kind import TakenBackWith, kind_with_request
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import changed_lead, part_lead, promoted_lead, subject_with_time, undone_lead
from outreach.letters.notes import about_the_calendar, what_follows
from outreach.letters.phrases import names, sentences, session_phrase
from outreach.letters.provisional import is_only_status_change, status_lead, status_subject
from outreach.models import Cause, LetterKind, LetterSnapshot
from outreach.web import formatting

_SEAT_NEWS = {Cause.HELD: lambda: _("Seat held"), Cause.CONFIRMED: lambda: _("Seat confirmed")}


def _subject(context: LetterContext) -> str:
    news = _("Updated invitation") if context.snapshot.entry else _("Updated")
    if is_only_status_change(context.snapshot):
        news = status_subject(context.snapshot)
    elif context.snapshot.cause in _SEAT_NEWS:
        news = _SEAT_NEWS[context.snapshot.cause]()
    return subject_with_time(news, context.snapshot, says_if_provisional=True)


def _lead(context: LetterContext) -> str:
    snapshot = context.snapshot
    if is_only_status_change(snapshot):
        return status_lead(snapshot)
    if changes(snapshot):
        return changed_lead(snapshot)
    if snapshot.cause is Cause.ZONE:
        return _same_time(snapshot)
    if snapshot.gone:
        return _someone_left(snapshot)
    return promoted_lead(snapshot) if snapshot.cause is Cause.PROMOTED else undone_lead(part_lead(snapshot), snapshot)


def _same_time(snapshot: LetterSnapshot) -> str:
    """Say that the time is the same as before, though the zone has new rules."""
    outreach_session = snapshot.session
    zone = formatting.zone_words(outreach_session.starts_wall, outreach_session.zone, outreach_session.fold)
    values = {
        "title": outreach_session.title,
        "day": formatting.day(outreach_session.starts_wall),
        "clock": formatting.clock_time(outreach_session.starts_wall),
        "zone": zone,
    }
    return _("“%(title)s” is still on %(day)s at %(clock)s (%(zone)s).", **values)


def _someone_left(snapshot: LetterSnapshot) -> str:
    """Say who no longer comes and who still does: siblings, or a guardian who comes as an adult too."""
    phrase, gone = session_phrase(snapshot.session), names(snapshot.gone, snapshot)
    if not snapshot.seated:
        return ngettext(
            "%(gone)s is no longer coming to %(session)s. Your own part stays the same.",
            "%(gone)s are no longer coming to %(session)s. Your own part stays the same.",
            len(snapshot.gone),
            gone=gone,
            session=phrase,
        )
    left = ngettext("%(names)s is no longer coming.", "%(names)s are no longer coming.", len(snapshot.gone), names=gone)
    stay = ngettext(
        "%(names)s still has a seat at %(session)s.",
        "%(names)s still have seats at %(session)s.",
        len(snapshot.seated),
        names=names(snapshot.seated, snapshot),
        session=phrase,
    )
    return sentences(left, stay)


def _notes(context: LetterContext) -> Iterator[str]:
    if context.method is Method.REQUEST:
        yield from _what_the_calendar_asks(context.snapshot)
    yield from what_follows(context.snapshot)
    yield from about_the_calendar(context)


def _what_the_calendar_asks(snapshot: LetterSnapshot) -> Iterator[str]:
    if snapshot.cause is Cause.ZONE:
        city = formatting.city(snapshot.session.zone)
        yield _(
            "The rules for changing the clocks in %(city)s are new. The time is the same, but your calendar may have shown another.",
            city=city,
        )
    if snapshot.entry and snapshot.entry.answer != ParticipationStatus.NEEDS_ACTION:
        yield _("Your calendar updates the entry automatically. Your answer still counts, so you don't need to do anything.")
    else:
        yield _("Your calendar updates the entry automatically. If it asks for an answer again, please give one.")


KIND = kind_with_request(
    kind=LetterKind.UPDATED,
    label=_l("Updated invitation"),
    subject=_subject,
    lead=_lead,
    notes=_notes,
    taken_back_with=TakenBackWith.WAITING_LIST,
)
