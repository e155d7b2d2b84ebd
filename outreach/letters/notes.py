"""Paragraphs under the button that several kinds of letter share, and the line that says why somebody gets a letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from outreach.calendars import Method
from outreach.letters.content import LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.phrases import is_family
from outreach.letters.provisional import note_on_calendars
from outreach.models import Cause, LetterSnapshot, Reader
from outreach.people import HoldReason

_WITHOUT_DIGEST = (Cause.WORDING, Cause.ZONE, Cause.AGAIN)


def please_answer(context: LetterContext) -> Iterator[str]:
    """Ask for an answer to a calendar object that is new."""
    if context.method is not Method.REQUEST:
        return
    if is_family(context.facts):
        yield _("Please answer the invitation in your e-mail or calendar program, or with the link above.")
    elif context.facts.reader is not Reader.HOST:
        yield _("Please answer the invitation in your e-mail or calendar program.")


def what_follows(facts: LetterSnapshot) -> Iterator[str]:
    """Say to each reader with a part in the session what comes next, and what to do if plans change."""
    if facts.reader is Reader.HOST:
        yield _("The evening before, we'll send you the list of who is coming.")
        yield _("To move or cancel the session, please sign in. Every calendar is then updated.")
    elif facts.reader is Reader.TEACHER and facts.cause not in _WITHOUT_DIGEST:
        yield _("A separate e-mail tells you who has a seat and who is on the waiting list.")
    elif is_family(facts) and facts.seated:
        yield from while_held(facts)
        yield from if_plans_change(facts)
    elif facts.waiting:
        yield if_a_seat_becomes_free()


def while_held(facts: LetterSnapshot) -> Iterator[str]:
    """Say what is missing while seats are held, and that nothing is lost meanwhile."""
    held = [student for student in facts.seated if student.is_held]
    if not held:
        return
    missing = {reason for student in held for reason in student.held_for}
    yield from (words() for reason, words in _MISSING.items() if reason in missing)
    yield _("Nobody else can have the seat in the meantime. We'll e-mail you when it is confirmed.")
    if facts.entry and facts.entry.is_held and not facts.session.is_provisional:
        yield _("Until the seat is confirmed, your calendar shows the session as tentative.")


_MISSING: dict[HoldReason, Callable[[], str]] = {
    HoldReason.NO_GUARDIAN: lambda: _("The seat can't be confirmed yet, because the school first needs to name a guardian."),
    HoldReason.STEPS_MISSING: lambda: _("The seat can't be confirmed yet, because some steps for this session aren't done."),
}


def if_plans_change(facts: LetterSnapshot) -> Iterator[str]:
    """Ask a family to withdraw, and say what an answer does."""
    yield _("If your plans change, please use the link above to withdraw. The seat then goes to someone on the waiting list.")
    if facts.session.frees_declined_seats:
        yield _("If you answer “Can't come”, in your calendar or on that page, the seat may go to someone else at once.")


def if_a_seat_becomes_free() -> str:
    """Say that there is nothing to do but wait."""
    return _("We'll e-mail you if a seat becomes free. You don't need to do anything.")


def about_the_calendar(context: LetterContext) -> Iterator[str]:
    """Say what a calendar does by itself with the object this letter carries, if any."""
    facts = context.facts
    if context.method is Method.CANCEL:
        yield _("Your calendar removes the entry automatically. If it asks you, choose to remove it.")
    if context.method is not Method.REQUEST:
        return
    yield from note_on_calendars(facts)
    if facts.entry and facts.entry.is_transparent:
        yield _("Your calendar shows this time as free, because the entry is only for your information.")
    if facts.entry and facts.entry.is_first:
        yield _("If your e-mail program doesn't know us, choose “I know the sender”. The session is then added to your calendar.")


def why_by_reader(context: LetterContext) -> str:
    """Say in which part somebody gets a letter."""
    return {
        Reader.HOST: lambda: _("You are receiving this e-mail because you host sessions."),
        Reader.TEACHER: lambda: _("You are receiving this e-mail because you registered students."),
        Reader.STUDENT: lambda: _("You are receiving this e-mail because your school registered you."),
        Reader.GUARDIAN: lambda: _("You are receiving this e-mail because a school named you as a student's guardian."),
        Reader.COORDINATOR: lambda: _("You are receiving this e-mail because you coordinate the programme."),
    }[context.facts.reader]()
