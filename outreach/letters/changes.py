"""What is different between a session as last told and as it is now.

Pure.
"""

from __future__ import annotations

from enum import StrEnum

from outreach.models import LetterSnapshot, SessionSnapshot


class SessionChange(StrEnum):
    """What people notice."""

    TIME = "time"
    PLACE = "place"
    LINK = "link"
    TITLE = "title"
    HOST = "host"
    BRING = "bring"
    WEAR = "wear"
    KIT = "kit"
    DESCRIPTION = "description"


def changes(facts: LetterSnapshot) -> frozenset[SessionChange]:
    """Name what changed; nothing where nothing was told before."""
    was = facts.was
    found = {change for change, names in _PARTS.items() if _differ(was, facts.session, names)} if was else set()
    return frozenset(found | ({SessionChange.DESCRIPTION} if facts.has_new_description else set()))


def _differ(was: SessionSnapshot, now: SessionSnapshot, names: tuple[str, ...]) -> bool:
    return any(getattr(was, name) != getattr(now, name) for name in names)


_PARTS = {
    SessionChange.TIME: ("starts_wall", "ends_wall", "zone", "fold"),
    SessionChange.PLACE: ("site_name", "area_name", "address", "meeting_point"),
    SessionChange.LINK: ("video_url",),
    SessionChange.TITLE: ("title",),
    SessionChange.HOST: ("host_name",),
    SessionChange.BRING: ("bring",),
    SessionChange.WEAR: ("wear",),
    SessionChange.KIT: ("kit",),
}
