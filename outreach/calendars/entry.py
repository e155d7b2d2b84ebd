"""What one mailbox's calendar shows of one outreach session: the facts, and the instants they mean.

Pure. An entry that exists can be written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from outreach.mail import plain_address
from outreach.time import is_skipped, zone_info

_UID = re.compile(r"[!-~]{1,255}")


class ParticipationStatus(StrEnum):
    """What the calendar's owner answered."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


@dataclass(frozen=True, kw_only=True)
class CalendarEntry:
    """One outreach session in one mailbox's calendar.

    `starts_wall` and `ends_wall` are naive, on the clock of `zone`; `fold` says which of two where that clock
    goes back (PEP 495). The other moments are aware: `stamp` is when this object was made, and must be newer
    in every message (RFC 5546 2.1.5). Raises ValueError for what no calendar could hold: a naive moment, a time
    the clock skips, an end that isn't after the start, an unusable UID or address.
    """

    uid: str
    sequence: int
    stamp: datetime
    created: datetime
    last_modified: datetime
    summary: str
    description: str
    location: str
    starts_wall: datetime
    ends_wall: datetime
    zone: str
    fold: int = 0
    organizer_name: str
    organizer_email: str
    attendee_name: str = ""
    attendee_email: str | None = None
    answer: ParticipationStatus = ParticipationStatus.NEEDS_ACTION
    transparent: bool = False
    tentative: bool = False
    url: str | None = None
    conference_url: str | None = None
    conference_label: str | None = None

    def __post_init__(self) -> None:
        if not _UID.fullmatch(self.uid) or self.sequence < 0:
            raise ValueError(f"not a UID and SEQUENCE: {self.uid!r}, {self.sequence}")
        if any(moment.utcoffset() is None for moment in (self.stamp, self.created, self.last_modified)):
            raise ValueError("stamp, created and last_modified need a time zone")
        plain_address(self.organizer_email)
        if self.attendee_email is not None:
            plain_address(self.attendee_email)
        starts, ends = self.instants
        if ends <= starts:
            raise ValueError(f"ends at {ends}, not after it starts at {starts}")

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Start and end in UTC."""
        return self._on_clock(self.starts_wall).astimezone(UTC), self._on_clock(self.ends_wall).astimezone(UTC)

    @property
    def times(self) -> tuple[datetime, datetime]:
        """Start and end as they are written: on the zone's clock, or in UTC where that clock would be read in two ways."""
        starts, ends = self._on_clock(self.starts_wall), self._on_clock(self.ends_wall)
        changes_meanwhile = starts.utcoffset() != ends.utcoffset()
        if changes_meanwhile or _is_shown_twice(starts) or _is_shown_twice(ends) or starts.tzname() == "UTC":
            return self.instants
        return starts, ends

    def _on_clock(self, wall: datetime) -> datetime:
        if wall.tzinfo is not None:
            raise ValueError(f"not a wall time: {wall}")
        if is_skipped(wall, self.zone):
            raise ValueError(f"the clocks in {self.zone} skip {wall}")
        return wall.replace(tzinfo=zone_info(self.zone), fold=self.fold)


def _is_shown_twice(moment: datetime) -> bool:
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
