"""Envelope senders: one address for each letter, so that whatever comes back says which letter it is about (VERP).

Pure. The token is signed: whoever can't sign can't make a letter look refused. It is lower-case base32, because local
parts lose their case on the way.
"""

from __future__ import annotations

import base64
import hmac
import re
from hashlib import sha256

from outreach.settings import Settings

_TOKEN = re.compile(r"b(\d{1,12})-([a-z2-7]{16})")


def bounce_address(letter_id: int, settings: Settings) -> str:
    """Give the envelope sender of one letter: where mail servers report what became of it."""
    pattern = settings.bounce_address or settings.reply_address
    return pattern.replace("{token}", bounce_token(letter_id, settings.secret_key))


def bounce_token(letter_id: int, secret_key: str) -> str:
    """Give the token of a letter: 80 bits of HMAC behind its number, at most 30 characters."""
    return f"b{letter_id}-{_mac(letter_id, secret_key)}"


def bounced_letter(token: str, secret_key: str) -> int | None:
    """Give the id of the letter from its token, in whatever case; None where we didn't sign it."""
    found = _TOKEN.fullmatch(token.lower())
    if found is None:
        return None
    letter_id = int(found[1])
    return letter_id if hmac.compare_digest(found[2], _mac(letter_id, secret_key)) else None


def token_in(address: str, pattern: str) -> str | None:
    """Give what replaces `{token}` of a pattern such as `rsvp+{token}@example.org` in this address, in lower case."""
    start, end = pattern.lower().split("{token}")
    address = address.strip().lower()
    if not (address.startswith(start) and address.endswith(end) and len(address) > len(start) + len(end)):
        return None
    return address[len(start) : len(address) - len(end)]


def _mac(letter_id: int, secret_key: str) -> str:
    # What is signed never changes: a bounce may come days after an update.
    signed = hmac.digest(secret_key.encode(), f"outreach.return_path:{letter_id}".encode(), sha256)
    return base64.b32encode(signed[:10]).decode().lower()
