"""Ten thousand sessions to come, the next one first, at forty sites in three zones: what a busy programme publishes.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import insert

from outreach.db import db
from outreach.models import Area, OutreachSession, SessionState, Site
from outreach.time import instant

SESSIONS, SITES, DAYS = 10_000, 40, 365
ZONES = ("Europe/London", "America/New_York", "America/Vancouver")
FORMATS = ("shadowing", "stitch_workshop", "talk", "networking", "mentoring")
# One in five has exactly a class's seats and nobody in them.
FREE_SEATS, ONE_IN = 30, 5
_DESCRIPTION = "Your **first stitch**, on a pad. Group {number}.\n\n- Needle holder\n- Forceps\n- Scissors\n\n" + "Bring questions. " * 12


def publish(host_ids: list[int], *, now: datetime) -> None:
    """Write the sites and the sessions, in bulk."""
    sites = [{"name": f"Hospital {n}", "address": f"{n} Main Street\nTown", "zone": _zone(n)} for n in range(1, SITES + 1)]
    db.session.execute(insert(Site), sites)
    db.session.execute(insert(Area), [{"site_id": n, "name": "Skills lab"} for n in range(1, SITES + 1)])
    rows = [_words(n) | _time(n, now) | _seats(n) | _history(n, host_ids, now) for n in range(SESSIONS)]
    db.session.execute(insert(OutreachSession), rows)


def _zone(site: int) -> str:
    return ZONES[site % len(ZONES)]


def _words(number: int) -> dict[str, Any]:
    return {
        "format_key": FORMATS[number % len(FORMATS)],
        "title": f"Power of a Stitch, round {number}",
        "description": _DESCRIPTION.format(number=number),
        "specialty": "General surgery",
        "bring": "A pencil",
        "wear": "Closed shoes",
        "kit": "Suture pad, sutures, gloves",
        "reminder_leads": [10080, 1440],
    }


def _time(number: int, now: datetime) -> dict[str, Any]:
    site = number % SITES + 1
    starts = datetime.combine(now.date() + timedelta(days=2 + number * DAYS // SESSIONS), time(8 + number % 10, number % 4 * 15))
    ends = starts + timedelta(minutes=120)
    return {
        "starts_wall": starts,
        "ends_wall": ends,
        "zone": _zone(site),
        "starts_at": instant(starts, _zone(site), 0),
        "ends_at": instant(ends, _zone(site), 0),
        "tzdata_version": "as installed",
        "site_id": site,
        "area_id": site,
        "meeting_point": "Main entrance",
    }


def _seats(number: int) -> dict[str, Any]:
    if number % ONE_IN == 0:
        return {"capacity": FREE_SEATS, "seats_taken": 0}
    capacity = 8 + number % 13
    return {"capacity": capacity, "seats_taken": number % (capacity + 1)}


def _history(number: int, host_ids: list[int], now: datetime) -> dict[str, Any]:
    host_id = host_ids[number % len(host_ids)]
    moments = dict.fromkeys(("created_at", "updated_at", "published_at"), now)
    return {"host_id": host_id, "posted_by_id": host_id, "state": SessionState.PUBLISHED, **moments}
