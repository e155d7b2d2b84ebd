"""Whoever stops reminders gets none, and a minor gets none that no adult of theirs gets too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.families.use_cases import remind_again, stop_reminders
from outreach.models import Answer, Invitation, Letter, LetterKind, Mailbox, OutreachSession
from outreach.notifications.reminders import plan_reminders
from tests.support.builders import Builder

STUDENT, MOTHER, FATHER, TEACHER = "ana@pupils.example", "mother@homes.example", "father@homes.example", "robin@schools.example"
EVERYBODY = {STUDENT, MOTHER, FATHER, TEACHER}
EIGHTEEN_ON_THE_DAY = date(2009, 3, 18)


@dataclass
class Reminding:
    """Ana and her parents, registered by Robin; reminders a week and a day before Thursday 18 March 2027."""

    outreach_session: OutreachSession
    now: datetime

    def reminded(self, days_before: int = 7) -> set[str]:
        """Remind of the session, and give who hears of it."""
        at = self.outreach_session.starts_at - timedelta(days=days_before)
        written = plan_reminders(now=at)
        new = select(Mailbox.address).join(Letter).where(Letter.kind == LetterKind.REMINDER, Letter.created_at == at)
        reminded = set(db.session.scalars(new))
        db.session.commit()
        assert (written, plan_reminders(now=at)) == (bool(reminded), 0)
        return reminded

    def stop(self, *addresses: str) -> None:
        for mailbox in self._mailboxes(*addresses):
            stop_reminders(mailbox, now=self.now)

    def again(self, *addresses: str) -> None:
        for mailbox in self._mailboxes(*addresses):
            remind_again(mailbox)

    def decline(self, *addresses: str) -> None:
        mailboxes = self._mailboxes(*addresses)
        with transaction():
            for invitation in db.session.scalars(select(Invitation).where(Invitation.mailbox_id.in_(mailboxes))):
                invitation.answer = Answer.DECLINED

    def _mailboxes(self, *addresses: str) -> list[int]:
        found = list(db.session.scalars(select(Mailbox.id).where(Mailbox.address.in_(addresses))))
        db.session.commit()
        return found


def register(make: Builder, now: datetime, *, birth_date: date | None = None, guardians: tuple[str, ...] = (MOTHER, FATHER)) -> Reminding:
    school = make.school()
    teacher = make.teacher(school, email=TEACHER)
    student = make.student(make.school_class(school, teacher), email=STUDENT, guardians=guardians, birth_date=birth_date)
    outreach_session = make.outreach_session(make.clinician())
    make.register(outreach_session, teacher, student)
    return Reminding(outreach_session, now)


def test_whoever_stops_reminders_gets_none_until_they_want_them_again(make: Builder, now: datetime) -> None:
    ana = register(make, now)
    ana.stop(MOTHER, TEACHER)
    assert ana.reminded(7) == EVERYBODY - {MOTHER, TEACHER}
    ana.again(MOTHER, TEACHER)
    assert ana.reminded(1) == EVERYBODY


@pytest.mark.parametrize("adult", [MOTHER, FATHER, TEACHER])
def test_a_minor_is_reminded_as_long_as_one_adult_is(make: Builder, now: datetime, adult: str) -> None:
    ana = register(make, now)
    ana.stop(*{MOTHER, FATHER, TEACHER} - {adult})
    assert ana.reminded() == {STUDENT, adult}


@pytest.mark.parametrize("birth_date", [None, EIGHTEEN_ON_THE_DAY + timedelta(days=1)])
def test_a_minor_gets_no_reminder_that_no_adult_gets_too(make: Builder, now: datetime, birth_date: date | None) -> None:
    ana = register(make, now, birth_date=birth_date)
    ana.stop(MOTHER, TEACHER)
    ana.decline(FATHER)
    assert ana.reminded(7) == set()
    ana.again(MOTHER)
    assert ana.reminded(1) == {STUDENT, MOTHER}


def test_a_minor_without_a_guardians_address_is_reminded_with_the_teacher_who_stands_in(make: Builder, now: datetime) -> None:
    ana = register(make, now, guardians=())
    assert ana.reminded(7) == {STUDENT, TEACHER}
    ana.stop(TEACHER)
    assert ana.reminded(1) == set()


def test_whoever_is_of_age_that_day_is_reminded_alone(make: Builder, now: datetime) -> None:
    ana = register(make, now, birth_date=EIGHTEEN_ON_THE_DAY)
    ana.stop(TEACHER)
    assert ana.reminded() == {STUDENT}
