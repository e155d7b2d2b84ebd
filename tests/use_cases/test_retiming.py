"""New zone data: the clock time stays, the instant moves, and whoever has it in a calendar is told once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask import Flask

from outreach.db import db, transaction
from outreach.letters import render
from outreach.models import Answer, LetterKind, LetterState, OutreachSession, SessionState
from outreach.models.snapshots import LetterSnapshot
from outreach.notifications import notify
from outreach.notifications.reminders import plan_reminders
from outreach.scheduling import retime
from outreach.scheduling.retime import Retiming, retime_all, skipped_sessions
from outreach.scheduling.schedule_rules import TZDATA_VERSION
from outreach.scheduling.use_cases import cancel
from outreach.web import pages
from tests.support.builders import Builder
from tests.support.queued_letters import invitations, waiting_letters
from tests.support.rivals import overtaking

pytestmark = pytest.mark.both_databases("updates with CASE and typed literals")

HOUR = timedelta(hours=1)
WINTER = datetime(2028, 1, 14, 14, 0)
AS_PROMISED = datetime(2028, 1, 14, 22, 0, tzinfo=UTC)  # by the data of 2025, at UTC-8
BY_NOW = datetime(2028, 1, 14, 21, 0, tzinfo=UTC)

SessionOf = Callable[..., OutreachSession]


@pytest.fixture
def timed_before(make: Builder) -> SessionOf:
    """Make sessions in Vancouver as the data of 2025 timed them: with winters at UTC-8."""

    def made(starts_wall: datetime = WINTER, *, shift: timedelta = HOUR, **facts: Any) -> OutreachSession:
        place = {} if "video_url" in facts else {"site": make.site(zone="America/Vancouver")}
        facts = {"zone": "America/Vancouver"} | place | facts
        outreach_session = make.outreach_session(make.clinician(), starts_wall=starts_wall, **facts)
        with transaction():
            outreach_session.starts_at += shift
            outreach_session.ends_at += shift
            outreach_session.tzdata_version = "2025b"
        return outreach_session

    return made


@pytest.fixture
def registered(make: Builder) -> Callable[[OutreachSession], None]:
    """Let a class of three be registered (one more than there are seats), all of whom accept; every letter so far was sent."""

    def register(outreach_session: OutreachSession) -> None:
        school = make.school()
        teacher = make.teacher(school)
        students = make.full_class(school, teacher, size=3).students
        with transaction():
            notify.notify_published(outreach_session, now=make.now)
        make.register(outreach_session, teacher, *students)
        settle_all(answer=Answer.ACCEPTED)

    return register


def settle_all(**change: Any) -> None:
    """Let every letter be sent, and change invitations meanwhile."""
    with transaction():
        for letter in waiting_letters():
            letter.state, letter.settled_at = LetterState.SENT, letter.created_at
        for invitation in invitations():
            invitation.sent_sequence = invitation.sequence
            for name, value in change.items():
                setattr(invitation, name, value)


def calendar_part(raw: bytes) -> str:
    parts = message_from_bytes(raw, policy=policy.default).walk()
    return next(str(part.get_content()) for part in parts if part.get_content_type() == "text/calendar")


def summary(found: Retiming) -> tuple[int, int, int]:
    return found.looked_at, len(found.changed), len(found.skipped)


@pytest.mark.empty_database
def test_the_clock_time_stays_and_each_calendar_gets_one_update(
    timed_before: SessionOf, registered: Callable[[OutreachSession], None], now: datetime
) -> None:
    outreach_session = timed_before(capacity=2)
    registered(outreach_session)
    before = {one.id: one.sequence for one in invitations()}

    found = retime_all(now=now)

    assert (outreach_session.starts_wall, outreach_session.starts_at) == (WINTER, BY_NOW)
    assert (outreach_session.ends_at, outreach_session.tzdata_version) == (BY_NOW + 2 * HOUR, TZDATA_VERSION)
    (one,) = found.changed
    assert (one.previous, one.becomes, one.letters) == (AS_PROMISED, BY_NOW, len(before))
    letters = waiting_letters()
    assert {letter.kind for letter in letters} == {LetterKind.UPDATED}
    assert {letter.invitation_id: letter.sequence for letter in letters} == {key: sequence + 1 for key, sequence in before.items()}
    facts = [LetterSnapshot.from_json(letter.facts) for letter in letters]
    assert {(one.cause.value, one.session.starts_at, one.session.starts_wall) for one in facts} == {("zone", BY_NOW, WINTER)}


@pytest.mark.one_database
def test_at_a_place_the_answers_stay(timed_before: SessionOf, registered: Callable[[OutreachSession], None], now: datetime) -> None:
    registered(timed_before(capacity=2))
    retime_all(now=now)
    assert {one.answer for one in invitations()} == {Answer.ACCEPTED}
    assert {letter.facts["entry"]["answer"] for letter in waiting_letters()} == {"accepted"}


@pytest.mark.one_database
@pytest.mark.empty_database
def test_online_where_a_readers_own_hour_moves_answers_start_afresh(
    timed_before: SessionOf, registered: Callable[[OutreachSession], None], now: datetime
) -> None:
    registered(timed_before(capacity=2, video_url="https://video.example/1"))
    retime_all(now=now)
    assert {one.answer for one in invitations()} == {Answer.NEEDS_ACTION}
    assert {letter.facts["entry"]["answer"] for letter in waiting_letters()} == {"needs_action"}


def test_done_again_it_changes_nothing(timed_before: SessionOf, registered: Callable[[OutreachSession], None], now: datetime) -> None:
    outreach_session = timed_before(capacity=2)
    registered(outreach_session)
    assert summary(retime_all(now=now)) == (1, 1, 0)
    revision, letters = outreach_session.revision, len(waiting_letters())
    assert summary(retime_all(now=now + HOUR)) == (0, 0, 0)
    assert (outreach_session.revision, len(waiting_letters())) == (revision, letters)


def test_a_dry_run_says_what_would_happen_and_writes_nothing(
    timed_before: SessionOf, registered: Callable[[OutreachSession], None], now: datetime
) -> None:
    outreach_session = timed_before(capacity=2)
    registered(outreach_session)
    planned = retime_all(now=now, is_dry_run=True)
    db.session.rollback()
    assert (outreach_session.starts_at, outreach_session.tzdata_version, waiting_letters()) == (AS_PROMISED, "2025b", [])
    assert planned == retime_all(now=now)


@pytest.mark.one_database
def test_a_summer_whose_rules_are_the_same_tells_nobody(timed_before: SessionOf, now: datetime) -> None:
    outreach_session = timed_before(datetime(2027, 7, 14, 14), shift=timedelta(0))
    updated_at = outreach_session.updated_at
    assert summary(retime_all(now=now)) == (1, 0, 0)
    assert (outreach_session.tzdata_version, outreach_session.updated_at, waiting_letters()) == (TZDATA_VERSION, updated_at, [])


@pytest.mark.one_database
@pytest.mark.parametrize("state", [SessionState.DRAFT, SessionState.CANCELLED])
def test_what_is_in_no_calendar_is_retimed_silently(timed_before: SessionOf, state: SessionState, now: datetime) -> None:
    outreach_session = timed_before(state=state)
    assert summary(retime_all(now=now)) == (1, 1, 0)
    assert (outreach_session.starts_at, outreach_session.revision, waiting_letters()) == (BY_NOW, 0, [])


@pytest.mark.one_database
def test_what_is_over_stays_as_it_was(timed_before: SessionOf) -> None:
    outreach_session = timed_before()
    assert summary(retime_all(now=AS_PROMISED + 2 * HOUR)) == (0, 0, 0)
    assert outreach_session.starts_at == AS_PROMISED


@pytest.mark.one_database
def test_what_turns_out_to_be_over_is_retimed_and_nobody_told(timed_before: SessionOf) -> None:
    outreach_session = timed_before()
    assert summary(retime_all(now=BY_NOW + 2 * HOUR)) == (1, 1, 0)
    assert (outreach_session.starts_at, waiting_letters()) == (BY_NOW, [])


def test_data_newer_than_ours_are_left_alone(timed_before: SessionOf, now: datetime) -> None:
    outreach_session = timed_before()
    with transaction():
        outreach_session.tzdata_version = "2099a"
    assert summary(retime_all(now=now)) == (0, 0, 0)
    assert outreach_session.starts_at == AS_PROMISED


@pytest.mark.one_database
def test_a_time_the_clock_skips_now_is_kept_for_a_person_and_may_be_moved_or_cancelled(
    make: Builder, registered: Callable[[OutreachSession], None], now: datetime
) -> None:
    outreach_session = make.outreach_session(
        make.clinician(), starts_wall=datetime(2028, 3, 12, 2, 30), zone="America/New_York", capacity=2
    )
    before = datetime(2028, 3, 12, 7, 30, tzinfo=UTC)
    with transaction():
        outreach_session.starts_at, outreach_session.ends_at, outreach_session.tzdata_version = before, before + 2 * HOUR, "2025b"
    registered(outreach_session)

    for _again in range(2):
        found = retime_all(now=now)
        assert (summary(found), found.skipped[0].session_id) == ((1, 0, 1), outreach_session.id)
    assert (outreach_session.starts_at, outreach_session.tzdata_version, waiting_letters()) == (before, "2025b", [])
    assert skipped_sessions(now=now) == [outreach_session.id]
    cancel(outreach_session.id, "The clock changes that night.", now=now)
    assert skipped_sessions(now=now) == []
    written = [render(letter, settings=pages.settings()) for letter in waiting_letters() if letter.sequence is not None]
    (calendar,) = {line for raw in written for line in calendar_part(raw).splitlines() if line.startswith("DTSTART")}
    assert calendar == "DTSTART:20280312T073000Z"


@pytest.mark.one_database
def test_moments_near_the_start_move_with_it_and_earlier_ones_stay(timed_before: SessionOf, now: datetime) -> None:
    outreach_session = timed_before(
        opens_at=AS_PROMISED - timedelta(days=60), closes_at=AS_PROMISED, is_provisional=True, decides_at=AS_PROMISED - 20 * HOUR
    )
    retime_all(now=now)
    assert outreach_session.opens_at == AS_PROMISED - timedelta(days=60)
    assert (outreach_session.closes_at, outreach_session.decides_at) == (BY_NOW, BY_NOW - 20 * HOUR)


@pytest.mark.one_database
def test_a_decision_shortly_before_the_start_moves_with_it_once(timed_before: SessionOf, now: datetime) -> None:
    outreach_session = timed_before(is_provisional=True, decides_at=AS_PROMISED - HOUR)
    with transaction():
        outreach_session.decides_at = AS_PROMISED - HOUR / 2
    retime_all(now=now)
    assert outreach_session.decides_at == BY_NOW - HOUR / 2


@pytest.mark.one_database
def test_whoever_was_reminded_before_is_not_reminded_again(timed_before: SessionOf, registered: Callable[[OutreachSession], None]) -> None:
    registered(timed_before(capacity=2, reminder_leads=[1440]))
    day_before = AS_PROMISED - timedelta(days=1)
    plan_reminders(now=day_before)
    reminded = sum(letter.kind is LetterKind.REMINDER for letter in waiting_letters())
    settle_all()
    retime_all(now=day_before + timedelta(minutes=5))
    settle_all()
    assert (reminded, plan_reminders(now=day_before + timedelta(minutes=10))) == (5, 0)


@pytest.mark.one_database
def test_a_reminder_still_to_come_is_told_for_the_new_instant(
    timed_before: SessionOf, registered: Callable[[OutreachSession], None], now: datetime
) -> None:
    registered(timed_before(capacity=2, reminder_leads=[60]))
    retime_all(now=now)
    settle_all()
    assert plan_reminders(now=BY_NOW - HOUR - timedelta(minutes=1)) == 0
    assert plan_reminders(now=BY_NOW - HOUR) == 1


@pytest.mark.one_database
def test_one_session_that_fails_keeps_the_others_and_the_next_time_finishes(
    timed_before: SessionOf, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (timed_before() for _ in range(3))
    tell = notify.notify_zone

    def die(outreach_session: OutreachSession, **facts: Any) -> None:
        if outreach_session.id == second.id:
            raise RuntimeError("killed")
        tell(outreach_session, **facts)

    for one in (first, second, third):
        with transaction():
            notify.notify_published(one, now=now)
    monkeypatch.setattr(retime, "notify_zone", die)
    with pytest.raises(RuntimeError):
        retime_all(now=now)
    db.session.rollback()
    assert [one.starts_at for one in (first, second, third)] == [BY_NOW, AS_PROMISED, AS_PROMISED]
    monkeypatch.setattr(retime, "notify_zone", tell)
    assert summary(retime_all(now=now)) == (2, 2, 0)


@pytest.mark.empty_database
def test_two_workers_at_once_tell_each_calendar_once(
    app: Flask, timed_before: SessionOf, registered: Callable[[OutreachSession], None], now: datetime
) -> None:
    registered(timed_before(capacity=2))
    met = overtaking(app, lambda: retime_all(now=now), lambda: retime_all(now=now))
    assert [len(one.changed) for one in (met.first, met.second) if isinstance(one, Retiming)] == [1, 0]
    assert len(waiting_letters()) == len(invitations())
