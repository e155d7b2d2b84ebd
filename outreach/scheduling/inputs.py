"""What a clinician typed, as the use cases take it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True, kw_only=True)
class DecisionInput:
    """Whether it is provisional, and until when: `wall` is naive, on the clock of the place; None: as long before the start as usual."""

    is_provisional: bool = False
    wall: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class WhenInput:
    """When, on the clock of the place. `decision`: None leaves as it is whether that is certain."""

    day: date
    start: time
    end: time
    ends_next_day: bool = False
    fold: int | None = None
    decision: DecisionInput | None = None


@dataclass(frozen=True, kw_only=True)
class WhereInput:
    """Where: a known site or area, a new site, or only a link.

    `zone` counts for a new site and online; a known site has its own. `country` (ISO 3166-1) is of a new site; empty: the zone's.
    """

    site_id: int | None = None
    area_id: int | None = None
    new_site: str = ""
    new_address: str = ""
    new_area: str = ""
    country: str = ""
    zone: str
    meeting_point: str = ""
    video_url: str = ""


@dataclass(frozen=True, kw_only=True)
class DetailsInput:
    """What is offered, to whom, and by whom: all but time and place.

    `opens_wall` and `closes_wall` are naive, on the clock of the place. `host_id`: None keeps (or makes) the poster host.
    """

    title: str
    description: str = ""
    specialty: str = ""
    capacity: int
    per_school_limit: int | None = None
    age_floor: int | None = None
    opens_wall: datetime | None = None
    closes_wall: datetime | None = None
    bring: str = ""
    wear: str = ""
    kit: str = ""
    day_phone: str = ""
    reminder_leads: tuple[int, ...] = ()
    co_host_emails: tuple[str, ...] = ()
    host_id: int | None = None
    frees_declined_seats: bool = False
