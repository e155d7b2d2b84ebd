"""Where a letter leads: its one button, and the small links below."""

from __future__ import annotations

from collections.abc import Iterator

from outreach import tokens
from outreach.letters.content import Link
from outreach.letters.language import gettext as _
from outreach.letters.nearness import SOON
from outreach.letters.phrases import is_family, own_students
from outreach.models import Cause, Letter, LetterKind, LetterSnapshot, Reader
from outreach.settings import Settings

OVER = (LetterKind.CANCELLED, LetterKind.REMOVED)


def button(letter: Letter, facts: LetterSnapshot, settings: Settings) -> Link:
    """Give the one thing to do."""
    if letter.kind in OVER:
        return _elsewhere(facts, settings.base_url)
    if letter.kind is LetterKind.DECISION:
        return Link(_("Decide now"), _decision_url(letter, facts, settings))
    if _starts_online_soon(letter, facts):
        return Link(_("Join online"), facts.session.video_url)
    if is_family(facts) and letter.kind is LetterKind.CONFIRM_ANSWER:
        return Link(_("Answer on your page"), _own_url(letter, facts, tokens.LinkPurpose.FAMILY, settings))
    if is_family(facts):
        return Link(_family_words(facts), _own_url(letter, facts, tokens.LinkPurpose.FAMILY, settings))
    return _signed_in(letter, facts, settings.base_url)


def _elsewhere(facts: LetterSnapshot, base_url: str) -> Link:
    if facts.reader is Reader.HOST:
        return Link(_("Open your sessions"), f"{base_url}/my-sessions")
    return Link(_("Find another session"), f"{base_url}/")


def stop_link(letter: Letter, facts: LetterSnapshot, settings: Settings) -> str | None:
    """Give the link that stops reminders, also for the button of a mail program (RFC 8058); None: the letter has none."""
    return _own_url(letter, facts, tokens.LinkPurpose.REMINDERS, settings) if letter.kind in _CAN_BE_STOPPED else None


def small_links(letter: Letter, facts: LetterSnapshot, settings: Settings) -> tuple[Link, ...]:
    """Give what stands below: a family's own page where the button leads elsewhere, "not my child", what stops reminders."""
    return (*_family_links(letter, facts, settings), *_stopping(letter, facts, settings))


def _stopping(letter: Letter, facts: LetterSnapshot, settings: Settings) -> Iterator[Link]:
    if url := stop_link(letter, facts, settings):
        is_reminder = letter.kind is LetterKind.REMINDER
        words = _("Want no more reminders? Stop them here.")
        yield Link(words if is_reminder else _("Want no more reminders? Stop them here; letters like this one still come."), url)


def _family_links(letter: Letter, facts: LetterSnapshot, settings: Settings) -> Iterator[Link]:
    if letter.kind in _LISTS:
        return
    goes_on = letter.kind not in OVER
    if goes_on and own_students(facts) and (not is_family(facts) or _starts_online_soon(letter, facts)):
        words = (
            _("Can't come? Withdraw here: the place goes to somebody who waits.")
            if is_family(facts)
            else _("See your family's places or withdraw")
        )
        yield Link(words, _own_url(letter, facts, tokens.LinkPurpose.FAMILY, settings))
    if facts.reader is Reader.GUARDIAN and letter.kind is not LetterKind.REMOVED:
        words = _("Not your child, or not your address? Tell us, and these letters stop.")
        yield Link(words, _own_url(letter, facts, tokens.LinkPurpose.NOT_MINE, settings))


def _family_words(facts: LetterSnapshot) -> str:
    return _("See details, answer or withdraw") if facts.seated else _("See details or leave the waiting list")


def _own_url(letter: Letter, facts: LetterSnapshot, purpose: tokens.LinkPurpose, settings: Settings) -> str:
    ticket = tokens.Ticket(letter.mailbox.id, facts.session.id, purpose, letter.mailbox.link_version, facts.session.ends_at + tokens.LASTS)
    return tokens.address(ticket, base_url=settings.base_url, secret_key=settings.secret_key)


def _decision_url(letter: Letter, facts: LetterSnapshot, settings: Settings) -> str:
    """Give a link that holds until the start: after it there is nothing left to decide."""
    ticket = tokens.Ticket(
        letter.mailbox.id, facts.session.id, tokens.LinkPurpose.DECIDE, letter.mailbox.link_version, facts.session.starts_at
    )
    return tokens.address(ticket, base_url=settings.base_url, secret_key=settings.secret_key)


def _starts_online_soon(letter: Letter, facts: LetterSnapshot) -> bool:
    is_web = facts.session.video_url.startswith(("https://", "http://"))
    return letter.kind is LetterKind.REMINDER and is_web and facts.session.starts_at - letter.created_at < SOON


def _signed_in(letter: Letter, facts: LetterSnapshot, base_url: str) -> Link:
    session_url = f"{base_url}/sessions/{facts.session.id}"
    if letter.kind is LetterKind.ROSTER:
        return Link(_("Open the roster"), f"{session_url}/roster")
    if letter.kind is LetterKind.WRONG_ADDRESS:
        return Link(_("Correct the address"), f"{base_url}/students?show=trouble")
    if letter.kind is LetterKind.DIGEST:
        words = _("Answer the offer") if facts.offered else _("See all your registrations")
        return Link(words, f"{base_url}/registrations")
    if letter.kind is LetterKind.NOTE and facts.cause is Cause.COUNTERED and facts.reader is Reader.HOST:
        return Link(_("Move the session"), f"{session_url}/move")
    if letter.kind is LetterKind.NOTE and facts.reader is Reader.TEACHER:
        return Link(_("See all your registrations"), f"{base_url}/registrations")
    return Link(_("See the session"), session_url)


_CAN_BE_STOPPED = (LetterKind.REMINDER, LetterKind.DIGEST)
_LISTS = (LetterKind.DIGEST, LetterKind.ROSTER, LetterKind.DECISION, LetterKind.NOTE, LetterKind.WRONG_ADDRESS)
