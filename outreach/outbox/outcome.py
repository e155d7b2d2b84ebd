"""What became of one try to send a letter, and how the mail server's answers are sorted: once, here.

Pure. Codes are those of RFC 5321 4.2.3, the three numbers before the text those of RFC 3463.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")
_TOO_LONG = 500


class PauseReason(enum.StrEnum):
    """Why nothing at all can leave."""

    UNREACHABLE = "unreachable"
    SIGN_IN = "sign_in"
    SENDER = "sender"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The server took it: it is theirs to deliver now."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The server won't have it, now or later. `is_unknown`: because there is no such mailbox."""

    words: str
    is_unknown: bool = False


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


Outcome = Accepted | Refused | Delayed | Unavailable


def sort_sender_answer(code: int, text: str) -> Outcome:
    """Sort what the server said to MAIL FROM: our sender is the same for all letters, only the size is this letter's."""
    words = spoken(code, text)
    if code == 552 or _enhanced(text).endswith(".3.4"):
        return Refused(words=words)
    if code in (530, 534, 535, 538):
        return Unavailable(reason=PauseReason.SIGN_IN, words=words)
    return Unavailable(reason=PauseReason.SENDER if code >= 500 else PauseReason.UNREACHABLE, words=words)


def sort_recipient_answer(code: int, text: str) -> Outcome:
    """Sort a refusal of RCPT TO; many servers wait until then to speak about the sender (5.1.7, 5.1.8)."""
    if code in (530, 534, 535, 538) or _enhanced(text) in {"5.1.7", "5.1.8"}:
        return sort_sender_answer(code, text)
    return _sorted(code, text, is_unknown=_is_unknown(text) or (not _enhanced(text) and code in (550, 551, 553)))


def sort_content_answer(code: int, text: str) -> Outcome:
    """Sort what the server said to the letter itself."""
    return Accepted() if code == 250 else _sorted(code, text, is_unknown=_is_unknown(text))


def spoken(code: int, text: str) -> str:
    """Give the server's words as they are kept: one line, not too long."""
    return " ".join(f"{code} {text}".split())[:_TOO_LONG]


def _sorted(code: int, text: str, *, is_unknown: bool) -> Outcome:
    words = spoken(code, text)
    if code == 421:
        return Unavailable(reason=PauseReason.UNREACHABLE, words=words)
    if 500 <= code < 600:
        return Refused(words=words, is_unknown=is_unknown)
    return Delayed(words=words)


def _is_unknown(text: str) -> bool:
    """No such mailbox, or one that is closed (RFC 3463 3.2, 3.3); 5.7.x is a policy, not an address."""
    return _enhanced(text).startswith("5.1.") or _enhanced(text) == "5.2.1"


def _enhanced(text: str) -> str:
    found = _ENHANCED.match(text)
    return found.group() if found else ""
