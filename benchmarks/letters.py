"""How many letters a second leave: the whole delivery of invitations that were queued, in turns with a bare smtplib."""

from __future__ import annotations

import smtplib
import time
from datetime import UTC, datetime
from functools import partial
from statistics import mean

from sqlalchemy import select

from benchmarks.figures import Figure
from outreach import letters
from outreach.db import db
from outreach.mail import SmtpServer, SmtpTransport, bounce_address
from outreach.models import Letter, LetterKind, LetterState
from outreach.outbox import deliver_due
from outreach.settings import Settings

TURNS, SECONDS = 5, 1.0
SENDER, RECIPIENT = "rsvp@outreach.example", "somebody@families.example"


def measure(settings: Settings, database: str) -> Figure:
    """Lease, render, send, settle; beside that, one ready message of the same size sent again and again."""
    message = _usual_message(settings)
    _ours(settings), _plain(settings, message)
    turns = [(_ours(settings), _plain(settings, message)) for _ in range(TURNS)]
    ours, plain = (mean(rates) for rates in zip(*turns, strict=True))
    return Figure(what="Letters", database=database, value=ours, unit="letters/s", ceiling=plain, share=0.3)


def _ours(settings: Settings) -> float:
    began = time.perf_counter()
    tally = deliver_due(
        render=partial(letters.render, settings=settings),
        transport=SmtpTransport(SmtpServer.of(settings)),
        sender_of=partial(bounce_address, settings=settings),
        clock=lambda: datetime.now(UTC),
        stopping=lambda: time.perf_counter() > began + SECONDS,
    )
    spent = time.perf_counter() - began
    if spent < SECONDS or tally.failed or tally.delayed or tally.dropped:
        raise RuntimeError(f"The queue ran dry, or something went wrong: {tally}")
    return tally.sent / spent


def _plain(settings: Settings, message: bytes) -> float:
    with smtplib.SMTP(settings.mail_server or "", settings.mail_port) as server:
        count, began = 0, time.perf_counter()
        while time.perf_counter() < began + SECONDS:
            server.sendmail(SENDER, [RECIPIENT], message)
            count += 1
        return count / (time.perf_counter() - began)


def _usual_message(settings: Settings) -> bytes:
    """Render one of the invitations that wait: nearly all are of its size."""
    waiting = select(Letter).where(Letter.kind == LetterKind.INVITATION, Letter.state == LetterState.QUEUED)
    message = letters.render(db.session.scalars(waiting.order_by(Letter.id).limit(1)).one(), settings=settings)
    db.session.rollback()
    return message
