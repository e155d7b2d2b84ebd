"""The one form in which an e-mail address is kept and compared. Pure."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from outreach.mail import plain_address

_WITH_NAME = re.compile(r"[^<>]*<([^<>]+)>")
_AROUND = " \t,;:<>()[]\"'"


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


def typed_address(text: str) -> str:
    """Give the form in which an address is stored, of what somebody typed or pasted.

    `Name <a@b>`, `mailto:a@b?subject=x`, signs around it and blanks that nobody sees are no part of it. Raises ValueError as
    `normal_address` does.
    """
    visible = "".join(" " if sign.isspace() else sign for sign in text if unicodedata.category(sign) not in {"Cf", "Cc"} or sign.isspace())
    visible = unicodedata.normalize("NFKC", visible).strip(" \t,;")
    named = _WITH_NAME.fullmatch(visible)
    address = (named[1] if named else visible).strip(_AROUND)
    if address[:7].casefold() == "mailto:":
        address = unquote(address[7:].partition("?")[0])
    return normal_address(address.strip(_AROUND))


def typed_addresses(text: str) -> tuple[str, ...]:
    """Give each address of several, separated by commas, semicolons, blanks or line breaks; what is none stays as it was typed."""
    parts = [part for entry in re.split(r"[,;\n\r]+", text) for part in ([entry] if "<" in entry else entry.split())]
    return tuple(map(_typed_or_as_it_is, parts))


def _typed_or_as_it_is(part: str) -> str:
    try:
        return typed_address(part)
    except ValueError:
        return part.strip()
