"""A host, or a coordinator, is asked whether a provisional session will go ahead."""

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
from outreach.letters.phrases import session_phrase
from outreach.letters.provisional import until
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind, LetterSnapshot, Reader


def _subject(context: LetterContext) -> str:
    return subject_with_time(_news(context.snapshot), context.snapshot)


def _news(snapshot: LetterSnapshot) -> str:
    """'Please decide'."""
    if snapshot.reader is Reader.COORDINATOR:
        return _("No decision yet")
    return _("Please decide now") if snapshot.cause is Cause.UNDECIDED else _("Please decide")


def _lead(context: LetterContext) -> str:
    """Ask a host to decide, or a coordinator if the hosts haven't decided."""
    snapshot = context.snapshot
    phrase, by = session_phrase(snapshot.session), until(snapshot.session)
    if snapshot.reader is Reader.COORDINATOR:
        return _("Nobody has decided yet whether %(session)s will go ahead. The decision was due by %(until)s.", session=phrase, until=by)
    if snapshot.cause is Cause.UNDECIDED:
        return _("Will %(session)s go ahead? The decision was due by %(until)s. Please decide now.", session=phrase, until=by)
    return _("Will %(session)s go ahead? Please decide by %(until)s.", session=phrase, until=by)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=False)


def _button(context: LetterContext) -> Link:
    return Link(_("Decide now"), decision_url(context))


def _notes(context: LetterContext) -> Iterator[str]:
    """Say what the button does, and that the session stays provisional until then."""
    yield _("“Decide now” opens a page on which you can confirm or cancel the session without signing in. To move it, you need to sign in.")
    yield _("Opening the page doesn't change anything.")
    if context.snapshot.reader is Reader.COORDINATOR:
        yield _("We have asked the hosts. Until someone decides, the session stays provisional.")
    else:
        yield _("Until you decide, the session stays provisional.")
    yield _("The link is only for you. Please don't forward this e-mail.")


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
    stop_label=None,
    why=why_by_reader,
    out_of_date=(*UNREACHABLE, BEGUN, DOES_NOT_TAKE_PLACE, DECIDED),
)
