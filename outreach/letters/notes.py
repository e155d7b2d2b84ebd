"""Paragraphs below the button that several kinds of letter share, and the reason why somebody gets a letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from outreach.calendars import Method, ParticipationStatus
from outreach.letters.content import LetterContext
from outreach.letters.language import gettext as _
from outreach.letters.phrases import is_family, sentences
from outreach.letters.provisional import while_provisional_note
from outreach.models import Cause, LetterSnapshot, Reader
from outreach.people import HoldReason
from outreach.web import formatting

_WITHOUT_DIGEST = (Cause.WORDING, Cause.ZONE, Cause.AGAIN)


def what_follows(snapshot: LetterSnapshot) -> Iterator[str]:
    """Say what happens next, and what to do if plans change."""
    if snapshot.reader is Reader.HOST:
        yield _("The evening before, we'll send you the list of who is coming.")
        yield _("To move or cancel the session, please sign in. Everyone who takes part then gets an e-mail.")
    elif snapshot.reader is Reader.TEACHER and snapshot.cause not in _WITHOUT_DIGEST:
        yield _("A separate e-mail tells you who has a seat and who is on the waiting list.")
    elif is_family(snapshot) and snapshot.seated:
        yield from while_held(snapshot)
        yield from if_plans_change(snapshot)
    elif snapshot.waiting:
        yield if_a_seat_becomes_free()


def while_held(snapshot: LetterSnapshot) -> Iterator[str]:
    """Say what is missing for held seats, and that the seat stays reserved."""
    held = [student for student in snapshot.seated if student.is_held]
    if not held:
        return
    missing = {reason for student in held for reason in student.held_for}
    yield from (sentence() for reason, sentence in _MISSING.items() if reason in missing)
    if until := held_until(snapshot):
        yield _("If that isn't settled by %(until)s, the seat goes to somebody else. We'll e-mail you either way.", until=until)
    else:
        yield _("Nobody else can have the seat in the meantime. We'll e-mail you when it is confirmed.")
    if snapshot.entry and snapshot.entry.is_held and not snapshot.session.is_provisional:
        yield _("Until the seat is confirmed, your calendar may mark the session as tentative.")


_MISSING: dict[HoldReason, Callable[[], str]] = {
    HoldReason.NO_GUARDIAN: lambda: _("The seat can't be confirmed yet, because the school first needs to add a guardian."),
    HoldReason.STEPS_MISSING: lambda: _("The seat can't be confirmed yet, because some steps for this session aren't done."),
    HoldReason.TOO_YOUNG: lambda: _("The student is below the minimum age of this session now. The host decides whether the seat stays."),
    HoldReason.REMOVED_BEFORE: lambda: _("The seat can't be confirmed yet, because the host decides about it."),
}


def held_until(snapshot: LetterSnapshot) -> str:
    """Give the moment at which the first held seat is released, on the reader's clock; nothing where none is."""
    ends = [student.held_until for student in snapshot.seated if student.held_until]
    return formatting.moment(min(ends), snapshot.reader_zone or snapshot.session.zone) if ends else ""


def why_released(snapshot: LetterSnapshot) -> Iterator[str]:
    """Say why held seats were released, unless somebody released them and said why."""
    if snapshot.reason:
        return
    reasons = {reason for student in snapshot.gone for reason in student.held_for}
    yield from (sentence() for reason, sentence in _NOT_SETTLED.items() if reason in reasons)


_NOT_SETTLED: dict[HoldReason, Callable[[], str]] = {
    HoldReason.NO_GUARDIAN: lambda: _(
        "The seat was held until the school added a guardian or took responsibility. Neither was done in time, so it was released."
    ),
    HoldReason.TOO_YOUNG: lambda: _(
        "The student is below the minimum age of this session, and the host didn't decide in time to keep the seat, so it was released."
    ),
    HoldReason.REMOVED_BEFORE: lambda: _("The seat was held until the host decided. That wasn't done in time, so it was released."),
}


