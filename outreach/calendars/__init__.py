"""Calendar objects: iTIP, VTIMEZONE, entries."""

from outreach.calendars.entry import CalendarEntry, ParticipationStatus
from outreach.calendars.itip import Method, compose

__all__ = ["CalendarEntry", "Method", "ParticipationStatus", "compose"]
