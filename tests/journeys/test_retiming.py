"""A session was posted by older zone data; `outreach retime` then tells calendars that its clock time stays."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from outreach.db import db
from outreach.letters import render
from outreach.models import Invitation, Letter, LetterState
from outreach.scheduling.commands import retime_sessions
from outreach.scheduling.schedule_rules import TZDATA_VERSION
from outreach.settings import ROOT
from outreach.time import clock
from outreach.web.pages import settings
from tests.support.calendar_entries import read_event, read_instants
from tests.support.service import environment


def part_of(raw: bytes, kind: str) -> bytes:
    parts = message_from_bytes(raw, policy=policy.default).walk()
    return next(part.get_payload(decode=True) for part in parts if part.get_content_type() == kind)  # type: ignore[return-value]


def calendar_in(raw: bytes) -> bytes:
    return part_of(raw, "text/calendar")


@pytest.fixture
def invited(database_url: str, tmp_path: Path) -> bytes:
    """What the host's calendar was told by the old data."""
    program = [sys.executable, "-m", "tests.journeys.old_zones", str(tmp_path)]
    subprocess.run(program, cwd=ROOT, env=environment(database_url, tmp_path, MODE="demo"), check=True)
    return calendar_in((tmp_path / "invitation.eml").read_bytes())


@pytest.fixture
def run(app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run `outreach retime` on the present data."""
    monkeypatch.setattr(clock, "now", lambda: now)

    def command(*arguments: str) -> str:
        done = CliRunner().invoke(retime_sessions, arguments, obj=app, catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    return command


@pytest.mark.empty_database
def test_after_an_update_of_the_zones_a_calendar_shows_the_hour_that_was_promised(invited: bytes, run: Callable[..., str]) -> None:
    assert read_instants(invited)[0] == datetime(2028, 1, 14, 22, tzinfo=UTC)
    left()
    line = (
        "Session 1, “Power of a Stitch”, Friday 14 January 2028, 14:00 in Vancouver: "
        "2028-01-14 22:00 UTC becomes 2028-01-14 21:00 UTC, 1 told."
    )
    end = f"Zone data {TZDATA_VERSION}: looked at 1, changed 1, to be moved by a person 0."

    assert run("--dry-run").splitlines() == [line, f"{end} Nothing was written."]
    assert run().splitlines() == [line, end]
    assert "Nothing to do" in run()

    (update,) = [render(letter, settings=settings()) for letter in letters(LetterState.QUEUED)]
    updated_calendar = calendar_in(update)
    assert read_instants(updated_calendar)[0] == datetime(2028, 1, 14, 21, tzinfo=UTC)
    before, after = read_event(invited), read_event(updated_calendar)
    assert (before.uid.value, before.sequence.value, after.sequence.value) == (after.uid.value, "0", "1")
    assert b"DTSTART;TZID=America/Vancouver:20280114T140000" in invited
    assert b"DTSTART;TZID=America/Vancouver:20280114T140000" in updated_calendar
    assert b"UTC-7" in part_of(update, "text/plain").replace("−".encode(), b"-")


def left() -> None:
    """Let the invitation have left."""
    for letter in letters(LetterState.QUEUED):
        letter.state, letter.settled_at = LetterState.SENT, letter.created_at
    db.session.scalars(select(Invitation)).one().sent_sequence = 0
    db.session.commit()


def letters(state: LetterState) -> list[Letter]:
    return list(db.session.scalars(select(Letter).where(Letter.state == state)))
