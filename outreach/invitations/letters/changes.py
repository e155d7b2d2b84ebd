"""What is different between a session as last told and as it is now.

Pure.
"""

from __future__ import annotations

from enum import StrEnum

from outreach.invitations.facts import LetterFacts, SessionFacts

_TIME = ("starts_wall", "ends_wall", "zone", "fold")
_PLACE = ("site_name", "area_name", "address", "meeting_point")


class Change(StrEnum):
    """What people notice."""

    TIME = "time"
    PLACE = "place"
    LINK = "link"


def changes(facts: LetterFacts) -> frozenset[Change]:
    """Name what changed; nothing where nothing was told before, or only words changed."""
    if facts.was is None:
        return frozenset()
    parts = {Change.TIME: _TIME, Change.PLACE: _PLACE, Change.LINK: ("video_url",)}
    return frozenset(change for change, names in parts.items() if _differ(facts.was, facts.session, names))


def _differ(was: SessionFacts, now: SessionFacts, names: tuple[str, ...]) -> bool:
    return any(getattr(was, name) != getattr(now, name) for name in names)
