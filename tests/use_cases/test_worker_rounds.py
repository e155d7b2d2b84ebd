"""One round of the worker: the jobs, then what is due, under the settings of this service."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from outreach.mail.smtp import SmtpServer, SmtpTransport
from outreach.mail.smtp_responses import Delayed, Rejected
from outreach.mail.transport import LocalMailbox
from outreach.models import LetterKind
from outreach.outbox.results import RoundStatistics
from outreach.runtime.jobs import TIMETABLE, Job, do
from outreach.runtime.worker import Worker, transport_for
from outreach.settings import Settings
from tests.support.builders import Builder
from tests.support.outbox import Scripted, put, render, states
from tests.support.smtp_server import mail_server

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def worker(app: Flask, now: datetime, transport: Scripted, *jobs: Job, **settings: Any) -> Worker:
    app.extensions["outreach"] = replace(app.extensions["outreach"], **settings)
    return Worker(app, clock=lambda: now, transport=transport, render=render, timetable=jobs)


def put_several(make: Builder, now: datetime, number: int) -> None:
    for one in range(number):
        put(make.mailbox(f"someone{one}@school.example"), now=now)


@pytest.mark.parametrize(
    ("changes", "tally"),
    [
        ({"mail_server": "mail.example.org", "mail_per_domain": 60}, RoundStatistics(sent=5, put_off=2)),
        ({"mail_server": "mail.example.org", "mail_per_domain": 12}, RoundStatistics(sent=1, put_off=6)),
        ({"mail_server": "mail.example.org", "mail_per_domain": 0}, RoundStatistics(sent=7)),
        ({"mail_server": None, "mail_per_domain": 60}, RoundStatistics(sent=7)),
    ],
    ids=["sixty a minute", "twelve a minute", "no limit", "a folder"],
)
def test_a_domain_gets_as_many_letters_as_the_settings_say(
    app: Flask, make: Builder, now: datetime, changes: dict[str, Any], tally: RoundStatistics
) -> None:
    put_several(make, now, 7)
    assert worker(app, now, Scripted(), **changes).deliver() == tally


def test_one_worker_remembers_from_round_to_round_what_a_domain_got(app: Flask, make: Builder, now: datetime) -> None:
    ours = worker(app, now, Scripted(), mail_server="mail.example.org", mail_per_domain=60)
    put_several(make, now, 5)
    assert ours.deliver() == RoundStatistics(sent=5)
    put_several(make, now, 1)
    assert ours.deliver() == RoundStatistics(put_off=1)


def test_jobs_come_first_so_that_what_they_write_leaves_in_the_same_round(app: Flask, make: Builder, now: datetime) -> None:
    mailbox, transport = make.mailbox("someone@example.org"), Scripted()

    def write(*, now: datetime) -> int:
        put(mailbox, "written by the job", now=now)
        return 1

    assert worker(app, now, transport, Job(name="write", work=write, every=MINUTE)).once() == RoundStatistics(sent=1)
    assert transport.subjects == ["written by the job"]


def test_each_letter_has_the_envelope_sender_of_the_settings(app: Flask, make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), now=now)
    transport = Scripted()
    worker(app, now, transport, bounce_address="back+{token}@bounces.example").deliver()
    [envelope] = transport.sent
    assert envelope.sender.startswith("back+b")
    assert envelope.sender.endswith("@bounces.example")


def test_a_worker_that_was_asked_to_stop_begins_nothing(app: Flask, make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), "news", now=now)
    ours = worker(app, now, Scripted())
    ours.stop()
    assert ours.deliver() == RoundStatistics()
    assert states() == {"news": "queued"}


def test_a_round_is_logged_if_something_became_of_a_letter(app: Flask, make: Builder, now: datetime) -> None:
    with capture_logs() as said:
        worker(app, now, Scripted()).deliver()
    assert said == []
    answers: dict[str, Any] = {"no@example.org": Rejected(words="554 No"), "later@example.org": Delayed(words="450 Later")}
    for name in ("yes", "no", "later"):
        put(make.mailbox(f"{name}@example.org"), name, now=now)
    with capture_logs() as said:
        worker(app, now, Scripted(answers)).deliver()
    counts = {"sent": 1, "failed": 1, "dropped": 0, "delayed": 1, "put_off": 0}
    assert said[-1] == {"event": "letters delivered", "log_level": "info", **counts}


@pytest.mark.parametrize("what", ["sent", "failed", "delayed", "dropped", "put_off"])
def test_any_letter_of_which_something_became_is_news(what: str) -> None:
    assert not RoundStatistics().has_news
    assert not RoundStatistics(is_paused=True).has_news
    one: dict[str, Any] = {what: 1}
    assert RoundStatistics(**one).has_news


@pytest.mark.parametrize(("done", "is_logged"), [(0, False), (1, True), (3, True)])
def test_a_job_is_logged_if_it_did_something(app: Flask, now: datetime, done: int, *, is_logged: bool) -> None:
    asked: list[datetime] = []

    def work(*, now: datetime) -> int:
        asked.append(now)
        return done

    with capture_logs() as said:
        do(Job(name="job", work=work, every=MINUTE), app, lambda: now)
    assert asked == [now]
    assert said == ([{"event": "job done", "job": "job", "done": done, "log_level": "info"}] if is_logged else [])


def test_each_job_is_done_as_often_as_people_rely_on() -> None:
    expected = {
        **dict.fromkeys(("lapse_offers", "release_held_seats", "plan_reminders", "read_inbox", "ask_for_decisions"), MINUTE),
        **dict.fromkeys(("give_out_free_seats", "plan_rosters", "report_undeliverable_mailboxes", "look_for_blocked_domains"), 5 * MINUTE),
        "plan_thanks": 15 * MINUTE,
        "background_jobs": timedelta(seconds=1),
        "send_links": timedelta(seconds=5),
        **dict.fromkeys(("forget_raw", "forget_uploads"), HOUR),
        **dict.fromkeys(("retime", "forget_form_keys", "forget_jobs"), DAY),
    }
    assert {job.name: job.every for job in TIMETABLE} == expected
    assert len(TIMETABLE) == len(expected)


def test_without_a_mail_server_letters_become_files_and_with_one_they_are_sent(settings: Settings) -> None:
    assert isinstance(transport_for(settings), LocalMailbox)
    assert isinstance(transport_for(replace(settings, mode="production")), SmtpTransport)
    assert isinstance(transport_for(replace(settings, mail_server="mail.example.org")), SmtpTransport)


def test_the_settings_say_where_to_and_how_letters_are_sent(settings: Settings) -> None:
    server = SmtpServer.of(
        replace(settings, mail_server="mail.example.org", mail_port=587, mail_username="us", mail_password="hush", mail_use_tls=True)
    )
    assert (server.host, server.port, server.username, server.password) == ("mail.example.org", 587, "us", "hush")
    assert (server.use_tls, server.tls_first, server.timeout) == (True, False, timedelta(seconds=20))
    assert SmtpServer.of(settings) == SmtpServer(host="", port=25)


def test_a_worker_finds_its_transport_and_its_words_by_itself(app: Flask, make: Builder, now: datetime) -> None:
    facts = {"purpose": "welcome", "reader_name": "Robin", "link": None}
    put(make.mailbox("robin@example.org"), now=now, kind=LetterKind.ACCOUNT, facts=facts)
    with mail_server() as server:
        app.extensions["outreach"] = replace(app.extensions["outreach"], mail_server="127.0.0.1", mail_port=server.port)
        assert Worker(app, clock=lambda: now, timetable=()).once() == RoundStatistics(sent=1)
    assert b"Subject: Welcome to Outreach\r\n" in server.taken[0]


def test_files_of_a_demo_are_named_for_the_moment_and_the_letter(app: Flask, make: Builder, now: datetime, tmp_path: Path) -> None:
    put(make.mailbox("robin@example.org"), "news", now=now)
    Worker(app, clock=lambda: now, render=render, transport=LocalMailbox(tmp_path / "mailbox"), timetable=()).once()
    [file] = (tmp_path / "mailbox").iterdir()
    assert file.name.startswith("20270301T090000-0000")
    assert file.suffix == ".eml"
