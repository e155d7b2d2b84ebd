"""The last e-mail to somebody who said "not my child": it names no child, removes the entry, and says how to undo it."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.calendars import Method
from outreach.letters.content import FactRow, LetterContext, Link
from outreach.letters.kind import SessionKind, no_groups, no_links
from outreach.letters.language import gettext as _
from outreach.letters.leads import subject_with_time
from outreach.letters.links import undo_until, undo_url
from outreach.letters.notes import to_remove
from outreach.letters.out_of_date import FAILS
from outreach.letters.phrases import session_phrase, title_phrase
from outreach.letters.rows import fact_rows
from outreach.models import LetterKind
from outreach.web import formatting


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("E-mails stopped"), context.snapshot)


def _lead(context: LetterContext) -> str:
    return _stopped(session_phrase(context.snapshot.session))


def _stopped(phrase: str) -> str:
    return _("You told us that our e-mails about %(session)s aren't for you, so we have stopped them.", session=phrase)


def _news(context: LetterContext) -> Iterator[str]:
    yield _stopped(title_phrase(context.snapshot.session))


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=False, names_students=False)


def _button(context: LetterContext) -> Link:
    return Link(_("It was a mistake: undo it"), undo_url(context))


def _notes(context: LetterContext) -> Iterator[str]:
    until = formatting.moment(undo_until(context), context.snapshot.reader_zone or context.snapshot.session.zone)
    yield _("If you pressed the button by mistake, you can undo it until %(until)s. After that, please ask the school.", until=until)
    yield _("We have asked the school to correct its list. Until it has, a seat may be held that depended on your address.")
    yield from to_remove(context)


def _why(_context: LetterContext) -> str:
    return _("You are receiving this last e-mail because you told us that the others aren't for you.")


# It goes to a mailbox that gets nothing else about sessions any more. It shows no day: the session itself goes ahead.
KIND = SessionKind(
    kind=LetterKind.NOT_MINE,
    label=_l("Not my child"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=False,
    shows_day=False,
    rows=_rows,
    groups=no_groups,
    button=_button,
    notes=_notes,
    links=no_links,
    stop_label=None,
    why=_why,
    calendar_method=Method.CANCEL,
    calendar_news=_news,
    out_of_date=FAILS,
)
