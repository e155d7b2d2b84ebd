"""A real mail server on loopback that keeps what it is given, and lets a test act at the very moment."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.ports import free_port

# Self-signed, and good for 127.0.0.1 only.
CERTIFICATE = Path(__file__).parent / "keys" / "mail_server.pem"


@dataclass
class Postbox:
    """The letters in the order of arrival. What is asked of an address happens before the server's answer leaves."""

    port: int = 0
    letters: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    on_recipient: dict[str, Callable[[], object]] = field(default_factory=dict)
    on_content: dict[str, Callable[[], object]] = field(default_factory=dict)

    @property
    def subjects(self) -> list[str]:
        """What the letters say they are."""
        return [letter.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for letter in self.letters]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Take every recipient."""
        self.on_recipient.get(address, lambda: None)()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Keep every letter."""
        self.letters.append(envelope.original_content)
        self.recipients += envelope.rcpt_tos
        self.senders.append(envelope.mail_from)
        self.on_content.get(envelope.rcpt_tos[0], lambda: None)()
        return "250 OK"


@contextmanager
def open_postbox(*, host: str = "127.0.0.1", **options: Any) -> Iterator[Postbox]:
    """Run the server on a free port; `options` are aiosmtpd's."""
    postbox = Postbox(port=free_port())
    controller = Controller(postbox, hostname=host, port=postbox.port, ready_timeout=180, **options)
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()


@contextmanager
def open_secure_postbox(*, tls_first: bool, host: str = "127.0.0.1") -> Iterator[Postbox]:
    """Run one that takes no letter without TLS, with CERTIFICATE, which is good for 127.0.0.1."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    options: dict[str, Any] = {"ssl_context": context} if tls_first else {"tls_context": context, "require_starttls": True}
    with open_postbox(host=host, **options) as postbox:
        yield postbox
