"""When reminders fall due: the lead, the quiet hours, what is missed stays missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from outreach.invitations.reminder_times import due_lead, falls_due, roster_falls_due

WEEK, DAY, TWO_HOURS = 10080, 1440, 120


def local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%a %d %H:%M")


def start(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_a_day_before_in_daylight_is_exactly_a_day_before() -> None:
    starts_at = start("2027-03-18T14:00", "America/New_York")
    assert falls_due(DAY, starts_at=starts_at, zone="America/New_York") == starts_at - timedelta(days=1)


def test_a_reminder_that_would_ring_at_night_waits_for_the_morning() -> None:
    starts_at = start("2027-03-18T06:00", "Australia/Sydney")
    assert local(falls_due(DAY, starts_at=starts_at, zone="Australia/Sydney"), "Australia/Sydney") == "Wed 17 07:00"


def test_where_the_morning_is_too_close_it_rings_the_evening_before() -> None:
    starts_at = start("2027-03-18T08:00", "Europe/London")
    assert local(falls_due(TWO_HOURS, starts_at=starts_at, zone="Europe/London"), "Europe/London") == "Wed 17 20:00"


def test_just_after_midnight_the_evening_before_is_the_evening_that_has_passed() -> None:
    starts_at = start("2027-03-18T02:30", "Europe/London")
    assert local(falls_due(TWO_HOURS, starts_at=starts_at, zone="Europe/London"), "Europe/London") == "Wed 17 20:00"


def test_across_the_clock_change_a_day_is_24_hours_and_the_night_is_the_wall_clocks() -> None:
    starts_at = start("2027-03-14T07:30", "America/New_York")
    assert local(falls_due(DAY, starts_at=starts_at, zone="America/New_York"), "America/New_York") == "Sat 13 07:00"


def test_what_was_missed_is_not_made_up_for() -> None:
    starts_at = start("2027-03-18T14:00", "Europe/London")
    leads = [WEEK, DAY]
    due = due_lead(leads, starts_at=starts_at, zone="Europe/London", now=starts_at - timedelta(hours=3))
    assert due is not None
    assert due.lead == DAY
    assert due_lead(leads, starts_at=starts_at, zone="Europe/London", now=starts_at - timedelta(days=8)) is None
    assert due_lead(leads, starts_at=starts_at, zone="Europe/London", now=starts_at) is None


def test_hosts_hear_at_six_the_evening_before() -> None:
    starts_at = start("2027-03-18T00:30", "Australia/Sydney")
    assert local(roster_falls_due(starts_at=starts_at, zone="Australia/Sydney"), "Australia/Sydney") == "Wed 17 18:00"


@given(
    lead=st.integers(1, 20160),
    starts_at=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),
    zone=st.sampled_from(["Europe/London", "America/Vancouver", "Australia/Sydney", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"]),
)
def test_no_reminder_rings_at_night_and_none_after_the_start(lead: int, starts_at: datetime, zone: str) -> None:
    starts_at = starts_at.replace(tzinfo=UTC, microsecond=0)
    moment = falls_due(lead, starts_at=starts_at, zone=zone)
    hour = moment.astimezone(ZoneInfo(zone)).hour
    assert 7 <= hour < 21
    assert moment < starts_at
