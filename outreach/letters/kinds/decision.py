"""A host, or a coordinator, is asked whether a provisional session takes place."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContext, Link
from outreach.letters.kind import SessionKind, no_groups, no_links
from outreach.letters.language import gettext as _
from outreach.letters.leads import subject_with_time
from outreach.letters.links import decision_url
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import BEGUN, DECIDED, DOES_NOT_TAKE_PLACE, UNREACHABLE
from outreach.letters.phrases import session_words
from outreach.letters.provisional import until
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind, LetterSnapshot, Reader


def _subject(context: LetterContext) -> str:
    return subject_with_time(_news(context.facts), context.facts)


def _news(facts: LetterSnapshot) -> str:
    """'Please decide'."""
    if facts.reader is Reader.COORDINATOR:
        return _("Nobody has decided")
    return _("Please decide now") if facts.cause is Cause.UNDECIDED else _("Please decide")


def _lead(context: LetterContext) -> str:
    """Ask whoever decides; a coordinator once the hosts haven't."""
    facts = context.facts
    told, by = session_words(facts.session), until(facts.session)
    if facts.reader is Reader.COORDINATOR:
        return _("Nobody has decided yet whether %(session)s takes place. That was due by %(until)s.", session=told, until=by)
    if facts.cause is Cause.UNDECIDED:
        return _("Does %(session)s take place? It should have been decided by %(until)s. Please decide now.", session=told, until=by)
    return _("Does %(session)s take place? Please decide by %(until)s.", session=told, until=by)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.facts, goes_on=False, has_link=False)


def _button(context: LetterContext) -> Link:
    return Link(_("Decide now"), decision_url(context))


def _notes(context: LetterContext) -> Iterator[str]:
    """Say what the button does, and that nothing happens by itself."""
    yield _("“Decide now” opens a page to confirm, cancel or move it, the first two without signing in. Opening it changes nothing.")
    if context.facts.reader is Reader.COORDINATOR:
        yield _("Its hosts were asked. Nothing happens by itself: until somebody decides, it stays provisional in every calendar.")
    else:
        yield _("Nothing happens by itself: until you decide, it stays provisional in every calendar.")
    yield _("The link is yours alone: please don't pass this letter on.")


KIND = SessionKind(
    kind=LetterKind.DECISION,
    label=_l("Asks for a decision"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=False,
    shows_day=True,
    rows=_rows,
    groups=no_groups,
    button=_button,
    notes=_notes,
    links=no_links,
    stop_words=None,
    why=why_by_reader,
    out_of_date=(*UNREACHABLE, BEGUN, DOES_NOT_TAKE_PLACE, DECIDED),
)
