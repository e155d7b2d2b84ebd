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
        yield _("Please answer the invitation in your mail or calendar, or with the link above.")
    elif context.facts.reader is not Reader.HOST:
        yield _("Please answer the invitation in your mail or calendar.")


def what_follows(facts: LetterSnapshot) -> Iterator[str]:
    """Say to each reader with a part in the session what comes next, and what to do if plans change."""
    if facts.reader is Reader.HOST:
        yield _("The evening before, you get the list of who comes. To move or cancel the session, sign in: every calendar follows.")
    elif facts.reader is Reader.TEACHER and facts.cause not in _WITHOUT_DIGEST:
        yield _("Who has a seat and who waits comes in a separate letter.")
    elif is_family(facts) and facts.seated:
        yield from while_held(facts)
        yield from if_plans_change(facts)
    elif facts.waiting:
        yield when_a_place_frees_up()


def while_held(facts: LetterSnapshot) -> Iterator[str]:
    """Say what is missing while seats are held, and that nothing is lost meanwhile."""
    held = [student for student in facts.seated if student.is_held]
    if not held:
        return
    missing = {reason for student in held for reason in student.held_for}
    yield from (words() for reason, words in _MISSING.items() if reason in missing)
    yield _("Nobody else gets the seat meanwhile. We'll write as soon as it is confirmed.")
    if facts.entry and facts.entry.is_held and not facts.session.is_provisional:
        yield _("As long as the seat is held, your calendar shows the session as tentative.")


_MISSING: dict[HoldReason, Callable[[], str]] = {
    HoldReason.NO_GUARDIAN: lambda: _("The seat can't be confirmed yet: the school first needs to name a guardian."),
    HoldReason.STEPS_MISSING: lambda: _("The seat can't be confirmed yet: some steps this session asks for aren't done."),
}


def if_plans_change(facts: LetterSnapshot) -> Iterator[str]:
    """Ask a family to withdraw, and say what an answer does."""
    yield _("If plans change, please withdraw with the link above: the place goes to somebody who waits.")
    if facts.session.frees_declined_seats:
        yield _("If you answer that you can't come, in your calendar or on that page, somebody else may have the place at once.")


def when_a_place_frees_up() -> str:
    """Say that there is nothing to do but wait."""
    return _("We'll tell you when a place frees up. There is nothing you need to do.")


def about_the_calendar(context: LetterContext) -> Iterator[str]:
    """Say what a calendar does by itself with the object this letter carries, if any."""
    facts = context.facts
    if context.method is Method.CANCEL:
        yield _("Your calendar takes the entry out by itself. If it asks, choose to remove it.")
    if context.method is not Method.REQUEST:
        return
    yield from note_on_calendars(facts)
    if facts.entry and facts.entry.is_transparent:
        yield _("Your calendar shows this as free time: it is there for you to know.")
    if facts.entry and facts.entry.is_first:
        yield _("If your mail calls us an unknown sender, choose “I know the sender”: then the session appears in your calendar by itself.")


def why_by_reader(context: LetterContext) -> str:
    """Say in which part somebody gets a letter."""
    return {
        Reader.HOST: lambda: _("You get this letter because you host sessions."),
        Reader.TEACHER: lambda: _("You get this letter because you registered students."),
        Reader.STUDENT: lambda: _("You get this letter because your school registered you."),
        Reader.GUARDIAN: lambda: _("You get this letter because a school named you as a student's guardian."),
        Reader.COORDINATOR: lambda: _("You get this letter because you coordinate the programme."),
    }[context.facts.reader]()
