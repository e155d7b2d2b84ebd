"""Where TLS is asked for, a letter goes to a server that proves who it is, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from outreach.mail.smtp import SmtpServer, SmtpTransport
from outreach.mail.smtp_responses import Accepted, Outcome, PauseReason, Unavailable
from outreach.mail.transport import Envelope
from outreach.settings import Settings
from tests.support.letter_cases import SETTINGS
from tests.support.postbox import CERTIFICATE, Postbox, open_secure_postbox
from tests.support.smtp_server import mail_server

LETTER = Envelope(name="1", sender="rsvp+abc@outreach.example", recipient="someone@example.org", message=b"Subject: x\r\n\r\nHello\r\n")
TLS_FIRST = pytest.mark.parametrize("tls_first", [False, True], ids=["STARTTLS", "from the first word"])


@contextmanager
def listening(*, tls_first: bool, host: str = "127.0.0.1") -> Iterator[tuple[SmtpServer, Postbox]]:
    """Run a server, and say how to reach it."""
    with open_secure_postbox(tls_first=tls_first, host=host) as postbox:
        yield SmtpServer(host=host, port=postbox.port, use_tls=True, tls_first=tls_first, timeout=timedelta(seconds=60)), postbox


def send(server: SmtpServer) -> Outcome:
    transport = SmtpTransport(server)
    outcome = transport.send(LETTER)
    transport.close()
    return outcome


@pytest.fixture
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts whoever signed the certificate, as an administrator would let it (OpenSSL's own variable)."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@TLS_FIRST
def test_a_certificate_nobody_vouches_for_gets_no_letter_and_the_pause_says_why(tls_first: bool) -> None:
    with listening(tls_first=tls_first) as (server, postbox):
        outcome = send(server)
    assert outcome == Unavailable(reason=PauseReason.INSECURE, words="The server's certificate isn't good: self-signed certificate")
    assert postbox.letters == []


@pytest.mark.usefixtures("_trusted")
@TLS_FIRST
def test_a_certificate_the_machine_trusts_gets_its_letter(tls_first: bool) -> None:
    with listening(tls_first=tls_first) as (server, postbox):
        assert send(server) == Accepted()
    assert len(postbox.letters) == 1


@pytest.mark.usefixtures("_trusted")
@TLS_FIRST
def test_a_certificate_of_somebody_else_gets_no_letter(tls_first: bool) -> None:
    with listening(tls_first=tls_first, host="127.0.0.2") as (server, postbox):
        outcome = send(server)
    assert isinstance(outcome, Unavailable)
    assert (outcome.reason, "127.0.0.2" in outcome.words, postbox.letters) == (PauseReason.INSECURE, True, [])


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "No TLS: STARTTLS extension not supported by server."),
        ({"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "454 4.7.0 TLS not available"}, "No TLS: 454 4.7.0 TLS not available"),
        ({"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "220 go on"}, "No TLS: "),
    ],
    ids=["not offered", "refused", "something else than TLS"],
)
def test_nothing_but_a_greeting_is_said_to_a_server_without_tls(answers: dict[str, str], words: str) -> None:
    with mail_server(**answers) as server:
        smtp = SmtpServer(host="127.0.0.1", port=server.port, username="us", password="hush", use_tls=True, timeout=timedelta(seconds=60))
        outcome = send(smtp)
    assert isinstance(outcome, Unavailable)
    assert outcome.reason is PauseReason.INSECURE
    assert outcome.words.startswith(words)  # what follows is OpenSSL's and Python's, and not the same in each version
    assert server.taken == []
    assert not any(line.upper().startswith(("MAIL", "AUTH")) for line in server.heard)


def test_plain_smtp_where_tls_comes_first_gets_nothing() -> None:
    with mail_server() as server:
        outcome = send(SmtpServer(host="127.0.0.1", port=server.port, use_tls=True, tls_first=True, timeout=timedelta(seconds=60)))
    assert isinstance(outcome, Unavailable)
    assert (outcome.reason, server.taken) == (PauseReason.INSECURE, [])


@pytest.mark.parametrize(("port", "tls_first"), [(25, False), (587, False), (465, True)])
def test_port_465_means_tls_from_the_first_word(port: int, tls_first: bool) -> None:
    settings: Settings = replace(SETTINGS, mail_server="mail.example.org", mail_port=port, mail_use_tls=True)
    assert SmtpServer.of(settings).tls_first == tls_first
