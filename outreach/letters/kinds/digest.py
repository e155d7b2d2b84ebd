"""A teacher's digest: what became of the students they registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, Group, LetterContext, Link
from outreach.letters.kind import SessionKind, no_links
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import cancelled_lead, changed_lead, gone_lead, subject_with_title
from outreach.letters.links import page, registrations_link
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import OVER, UNREACHABLE
from outreach.letters.phrases import named_group, names, sentences, session_words
from outreach.letters.provisional import is_the_news, sentence_of_news, subject_of_news
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind, LetterSnapshot
from outreach.web import formatting


def _subject(context: LetterContext) -> str:
    return subject_with_title(_news(context.facts), context.facts)


def _news(facts: LetterSnapshot) -> str:
    if facts.cause is Cause.OFFERED:
        return _("A seat is free, please answer")
    if is_the_news(facts):
        return subject_of_news(facts)
    if facts.cause in (Cause.MOVED, Cause.CANCELLED):
        return _("Moved") if facts.cause is Cause.MOVED else _("Cancelled")
    return _counts_in_subject(facts)


def _counts_in_subject(facts: LetterSnapshot) -> str:
    """'10 with a seat, 4 waiting'."""
    numbers = {"seated": len(facts.seated), "waiting": len(facts.waiting), "gone": len(facts.gone)}
    return _COUNTS[tuple(key for key, number in numbers.items() if number)]() % numbers


_COUNTS: dict[tuple[str, ...], Callable[[], str]] = {
    (): lambda: _("Your students"),
    ("seated",): lambda: _("%(seated)s with a seat"),
    ("waiting",): lambda: _("%(waiting)s waiting"),
    ("gone",): lambda: _("%(gone)s no longer coming"),
    ("seated", "waiting"): lambda: _("%(seated)s with a seat, %(waiting)s waiting"),
    ("seated", "gone"): lambda: _("%(seated)s with a seat, %(gone)s no longer coming"),
    ("waiting", "gone"): lambda: _("%(waiting)s waiting, %(gone)s no longer coming"),
    ("seated", "waiting", "gone"): lambda: _("%(seated)s with a seat, %(waiting)s waiting, %(gone)s no longer coming"),
}


def _lead(context: LetterContext) -> str:
    facts = context.facts
    if is_the_news(facts):
        return sentence_of_news(facts)
    if facts.cause is Cause.MOVED and facts.was:
        return changed_lead(facts)
    return cancelled_lead(facts) if facts.cause is Cause.CANCELLED else _what_became(facts)


def _what_became(facts: LetterSnapshot) -> str:
    if facts.offered:
        return _offer(facts)
    if facts.cause is Cause.REGISTERED:
        return _counts(facts)
    groups = ((facts.gone, gone_lead), (facts.seated, _promoted), (facts.waiting, _waiting))
    leads = [lead for students, lead in groups if students]
    return leads[0](facts) if len(leads) == 1 else _several(facts)


def _several(facts: LetterSnapshot) -> str:
    news = _("There is news about %(session)s.", session=session_words(facts.session))
    gone, seated, waiting = (names(students, facts) for students in (facts.gone, facts.seated, facts.waiting))
    parts = (
        gone and ngettext("%(names)s is no longer coming.", "%(names)s are no longer coming.", len(facts.gone), names=gone),
        seated and ngettext("%(names)s has a seat.", "%(names)s have seats.", len(facts.seated), names=seated),
        waiting and ngettext("%(names)s is on the waiting list.", "%(names)s are on the waiting list.", len(facts.waiting), names=waiting),
    )
    return sentences(news, *parts) if any(parts) else sentences(news, _("Please check your registrations."))


def _counts(facts: LetterSnapshot) -> str:
    told, seated, waiting = session_words(facts.session), len(facts.seated), len(facts.waiting)
    if waiting and not seated:
        return ngettext(
            "%(num)s of your students is on the waiting list for %(session)s.",
            "%(num)s of your students are on the waiting list for %(session)s.",
            waiting,
            session=told,
        )
    return sentences(
        ngettext(
            "%(num)s of your students has a seat at %(session)s.",
            "%(num)s of your students have seats at %(session)s.",
            seated,
            session=told,
        ),
        ngettext("%(num)s is on the waiting list.", "%(num)s are on the waiting list.", waiting) if waiting else "",
    )


def _offer(facts: LetterSnapshot) -> str:
    who, told, count = names(facts.offered, facts), session_words(facts.session), len(facts.offered)
    return ngettext(
        "A seat is free at %(session)s. Would you like %(names)s to have it?",
        "Seats are free at %(session)s. Would you like %(names)s to have them?",
        count,
        names=who,
        session=told,
    )


def _promoted(facts: LetterSnapshot) -> str:
    who, told, count = names(facts.seated, facts), session_words(facts.session), len(facts.seated)
    return ngettext(
        "A seat has become free. %(names)s now has a seat at %(session)s.",
        "Seats have become free. %(names)s now have seats at %(session)s.",
        count,
        names=who,
        session=told,
    )


def _waiting(facts: LetterSnapshot) -> str:
    who, told, count = names(facts.waiting, facts), session_words(facts.session), len(facts.waiting)
    return ngettext(
        "%(names)s is on the waiting list for %(session)s.",
        "%(names)s are on the waiting list for %(session)s.",
        count,
        names=who,
        session=told,
    )


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    goes_on = bool(context.facts.seated) and context.facts.cause is not Cause.CANCELLED
    return fact_rows(context.facts, goes_on=goes_on, has_link=False, names_students=False)


def _groups(context: LetterContext) -> Iterator[Group]:
    facts = context.facts
    seated, waiting, gone = len(facts.seated), len(facts.waiting), len(facts.gone)
    is_cancelled = facts.cause is Cause.CANCELLED
    if facts.offered:
        yield named_group(_("Can have a seat if you agree"), facts.offered, facts)
    if seated:
        heading = ngettext("%(num)s had a seat", "%(num)s had a seat", seated) if is_cancelled else None
        yield named_group(heading or ngettext("%(num)s has a seat", "%(num)s have a seat", seated), facts.seated, facts)
    if waiting:
        heading = ngettext("%(num)s was on the waiting list", "%(num)s were on the waiting list", waiting) if is_cancelled else None
        yield named_group(heading or ngettext("%(num)s is waiting", "%(num)s are waiting", waiting), facts.waiting, facts)
    if gone:
        yield named_group(ngettext("%(num)s is no longer coming", "%(num)s are no longer coming", gone), facts.gone, facts)
    if facts.stands_in_for:
        yield named_group(_("Please tell them yourself"), facts.stands_in_for, facts)


def _button(context: LetterContext) -> Link:
    return Link(_("Answer the offer"), page(context, "/registrations")) if context.facts.offered else registrations_link(context)


def _notes(context: LetterContext) -> Iterator[str]:
    facts = context.facts
    if facts.offered_until:
        until = formatting.moment(facts.offered_until, facts.session.zone)
        yield _("The session starts soon, so we ask you before we give anyone a free seat. Please answer by %(until)s.", until=until)
    if facts.gone and facts.cause is Cause.DECLINED:
        yield _("The family answered “Can't come”. For this session, that counts as withdrawing.")
    if facts.waiting and facts.cause is not Cause.CANCELLED:
        yield _("We'll e-mail you if a seat becomes free.")
    if facts.stands_in_for:
        yield _("Our e-mails reach nobody who is responsible for the students under “Please tell them yourself”.")


def _stop_words() -> str:
    return _("Stop reminders (you'll still get e-mails like this one)")


KIND = SessionKind(
    kind=LetterKind.DIGEST,
    label=_l("Teacher's digest"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=True,
    shows_day=True,
    rows=_rows,
    groups=_groups,
    button=_button,
    notes=_notes,
    links=no_links,
    stop_words=_stop_words,
    why=why_by_reader,
    out_of_date=(*UNREACHABLE, OVER),
)
