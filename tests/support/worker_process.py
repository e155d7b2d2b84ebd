"""A worker in a process of its own, for tests that kill it: the real one, with a clock and a message of the tests."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from datetime import datetime, timedelta

from outreach import create_app
from outreach.mail.smtp import SmtpServer, SmtpTransport
from outreach.mail.smtp_responses import Outcome
from outreach.mail.transport import Envelope
from outreach.outbox.leases import Pace
from outreach.runtime.worker import Worker
from outreach.settings import read_settings
from tests.support.outbox import render


class Mortal(SmtpTransport):
    """Carries letters until it dies."""

    def __init__(self, server: SmtpServer, last: str) -> None:
        super().__init__(server)
        self._last = last

    def send(self, envelope: Envelope) -> Outcome:
        """Send; then, after that one letter, no finally and no handler runs any more."""
        outcome = super().send(envelope)
        if envelope.recipient == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome


def main(environment: dict[str, str], start: str, batch: int, last: str) -> None:
    """Deliver what is due.

    `start`: the moment its clock shows at first. `last`: the address after whose letter it dies, between the server's 250
    and settling ("-": it ends when nothing is due).
    """
    settings, began = replace(read_settings(environment), mail_per_domain=0), time.monotonic()
    worker = Worker(
        create_app(settings),
        clock=lambda: datetime.fromisoformat(start) + timedelta(seconds=time.monotonic() - began),
        transport=Mortal(SmtpServer.of(settings), last),
        render=render,
        pace=Pace(batch=batch),
        timetable=(),
    )
    worker.stop_on_signals()
    worker.once()
