"""The one form in which an e-mail address is kept and compared. Pure."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from outreach.mail import plain_address


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
