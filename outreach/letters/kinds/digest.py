"""A teacher's digest: the seats and the waiting list of the students they registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.changes import changes
from outreach.letters.content import FactRow, Group, LetterContext, Link
from outreach.letters.kind import SessionKind, no_links
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.leads import cancelled_lead, change_subject, changed_lead, gone_lead, subject_with_time, undone_lead
from outreach.letters.links import page, registrations_link, session_page
from outreach.letters.notes import held_until, why_by_reader, why_released
from outreach.letters.out_of_date import OVER, UNREACHABLE
from outreach.letters.phrases import named_group, names, sentences, session_phrase
from outreach.letters.provisional import is_only_status_change, status_lead, status_subject
from outreach.letters.rows import fact_rows
from outreach.models import Cause, LetterKind, LetterSnapshot
from outreach.people import HoldReason
from outreach.web import formatting


def _subject(context: LetterContext) -> str:
    snapshot = context.snapshot
    if snapshot.cause is Cause.MOVED and changes(snapshot):
        return change_subject(snapshot)
    return subject_with_time(_news(snapshot), snapshot)


def _news(snapshot: LetterSnapshot) -> str:
    if snapshot.cause is Cause.OFFERED:
        return _("A seat is free, please answer")
    if snapshot.cause is Cause.HELD and held_until(snapshot):
        return _("A seat is held, please settle it")
    if snapshot.cause is Cause.HANDED_OVER:
        return _("You answer for these students now")
    if is_only_status_change(snapshot):
        return status_subject(snapshot)
    return _("Cancelled") if snapshot.cause is Cause.CANCELLED else _counts_in_subject(snapshot)


def _counts_in_subject(snapshot: LetterSnapshot) -> str:
    """'10 with a seat, 4 waiting'."""
    numbers = {"seated": len(snapshot.seated), "waiting": len(snapshot.waiting), "gone": len(snapshot.gone)}
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
    snapshot = context.snapshot
    if is_only_status_change(snapshot):
        return status_lead(snapshot)
    if snapshot.cause is Cause.MOVED and snapshot.was:
        return changed_lead(snapshot)
    if snapshot.cause is Cause.HANDED_OVER:
        return _handed_over(snapshot)
    return cancelled_lead(snapshot) if snapshot.cause is Cause.CANCELLED else _what_became(snapshot)


def _handed_over(snapshot: LetterSnapshot) -> str:
    count, phrase = len(snapshot.seated + snapshot.waiting + snapshot.offered), session_phrase(snapshot.session)
    return ngettext(
        "From now on you answer for %(num)s student who is registered for %(session)s.",
        "From now on you answer for %(num)s students who are registered for %(session)s.",
        count,
        session=phrase,
    )


def _what_became(snapshot: LetterSnapshot) -> str:
    if snapshot.offered:
        return _offer(snapshot)
    if snapshot.cause in (Cause.REGISTERED, Cause.RESTORED):
        return undone_lead(_counts(snapshot), snapshot)
    if snapshot.cause in _SEAT_LEADS and not (snapshot.gone or snapshot.waiting):
        return _SEAT_LEADS[snapshot.cause](snapshot)
    groups = ((snapshot.gone, _gone), (snapshot.seated, _promoted), (snapshot.waiting, _waiting))
    leads = [lead for students, lead in groups if students]
    return leads[0](snapshot) if len(leads) == 1 else _several(snapshot)


def _several(snapshot: LetterSnapshot) -> str:
    news = _("There is news about %(session)s.", session=session_phrase(snapshot.session))
    gone, seated, waiting = (names(students, snapshot) for students in (snapshot.gone, snapshot.seated, snapshot.waiting))
    parts = (
        gone and ngettext("%(names)s is no longer coming.", "%(names)s are no longer coming.", len(snapshot.gone), names=gone),
        seated and ngettext("%(names)s has a seat.", "%(names)s have seats.", len(snapshot.seated), names=seated),
        waiting
        and ngettext("%(names)s is on the waiting list.", "%(names)s are on the waiting list.", len(snapshot.waiting), names=waiting),
    )
    return sentences(news, *parts) if any(parts) else sentences(news, _("Please check your registrations."))


def _counts(snapshot: LetterSnapshot) -> str:
    phrase, seated, waiting = session_phrase(snapshot.session), len(snapshot.seated), len(snapshot.waiting)
    if waiting and not seated:
        return ngettext(
            "%(num)s of your students is on the waiting list for %(session)s.",
            "%(num)s of your students are on the waiting list for %(session)s.",
            waiting,
            session=phrase,
        )
    return sentences(
        ngettext(
            "%(num)s of your students has a seat at %(session)s.",
            "%(num)s of your students have seats at %(session)s.",
            seated,
            session=phrase,
        ),
        ngettext("%(num)s is on the waiting list.", "%(num)s are on the waiting list.", waiting) if waiting else "",
    )


def _offer(snapshot: LetterSnapshot) -> str:
    who, phrase, count = names(snapshot.offered, snapshot), session_phrase(snapshot.session), len(snapshot.offered)
    return ngettext(
        "A seat is free at %(session)s. Would you like %(names)s to have it?",
        "Seats are free at %(session)s. Would you like %(names)s to have them?",
        count,
        names=who,
        session=phrase,
    )


def _held(snapshot: LetterSnapshot) -> str:
    return ngettext(
        "The seat of %(names)s at %(session)s is held, because something is missing.",
        "The seats of %(names)s at %(session)s are held, because something is missing.",
        len(snapshot.seated),
        names=names(snapshot.seated, snapshot),
        session=session_phrase(snapshot.session),
    )


def _confirmed(snapshot: LetterSnapshot) -> str:
    return ngettext(
        "The seat of %(names)s at %(session)s is confirmed.",
        "The seats of %(names)s at %(session)s are confirmed.",
        len(snapshot.seated),
        names=names(snapshot.seated, snapshot),
        session=session_phrase(snapshot.session),
    )


_SEAT_LEADS: dict[Cause, Callable[[LetterSnapshot], str]] = {Cause.HELD: _held, Cause.CONFIRMED: _confirmed}


def _promoted(snapshot: LetterSnapshot) -> str:
    who, phrase, count = names(snapshot.seated, snapshot), session_phrase(snapshot.session), len(snapshot.seated)
    return ngettext(
        "A seat has become free. %(names)s now has a seat at %(session)s.",
        "Seats have become free. %(names)s now have seats at %(session)s.",
        count,
        names=who,
        session=phrase,
    )


def _gone(snapshot: LetterSnapshot) -> str:
    return gone_lead(snapshot, session_phrase(snapshot.session))


def _waiting(snapshot: LetterSnapshot) -> str:
    who, phrase, count = names(snapshot.waiting, snapshot), session_phrase(snapshot.session), len(snapshot.waiting)
    return ngettext(
        "%(names)s is on the waiting list for %(session)s.",
        "%(names)s are on the waiting list for %(session)s.",
        count,
        names=who,
        session=phrase,
    )


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    takes_part = bool(context.snapshot.seated) and context.snapshot.cause is not Cause.CANCELLED
    return fact_rows(context.snapshot, takes_part=takes_part, has_link=False, names_students=False)


def _groups(context: LetterContext) -> Iterator[Group]:
    snapshot = context.snapshot
    seated, waiting, gone = len(snapshot.seated), len(snapshot.waiting), len(snapshot.gone)
    is_cancelled = snapshot.cause is Cause.CANCELLED
    if snapshot.offered:
        yield named_group(_("Can have a seat if you agree"), snapshot.offered, snapshot)
    if seated:
        heading = ngettext("%(num)s had a seat", "%(num)s had a seat", seated) if is_cancelled else None
        yield named_group(heading or ngettext("%(num)s has a seat", "%(num)s have a seat", seated), snapshot.seated, snapshot)
    if waiting:
        heading = ngettext("%(num)s was on the waiting list", "%(num)s were on the waiting list", waiting) if is_cancelled else None
        yield named_group(
            heading or ngettext("%(num)s is on the waiting list", "%(num)s are on the waiting list", waiting), snapshot.waiting, snapshot
        )
    if gone:
        yield named_group(ngettext("%(num)s is no longer coming", "%(num)s are no longer coming", gone), snapshot.gone, snapshot)
    if snapshot.stands_in_for:
        yield named_group(_("Please tell them yourself"), snapshot.stands_in_for, snapshot)


def _button(context: LetterContext) -> Link:
    if context.snapshot.offered:
        return Link(_("Answer the offer"), page(context, "/registrations"))
    if held_until(context.snapshot):
        return Link(_("See the seats and settle it"), session_page(context, "/seats"))
    return registrations_link(context)


def _notes(context: LetterContext) -> Iterator[str]:
    snapshot = context.snapshot
    if snapshot.offered_until:
        until = formatting.moment(snapshot.offered_until, snapshot.session.zone)
        yield _("The session starts soon, so we ask you before we give anyone a free seat. Please answer by %(until)s.", until=until)
    if snapshot.gone and snapshot.cause is Cause.DECLINED:
        yield _("The family answered “Can't come”. For this session, that counts as withdrawing.")
    yield from _about_held_seats(snapshot)
    yield from why_released(snapshot)
    if snapshot.waiting and snapshot.cause is not Cause.CANCELLED:
        yield _("We'll e-mail you if a seat becomes free.")
    if snapshot.stands_in_for:
        yield _("Our e-mails reach nobody who is responsible for the students under “Please tell them yourself”.")


def _about_held_seats(snapshot: LetterSnapshot) -> Iterator[str]:
    """Say what the teacher must settle, and by when."""
    held = [student for student in snapshot.seated if student.is_held]
    if any(HoldReason.NO_GUARDIAN in student.held_for for student in held):
        yield _(
            "A student under age whose seat is held no longer has a guardian we can e-mail. Please add one on the student's page, or take "
            "responsibility there yourself."
        )
    if not (until := held_until(snapshot)):
        return
    if all(HoldReason.TOO_YOUNG in student.held_for for student in held if student.held_until):
        yield _(
            "A student whose seat is held is below the minimum age of this session now. The host decides by %(until)s whether they keep "
            "the seat. Otherwise it goes to somebody else, and we tell the student.",
            until=until,
        )
    else:
        yield _("Please settle this by %(until)s. Otherwise the seat goes to somebody else, and we tell the student.", until=until)


def _stop_label() -> str:
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
    stop_label=_stop_label,
    why=why_by_reader,
    names_as_staff=True,
    out_of_date=(*UNREACHABLE, OVER),
)
