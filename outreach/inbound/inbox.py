"""An IMAP mailbox that belongs to Outreach alone (RFC 9051): each message is given to whoever takes it in, then deleted there.

Knows neither database nor clock. Whatever breaks off in between, a message stays where it is until it has been taken in, so it
may be given twice, never lost. What is too large, or can't be taken in, is flagged and stays for a person to look at.
"""

from __future__ import annotations

import enum
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from urllib.parse import unquote, urlsplit

import structlog
from imapclient import FLAGGED, IMAPClient
from imapclient.exceptions import IMAPClientError
from sqlalchemy.exc import InterfaceError, OperationalError

from outreach.inbound.parsing.reading import HEAD_AT_MOST, MAX_SIZE
from outreach.logs import place_of

PATIENCE = timedelta(seconds=20)
_WAITING = ["UNDELETED", "UNFLAGGED"]
_ASKED_AT_ONCE = 10_000
_log = structlog.get_logger()


class InboxTrouble(enum.StrEnum):
    """Why the inbox can't be read."""

    UNREACHABLE = "unreachable"
    SIGN_IN = "sign-in refused"
    FOLDER = "no such folder"
    BROKEN = "broke off"


class InboxAway(Exception):
    """The inbox can't be read now; `words` may be the server's own, and are for whoever runs the service alone."""

    def __init__(self, trouble: InboxTrouble, words: str) -> None:
        super().__init__(f"{trouble}: {words}")
        self.trouble = trouble
        self.words = words


@dataclass(frozen=True, kw_only=True)
class Taker:
    """What is done with a message: a whole one, or the first bytes of one above the limit and its size."""

    whole: Callable[[bytes], object]
    oversized: Callable[[bytes, int], object]


def poll(inbox_url: str, taker: Taker, *, patience: timedelta = PATIENCE, at_most: int = 200, lasting: timedelta = PATIENCE) -> int:
    """Take in what waits, the oldest first; gives how many messages were taken.

    `patience`: for connecting and for every answer. A round ends after `at_most` messages, or when it has been `lasting`.
    Raises InboxAway, and OperationalError or InterfaceError where the database is away: what isn't taken comes again.
    """
    ends, taken = time.monotonic() + lasting.total_seconds(), 0
    with opened(inbox_url, patience=patience) as inbox:
        uids = list(islice(inbox.waiting(), at_most))
        for uid, size in sorted(inbox.sizes(uids).items()):
            if time.monotonic() > ends:
                break
            taken += _take(inbox, uid, size, taker)
    return taken


@contextmanager
def opened(inbox_url: str, *, patience: timedelta = PATIENCE, readonly: bool = False) -> Iterator[Inbox]:
    """Sign in and open the folder that the setting names. Raises InboxAway, for what breaks later as well."""
    parts = urlsplit(inbox_url)
    with _named(InboxTrouble.UNREACHABLE):
        context = ssl.create_default_context() if parts.scheme == "imaps" else None
        client = IMAPClient(parts.hostname, parts.port, ssl=context is not None, ssl_context=context, timeout=patience.total_seconds())
    with _named(InboxTrouble.BROKEN), client:
        with _named(InboxTrouble.SIGN_IN):
            _sign_in(client, unquote(parts.username or ""), unquote(parts.password or ""))
        with _named(InboxTrouble.FOLDER):
            count = client.select_folder(unquote(parts.path[1:]), readonly=readonly)[b"EXISTS"]
        yield Inbox(client, count)


class Inbox:
    """An open folder. `count`: all that is in it, waiting or not."""

    def __init__(self, client: IMAPClient, count: int) -> None:
        self._client = client
        self.count = count

    def waiting(self) -> Iterator[int]:
        """Give the UIDs of what wasn't taken yet, the oldest first; asked for in pieces, since an answer is one line."""
        for first in range(1, self.count + 1, _ASKED_AT_ONCE):
            yield from sorted(self._client.search([f"{first}:{min(first + _ASKED_AT_ONCE - 1, self.count)}", *_WAITING]))

    def sizes(self, uids: list[int]) -> dict[int, int]:
        """Give the size of each that is still there, in bytes."""
        found = self._client.fetch(uids, ["RFC822.SIZE"]) if uids else {}
        return {uid: response[b"RFC822.SIZE"] for uid, response in found.items() if b"RFC822.SIZE" in response}

    def beginning(self, uid: int, length: int) -> bytes | None:
        """Give the first bytes of a message without marking it as read; None where it is gone."""
        response = self._client.fetch([uid], [f"BODY.PEEK[]<0.{length}>"]).get(uid, {})
        return next((content for name, content in response.items() if name.startswith(b"BODY[") and content is not None), None)

    def remove(self, uid: int) -> None:
        """Delete this one for good."""
        self._client.delete_messages([uid], silent=True)
        self._client.expunge([uid] if self._client.has_capability("UIDPLUS") else None)

    def set_aside(self, uid: int) -> None:
        """Flag it, so that it waits no longer and stays."""
        self._client.add_flags([uid], [FLAGGED], silent=True)


def _take(inbox: Inbox, uid: int, size: int, taker: Taker) -> bool:
    """Have one message taken in and clear it; say whether there was one. No server's word on sizes makes us read more than our limit."""
    content = inbox.beginning(uid, HEAD_AT_MOST if size > MAX_SIZE else MAX_SIZE + 1)
    if content is None:
        return False
    if size <= MAX_SIZE and len(content) <= MAX_SIZE:
        is_done = _given(lambda: taker.whole(content))
    else:
        _log.warning("message too large to be read", size=max(size, len(content)))
        _given(lambda: taker.oversized(content[:HEAD_AT_MOST], max(size, len(content))))
        is_done = False
    if is_done:
        inbox.remove(uid)
    else:
        inbox.set_aside(uid)
    return True


def _given(take: Callable[[], object]) -> bool:
    """Say whether it was taken in. One that can't be would come again and again: it is set aside instead, and nobody named."""
    try:
        take()
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 (whatever is wrong with this message, the next one waits)
        _log.error("message cannot be taken in", error=type(error).__name__, place=place_of(error))
        return False
    return True


def _sign_in(client: IMAPClient, username: str, password: str) -> None:
    """PLAIN where the server has it: LOGIN knows ASCII only."""
    if client.has_capability("AUTH=PLAIN"):
        client.plain_login(username, password)
    else:
        client.login(username, password)


@contextmanager
def _named(trouble: InboxTrouble) -> Iterator[None]:
    """Let what breaks here have this name, unless a connection broke: that is never the password's fault."""
    try:
        yield
    except (IMAPClientError, OSError, UnicodeError) as error:
        is_break = isinstance(error, (IMAPClient.AbortError, OSError)) and trouble is not InboxTrouble.UNREACHABLE
        raise InboxAway(InboxTrouble.BROKEN if is_break else trouble, str(error) or type(error).__name__) from None
