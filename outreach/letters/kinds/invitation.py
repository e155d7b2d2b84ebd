"""Somebody has a seat, teaches students who have one, or hosts the session: the first calendar object."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.letters.content import LetterContext
from outreach.letters.kind import kind_with_request
from outreach.letters.language import gettext as _
from outreach.letters.leads import part_lead, seat_news, subject_with_time, undone_lead
from outreach.letters.notes import notes_of_new_entry
from outreach.models import LetterKind


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("Invitation"), context.snapshot, says_if_provisional=True)


KIND = kind_with_request(
    kind=LetterKind.INVITATION,
    label=_l("Invitation"),
    subject=_subject,
    lead=lambda context: undone_lead(part_lead(context.snapshot), context.snapshot),
    notes=notes_of_new_entry,
    calendar_news=lambda context: seat_news(context.snapshot),
    begins_thread=True,
)
