"""A moment in words, on the clock of the place."""

from __future__ import annotations

from datetime import datetime

from outreach import wording
from outreach.invitations.facts import SessionFacts


def at_place(moment: datetime, told: SessionFacts) -> str:
    """'Wednesday 17 March 2027, 18:00 (New York, UTC\N{MINUS SIGN}4)'; the moment is aware."""
    return wording.moment(moment, told.zone)
