"""Reminders and rosters are derived from what is true, however often one asks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Answer, Invitation, Letter, LetterKind, Mailbox, Membership, OutreachSession, User
from outreach.models.snapshots import LetterSnapshot
from outreach.notifications.notify import notify_moved
from outreach.notifications.read import snapshot_of
from outreach.notifications.reminders import plan_reminders
from outreach.notifications.rosters import plan_rosters
from outreach.registration import use_cases
from outreach.registration.use_cases import RegistrationRequest
from tests.support.builders import Builder

pytestmark = [pytest.mark.both_databases("arithmetic with times in SQL"), pytest.mark.empty_database]

DAY = timedelta(days=1)


@pytest.fixture
def teacher(make: Builder) -> User:
    return make.teacher(make.school())


@pytest.fixture
def outreach_session(make: Builder, teacher: User, now: datetime) -> OutreachSession:
    """Two students with a guardian each and one who waits, three weeks before the start."""
    outreach_session = make.outreach_session(make.clinician(), capacity=2)
    membership = db.session.scalars(select(Membership)).one().school
    school_class = make.full_class(membership, teacher, size=3, with_email=False)
    use_cases.register_students(
        RegistrationRequest(
            session_id=outreach_session.id,
            school_id=school_class.school_id,
            student_ids=tuple(student.id for student in school_class.students),
            teacher_id=teacher.id,
            by_id=teacher.id,
            permission_attested=True,
        ),
        now=now,
    )
    return outreach_session


def reminders(kind: LetterKind = LetterKind.REMINDER) -> list[Letter]:
    return list(db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)))


def test_each_lead_reminds_once_however_often_one_asks(outreach_session: OutreachSession) -> None:
    week_before = outreach_session.starts_at - 7 * DAY
    assert plan_reminders(now=week_before - timedelta(minutes=1)) == 0
    assert plan_reminders(now=week_before) == 1
    assert plan_reminders(now=week_before + timedelta(minutes=1)) == 0
    assert len(reminders()) == 3
    plan_reminders(now=outreach_session.starts_at - DAY)
    assert [LetterSnapshot.from_json(letter.facts).lead_minutes for letter in reminders()] == [10080] * 3 + [1440] * 3


def test_whoever_waits_or_declined_is_not_reminded(outreach_session: OutreachSession, teacher: User) -> None:
    with transaction():
        declined = db.session.scalars(select(Invitation).where(Invitation.mailbox_id != teacher.mailbox_id)).first()
        assert declined is not None
        declined.answer = Answer.DECLINED
    plan_reminders(now=outreach_session.starts_at - DAY)
    recipients = {letter.mailbox_id for letter in reminders()}
    assert len(recipients) == 2
    assert declined.mailbox_id not in recipients


def test_none_for_a_lead_that_was_past_when_they_joined(make: Builder, outreach_session: OutreachSession, teacher: User) -> None:
    school_class = make.school_class(make.school())
    colleague = make.teacher(school_class.school)
    late = make.student(school_class, guardians=("late@homes.example",))
    joined = outreach_session.starts_at - 6 * DAY
    with transaction():
        outreach_session.capacity = 5
    use_cases.register_students(
        RegistrationRequest(
            session_id=outreach_session.id,
            school_id=school_class.school_id,
            student_ids=(late.id,),
            teacher_id=colleague.id,
            by_id=colleague.id,
            permission_attested=True,
        ),
        now=joined,
    )
    plan_reminders(now=joined + timedelta(minutes=1))
    addresses = {db.session.get_one(Mailbox, letter.mailbox_id).address for letter in reminders()}
    assert teacher.email in addresses
    assert "late@homes.example" not in addresses


def test_a_new_time_re_arms_and_a_wording_change_does_not(outreach_session: OutreachSession) -> None:
    first = outreach_session.starts_at - DAY
    plan_reminders(now=first)
    with transaction():
        outreach_session.title = "The Power of a Stitch"
    plan_reminders(now=first + timedelta(minutes=5))
    assert len(reminders()) == 3
    moved_at = first + timedelta(minutes=10)
    with transaction():
        was = snapshot_of(outreach_session)
        outreach_session.set_time(
            starts_wall=outreach_session.starts_wall + 3 * DAY,
            ends_wall=outreach_session.ends_wall + 3 * DAY,
            zone=outreach_session.zone,
            fold=0,
            tzdata_version="2026f",
        )
        notify_moved(outreach_session, previous=was, now=moved_at)
    plan_reminders(now=moved_at + timedelta(minutes=1))
    sendable = [letter for letter in reminders() if letter.state == "queued"]
    assert sendable == []
    plan_reminders(now=outreach_session.starts_at - DAY)
    assert len([letter for letter in reminders() if letter.state == "queued"]) == 3


def test_the_host_hears_who_comes_the_evening_before_and_once(outreach_session: OutreachSession) -> None:
    evening = outreach_session.starts_at - timedelta(hours=20)
    assert plan_rosters(now=evening - timedelta(hours=1)) == 0
    assert plan_rosters(now=evening) == 1
    assert plan_rosters(now=evening + timedelta(hours=1)) == 0
    (roster,) = reminders(LetterKind.ROSTER)
    assert len(LetterSnapshot.from_json(roster.facts).seated) == 2
    assert all(student.family_name == "" and student.school_name for student in LetterSnapshot.from_json(roster.facts).seated)
