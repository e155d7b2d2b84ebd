"""Checks the mail server, the address that letters are answered to, and the inbox for replies. Sends and takes no letter."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from outreach.doctor.findings import Finding, attention, fails, ok
from outreach.inbound import InboxAway, InboxTrouble, opened
from outreach.mail import TLS_FROM_THE_FIRST_WORD, NotSecure, SmtpServer, connect, local_folder
from outreach.settings import Settings

PATIENCE = timedelta(seconds=10)
INVENTED = (".example", ".invalid", ".test", ".localhost")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_BROKEN = (OSError, smtplib.SMTPException, UnicodeError)


def check_mail(settings: Settings) -> Iterator[Finding]:
    """Talk to the mail server as the worker would, up to the point where a letter would go."""
    if settings.has_local_mailbox:
        yield ok("Mail server", f"none: e-mails are kept in {local_folder(settings)}")
        yield _reply_address(settings, None)
        return
    if bool(settings.mail_username) != bool(settings.mail_password):
        advice = "Set both OUTREACH_MAIL_USERNAME and OUTREACH_MAIL_PASSWORD, or neither."
        yield attention("Mail sign-in", "one half is missing, so we don't sign in", advice)
    answer = None
    try:
        with closing(connect(replace(SmtpServer.of(settings), timeout=PATIENCE))) as connection:
            yield _connected(settings)
            finding, answer = _asked(connection, settings.reply_address_of("doctor"))
            yield finding
    except _BROKEN as error:
        yield fails("Mail server", f"{_place(settings)}: {_words(error)}", _advice(error, settings))
    yield _reply_address(settings, answer)


def _connected(settings: Settings) -> Finding:
    signed_in = ", signed in" if settings.mail_username and settings.mail_password else ""
    if settings.mail_use_tls:
        return ok("Mail server", f"{_place(settings)}, with TLS{signed_in}")
    if settings.mail_server in _LOOPBACK:
        return ok("Mail server", f"{_place(settings)}, on this machine{signed_in}")
    text = f"{_place(settings)}{signed_in}, without TLS: anybody on the way can read the e-mails"
    return attention("Mail server", text, "Set OUTREACH_MAIL_USE_TLS=1 (and OUTREACH_MAIL_PORT, usually 587).")


def _asked(connection: smtplib.SMTP, address: str) -> tuple[Finding, str | None]:
    """Ask the server whether it takes our address as sender, and what it says of it as recipient; then take it back."""
    code, text = connection.mail(address)
    if code != 250:
        refused = f"the mail server won't send for {address}: {code} {text.decode(errors='replace')}"
        return fails("Sender", refused, "Allow it there, or change OUTREACH_REPLY_ADDRESS."), None
    code, text = connection.rcpt(address)
    connection.rset()
    with suppress(*_BROKEN):
        connection.quit()
    return ok("Sender", f"the mail server sends for {address}"), f"{code} {text.decode(errors='replace')}"


def _reply_address(settings: Settings, answer: str | None) -> Finding:
    """Say what must be there. A server that takes mail for other domains says yes to any address: that isn't proof."""
    before, after = settings.reply_address.split("{token}")
    text = f"e-mails are answered to {before}…{after}: that mailbox must exist, and accept whatever stands for the dots"
    if settings.has_local_mailbox:
        return ok("Reply address", text)
    if after.endswith(INVENTED):
        return fails("Reply address", f"{after.lstrip('@')} exists nowhere: nobody could answer", "Set OUTREACH_REPLY_ADDRESS.")
    advice = f"Send a mail to {settings.reply_address_of('doctor')} from elsewhere and see that it arrives."
    if answer is None:
        return attention("Reply address", text, advice)
    if answer.startswith("5"):
        advice = "Make that mailbox, or let the mail server accept what follows the separator (recipient_delimiter in Postfix)."
        return fails("Reply address", f"{text}; the mail server says {answer}", advice)
    return ok("Reply address", f"{text}; the mail server doesn't object. {advice}")


def _advice(error: Exception, settings: Settings) -> str:
    if settings.mail_port == TLS_FROM_THE_FIRST_WORD and not settings.mail_use_tls:
        return "Port 465 expects TLS before the first word: set OUTREACH_MAIL_USE_TLS=1."
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return (
            "OUTREACH_MAIL_SERVER must be the name in the server's certificate, and this machine must trust who signed it "
            "(SSL_CERT_FILE names a file with an authority of your own)."
        )
    if isinstance(error, NotSecure):
        return "Without TLS nothing is sent. Another OUTREACH_MAIL_PORT may offer it: 587, or 465 where TLS comes first."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "Look at OUTREACH_MAIL_USERNAME and OUTREACH_MAIL_PASSWORD; some servers want a password made for programs."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The server offers no sign-in there: another OUTREACH_MAIL_PORT (usually 587) or OUTREACH_MAIL_USE_TLS=1 may help."
    return "Look at OUTREACH_MAIL_SERVER and OUTREACH_MAIL_PORT, and whether a firewall stands between."


def _place(settings: Settings) -> str:
    return f"{settings.mail_server}:{settings.mail_port}"


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return str(error) or type(error).__name__


MANY = 200
_ADVICE = {
    InboxTrouble.UNREACHABLE: "Look at host and port in OUTREACH_INBOX_URL, a firewall between them, and the server's certificate.",
    InboxTrouble.SIGN_IN: "Look at user and password in OUTREACH_INBOX_URL; some servers want a password made for programs.",
    InboxTrouble.FOLDER: "The path of OUTREACH_INBOX_URL must name a folder that is there, usually /INBOX.",
    InboxTrouble.BROKEN: "The mail server's own log says why.",
}


def check_inbox(settings: Settings) -> Iterator[Finding]:
    """Sign in as the worker would, and count."""
    if settings.inbox_url is None:
        yield ok("Inbox", "none is read: answers from calendars count where the mail server hands them to `outreach receive`")
        return
    parts = urlsplit(settings.inbox_url)
    label = f"{unquote(parts.path[1:])} on {parts.hostname}"
    try:
        with opened(settings.inbox_url, patience=PATIENCE, readonly=True) as inbox:
            yield _counted(label, waiting=sum(1 for _ in inbox.waiting()), count=inbox.count)
    except InboxAway as away:
        yield fails("Inbox", f"{label}: {away}", _ADVICE[away.trouble])


def check_proof(settings: Settings) -> Iterator[Finding]:
    """Say what it means that no mail server's word about senders is trusted. A demo gets no mail from outside."""
    if settings.is_demo:
        return
    if settings.authserv_id:
        yield ok("Answers", f"what {settings.authserv_id} says in Authentication-Results proves who sent one")
        return
    means = "no answer of a calendar can prove who sent it: none frees a seat or stops a child's reminders, and one from another address"
    text = f"without OUTREACH_AUTHSERV_ID {means} than the invited one changes nothing"
    advice = "Set it to the name that your mail server writes at the beginning of Authentication-Results."
    yield attention("Answers", text, advice)


def _counted(label: str, *, waiting: int, count: int) -> Finding:
    aside = f", {count - waiting} set aside" if count > waiting else ""
    text = f"{label}: {waiting} waiting{aside}"
    if waiting > MANY:
        return attention("Inbox", text, "A worker empties it every minute: see whether one is running.")
    if aside:
        return attention("Inbox", text, "Look at the flagged messages there, too large or beyond us, and delete them.")
    return ok("Inbox", text)
