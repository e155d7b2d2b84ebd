"""What machines that watch the service are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from outreach.db import transaction
from outreach.models import LetterKind
from outreach.outbox.queue import NewLetter, enqueue
from outreach.time import clock
from tests.support.builders import Builder


def test_ready_says_how_long_the_oldest_due_letter_waits(app: Flask, make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    assert app.test_client().get("/readyz").json == {"status": "ok", "oldest_due_letter_seconds": 0}
    mailbox = make.mailbox("someone@example.org")
    with transaction():
        for age, key in ((90, "old"), (30, "younger"), (-600, "not due yet")):
            letter = NewLetter(mailbox_id=mailbox.id, kind=LetterKind.DIGEST, facts={}, dedupe_key=key, due_at=now - timedelta(seconds=age))
            enqueue([letter], now=now)
    assert app.test_client().get("/readyz").json == {"status": "ok", "oldest_due_letter_seconds": 90}


def test_ready_says_so_when_the_database_is_away_and_the_process_stays_healthy(app_with: Callable[..., Flask]) -> None:
    app = app_with(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "database away"})
    assert client.get("/healthz").json == {"status": "ok"}
    page = client.get("/")
    assert page.status_code == 500
    assert "Traceback" not in page.text


def test_a_failure_is_logged_without_the_path_or_the_message(
    app_with: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Ana's secret")

    monkeypatch.setattr("outreach.families.views.open_page", fail)
    app = app_with()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert app.test_client().get("/i/a-secret-token").status_code == 500
    said = capfd.readouterr().err
    assert "families.show" in said
    assert "RuntimeError" in said
    assert "secret" not in said
