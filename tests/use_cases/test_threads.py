"""What one person gets about one session stands together in their mail, in one thread for each time it had, and one for its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Registration
from outreach.notifications.notify import notify_moved
from outreach.notifications.read import snapshot_of
from outreach.notifications.reminders import plan_reminders
from outreach.registration import use_cases
from outreach.runtime.worker import Worker
from tests.support.builders import Builder
from tests.support.outbox import Scripted


@pytest.mark.empty_database
def test_each_time_and_the_end_begin_a_thread_and_what_is_between_hangs_on_it(app: Flask, make: Builder, now: datetime) -> None:
    school = make.school()
    teacher, transport = make.teacher(school), Scripted()
    student = make.student(make.school_class(school, teacher), email="ana@pupils.example", guardians=("home@families.example",))
    outreach_session = make.outreach_session(make.clinician())

    def deliver(at: datetime) -> None:
        Worker(app, clock=lambda: at, transport=transport, timetable=()).deliver()

    make.register(outreach_session, teacher, student)
    deliver(now)
    for hours, meeting_point, later in ((1, "Side entrance", 0), (2, "Side entrance", 60), (3, "Back door", 0)):
        with transaction():
            was = snapshot_of(outreach_session)
            outreach_session.meeting_point = meeting_point
            for name in ("starts_wall", "ends_wall", "starts_at", "ends_at"):
                setattr(outreach_session, name, getattr(outreach_session, name) + timedelta(minutes=later))
            notify_moved(outreach_session, previous=was, now=now + timedelta(hours=hours))
        deliver(now + timedelta(hours=hours))
    plan_reminders(now=outreach_session.starts_at - timedelta(days=1))
    deliver(outreach_session.starts_at - timedelta(days=1))
    place = db.session.scalars(select(Registration.id)).one()
    use_cases.withdraw(place, now=outreach_session.starts_at - timedelta(hours=20), by_id=teacher.id)
    deliver(outreach_session.starts_at - timedelta(hours=20))
    make.register(outreach_session, teacher, student)
    deliver(outreach_session.starts_at - timedelta(hours=19))

    for address in ("ana@pupils.example", "home@families.example"):
        letters = [message_from_bytes(one.message) for one in transport.sent if one.recipient == address]
        first, moved = letters[0]["Message-ID"], letters[2]["Message-ID"]
        assert [one["In-Reply-To"] for one in letters] == [None, first, None, moved, moved, None, None]
        assert [one["References"] for one in letters] == [one["In-Reply-To"] for one in letters]
    ids = [message_from_bytes(one.message)["Message-ID"] for one in transport.sent]
    assert len(set(ids)) == len(ids)
