"""Letters over SMTP, one after the other on a kept connection that Flask-Mail's `Connection` opens.

MAIL, RCPT and DATA are spoken here, one by one: see docs/decisions.md, "How letters go over SMTP".
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from flask_mail import Connection, Mail

from outreach.mail.smtp_responses import (
    Accepted,
    Delayed,
    Outcome,
    PauseReason,
    Unavailable,
    sort_content_answer,
    sort_recipient_answer,
    sort_sender_answer,
)
from outreach.mail.transport import Envelope
from outreach.settings import Settings

TLS_FROM_THE_FIRST_WORD = 465
_BROKEN = (OSError, smtplib.SMTPException)
_NOT_SIGNED_IN = (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, UnicodeError)
_TIME_TO_SAY_GOODBYE = 2.0


class NotSecure(smtplib.SMTPException):
    """TLS is asked for and can't be had: the certificate isn't good, or the server offers none. Nothing was said in the clear."""


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """The mail server and how to connect to it. `timeout` is for connecting and for each answer: well under the lease of a batch.

    `use_tls`: by STARTTLS before anything is said, or `tls_first`, from the first word, which is what port 465 means (RFC 8314 3.3).
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    use_tls: bool = False
    tls_first: bool = False
    timeout: timedelta = timedelta(seconds=20)
    letters_a_connection: int = 100

    @classmethod
    def of(cls, settings: Settings) -> SmtpServer:
        """Give the server the settings name."""
        return cls(
            host=settings.mail_server or "",
            port=settings.mail_port,
            username=settings.mail_username,
            password=settings.mail_password,
            use_tls=settings.mail_use_tls,
            tls_first=settings.mail_port == TLS_FROM_THE_FIRST_WORD,
        )


class SmtpTransport:
    """Keeps one connection open from letter to letter."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None
        self._carried = 0

    def send(self, envelope: Envelope) -> Outcome:
        """Try once; where a kept connection is the trouble (idle too long, too many letters), once more on a fresh one."""
        if self._carried >= self._server.letters_a_connection:
            self.close()
        was_kept = self._connection is not None
        outcome = self._try(envelope)
        if was_kept and isinstance(outcome, Unavailable):
            self.close()
            return self._try(envelope)
        return outcome

    def close(self) -> None:
        """Say goodbye if somebody listens."""
        if self._connection is not None:
            with suppress(*_BROKEN):
                if self._connection.sock:
                    self._connection.sock.settimeout(_TIME_TO_SAY_GOODBYE)
                self._connection.quit()
        self._hang_up()

    def _try(self, envelope: Envelope) -> Outcome:
        if self._connection is None:
            try:
                self._connection, self._carried = connect(self._server), 0
            except NotSecure as insecure:
                return Unavailable(reason=PauseReason.INSECURE, words=_words(insecure))
            except _NOT_SIGNED_IN as refused:
                return Unavailable(reason=PauseReason.SIGN_IN, words=_words(refused))
            except _BROKEN as broken:
                return Unavailable(reason=PauseReason.UNREACHABLE, words=_words(broken))
        self._carried += 1
        return self._converse(self._connection, envelope)

    def _converse(self, connection: smtplib.SMTP, envelope: Envelope) -> Outcome:
        """MAIL, RCPT, DATA. What breaks at MAIL, or on a connection kept before RCPT is answered, isn't about this letter."""
        is_general, may_have_left = True, False
        try:
            code, reply = connection.mail(envelope.sender, _size_option(connection, envelope.message))
            if code != 250:
                return self._reset(code, sort_sender_answer(code, reply.decode(errors="replace")))
            is_general = self._carried > 1
            code, reply = connection.rcpt(envelope.recipient)
            if code not in (250, 251, 252):
                return self._reset(code, sort_recipient_answer(code, reply.decode(errors="replace")))
            is_general, may_have_left = False, True
            code, reply = _content(connection, envelope.message)
            return self._reset(code, sort_content_answer(code, reply.decode(errors="replace")))
        except _BROKEN as broken:
            self._hang_up()
            if is_general:
                return Unavailable(reason=PauseReason.UNREACHABLE, words=_words(broken))
            return Delayed(words=_words(broken), is_break=True, may_have_left=may_have_left)

    def _reset(self, code: int, outcome: Outcome) -> Outcome:
        """Leave the connection ready for the next letter; after a 421 the server closes it (RFC 5321 3.8)."""
        if code == 421:
            self._hang_up()
        elif not isinstance(outcome, Accepted) and self._connection is not None:
            try:
                self._connection.rset()
            except _BROKEN:
                self._hang_up()
        return outcome

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def connect(server: SmtpServer) -> smtplib.SMTP:
    """Open a connection and sign in. Raises OSError or SMTPException; NotSecure is one, where TLS is asked for."""
    return _PatientConnection(server).configure_host()


class _PatientConnection(Connection):
    """Flask-Mail's connection with what it lacks: a timeout on every answer, and a certificate that must be good."""

    def __init__(self, server: SmtpServer) -> None:
        settings = {
            "MAIL_SERVER": server.host,
            "MAIL_PORT": server.port,
            "MAIL_USERNAME": server.username,
            "MAIL_PASSWORD": server.password,
            "MAIL_USE_TLS": server.use_tls,
        }
        super().__init__(Mail().init_mail(settings))  # type: ignore[arg-type]  # typed as Mail, given its state in Mail.connect() too
        self._timeout, self._tls_first = server.timeout.total_seconds(), server.tls_first

    def configure_host(self) -> smtplib.SMTP:
        """Open it."""
        host = self._called()
        try:
            if self.mail.use_tls and not self._tls_first:
                with _needing_tls():
                    host.starttls(context=ssl.create_default_context())
            host.ehlo_or_helo_if_needed()
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def _called(self) -> smtplib.SMTP:
        where = (self.mail.server, self.mail.port)
        if not (self.mail.use_tls and self._tls_first):
            return smtplib.SMTP(*where, timeout=self._timeout)
        with _needing_tls():
            return smtplib.SMTP_SSL(*where, timeout=self._timeout, context=ssl.create_default_context())


@contextmanager
def _needing_tls() -> Iterator[None]:
    """Say in words why there is no TLS. What breaks the connection itself stays what it is."""
    try:
        yield
    except ssl.SSLCertVerificationError as refused:
        raise NotSecure(f"The server's certificate isn't good: {refused.verify_message}") from refused
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError):
        raise
    except (ssl.SSLError, smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException) as refused:
        raise NotSecure(f"No TLS: {_words(refused)}") from refused


def _content(connection: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
    try:
        return connection.data(message)
    except smtplib.SMTPDataError as refused:
        reply = refused.smtp_error
        return refused.smtp_code, reply if isinstance(reply, bytes) else reply.encode()


def _size_option(connection: smtplib.SMTP, message: bytes) -> list[str]:
    return [f"size={len(message)}"] if connection.has_extn("size") else []


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return f"{error.smtp_code} {reply.decode(errors='replace') if isinstance(reply, bytes) else reply}"
    return str(error) or type(error).__name__
