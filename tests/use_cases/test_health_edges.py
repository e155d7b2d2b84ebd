"""How long a letter may wait before somebody is called, and who counts as a coordinator."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from outreach.db import db, transaction
from outreach.doctor.findings import Finding, Level
from outreach.doctor.machine_checks import check_service
from outreach.models import UNSETTLED, Letter, LetterState, OutboxPause
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.outbox import letter_named, put

pytestmark = pytest.mark.empty_database
SECOND, LONG = timedelta(seconds=1), timedelta(minutes=10)


def of(now: datetime) -> dict[str, Finding]:
    return {finding.subject: finding for finding in check_service(now=now)}


def due(make: Builder, now: datetime, at: datetime, state: LetterState = LetterState.QUEUED) -> Letter:
    name = put(make.mailbox("ana@families.example"), now=now)
    with transaction():
        letter = letter_named(name)
        letter.state, letter.due_at = state, at
        letter.settled_at = None if state in UNSETTLED else now
        letter.lease_token, letter.leased_until = ("x", now) if state is LetterState.LEASED else (None, None)
    return letter


@pytest.mark.parametrize(("waited", "verdict"), [(LONG - SECOND, Level.OK), (LONG, Level.ATTENTION), (LONG + SECOND, Level.ATTENTION)])
def test_a_letter_may_wait_ten_minutes(make: Builder, now: datetime, waited: timedelta, verdict: Level) -> None:
    due(make, now, now - waited)
    due(make, now, now)
    due(make, now, now + SECOND)
    found = of(now)["E-mails"]
    assert (found.level, found.text.partition(",")[0]) == (verdict, "2 due")
    assert ("the oldest since 2027-03-01 08:" in found.text) is (verdict is Level.ATTENTION)


@pytest.mark.parametrize("state", LetterState)
def test_only_letters_that_have_not_left_are_due(make: Builder, now: datetime, state: LetterState) -> None:
    due(make, now, now - 2 * LONG, state)
    assert (of(now)["E-mails"].level is Level.ATTENTION) is (state in UNSETTLED)


@pytest.mark.parametrize("reason", ["unreachable", "insecure", "sign_in", "sender", "another"])
def test_a_pause_is_said_before_all_else(make: Builder, now: datetime, reason: str) -> None:
    due(make, now, now - 2 * LONG)
    with transaction():
        db.session.add(OutboxPause(id=1, since=now, until=now, times=1, reason=reason, server_words="535 no"))
    found = of(now)["E-mails"]
    assert found.level is Level.FAILS
    assert found.text.startswith("all wait since 2027-03-01 09:00 UTC: ")
    assert ("another" in found.text, "(535 no)" in found.text) == (reason == "another", True)


def test_a_closed_account_coordinates_nothing(make: Builder, now: datetime) -> None:
    make.clinician()
    make.teacher(make.school())
    assert of(now)["Coordinator"].level is Level.ATTENTION
    coordinator = make.coordinator()
    assert of(now)["Coordinator"].level is Level.OK
    with transaction():
        coordinator.active = False
    assert of(now)["Coordinator"].level is Level.ATTENTION


def test_a_monitor_hears_how_long_the_oldest_letter_has_been_due(
    app: Flask, make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)

    def seconds() -> object:
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, answer.json and answer.json["status"]) == (200, "ok")
        return answer.json and answer.json["oldest_due_letter_seconds"]

    due(make, now, now + SECOND)
    for state in LetterState:
        if state not in UNSETTLED:
            due(make, now, now - LONG, state)
    assert seconds() == 0
    due(make, now, now - SECOND)
    assert seconds() == 1
    due(make, now, now - 2 * SECOND, LetterState.LEASED)
    assert seconds() == 2