def if_plans_change(snapshot: LetterSnapshot) -> Iterator[str]:
    """Ask a family to withdraw, and say what an answer does."""
    yield _("If your plans change, please use the link above to withdraw. The seat then goes to someone on the waiting list.")
    if snapshot.session.frees_declined_seats:
        yield _("If you answer “Can't come” in your calendar, the seat may go to someone else at once.")


def if_a_seat_becomes_free() -> str:
    """Say that the reader doesn't need to do anything."""
    return _("We'll e-mail you if a seat becomes free. You don't need to do anything.")


def notes_of_new_entry(context: LetterContext) -> Iterator[str]:
    """Give all notes of a letter with a new calendar entry."""
    if context.method is Method.REQUEST:
        yield sentences(_to_add(context.snapshot), _without_buttons(context.snapshot))
    yield from what_follows(context.snapshot)
    yield from about_the_entry(context)


def _to_add(snapshot: LetterSnapshot) -> str:
    if snapshot.reader is Reader.HOST:
        return _("To have the session in your calendar, press “Accept” or “Yes” in this e-mail.")
    return _("To answer, and to have the session in your calendar, press “Accept” or “Yes” in this e-mail.")


def to_update(context: LetterContext) -> Iterator[str]:
    """Say what to press so that the calendar shows what is new: no program can be relied on to do it by itself."""
    snapshot = context.snapshot
    if context.method is not Method.REQUEST or snapshot.entry is None:
        return
    if snapshot.entry.answer == ParticipationStatus.NEEDS_ACTION:
        press = _("Your calendar may still show the old entry. To answer, and to change it, press “Accept” or “Update” in this e-mail.")
    else:
        press = _(
            "Your calendar may still show the old entry. To change it, press “Update” in this e-mail, or give the same answer again. "
            "Your answer still counts."
        )
    yield sentences(press, _without_buttons(snapshot))


def to_remove(context: LetterContext) -> Iterator[str]:
    """Say what to press so that the session leaves the calendar, if it was there."""
    if context.method is Method.CANCEL:
        yield _(
            "Your calendar may still show the session. To remove it, press “Delete” or “Remove” in this e-mail. If you see no such "
            "button, please delete the entry in your calendar."
        )


def _without_buttons(snapshot: LetterSnapshot) -> str:
    if is_family(snapshot):
        return _("If you see no such button, use the link above. Its page always shows how things are now, and you can answer there.")
    return _("If you see no such button, use the link above. Its page always shows how things are now.")


def about_the_entry(context: LetterContext) -> Iterator[str]:
    """Say what else to know of the entry in this letter, if it has one."""
    if context.method is not Method.REQUEST:
        return
    yield from while_provisional_note(context.snapshot)
    if context.snapshot.entry and context.snapshot.entry.is_first:
        yield _("If your e-mail program asks whether you know the sender, choose “I know the sender”.")


_INSTEAD: dict[Reader, Callable[[str], str]] = {
    Reader.TEACHER: lambda name: _(
        "You are receiving this e-mail in place of %(name)s, who registered these students and no longer answers for them.", name=name
    ),
    Reader.HOST: lambda name: _(
        "You are receiving this e-mail in place of %(name)s, who hosts this session and no longer has an account.", name=name
    ),
}


def why_by_reader(context: LetterContext) -> str:
    """Say why the reader gets the letter, by their role, or in whose place."""
    if context.snapshot.instead_of:
        return _INSTEAD[context.snapshot.reader](context.snapshot.instead_of)
    return {
        Reader.HOST: lambda: _("You are receiving this e-mail because you host sessions."),
        Reader.TEACHER: lambda: _("You are receiving this e-mail because you registered students."),
        Reader.STUDENT: lambda: _("You are receiving this e-mail because your school registered you."),
        Reader.GUARDIAN: lambda: _("You are receiving this e-mail because a school named you as a student's guardian."),
        Reader.COORDINATOR: lambda: _("You are receiving this e-mail because you coordinate the programme."),
    }[context.snapshot.reader]()
