"""A letter about a session, told: which lead, rows, lists, button and notes its kind and reader get."""

from __future__ import annotations

from outreach.calendars import Method
from outreach.letters.content import Day, FactRow, LetterContent
from outreach.letters.counter_proposals import asked_rows
from outreach.letters.groups import groups
from outreach.letters.language import gettext as _
from outreach.letters.leads import lead
from outreach.letters.links import button, small_links
from outreach.letters.notes import notes
from outreach.letters.rows import rows
from outreach.letters.subjects import subject
from outreach.models import Cause, Letter, LetterKind, LetterSnapshot, Reader
from outreach.settings import Settings
from outreach.web import formatting

TAKES_PART = (LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED, LetterKind.REMINDER)
NAMED_ELSEWHERE = (LetterKind.DIGEST, LetterKind.ROSTER, LetterKind.NOTE, LetterKind.WRONG_ADDRESS, LetterKind.REMOVED)


def compose(letter: Letter, facts: LetterSnapshot, method: Method | None, settings: Settings) -> LetterContent:
    """Give the content of a letter about a session, in the locale in force."""
    return LetterContent(
        subject=subject(letter.kind, facts, written_at=letter.created_at),
        lead=lead(letter.kind, facts, written_at=letter.created_at),
        kicker=facts.session.format_name,
        greeting=greeting(facts.reader_name),
        day=_day(letter.kind, facts),
        rows=_rows(letter.kind, facts),
        groups=groups(letter.kind, facts),
        button=button(letter, facts, settings),
        notes=notes(letter.kind, facts, method),
        links=small_links(letter, facts, settings),
        why=_why(letter.kind, facts.reader),
    )


def greeting(reader_name: str) -> str:
    """'Hello Ana,'; nothing where the name isn't known."""
    return _("Hello %(name)s,", name=reader_name) if reader_name else ""


def knows_link(kind: LetterKind, facts: LetterSnapshot) -> bool:
    """Whoever has a seat or a part knows the link to join; whoever waits, or comes no more, doesn't."""
    if kind in (LetterKind.REMINDER, LetterKind.ROSTER):
        return True
    return kind in TAKES_PART and facts.entry is not None


def _day(kind: LetterKind, facts: LetterSnapshot) -> Day | None:
    """Struck out where nothing takes place. Who is no longer on the list gets none: the day isn't off, only it isn't theirs."""
    if kind is LetterKind.REMOVED:
        return None
    return Day(*formatting.day_parts(facts.session.starts_wall), is_off=facts.cause is Cause.CANCELLED)


def _rows(kind: LetterKind, facts: LetterSnapshot) -> tuple[FactRow, ...]:
    goes_on = kind in TAKES_PART or (kind is LetterKind.DIGEST and bool(facts.seated) and facts.cause is not Cause.CANCELLED)
    told = rows(facts, goes_on=goes_on, has_link=knows_link(kind, facts), names_students=kind not in NAMED_ELSEWHERE)
    return (*asked_rows(facts), *told)


def _why(kind: LetterKind, reader: Reader) -> str:
    if kind is LetterKind.REMOVED:
        return _("You get this letter because we wrote to you about this session before.")
    return {
        Reader.HOST: lambda: _("You get this letter because you host sessions."),
        Reader.TEACHER: lambda: _("You get this letter because you registered students."),
        Reader.STUDENT: lambda: _("You get this letter because your school registered you."),
        Reader.GUARDIAN: lambda: _("You get this letter because a school named you as a student's guardian."),
        Reader.COORDINATOR: lambda: _("You get this letter because you coordinate the programme."),
    }[reader]()
