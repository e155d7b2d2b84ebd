"""When reminders fall due: the lead, the quiet hours, what is missed stays missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.notifications.due_times import Due, due_lead, falls_due, roster_falls_due

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


@pytest.mark.parametrize(
    ("moment", "starts", "rings"),
    [
        ("2027-03-17T06:59:59", "2027-03-18T14:00:00", "Wed 17 07:00:00"),
        ("2027-03-17T07:00:00", "2027-03-18T14:00:00", "Wed 17 07:00:00"),
        ("2027-03-17T07:00:01", "2027-03-18T14:00:00", "Wed 17 07:00:01"),
        ("2027-03-17T20:59:59", "2027-03-18T14:00:00", "Wed 17 20:59:59"),
        ("2027-03-17T21:00:00", "2027-03-18T14:00:00", "Thu 18 07:00:00"),
        ("2027-03-18T06:00:00", "2027-03-18T09:00:00", "Thu 18 07:00:00"),
        ("2027-03-18T06:00:00", "2027-03-18T08:59:00", "Wed 17 20:00:00"),
        ("2027-03-17T21:00:00", "2027-03-18T09:00:00", "Thu 18 07:00:00"),
        ("2027-03-17T21:00:00", "2027-03-18T08:59:00", "Wed 17 20:00:00"),
    ],
)
def test_the_quiet_hours_begin_at_nine_and_end_at_seven_to_the_second(moment: str, starts: str, rings: str) -> None:
    seconds = datetime.fromisoformat(starts).second - datetime.fromisoformat(moment).second
    starts_at = start(starts, "Europe/London") - timedelta(seconds=seconds)
    lead = int((starts_at - start(moment, "Europe/London")).total_seconds()) // 60
    rung = falls_due(lead, starts_at=starts_at, zone="Europe/London")
    assert rung.astimezone(ZoneInfo("Europe/London")).strftime("%a %d %H:%M:%S") == rings


def test_a_lead_is_due_from_its_second_on() -> None:
    starts_at, second = start("2027-03-18T14:00", "Europe/London"), timedelta(seconds=1)
    at = starts_at - timedelta(days=1)
    assert due_lead([DAY], starts_at=starts_at, zone="Europe/London", now=at - second) is None
    for now in (at, at + second, starts_at - second):
        assert due_lead([DAY], starts_at=starts_at, zone="Europe/London", now=now) == Due(DAY, at)


def test_of_two_that_wait_for_the_same_morning_the_nearer_to_the_start_rings() -> None:
    starts_at = start("2027-03-18T14:00", "Europe/London")
    morning = start("2027-03-18T07:00", "Europe/London")
    for leads in ([600, 660], [660, 600]):
        assert due_lead(leads, starts_at=starts_at, zone="Europe/London", now=morning) == Due(600, morning)


def test_the_one_that_fell_due_last_rings_even_where_the_evening_before_came_first() -> None:
    starts_at = start("2027-03-18T08:00", "Europe/London")
    due = due_lead([TWO_HOURS, 700], starts_at=starts_at, zone="Europe/London", now=start("2027-03-17T20:30", "Europe/London"))
    assert due == Due(700, start("2027-03-17T20:20", "Europe/London"))
