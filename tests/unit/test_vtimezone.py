"""VTIMEZONE: another program, reading our block, finds the instant zoneinfo finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.calendars.vtimezone import vtimezone
from outreach.time.clock_changes import yearly_rules
from outreach.time.zones import zone_names
from tests.support.calendar_entries import read_zone
from tests.support.zones import kinds_of_zone, what_blocks_must_say

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
# Every way a rule can look: both hemispheres, half an hour, two hours, midnight, first, second and last Sunday, a Friday's Sunday.
CHANGING = (
    "America/New_York", "Europe/London", "Europe/Dublin", "Australia/Sydney", "Australia/Lord_Howe",
    "Antarctica/Troll", "Asia/Beirut", "Pacific/Auckland", "America/Port-au-Prince",
)  # fmt: skip
NO_TWO_RULES = ("Africa/Casablanca", "Africa/Cairo", "Asia/Jerusalem", "America/Santiago", "America/Nuuk")


def offset_read(zone: str, moment: datetime, *, around: datetime) -> timedelta | None:
    """Give the offset another program finds for the wall time of a moment."""
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return wall.replace(tzinfo=read_zone(vtimezone(zone, around=around))).utcoffset()


def is_shown_twice(wall: datetime, zone: str) -> bool:
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).utcoffset() != wall.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset()


def test_every_zone_is_read_at_the_instants_it_has() -> None:
    """All zones for ten years, in each season and around each change; tests/interop/test_zones.py asks other programs."""
    wrong = []
    for times in what_blocks_must_say():
        zone = read_zone(times.block)
        wrong += [(min(times.zones), wall) for wall, instant in times.pairs if wall.replace(tzinfo=zone).astimezone(UTC) != instant]
    assert wrong == []


def test_zones_one_may_choose_are_all_among_them() -> None:
    assert zone_names() <= {zone for alike in kinds_of_zone() for zone in alike}


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    event=st.datetimes(datetime(2026, 11, 22), datetime(2031, 1, 1), timezones=st.just(UTC)),
    later=st.timedeltas(timedelta(0), timedelta(days=5 * 365)),
)
def test_a_block_is_right_at_its_event_and_where_it_has_rules_for_years_after(zone: str, event: datetime, later: timedelta) -> None:
    year = event.astimezone(ZoneInfo(zone)).year
    moment = event + later if yearly_rules(zone, year) else event
    local = moment.astimezone(ZoneInfo(zone))
    if not is_shown_twice(local.replace(tzinfo=None), zone):  # such a time is written in UTC
        assert offset_read(zone, moment, around=event) == local.utcoffset()


@pytest.mark.parametrize("zone", CHANGING)
def test_a_rule_is_right_to_the_minute_on_both_sides_of_every_change(zone: str) -> None:
    rules = yearly_rules(zone, 2027)
    assert rules is not None
    read = read_zone(vtimezone(zone, around=datetime(2027, 6, 1, tzinfo=UTC)))
    for change in (rule.change_in(year) for rule in rules for year in range(2027, 2038)):
        for distance in (timedelta(hours=-3), timedelta(minutes=-1), timedelta(hours=2), timedelta(hours=5)):
            wall = change.onset + distance
            if not is_shown_twice(wall, zone):
                assert wall.replace(tzinfo=read).utcoffset() == wall.replace(tzinfo=ZoneInfo(zone)).utcoffset(), (change, distance)


@pytest.mark.parametrize("zone", NO_TWO_RULES)
@pytest.mark.parametrize("month", range(1, 13))
def test_a_zone_no_two_rules_describe_gets_the_one_offset_in_force(zone: str, month: int) -> None:
    moment = datetime(2028, month, 10, 12, tzinfo=UTC)
    block = vtimezone(zone, around=moment)
    assert (block.count(b"BEGIN:STANDARD"), block.count(b"BEGIN:DAYLIGHT"), block.count(b"RRULE")) == (1, 0, 0)
    assert offset_read(zone, moment, around=moment) == moment.astimezone(ZoneInfo(zone)).utcoffset()


def test_new_york_is_written_in_the_form_every_program_reads() -> None:
    block = vtimezone("America/New_York", around=datetime(2027, 3, 18, 18, tzinfo=UTC))
    assert block.decode().split("\r\n") == [
        "BEGIN:VTIMEZONE", "TZID:America/New_York",
        "BEGIN:DAYLIGHT", "DTSTART:19700308T020000", "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
        "TZNAME:EDT", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0400", "END:DAYLIGHT",
        "BEGIN:STANDARD", "DTSTART:19701101T020000", "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
        "TZNAME:EST", "TZOFFSETFROM:-0400", "TZOFFSETTO:-0500", "END:STANDARD",
        "END:VTIMEZONE", "",
    ]  # fmt: skip


def test_a_zones_block_is_the_same_in_every_year_its_rules_hold() -> None:
    blocks = {vtimezone("Europe/London", around=datetime(year, 5, 1, tzinfo=UTC)) for year in range(2026, 2036)}
    assert len(blocks) == 1


def test_vancouver_keeps_summer_time_after_2026_whatever_the_system_says() -> None:
    moment = datetime(2027, 1, 15, 20, tzinfo=UTC)
    assert moment.astimezone(ZoneInfo("America/Vancouver")).utcoffset() == timedelta(hours=-7)
    assert b"TZOFFSETTO:-0700\r\n" in vtimezone("America/Vancouver", around=moment)


def test_irish_summer_is_the_daylight_observance() -> None:
    block = vtimezone("Europe/Dublin", around=datetime(2027, 3, 1, tzinfo=UTC))
    daylight = block[block.index(b"BEGIN:DAYLIGHT") : block.index(b"END:DAYLIGHT")]
    assert b"TZNAME:IST" in daylight
    assert b"TZOFFSETTO:+0100" in daylight


def test_no_block_lists_dates() -> None:
    assert not any(b"RDATE" in times.block for times in what_blocks_must_say())


@pytest.mark.parametrize("zone", ["", "Mars/Olympus_Mons", "../etc/passwd", "Europe", "Europe/London\r\nX:1"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="no such time zone"):
        vtimezone(zone, around=datetime(2027, 1, 1, tzinfo=UTC))


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        vtimezone("Europe/London", around=datetime(2027, 1, 1))
