"""Somebody no longer has a part in a session that takes place; the calendar takes the entry out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask_babel import lazy_gettext as _l

from outreach.calendars import Method
from outreach.letters.content import FactRow, LetterContext
from outreach.letters.kind import SessionKind, no_groups, no_links
from outreach.letters.language import gettext as _
from outreach.letters.leads import gone_lead, subject_with_time
from outreach.letters.links import other_sessions_link
from outreach.letters.notes import about_the_calendar
from outreach.letters.out_of_date import NEVER_LEFT, OVER, UNREACHABLE
from outreach.letters.phrases import is_about_you, is_family, session_words
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind, LetterSnapshot, Reader

_GO_ELSEWHERE: dict[Cause, Callable[[str], str]] = {
    Cause.ADDRESS: lambda told: _("We no longer send e-mails about %(session)s to this address.", session=told),
    Cause.AGE: lambda told: _("E-mails about %(session)s now go only to the student, who is of age on that day.", session=told),
}


def _subject(context: LetterContext) -> str:
    return subject_with_time(_news(context.facts), context.facts)


def _news(facts: LetterSnapshot) -> str:
    if facts.cause is Cause.REMOVED:
        return _("No longer taking part")
    return _("Withdrawn") if facts.cause in (Cause.WITHDRAWN, Cause.DECLINED) else _("No longer in your calendar")


def _lead(context: LetterContext) -> str:
    """Say that the reader's entry is taken back, and why it was there."""
    facts = context.facts
    told = session_words(facts.session)
    if facts.cause in _GO_ELSEWHERE:
        return _GO_ELSEWHERE[facts.cause](told)
    if facts.reader is Reader.HOST or facts.cause is Cause.PUBLISHED:
        return _("You are no longer hosting %(session)s.", session=told)
    if facts.reader is Reader.TEACHER:
        return _("Your students are no longer coming to %(session)s.", session=told)
    if is_about_you(facts):
        return _("You are no longer registered for %(session)s.", session=told)
    return gone_lead(facts) if facts.gone else _("%(session)s has been removed from your calendar.", session=told)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.facts, goes_on=False, has_link=False, names_students=False)


def _notes(context: LetterContext) -> Iterator[str]:
    yield from _what_follows(context.facts)
    yield from about_the_calendar(context)


def _what_follows(facts: LetterSnapshot) -> Iterator[str]:
    if facts.cause is Cause.ADDRESS:
        yield _("Our e-mails now go to the new address.")
    elif is_family(facts) and facts.cause in (Cause.WITHDRAWN, Cause.DECLINED):
        if facts.cause is Cause.DECLINED:
            yield _("The answer was “Can't come”. For this session, that counts as withdrawing.")
        yield _("If this is a mistake, please tell the teacher soon, while there may still be seats.")
    elif is_family(facts):
        yield _("The session itself is going ahead. If you have questions, please ask the teacher.")


def _why(_context: LetterContext) -> str:
    return _("You are receiving this e-mail because we e-mailed you about this session before.")


# It shows no day: the session's isn't off, only it isn't theirs.
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
    links=no_links,
    stop_words=None,
    why=_why,
    calendar_method=Method.CANCEL,
    can_be_superseded=True,
    out_of_date=(*UNREACHABLE, NEVER_LEFT, OVER),
)
