"""Where letters lead: pages behind sign-in, and a reader's own links, derived when the letter is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from outreach import tokens
from outreach.letters.content import LetterContext, Link
from outreach.letters.language import gettext as _
from outreach.letters.phrases import is_family, own_students
from outreach.models import Reader


def page(context: LetterContext, path: str) -> str:
    """Give the address of a page that everybody finds there."""
    return f"{context.settings.base_url}{path}"


def session_page(context: LetterContext, part: str = "") -> str:
    """Give the address of the session's page, or of one below it."""
    return page(context, f"/sessions/{context.facts.session.id}{part}")


def family_url(context: LetterContext) -> str:
    """Give the link to the family's own page."""
    return _own_url(context, tokens.LinkPurpose.FAMILY)


def stop_url(context: LetterContext) -> str:
    """Give the link that stops reminders."""
    return _own_url(context, tokens.LinkPurpose.REMINDERS)


def decision_url(context: LetterContext) -> str:
    """Give a link that holds until the start: after it there is nothing left to decide."""
    return _own_url(context, tokens.LinkPurpose.DECIDE, until=context.facts.session.starts_at)


def session_link(context: LetterContext) -> Link:
    """Lead to the session's page."""
    return Link(_("See the session"), session_page(context))


def registrations_link(context: LetterContext) -> Link:
    """Lead a teacher to their registrations."""
    return Link(_("See all your registrations"), page(context, "/registrations"))


def family_or_session_link(context: LetterContext) -> Link:
    """Lead a family to its own page, everybody else to the session's."""
    if not is_family(context.facts):
        return session_link(context)
    words = _("See details, answer or withdraw") if context.facts.seated else _("See details or leave the waiting list")
    return Link(words, family_url(context))


def other_sessions_link(context: LetterContext) -> Link:
    """Lead a host to their sessions, everybody else to the catalogue."""
    if context.facts.reader is Reader.HOST:
        return Link(_("Open your sessions"), page(context, "/my-sessions"))
    return Link(_("Find another session"), page(context, "/"))


def family_links(context: LetterContext) -> Iterator[Link]:
    """Lead whoever has a part of their own and students too to the family's page; a guardian may say "not my child"."""
    if own_students(context.facts) and not is_family(context.facts):
        yield Link(_("See your family's seats or withdraw"), family_url(context))
    yield from not_mine_link(context)


def not_mine_link(context: LetterContext) -> Iterator[Link]:
    """Let a guardian say that the child, or the address, isn't theirs."""
    if context.facts.reader is Reader.GUARDIAN:
        yield Link(
            _("Not your child, or not your address? Tell us and we'll stop these e-mails."), _own_url(context, tokens.LinkPurpose.NOT_MINE)
        )


def _own_url(context: LetterContext, purpose: tokens.LinkPurpose, *, until: datetime | None = None) -> str:
    mailbox, told = context.letter.mailbox, context.facts.session
    ticket = tokens.Ticket(mailbox.id, told.id, purpose, mailbox.link_version, until or told.ends_at + tokens.LASTS)
    return tokens.address(ticket, base_url=context.settings.base_url, secret_key=context.settings.secret_key)
