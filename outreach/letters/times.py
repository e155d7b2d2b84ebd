"""A moment in words, on the clock of the place."""

from __future__ import annotations

from datetime import datetime

from outreach.models import SessionSnapshot
from outreach.web import formatting


def at_place(moment: datetime, told: SessionSnapshot) -> str:
    """'Wednesday 17 March 2027, 18:00 (New York, UTC\N{MINUS SIGN}4)'; the moment is aware."""
    return formatting.moment(moment, told.zone)
