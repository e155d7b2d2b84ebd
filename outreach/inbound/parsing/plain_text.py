"""What a message says to a person who reads it: its plain text, and nothing that a browser would run.

Pure.
"""

from __future__ import annotations

import re
from html import unescape

from outreach.inbound.parsing.mime import Part, Parts, file_name, parameter, parts_of

# Control characters, and those that turn the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_TAG, _UNSEEN = re.compile(r"<[a-z/!][^<>]{0,500}>", re.IGNORECASE), re.compile(r"</?(?:style|script)\b[^<>]{0,200}>", re.IGNORECASE)
_QUOTES_BELOW = re.compile(
    r"\W*(?:-{2,}|_{5,}|begin forwarded message|original message|forwarded message|on .{5,100} wrote:|from: )", re.IGNORECASE
)
_LOOKED_AT = 4000


def own_words(raw: bytes, *, at_most: int) -> str:
    """Give the first plain text of a message, its encoding undone, up to so many characters; "" where it has none."""
    texts = (text_in(part, 4 * at_most)[:at_most] for part in parts_of(raw).leaves if part.type == "text/plain")
    return next((text for text in texts if text), "")


def words_of_html(raw: bytes, *, at_most: int) -> str:
    """Give the words of the first HTML of a message, up to so many characters; "" where it has none."""
    found = next((part for part in parts_of(raw).leaves if part.type == "text/html"), None)
    return _lines(without_tags(text_in(found, 4 * at_most)))[:at_most] if found else ""


def has_own_words(message: Parts) -> bool:
    """Say whether the text of a message has words that aren't quoted from another one."""
    for line in _first_text(message, _LOOKED_AT).splitlines():
        if _QUOTES_BELOW.match(line):
            return False
        if line.strip() and not line.lstrip().startswith(">"):
            return True
    return False


def without_tags(html: str) -> str:
    """Give the words of HTML, for reading only: nothing of it is ever shown as HTML."""
    return unescape(_TAG.sub(" ", "\n".join(_UNSEEN.split(html)[::2])))


def _first_text(message: Parts, at_most: int) -> str:
    for kind in ("text/plain", "text/html"):
        texts = (text_in(part, 4 * at_most) for part in message.leaves if part.type == kind and not file_name(part.headers))
        read = (text if kind == "text/plain" else _lines(without_tags(text)) for text in texts)
        if found := next((text[:at_most] for text in read if text.strip()), ""):
            return found
    return ""


def _lines(text: str) -> str:
    """Give the lines that have words, without the blanks that HTML is laid out with."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.splitlines())))


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
