"""The doctor looks into the inbox for replies. Takes nothing from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from outreach.doctor.findings import Finding, attention, fails, ok
from outreach.inbound import InboxAway, InboxTrouble, opened
from outreach.settings import Settings

PATIENCE = timedelta(seconds=10)
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


def _counted(label: str, *, waiting: int, count: int) -> Finding:
    aside = f", {count - waiting} set aside" if count > waiting else ""
    text = f"{label}: {waiting} waiting{aside}"
    if waiting > MANY:
        return attention("Inbox", text, "A worker empties it every minute: see whether one is running.")
    if aside:
        return attention("Inbox", text, "Look at the flagged messages there, too large or beyond us, and delete them.")
    return ok("Inbox", text)
