"""A session is cancelled; the calendar object removes the entry."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.calendars import Method
from outreach.letters.calendar_part import reason_line
from outreach.letters.content import FactRow, LetterContext
from outreach.letters.kind import SessionKind, no_groups
from outreach.letters.language import gettext as _
from outreach.letters.leads import cancelled_lead, subject_with_time
from outreach.letters.links import not_mine_link, other_sessions_link
from outreach.letters.notes import to_remove, why_by_reader
from outreach.letters.out_of_date import NEVER_LEFT, OVER, UNREACHABLE
from outreach.letters.rows import fact_rows
from outreach.models import LetterKind, Reader


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("Cancelled"), context.snapshot)


def _lead(context: LetterContext) -> str:
    return cancelled_lead(context.snapshot)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=False)


def _notes(context: LetterContext) -> Iterator[str]:
    if context.snapshot.reader is Reader.HOST:
        yield _("Everyone who had a seat or was on the waiting list gets an e-mail.")
    else:
        yield _("We are sorry. New sessions are added all the time.")
    yield from to_remove(context)


def _news(context: LetterContext) -> Iterator[str]:
    yield _("The session is cancelled.")
    yield from reason_line(context.snapshot)


KIND = SessionKind(
    kind=LetterKind.CANCELLED,
    label=_l("Cancelled"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=False,
    shows_day=True,
    rows=_rows,
    groups=no_groups,
    button=other_sessions_link,
    notes=_notes,
    links=not_mine_link,
    stop_label=None,
    why=why_by_reader,
    calendar_method=Method.CANCEL,
    calendar_news=_news,
    can_be_superseded=True,
    out_of_date=(*UNREACHABLE, NEVER_LEFT, OVER),
)
