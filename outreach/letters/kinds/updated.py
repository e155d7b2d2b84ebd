"""Something has changed about a session, or about the family members who come."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask_babel import lazy_gettext as _l

from outreach.calendars import Method
from outreach.letters.calendar_part import change_lines, note_line, reason_line
from outreach.letters.changes import changes
from outreach.letters.content import LetterContext
from outreach.letters.kind import TakenBackWith, kind_with_request
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import change_subject, changed_lead, part_lead, promoted_lead, seat_news, subject_with_time, undone_lead
from outreach.letters.notes import about_the_entry, to_update, what_follows
from outreach.letters.phrases import names, sentences, session_phrase, start_values
from outreach.letters.provisional import is_only_status_change, status_lead, status_subject
from outreach.models import Cause, LetterKind, LetterSnapshot
from outreach.web import formatting

_NEWS: dict[Cause, Callable[[], str]] = {
    Cause.HELD: lambda: _("Seat held"),
    Cause.CONFIRMED: lambda: _("Seat confirmed"),
    Cause.ZONE: lambda: _("Same time, new clock rules"),
    Cause.PROMOTED: lambda: _("A seat has become free"),
    Cause.RESTORED: lambda: _("Withdrawal undone"),
    Cause.REGISTERED: lambda: _("Seats changed"),
    Cause.AGAIN: lambda: _("Sent again"),
}


def _subject(context: LetterContext) -> str:
    snapshot = context.snapshot
    is_about_seats = snapshot.cause in (Cause.HELD, Cause.CONFIRMED)
    if changes(snapshot) and not is_about_seats:
        return change_subject(snapshot, says_if_provisional=True)
    return subject_with_time(_news(snapshot), snapshot, says_if_provisional=True)


def _news(snapshot: LetterSnapshot) -> str:
    if is_only_status_change(snapshot):
        return status_subject(snapshot)
    if snapshot.gone:
        return _("Seats changed")
    if snapshot.cause in _NEWS:
        return _NEWS[snapshot.cause]()
    return _("Updated invitation") if snapshot.entry else _("Updated")


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
    values = start_values(outreach_session) | {"title": outreach_session.title, "zone": zone}
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
    stay = ngettext(
        "%(names)s still has a seat at %(session)s.",
        "%(names)s still have seats at %(session)s.",
        len(snapshot.seated),
        names=names(snapshot.seated, snapshot),
        session=phrase,
    )
    return sentences(_no_longer_coming(snapshot), stay)


def _no_longer_coming(snapshot: LetterSnapshot) -> str:
    gone = names(snapshot.gone, snapshot)
    return ngettext("%(names)s is no longer coming.", "%(names)s are no longer coming.", len(snapshot.gone), names=gone)


def _notes(context: LetterContext) -> Iterator[str]:
    if context.method is Method.REQUEST:
        yield from _new_clock_rules(context.snapshot)
    yield from to_update(context)
    yield from what_follows(context.snapshot)
    yield from about_the_entry(context)


def _new_clock_rules(snapshot: LetterSnapshot) -> Iterator[str]:
    if snapshot.cause is Cause.ZONE:
        city = formatting.city(snapshot.session.zone)
        yield _(
            "The rules for changing the clocks in %(city)s are new. The time is the same, but your calendar may have shown another.",
            city=city,
        )


def _calendar_news(context: LetterContext) -> Iterator[str]:
    """Give one line for each thing that is new, with what it was before."""
    snapshot = context.snapshot
    yield from change_lines(snapshot)
    yield from note_line(snapshot)
    yield from _new_clock_rules(snapshot)
    if snapshot.gone:
        yield _no_longer_coming(snapshot)
        yield from reason_line(snapshot)
    yield from seat_news(snapshot, became_free=snapshot.cause is Cause.PROMOTED)


KIND = kind_with_request(
    kind=LetterKind.UPDATED,
    label=_l("Updated invitation"),
    subject=_subject,
    lead=_lead,
    notes=_notes,
    calendar_news=_calendar_news,
    taken_back_with=TakenBackWith.WAITING_LIST,
)
