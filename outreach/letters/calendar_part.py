"""The calendar object of a letter, written from its snapshot.

It contains no secret link, because calendars are often shared (architecture.md, "Links").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, timedelta

from outreach.calendars import CalendarEntry, Method, ParticipationStatus, compose
from outreach.letters.changes import SessionChange, changes
from outreach.letters.content import FactRow, LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.leads import DETAILS
from outreach.letters.links import session_page
from outreach.letters.phrases import given_names, is_about_you, location_name
from outreach.letters.provisional import StatusChange, status_change, status_lines
from outreach.letters.rows import meeting_point_lines, paragraphs, preparation
from outreach.models import EntrySnapshot, LetterSnapshot, SessionSnapshot
from outreach.time import is_skipped
from outreach.web import formatting


def calendar_object(context: LetterContext, entry_snapshot: EntrySnapshot, method: Method, news: Iterable[str]) -> bytes:
    """Write the object. The reader is its only attendee; the organizer is the address that the letter comes from.

    Its description begins with the news, because some programs show nothing else of a letter. It repeats neither day, time nor place,
    which the object has beside it: a move then changes nothing but the first line, and no program shows the rest struck out.

    DTSTAMP has whole seconds and must grow with each message (RFC 5546 2.1.5): two changes within one second are
    told apart by their sequence.
    """
    snapshot, mailbox, settings = context.snapshot, context.letter.mailbox, context.settings
    outreach_session = _in_existing_wall_time(snapshot.session)
    joins = method is Method.REQUEST and outreach_session.video_url
    entry = CalendarEntry(
        uid=entry_snapshot.uid,
        sequence=entry_snapshot.sequence,
        stamp=context.written_at + timedelta(seconds=entry_snapshot.sequence),
        created=entry_snapshot.created_at,
        last_modified=entry_snapshot.changed_at,
        summary=outreach_session.title,
        description="\n".join((*news, *_description(snapshot, method, has_link=bool(joins)))),
        location=_location(outreach_session),
        starts_wall=outreach_session.starts_wall,
        ends_wall=outreach_session.ends_wall,
        zone=outreach_session.zone,
        fold=outreach_session.fold,
        organizer_name=_("%(host)s via Outreach", host=outreach_session.host_name),
        organizer_email=settings.reply_address_of(mailbox.token),
        attendee_name=snapshot.reader_name,
        attendee_email=mailbox.address,
        answer=ParticipationStatus(entry_snapshot.answer),
        transparent=entry_snapshot.is_transparent,
        tentative=outreach_session.is_provisional or entry_snapshot.is_held,
        url=session_page(context),
        conference_url=outreach_session.video_url if joins else None,
        conference_label=_("Join online") if joins else None,
    )
    return compose(entry, method)


def _in_existing_wall_time(outreach_session: SessionSnapshot) -> SessionSnapshot:
    """Give the same instants in UTC if new zone data skip this wall time, so that the entry can still be moved or cancelled."""
    zone = outreach_session.zone
    if not (is_skipped(outreach_session.starts_wall, zone) or is_skipped(outreach_session.ends_wall, zone)):
        return outreach_session
    starts_wall, ends_wall = (
        moment.astimezone(UTC).replace(tzinfo=None) for moment in (outreach_session.starts_at, outreach_session.ends_at)
    )
    return replace(outreach_session, starts_wall=starts_wall, ends_wall=ends_wall, zone="UTC", fold=0)


def _location(outreach_session: SessionSnapshot) -> str:
    address = paragraphs(outreach_session.address) if outreach_session.site_name else ()
    return ", ".join((location_name(outreach_session), *address))


def _lines(row: FactRow) -> Iterator[str]:
    """'What to wear: Short sleeves', or the label with a list below it."""
    if len(row.lines) == 1:
        yield _("%(label)s: %(value)s", label=row.label, value=row.lines[0])
    elif row.lines:
        yield _("%(label)s:", label=row.label)
        yield from (f"- {line}" for line in row.lines)


def _description(snapshot: LetterSnapshot, method: Method, *, has_link: bool) -> Iterator[str]:
    outreach_session = snapshot.session
    if snapshot.seated and not is_about_you(snapshot):
        yield _("For %(names)s", names=given_names(snapshot.seated))
    if snapshot.entry and snapshot.entry.is_held and method is not Method.CANCEL:
        yield _("The seat is held but not confirmed yet.")
    if outreach_session.is_provisional and method is not Method.CANCEL:
        yield from status_lines(outreach_session)
    yield _("%(format)s with %(host)s", format=outreach_session.format_name, host=outreach_session.host_name)
    if method is not Method.CANCEL:
        yield from _to_prepare(snapshot, has_link=has_link)


def _to_prepare(snapshot: LetterSnapshot, *, has_link: bool) -> Iterator[str]:
    outreach_session = snapshot.session
    yield from meeting_point_lines(outreach_session)
    for row in preparation(snapshot):
        yield from _lines(row)
    if has_link:
        yield _("%(label)s: %(value)s", label=_("Join"), value=outreach_session.video_url)


def reason_line(snapshot: LetterSnapshot) -> Iterator[str]:
    """Give the reason in one line; nothing where none is known."""
    if reason := _in_one_line(snapshot.reason or snapshot.session.cancel_reason):
        yield _("%(label)s: %(value)s", label=_("Reason"), value=reason)


def note_line(snapshot: LetterSnapshot) -> Iterator[str]:
    """Give what the host says about the change in one line; nothing where they say nothing."""
    if snapshot.note:
        yield _("%(label)s: %(value)s", label=_("Note from the host"), value=_in_one_line(snapshot.note))


def change_lines(snapshot: LetterSnapshot) -> Iterator[str]:
    """Give a line for each thing that is new about the session, with what it was before."""
    new = changes(snapshot)
    for part, sentence in _NEWS.items():
        if part in new:
            yield _with_previous(sentence(), _PREVIOUS[part](snapshot.was, snapshot.session) if snapshot.was and part in _PREVIOUS else "")
    if status := status_change(snapshot):
        yield _STATUS[status]()


def _with_previous(news: str, previous: str) -> str:
    return _("%(news)s Before: %(previous)s", news=news, previous=previous) if previous else news


def _previous_when(was: SessionSnapshot, _now: SessionSnapshot) -> str:
    return formatting.when(was.starts_wall, was.ends_wall, was.zone, was.fold)


def _previous_end(was: SessionSnapshot, now: SessionSnapshot) -> str:
    end = formatting.clock_time(was.ends_wall)
    return end if was.ends_wall.date() == now.ends_wall.date() else f"{formatting.day(was.ends_wall)}, {end}"


def _previous_place(was: SessionSnapshot, now: SessionSnapshot) -> str:
    """Give site, area and address, or the meeting point if they are as they were."""
    place = _location(was)
    return place if place != _location(now) else was.meeting_point


def _in_one_line(text: str) -> str:
    return " ".join(paragraphs(text))


_NEWS: dict[SessionChange, Callable[[], str]] = {
    SessionChange.TIME: lambda: _("New time."),
    SessionChange.END: lambda: _("New end."),
    SessionChange.LOCATION: lambda: _("New place."),
    SessionChange.LINK: lambda: _("New link to join."),
    **DETAILS,
}
_PREVIOUS: dict[SessionChange, Callable[[SessionSnapshot, SessionSnapshot], str]] = {
    SessionChange.TIME: _previous_when,
    SessionChange.END: _previous_end,
    SessionChange.LOCATION: _previous_place,
    SessionChange.TITLE: lambda was, _now: was.title,
    SessionChange.HOST: lambda was, _now: was.host_name,
    SessionChange.BRING: lambda was, _now: _in_one_line(was.bring),
    SessionChange.WEAR: lambda was, _now: _in_one_line(was.wear),
    SessionChange.KIT: lambda was, _now: _in_one_line(was.kit),
}
_STATUS: dict[StatusChange, Callable[[], str]] = {
    StatusChange.CONFIRMED: lambda: _("The session is now confirmed and will go ahead."),
    StatusChange.PROVISIONAL: lambda: _("The session is now provisional."),
    StatusChange.POSTPONED: lambda: _("There is a new decision time."),
}
