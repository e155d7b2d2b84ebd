"""The host's roster, the evening before: who comes. If that changes afterwards, the host gets it once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.folding import name_key
from outreach.letters.content import FactRow, Group, LetterContext, Link
from outreach.letters.kind import SessionKind, no_links
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import how_soon, subject_with_time
from outreach.letters.links import session_page
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import BEGUN, DOES_NOT_TAKE_PLACE, MOVED, UNREACHABLE
from outreach.letters.phrases import sentences, session_phrase
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind


def _subject(context: LetterContext) -> str:
    count = len(context.snapshot.seated)
    if not count:
        news = _("Nobody is coming")
    elif _has_changed(context):
        news = ngettext("Roster changed, %(num)s student", "Roster changed, %(num)s students", count)
    else:
        news = ngettext("%(near)s, %(num)s student", "%(near)s, %(num)s students", count, near=how_soon(context))
    return subject_with_time(news, context.snapshot, says_if_provisional=True)


def _has_changed(context: LetterContext) -> bool:
    return context.snapshot.cause is Cause.REGISTERED


def _lead(context: LetterContext) -> str:
    change = _("The roster has changed since our last e-mail.") if _has_changed(context) else ""
    return sentences(change, _who_comes(context))


def _who_comes(context: LetterContext) -> str:
    """Say how many come, from how many schools."""
    snapshot = context.snapshot
    phrase, schools = session_phrase(snapshot.session), len({student.school_name for student in snapshot.seated})
    if not snapshot.seated:
        return _("Nobody is coming to %(session)s.", session=phrase)
    count = len(snapshot.seated)
    if schools == 1:
        return ngettext("%(num)s student is coming to %(session)s.", "%(num)s students are coming to %(session)s.", count, session=phrase)
    return ngettext(
        "%(num)s student from %(schools)s schools is coming to %(session)s.",
        "%(num)s students from %(schools)s schools are coming to %(session)s.",
        count,
        schools=schools,
        session=phrase,
    )


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=True, names_students=False)


def _groups(context: LetterContext) -> Iterator[Group]:
    """A host gets given names, the school, and whose seat is held, nothing else (rules.md)."""
    schools: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for student in context.snapshot.seated:
        schools[student.school_name].append((student.given_name, _("seat held") if student.is_held else ""))
    for school, students in sorted(schools.items(), key=lambda one: name_key(one[0])):
        yield Group(_heading(school, len(students)), tuple(sorted(students, key=lambda one: name_key(one[0]))))
    if context.snapshot.gone:
        yield Group(_("No longer coming"), tuple((student.given_name, student.school_name) for student in context.snapshot.gone))


def _heading(school: str, count: int) -> str:
    if school:
        return ngettext("%(school)s: %(num)s student", "%(school)s: %(num)s students", count, school=school)
    return ngettext("%(num)s student", "%(num)s students", count)


def _button(context: LetterContext) -> Link:
    return Link(_("Open the roster"), session_page(context, "/roster"))


def _notes(_context: LetterContext) -> Iterator[str]:
    yield _("Use the link above and sign in to see what the students need and the phone number for the day.")


KIND = SessionKind(
    kind=LetterKind.ROSTER,
    label=_l("Host's roster"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=True,
    shows_day=True,
    rows=_rows,
    groups=_groups,
    button=_button,
    notes=_notes,
    links=no_links,
    stop_label=None,
    why=why_by_reader,
    names_as_staff=True,
    out_of_date=(*UNREACHABLE, BEGUN, DOES_NOT_TAKE_PLACE, MOVED),
)
