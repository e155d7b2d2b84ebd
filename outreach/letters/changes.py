"""What is different between a session as last told and as it is now.

Pure.
"""

from __future__ import annotations

from enum import StrEnum

from outreach.models.snapshots import LetterFacts, SessionFacts


class Change(StrEnum):
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


def changes(facts: LetterFacts) -> frozenset[Change]:
    """Name what changed; nothing where nothing was told before."""
    was = facts.was
    found = {change for change, names in _PARTS.items() if _differ(was, facts.session, names)} if was else set()
    return frozenset(found | ({Change.DESCRIPTION} if facts.has_new_description else set()))


def _differ(was: SessionFacts, now: SessionFacts, names: tuple[str, ...]) -> bool:
    return any(getattr(was, name) != getattr(now, name) for name in names)


_PARTS = {
    Change.TIME: ("starts_wall", "ends_wall", "zone", "fold"),
    Change.PLACE: ("site_name", "area_name", "address", "meeting_point"),
    Change.LINK: ("video_url",),
    Change.TITLE: ("title",),
    Change.HOST: ("host_name",),
    Change.BRING: ("bring",),
    Change.WEAR: ("wear",),
    Change.KIT: ("kit",),
}
