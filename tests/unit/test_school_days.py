"""School days, by which a teacher's or host's time to settle something is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from outreach.time import after_school_days


@pytest.mark.parametrize(
    ("start", "zone", "expected"),
    [
        ("2027-03-01 09:00", "Europe/London", "2027-03-04 18:00"),
        ("2027-03-01 23:59", "Europe/London", "2027-03-04 18:00"),
        ("2027-03-04 09:00", "Europe/London", "2027-03-09 18:00"),
        *((f"2027-03-{day:02} 12:00", "Europe/London", "2027-03-10 18:00") for day in (5, 6, 7)),
        # the clock changes in between: 18:00 is 18:00
        ("2027-03-26 09:00", "Europe/London", "2027-03-31 18:00"),
        # still Friday there, Saturday in UTC; already Monday there, Sunday in UTC
        ("2027-03-05 22:00", "America/Los_Angeles", "2027-03-10 18:00"),
        ("2027-03-08 01:00", "Pacific/Auckland", "2027-03-11 18:00"),
    ],
)
def test_three_school_days_end_at_six_in_the_evening_of_the_third(start: str, zone: str, expected: str) -> None:
    there = ZoneInfo(zone)
    found = after_school_days(datetime.fromisoformat(start).replace(tzinfo=there).astimezone(UTC), 3, zone)
    assert (found.tzinfo, found.astimezone(there).strftime("%Y-%m-%d %H:%M")) == (UTC, expected)
