"""Whether a message proved which domain it came from: what our own mail server wrote into Authentication-Results (RFC 8601).

Pure. From is forgeable; so are these headers, but for the topmost one under our server's name that speaks of DMARC or DKIM:
whatever a stranger put in stands below it. What can't be read proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_AT_MOST = 4096
_STATEMENT = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*")+')
_RESULT = re.compile(r"\s*([a-z0-9-]+)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)(?![^\s])", re.IGNORECASE)
_PROPERTY = re.compile(r'(?<!\S)([a-z]+\.[a-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s"]+)(?!\S)', re.IGNORECASE)


def proves(authentication: Sequence[str], domain: str, *, authserv_id: str | None) -> bool:
    """Say whether a message from this domain (that of From, in lower case) really is.

    `authentication`: the headers, topmost first. True where DMARC passed for exactly this domain, or DKIM for it or one it
    lies in: a domain speaks for what is below it, not the other way round. `authserv_id` None: nobody's word counts.
    """
    if not authserv_id or not domain:
        return False
    ours = (statements for statements in map(_statements, authentication) if statements and _is_by(statements[0], authserv_id))
    for _server, *said in ours:
        results = [result for statement in said if (result := _result(statement)) is not None]
        if any(method in ("dmarc", "dkim") for method, _word, _properties in results):
            return _pass(results, domain)
    return False


_Result = tuple[str, str, dict[str, str]]


def _pass(results: Sequence[_Result], domain: str) -> bool:
    dmarc = [(word, properties) for method, word, properties in results if method == "dmarc"]
    if len(dmarc) > 1 or any(word == "fail" for word, _properties in dmarc):
        return False
    if any(word == "pass" and properties.get("header.from") == domain for word, properties in dmarc):
        return True
    return any(method == "dkim" and word == "pass" and _speaks_for(properties, domain) for method, word, properties in results)


def _speaks_for(properties: dict[str, str], domain: str) -> bool:
    signer = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
    return "." in signer and (domain == signer or domain.endswith(f".{signer}"))


def _is_by(server: str, authserv_id: str) -> bool:
    words = server.split()
    return bool(words) and words[0].lower() == authserv_id.lower()


def _statements(header: str) -> list[str]:
    said = _without_comments(header[: _AT_MOST + 1])
    return [] if len(header) > _AT_MOST or said is None else _STATEMENT.findall(said)


def _result(statement: str) -> _Result | None:
    found = _RESULT.match(statement)
    if found is None:
        return None
    properties = {name.lower(): value.strip('"').lower() for name, value in _PROPERTY.findall(statement, found.end())}
    return found[1].lower(), found[2].lower(), properties


def _without_comments(text: str) -> str | None:
    """Take out what stands in parentheses, which nest (RFC 5322 3.2.2); None where they or the quotes don't close."""
    kept: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for character in text:
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif character == '"' and not depth:
            is_quoted = not is_quoted
        elif character == "(" and not is_quoted:
            depth += 1
        elif character == ")" and depth:
            depth -= 1
            character = " "  # noqa: PLW2901 (a comment is a blank)
        if not depth:
            kept.append(character)
    return None if depth or is_quoted else "".join(kept)
