"""A teacher learns that an address belongs to someone else, that it was right after all, or that letters don't arrive there."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, Group, LetterContext, Link
from outreach.letters.kind import SessionKind, no_links
from outreach.letters.language import gettext as _
from outreach.letters.leads import subject_with_time
from outreach.letters.links import page, registrations_link
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import UNREACHABLE
from outreach.letters.phrases import named_group, names, own_students, sentences, session_phrase
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind


def _subject(context: LetterContext) -> str:
    if context.snapshot.cause is Cause.BLOCKED:
        return subject_with_time(_("No guardian gets our e-mails"), context.snapshot)
    if context.snapshot.cause is Cause.UNDONE:
        return subject_with_time(_("An e-mail address is right after all"), context.snapshot)
    return subject_with_time(_("Please correct an e-mail address"), context.snapshot)


def _lead(context: LetterContext) -> str:
    """Say whose address is wrong."""
    snapshot = context.snapshot
    who, phrase = names(own_students(snapshot), snapshot), session_phrase(snapshot.session)
    if snapshot.cause is Cause.BLOCKED:
        return _(
            "The mail server of %(domain)s blocks our e-mails, so no guardian of %(names)s gets them. The next session is %(session)s.",
            domain=snapshot.reason,
            names=who,
            session=phrase,
        )
    if snapshot.cause is Cause.UNDONE:
        return _("The e-mail address we used for %(names)s about %(session)s is right after all.", names=who, session=phrase)
    if snapshot.cause is not Cause.BOUNCED:
        return _("The e-mail address we used for %(names)s about %(session)s belongs to someone else.", names=who, session=phrase)
    return _(
        "E-mails for %(names)s don't arrive. The mail server says that the address doesn't exist. The next session is %(session)s.",
        names=who,
        session=phrase,
    )


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    return fact_rows(context.snapshot, takes_part=False, has_link=False, names_students=False)


def _groups(context: LetterContext) -> Iterator[Group]:
    snapshot = context.snapshot
    is_bounced = snapshot.cause in (Cause.BOUNCED, Cause.BLOCKED)
    yield named_group(
        _("E-mails for these students go to this address") if is_bounced else _("This address was entered for"),
        own_students(snapshot),
        snapshot,
    )
    if snapshot.stands_in_for:
        yield named_group(_("Please tell them yourself"), snapshot.stands_in_for, snapshot)


def _button(context: LetterContext) -> Link:
    if context.snapshot.cause in (Cause.UNDONE, Cause.BLOCKED):
        return registrations_link(context)
    return Link(_("Correct the address"), page(context, "/students?show=trouble"))


def _notes(context: LetterContext) -> Iterator[str]:
    """Say what we do about it, and what the teacher can do."""
    snapshot = context.snapshot
    if snapshot.cause is Cause.UNDONE:
        yield _("The person at this address said “not my child” by mistake and has undone it. We send e-mails there again.")
        return
    if snapshot.cause is Cause.BLOCKED:
        yield _("This doesn't change your students' seats. Please ask the families for an address at another provider, and enter it.")
        yield _("Until then, you are the adult who gets our e-mails about them. Please pass on to a guardian what they say.")
        return
    if snapshot.cause is not Cause.BOUNCED:
        told = _("The person at this address told us so. We no longer send e-mails there.")
        is_held = any(student.is_held for student in snapshot.seated)
        yield sentences(told, "" if is_held else _("This doesn't change your students' seats."))
        if is_held:
            yield _("Seats of minors without another guardian are held until you settle that. A separate e-mail gives the deadline.")
        yield _("Please ask the family and correct the address in your class list. We'll then send the invitation to the new address.")
        return
    yield _("We no longer send e-mails to this address. This doesn't change your students' seats.")
    yield _("Please ask the family and correct the address in your class list. We'll then send the current details to the new address.")
    yield _("If the address is right, say so on the student's page. We'll then send e-mails there again.")
    if snapshot.stands_in_for:
        yield _("Until then, our e-mails reach nobody who is responsible for the students under “Please tell them yourself”.")


# It is still of use after the session is over.
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
    stop_label=None,
    why=why_by_reader,
    names_as_staff=True,
    out_of_date=UNREACHABLE,
)
