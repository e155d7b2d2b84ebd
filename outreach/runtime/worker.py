"""The worker: looks every second what is due and sends it, and keeps the timetable of the jobs beside it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from typing import cast

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import DBAPIError

from outreach import letters
from outreach.logs import place_of
from outreach.mail import LocalMailbox, Signer, SmtpServer, SmtpTransport, Transport, bounce_address, local_folder
from outreach.models import Letter
from outreach.outbox import USUAL_PACE, DomainLimit, Pace, RoundStatistics, deliver_due
from outreach.runtime import jobs
from outreach.settings import Settings

LOOK_EVERY = timedelta(seconds=1)
AFTER_A_FAULT = timedelta(seconds=5)
_log = structlog.get_logger()


def transport_for(settings: Settings) -> Transport:
    """Give the way letters go under these settings."""
    if settings.has_local_mailbox:
        return LocalMailbox(local_folder(settings))
    return SmtpTransport(SmtpServer.of(settings))


def render_for(settings: Settings) -> Callable[[Letter], bytes]:
    """Give what writes a letter under these settings, signed where we sign."""
    plain, signer = partial(letters.render, settings=settings), Signer.of(settings)
    return signer.signing(plain) if signer else plain


def _limit_for(settings: Settings) -> DomainLimit | None:
    """A folder takes any number."""
    is_limited = settings.mail_per_domain and not settings.has_local_mailbox
    return DomainLimit(settings.mail_per_domain) if is_limited else None


class Worker:
    """Delivers letters and does jobs until it is asked to stop. `clock` is the only time it knows, but for its pauses."""

    def __init__(
        self,
        app: Flask,
        *,
        clock: Callable[[], datetime],
        transport: Transport | None = None,
        render: Callable[[Letter], bytes] | None = None,
        pace: Pace = USUAL_PACE,
        timetable: Sequence[jobs.Job] = jobs.TIMETABLE,
    ) -> None:
        self._app = app
        self._clock = clock
        self._settings = cast(Settings, app.extensions["outreach"])
        self._transport = transport or transport_for(self._settings)
        self._render = render or render_for(self._settings)
        self._pace = pace
        self._limit = _limit_for(self._settings)
        self._timetable = timetable
        self._is_stopping = False
        self._wake: SimpleQueue[None] = SimpleQueue()

    def once(self) -> RoundStatistics:
        """Do every job, then deliver what is due. Raises what the database raises."""
        for job in self._timetable:
            jobs.do(job, self._app, self._clock)
        return self.deliver()

    def deliver(self) -> RoundStatistics:
        """Send what is due."""
        with self._app.app_context():
            tally = deliver_due(
                render=self._render,
                transport=self._transport,
                sender_of=partial(bounce_address, settings=self._settings),
                clock=self._clock,
                pace=self._pace,
                limit=self._limit,
                stopping=lambda: self._is_stopping,
            )
        if tally.has_news:
            settled = {"sent": tally.sent, "failed": tally.failed, "dropped": tally.dropped}
            _log.info("letters delivered", **settled, delayed=tally.delayed, put_off=tally.put_off)
        return tally

    def run(self) -> None:
        """Work until `stop`: the current letter is settled, jobs under way are finished."""
        scheduler = self._scheduler()
        scheduler.start()
        _log.info("worker started")
        try:
            while not self._is_stopping:
                self._rest(self._look())
        finally:
            scheduler.shutdown()
            _log.info("worker stopped")

    def stop(self) -> None:
        """Ask to stop; may be called from another thread or a signal's handler (where an Event could lock itself up)."""
        self._is_stopping = True
        self._wake.put(None)

    def stop_on_signals(self) -> None:
        """Let SIGTERM and SIGINT ask to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())

    def _look(self) -> timedelta:
        """Deliver; give the time to wait. Whatever goes wrong, the database away or a fault of ours, the worker stays."""
        try:
            self.deliver()
        except DBAPIError as error:
            _log.error("database away", error=type(error.orig).__name__)
        except Exception as error:  # noqa: BLE001 (a worker that ends sends nothing at all)
            _log.error("delivery failed", error=type(error).__name__, place=place_of(error))
        else:
            return LOOK_EVERY
        return AFTER_A_FAULT

    def _rest(self, time: timedelta) -> None:
        with suppress(Empty):
            self._wake.get(timeout=time.total_seconds())

    def _scheduler(self) -> BackgroundScheduler:
        """Each job once at the start, then at its own interval; one that is late isn't made up for twice."""
        scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
        at_once = datetime.now(UTC)  # APScheduler lives by the machine's clock, not by ours
        for job in self._timetable:
            call = (job, self._app, self._clock)
            every = job.every.total_seconds()
            # one job that begins now, not one more that runs once: removing that one fails when we are stopped meanwhile
            scheduler.add_job(jobs.do, "interval", args=call, id=job.name, seconds=every, next_run_time=at_once)
        return scheduler
