"""What a session of the demo is described by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from outreach.demo.people import DemoAdult

FREE_WORKSHOP, SHADOWING, TALK, DRAFT, CANCELLED = "free workshop", "shadowing", "talk", "draft", "cancelled"
NEARLY_FULL, LATER, ASK_A_SURGEON, MENTORING = "nearly full", "later", "ask a surgeon", "mentoring"
FULL, NIGHT_SHIFT, EVENING = "full", "night shift", "evening"

ABOUT_STITCHES = (
    "You learn to hold the instruments, to place one clean stitch and to tie it, on a pad that feels like skin. "
    "Most students place their first stitch within twenty minutes. After that, you practise making them neat.\n\n"
    "You don't need to know anything beforehand."
)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One session. `in_days`: from today, on a weekday; times are on the clock of the place (`area`), or of `zone` online.

    `decided_days_before`: at noon; None: it is certain.
    """

    key: str
    format_key: str
    host: DemoAdult
    title: str
    specialty: str
    description: str
    in_days: int
    start: time
    end: time
    capacity: int
    area: str = ""
    zone: str = ""
    meeting_point: str = ""
    day_phone: str = ""
    co_hosts: tuple[DemoAdult, ...] = ()
    per_school_limit: int | None = None
    opens_in_days: int | None = None
    is_draft: bool = False
    decided_days_before: int | None = None
