"""When hosts are asked to decide, and when coordinators hear: by day, once for each step, never after the start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.notifications.due_times import DecisionStep, due_steps, step_falls_due

NEW_YORK = "America/New_York"
ZONES = st.sampled_from([NEW_YORK, "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"])
MOMENTS = st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC)


@pytest.mark.parametrize(
    ("decides", "starts", "steps"),
    [
        # an ordinary one: the day before, at the time, two hours later
        ("2027-03-16T12:00", "2027-03-18T14:00", ("2027-03-15T12:00", "2027-03-16T12:00", "2027-03-16T14:00")),
        # decided in the evening: the coordinator sleeps
        ("2027-03-16T20:00", "2027-03-18T14:00", ("2027-03-15T20:00", "2027-03-16T20:00", "2027-03-17T07:00")),
        # decided at night: everybody sleeps
        ("2027-03-16T23:00", "2027-03-18T14:00", ("2027-03-16T07:00", "2027-03-17T07:00", "2027-03-17T09:00")),
        ("2027-03-16T05:00", "2027-03-18T14:00", ("2027-03-15T07:00", "2027-03-16T07:00", "2027-03-16T09:00")),
        # a session that begins early: no morning to wait for
        ("2027-03-18T06:00", "2027-03-18T08:30", ("2027-03-17T07:00", "2027-03-18T06:00", "2027-03-18T07:30")),
        # decided shortly before the start: all at once, as long as it helps
        ("2027-03-18T13:30", "2027-03-18T14:00", ("2027-03-17T13:30", "2027-03-18T13:30", "2027-03-18T13:30")),
    ],
)
def test_each_step_has_its_moment(decides: str, starts: str, steps: tuple[str, ...]) -> None:
    times = {"decides_at": local(decides), "starts_at": local(starts)}
    due = [step_falls_due(step, zone=NEW_YORK, **times) for step in DecisionStep]
    assert [moment.astimezone(ZoneInfo(NEW_YORK)).isoformat()[:16] for moment in due] == list(steps)


def test_hosts_are_asked_then_reminded_then_coordinators_hear() -> None:
    decides_at, starts_at = local("2027-03-16T12:00"), local("2027-03-18T14:00")

    def due(now: datetime) -> tuple[DecisionStep, ...]:
        return due_steps(decides_at=decides_at, starts_at=starts_at, zone=NEW_YORK, now=now)

    minute = timedelta(minutes=1)
    assert due(decides_at - timedelta(hours=24) - minute) == ()
    assert due(decides_at - timedelta(hours=24)) == (DecisionStep.ASK,)
    assert due(decides_at - minute) == (DecisionStep.ASK,)
    assert due(decides_at) == (DecisionStep.REMIND,)
    assert due(decides_at + timedelta(hours=2)) == (DecisionStep.REMIND, DecisionStep.ESCALATE)
    assert due(starts_at - minute) == (DecisionStep.REMIND, DecisionStep.ESCALATE)
    assert due(starts_at) == ()


@given(decides_at=MOMENTS, before=st.timedeltas(timedelta(minutes=1), timedelta(days=10)), zone=ZONES)
def test_steps_keep_their_order_and_end_before_the_start(decides_at: datetime, before: timedelta, zone: str) -> None:
    starts_at = decides_at + before
    ask, remind, escalate = (step_falls_due(step, decides_at=decides_at, starts_at=starts_at, zone=zone) for step in DecisionStep)
    assert ask < decides_at <= remind <= escalate < starts_at


@given(decides_at=MOMENTS, before=st.timedeltas(timedelta(hours=24), timedelta(days=10)), zone=ZONES)
def test_with_a_day_left_nobody_is_written_to_at_night(decides_at: datetime, before: timedelta, zone: str) -> None:
    for step in DecisionStep:
        moment = step_falls_due(step, decides_at=decides_at, starts_at=decides_at + before, zone=zone)
        assert 7 <= moment.astimezone(ZoneInfo(zone)).hour < 21


@pytest.mark.parametrize(
    ("decides", "starts", "reminded"),
    [
        ("2027-03-16T06:59:59", "2027-03-18T14:00", "2027-03-16T07:00:00"),
        ("2027-03-16T07:00:00", "2027-03-18T14:00", "2027-03-16T07:00:00"),
        ("2027-03-16T20:59:59", "2027-03-18T14:00", "2027-03-16T20:59:59"),
        ("2027-03-16T21:00:00", "2027-03-18T14:00", "2027-03-17T07:00:00"),
        ("2027-03-18T06:00:00", "2027-03-18T09:00", "2027-03-18T07:00:00"),
        ("2027-03-18T06:00:00", "2027-03-18T08:59", "2027-03-18T06:00:00"),
        ("2027-03-17T21:00:00", "2027-03-18T09:00", "2027-03-18T07:00:00"),
        ("2027-03-17T21:00:00", "2027-03-18T08:59", "2027-03-17T21:00:00"),
    ],
)
def test_hosts_are_not_asked_between_nine_and_seven_to_the_second(decides: str, starts: str, reminded: str) -> None:
    moment = step_falls_due(DecisionStep.REMIND, decides_at=local(decides), starts_at=local(starts), zone=NEW_YORK)
    assert moment.astimezone(ZoneInfo(NEW_YORK)).isoformat()[:19] == reminded


@pytest.mark.parametrize(
    ("decides", "starts", "escalated"),
    [
        ("2027-03-18T10:00", "2027-03-18T13:00", "2027-03-18T12:00"),
        ("2027-03-18T10:00", "2027-03-18T12:30", "2027-03-18T11:30"),
        ("2027-03-18T10:00", "2027-03-18T11:00", "2027-03-18T10:00"),
        ("2027-03-18T10:00", "2027-03-18T10:30", "2027-03-18T10:00"),
    ],
)
def test_coordinators_hear_two_hours_later_or_an_hour_before_the_start(decides: str, starts: str, escalated: str) -> None:
    moment = step_falls_due(DecisionStep.ESCALATE, decides_at=local(decides), starts_at=local(starts), zone=NEW_YORK)
    assert moment == local(escalated)
