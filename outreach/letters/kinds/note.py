"""A reply proposes another time, or shows that an invitation was passed on; the host and the teacher are told.

Or a school registers somebody again whom a host withdrew: the hosts decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContext, Link
from outreach.letters.kind import SessionKind, no_groups, no_links
from outreach.letters.language import gettext as _
from outreach.letters.leads import subject_with_time
from outreach.letters.links import page, registrations_link, session_link, session_page
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import DOES_NOT_TAKE_PLACE, OVER, UNREACHABLE
from outreach.letters.phrases import names, session_phrase
from outreach.letters.rows import fact_rows, paragraphs
from outreach.models import Cause, LetterKind, LetterSnapshot, ProposalSnapshot, Reader
from outreach.web import formatting


def _subject(context: LetterContext) -> str:
    if _is_returning(context.snapshot):
        return subject_with_time(_("Please decide: registered again"), context.snapshot)
    is_another_time = context.snapshot.cause is Cause.COUNTERED
    return subject_with_time(_("Another time proposed") if is_another_time else _("An invitation was passed on"), context.snapshot)


def _is_returning(snapshot: LetterSnapshot) -> bool:
    return snapshot.cause is Cause.REGISTERED


def _lead(context: LetterContext) -> str:
    snapshot = context.snapshot
    if _is_returning(snapshot):
        phrase = session_phrase(snapshot.session)
        return _("%(who)s, whom a host withdrew, is registered again for %(session)s.", who=_with_school(snapshot), session=phrase)
    return _calendar_lead(snapshot)


def _calendar_lead(snapshot: LetterSnapshot) -> str:
    who, phrase = _who(snapshot), session_phrase(snapshot.session)
    is_by_family = bool(snapshot.seated) and snapshot.asked is not None and snapshot.asked.by is Reader.GUARDIAN
    if snapshot.cause is Cause.COUNTERED:
        if is_by_family:
            return _("The family of %(who)s would like another time for %(session)s.", who=who, session=phrase)
        if who:
            return _("%(who)s would like another time for %(session)s.", who=who, session=phrase)
        return _("Someone you invited would like another time for %(session)s.", session=phrase)
    if is_by_family:
        return _("The family of %(who)s passed the invitation to %(session)s on to someone else.", who=who, session=phrase)
    if who:
        return _("%(who)s passed the invitation to %(session)s on to someone else.", who=who, session=phrase)
    return _("Someone you invited passed the invitation to %(session)s on to someone else.", session=phrase)


def _who(snapshot: LetterSnapshot) -> str:
    """'Ana (Northside School)', an adult's name, or nothing where no name is known."""
    if not snapshot.seated or snapshot.asked is None:
        return snapshot.asked.name if snapshot.asked else ""
    return _with_school(snapshot)


def _with_school(snapshot: LetterSnapshot) -> str:
    schools = {student.school_name for student in snapshot.seated if student.school_name}
    who = names(snapshot.seated, snapshot)
    return _("%(who)s (%(school)s)", who=who, school=schools.pop()) if len(schools) == 1 else who


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return (*_asked_rows(context.snapshot), *fact_rows(context.snapshot, takes_part=False, has_link=False, names_students=False))


def _asked_rows(snapshot: LetterSnapshot) -> Iterator[FactRow]:
    """Give the time proposed, in the zone of the session, and the message."""
    proposal = snapshot.asked
    if proposal is None:
        return
    if proposal.starts_at and proposal.ends_at:
        yield FactRow(label=_("Proposed time"), lines=_proposed(proposal, snapshot.session.zone))
    if proposal.comment:
        yield FactRow(label=_("Their message"), lines=paragraphs(proposal.comment))


def _proposed(proposal: ProposalSnapshot, zone: str) -> tuple[str, ...]:
    assert proposal.starts_at is not None  # noqa: S101 (its caller looked)
    assert proposal.ends_at is not None  # noqa: S101 (its caller looked)
    starts, ends = (moment.astimezone(UTC).astimezone(ZoneInfo(zone)) for moment in (proposal.starts_at, proposal.ends_at))
    zone_label = formatting.zone_words(starts.replace(tzinfo=None), zone, starts.fold)
    return (formatting.day(starts), f"{formatting.span(starts, ends)} ({zone_label})")


def _button(context: LetterContext) -> Link:
    if context.snapshot.reader is Reader.TEACHER:
        return registrations_link(context)
    if _is_returning(context.snapshot):
        return Link(_("Decide"), page(context, f"/registrations/{context.snapshot.seated[0].registration_id}/acceptance"))
    if context.snapshot.cause is Cause.COUNTERED and context.snapshot.reader is Reader.HOST:
        return Link(_("Move the session"), session_page(context, "/move"))
    return session_link(context)


def _notes(context: LetterContext) -> Iterator[str]:
    """Say what happens next, and who else was told."""
    snapshot = context.snapshot
    if _is_returning(snapshot):
        yield _("The seat is held until you decide. You can accept them, or withdraw them again.")
        return
    yield from _if_another_time(snapshot) if snapshot.cause is Cause.COUNTERED else _if_passed_on(snapshot)
    if snapshot.reader is Reader.TEACHER:
        yield _("We have also told the host.")
    elif snapshot.seated:
        yield _("We have also told the teacher who registered them.")


def _if_another_time(snapshot: LetterSnapshot) -> Iterator[str]:
    if snapshot.reader is Reader.HOST:
        yield _("Nothing has changed. If you move the session, everyone gets an e-mail. If you don't, you don't need to do anything.")
        return
    yield _("Nothing has changed. The host decides whether to move the session.")
    yield _("If they can't come at the current time, please withdraw them. The seat then goes to someone on the waiting list.")


def _if_passed_on(snapshot: LetterSnapshot) -> Iterator[str]:
    yield _("A seat can't be passed on, so this doesn't count as an answer.")
    if snapshot.reader is Reader.TEACHER:
        yield _("If they don't need the seat, please withdraw them. The seat then goes to someone on the waiting list.")


KIND = SessionKind(
    kind=LetterKind.NOTE,
    label=_l("A question for host or teacher"),
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
    names_as_staff=True,
    out_of_date=(*UNREACHABLE, OVER, DOES_NOT_TAKE_PLACE),
)
