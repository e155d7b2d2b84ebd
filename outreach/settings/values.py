"""What a setting may be: each function gives the value as it is kept, or says in a ValueError how it must be.

The sentence goes on after the setting's name.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from outreach.settings.dkim_key import key_of

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def database_url(value: str) -> str:
    """Give the address of a database of a kind we know."""
    try:
        driver = make_url(value).drivername
    except ArgumentError:
        driver = ""
    if driver not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://.")
    return value


def secret_key(value: str) -> str:
    """Give a key that is long enough to sign with."""
    if len(value) < 32:
        raise ValueError("must have at least 32 characters; `python -c 'import secrets; print(secrets.token_urlsafe(48))'` draws one.")
    return value


def base_url(value: str) -> str:
    """Give our own address without a slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://outreach.example.org.")
    return value.rstrip("/")


def reply_address(value: str) -> str:
    """Give an address with the place for a token in it."""
    try:
        validate_email(value.replace("{token}", "x" * 16), check_deliverability=False, test_environment=True, allow_domain_literal=False)
    except EmailNotValidError:
        value = ""
    if value.count("{token}") != 1:
        raise ValueError("must be an address with {token} in it, such as rsvp+{token}@example.org.")
    return value


def inbox_url(value: str) -> str:
    """Give where replies are read. Without TLS only on this machine: the password would travel in the clear."""
    parts = urlsplit(value)
    is_whole = parts.scheme in {"imap", "imaps"} and parts.hostname and parts.username and parts.password and len(parts.path) > 1
    if not is_whole:
        raise ValueError("must be an address such as imaps://user:password@mail.example.org/INBOX (write @ in a password as %40).")
    if parts.scheme == "imap" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with imaps://: without TLS the password would travel in the clear.")
    return value


def dns_label(value: str) -> str:
    """Give a selector as it stands in a name of the DNS."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?", value):
        raise ValueError("must be letters, digits and hyphens, such as outreach2026.")
    return value


def dkim_key_file(value: str) -> str:
    """Give the path of a file with a key we can sign with."""
    try:
        key_of(Path(value).read_bytes())
    except OSError as refused:
        raise ValueError(f"can't be read: {refused.strerror}.") from None
    return value
