"""The paragraphs under the button: what the calendar does by itself, what to do, what happens next."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.calendars import Method, ParticipationStatus
from outreach.letters.counter_proposals import asked_notes, confirm_notes
from outreach.letters.decision import notes_to_who_decides
from outreach.letters.language import gettext as _
from outreach.letters.phrases import is_family
from outreach.letters.provisional import note_on_calendars
from outreach.letters.times import at_place
from outreach.letters.wrong_address import wrong_address_notes
from outreach.models import Cause, LetterKind, LetterSnapshot, Reader
from outreach.web import formatting


def notes(kind: LetterKind, facts: LetterSnapshot, method: Method | None) -> tuple[str, ...]:
    """Give the paragraphs of a letter that carries this calendar method, or none."""
    asks = method is Method.REQUEST
    return (*(_the_answer(kind, facts) if asks else ()), *_by_kind(kind, facts), *_the_calendar(facts, method))


def _the_answer(kind: LetterKind, facts: LetterSnapshot) -> Iterator[str]:
    if kind is LetterKind.UPDATED and facts.cause is Cause.ZONE:
        city = formatting.city(facts.session.zone)
        yield _(
            "The rules for clocks in %(city)s have changed. The time stays as promised; your calendar may have shown another.",
            city=city,
        )
    if kind is LetterKind.UPDATED and facts.entry and facts.entry.answer != ParticipationStatus.NEEDS_ACTION:
        yield _("Your calendar changes the entry by itself. Your answer stands: there is nothing to do.")
    elif kind is LetterKind.UPDATED:
        yield _("Your calendar changes the entry by itself. If it asks for an answer again, please give it.")
    elif is_family(facts):
        yield _("Please answer the invitation in your mail or calendar, or with the link above.")
    elif facts.reader is not Reader.HOST:
        yield _("Please answer the invitation in your mail or calendar.")


def _the_calendar(facts: LetterSnapshot, method: Method | None) -> Iterator[str]:
    if method is Method.CANCEL:
        yield _("Your calendar takes the entry out by itself. If it asks, choose to remove it.")
    if method is not Method.REQUEST:
        return
    yield from note_on_calendars(facts)
    if facts.entry and facts.entry.is_transparent:
        yield _("Your calendar shows this as free time: it is there for you to know.")
    if facts.entry and facts.entry.is_first:
        yield _("If your mail calls us an unknown sender, choose “I know the sender”: then the session appears in your calendar by itself.")


def _by_kind(kind: LetterKind, facts: LetterSnapshot) -> Iterator[str]:
    if kind in (LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED, LetterKind.REMINDER):
        yield from _going(kind, facts)
    elif kind is LetterKind.WAITING:
        yield _when_a_place_frees_up()
    elif kind is LetterKind.CANCELLED:
        is_host = facts.reader is Reader.HOST
        yield (
            _("Everybody who had a seat or waited for one is told.") if is_host else _("We are sorry. New sessions are added all the time.")
        )
    elif kind is LetterKind.REMOVED:
        yield from _removed(facts)
    elif kind is LetterKind.DIGEST:
        yield from _digest(facts)
    elif kind in _ASKING:
        yield from _ASKING[kind](facts)
    else:
        yield from _behind_sign_in(kind)


def _going(kind: LetterKind, facts: LetterSnapshot) -> Iterator[str]:
    if facts.reader is Reader.HOST and kind is not LetterKind.REMINDER:
        yield _("The evening before, you get the list of who comes. To move or cancel the session, sign in: every calendar follows.")
    elif facts.reader is Reader.TEACHER and kind is not LetterKind.REMINDER and facts.cause not in _WITHOUT_DIGEST:
        yield _("Who has a seat and who waits comes in a separate letter.")
    elif is_family(facts) and facts.seated and not (kind is LetterKind.REMINDER and facts.session.video_url):
        yield _("If plans change, please withdraw with the link above: the place goes to somebody who waits.")
        if facts.session.frees_declined_seats:
            yield _("If you answer that you can't come, in your calendar or on that page, somebody else may have the place at once.")
    elif facts.waiting:
        yield _when_a_place_frees_up()


def _when_a_place_frees_up() -> str:
    return _("We'll tell you when a place frees up. There is nothing you need to do.")


def _removed(facts: LetterSnapshot) -> Iterator[str]:
    if facts.cause is Cause.ADDRESS:
        yield _("Whoever it is for gets our letters at the new address.")
    elif is_family(facts) and facts.cause in (Cause.WITHDRAWN, Cause.DECLINED):
        if facts.cause is Cause.DECLINED:
            yield _("The answer was “can't come”, and this session gives such a place back at once.")
        yield _("If this is a mistake, tell the teacher: they can register again as long as there is room.")
    elif is_family(facts):
        yield _("The session itself takes place. If you have questions, the teacher who registered can answer them.")


def _digest(facts: LetterSnapshot) -> Iterator[str]:
    if facts.offered_until:
        until = at_place(facts.offered_until, facts.session)
        yield _("This close to the start, we move nobody up without asking. The offer stands until %(until)s.", until=until)
    if facts.gone and facts.cause is Cause.DECLINED:
        yield _("The family answered that they can't come, and this session gives such a place back at once.")
    if facts.waiting and facts.cause is not Cause.CANCELLED:
        yield _("We'll tell you when a place frees up.")
    if facts.stands_in_for:
        yield _("Where it says “Please tell them yourself”, no letter reaches a guardian, or a student who is of age.")


def _behind_sign_in(kind: LetterKind) -> Iterator[str]:
    if kind is LetterKind.ROSTER:
        yield _("What students need, and the telephone for the day, are behind the link above once you have signed in.")


_ASKING = {
    LetterKind.DECISION: notes_to_who_decides,
    LetterKind.NOTE: asked_notes,
    LetterKind.CONFIRM_ANSWER: confirm_notes,
    LetterKind.WRONG_ADDRESS: wrong_address_notes,
}
_WITHOUT_DIGEST = (Cause.WORDING, Cause.ZONE, Cause.AGAIN)
