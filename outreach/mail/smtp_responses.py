"""What became of one try to send a letter, and how the mail server's answers are sorted: once, here.

Pure. Codes are those of RFC 5321 4.2.3, the three numbers before the text those of RFC 3463.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from outreach.models import BounceKind

# The sender's address is bad: that is about us, however it begins.
ABOUT_US = {"5.1.7", "5.1.8"}

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")
_WONT_RELAY = re.compile(r"\brelay(?:ing)?\b", re.IGNORECASE)
_TOO_LONG = 500


class PauseReason(enum.StrEnum):
    """Why nothing at all can leave."""

    UNREACHABLE = "unreachable"
    INSECURE = "insecure"
    SIGN_IN = "sign_in"
    SENDER = "sender"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The server took it: it is theirs to deliver now."""


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """The server won't have it, now or later. `kind` where that says something about the mailbox or its domain, not just this letter."""

    words: str
    kind: BounceKind | None = None


@dataclass(frozen=True, kw_only=True)
class Delayed:
    """Not now. `is_break`: the connection broke; `may_have_left`: when the server may already have had all of it."""

    words: str
    is_break: bool = False
    may_have_left: bool = False


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """It isn't about this letter: no letter can leave now."""

    reason: PauseReason
    words: str


Outcome = Accepted | Rejected | Delayed | Unavailable


def sort_sender_answer(code: int, text: str) -> Outcome:
    """Sort what the server said to MAIL FROM: our sender is the same for all letters, only the size is this letter's."""
    words = spoken(code, text)
    if code == 552 or _enhanced(text).endswith(".3.4"):
        return Rejected(words=words)
    if code in (530, 534, 535, 538):
        return Unavailable(reason=PauseReason.SIGN_IN, words=words)
    return Unavailable(reason=PauseReason.SENDER if code >= 500 else PauseReason.UNREACHABLE, words=words)


def sort_recipient_answer(code: int, text: str) -> Outcome:
    """Sort a refusal of RCPT TO; many servers refuse the sender only then (5.1.7, 5.1.8)."""
    if code in (530, 534, 535, 538) or _enhanced(text) in ABOUT_US:
        return sort_sender_answer(code, text)
    if not _enhanced(text) and code in (550, 551, 553) and not _WONT_RELAY.search(text):
        return Rejected(words=spoken(code, text), kind=BounceKind.HARD)
    return _sorted(code, text)


def sort_content_answer(code: int, text: str) -> Outcome:
    """Sort what the server said to the letter itself."""
    return Accepted() if code == 250 else _sorted(code, text)


def kind_of(status: str) -> BounceKind | None:
    """Say what an enhanced code means for the mailbox; None: nothing, it is about one letter, or about us.

    5.1.x, 5.2.1, 5.4.x: no such mailbox, closed, no way there. 4.x.x and 5.2.2 (full): not now. 5.7.x: a policy, not an address.
    """
    if status in ABOUT_US:
        return None
    if status.startswith(("5.1.", "5.4.")) or status == "5.2.1":
        return BounceKind.HARD
    if status.startswith("4.") or status == "5.2.2":
        return BounceKind.SOFT
    return BounceKind.POLICY if status.startswith("5.7.") else None


def status_in(words: str) -> str:
    """Give the enhanced code of a server's words as they are kept: `550 5.1.1 No such user`; empty where it gave none."""
    return _enhanced(words.partition(" ")[2])


def spoken(code: int, text: str) -> str:
    """Give the server's words as they are kept: one line, not too long."""
    return " ".join(f"{code} {text}".split())[:_TOO_LONG]


def _sorted(code: int, text: str) -> Outcome:
    words = spoken(code, text)
    if code == 421:
        return Unavailable(reason=PauseReason.UNREACHABLE, words=words)
    if 500 <= code < 600:
        return Rejected(words=words, kind=None if _WONT_RELAY.search(text) else kind_of(_enhanced(text)))
    return Delayed(words=words)


def _enhanced(text: str) -> str:
    found = _ENHANCED.match(text)
    return found.group() if found else ""
