"""The key our letters are signed with (DKIM, RFC 6376), and its public half as our domain publishes it.

Pure.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import dkim
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

FEWEST_BITS = 1024  # RFC 8301 3.2: nobody need believe a shorter one
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")


@dataclass(frozen=True)
class DkimKey:
    """A private RSA key: its PEM text, and the numbers everybody may know."""

    pem: bytes
    modulus: int
    exponent: int

    @property
    def record(self) -> str:
        """Give the TXT record to publish at `selector._domainkey.domain` (RFC 6376 3.6.1)."""
        numbers = _der(0x30, _integer(self.modulus) + _integer(self.exponent))
        public = _der(0x30, _RSA + _der(0x03, b"\0" + numbers))
        return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"

    def is_published_by(self, record: str) -> bool:
        """Say whether this TXT record holds the public half."""
        try:
            published, *_rest = dkim.evaluate_pk("", record)
        except (dkim.DKIMException, ValueError):
            return False
        is_rsa = isinstance(published, dict)
        return is_rsa and (published["modulus"], published["publicExponent"]) == (self.modulus, self.exponent)


def key_of(pem: bytes) -> DkimKey:
    """Read an unencrypted RSA key in PEM, PKCS #1 or #8. Raises ValueError whose sentence goes on after a setting's name."""
    pem = pem.replace(b"\r\n", b"\n")
    try:
        numbers = parse_pem_private_key(pem)
    except (UnparsableKeyError, ValueError, AssertionError):
        raise ValueError("must be a private RSA key in PEM without a password, as `openssl genrsa 2048` makes it.") from None
    if numbers["modulus"].bit_length() < FEWEST_BITS:
        raise ValueError(f"holds a key of {numbers['modulus'].bit_length()} bits; it must have at least {FEWEST_BITS}.")
    return DkimKey(pem, numbers["modulus"], numbers["publicExponent"])


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _der(tag: int, content: bytes) -> bytes:
    """Encode (X.690 8.1): tag, length, content."""
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([128 + len(length)]) + length) + content
