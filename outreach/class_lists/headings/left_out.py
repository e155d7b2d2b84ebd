"""Why a column isn't imported: on purpose, because a person decided so, or because nobody knows yet what it is.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from outreach.class_lists.headings.vocabulary import vocabulary, words_of

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


class LeftOut(StrEnum):
    """Why a column is left out; a person must decide about the last two."""

    TELEPHONE = "telephone"
    ADDRESS = "address"
    MEDICAL = "medical"
    UNKNOWN = "unknown"
    HAS_EMAILS = "has_emails"
    MAYBE_CONTACT = "maybe_contact"

    @property
    def needs_decision(self) -> bool:
        """A guardian may be lost with this column."""
        return self in {LeftOut.HAS_EMAILS, LeftOut.MAYBE_CONTACT}


def why_left_out(heading: str, cells: Sequence[str]) -> LeftOut:
    """Say why a column that is no field of ours is left out."""
    if any(_ADDRESS.search(cell) for cell in cells):
        return LeftOut.HAS_EMAILS
    known, words = vocabulary(), frozenset(words_of(heading))
    if not known.left_out["restriction"].isdisjoint(words):
        return LeftOut.MAYBE_CONTACT
    for reason in (LeftOut.TELEPHONE, LeftOut.MEDICAL, LeftOut.ADDRESS):
        if not known.left_out[reason.value].isdisjoint(words):
            return reason
    phrase = " ".join(word for word in words_of(heading) if word not in known.noise)
    if phrase in known.left_out["address_only"]:
        return LeftOut.ADDRESS
    contacts = known.left_out["contact"] | known.words["contact"]
    is_contact = not contacts.isdisjoint(words) and any(map(_is_name, cells))
    return LeftOut.MAYBE_CONTACT if is_contact else LeftOut.UNKNOWN


def _is_name(cell: str) -> bool:
    return len(cell.split()) > 1 and not any(map(str.isdigit, cell))
