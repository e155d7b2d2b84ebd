"""A family learns that a student is on the waiting list."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContext
from outreach.letters.kind import SessionKind, TakenBackWith, no_groups
from outreach.letters.language import gettext as _
from outreach.letters.leads import subject_with_time, undone_lead, waiting_lead
from outreach.letters.links import family_links, family_or_session_link
from outreach.letters.notes import if_a_seat_becomes_free, why_by_reader
from outreach.letters.out_of_date import DOES_NOT_TAKE_PLACE, OVER, UNREACHABLE
from outreach.letters.rows import fact_rows
from outreach.models import LetterKind


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("On the waiting list"), context.snapshot, says_if_provisional=True)


def _lead(context: LetterContext) -> str:
    return undone_lead(waiting_lead(context.snapshot), context.snapshot)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=False)


def _notes(_context: LetterContext) -> Iterator[str]:
    yield if_a_seat_becomes_free()


KIND = SessionKind(
    kind=LetterKind.WAITING,
    label=_l("Waiting list"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=True,
    shows_day=True,
    rows=_rows,
    groups=no_groups,
    button=family_or_session_link,
    notes=_notes,
    links=family_links,
    stop_label=None,
    why=why_by_reader,
    taken_back_with=TakenBackWith.WAITING_LIST,
    out_of_date=(*UNREACHABLE, OVER, DOES_NOT_TAKE_PLACE),
)
