"""A host, or a coordinator, is asked whether students who are too young by now keep their seats."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, Group, LetterContext, Link
from outreach.letters.kind import SessionKind, no_links
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import subject_with_time
from outreach.letters.links import session_page
from outreach.letters.notes import held_until, why_by_reader
from outreach.letters.out_of_date import BEGUN, DOES_NOT_TAKE_PLACE, UNREACHABLE
from outreach.letters.phrases import session_phrase
from outreach.letters.rows import fact_rows
from outreach.models import LetterKind, Reader


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("Please decide who keeps a seat"), context.snapshot)


def _lead(context: LetterContext) -> str:
    snapshot = context.snapshot
    return ngettext(
        "%(num)s student with a seat at %(session)s is below the minimum age now.",
        "%(num)s students with seats at %(session)s are below the minimum age now.",
        len(snapshot.seated),
        session=session_phrase(snapshot.session),
    )


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=False, names_students=False)


def _groups(context: LetterContext) -> Iterator[Group]:
    yield Group(_("Below the minimum age"), tuple((one.given_name, one.school_name) for one in context.snapshot.seated))


def _button(context: LetterContext) -> Link:
    return Link(_("Keep or release"), session_page(context, "/no-longer-fit"))


def _notes(context: LetterContext) -> Iterator[str]:
    yield _("A birth date or a rule has changed. Until you decide, each seat is held, and nobody else gets it.")
    if until := held_until(context.snapshot):
        yield _("Please decide by %(until)s. A seat that nobody decides about is released then; family and teacher are told.", until=until)
    yield _("If you keep a student, please say why. It is noted, and their school can read it.")
    if context.snapshot.reader is Reader.COORDINATOR:
        yield _("You are asked because only a coordinator can lift the rule of a site, or because no host has an open account.")


KIND = SessionKind(
    kind=LetterKind.KEEP_OR_RELEASE,
    label=_l("Asks who keeps a seat"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=False,
    shows_day=True,
    rows=_rows,
    groups=_groups,
    button=_button,
    notes=_notes,
    links=no_links,
    stop_label=None,
    why=why_by_reader,
    out_of_date=(*UNREACHABLE, BEGUN, DOES_NOT_TAKE_PLACE),
)
