"""Links in letters: signed for one mailbox, one outreach session and one purpose; they expire and can be made void.

Pure. A link is derived whenever its letter is rendered, so no table holds a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

from outreach.errors import NotThere

LASTS = timedelta(days=30)
UNDO_LASTS = timedelta(days=7)


class LinkPurpose(StrEnum):
    """What a link opens: the family's own page, "not my child" and what undoes it, what stops reminders, or a host's decision."""

    FAMILY = "family"
    NOT_MINE = "not_mine"
    UNDO = "undo"
    REMINDERS = "reminders"
    DECIDE = "decide"


_PATHS = {
    LinkPurpose.FAMILY: "/i/{token}",
    LinkPurpose.NOT_MINE: "/i/{token}/not-mine",
    LinkPurpose.UNDO: "/i/{token}/undo",
    LinkPurpose.REMINDERS: "/i/{token}/reminders",
    LinkPurpose.DECIDE: "/d/{token}",
}


class LinkBroken(NotThere):
    """Nobody here signed this, or not for this purpose."""


class LinkExpired(NotThere):
    """It was ours, and its time is over."""


@dataclass(frozen=True)
class Ticket:
    """What a link carries. It holds as long as `link_version` is the mailbox's, and until `expires_at` (aware, whole seconds)."""

    mailbox_id: int
    session_id: int
    purpose: LinkPurpose
    link_version: int
    expires_at: datetime


def sign(ticket: Ticket, secret_key: str) -> str:
    """Give the token of a ticket: URL-safe, under 100 characters, the same for the same ticket."""
    expires = int(ticket.expires_at.timestamp())
    return _serializer(ticket.purpose, secret_key).dumps([ticket.mailbox_id, ticket.session_id, ticket.link_version, expires])


def read(token: str, purpose: LinkPurpose, secret_key: str, now: datetime) -> Ticket:
    """Give the ticket a token was signed for.

    Whether the mailbox still has its `link_version` is the caller's to check. Raises LinkBroken, or LinkExpired
    at `expires_at` and later.
    """
    try:
        mailbox_id, session_id, link_version, expires = _serializer(purpose, secret_key).loads(token)
    except BadData:
        raise LinkBroken(_("Part of this link is missing. Open it from the e-mail again, or copy all of it.")) from None
    ticket = Ticket(mailbox_id, session_id, purpose, link_version, datetime.fromtimestamp(expires, UTC))
    if now >= ticket.expires_at:
        raise LinkExpired(_("This link has expired because the session was more than 30 days ago. The school can tell you more."))
    return ticket


def address(ticket: Ticket, *, base_url: str, secret_key: str) -> str:
    """Give the whole address to put into a letter."""
    return base_url + _PATHS[ticket.purpose].format(token=sign(ticket, secret_key))


@lru_cache
def _serializer(purpose: LinkPurpose, secret_key: str) -> URLSafeSerializer:
    # The salt never changes: a link sent long ago must still open.
    return URLSafeSerializer(
        secret_key, salt=f"outreach.links.{purpose}", signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"}
    )
