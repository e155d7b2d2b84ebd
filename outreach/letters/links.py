"""Links in letters: pages behind sign-in, and the reader's own links, which are made when the letter is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from outreach import tokens
from outreach.letters.content import LetterContext, Link
from outreach.letters.language import gettext as _
from outreach.letters.phrases import is_family, own_students
from outreach.models import Reader


def page(context: LetterContext, path: str) -> str:
    """Give the address of a page."""
    return f"{context.settings.base_url}{path}"


def session_page(context: LetterContext, part: str = "") -> str:
    """Give the address of the session's page, or of one below it."""
    return page(context, f"/sessions/{context.snapshot.session.id}{part}")


def family_url(context: LetterContext) -> str:
    """Give the link to the family's own page."""
    return _own_url(context, tokens.LinkPurpose.FAMILY)


def stop_url(context: LetterContext) -> str:
    """Give the link that stops reminders."""
    return _own_url(context, tokens.LinkPurpose.REMINDERS)


def decision_url(context: LetterContext) -> str:
    """Give a link that is valid until the session starts, after which there is nothing to decide."""
    return _own_url(context, tokens.LinkPurpose.DECIDE, until=context.snapshot.session.starts_at)


def undo_until(context: LetterContext) -> datetime:
    """Give the moment until which "not my child" can be undone."""
    return context.written_at + tokens.UNDO_LASTS


def undo_url(context: LetterContext) -> str:
    """Give the link that undoes "not my child"."""
    return _own_url(context, tokens.LinkPurpose.UNDO, until=undo_until(context))


def session_link(context: LetterContext) -> Link:
    """Link to the session's page."""
    return Link(_("See the session"), session_page(context))


def registrations_link(context: LetterContext) -> Link:
    """Link to a teacher's registrations."""
    return Link(_("See all your registrations"), page(context, "/registrations"))


def family_or_session_link(context: LetterContext) -> Link:
    """Link to the family's page for a family, to the session's page for everyone else."""
    if not is_family(context.snapshot):
        return session_link(context)
    label = _("See details, answer or withdraw") if context.snapshot.seated else _("See details or withdraw")
    return Link(label, family_url(context))


def other_sessions_link(context: LetterContext) -> Link:
    """Link to a host's sessions for a host, to the catalogue for everyone else."""
    if context.snapshot.reader is Reader.HOST:
        return Link(_("Open your sessions"), page(context, "/my-sessions"))
    return Link(_("Find another session"), page(context, "/"))


def family_links(context: LetterContext) -> Iterator[Link]:
    """Link to the family's page for a host or teacher who also has students in the family; a guardian can say "not my child"."""
    if own_students(context.snapshot) and not is_family(context.snapshot):
        yield Link(_("See your family's seats or withdraw"), family_url(context))
    yield from not_mine_link(context)


def not_mine_link(context: LetterContext) -> Iterator[Link]:
    """Let a guardian say that the child, or the address, isn't theirs."""
    if context.snapshot.reader is Reader.GUARDIAN:
        yield Link(
            _("Not your child, or not your address? Tell us and we'll stop these e-mails."), _own_url(context, tokens.LinkPurpose.NOT_MINE)
        )


def _own_url(context: LetterContext, purpose: tokens.LinkPurpose, *, until: datetime | None = None) -> str:
    mailbox, outreach_session = context.letter.mailbox, context.snapshot.session
    ticket = tokens.Ticket(mailbox.id, outreach_session.id, purpose, mailbox.link_version, until or outreach_session.ends_at + tokens.LASTS)
    return tokens.address(ticket, base_url=context.settings.base_url, secret_key=context.settings.secret_key)
