"""What a message says to a person who reads it: its plain text, and nothing that a browser would run.

Pure.
"""

from __future__ import annotations

import re

from outreach.inbound.parsing.mime import Part, parameter, parts_of

# Control characters, and those that turn the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def own_words(raw: bytes, *, at_most: int) -> str:
    """Give the first plain text of a message, its encoding undone, up to so many characters; "" where it has none."""
    texts = (text_in(part, 4 * at_most)[:at_most] for part in parts_of(raw).leaves if part.type == "text/plain")
    return next((text for text in texts if text), "")


def as_it_came(raw: bytes, *, at_most: int) -> str:
    """Give the beginning of a message, up to so many bytes, as characters that can be shown."""
    return printable(raw[:at_most].decode("utf-8", "replace"))


def printable(text: str) -> str:
    r"""Give the text with `\n` as its line break, and a sign in place of what can't be shown."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def text_in(part: Part, at_most: int) -> str:
    """Give a part's first bytes as text. No more of them: some charsets take as long as the square of what they are given."""
    content = part.content[:at_most]
    try:
        text = content.decode(parameter(part.headers, "charset") or "utf-8", "replace")
    except (LookupError, ValueError):  # a charset nobody knows, or one that isn't for text
        text = content.decode("utf-8", "replace")
    return printable(text.encode("utf-8", "replace").decode()).strip()
