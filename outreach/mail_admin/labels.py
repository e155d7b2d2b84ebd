"""Labels of e-mails: their kinds, their states, and why the queue is paused."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from outreach.letters import KINDS
from outreach.models import LetterState

LETTER_KINDS = {kind: declared.label for kind, declared in KINDS.items()}
LETTER_STATES = {
    LetterState.QUEUED: _l("Waiting"),
    LetterState.LEASED: _l("Leaving"),
    LetterState.SENT: _l("Sent"),
    LetterState.FAILED: _l("Failed"),
    LetterState.DROPPED: _l("Not needed"),
}
PAUSE_REASONS = {
    "unreachable": _l("The mail server can't be reached."),
    "insecure": _l("The mail server can't prove its identity, or offers no encryption."),
    "sign_in": _l("The mail server refuses our user name or password."),
    "sender": _l("The mail server refuses our sender address."),
}
