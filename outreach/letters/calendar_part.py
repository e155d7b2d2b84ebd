"""The calendar object a letter carries, if any, from the facts it knows.

No secret link stands in it: a calendar is often shared (architecture.md, "Links").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta

from outreach.calendars import CalendarEntry, Method, ParticipationStatus, compose
from outreach.letters.content import FactRow, LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.links import session_page
from outreach.letters.phrases import given_names, is_about_you, place_name
from outreach.letters.provisional import status_lines
from outreach.letters.rows import meeting_point_lines, paragraphs, preparation
from outreach.models import EntrySnapshot, LetterSnapshot, SessionSnapshot
from outreach.time import is_skipped
from outreach.web import formatting


def calendar_object(context: LetterContext, entry_facts: EntrySnapshot, method: Method) -> bytes:
    """Write the object for the one attendee, the reader; the organizer is the address the letter comes from.

    DTSTAMP has whole seconds and must grow with each message (RFC 5546 2.1.5): two changes within one second are
    told apart by their sequence.
    """
    facts, mailbox, settings = context.facts, context.letter.mailbox, context.settings
    told = _on_a_clock_that_shows_it(facts.session)
    joins = method is Method.REQUEST and told.video_url
    entry = CalendarEntry(
        uid=entry_facts.uid,
        sequence=entry_facts.sequence,
        stamp=context.written_at + timedelta(seconds=entry_facts.sequence),
        created=entry_facts.created_at,
        last_modified=entry_facts.changed_at,
        summary=told.title,
        description="\n".join(_description(facts, has_link=bool(joins))),
        location=_location(told),
        starts_wall=told.starts_wall,
        ends_wall=told.ends_wall,
        zone=told.zone,
        fold=told.fold,
        organizer_name=_("%(host)s via Outreach", host=told.host_name),
        organizer_email=settings.reply_address_of(mailbox.token),
        attendee_name=facts.reader_name,
        attendee_email=mailbox.address,
        answer=ParticipationStatus(entry_facts.answer),
        transparent=entry_facts.is_transparent,
        tentative=told.is_provisional or entry_facts.is_held,
        url=session_page(context),
        conference_url=told.video_url if joins else None,
        conference_label=_("Join online") if joins else None,
    )
    return compose(entry, method)


def _on_a_clock_that_shows_it(told: SessionSnapshot) -> SessionSnapshot:
    """Where new zone data let the clock skip this time, the instants it was told with stand, in UTC: it can still be moved or cancelled."""
    if not (is_skipped(told.starts_wall, told.zone) or is_skipped(told.ends_wall, told.zone)):
        return told
    starts_wall, ends_wall = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (told.starts_at, told.ends_at))
    return replace(told, starts_wall=starts_wall, ends_wall=ends_wall, zone="UTC", fold=0)


def _location(told: SessionSnapshot) -> str:
    return ", ".join((place_name(told), *paragraphs(told.address))) if told.site_name else place_name(told)


def _lines(row: FactRow) -> Iterator[str]:
    """'What to wear: Short sleeves', or the label with a list below it."""
    if len(row.lines) == 1:
        yield _("%(label)s: %(value)s", label=row.label, value=row.lines[0])
    elif row.lines:
        yield _("%(label)s:", label=row.label)
        yield from (f"- {line}" for line in row.lines)


def _description(facts: LetterSnapshot, *, has_link: bool) -> Iterator[str]:
    told = facts.session
    yield _("%(format)s with %(host)s", format=told.format_name, host=told.host_name)
    yield formatting.when(told.starts_wall, told.ends_wall, told.zone, told.fold)
    yield _location(told)
    yield from meeting_point_lines(told)
    if told.is_provisional:
        yield from status_lines(told)
    if facts.entry and facts.entry.is_held:
        yield _("The seat is held but not confirmed yet.")
    if facts.seated and not is_about_you(facts):
        yield _("For %(names)s", names=given_names(facts.seated))
    for row in preparation(facts):
        yield from _lines(row)
    if has_link:
        yield _("%(label)s: %(value)s", label=_("Join"), value=told.video_url)
