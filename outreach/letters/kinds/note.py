"""A calendar asks for something a host and a teacher should know: another time, or somebody else in one's place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContext, Link
from outreach.letters.kind import SessionKind, no_groups, no_links
from outreach.letters.language import gettext as _
from outreach.letters.leads import subject_with_time
from outreach.letters.links import registrations_link, session_link, session_page
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import DOES_NOT_TAKE_PLACE, OVER, UNREACHABLE
from outreach.letters.phrases import names, session_words
from outreach.letters.rows import fact_rows, paragraphs
from outreach.models import Cause, LetterKind, LetterSnapshot, ProposalSnapshot, Reader
from outreach.web import formatting


def _subject(context: LetterContext) -> str:
    is_another_time = context.facts.cause is Cause.COUNTERED
    return subject_with_time(_("Another time proposed") if is_another_time else _("An invitation was passed on"), context.facts)


def _lead(context: LetterContext) -> str:
    facts = context.facts
    who, session = _who(facts), session_words(facts.session)
    is_by_family = bool(facts.seated) and facts.asked is not None and facts.asked.by is Reader.GUARDIAN
    if facts.cause is Cause.COUNTERED:
        if is_by_family:
            return _("The family of %(who)s would like another time for %(session)s.", who=who, session=session)
        if who:
            return _("%(who)s would like another time for %(session)s.", who=who, session=session)
        return _("Someone you invited would like another time for %(session)s.", session=session)
    if is_by_family:
        return _("The family of %(who)s passed the invitation to %(session)s on to someone else.", who=who, session=session)
    if who:
        return _("%(who)s passed the invitation to %(session)s on to someone else.", who=who, session=session)
    return _("Someone you invited passed the invitation to %(session)s on to someone else.", session=session)


def _who(facts: LetterSnapshot) -> str:
    """'Ana (Northside School)', an adult's name, or nothing where no name is known."""
    if not facts.seated or facts.asked is None:
        return facts.asked.name if facts.asked else ""
    schools = {student.school_name for student in facts.seated if student.school_name}
    who = names(facts.seated, facts)
    return _("%(who)s (%(school)s)", who=who, school=schools.pop()) if len(schools) == 1 else who


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return (*_asked_rows(context.facts), *fact_rows(context.facts, goes_on=False, has_link=False, names_students=False))


def _asked_rows(facts: LetterSnapshot) -> Iterator[FactRow]:
    """Give what was proposed, on the clock of the session, and what they wrote."""
    asked = facts.asked
    if asked is None:
        return
    if asked.starts_at and asked.ends_at:
        yield FactRow(label=_("Proposed time"), lines=_proposed(asked, facts.session.zone))
    if asked.comment:
        yield FactRow(label=_("Their message"), lines=paragraphs(asked.comment))


def _proposed(asked: ProposalSnapshot, zone: str) -> tuple[str, ...]:
    assert asked.starts_at is not None  # noqa: S101 (its caller looked)
    assert asked.ends_at is not None  # noqa: S101 (its caller looked)
    starts, ends = (moment.astimezone(UTC).astimezone(ZoneInfo(zone)) for moment in (asked.starts_at, asked.ends_at))
    words = formatting.zone_words(starts.replace(tzinfo=None), zone, starts.fold)
    return (formatting.day(starts), f"{formatting.span(starts, ends)} ({words})")


def _button(context: LetterContext) -> Link:
    if context.facts.reader is Reader.TEACHER:
        return registrations_link(context)
    if context.facts.cause is Cause.COUNTERED and context.facts.reader is Reader.HOST:
        return Link(_("Move the session"), session_page(context, "/move"))
    return session_link(context)


def _notes(context: LetterContext) -> Iterator[str]:
    """Say to host and teacher what follows, and that the other one knows."""
    facts = context.facts
    yield from _if_another_time(facts) if facts.cause is Cause.COUNTERED else _if_passed_on(facts)
    if facts.reader is Reader.TEACHER:
        yield _("We have also told the host.")
    elif facts.seated:
        yield _("We have also told the teacher who registered them.")


def _if_another_time(facts: LetterSnapshot) -> Iterator[str]:
    if facts.reader is Reader.HOST:
        yield _("Nothing has changed. If you move the session, every calendar is updated. If you don't, you don't need to do anything.")
        return
    yield _("Nothing has changed. The host decides whether to move the session.")
    yield _("If they can't come at the current time, please withdraw them. The seat then goes to someone on the waiting list.")


def _if_passed_on(facts: LetterSnapshot) -> Iterator[str]:
    yield _("A seat can't be passed on, so this doesn't count as an answer.")
    if facts.reader is Reader.TEACHER:
        yield _("If they don't need the seat, please withdraw them. The seat then goes to someone on the waiting list.")


KIND = SessionKind(
    kind=LetterKind.NOTE,
    label=_l("A calendar asks for something"),
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
    out_of_date=(*UNREACHABLE, OVER, DOES_NOT_TAKE_PLACE),
)
