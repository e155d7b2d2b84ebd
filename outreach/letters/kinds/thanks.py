"""A thank-you, the day after a session, to students of age, guardians and teachers of those who had a seat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, Group, LetterContext, Link
from outreach.letters.kind import SessionKind
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import subject_with_time
from outreach.letters.links import not_mine_link, other_sessions_link, session_link
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import DOES_NOT_TAKE_PLACE, MOVED, UNREACHABLE, OutOfDateRule
from outreach.letters.phrases import is_about_you, named_group, names, session_phrase
from outreach.letters.rows import fact_rows
from outreach.models import Letter, LetterKind, Reader

GOOD_FOR = timedelta(days=7)


def _is_late(letter: Letter, now: datetime) -> bool:
    """It waited too long in the queue: a thank-you weeks later is of no use."""
    return letter.outreach_session is not None and now >= letter.outreach_session.ends_at + GOOD_FOR


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("Thank you"), context.snapshot)


def _lead(context: LetterContext) -> str:
    snapshot, phrase = context.snapshot, session_phrase(context.snapshot.session)
    if is_about_you(snapshot) or not snapshot.seated:
        return _("Thank you for taking part in %(session)s.", session=phrase)
    who = names(snapshot.seated, snapshot)
    if snapshot.reader is Reader.TEACHER:
        return _("Thank you for registering %(names)s for %(session)s.", names=who, session=phrase)
    if snapshot.reader is Reader.STUDENT:
        return _("Thank you, %(names)s, for taking part in %(session)s.", names=who, session=phrase)
    return _("Thank you for letting %(names)s take part in %(session)s.", names=who, session=phrase)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=False, names_students=context.snapshot.reader is not Reader.TEACHER)


def _groups(context: LetterContext) -> Iterator[Group]:
    snapshot, count = context.snapshot, len(context.snapshot.seated)
    if snapshot.reader is Reader.TEACHER and count:
        yield named_group(ngettext("%(num)s had a seat", "%(num)s had a seat", count), snapshot.seated, snapshot)


def _notes(context: LetterContext) -> Iterator[str]:
    if context.snapshot.reader is Reader.TEACHER:
        yield _("We hope your students enjoyed it. New sessions are added all the time.")
    elif context.snapshot.reader is Reader.STUDENT:
        yield _("We hope you enjoyed it. If you couldn't come in the end, there will be other sessions.")
    else:
        yield _("We hope they enjoyed it. If they couldn't come in the end, there will be other sessions.")


def _links(context: LetterContext) -> Iterator[Link]:
    yield other_sessions_link(context)
    yield from not_mine_link(context)


def _stop_label() -> str:
    return _("Stop reminders and e-mails like this one")


KIND = SessionKind(
    kind=LetterKind.THANKS,
    label=_l("Thank-you"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=False,
    shows_day=True,
    rows=_rows,
    groups=_groups,
    button=session_link,
    notes=_notes,
    links=_links,
    stop_label=_stop_label,
    why=why_by_reader,
    can_be_stopped=True,
    out_of_date=(*UNREACHABLE, DOES_NOT_TAKE_PLACE, MOVED, OutOfDateRule("late", _is_late)),
)
