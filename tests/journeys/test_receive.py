"""`outreach receive` as a mail server calls it: what it leaves in the database, and the exit code it ends with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from outreach import cli
from outreach.db import db
from outreach.inbound import commands, use_cases
from outreach.inbound.reasons import InboundReason
from outreach.models import Answer, InboundOutcome
from outreach.settings import Settings
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.inbound import Family, invited, last, mail, messages

OUTREACH = str(Path(sys.executable).with_name("outreach"))


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """The settings of this test's app, as a mail server's pipe has them."""
    ours = {
        "OUTREACH_MODE": "demo",
        "OUTREACH_DATABASE_URL": settings.database_url,
        "OUTREACH_INSTANCE_PATH": str(settings.instance_path),
        "OUTREACH_SECRET_KEY": settings.secret_key,
        "OUTREACH_REPLY_ADDRESS": settings.reply_address,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_") and "RECIPIENT" not in name}
    return kept | ours


def start(environment: dict[str, str], *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [OUTREACH, "receive", *options], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.fixture
def family(make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Family:
    """Ana and her parent, invited; it is that moment for the command too."""
    monkeypatch.setattr(clock, "now", lambda: now)
    return invited(make, now)


def test_two_processes_with_one_reply_take_it_once_and_say_nothing(family: Family, environment: dict[str, str]) -> None:
    """Their clock is the machine's, so the session is long over or far off; what counts is that one of them acts."""
    raw, to = family.reply(to="undisclosed-recipients:;"), family.token_address()
    rivals = [start(environment, "--to", to), start(environment | {"ORIGINAL_RECIPIENT": to})]
    for process in rivals:
        assert process.stdin is not None
        process.stdin.write(raw)
        process.stdin.close()
        process.stdin = None
    said = [process.communicate(timeout=180) for process in rivals]
    db.session.rollback()
    assert [process.returncode for process in rivals] == [0, 0]
    assert said == [(b"", b""), (b"", b"")]
    [message] = messages()
    assert (message.raw, message.mailbox_id) == (raw, family.mailbox().id)


@pytest.fixture
def receive(app: Flask, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call the command in this process, with this test's app."""
    monkeypatch.setattr(cli, "create_app", lambda _settings: app)
    monkeypatch.setattr(cli, "only_warnings", lambda: None)
    monkeypatch.setattr(commands, "only_warnings", lambda: None)

    def call(raw: bytes, *options: str, **variables: str | None) -> tuple[int, str]:
        answer = CliRunner().invoke(cli.main, ["receive", *options], input=raw, env=environment | variables)
        db.session.rollback()
        return answer.exit_code, answer.output

    return call


def test_a_reply_through_the_pipe_sets_the_answer(family: Family, receive: Any) -> None:
    raw = family.reply(to="undisclosed-recipients:;")
    assert receive(b"From mailer Mon Mar  1 09:00:00 2027\n" + raw, "--to", family.token_address()) == (0, "")
    assert family.invitation().answer is Answer.ACCEPTED
    assert last().raw == raw


def test_a_huge_message_is_read_to_its_end_and_noted(family: Family, receive: Any) -> None:
    raw = family.reply() + b"X" * 3_000_000
    assert receive(raw) == (0, "")
    assert (last().outcome, last().reason, last().size) == (InboundOutcome.QUARANTINED, InboundReason.TOO_LARGE, len(raw))
    assert len(last().raw or b"") < 100_000


def test_whatever_a_message_says_the_mail_server_may_forget_it(receive: Any) -> None:
    for raw in (mail(to="rsvp@outreach.example"), b"\0\xff nonsense", b"\r\n"):
        assert receive(raw) == (0, "")
    assert {message.outcome for message in messages()} == {InboundOutcome.QUARANTINED}


def test_only_no_message_at_all_is_refused(receive: Any) -> None:
    assert receive(b"") == (65, "")


@pytest.mark.parametrize("name", ["settings", "option", "folder", "tables", "fault"])
def test_whatever_is_wrong_with_us_the_mail_server_keeps_the_message(
    name: str, family: Family, receive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code it doesn't know, such as 1 or 2, would send the message back: to a family."""
    refused = PermissionError(13, "Permission denied", "/srv")
    if name == "folder":
        monkeypatch.setattr(cli, "create_app", failing_with(refused))
    if name == "tables":
        monkeypatch.setattr(use_cases, "_write_down", lambda *_: db.session.execute(text("SELECT 1 FROM nothing")))
    if name == "fault":
        monkeypatch.setattr(use_cases, "receive", failing_with(RuntimeError("a fault")))
    options = ["--nonsense"] if name == "option" else []
    code, _said = receive(family.reply(), *options, OUTREACH_MODE="nonsense" if name == "settings" else "demo")
    assert code == 75
    assert messages() == []


def failing_with(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    return fail
