"""A calendar proposes another time, passes an invitation on, asks for it once more: people decide, and nobody is told twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.inbound.reasons import InboundReason
from outreach.models import Answer, InboundKind, InboundOutcome, Letter, LetterKind, Mailbox
from outreach.models.snapshots import LetterSnapshot, Reader
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder
from tests.support.inbound import ANA, HOST, PARENT, TEACHER, Family, invited, last

APPLIED, HISTORY, IGNORED, QUARANTINED = InboundOutcome.APPLIED, InboundOutcome.HISTORY, InboundOutcome.IGNORED, InboundOutcome.QUARANTINED
MINUTE = timedelta(minutes=1)
NOTE = LetterKind.NOTE
LATER = ["DTSTART:20270325T190000Z", "DTEND:20270325T210000Z", "COMMENT:I have an exam"]


@pytest.fixture
def family(make: Builder, now: datetime) -> Family:
    """Ana and her parent, invited; the session has a co-host."""
    return invited(make, now, co_hosts=[make.clinician(email="second@hospital.example")])


def facts_to(address: str) -> LetterSnapshot:
    """Give the facts of the last letter to an address."""
    wanted = select(Letter.facts).join(Mailbox).where(Mailbox.address == address).order_by(Letter.id.desc()).limit(1)
    return LetterSnapshot.from_json(db.session.scalars(wanted).one())


def test_a_proposal_goes_to_the_hosts_and_in_the_same_words_to_the_teacher(family: Family) -> None:
    before = family.state()
    assert family.take(family.reply(method="COUNTER", partstat="TENTATIVE", lines=LATER)) is APPLIED
    assert (last().kind, last().reason) == (InboundKind.COUNTER, InboundReason.PROPOSED)
    assert sorted(family.written()) == [(NOTE, HOST), (NOTE, "second@hospital.example"), (NOTE, TEACHER)]
    assert family.state() == before, "nothing is decided by it"
    host, teacher = facts_to(HOST), facts_to(TEACHER)
    assert host.asked == teacher.asked
    assert host.asked is not None
    assert (host.asked.starts_at, host.asked.ends_at) == (datetime(2027, 3, 25, 19, tzinfo=UTC), datetime(2027, 3, 25, 21, tzinfo=UTC))
    assert (host.asked.by, host.asked.comment) == (Reader.STUDENT, "I have an exam")
    assert [(one.given_name, one.family_name, one.school_name) for one in host.seated] == [("Ana", "", "Northside School")]
    assert [(one.given_name, one.family_name) for one in teacher.seated] == [("Ana", "Diaz")]
    assert (host.reader_zone, teacher.reader_zone) == ("Europe/London", "Europe/London"), "their own clock, not the session's"


def test_a_proposal_is_passed_on_once_and_three_in_all(family: Family) -> None:
    def propose(day: int, minute: int) -> InboundOutcome | None:
        lines = [f"DTSTART:202703{day}T190000Z", f"DTEND:202703{day}T210000Z"]
        return family.take(family.reply(PARENT, method="COUNTER", lines=lines, at=minute * MINUTE), at=(minute + 1) * MINUTE)

    assert [propose(day, minute) for minute, day in enumerate((22, 22, 23, 24, 25, 24))] == [
        APPLIED,
        HISTORY,
        APPLIED,
        APPLIED,
        HISTORY,
        HISTORY,
    ]
    assert last().reason == InboundReason.PROPOSED_ALREADY
    assert len(family.written()) == 3 * 3


def test_a_proposal_nobody_could_mean_is_passed_on_without_a_time(family: Family) -> None:
    assert family.take(family.reply(method="COUNTER", lines=["DTSTART:99991231T235959Z", "COMMENT:never"])) is APPLIED
    asked = facts_to(HOST).asked
    assert asked is not None
    assert (asked.starts_at, asked.ends_at, asked.comment) == (None, None, "never")


def test_a_teachers_proposal_goes_to_the_hosts_alone(family: Family) -> None:
    family.take(family.reply(TEACHER, method="COUNTER", lines=LATER[:1]))
    assert sorted(family.written()) == [(NOTE, HOST), (NOTE, "second@hospital.example")]
    asked = facts_to(HOST).asked
    assert asked is not None
    assert (asked.by, asked.name) == (Reader.TEACHER, "Robin Smith")
    assert asked.ends_at == datetime(2027, 3, 25, 21, tzinfo=UTC), "as long as the session, where no end is given"


def test_a_proposal_that_does_not_fit_is_passed_on_to_nobody(family: Family) -> None:
    counters = [
        (family.reply(method="COUNTER", attendees=("foreign@elsewhere.example",), lines=LATER), QUARANTINED),
        (family.reply(method="COUNTER", attendees=(ANA, PARENT), lines=LATER), QUARANTINED),
        (family.reply(method="COUNTER", to=family.token_address(PARENT), lines=LATER), QUARANTINED),
        (family.reply(method="COUNTER", sequence=4, lines=LATER), IGNORED),
        (family.reply(method="COUNTER", headers=("Auto-Submitted: auto-replied",), lines=LATER), IGNORED),
    ]
    for raw, outcome in counters:
        assert family.take(raw) is outcome
    assert family.take(family.reply(method="COUNTER", lines=LATER), at=timedelta(days=30)) is HISTORY
    assert family.written() == []


def test_who_passes_the_invitation_on_has_not_answered_and_host_and_teacher_know(family: Family) -> None:
    family.take(family.reply(partstat="ACCEPTED"))
    for minute in (2, 3):
        raw = family.reply(partstat="DELEGATED", at=minute * MINUTE)
        assert family.take(raw, at=minute * MINUTE + MINUTE) is APPLIED
    assert last().reason == InboundReason.PASSED_ON
    invitation = family.invitation()
    assert (invitation.answer, invitation.answered_at) == (Answer.NEEDS_ACTION, None)
    assert sorted(family.written()) == [(NOTE, HOST), (NOTE, "second@hospital.example"), (NOTE, TEACHER)], "once"


def test_who_asks_for_the_invitation_gets_it_as_it_stands_once_an_hour(family: Family) -> None:
    asking = [
        family.take(family.reply(PARENT, method="REFRESH", partstat=None, sequence=None, at=minute * MINUTE), at=minute * MINUTE)
        for minute in (5, 6, 59)
    ]
    assert asking == [APPLIED, IGNORED, IGNORED]
    assert last().reason == InboundReason.SENT_LATELY
    assert family.written() == [(LetterKind.UPDATED, PARENT)]
    family.deliver()
    assert family.take(family.reply(PARENT, method="REFRESH", at=61 * MINUTE), at=61 * MINUTE) is APPLIED
    assert family.written() == [(LetterKind.UPDATED, PARENT)]
    [letter] = db.session.scalars(select(Letter).where(Letter.dedupe_key.contains("refresh")).order_by(Letter.id.desc()).limit(1))
    assert letter.sequence == family.invitation(PARENT).sequence == 0


def test_who_asks_for_a_cancelled_session_learns_that_it_is(family: Family) -> None:
    cancel(family.outreach_session.id, "Flood", now=family.now)
    family.deliver()
    assert family.take(family.reply(method="REFRESH", sequence=0)) is APPLIED
    assert family.written() == [(LetterKind.CANCELLED, ANA)]


def test_who_asks_for_somebody_elses_invitation_gets_nothing(family: Family) -> None:
    assert family.take(family.reply(method="REFRESH", attendees=("foreign@elsewhere.example",))) is QUARANTINED
    assert last().reason == InboundReason.OTHER_ATTENDEE
    assert family.take(family.reply(ANA, method="REFRESH", to=family.token_address(PARENT))) is QUARANTINED
    assert family.written() == []


MARKED = ("Auto-Submitted: auto-generated",)


def test_a_proposal_that_is_marked_as_automatic_is_passed_on(family: Family) -> None:
    assert family.take(family.reply(method="COUNTER", lines=LATER, headers=MARKED)) is APPLIED
    assert {address for kind, address in family.written() if kind is LetterKind.NOTE} >= {HOST, TEACHER}


def test_a_program_that_asks_for_the_invitation_gets_it_once_for_each_revision(family: Family) -> None:
    """It might ask whenever it gets one."""
    for day in range(3):
        at = timedelta(days=day, minutes=1)
        family.take(family.reply(method="REFRESH", headers=MARKED, at=at), at=at + timedelta(minutes=1))
    assert [address for _kind, address in family.written()] == [ANA]
