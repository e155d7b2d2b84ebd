"""What became of our letters, as a message that came in says: which failed, and which were unwanted.

Pure. A delivery report of the standard decides; else what a mail server wrote for people, in forms that flufl.bounce knows
(in the first lines only: its patterns are quadratic in the length of a line), else in words that we know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from outreach.inbound.parsing.away_notes import is_away_note
from outreach.inbound.parsing.bounce_texts import failure_in_text, is_from_server, text_of, words_of
from outreach.inbound.parsing.bounce_words import is_late
from outreach.inbound.parsing.delivery_reports import failures_in_parts, failures_in_words, is_harmless, is_report, returned_message_id
from outreach.inbound.parsing.message import Failure
from outreach.inbound.parsing.mime import Part, Parts, first, subject_of
from outreach.models import BounceKind

__all__ = ["Reported", "reported_by", "words_of"]

_LINES, _WIDTH = 100, 160
_SHOWN = ("Subject", "X-Mailer", "X-Failed-Recipients")
_NO_REPLY = re.compile(r".{0,100}\bno-?reply", re.IGNORECASE)
_JUNK_REPORT = re.compile(r"complaint about message", re.IGNORECASE)  # Outlook.com's, which is no report of RFC 5965


@dataclass(frozen=True)
class Reported:
    """What a message says became of letters. `is_report`: it reports about one. `is_unclear`: nobody can tell what."""

    failures: tuple[Failure, ...] = ()
    is_report: bool = False
    is_unclear: bool = False


def reported_by(message: Parts) -> Reported:
    """Give the letters that didn't arrive, and complaints. What is delayed, relayed, delivered or read is none."""
    text, about = text_of(message), returned_message_id(message.leaves)
    is_standard = is_report(message)
    failures = failures_in_parts(message.leaves, about, text)
    if failures or any(map(is_harmless, message.leaves)):
        return Reported(failures, is_report=True)
    if _JUNK_REPORT.match(first(message.headers, "Subject")) and about:
        return Reported((Failure(kind=BounceKind.COMPLAINT, status="", words="junk", message_id=about),), is_report=True)
    is_from_program = is_from_server(message.headers) or (about and _NO_REPLY.match(first(message.headers, "From")))
    if not is_from_program or is_away_note(message):
        return Reported(is_report=is_standard, is_unclear=is_standard)
    if failures := failures_in_words(text, about):
        return Reported(failures, is_report=is_standard)
    if is_late(f"{subject_of(message.headers)}\n{text}"):
        return Reported(is_report=True)
    failure = failure_in_text(message, text, about, is_known=_is_known(message.headers, message.leaves))
    return Reported((failure,) if failure else (), is_report=is_standard, is_unclear=is_standard and not failure)


def _is_known(headers: Message, leaves: Sequence[Part]) -> bool:
    """Say whether flufl.bounce finds a failure. If a stranger's message makes it fail, it finds nothing."""
    try:
        return any(all_failures(_shown(headers, _first_lines(leaves))))
    except Exception:  # noqa: BLE001 (its patterns may fail on text that nobody foresaw)
        return False


def _first_lines(leaves: Sequence[Part]) -> list[tuple[Part, str]]:
    """Give the texts with their first lines, cut."""
    left, found = _LINES, []
    for leaf in leaves:
        if leaf.type.startswith("text/"):
            lines = leaf.content[: left * _WIDTH].decode("utf-8", "replace").splitlines()[:left]
            left -= len(lines)
            found.append((leaf, "\n".join(line[:_WIDTH] for line in lines)))
    return found


def _shown(headers: Message, texts: Sequence[tuple[Part, str]]) -> Message:
    """Give the message as flufl.bounce may see it: flat, and with the headers it knows."""
    is_multipart = headers.get_content_maintype() == "multipart"
    shown = Message()
    shown["From"] = first(headers, "From")[:_WIDTH] or "mailer-daemon"  # without one, some of its patterns fail
    for name in _SHOWN:
        if value := first(headers, name):
            shown[name] = value[:_WIDTH]
    shown["Content-Type"] = headers.get_content_type() if is_multipart else "text/plain"
    if not is_multipart:
        shown.set_payload("".join(lines for _, lines in texts))
        return shown
    for leaf, lines in texts:
        part = Message()
        part["Content-Type"] = leaf.type
        part["Content-Description"] = first(leaf.headers, "Content-Description")[:_WIDTH]
        part.set_payload(lines)
        shown.attach(part)
    return shown
