"""Somebody no longer takes part in a session that goes ahead; the calendar object removes the entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask_babel import lazy_gettext as _l

from outreach.calendars import Method
from outreach.letters.calendar_part import reason_line
from outreach.letters.content import FactRow, LetterContext, Link
from outreach.letters.kind import SessionKind, no_groups
from outreach.letters.language import gettext as _
from outreach.letters.leads import gone_lead, subject_with_time
from outreach.letters.links import family_url, other_sessions_link
from outreach.letters.notes import to_remove, why_released
from outreach.letters.out_of_date import NEVER_LEFT, OVER, UNREACHABLE
from outreach.letters.phrases import is_about_you, is_family, session_phrase, title_phrase
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind, LetterSnapshot, Reader

_GO_ELSEWHERE: dict[Cause, Callable[[str], str]] = {
    Cause.ADDRESS: lambda phrase: _("We no longer send e-mails about %(session)s to this address.", session=phrase),
    Cause.AGE: lambda phrase: _("E-mails about %(session)s now go only to the student, who is of age on that day.", session=phrase),
    Cause.HANDED_OVER: lambda phrase: _("You no longer answer for students who come to %(session)s.", session=phrase),
}


def _subject(context: LetterContext) -> str:
    return subject_with_time(_news(context.snapshot), context.snapshot)


def _news(snapshot: LetterSnapshot) -> str:
    if snapshot.cause is Cause.REMOVED:
        return _("No longer taking part")
    if snapshot.cause is Cause.RELEASED:
        return _("Seat released")
    if snapshot.cause in (Cause.WITHDRAWN, Cause.DECLINED):
        return _("Withdrawn")
    return _("Please remove from your calendar") if snapshot.entry else _("No longer taking part")


def _lead(context: LetterContext) -> str:
    """Say that the reader no longer takes part, or why we no longer write to this address."""
    return _lead_about(context.snapshot, session_phrase(context.snapshot.session))


def _lead_about(snapshot: LetterSnapshot, phrase: str) -> str:
    if snapshot.cause in _GO_ELSEWHERE:
        return _GO_ELSEWHERE[snapshot.cause](phrase)
    if snapshot.reader is Reader.HOST or snapshot.cause is Cause.PUBLISHED:
        return _("You are no longer hosting %(session)s.", session=phrase)
    if snapshot.reader is Reader.TEACHER:
        return _("Your students are no longer coming to %(session)s.", session=phrase)
    if is_about_you(snapshot):
        return _("You are no longer registered for %(session)s.", session=phrase)
    return gone_lead(snapshot, phrase) if snapshot.gone else _("You no longer take part in %(session)s.", session=phrase)


def _calendar_news(context: LetterContext) -> Iterator[str]:
    snapshot = context.snapshot
    yield _lead_about(snapshot, title_phrase(snapshot.session))
    yield from reason_line(snapshot)
    yield from why_released(snapshot)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=False, names_students=False)


def _notes(context: LetterContext) -> Iterator[str]:
    yield from _what_follows(context.snapshot)
    yield from to_remove(context)


def _what_follows(snapshot: LetterSnapshot) -> Iterator[str]:
    if snapshot.cause is Cause.ADDRESS:
        yield _("Our e-mails now go to the new address.")
    elif is_family(snapshot) and snapshot.cause in (Cause.WITHDRAWN, Cause.DECLINED):
        if snapshot.cause is Cause.DECLINED:
            yield _("The answer was “Can't come”. For this session, that counts as withdrawing.")
            yield _("It can be undone on your page for 15 minutes, as long as nobody else has the seat.")
        yield _("If this is a mistake, please tell the teacher soon, while there may still be seats.")
    elif is_family(snapshot) and snapshot.cause is Cause.RELEASED:
        yield from why_released(snapshot)
        yield _("If you still want to take part, please talk to the teacher, who can register again while there are seats.")
    elif is_family(snapshot):
        yield _("The session itself is going ahead. If you have questions, please ask the teacher.")


def _links(context: LetterContext) -> Iterator[Link]:
    if is_family(context.snapshot) and context.snapshot.cause is Cause.DECLINED:
        yield Link(_("Open your page to undo it"), family_url(context))


def _why(_context: LetterContext) -> str:
    return _("You are receiving this e-mail because we e-mailed you about this session before.")


# It shows no day: the session itself goes ahead.
KIND = SessionKind(
    kind=LetterKind.REMOVED,
    label=_l("No longer taking part"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=False,
    shows_day=False,
    rows=_rows,
    groups=no_groups,
    button=other_sessions_link,
    notes=_notes,
    links=_links,
    stop_label=None,
    why=_why,
    calendar_method=Method.CANCEL,
    calendar_news=_calendar_news,
    can_be_superseded=True,
    out_of_date=(*UNREACHABLE, NEVER_LEFT, OVER),
)
