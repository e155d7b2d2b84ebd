"""The one form in which an e-mail address is kept and compared, and that in which names are compared.

Pure. Two names are the same whatever their case, accents, apostrophes, hyphens and spaces: lists lose
those, and a class seldom has both a Jose and a José.
"""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from outreach.mail import plain_address

_MARKS = re.compile("[\u0300-\u036f]")  # accents only: in Indic scripts a mark is a vowel
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u0060\u00b4.]")
_GAPS = re.compile(r"[\s\-\u2010-\u2015_]+")


def name_key(name: str) -> str:
    """Give what two spellings of one name share: 'GARCIA  LOPEZ' and 'García-López' give 'garcia lopez'."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", _APOSTROPHES.sub("", name)))
    return _GAPS.sub(" ", unicodedata.normalize("NFC", plain.casefold())).strip()


def normal_address(text: str) -> str:
    """Give the form in which an address is stored: lower case, the domain in ASCII.

    Raises ValueError for what no mail can be sent to. An accent before the @ is refused: few mail servers take one (RFC 6531),
    and it is nearly always a slip. Asks no name server.
    """
    try:
        valid = validate_email(text, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValueError(f"not an address a mail can go to: {text!r}") from None
    return plain_address((valid.ascii_email or valid.normalized).lower())
