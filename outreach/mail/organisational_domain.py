"""Whose a domain is: the one below a public suffix such as `org` or `ac.uk` that an organisation registered (RFC 7489 3.2).

Pure. The list of public suffixes comes with the package publicsuffixlist; nothing is downloaded.
"""

from __future__ import annotations

from functools import lru_cache

from publicsuffixlist import PublicSuffixList


def organisational_domain(domain: str) -> str | None:
    """Give the registered domain that this one is or is below, in lower case; None for a public suffix itself."""
    return _public_suffixes().privatesuffix(domain.lower())


def is_known_domain(domain: str) -> bool:
    """Say whether a name ends in a public suffix that is in use, such as `org`: programs make a link of it."""
    return _public_suffixes().publicsuffix(domain.lower(), accept_unknown=False) is not None


@lru_cache
def _public_suffixes() -> PublicSuffixList:
    """Read the list: it takes a fifth of a second, and many processes never need it."""
    return PublicSuffixList()
