"""A reminder of a session, for everyone who takes part in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContext, Link
from outreach.letters.kind import SessionKind, TakenBackWith, no_groups
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import how_soon, subject_with_time
from outreach.letters.links import family_links, family_or_session_link, family_url, not_mine_link
from outreach.letters.nearness import SOON, TimeUnit, nearness
from outreach.letters.notes import if_plans_change, why_by_reader
from outreach.letters.out_of_date import BEGUN, DECLINED, DOES_NOT_TAKE_PLACE, MOVED, NEXT_REMINDER_DUE, UNREACHABLE
from outreach.letters.phrases import is_family, own_students, time_phrase
from outreach.letters.rows import fact_rows
from outreach.models import LetterKind


def _subject(context: LetterContext) -> str:
    return subject_with_time(how_soon(context), context.snapshot, says_if_provisional=True)


def _lead(context: LetterContext) -> str:
    """Say how soon and when it is, counted from when the row was written."""
    outreach_session = context.snapshot.session
    near = nearness(outreach_session, written_at=context.written_at)
    values = {"title": outreach_session.title, "when": time_phrase(outreach_session)}
    sentence: dict[TimeUnit, Callable[[], str]] = {
        TimeUnit.MINUTES: lambda: ngettext(
            "“%(title)s” starts in %(num)s minute, on %(when)s.",
            "“%(title)s” starts in %(num)s minutes, on %(when)s.",
            near.number,
            **values,
        ),
        TimeUnit.HOURS: lambda: ngettext(
            "“%(title)s” starts in %(num)s hour, on %(when)s.", "“%(title)s” starts in %(num)s hours, on %(when)s.", near.number, **values
        ),
        TimeUnit.TODAY: lambda: _("“%(title)s” is today, %(when)s.", **values),
        TimeUnit.TOMORROW: lambda: _("“%(title)s” is tomorrow, %(when)s.", **values),
        TimeUnit.DAYS: lambda: ngettext(
            "“%(title)s” is in %(num)s day, on %(when)s.", "“%(title)s” is in %(num)s days, on %(when)s.", near.number, **values
        ),
    }
    return sentence[near.unit]()


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=True, has_link=True)


def _button(context: LetterContext) -> Link:
    if _starts_online_soon(context):
        return Link(_("Join online"), context.snapshot.session.video_url)
    return family_or_session_link(context)


def _starts_online_soon(context: LetterContext) -> bool:
    outreach_session = context.snapshot.session
    return outreach_session.video_url.startswith(("https://", "http://")) and outreach_session.starts_at - context.written_at < SOON


def _notes(context: LetterContext) -> Iterator[str]:
    snapshot = context.snapshot
    if is_family(snapshot) and snapshot.seated and not snapshot.session.video_url:
        yield from if_plans_change(snapshot)


def _links(context: LetterContext) -> Iterator[Link]:
    """Link to the family's page, if the button is the link to join online."""
    snapshot = context.snapshot
    if is_family(snapshot) and own_students(snapshot) and _starts_online_soon(context):
        yield Link(_("Can't come? Withdraw here so that someone else can have the seat."), family_url(context))
        yield from not_mine_link(context)
    else:
        yield from family_links(context)


def _stop_label() -> str:
    return _("Stop reminders")


KIND = SessionKind(
    kind=LetterKind.REMINDER,
    label=_l("Reminder"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=True,
    shows_day=True,
    rows=_rows,
    groups=no_groups,
    button=_button,
    notes=_notes,
    links=_links,
    stop_label=_stop_label,
    why=why_by_reader,
    can_be_stopped=True,
    can_be_superseded=True,
    taken_back_with=TakenBackWith.INVITATION,
    out_of_date=(*UNREACHABLE, BEGUN, DOES_NOT_TAKE_PLACE, DECLINED, MOVED, NEXT_REMINDER_DUE),
)
