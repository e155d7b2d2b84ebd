"""One cell to e-mail addresses, in the form mailboxes are stored in.

Pure.
"""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from outreach.class_lists.cells import is_nothing, plain
from outreach.class_lists.errors import CellTrouble, ProblemCode
from outreach.mail.sanitize import plain_address

MAX_EMAIL = 254  # RFC 5321 4.5.3.1.3, less the angle brackets

_WRITTEN_WITH_NAME = re.compile(r"[^<>]*<([^<>]+)>")
_BETWEEN_EMAILS = re.compile(r"[\s;,/|]+")


def read_email(cell: str) -> str | None:
    """Give one address in lower case, None if empty. Raises CellTrouble: bad_email, several_emails."""
    address = _bare_address(plain(cell))
    if is_nothing(address):
        return None
    if sum("@" in part for part in _BETWEEN_EMAILS.split(address)) > 1:
        raise CellTrouble(ProblemCode.SEVERAL_EMAILS)
    return normal_email(address)


def read_emails(cell: str) -> list[str]:
    """Give every address of a cell that holds those of both parents."""
    text = _bare_address(plain(cell))
    if is_nothing(text):
        return []
    return [normal_email(_bare_address(part)) for part in _BETWEEN_EMAILS.split(text) if part.strip("<>")]


def normal_email(address: str) -> str:
    """Give the form a mailbox is stored in (outreach.people.mailboxes): lower case, the domain in ASCII. Raises CellTrouble: bad_email.

    An accent before the @ is refused: few mail servers take one (RFC 6531), and it is nearly always a slip.
    """
    if len(address) > MAX_EMAIL:
        raise CellTrouble(ProblemCode.BAD_EMAIL)  # before anything slow looks at it
    try:
        valid = validate_email(address, check_deliverability=False, test_environment=True, allow_smtputf8=False)
        return plain_address((valid.ascii_email or valid.normalized).lower())
    except (EmailNotValidError, ValueError):
        raise CellTrouble(ProblemCode.BAD_EMAIL) from None


def _bare_address(text: str) -> str:
    named = _WRITTEN_WITH_NAME.fullmatch(text.rstrip(";, "))
    address = (named[1] if named else text).strip(" \t\r\n;,<>")
    return address[7:] if address.casefold().startswith("mailto:") else address
