"""What may be on one line of a mail header or a calendar property.

Pure. Whatever a person typed goes through here before it goes out, so that no name can add a header.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

from outreach.mail.organisational_domain import is_known_domain

# C0, DEL, C1, and the two Unicode line breaks some parsers end a line at.
_BLANKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_CONTROLS_IN_PROSE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_BYTE_ORDER_MARK = "\ufeff"  # files bring it along; it shows nothing, and calendar programs drop it or stumble over it
_LINE_BREAKS = re.compile("\r\n?|[\x85\u2028\u2029]")
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")

_ALWAYS_A_LINK = re.compile(r"[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:|\S@\S+\.\S", re.IGNORECASE)
_DOTTED = re.compile(r"(?<![\w.-])((?:[\w-]{2,}\.)+[^\W\d_]{2,}|\w\.[^\W\d_]{2,}(?=/))(?![\w-]|\.\w)")
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


# One session's words go out in a hundred letters, each looked at a dozen times.
@lru_cache(maxsize=4096)
def one_line(text: str) -> str:
    """Give the text with each run of spaces, line breaks and control characters as one space."""
    return _BLANKS.sub(" ", text.replace(_BYTE_ORDER_MARK, "")).strip()


@lru_cache(maxsize=4096)
def prose(text: str) -> str:
    r"""Give the text with `\n` as its only line break and no control character but the tab."""
    return _CONTROLS_IN_PROSE.sub(" ", _LINE_BREAKS.sub("\n", text.replace(_BYTE_ORDER_MARK, ""))).strip()


def has_link(text: str) -> bool:
    """Say whether a mail program would make a link of something in it: an address of a page or a mailbox, or `example.org` alone."""
    text = unicodedata.normalize("NFKC", text).replace("\u3002", ".")
    return bool(_ALWAYS_A_LINK.search(text)) or any(is_known_domain(found) for found in _DOTTED.findall(text))


def has_direction_mark(text: str) -> bool:
    """Say whether a mark in it turns the reading direction: it can make one name look like another."""
    return bool(_DIRECTION_MARKS.search(text))


def plain_address(address: str) -> str:
    """Give the address back if it is a dot-atom in ASCII (RFC 5321 4.1.2, without quoted local parts).

    Raises ValueError otherwise: SMTPUTF8 isn't used, and an address is never repaired.
    """
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise ValueError(f"not an address a mail can go to: {address!r}")
    return address


def uri(address: str) -> str:
    """Give a URI in ASCII: what RFC 3986 doesn't allow in one is percent-encoded, what is already encoded stays."""
    return quote(address, safe=":/?#[]@!$&'()*+,;=%~-._")
