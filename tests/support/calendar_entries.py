"""A calendar entry to start from, and how another program than ours reads it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import dateutil.tz
import vobject
from vobject import icalendar as vobject_icalendar

from outreach.calendars.entry import CalendarEntry
from outreach.calendars.itip import Method, compose

WRITTEN = datetime(2027, 2, 1, 9, 30, tzinfo=UTC)
WORKSHOP = CalendarEntry(
    uid="3f0c6c1e-7c58-4f0a-9d5e-0d2a4f6b8c11@outreach.example.org",
    sequence=0,
    stamp=WRITTEN,
    created=WRITTEN,
    last_modified=WRITTEN,
    summary="Power of a Stitch",
    description="Your first stitch, with Dr Ana Ruiz.\nBring: nothing; wear closed shoes, no rings.",
    location="St Mary's Hospital, Skills Lab, 2nd floor",
    starts_wall=datetime(2027, 3, 18, 14, 0),
    ends_wall=datetime(2027, 3, 18, 16, 0),
    zone="America/New_York",
    organizer_name="Outreach",
    organizer_email="rsvp+k3v7q2m5x4c6b8n1@outreach.example.org",
    attendee_name="Amina",
    attendee_email="amina@school.example",
)


def entry(**changes: Any) -> CalendarEntry:
    """Give the workshop's entry with some of it changed."""
    return replace(WORKSHOP, **changes)


def read_zone(block: bytes) -> tzinfo:
    """Read a VTIMEZONE with dateutil, which knows nothing of zoneinfo's data."""
    zone = dateutil.tz.tzical(io.StringIO(block.decode())).get()
    assert isinstance(zone, tzinfo)
    return zone


def read_event(written: bytes) -> Any:
    """Read the VEVENT with vobject; its times are what the VTIMEZONE beside it makes of them."""
    vars(vobject_icalendar)["__tzidMap"].clear()  # else it keeps the first block it has seen of a zone
    vobject_icalendar.registerTzid("UTC", dateutil.tz.tzutc())
    return vobject.readOne(written.decode()).vevent


def read_instants(written: bytes) -> tuple[datetime, datetime]:
    """Give start and end in UTC as vobject understands them."""
    event = read_event(written)
    assert event.dtstart.value.tzinfo is not None
    assert event.dtend.value.tzinfo is not None
    return event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC)


def instants(**changes: Any) -> tuple[datetime, datetime]:
    """Give start and end in UTC as vobject reads them from the REQUEST of such an entry."""
    return read_instants(compose(entry(**changes), Method.REQUEST))
