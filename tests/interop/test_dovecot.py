"""The inbox on a real IMAP server: replies become answers and are gone from it, each counts once, and nothing stops the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest
from flask import Flask
from structlog.testing import capture_logs

from outreach.db import db
from outreach.doctor.findings import Finding, Level
from outreach.doctor.mail_checks import check_inbox
from outreach.inbound import inbox
from outreach.inbound.inbox import InboxAway, InboxTrouble, Taker, poll
from outreach.inbound.polling import InboxReader
from outreach.inbound.reasons import InboundReason
from outreach.models import Answer, InboundOutcome
from outreach.runtime.jobs import Job
from outreach.runtime.worker import Worker
from outreach.settings import ROOT, Settings
from tests.interop.dovecot import Dovecot, dovecot
from tests.support import programs
from tests.support.builders import Builder
from tests.support.inbound import ANA, PARENT, invited, messages
from tests.support.outbox import Scripted, render
from tests.support.rivals import at_once
from tests.support.shaped_replies import PROGRAMS, shaped_reply

_numbers = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    """One server for all; each test has a mailbox of its own."""
    path = programs.dovecot_path()
    if path is None:
        pytest.skip(programs.WITHOUT["dovecot"])
    with dovecot(path) as running:
        yield running


@pytest.fixture
def user() -> str:
    """Give a mailbox nobody has used."""
    return f"reader{next(_numbers)}"


@pytest.fixture
def app(app_with: Callable[..., Flask], server: Dovecot, user: str) -> Iterator[Flask]:
    """Give an app that reads this inbox, inside its context."""
    app = app_with(inbox_url=server.url(user))
    with app.app_context():
        yield app


def work(app: Flask, now: datetime, *, read: InboxReader | None = None) -> None:
    """Let a worker do its one job, and forget what the test remembers of the database."""
    jobs = [Job(name="read_inbox", work=read or InboxReader(), every=timedelta(minutes=1))]
    Worker(app, clock=lambda: now, transport=Scripted(), render=render, timetable=jobs).once()
    db.session.rollback()
    db.session.expire_all()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_reply_in_the_inbox_becomes_an_answer_and_is_gone(
    app: Flask, make: Builder, now: datetime, server: Dovecot, user: str, program: str
) -> None:
    family = invited(make, now)
    invitation, to = family.invitation(), family.token_address()
    stamp, sequence = now + timedelta(minutes=1), invitation.sequence
    raw = shaped_reply(program, uid=invitation.uid, attendee=ANA, partstat="DECLINED", sequence=sequence, stamp=stamp, to=to)
    server.put(user, raw)

    work(app, now + timedelta(minutes=5))

    assert family.invitation().answer is Answer.DECLINED
    assert [message.outcome for message in messages()] == [InboundOutcome.APPLIED]
    assert server.kept(user) == []


def test_the_oldest_comes_first(app: Flask, make: Builder, now: datetime, server: Dovecot, user: str) -> None:
    family = invited(make, now)
    said = [server.put(user, family.reply(partstat=word, subject=word)) for word in ("ACCEPTED", "DECLINED", "TENTATIVE")]

    work(app, now + timedelta(minutes=5))

    assert len(said) == 3
    assert [message.subject for message in messages()] == ["ACCEPTED", "DECLINED", "TENTATIVE"]


@pytest.mark.usefixtures("app")
def test_a_round_takes_no_more_than_it_may_and_the_next_goes_on(server: Dovecot, user: str) -> None:
    for number in range(5):
        server.put(user, b"Subject: %d\r\n\r\n" % number)
    taken: list[bytes] = []
    rounds = [poll(server.url(user), Taker(whole=taken.append, oversized=refuse), at_most=3) for _ in range(3)]
    assert (rounds, [raw[:10] for raw in taken]) == ([3, 2, 0], [b"Subject: %d" % number for number in range(5)])


def refuse(*_: object) -> None:
    raise ValueError("a secret somebody wrote")


@pytest.mark.usefixtures("app")
def test_many_waiting_are_asked_for_in_pieces(server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_ASKED_AT_ONCE", 2)
    for number in range(5):
        server.put(user, b"Subject: %d\r\n\r\n" % number)
    taken: list[bytes] = []
    assert poll(server.url(user), Taker(whole=taken.append, oversized=refuse)) == 5
    assert [raw[:10] for raw in taken] == [b"Subject: %d" % number for number in range(5)]


def test_killed_before_the_message_is_removed_it_counts_once(
    app: Flask, make: Builder, now: datetime, settings: Settings, server: Dovecot, user: str
) -> None:
    family = invited(make, now)
    server.put(user, family.reply())
    db.session.commit()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")} | {
        "OUTREACH_MODE": "demo",
        "OUTREACH_DATABASE_URL": settings.database_url,
        "OUTREACH_INSTANCE_PATH": str(settings.instance_path),
        "OUTREACH_SECRET_KEY": settings.secret_key,
        "OUTREACH_REPLY_ADDRESS": settings.reply_address,
        "OUTREACH_INBOX_URL": server.url(user),
    }
    moment = now + timedelta(minutes=5)
    command = [sys.executable, "-m", "tests.interop.inbox_process", moment.isoformat()]
    killed = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, timeout=180, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    db.session.rollback()
    assert family.invitation().answer is Answer.ACCEPTED
    assert len(server.kept(user)) == 1
    state = family.state()

    work(app, moment + timedelta(minutes=1))

    assert server.kept(user) == []
    assert len(messages()) == 1
    assert family.state() == state


def test_a_message_of_a_gigabyte_is_noted_once_and_stays_flagged(
    app: Flask, make: Builder, now: datetime, server: Dovecot, user: str
) -> None:
    family = invited(make, now)
    head = f"From: {ANA}\r\nTo: {family.token_address()}\r\nSubject: Photos\r\nMessage-ID: <huge@pupils.example>\r\n\r\n"
    server.put_huge(user, head.encode(), 1 << 30)
    server.put(user, family.reply())

    with capture_logs() as said, measured(most=8 * 1024 * 1024):
        work(app, now + timedelta(minutes=5))
        work(app, now + timedelta(minutes=6))

    assert [line["event"] for line in said if line["log_level"] == "warning"] == ["message too large to be read"]
    huge, reply = messages()
    assert (huge.outcome, huge.reason, huge.size, huge.subject) == (InboundOutcome.QUARANTINED, InboundReason.TOO_LARGE, 1 << 30, "Photos")
    assert len(huge.raw or b"") <= 64 * 1024
    assert reply.outcome is InboundOutcome.APPLIED
    [left] = server.kept(user)
    assert left.endswith(":2,F")


@contextmanager
def measured(*, most: int) -> Iterator[None]:
    """Fail where more bytes than these are used at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("app")
