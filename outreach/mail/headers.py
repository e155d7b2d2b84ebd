"""Mail headers as they go over the wire: folded, ASCII, safe whatever a person is called.

Pure. Our own because Python 3.11's EmailMessage folds a long name with quotes into several addresses, and
encodes a long List-Unsubscribe link until no program finds it.
"""

from __future__ import annotations

import re
from email.header import Header
from functools import lru_cache

from outreach.mail.sanitize import one_line, plain_address, uri

WIDTH = 76
_FOLD = "\r\n"
_NEVER_LONGER = 900
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,180}@[A-Za-z0-9.-]{1,250}>", re.ASCII)


def text_header(name: str, text: str) -> str:
    """Give an unstructured header: words of ASCII as they are, anything else as encoded words (RFC 2047)."""
    cleaned = one_line(text)
    charset = "us-ascii" if _is_plain(cleaned) else "utf-8"
    return f"{name}: {_folded(name, cleaned, charset)}"


def address_header(name: str, person: str | None, address: str) -> str:
    """Give a header with exactly one address, however the person is called.

    Raises ValueError for an address that isn't plain ASCII.
    """
    bare = plain_address(address)
    cleaned = one_line(person or "")
    if not cleaned:
        return f"{name}: {bare}"
    start = f"{name}: {_phrase(name, cleaned)}"
    room = WIDTH - len(start.rpartition("\n")[2]) - len(bare)
    return f"{start} <{bare}>" if room >= 3 else f"{start}{_FOLD} <{bare}>"


def id_header(name: str, *message_ids: str) -> str:
    """Give a header of Message-IDs, one on each line. Raises ValueError for what isn't one (RFC 5322 3.6.4)."""
    for message_id in message_ids:
        if not _MESSAGE_ID.fullmatch(message_id):
            raise ValueError(f"not a Message-ID: {message_id!r}")
    return f"{name}: " + f"{_FOLD} ".join(message_ids)


def link_header(name: str, link: str) -> str:
    """Give a header with one link, on one line. Raises ValueError where it isn't http(s) or doesn't fit (RFC 8058 3.1)."""
    written = uri(link)
    if not written.startswith(("https://", "http://")) or len(written) > _NEVER_LONGER:
        raise ValueError(f"not a link for {name}: {written[:80]!r}")
    return f"{name}: <{written}>"


def _phrase(name: str, person: str) -> str:
    quoted = '"' + person.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if _is_plain(person) and len(f"{name}: {quoted}") <= WIDTH:
        return quoted
    return _folded(name, person, "utf-8")


@lru_cache(maxsize=1024)
def _folded(name: str, text: str, charset: str) -> str:
    if charset == "us-ascii" and len(f"{name}: {text}") <= WIDTH:
        return text
    return Header(text, charset, WIDTH, name).encode(" ", linesep=_FOLD)


def _is_plain(text: str) -> bool:
    """Say whether the text can be written as it is: ASCII, nothing that reads as an encoded word, no word too long for a line."""
    return text.isascii() and "=?" not in text and max(map(len, text.split(" "))) < WIDTH
