"""A teacher learns that an address is somebody else's, or that letters don't arrive there."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, Group, LetterContext, Link
from outreach.letters.kind import SessionKind, no_links
from outreach.letters.language import gettext as _
from outreach.letters.leads import subject_with_title
from outreach.letters.links import page
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import UNREACHABLE
from outreach.letters.phrases import named_group, names, own_students, session_words
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind


def _subject(context: LetterContext) -> str:
    return subject_with_title(_("Please correct an e-mail address"), context.facts)


def _lead(context: LetterContext) -> str:
    """Say whose address reached somebody else, or nobody."""
    facts = context.facts
    who, told = names(own_students(facts), facts), session_words(facts.session)
    if facts.cause is not Cause.BOUNCED:
        return _("The e-mail address we used for %(names)s about %(session)s belongs to someone else.", names=who, session=told)
    return _(
        "E-mails for %(names)s don't arrive. The mail server says that the address doesn't exist. The next session is %(session)s.",
        names=who,
        session=told,
    )


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.facts, goes_on=False, has_link=False, names_students=False)


def _groups(context: LetterContext) -> Iterator[Group]:
    facts = context.facts
    is_nobodys = facts.cause is Cause.BOUNCED
    yield named_group(
        _("E-mails for these students go to this address") if is_nobodys else _("This address was entered for"), own_students(facts), facts
    )
    if facts.stands_in_for:
        yield named_group(_("Please tell them yourself"), facts.stands_in_for, facts)


def _button(context: LetterContext) -> Link:
    return Link(_("Correct the address"), page(context, "/students?show=trouble"))


def _notes(context: LetterContext) -> Iterator[str]:
    """Say what we do about it, and what the teacher can do."""
    facts = context.facts
    if facts.cause is not Cause.BOUNCED:
        yield _("The person at this address told us so. We no longer send e-mails there. This doesn't change your students' seats.")
        yield _("Please ask the family and correct the address in your class list. We'll then send the invitation to the new address.")
        return
    yield _("We no longer send e-mails to this address. This doesn't change your students' seats.")
    yield _("Please ask the family and correct the address in your class list. We'll then send the current details to the new address.")
    yield _("If the address is right, say so on the student's page. We'll then send e-mails there again.")
    if facts.stands_in_for:
        yield _("Until then, our e-mails reach nobody who is responsible for the students under “Please tell them yourself”.")


# It stays news after the session is over.
KIND = SessionKind(
    kind=LetterKind.WRONG_ADDRESS,
    label=_l("Wrong address"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=False,
    shows_day=True,
    rows=_rows,
    groups=_groups,
    button=_button,
    notes=_notes,
    links=no_links,
    stop_words=None,
    why=why_by_reader,
    out_of_date=UNREACHABLE,
)
