"""What a refusal means for the one who was written to: by its enhanced status code (RFC 3463), else by the server's words.

Pure.
"""

from __future__ import annotations

import re

from outreach.mail.sanitize import one_line
from outreach.mail.smtp_responses import ABOUT_US
from outreach.mail.smtp_responses import kind_of as kind_of_status
from outreach.models import BounceKind

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b", re.ASCII)
_MAX_WORDS = 500

# Exim says "5.0.0" of everything and leaves the reason to the words: 550 and its neighbours, and nobody there of that name.
_REFUSED = re.compile(r"\b(?:550|551|553)\b", re.ASCII)
_NOBODY = re.compile(
    r"\b(?:unknown|no such|invalid|nonexistent) (?:user|mailbox|recipient|address|account|person|local)\b"
    r"|(?<!sender )\b(?:user|mailbox|recipient|address|account)\b.{0,40}?\b(?:unknown|not found|not exist|n't exist|disabled|inactive)\b",
    re.IGNORECASE,
)


def kind_of(status: str, words: str) -> BounceKind:
    """Say what a failed delivery with this status ("5.1.1", "" without one) and these words means.

    No such mailbox or no way to it (5.1, 5.2.1, 5.4) is HARD; 5.7 is POLICY; 4.x.x, a full mailbox (5.2.2) and all that
    speaks of this letter or this moment (5.2, 5.3, 5.5, 5.6) is SOFT. So is what says nothing (5.0.0, no code) but that
    there is nobody of that name: SOFT is counted, so one unclear refusal cuts nobody off, and several are seen.
    """
    if status in ABOUT_US:
        return BounceKind.POLICY
    if kind := kind_of_status(status):
        return kind
    is_unclear = not status or status.endswith(".0.0")
    if is_unclear and _REFUSED.search(words) and _NOBODY.search(words):
        return BounceKind.HARD
    return BounceKind.SOFT


def words_of(text: str) -> str:
    """Give what a server said as one line of at most 500 characters."""
    return one_line(text[:_MAX_WORDS])
