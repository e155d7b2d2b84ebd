"""An inbox that can't be read: the worker is told once, waits no longer than it may, and letters leave meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from structlog.testing import capture_logs

from outreach.doctor.findings import Level
from outreach.doctor.mail_checks import check_inbox
from outreach.inbound.polling import InboxReader
from outreach.runtime.jobs import TIMETABLE, Job
from outreach.runtime.worker import Worker
from outreach.settings import Settings
from tests.support.builders import Builder
from tests.support.outbox import Scripted, put, render


@contextmanager
def talking(*lines: bytes) -> Iterator[int]:
    """Run a server that accepts everybody, says these lines and then nothing any more; gives its port."""
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.sendall(b"".join(lines))
                kept.append(connection)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(60)
    for connection in kept:
        connection.close()


def url(port: int, scheme: str = "imap") -> str:
    return f"{scheme}://reader:secret@127.0.0.1:{port}/INBOX"


def worker_of(app: Flask, now: datetime, *, patience: timedelta, transport: Scripted) -> Worker:
    job = Job(name="read_inbox", work=InboxReader(patience=patience), every=timedelta(minutes=1))
    return Worker(app, clock=lambda: now, transport=transport, render=render, timetable=[job])


@pytest.mark.parametrize(
    ("lines", "scheme"),
    [
        ((), "imap"),
        ((), "imaps"),
        ((b"* OK here\r\n",), "imap"),
        ((b"* OK [CAPABILITY IMAP4rev1] here\r\n", b"* BYE bye\r\n"), "imap"),
        ((b"* BYE not today\r\n",), "imap"),
        ((b"220 mail.example ESMTP\r\n",), "imap"),
        ((b"\x16\x03\x01" * 400_000,), "imap"),
    ],
)
def test_a_server_that_falls_silent_or_babbles_costs_one_line_and_little_time(
    app_with: Callable[..., Flask], make: Builder, now: datetime, lines: tuple[bytes, ...], scheme: str
) -> None:
    put(make.mailbox("someone@example.org"), "news", now=now)
    transport = Scripted()
    with talking(*lines) as port:
        worker = worker_of(app_with(inbox_url=url(port, scheme)), now, patience=timedelta(seconds=0.2), transport=transport)
        began = time.monotonic()
        with capture_logs() as said:
            for _ in range(2):
                worker.once()
        assert time.monotonic() - began < 30, "far less than a program's usual patience, on a busy machine too"
    away = [line for line in said if line["event"] != "letters delivered"]
    assert away == [{"event": "inbox away", "trouble": "unreachable", "log_level": "error"}]
    assert transport.subjects == ["news"]


def test_letters_leave_while_the_inbox_says_nothing(app_with: Callable[..., Flask], make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), "news", now=now)
    transport = Scripted()
    with talking() as port:
        worker = worker_of(app_with(inbox_url=url(port)), now, patience=timedelta(seconds=100), transport=transport)
        running = threading.Thread(target=worker.run)
        began = time.monotonic()
        running.start()
        while not transport.sent:
            assert time.monotonic() - began < 60, "The letter waited for the inbox."
            time.sleep(0.01)
        worker.stop()
    running.join(60)
    assert not running.is_alive()


def test_nobody_listens_at_all(app_with: Callable[..., Flask], now: datetime) -> None:
    worker = worker_of(app_with(inbox_url=url(1)), now, patience=timedelta(seconds=1), transport=Scripted())
    with capture_logs() as said:
        worker.once()
    assert said == [{"event": "inbox away", "trouble": "unreachable", "log_level": "error"}]


def test_without_an_inbox_nothing_is_asked(app: Flask, now: datetime, settings: Settings) -> None:
    assert [job.every for job in TIMETABLE if job.name == "read_inbox"] == [timedelta(minutes=1)]
    with app.app_context():
        assert InboxReader()(now=now) == 0
    assert [finding.level for finding in check_inbox(settings)] == [Level.OK]
