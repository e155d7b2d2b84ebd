"""What people typed, made fit for a letter: no line break where one line is meant, no control characters.

Pure. Done once for all facts, so that no name can begin a line of its own in a text or a header.
"""

from __future__ import annotations

from typing import Any

from outreach.mail import one_line, prose

_PROSE = frozenset({"address", "bring", "wear", "kit", "cancel_reason", "reason", "note", "comment"})


def cleaned(facts: dict[str, Any]) -> dict[str, Any]:
    """Give the facts with every string cleaned: prose keeps its paragraphs, all else is one line."""
    return {key: _cleaned(value, is_prose=key in _PROSE) for key, value in facts.items()}


def _cleaned(value: Any, *, is_prose: bool) -> Any:
    if isinstance(value, str):
        return prose(value) if is_prose else one_line(value)
    if isinstance(value, dict):
        return cleaned(value)
    return [_cleaned(item, is_prose=is_prose) for item in value] if isinstance(value, list) else value
