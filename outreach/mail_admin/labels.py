"""Labels of e-mails: their kinds, their states, and why the queue is paused."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.models import LetterKind, LetterState

LETTER_KINDS = {
    LetterKind.INVITATION: _l("Invitation"),
    LetterKind.PROMOTED: _l("A seat became free"),
    LetterKind.UPDATED: _l("Updated invitation"),
    LetterKind.CANCELLED: _l("Cancelled"),
    LetterKind.REMOVED: _l("No longer taking part"),
    LetterKind.WAITING: _l("Waiting list"),
    LetterKind.REMINDER: _l("Reminder"),
    LetterKind.DIGEST: _l("Teacher's digest"),
    LetterKind.ROSTER: _l("Host's roster"),
    LetterKind.DECISION: _l("Asks for a decision"),
    LetterKind.WRONG_ADDRESS: _l("Wrong address"),
    LetterKind.BLOCKED: _l("A domain turns letters away"),
    LetterKind.NOTE: _l("A calendar asks for something"),
    LetterKind.CONFIRM_ANSWER: _l("Answer from another address"),
    LetterKind.APPLICATION: _l("Application decided"),
    LetterKind.ACCOUNT: _l("Account"),
}
LETTER_STATES = {
    LetterState.QUEUED: _l("Waiting"),
    LetterState.LEASED: _l("Leaving"),
    LetterState.SENT: _l("Sent"),
    LetterState.FAILED: _l("Failed"),
    LetterState.DROPPED: _l("Not needed"),
}
PAUSE_REASONS = {
    "unreachable": _l("The mail server can't be reached."),
    "insecure": _l("The mail server can't prove who it is, or offers no encryption."),
    "sign_in": _l("The mail server refuses our user name or password."),
    "sender": _l("The mail server refuses our sender address."),
}
