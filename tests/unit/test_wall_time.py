"""Wall times: those that exist once, not at all, or twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.time.wall_time import AskedTime, Objection, SettledTime, TimeRefused, instants, is_shown_twice, moment, settle

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
NEW_YORK = "America/New_York"
ZONES = (NEW_YORK, "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "America/St_Johns", "UTC")


def asked(day: date, start: str, end: str, zone: str = NEW_YORK, *, next_day: bool = False, fold: int | None = None) -> AskedTime:
    return AskedTime(day=day, start=time.fromisoformat(start), end=time.fromisoformat(end), zone=zone, ends_next_day=next_day, fold=fold)


def refusal(question: AskedTime, *, now: datetime = NOW) -> TimeRefused:
    with pytest.raises(TimeRefused) as caught:
        settle(question, now=now)
    return caught.value


def test_an_ordinary_afternoon_is_taken_as_typed() -> None:
    settled = settle(asked(date(2027, 3, 18), "14:00", "16:00"), now=NOW)
    assert settled == SettledTime(
        starts_wall=datetime(2027, 3, 18, 14),
        ends_wall=datetime(2027, 3, 18, 16),
        zone=NEW_YORK,
        fold=0,
        starts_at=datetime(2027, 3, 18, 18, tzinfo=UTC),
        ends_at=datetime(2027, 3, 18, 20, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("day", "wall", "zone", "shows", "then"),
    [
        (date(2027, 3, 14), "02:00", NEW_YORK, "02:00", "03:00"),
        (date(2027, 3, 14), "02:30", NEW_YORK, "02:00", "03:00"),
        (date(2027, 3, 28), "01:59", "Europe/London", "01:00", "02:00"),
        (date(2027, 10, 3), "02:29", "Australia/Lord_Howe", "02:00", "02:30"),
    ],
)
def test_a_time_the_clock_skips_is_refused_with_the_clocks_own_move(day: date, wall: str, zone: str, shows: str, then: str) -> None:
    refused = refusal(asked(day, wall, "09:00", zone))
    assert (refused.objection, refused.field) == (Objection.SKIPPED, "start")
    assert refused.clock_move is not None
    assert (f"{refused.clock_move.shows:%H:%M}", f"{refused.clock_move.then:%H:%M}") == (shows, then)


def test_the_minutes_around_the_gap_exist() -> None:
    settled = settle(asked(date(2027, 3, 14), "01:59", "03:00"), now=NOW)
    assert settled.ends_at - settled.starts_at == timedelta(minutes=1)


def test_an_end_the_clock_skips_is_refused_too() -> None:
    refused = refusal(asked(date(2027, 3, 14), "01:00", "02:30"))
    assert (refused.objection, refused.field) == (Objection.SKIPPED, "end")


def test_a_time_that_comes_twice_is_asked_about() -> None:
    refused = refusal(asked(date(2027, 11, 7), "01:30", "03:00"))
    assert refused.objection is Objection.SHOWN_TWICE
    assert refused.clock_move is not None
    assert (refused.clock_move.offset_before, refused.clock_move.offset_after) == (timedelta(hours=-4), timedelta(hours=-5))


@pytest.mark.parametrize(("fold", "hour"), [(0, 5), (1, 6)])
def test_the_answer_decides_which_of_the_two_it_is(fold: int, hour: int) -> None:
    settled = settle(asked(date(2027, 11, 7), "01:30", "03:00", fold=fold), now=NOW)
    assert (settled.fold, settled.starts_at) == (fold, datetime(2027, 11, 7, hour, 30, tzinfo=UTC))


def test_an_end_that_comes_twice_is_asked_about_and_one_answer_serves_both() -> None:
    assert refusal(asked(date(2027, 11, 7), "00:30", "01:30")).objection is Objection.SHOWN_TWICE
    settled = settle(asked(date(2027, 11, 7), "00:30", "01:30", fold=1), now=NOW)
    assert settled.ends_at - settled.starts_at == timedelta(hours=2)


def test_an_answer_nobody_needed_is_forgotten() -> None:
    assert settle(asked(date(2027, 3, 18), "14:00", "16:00", fold=1), now=NOW).fold == 0


@pytest.mark.parametrize("end", ["14:00", "13:00", "00:00"])
def test_an_end_before_the_start_is_a_slip_unless_the_next_day_is_ticked(end: str) -> None:
    refused = refusal(asked(date(2027, 3, 18), "14:00", end))
    assert (refused.objection, refused.field) == (Objection.ENDS_BEFORE_IT_STARTS, "end")
    assert settle(asked(date(2027, 3, 18), "14:00", end, next_day=True), now=NOW).ends_wall.date() == date(2027, 3, 19)


def test_a_night_shift_may_end_after_midnight() -> None:
    settled = settle(asked(date(2027, 3, 18), "22:30", "00:30", next_day=True), now=NOW)
    assert settled.ends_at - settled.starts_at == timedelta(hours=2)


def test_more_than_a_day_is_refused_also_when_the_clock_goes_back() -> None:
    assert refusal(asked(date(2027, 3, 18), "14:00", "14:01", next_day=True)).objection is Objection.TOO_LONG
    assert refusal(asked(date(2027, 11, 6), "14:00", "14:00", next_day=True)).objection is Objection.TOO_LONG


def test_the_past_is_the_past_of_the_place() -> None:
    evening = datetime(2027, 3, 2, 1, 0, tzinfo=UTC)
    assert settle(asked(date(2027, 3, 1), "21:00", "22:00"), now=evening).starts_at > evening
    refused = refusal(asked(date(2027, 3, 1), "20:00", "22:00"), now=evening)
    assert (refused.objection, refused.field) == (Objection.PAST, "start")


@pytest.mark.parametrize(
    ("day", "objection"),
    [
        (date.min, Objection.PAST),
        (date(2026, 12, 31), Objection.PAST),
        (date(2033, 1, 1), Objection.TOO_FAR),
        (date.max, Objection.TOO_FAR),
    ],
)
def test_a_year_nobody_means_is_refused(day: date, objection: Objection) -> None:
    refused = refusal(asked(day, "10:00", "11:00", next_day=True))
    assert (refused.objection, refused.field) == (objection, "day")


@pytest.mark.parametrize("zone", ["Mars/Olympus_Mons", "", "../etc/passwd", "America/New_York\x00", "x" * 5000])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    refused = refusal(asked(date(2027, 3, 18), "10:00", "11:00", zone))
    assert (refused.objection, refused.field) == (Objection.UNKNOWN_ZONE, "zone")


def test_a_single_moment_takes_the_first_of_two_and_refuses_none() -> None:
    assert moment(datetime(2027, 11, 7, 1, 30), NEW_YORK, field="closes") == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    for wall in (datetime(2027, 3, 14, 2, 30), datetime(1, 1, 1), datetime(9999, 12, 31)):
        with pytest.raises(TimeRefused) as caught:
            moment(wall, NEW_YORK, field="closes")
        assert caught.value.field == "closes"


def test_a_session_starts_after_now() -> None:
    starts_at = datetime(2027, 3, 18, 18, tzinfo=UTC)
    assert settle(asked(date(2027, 3, 18), "14:00", "16:00"), now=starts_at - timedelta(seconds=1)).starts_at == starts_at
    for now in (starts_at, starts_at + timedelta(seconds=1)):
        refused = refusal(asked(date(2027, 3, 18), "14:00", "16:00"), now=now)
        assert (refused.objection, refused.field) == (Objection.PAST, "start")


def test_yesterday_and_long_ago_are_refused_beside_the_day() -> None:
    for days in (1, 2, 3, 4):
        refused = refusal(asked(NOW.date() - timedelta(days=days), "14:00", "16:00"))
        assert (refused.objection, refused.field) == (Objection.PAST, "day")


def test_the_day_may_lie_two_days_behind_that_of_utc() -> None:
    # 10 March, 00:30 in Auckland is 9 March, 11:30 in London, and the 8th in Samoa until 10:00
    late = datetime(2027, 3, 9, 9, 0, tzinfo=UTC)
    assert settle(asked(date(2027, 3, 8), "23:00", "23:30", "Pacific/Pago_Pago"), now=late).starts_at > late


def test_five_years_ahead_and_no_more() -> None:
    assert settle(asked(date(2032, 12, 31), "14:00", "16:00"), now=NOW).starts_wall.year == 2032
    refused = refusal(asked(date(2033, 1, 1), "14:00", "16:00"))
    assert (refused.objection, refused.field) == (Objection.TOO_FAR, "day")


@pytest.mark.parametrize(
    ("day", "end", "hours"),
    [(date(2027, 3, 18), "14:00", 24), (date(2027, 3, 13), "14:00", 23), (date(2027, 11, 6), "13:00", 24)],
)
def test_24_hours_are_the_longest_whatever_the_clock_does(day: date, end: str, hours: int) -> None:
    settled = settle(asked(day, "14:00", end, next_day=True), now=NOW)
    assert settled.ends_at - settled.starts_at == timedelta(hours=hours)
    minute_more = f"{end[:3]}01"
    if hours == 24:
        assert refusal(asked(day, "14:00", minute_more, next_day=True)).objection is Objection.TOO_LONG


def test_a_minute_is_long_enough_and_seconds_do_not_count() -> None:
    short = AskedTime(day=date(2027, 3, 18), start=time(14, 0, 59, 999), end=time(14, 1, 1), zone=NEW_YORK)
    settled = settle(short, now=NOW)
    assert (settled.starts_wall, settled.ends_wall) == (datetime(2027, 3, 18, 14), datetime(2027, 3, 18, 14, 1))
    same = AskedTime(day=date(2027, 3, 18), start=time(14, 0, 1), end=time(14, 0, 59), zone=NEW_YORK)
    assert refusal(same).objection is Objection.ENDS_BEFORE_IT_STARTS


@pytest.mark.parametrize(("year", "is_taken"), [(1999, False), (2000, True), (2199, True), (2200, False)])
def test_which_years_a_moment_may_lie_in(year: int, is_taken: bool) -> None:
    if is_taken:
        assert moment(datetime(year, 6, 1), "UTC", field="closes") == datetime(year, 6, 1, tzinfo=UTC)
        return
    with pytest.raises(TimeRefused) as caught:
        moment(datetime(year, 6, 1), "UTC", field="closes")
    assert (caught.value.objection, caught.value.field) == (Objection.TOO_FAR, "closes")


@pytest.mark.parametrize(
    ("wall", "twice"),
    [
        ("2027-11-07 00:59", False),
        ("2027-11-07 01:00", True),
        ("2027-11-07 01:59", True),
        ("2027-11-07 02:00", False),
        ("2027-03-14 02:30", False),
    ],
)
def test_which_hour_comes_twice(wall: str, twice: bool) -> None:
    assert is_shown_twice(datetime.fromisoformat(wall), NEW_YORK) is twice


@pytest.mark.parametrize("zone", ["Europe/London", NEW_YORK, "Australia/Lord_Howe"])
def test_the_objection_names_the_very_moment_the_clock_moves(zone: str) -> None:
    place = ZoneInfo(zone)
    at = datetime(2028, 1, 1, tzinfo=UTC)
    found = 0
    while at.year == 2028:
        before, after = at.astimezone(place), (at + timedelta(minutes=30)).astimezone(place)
        if before.utcoffset() != after.utcoffset():
            found += 1
            walls = [one.replace(tzinfo=None, fold=0) for one in (before, after)]
            inside = min(walls[1], walls[0] + timedelta(minutes=30)) + timedelta(minutes=1)
            refused = refusal(asked(inside.date(), f"{inside:%H:%M}", "23:00", zone), now=NOW)
            move = refused.clock_move
            assert move is not None
            assert (refused.wall, move.then) == (inside, walls[1])
            assert move.shows == walls[0] + timedelta(minutes=30)
            assert (move.offset_before, move.offset_after) == (before.utcoffset(), after.utcoffset())
        at += timedelta(minutes=30)
    assert found == 2


def test_instants_of_what_was_settled_before() -> None:
    starts, ends = datetime(2027, 11, 7, 1, 30), datetime(2027, 11, 7, 3)
    for fold, hour in ((0, 5), (1, 6)):
        assert instants(starts, ends, NEW_YORK, fold) == (datetime(2027, 11, 7, hour, 30, tzinfo=UTC), datetime(2027, 11, 7, 8, tzinfo=UTC))
    skipped = datetime(2027, 3, 14, 2, 30)
    for walls, field in (((skipped, datetime(2027, 3, 14, 4)), "start"), ((datetime(2027, 3, 14, 1), skipped), "end")):
        with pytest.raises(TimeRefused) as caught:
            instants(*walls, NEW_YORK, 0)
        assert (caught.value.objection, caught.value.field) == (Objection.SKIPPED, field)
    with pytest.raises(TimeRefused) as caught:
        instants(starts, ends, "Mars/Olympus", 0)
    assert caught.value.objection is Objection.UNKNOWN_ZONE


@given(
    at=st.datetimes(datetime(2027, 3, 4), datetime(2031, 12, 30)),
    minutes=st.integers(1, 1439),
    zone=st.sampled_from(ZONES),
    fold=st.sampled_from((0, 1)),
)
def test_what_is_settled_reads_the_same_on_the_wall(at: datetime, minutes: int, zone: str, fold: int) -> None:
    start = at.replace(second=0, microsecond=0)
    end = start + timedelta(minutes=minutes)
    question = AskedTime(
        day=start.date(), start=start.time(), end=end.time(), zone=zone, ends_next_day=end.date() > start.date(), fold=fold
    )
    try:
        settled = settle(question, now=NOW)
    except TimeRefused as refused:
        assert refused.objection in {Objection.SKIPPED, Objection.TOO_LONG}  # noqa: PT017 (either outcome is right)
        return
    place = ZoneInfo(zone)
    assert settled.starts_at.astimezone(place).replace(tzinfo=None, fold=0) == start
    assert settled.ends_at.astimezone(place).replace(tzinfo=None, fold=0) == end
    assert settled.starts_at < settled.ends_at
    assert settled.fold == 0 or is_shown_twice(start, zone) or is_shown_twice(end, zone)
