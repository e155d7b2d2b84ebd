"""Somebody has a seat, teaches students who have one, or hosts the session: the first calendar object."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.calendars import Method
from outreach.letters.content import LetterContext
from outreach.letters.kind import SessionKind, no_groups
from outreach.letters.language import gettext as _
from outreach.letters.leads import part_lead, subject_with_time
from outreach.letters.links import family_links, family_or_session_link
from outreach.letters.notes import about_the_calendar, please_answer, what_follows, why_by_reader
from outreach.letters.out_of_date import DOES_NOT_TAKE_PLACE, OVER, UNREACHABLE
from outreach.letters.rows import rows_of_who_takes_part
from outreach.models import LetterKind


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("Invitation"), context.snapshot, says_if_provisional=True)


def _lead(context: LetterContext) -> str:
    return part_lead(context.snapshot)


def _notes(context: LetterContext) -> Iterator[str]:
    yield from please_answer(context)
    yield from what_follows(context.snapshot)
    yield from about_the_calendar(context)


KIND = SessionKind(
    kind=LetterKind.INVITATION,
    label=_l("Invitation"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=True,
    shows_day=True,
    rows=rows_of_who_takes_part,
    groups=no_groups,
    button=family_or_session_link,
    notes=_notes,
    links=family_links,
    stop_label=None,
    why=why_by_reader,
    calendar_method=Method.REQUEST,
    begins_thread=True,
    can_be_superseded=True,
    out_of_date=(*UNREACHABLE, OVER, DOES_NOT_TAKE_PLACE),
)
