"""What is different between the session that people last knew of and the session now.

Pure.
"""

from __future__ import annotations

from enum import StrEnum

from outreach.models import LetterSnapshot, SessionSnapshot


class SessionChange(StrEnum):
    """What readers are told of. `TIME`: it starts at another time; `END`: it only ends at another."""

    TIME = "time"
    END = "end"
    LOCATION = "place"
    LINK = "link"
    TITLE = "title"
    HOST = "host"
    BRING = "bring"
    WEAR = "wear"
    KIT = "kit"
    DESCRIPTION = "description"


def changes(snapshot: LetterSnapshot) -> frozenset[SessionChange]:
    """Give what has changed; nothing if there is no earlier session to compare with."""
    previous = snapshot.was
    found = {change for change, names in _PARTS.items() if _differ(previous, snapshot.session, names)} if previous else set()
    if SessionChange.TIME in found:
        found.discard(SessionChange.END)
    return frozenset(found | ({SessionChange.DESCRIPTION} if snapshot.has_new_description else set()))


def _differ(previous: SessionSnapshot, now: SessionSnapshot, names: tuple[str, ...]) -> bool:
    return any(getattr(previous, name) != getattr(now, name) for name in names)


_PARTS = {
    SessionChange.TIME: ("starts_wall", "zone", "fold"),
    SessionChange.END: ("ends_wall",),
    SessionChange.LOCATION: ("site_name", "area_name", "address", "meeting_point"),
    SessionChange.LINK: ("video_url",),
    SessionChange.TITLE: ("title",),
    SessionChange.HOST: ("host_name",),
    SessionChange.BRING: ("bring",),
    SessionChange.WEAR: ("wear",),
    SessionChange.KIT: ("kit",),
}
