"""Signatures on letters (DKIM, RFC 6376): our domain vouches for what was written, and any mail server can see it.

A letter that is tried again must be the same to the byte: it is signed as of the moment it was written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dkim

from outreach.models import Letter
from outreach.settings import DkimKey, Settings, key_of

SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references"),
    *("mime-version", "content-type", "list-unsubscribe", "list-unsubscribe-post"),  # the two last: RFC 8058 4
)
_RELAXED = (b"relaxed", b"relaxed")


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Signs for one domain with the key its selector publishes."""

    domain: str
    selector: str
    key: DkimKey

    @classmethod
    def of(cls, settings: Settings) -> Signer | None:
        """Give the signer of these settings; None where the relay signs, or letters stay here. Raises OSError, or what `key_of` raises."""
        if settings.has_local_mailbox or settings.dkim_selector is None or settings.dkim_key_file is None:
            return None
        return cls(domain=settings.mail_domain, selector=settings.dkim_selector, key=key_of(settings.dkim_key_file.read_bytes()))

    def signing(self, render: Callable[[Letter], bytes]) -> Callable[[Letter], bytes]:
        """Give a `render` whose letters are signed."""
        return lambda letter: self.signed(render(letter), written_at=letter.created_at)

    def signed(self, message: bytes, *, written_at: datetime) -> bytes:
        """Put a signature in front: relaxed/relaxed, over all that is read of the head, and the body."""
        signature = _AsOf(message, written_at)
        there = {name.lower().decode() for name, _value in signature.headers}
        names = [name for name in SIGNED if name in there]
        # Each once more than it is there, so that nobody can put a second one above it (RFC 6376 5.4.2).
        head = signature.sign(self.selector.encode(), self.domain.encode(), self.key.pem, canonicalize=_RELAXED, include_headers=names * 2)
        return bytes(head) + message


class _AsOf(dkim.DKIM):  # type: ignore[misc]  # dkimpy is untyped
    """A signature that says when the letter was written, where dkimpy says when it was signed."""

    def __init__(self, message: bytes, written_at: datetime) -> None:
        super().__init__(message)
        self._written_at = written_at

    def gen_header(self, fields: list[tuple[bytes, bytes]], *rest: Any, **more: Any) -> bytes:
        """Write the header of these tags."""
        moment = str(int(self._written_at.timestamp())).encode()
        header: bytes = super().gen_header([(tag, moment if tag == b"t" else value) for tag, value in fields], *rest, **more)
        return header
