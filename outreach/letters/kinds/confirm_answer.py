"""A question about an answer, with a copy to an adult where it asks a minor.

Somebody answered from another address: is the answer theirs? Or a calendar answered "can't come": shall we withdraw the student?
"""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContext, Link
from outreach.letters.kind import SessionKind, no_groups
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import subject_with_time
from outreach.letters.links import family_links, family_url, session_link
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import DOES_NOT_TAKE_PLACE, OVER, UNREACHABLE
from outreach.letters.phrases import is_about_you, is_family, names, session_phrase
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind, LetterSnapshot, Reader

_ANSWERS = {
    "accepted": lambda: _("Coming"),
    "tentative": lambda: _("Not sure"),
    "declined": lambda: _("Can't come"),
}


def _subject(context: LetterContext) -> str:
    if _is_about_withdrawing(context.snapshot):
        return subject_with_time(_("Withdraw or keep the seat"), context.snapshot)
    is_a_copy = _is_a_copy(context.snapshot)
    return subject_with_time(_("An answer from another address") if is_a_copy else _("Please confirm your answer"), context.snapshot)


def _lead(context: LetterContext) -> str:
    """Say that an answer doesn't count, and why."""
    snapshot = context.snapshot
    phrase = session_phrase(snapshot.session)
    if _is_about_withdrawing(snapshot):
        return _withdrawing_lead(snapshot, phrase)
    if _is_a_copy(snapshot):
        return _(
            "Someone answered the invitation for %(names)s to %(session)s from another address, so the answer doesn't count.",
            names=_whom_it_asks(snapshot),
            session=phrase,
        )
    return _("Someone answered your invitation to %(session)s from another address, so the answer doesn't count yet.", session=phrase)


def _is_about_withdrawing(snapshot: LetterSnapshot) -> bool:
    return snapshot.cause is Cause.DECLINED


def _withdrawing_lead(snapshot: LetterSnapshot, phrase: str) -> str:
    who = _whom_it_asks(snapshot)
    count = len(snapshot.seated or snapshot.stands_in_for)
    if _is_a_copy(snapshot):
        return _("%(names)s answered “Can't come” to %(session)s, and still has the seat.", names=who, session=phrase)
    if is_about_you(snapshot):
        return _("You answered “Can't come” to %(session)s. You still have the seat.", session=phrase)
    return ngettext(
        "You answered “Can't come” to %(session)s. %(names)s still has the seat.",
        "You answered “Can't come” to %(session)s. %(names)s still have the seats.",
        count,
        names=who,
        session=phrase,
    )


def _is_a_copy(snapshot: LetterSnapshot) -> bool:
    """The minor is asked; the reader is a guardian, or a teacher in place of one."""
    return snapshot.asked is not None and snapshot.asked.by is Reader.STUDENT and snapshot.reader is not Reader.STUDENT


def _whom_it_asks(snapshot: LetterSnapshot) -> str:
    return names(snapshot.seated or snapshot.stands_in_for, snapshot)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    rows, proposal = fact_rows(context.snapshot, takes_part=False, has_link=False), context.snapshot.asked
    if proposal is None or proposal.answer not in _ANSWERS or _is_about_withdrawing(context.snapshot):
        return rows
    return (FactRow(label=_("The answer"), lines=(_ANSWERS[proposal.answer](),)), *rows)


def _button(context: LetterContext) -> Link:
    if not is_family(context.snapshot):
        return session_link(context)
    if _is_about_withdrawing(context.snapshot):
        return Link(_("Withdraw or keep the seat"), f"{family_url(context)}/withdrawal")
    return Link(_("Answer on your page"), family_url(context))


def _notes(context: LetterContext) -> Iterator[str]:
    """Say what to do in each case that may have led to it."""
    snapshot = context.snapshot
    if _is_about_withdrawing(snapshot):
        yield from _notes_on_withdrawing(snapshot)
        return
    if _is_a_copy(snapshot):
        yield _("We have asked %(names)s to confirm the answer.", names=_whom_it_asks(snapshot))
        if not is_family(snapshot):
            yield _("We are telling you because our e-mails don't reach a guardian.")
    elif is_family(snapshot):
        yield _("If it was you, please answer on your page, or from the address this e-mail was sent to.")
        yield _("If you passed the invitation on, please note that it is only for you. A seat can't be passed on.")
    else:
        yield _("If it was you, please answer from the address this e-mail was sent to.")
        yield _("If you passed the invitation on, please note that it is only for you.")
    yield _("If you know nothing about it, you don't need to do anything. Nothing has changed.")


def _notes_on_withdrawing(snapshot: LetterSnapshot) -> Iterator[str]:
    if _is_a_copy(snapshot):
        yield _("We have asked %(names)s whether to withdraw.", names=_whom_it_asks(snapshot))
        if not is_family(snapshot):
            yield _("We are telling you because our e-mails don't reach a guardian.")
        yield _("Until somebody is withdrawn, nobody else can have the seat.")
    else:
        yield _("Until somebody is withdrawn, nobody else can have the seat. If you keep it, you don't need to do anything.")


KIND = SessionKind(
    kind=LetterKind.CONFIRM_ANSWER,
    label=_l("Question about an answer"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=False,
    shows_day=True,
    rows=_rows,
    groups=no_groups,
    button=_button,
    notes=_notes,
    links=family_links,
    stop_label=None,
    why=why_by_reader,
    out_of_date=(*UNREACHABLE, OVER, DOES_NOT_TAKE_PLACE),
)
