"""Bounces of servers older than RFC 3464, and of those that never heard of it: flufl.bounce knows their forms.

Pure. It sees the first lines only: its patterns are quadratic in the length of a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message

from flufl.bounce import all_failures

from outreach.inbound.parsing.bounce_classification import ENHANCED, kind_of, words_of
from outreach.inbound.parsing.message import Failure
from outreach.inbound.parsing.mime import Part, Parts, first, headers_of, message_id_of
from outreach.models import BounceKind

_LINES, _WIDTH = 100, 160
_SHOWN = ("Subject", "X-Mailer", "X-Failed-Recipients")
_SPOKEN = re.compile(r"\b[45]\d\d[ -].*", re.ASCII)
_RETURNED_ID = re.compile(r"^message-id:.*", re.IGNORECASE | re.MULTILINE)


def old_failures(message: Parts, about: str | None) -> list[Failure]:
    """Let flufl.bounce look. Whatever it meets in a stranger's mail, it finds nothing then.

    It says whether a letter failed; what kind of failure it was, the server's own words say better where they hold a code.
    """
    texts = _first_lines(message.leaves)
    try:
        temporary, permanent = all_failures(_shown(message.headers, texts))
    except Exception:  # noqa: BLE001 (its patterns meet text that nobody foresaw)
        return []
    if not (temporary or permanent):
        return []
    text = "\n".join(lines for _, lines in texts)
    spoken, returned = _SPOKEN.search(text), _RETURNED_ID.search(text)
    about = about or (message_id_of(headers_of(returned[0].encode())) if returned else None)
    words = words_of(spoken[0]) if spoken else ""
    status = ENHANCED.search(words)
    kind = kind_of(status[1], words) if status else BounceKind.HARD if permanent else BounceKind.SOFT
    return [Failure(kind=kind, status=status[1] if status else "", words=words, message_id=about)]


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
