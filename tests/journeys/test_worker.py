"""The worker as it is run: it starts, sends, keeps its timetable, survives what it can and stops when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from outreach.cli import main
from outreach.db import db
from outreach.mail.transport import LocalMailbox
from outreach.models import Letter, LetterKind, LetterState
from outreach.models.snapshots import AccountSnapshot
from outreach.runtime import worker
from outreach.runtime.jobs import TIMETABLE, Job
from outreach.runtime.worker import Worker, transport_for
from outreach.settings import ROOT, Settings
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.outbox import Scripted, letter_named, put, render, states
from tests.support.postbox import Postbox

pytestmark = pytest.mark.empty_database
LINK = "http://127.0.0.1:5000/reset/a-secret-token"


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Give the variables under which the command meets this test's database."""
    ours = {"MODE": "demo", "DATABASE_URL": settings.database_url, "INSTANCE_PATH": str(settings.instance_path)} | more
    return {key: value for key, value in os.environ.items() if not key.startswith("OUTREACH_")} | {
        f"OUTREACH_{k}": v for k, v in ours.items()
    }


def queue_account_letters(make: Builder, *names: str) -> None:
    """Queue letters that are due by the wall clock and about no session."""
    for name in names:
        facts = AccountSnapshot(purpose="reset", reader_name="Robin", link=LINK).to_json()
        put(make.mailbox(f"{name}@example.org"), name, now=clock.now(), kind=LetterKind.ACCOUNT, facts=facts)


def wait_until(claim: Callable[[], bool], seconds: float = 180) -> None:
    """Wait until the claim holds."""
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "It never came true."
        time.sleep(0.01)


def test_asked_to_stop_the_command_settles_the_letter_in_hand_and_exits_with_0(
    make: Builder, settings: Settings, postbox: Postbox, tmp_path: Path
) -> None:
    queue_account_letters(make, "one", "two", "three")
    log, running = tmp_path / "log", Future[subprocess.Popen[bytes]]()
    postbox.on_content["one@example.org"] = lambda: running.result(180).send_signal(signal.SIGTERM)
    with log.open("wb") as stderr:
        command = [str(Path(sys.executable).with_name("outreach")), "worker"]
        variables = environment(settings, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(postbox.port))
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stderr=stderr)
    running.set_result(process)
    assert process.wait(180) == 0
    assert states() == {"one": "sent", "two": "queued", "three": "queued"}
    assert db.session.scalars(select(Letter.lease_token)).all() == [None] * 3
    assert letter_named("one").facts["link"] is None
    message = message_from_bytes(postbox.letters[0], policy=default)
    [sender] = postbox.senders
    assert (message["To"], sender.partition("-")[0]) == ("Robin <one@example.org>", f"rsvp+b{letter_named('one').id}")
    text = message.get_body(("plain",))
    assert text is not None
    assert LINK in text.get_content()
    said = log.read_text()
    assert '"event": "worker started"' in said
    assert '"event": "worker stopped"' in said
    for private in ("@", "Robin", "a-secret-token", letter_named("one").mailbox.token):
        assert private not in said


def test_once_delivers_what_is_due_and_ends(make: Builder, settings: Settings) -> None:
    queue_account_letters(make, "one", "two")
    result = CliRunner().invoke(main, ["worker", "--once"], env=environment(settings))
    assert (result.exit_code, result.stdout) == (0, "Sent 2, failed 0, to be tried again 0, dropped 0.\n")
    assert len(list((settings.instance_path / "mailbox").glob("*.eml"))) == 2


def test_once_says_when_the_server_cannot_be_reached(make: Builder, settings: Settings) -> None:
    queue_account_letters(make, "one")
    result = CliRunner().invoke(main, ["worker", "--once"], env=environment(settings, MAIL_SERVER="127.0.0.1", MAIL_PORT="1"))
    assert result.exit_code == 1
    assert "e-mails wait" in result.stderr
    assert states() == {"one": "queued"}


def test_a_demo_without_a_mail_server_writes_letters_to_files(settings: Settings) -> None:
    assert isinstance(transport_for(settings), LocalMailbox)


def test_a_job_that_fails_stops_no_other_and_no_letter(app: Flask, make: Builder, now: datetime) -> None:
    asked: list[datetime] = []

    def fail(*, now: datetime) -> int:
        raise ValueError(f"secret {now}")

    def succeed(*, now: datetime) -> int:
        asked.append(now)
        return 3

    put(make.mailbox("someone@example.org"), "news", now=now)
    jobs = [Job(name="bad", work=fail, every=timedelta(minutes=1)), Job(name="good", work=succeed, every=timedelta(minutes=1))]
    transport = Scripted()
    with capture_logs() as said:
        Worker(app, clock=lambda: now, transport=transport, render=render, timetable=jobs).once()
    assert (asked, transport.subjects) == ([now], ["news"])
    assert {"event": "job failed", "job": "bad", "error": "ValueError", "log_level": "error"}.items() <= said[0].items()
    assert said[1] == {"event": "job done", "job": "good", "done": 3, "log_level": "info"}
    assert "secret" not in str(said)


def test_every_job_may_run_twice_on_an_empty_service(app: Flask, now: datetime) -> None:
    with capture_logs() as said:
        for _ in range(2):
            Worker(app, clock=lambda: now, transport=Scripted(), render=render).once()
    assert said == []
    assert {job.name for job in TIMETABLE} >= {"plan_reminders", "plan_rosters", "ask_for_decisions", "lapse_offers"}


def test_a_running_worker_outlives_a_database_that_goes_away(
    app: Flask, make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOOK_EVERY", timedelta(milliseconds=10))
    monkeypatch.setattr(worker, "AFTER_A_FAULT", timedelta(milliseconds=10))
    put(make.mailbox("someone@example.org"), "news", now=now)
    refused: list[str] = []
    jobs_done: list[datetime] = []

    def away(*_call: object) -> None:
        if threading.current_thread() is running and len(refused) < 3:
            refused.append("once more")
            raise OperationalError("SELECT", {}, Exception("could not connect"))

    def work(*, now: datetime) -> int:
        jobs_done.append(now)
        return 0

    transport = Scripted()
    job = Job(name="job", work=work, every=timedelta(hours=1))
    ours = Worker(app, clock=lambda: now, transport=transport, render=render, timetable=[job])
    running = threading.Thread(target=ours.run)
    event.listen(db.engine, "before_cursor_execute", away)
    running.start()
    wait_until(lambda: transport.subjects == ["news"] and jobs_done == [now])
    ours.stop()
    running.join(180)
    assert not running.is_alive()
    assert len(refused) == 3
    assert letter_named("news").state is LetterState.SENT
