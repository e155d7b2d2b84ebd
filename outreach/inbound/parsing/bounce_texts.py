"""Bounces written for people: older than the standard, or with a report that nobody can read.

Pure. What a mail server wrote counts, up to the letter it returns, and is told by its words (`bounce_words`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message

from outreach.inbound.parsing.bounce_words import kind_of, kind_said, says_returned
from outreach.inbound.parsing.message import Failure
from outreach.inbound.parsing.mime import Part, Parts, first, has_null_sender, headers_of, message_id_of, subject_of
from outreach.inbound.parsing.plain_text import text_in, without_tags
from outreach.mail import ABOUT_US, one_line
from outreach.mail import kind_of as kind_of_status
from outreach.models import BounceKind

ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)", re.ASCII)
_MAX_WORDS = 500
_LINES, _WIDE, _READ = 100, 600, 64_000
_SPOKEN = re.compile(r"(?<![\w.:/#@-])([45]\d\d)[ -].*(?:\n[ \t>]*\1[ -].*){0,6}", re.ASCII)
_QUOTED_ID = re.compile(r"^[ \t>]*message-id:.*", re.IGNORECASE | re.MULTILINE)
_QUOTED_HEADER = re.compile(r"\W*(?:subject|to|from|cc|sent|date|message-id) ?:", re.IGNORECASE)
_ABSENT = {"550", "551", "553"}

_SERVER = re.compile(
    r"mailer.?daemon|post.?ma[s]?ter|mail.?daemon|mail.?deliver|delivery.(?:sub)?system|\bmdaemon|system administrator", re.IGNORECASE
)
_RETURNED_BELOW = re.compile(
    r"^_{8,}"
    r"|^[^\w\n]{0,30}(?:below (?:this line )?is|this is a copy of"
    r"|(?:the )?(?:headers? of the )?(?:original|returned|unsent|undelivered) (?:message|mail)(?! was received)"
    r"|(?:the )?(?:message )?headers? (?:follow|of)|Return-Path:|Received: ?(?:from|by|\()|DKIM-Signature:|ARC-[\w-]+:).*",
    re.IGNORECASE | re.MULTILINE,
)


def is_from_server(headers: Message) -> bool:
    """Say whether a mail server wrote this, by its null sender or its name."""
    return has_null_sender(headers) or is_named_as_server(headers)


def is_named_as_server(headers: Message) -> bool:
    """Say whether From names a mail server's program, not a person."""
    return bool(_SERVER.search(first(headers, "From")[:_WIDE]))


def text_of(message: Parts) -> str:
    """Give what is written for people, up to the letter that is returned: plain text, or the words of HTML."""
    plain = [leaf for leaf in message.leaves if leaf.type == "text/plain" or leaf.type.startswith("multipart/")]
    leaves = plain or [leaf for leaf in message.leaves if leaf.type == "text/html"] or [Part(message.headers, message.undivided)]
    found: list[str] = []
    for leaf in leaves[:5]:
        text = text_in(leaf, _READ)
        lines = (without_tags(text) if leaf.type == "text/html" else text).splitlines()
        found += [line[:_WIDE] for line in lines if line.strip() or leaf.type != "text/html"]
    text = "\n".join(line for line in found[:_LINES] if not _QUOTED_HEADER.match(line))
    below = _RETURNED_BELOW.search(text)
    return text[: below.start()] if below else text


def spoken_in(text: str) -> str:
    """Give what a server said with a code of its own, as one line; "" where none did."""
    found = _SPOKEN.search(text)
    return words_of(found[0]) if found else ""


def failure_in_text(message: Parts, text: str, about: str | None, *, is_known: bool) -> Failure | None:
    """Read a bounce that has no report in it; None where nothing in it says that a letter failed.

    `is_known`: a library knows its form, and that something failed. `about`: the Message-ID of the letter that came back.
    """
    spoken = spoken_in(text)
    said = kind_said(spoken) or kind_said(text)
    if not (is_known or said or (spoken and says_returned(f"{subject_of(message.headers)}\n{text}"))):
        return None
    given = ENHANCED.search(spoken) or ENHANCED.search(text)
    status = given[1] if given else ""
    kind = BounceKind.POLICY if status in ABOUT_US else kind_said(spoken) or kind_of_status(status) or said or _unsaid(status, spoken)
    return Failure(kind=kind, status=status, words=spoken or _first_word(text), message_id=about or _quoted_id(message.leaves))


def _quoted_id(leaves: Sequence[Part]) -> str | None:
    """Give the Message-ID of a letter whose headers stand in the text."""
    found = (_QUOTED_ID.search(text_in(leaf, _READ)) for leaf in leaves if leaf.type.startswith("text/"))
    return next((message_id_of(headers_of(one[0].lstrip(" \t>").encode() + b"\n")) for one in found if one), None)


def _unsaid(status: str, spoken: str) -> BounceKind:
    """Say what a refusal means whose words are none that we know: by its status, else by its bare code (RFC 5321 4.2.3)."""
    return BounceKind.HARD if not status and spoken[:3] in _ABSENT else kind_of(status, spoken)


def _first_word(text: str) -> str:
    """Give the line that says what happened, where no server spoke with a code."""
    lines = text.splitlines()
    return words_of(next((line for line in lines if kind_said(line)), ""))


def words_of(text: str) -> str:
    """Give what a server said as one line of at most 500 characters."""
    return one_line(text[:_MAX_WORDS])
