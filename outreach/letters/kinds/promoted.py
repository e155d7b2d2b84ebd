"""A seat became free for somebody who waited: the first calendar object."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.letters.content import LetterContext
from outreach.letters.kind import kind_with_request
from outreach.letters.language import gettext as _
from outreach.letters.leads import promoted_lead, seat_news, subject_with_time
from outreach.letters.notes import notes_of_new_entry
from outreach.models import LetterKind


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("A seat has become free"), context.snapshot, says_if_provisional=True)


KIND = kind_with_request(
    kind=LetterKind.PROMOTED,
    label=_l("A seat became free"),
    subject=_subject,
    lead=lambda context: promoted_lead(context.snapshot),
    notes=notes_of_new_entry,
    calendar_news=lambda context: seat_news(context.snapshot, became_free=True),
    begins_thread=True,
)
