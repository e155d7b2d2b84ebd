"""The times of a session at their edges: decided, opened, closed, begun."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from outreach.errors import Refusal
from outreach.scheduling.inputs import DecisionInput, WhenInput
from outreach.scheduling.schedule_rules import decision_time, registration_opens_and_closes, settled_time

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
NEW_YORK = "America/New_York"
STARTS = datetime(2027, 3, 18, 18, tzinfo=UTC)
DECIDES = datetime(2027, 3, 16, 16, tzinfo=UTC)
LATER = DecisionInput(is_provisional=True, wall=datetime(2027, 3, 17, 12))


@pytest.mark.parametrize(
    ("typed", "kept", "decides_at"),
    [
        (None, None, None),
        (None, DECIDES, DECIDES),
        (DecisionInput(), DECIDES, None),
        (DecisionInput(wall=datetime(2027, 3, 16, 12)), None, None),
        (DecisionInput(is_provisional=True), None, STARTS - 48 * HOUR),
        (DecisionInput(is_provisional=True), DECIDES - DAY, STARTS - 48 * HOUR),
        (DecisionInput(is_provisional=True, wall=datetime(2027, 3, 18, 13, 59)), None, STARTS - MINUTE),
    ],
)
def test_by_when_it_is_decided(typed: DecisionInput | None, kept: datetime | None, decides_at: datetime | None, now: datetime) -> None:
    assert decision_time(typed, zone=NEW_YORK, starts_at=STARTS, now=now, kept=kept) == decides_at


@pytest.mark.parametrize(
    ("typed", "kept", "now", "words"),
    [
        (DecisionInput(is_provisional=True, wall=datetime(2027, 3, 18, 14)), None, STARTS - DAY, "before the session starts"),
        (None, STARTS, STARTS - DAY, "before the session starts"),
        (DecisionInput(is_provisional=True, wall=datetime(2027, 3, 16, 12)), None, DECIDES, "This is in the past"),
        (None, DECIDES, DECIDES, "This is in the past"),
        (DecisionInput(is_provisional=True), None, STARTS - 48 * HOUR, "starts within 48 hours"),
        (DecisionInput(is_provisional=True, wall=datetime(2027, 3, 14, 2, 30)), None, DECIDES - 4 * DAY, "doesn't exist"),
    ],
)
def test_a_decision_lies_between_now_and_the_start(typed: DecisionInput | None, kept: datetime | None, now: datetime, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        decision_time(typed, zone=NEW_YORK, starts_at=STARTS, now=now, kept=kept)
    assert (refusal.value.field, words in str(refusal.value)) == ("decides", True)
    if "before the" not in words and "exist" not in words:
        assert decision_time(typed, zone=NEW_YORK, starts_at=STARTS, now=now - SECOND, kept=kept) == now


@pytest.mark.parametrize(
    ("opens", "closes", "field", "words"),
    [
        (None, None, None, ""),
        (None, datetime(2027, 3, 18, 14), None, ""),
        (None, datetime(2027, 3, 18, 14, 1), "closes", "can't close after the session has started"),
        (datetime(2027, 3, 18, 13, 59), None, None, ""),
        (datetime(2027, 3, 18, 14), None, "opens", "must open before it closes"),
        (datetime(2027, 3, 17, 8, 59), datetime(2027, 3, 17, 9), None, ""),
        (datetime(2027, 3, 17, 9), datetime(2027, 3, 17, 9), "opens", "must open before it closes"),
        (datetime(2027, 3, 14, 2, 30), None, "opens", "doesn't exist"),
        (None, datetime(2027, 3, 14, 2, 30), "closes", "doesn't exist"),
        (datetime(1999, 12, 31), None, "opens", "year can't be right"),
    ],
)
def test_when_registration_may_open_and_close(opens: datetime | None, closes: datetime | None, field: str | None, words: str) -> None:
    try:
        found = registration_opens_and_closes(opens, closes, zone=NEW_YORK, starts_at=STARTS)
    except Refusal as refusal:
        assert (refusal.field, words in str(refusal)) == (field, True)  # noqa: PT017 (either outcome is in the table)
        return
    assert field is None
    assert found == (opens and opens.replace(tzinfo=UTC) + 4 * HOUR, closes and closes.replace(tzinfo=UTC) + 4 * HOUR)


def test_a_session_may_start_in_a_minute_but_not_now() -> None:
    when = WhenInput(day=date(2027, 3, 18), start=time(14), end=time(16))
    assert settled_time(when, NEW_YORK, now=STARTS - SECOND).starts_at == STARTS
    with pytest.raises(Refusal) as refusal:
        settled_time(when, NEW_YORK, now=STARTS)
    assert (refusal.value.field, str(refusal.value)) == ("start", "This is in the past. Choose a later time.")
    with pytest.raises(Refusal) as refusal:
        settled_time(when, NEW_YORK, now=STARTS + DAY)
    assert refusal.value.field == "day"
