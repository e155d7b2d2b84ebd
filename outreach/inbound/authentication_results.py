"""Whether a message proved which domain it came from: what our own mail server wrote into Authentication-Results (RFC 8601).

Pure. authres reads the headers, we decide. From is forgeable; so are these headers, except the topmost one under our server's
name that has a result for DMARC or DKIM: whatever a stranger put in is below it. What can't be read proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import authres

from outreach.mail import organisational_domain

_MAX_LENGTH = 4096
_MAX_PARTS = 100  # authres reads nested comments by recursion, goes on behind one too deep for Python, and is slow with many results

_Result = tuple[str, str, dict[str, str]]


def proves(authentication: Sequence[str], domain: str, *, authserv_id: str | None) -> bool:
    """Say whether a message from this domain (that of From, in lower case) really is.

    `authentication`: the headers, topmost first. True where DMARC passed for exactly this domain, or DKIM for it or a domain
    above it, not below it. `authserv_id` None: no server is trusted. A header with our server's name that can't be read
    ends the search: a stranger may have written those below it.
    """
    if not authserv_id or not domain:
        return False
    name = authserv_id.lower()
    for header in (header for header in authentication if name in header.lower()):
        parsed = _parse(header)
        if parsed is None:
            return False
        server, results = parsed
        if server == name and any(method in ("dmarc", "dkim") for method, _word, _properties in results):
            return _pass(results, domain)
    return False


def _parse(header: str) -> tuple[str, list[_Result]] | None:
    """Give the server's name and its results; None for what can't be read."""
    if len(header) > _MAX_LENGTH or max(map(header.count, "(;=")) > _MAX_PARTS:
        return None
    try:
        parsed = authres.parse_value(header.rstrip("; \t\r\n"))
    except authres.AuthResError:
        return None
    return parsed.authserv_id, [(one.method, one.result, _properties(one)) for one in parsed.results]


def _properties(result: authres.AuthenticationResult) -> dict[str, str]:
    return {f"{one.type}.{one.name}": (one.value or "").lower() for one in result.properties}


def _pass(results: Sequence[_Result], domain: str) -> bool:
    dmarc = [(word, properties) for method, word, properties in results if method == "dmarc"]
    if len(dmarc) > 1 or any(word == "fail" for word, _properties in dmarc):
        return False
    if any(word == "pass" and properties.get("header.from") == domain for word, properties in dmarc):
        return True
    return any(method == "dkim" and word == "pass" and _is_signed_for(properties, domain) for method, word, properties in results)


def _is_signed_for(properties: dict[str, str], domain: str) -> bool:
    signer = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
    is_above = domain == signer or domain.endswith(f".{signer}")
    return is_above and organisational_domain(signer) is not None
