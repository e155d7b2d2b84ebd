"""Periodic jobs: idempotent shells around use cases, and their timetable. Any number of workers may run them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from flask import Flask

from outreach.background.use_cases import forget_jobs, work_off
from outreach.deliverability.use_cases import report_undeliverable_mailboxes, update_blocked_domains
from outreach.families import send_links
from outreach.inbound import InboxReader
from outreach.inbound.use_cases import forget_raw
from outreach.logs import place_of
from outreach.notifications import ask_for_decisions, plan_rosters, reminders
from outreach.registration import give_out_free_seats, lapse_offers, release_held_seats
from outreach.runtime.long_work import LONG_WORK
from outreach.scheduling import retime_all
from outreach.schools import forget_uploads
from outreach.web import forget_form_keys

_log = structlog.get_logger()


class Work(Protocol):
    """Does what is due at this moment; gives how much that was. Done twice, it adds nothing."""

    def __call__(self, *, now: datetime) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Job:
    """A use case and how often it is looked after."""

    name: str
    work: Work
    every: timedelta


def _retime(*, now: datetime) -> int:
    found = retime_all(now=now)
    for one in found.skipped:
        _log.warning("the clock skips this time now", session_id=one.session_id, wall=one.starts_wall.isoformat(), zone=one.zone)
    return len(found.changed)


TIMETABLE = (
    Job(name="retime", work=_retime, every=timedelta(days=1)),
    Job(name="lapse_offers", work=lapse_offers, every=timedelta(minutes=1)),
    Job(name="release_held_seats", work=release_held_seats, every=timedelta(minutes=1)),
    Job(name="give_out_free_seats", work=give_out_free_seats, every=timedelta(minutes=5)),
    Job(name="plan_reminders", work=reminders.plan_reminders, every=timedelta(minutes=1)),
    Job(name="plan_rosters", work=plan_rosters, every=timedelta(minutes=5)),
    Job(name="plan_thanks", work=reminders.plan_thanks, every=timedelta(minutes=15)),
    Job(name="report_undeliverable_mailboxes", work=report_undeliverable_mailboxes, every=timedelta(minutes=5)),
    Job(name="look_for_blocked_domains", work=update_blocked_domains, every=timedelta(minutes=5)),
    Job(name="read_inbox", work=InboxReader(), every=timedelta(minutes=1)),
    Job(name="forget_raw", work=forget_raw, every=timedelta(hours=1)),
    Job(name="forget_uploads", work=forget_uploads, every=timedelta(hours=1)),
    Job(name="forget_form_keys", work=forget_form_keys, every=timedelta(days=1)),
    Job(name="background_jobs", work=partial(work_off, LONG_WORK), every=timedelta(seconds=1)),
    Job(name="forget_jobs", work=forget_jobs, every=timedelta(days=1)),
    Job(name="send_links", work=send_links, every=timedelta(seconds=5)),
    Job(name="ask_for_decisions", work=ask_for_decisions, every=timedelta(minutes=1)),
)


def do(job: Job, app: Flask, clock: Callable[[], datetime]) -> None:
    """Do one job now; one that fails is a line in the log and stops no other."""
    with app.app_context():
        try:
            if done := job.work(now=clock()):
                _log.info("job done", job=job.name, done=done)
        except Exception as error:  # noqa: BLE001 (whatever went wrong, the next turn may go right)
            _log.error("job failed", job=job.name, error=type(error).__name__, place=place_of(error))