def test_what_cannot_be_taken_in_is_set_aside_without_a_word_of_it(server: Dovecot, user: str) -> None:
    for subject in (b"bad", b"good"):
        server.put(user, b"Subject: %s\r\n\r\nhello\r\n" % subject)
    taken: list[bytes] = []

    def take(raw: bytes) -> None:
        if b"bad" in raw:
            refuse()
        taken.append(raw)

    with capture_logs() as said:
        rounds = [poll(server.url(user), Taker(whole=take, oversized=refuse)) for _ in range(2)]

    assert rounds == [2, 0]
    assert len(taken) == 1
    assert [(line["event"], line["error"]) for line in said] == [("message cannot be taken in", "ValueError")]
    assert "secret" not in str(said)
    [left] = server.kept(user)
    assert left.endswith(":2,F")


def test_a_wrong_password_is_one_line_and_so_is_the_end_of_it(
    app: Flask, app_with: Callable[..., Flask], now: datetime, server: Dovecot, user: str
) -> None:
    locked_out, read = app_with(inbox_url=server.url(user, password="secret")), InboxReader()
    with capture_logs() as said:
        for place in (locked_out, locked_out, app, app):
            work(place, now, read=read)
    lines = [(line["event"], line.get("trouble"), line["log_level"]) for line in said]
    assert lines == [("inbox away", "sign-in refused", "error"), ("inbox is back", None, "info")]
    assert "secret" not in str(said)
    assert user not in str(said)


def test_two_workers_at_once_count_each_message_once(app: Flask, make: Builder, now: datetime, server: Dovecot, user: str) -> None:
    family = invited(make, now)
    for number in range(12):
        server.put(user, family.reply(address=(ANA, PARENT)[number % 2], at=timedelta(minutes=number)))
    db.session.commit()

    with capture_logs() as said:
        at_once(app, *[partial(InboxReader(), now=now + timedelta(hours=1)) for _ in range(2)])

    db.session.rollback()
    assert [line for line in said if line["log_level"] in ("error", "warning")] == []
    assert len(messages()) == 12
    assert {message.outcome for message in messages()} == {InboundOutcome.APPLIED}
    assert server.kept(user) == []


@pytest.mark.usefixtures("app")
def test_over_tls_the_certificate_must_be_one_we_trust(server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put(user, b"Subject: hello\r\n\r\n")
    taken: list[bytes] = []
    taker = Taker(whole=taken.append, oversized=refuse)
    with pytest.raises(InboxAway) as unknown:
        poll(server.url(user, is_tls=True, host="localhost"), taker)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    with pytest.raises(InboxAway) as other_name:
        poll(server.url(user, is_tls=True), taker)
    assert {unknown.value.trouble, other_name.value.trouble} == {InboxTrouble.UNREACHABLE}
    assert taken == []
    assert poll(server.url(user, is_tls=True, host="localhost"), taker) == 1


def test_the_doctor_looks_into_the_inbox_and_leaves_it_as_it_is(settings: Settings, server: Dovecot, user: str) -> None:
    server.put(user, b"Subject: hello\r\n\r\n")
    looked = [examined(settings, server.url(user)) for _ in range(2)]
    assert [(finding.level, finding.text) for finding in looked] == [(Level.OK, "INBOX on 127.0.0.1: 1 waiting")] * 2
    poll(server.url(user), Taker(whole=refuse, oversized=refuse))
    aside = examined(settings, server.url(user))
    assert (aside.level, aside.text) == (Level.ATTENTION, "INBOX on 127.0.0.1: 0 waiting, 1 set aside")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"password": "wrong"}, "sign-in refused"), ({"folder": "Nowhere"}, "no such folder"), ({"is_tls": True}, "unreachable")],
)
def test_the_doctor_says_what_keeps_us_from_the_inbox(settings: Settings, server: Dovecot, changes: dict[str, object], said: str) -> None:
    finding = examined(settings, server.url("reader0", **changes))  # type: ignore[arg-type]  # each of its own type
    assert (finding.level, said in finding.text, bool(finding.advice)) == (Level.FAILS, True, True)


def examined(settings: Settings, url: str) -> Finding:
    """Give what the doctor says of this inbox."""
    [finding] = check_inbox(replace(settings, inbox_url=url))
    return finding
