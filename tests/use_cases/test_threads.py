"""What one person gets about one session stands together in their mail: all of it hangs on the first invitation."""

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
def test_update_reminder_and_farewell_hang_on_the_first_invitation(app: Flask, make: Builder, now: datetime) -> None:
    school = make.school()
    teacher, transport = make.teacher(school), Scripted()
    student = make.student(make.school_class(school, teacher), email="ana@pupils.example", guardians=("home@families.example",))
    outreach_session = make.outreach_session(make.clinician())

    def deliver(at: datetime) -> None:
        Worker(app, clock=lambda: at, transport=transport, timetable=()).deliver()

    make.register(outreach_session, teacher, student)
    deliver(now)
    with transaction():
        was = snapshot_of(outreach_session)
        outreach_session.meeting_point = "Side entrance"
        notify_moved(outreach_session, previous=was, now=now + timedelta(hours=1))
    deliver(now + timedelta(hours=1))
    plan_reminders(now=outreach_session.starts_at - timedelta(days=1))
    deliver(outreach_session.starts_at - timedelta(days=1))
    place = db.session.scalars(select(Registration.id)).one()
    use_cases.withdraw(place, now=outreach_session.starts_at - timedelta(hours=20), by_id=teacher.id)
    deliver(outreach_session.starts_at - timedelta(hours=20))

    for address in ("ana@pupils.example", "home@families.example"):
        first, *later = [message_from_bytes(one.message) for one in transport.sent if one.recipient == address]
        assert (first["In-Reply-To"], first["References"]) == (None, None)
        assert [(one["In-Reply-To"], one["References"]) for one in later] == [(first["Message-ID"], first["Message-ID"])] * 3
    ids = [message_from_bytes(one.message)["Message-ID"] for one in transport.sent]
    assert len(set(ids)) == len(ids)
