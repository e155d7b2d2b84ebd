"""A calendar's message changes one invitation and writes to those it concerns: sisters, classmates and other sessions stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.inbound.reasons import InboundReason
from outreach.models import (
    Answer,
    AnswerSource,
    InboundOutcome,
    InvitationAnswer,
    Letter,
    LetterKind,
    Mailbox,
    Registration,
    RegistrationState,
    SessionState,
    Student,
    User,
)
from outreach.models.snapshots import LetterSnapshot, Reader
from outreach.notifications import snapshot_of
from outreach.notifications.notify import notify_hosts, notify_moved, notify_wording
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder
from tests.support.inbound import ANA, HOST, PARENT, TEACHER, Family, last
from tests.support.received_letters import Received, received
from tests.support.worlds import written_once

APPLIED, HISTORY, IGNORED, QUARANTINED = InboundOutcome.APPLIED, InboundOutcome.HISTORY, InboundOutcome.IGNORED, InboundOutcome.QUARANTINED
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
OTHER_PARENT, CLEO, CLEOS_PARENT = "father@families.example", "cleo@pupils.example", "cleos@families.example"
COHOST, COLLEAGUE, GROWN = "second@hospital.example", "colleague@schools.example", "gil@pupils.example"
FOREIGN = "foreign@elsewhere.example"
PROPOSAL = ["DTSTART:20270325T190000Z", "DTEND:20270325T210000Z", "COMMENT:There is an exam"]


@dataclass
class Street:
    """Two overlapping sessions of one host, in both of which the same students have seats.

    Ana has an address and two guardians; Ben, her brother, has none, one of her guardians, and another teacher; Cleo is of another
    family; Gil is of age.
    """

    first: Family
    second: Family
    students: dict[str, Student]

    def states(self) -> dict[tuple[str, int], RegistrationState]:
        """Where each student stands in which session."""
        rows = db.session.execute(
            select(Student.given_name, Registration.session_id, Registration.state).join(Student, Student.id == Registration.student_id)
        )
        return {(row.given_name, row.session_id): row.state for row in rows}

    def answers(self) -> dict[tuple[str, int], Answer]:
        """What holds for each mailbox in each session."""
        found = {}
        for number, family in enumerate((self.first, self.second), 1):
            for address in (ANA, PARENT, OTHER_PARENT, CLEO, CLEOS_PARENT, GROWN, TEACHER, COLLEAGUE, HOST, COHOST):
                found[address, number] = family.invitation(address).answer
        return found


@pytest.fixture
def street(app: Flask, make: Builder, now: datetime) -> Street:
    """Everybody is invited to both sessions, and what says so has left; our mail server vouches for what proves its domain."""
    app.extensions["outreach"] = replace(app.extensions["outreach"], authserv_id="mx.outreach.example")
    return written_once(lambda: _street(make, now), "street")


def _street(make: Builder, now: datetime) -> Street:
    school = make.school("Northside School")
    teacher = make.teacher(school, email=TEACHER, given_name="Tess", family_name="Smith")
    colleague = make.teacher(school, email=COLLEAGUE, given_name="Cole", family_name="Jones")
    one, other = make.school_class(school, teacher), make.school_class(school, colleague)
    ana = make.student(one, given_name="Ana", family_name="Diaz", email=ANA, guardians=(PARENT, OTHER_PARENT))
    ben = make.student(other, given_name="Ben", family_name="Diaz", guardians=(PARENT,))
    cleo = make.student(one, given_name="Cleo", family_name="Okoro", email=CLEO, guardians=(CLEOS_PARENT,))
    gil = make.student(
        other, given_name="Gil", family_name="Grown", email=GROWN, guardians=("gils@families.example",), birth_date=date(2000, 1, 1)
    )
    host, cohost = make.clinician(email=HOST, given_name="Sam", family_name="Lee"), make.clinician(email=COHOST)
    families = []
    for minutes in (120, 150):
        outreach_session = make.outreach_session(host, minutes=minutes, co_hosts=[cohost], frees_declined_seats=True)
        families.append(Family(outreach_session, host, now))
        with transaction():
            notify_hosts(outreach_session, now=now)
        make.register(outreach_session, teacher, ana, cleo)
        make.register(outreach_session, colleague, ben, gil)
    families[0].deliver()
    families[1].known = families[0].known
    return Street(families[0], families[1], {"Ana": ana, "Ben": ben, "Cleo": cleo, "Gil": gil})


def letters_to(address: str, kind: LetterKind) -> list[Letter]:
    wanted = select(Letter).join(Mailbox).where(Mailbox.address == address, Letter.kind == kind).order_by(Letter.id)
    return list(db.session.scalars(wanted))


def facts_to(address: str, kind: LetterKind) -> LetterSnapshot:
    [letter] = letters_to(address, kind)
    return LetterSnapshot.from_json(letter.facts)


def read_by(address: str, kind: LetterKind) -> Received:
    [letter] = letters_to(address, kind)
    return received(letter)


def proven(domain: str) -> dict[str, Any]:
    return {"headers": (f"Authentication-Results: mx.outreach.example; dkim=pass header.d={domain}",)}


def kept(family: Family) -> list[InvitationAnswer]:
    """Give the answers to invitations to this session that are remembered, oldest first."""
    mine = InvitationAnswer.invitation.has(session_id=family.outreach_session.id)
    return list(db.session.scalars(select(InvitationAnswer).where(mine).order_by(InvitationAnswer.id)))


def names(facts: LetterSnapshot) -> list[tuple[str, str]]:
    return [(one.given_name, one.family_name) for one in facts.seated]


def revise(family: Family, address: str) -> None:
    """Let the invitation of an address have a newer revision."""
    with transaction():
        invitation = family.invitation(address)
        invitation.sequence += 1
        invitation.answers_since = invitation.sequence


# What an answer changes.


@pytest.mark.parametrize("number", [0, 1])
def test_an_answer_holds_for_one_mailbox_in_one_session(street: Street, number: int) -> None:
    expected = street.answers()
    family = (street.first, street.second)[number]
    assert family.take(family.reply(PARENT, partstat="TENTATIVE")) is APPLIED
    expected[PARENT, number + 1] = Answer.TENTATIVE
    assert street.answers() == expected
    assert family.written() == []


def test_a_decline_frees_the_seat_of_this_mailboxes_student_in_this_session_alone(street: Street) -> None:
    before = street.states()
    family = street.first
    assert family.take(family.reply(CLEO, partstat="DECLINED", **proven("pupils.example"))) is APPLIED
    assert street.states() == before | {("Cleo", family.outreach_session.id): RegistrationState.WITHDRAWN}
    db.session.refresh(family.outreach_session)
    assert (family.outreach_session.seats_taken, street.second.outreach_session.seats_taken) == (3, 4)
    assert street.second.invitation(CLEO).is_live
    [one] = kept(street.first)
    assert (one.answer, one.source, one.is_verified, one.counts) == (Answer.DECLINED, AnswerSource.CALENDAR, True, True)


@pytest.mark.parametrize("address", [HOST, COHOST, TEACHER, COLLEAGUE, OTHER_PARENT])
def test_a_decline_of_host_teacher_or_one_of_two_guardians_frees_no_seat(street: Street, address: str) -> None:
    before, family = street.states(), street.first
    assert family.take(family.reply(address, partstat="DECLINED", **proven(address.partition("@")[2]))) is APPLIED
    assert family.invitation(address).answer is Answer.DECLINED
    assert family.invitation(address).answer_is_verified
    assert street.states() == before
    is_family = address == "father@families.example"
    assert family.written() == ([(LetterKind.CONFIRM_ANSWER, address)] if is_family else []), "a host or teacher isn't asked to withdraw"


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE", "DELEGATED"])
def test_only_a_decline_frees_a_seat(street: Street, partstat: str) -> None:
    before = street.states()
    assert street.first.take(street.first.reply(CLEO, partstat=partstat, **proven("pupils.example"))) is APPLIED
    assert street.states() == before


def test_what_is_proven_must_be_the_invited_address_itself(street: Street) -> None:
    """A classmate's mail proves the same domain."""
    before = street.states()
    facts = proven("pupils.example") | {"sender": ANA}
    assert street.first.take(street.first.reply(CLEO, partstat="DECLINED", **facts)) is APPLIED
    assert not street.first.invitation(CLEO).answer_is_verified
    assert street.states() == before


def test_the_answer_is_kept_with_all_that_it_said(street: Street) -> None:
    family = street.first
    family.take(family.reply(PARENT, partstat="TENTATIVE", lines=["COMMENT:Perhaps"], at=MINUTE), at=3 * MINUTE)
    [one] = kept(street.first)
    assert (one.invitation_id, one.at, one.stamp) == (family.invitation(PARENT).id, family.now + 3 * MINUTE, family.now + MINUTE)
    sequence = family.invitation(PARENT).sequence
    assert (one.sequence, one.source, one.counts, one.is_verified, one.comment) == (
        sequence,
        AnswerSource.CALENDAR,
        True,
        False,
        "Perhaps",
    )


def test_the_same_moment_in_two_calendars_is_no_replay(street: Street) -> None:
    for family, address in ((street.first, ANA), (street.first, PARENT), (street.second, ANA)):
        assert family.take(family.reply(address, at=MINUTE)) is APPLIED


def test_the_same_moment_about_another_revision_is_no_replay(street: Street) -> None:
    family, first = street.first, street.first.invitation(PARENT).sequence
    family.take(family.reply(PARENT, at=MINUTE))
    revise(family, PARENT)
    assert family.take(family.reply(PARENT, sequence=first, at=MINUTE)) is IGNORED
    assert family.take(family.reply(PARENT, at=MINUTE)) is not IGNORED
    assert last().reason == InboundReason.OLDER


def test_what_was_history_once_is_a_replay_the_second_time(street: Street) -> None:
    family, first = street.first, street.first.invitation(PARENT).sequence
    revise(family, PARENT)
    for outcome in (HISTORY, IGNORED):
        assert family.take(family.reply(PARENT, sequence=first, at=MINUTE)) is outcome
    [one] = kept(street.first)
    assert (one.counts, one.stamp, one.sequence) == (False, family.now + MINUTE, first)


@pytest.mark.parametrize(("later", "outcome"), [(-SECOND, APPLIED), (0 * SECOND, HISTORY), (SECOND, HISTORY)])
def test_the_second_before_at_and_after_the_end_of_the_session(street: Street, later: timedelta, outcome: InboundOutcome) -> None:
    ends = street.first.outreach_session.ends_at - street.first.now
    assert street.first.take(street.first.reply(PARENT), at=ends + later) is outcome
    assert (last().reason == InboundReason.OVER) is (outcome is HISTORY)
    assert street.second.take(street.second.reply(PARENT), at=ends + later) is APPLIED, "the other session goes on"


@pytest.mark.parametrize(("later", "outcome"), [(-SECOND, APPLIED), (0 * SECOND, HISTORY)])
def test_until_the_end_of_the_session_its_invitation_is_sent_again(street: Street, later: timedelta, outcome: InboundOutcome) -> None:
    ends = street.first.outreach_session.ends_at - street.first.now
    assert street.first.take(street.first.reply(PARENT, method="REFRESH"), at=ends + later) is outcome
    assert len(street.first.written()) == (outcome is APPLIED)


def test_an_invitation_that_was_taken_back_takes_no_answer(street: Street) -> None:
    with transaction():
        street.first.invitation(PARENT).is_live = False
    assert street.first.take(street.first.reply(PARENT)) is HISTORY
    assert last().reason == InboundReason.OVER
    assert street.first.invitation(PARENT).answer is Answer.NEEDS_ACTION
    [one] = kept(street.first)
    assert (one.answer, one.counts) == (Answer.ACCEPTED, False)


@pytest.mark.parametrize("state", [state for state in SessionState if state is not SessionState.PUBLISHED])
def test_only_a_published_session_takes_answers(street: Street, state: SessionState) -> None:
    with transaction():
        db.session.add(street.first.outreach_session)
        street.first.outreach_session.state = state
    assert street.first.take(street.first.reply(PARENT)) is HISTORY
    assert street.second.take(street.second.reply(PARENT)) is APPLIED


def test_a_reply_of_the_right_person_through_the_other_parents_address_changes_nothing(street: Street) -> None:
    before = street.answers()
    raw = street.first.reply(OTHER_PARENT, to=street.first.token_address(PARENT))
    assert street.first.take(raw) is QUARANTINED
    assert (last().reason, last().mailbox_id, last().invitation_id) == (InboundReason.NOT_THEIRS, street.first.mailbox(PARENT).id, None)
    assert street.answers() == before


# An invitation sent again.


def test_only_an_answer_to_an_old_time_has_the_invitation_sent_again(street: Street) -> None:
    family = street.first
    family.take(family.reply(PARENT, at=2 * MINUTE), at=3 * MINUTE)
    assert family.take(family.reply(PARENT, at=MINUTE, partstat="DECLINED"), at=4 * MINUTE) is HISTORY
    assert family.take(family.reply(CLEO, lines=["RECURRENCE-ID:20270318T180000Z"])) is HISTORY
    assert family.written() == []
    revise(family, OTHER_PARENT)
    assert family.take(family.reply(OTHER_PARENT, sequence=0)) is HISTORY
    assert family.written() == [(LetterKind.UPDATED, OTHER_PARENT)]


def test_an_answer_to_the_same_time_counts_whatever_else_was_revised(street: Street) -> None:
    """New words raise SEQUENCE, and whoever's calendar hasn't them yet answers the old one; a move asks anew."""
    family, outreach_session = street.first, street.first.outreach_session
    first = family.invitation(PARENT).sequence
    with transaction():
        notify_wording(outreach_session, previous=snapshot_of(outreach_session), has_new_description=True, now=family.now)
    assert (family.invitation(PARENT).sequence, family.invitation(PARENT).answers_since) == (first + 1, 0)
    assert family.take(family.reply(PARENT, sequence=first)) is APPLIED
    with transaction():
        notify_moved(outreach_session, previous=snapshot_of(outreach_session), now=family.now)
    assert (family.invitation(PARENT).sequence, family.invitation(PARENT).answers_since) == (first + 2, first + 2)
    assert family.take(family.reply(PARENT, sequence=first + 1, at=MINUTE)) is HISTORY


def test_a_program_that_answers_an_old_time_is_remembered_and_not_written_to(street: Street) -> None:
    family = street.first
    revise(family, PARENT)
    assert family.take(family.reply(PARENT, sequence=0, headers=("Auto-Submitted: auto-replied",))) is HISTORY
    assert len(kept(family)) == 1
    assert family.written() == []


@pytest.mark.parametrize(("later", "outcome"), [(-SECOND, IGNORED), (0 * SECOND, APPLIED)])
def test_who_asks_gets_the_invitation_once_in_each_hour_of_the_clock(street: Street, later: timedelta, outcome: InboundOutcome) -> None:
    family, hour = street.first, timedelta(hours=1)
    assert family.take(family.reply(PARENT, method="REFRESH"), at=2 * MINUTE) is APPLIED
    family.deliver()
    assert family.take(family.reply(PARENT, method="REFRESH"), at=hour + later) is outcome
    assert len(family.written()) == (outcome is APPLIED)


def test_who_asked_for_an_invitation_keeps_nobody_else_from_asking(street: Street) -> None:
    asked = [(street.first, PARENT), (street.first, OTHER_PARENT), (street.second, PARENT)]
    for family, address in asked:
        assert family.take(family.reply(address, method="REFRESH")) is APPLIED
    written = [(LetterKind.UPDATED, address) for _family, address in asked]
    assert street.first.written() == written
    assert {letter.session_id for letter in letters_to(PARENT, LetterKind.UPDATED)} == {
        street.first.outreach_session.id,
        street.second.outreach_session.id,
    }


def test_who_asks_the_day_after_at_the_same_hour_gets_it_again(street: Street) -> None:
    family = street.first
    for days in (0, 1):
        assert family.take(family.reply(PARENT, method="REFRESH"), at=timedelta(days=days)) is APPLIED
        family.deliver()


def test_a_letter_that_is_still_under_way_is_not_written_twice(street: Street) -> None:
    family = street.first
    assert family.take(family.reply(PARENT, method="REFRESH"), at=2 * MINUTE) is APPLIED
    assert family.take(family.reply(PARENT, method="REFRESH"), at=timedelta(hours=1)) is IGNORED
    assert last().reason == InboundReason.SENT_LATELY
    assert len(family.written()) == 1


def test_of_a_cancelled_session_the_cancellation_is_sent_again(street: Street) -> None:
    family = street.first
    cancel(family.outreach_session.id, "Flood in the theatre", now=family.now)
    family.deliver()
    assert family.take(family.reply(PARENT, method="REFRESH", sequence=0)) is APPLIED
    assert family.written() == [(LetterKind.CANCELLED, PARENT)]
    assert "Flood in the theatre" in received(letters_to(PARENT, LetterKind.CANCELLED)[-1]).text


# An answer from another address.


def test_the_question_says_who_is_asked_about_whom_and_what_was_said(street: Street) -> None:
    family = street.first
    assert family.take(family.reply(PARENT, attendees=(FOREIGN,), partstat="DECLINED")) is HISTORY
    facts = facts_to(PARENT, LetterKind.CONFIRM_ANSWER)
    assert facts.asked is not None
    assert (facts.reader, facts.asked.by, facts.asked.answer) == (Reader.GUARDIAN, Reader.GUARDIAN, "declined")
    assert [name for name, _ in names(facts)] == ["Ana", "Ben"]
    assert facts.session.id == family.outreach_session.id
    letter = read_by(PARENT, LetterKind.CONFIRM_ANSWER)
    assert "Ana" in letter.text
    assert "Ben" in letter.text
    for unknown in ("Cleo", "Gil", "Okoro", FOREIGN, OTHER_PARENT):
        assert unknown not in letter.everything
    assert kept(family) == [], "it may be anybody's"


def test_it_is_asked_once_for_each_revision(street: Street) -> None:
    family = street.first
    for _ in range(2):
        for _ in range(2):
            family.take(family.reply(PARENT, attendees=(FOREIGN,), partstat="DECLINED"))
        revise(family, PARENT)
    assert family.written() == [(LetterKind.CONFIRM_ANSWER, PARENT)] * 2


def test_a_minor_is_asked_with_a_copy_to_every_guardian_and_to_nobody_else(street: Street) -> None:
    family = street.first
    family.take(family.reply(ANA, attendees=(FOREIGN,), partstat="DECLINED"))
    assert sorted(family.written()) == sorted((LetterKind.CONFIRM_ANSWER, address) for address in (ANA, PARENT, OTHER_PARENT))
    for address, reader in ((ANA, Reader.STUDENT), (PARENT, Reader.GUARDIAN), (OTHER_PARENT, Reader.GUARDIAN)):
        facts = facts_to(address, LetterKind.CONFIRM_ANSWER)
        assert facts.asked is not None
        assert (facts.reader, facts.asked.by) == (reader, Reader.STUDENT)
        assert ([name for name, _ in names(facts)], facts.stands_in_for) == (["Ana"], ()), "the brother didn't answer"
    assert "Ben" not in read_by(PARENT, LetterKind.CONFIRM_ANSWER).everything


def test_the_copy_belongs_to_its_readers_own_invitation(street: Street) -> None:
    family = street.first
    family.take(family.reply(ANA, attendees=(FOREIGN,)))
    for address in (ANA, PARENT, OTHER_PARENT):
        [letter] = letters_to(address, LetterKind.CONFIRM_ANSWER)
        assert (letter.invitation_id, letter.session_id) == (family.invitation(address).id, family.outreach_session.id)


def test_where_no_guardian_is_reached_the_teacher_reads_the_students_full_name(street: Street) -> None:
    family = street.first
    with transaction():
        family.mailbox(PARENT).undeliverable_at = family.mailbox(OTHER_PARENT).undeliverable_at = family.now
    family.take(family.reply(ANA, attendees=(FOREIGN,)))
    assert (LetterKind.CONFIRM_ANSWER, TEACHER) in family.written()
    assert (LetterKind.CONFIRM_ANSWER, COLLEAGUE) not in family.written()
    facts = facts_to(TEACHER, LetterKind.CONFIRM_ANSWER)
    assert (facts.reader, facts.seated) == (Reader.TEACHER, ())
    assert [(one.given_name, one.family_name) for one in facts.stands_in_for] == [("Ana", "Diaz")]


def test_a_teacher_hears_nothing_where_one_guardian_is_reached(street: Street) -> None:
    family = street.first
    with transaction():
        family.mailbox(PARENT).undeliverable_at = family.now
    family.take(family.reply(ANA, attendees=(FOREIGN,)))
    assert {address for _kind, address in family.written()} <= {ANA, PARENT, OTHER_PARENT}
    assert (LetterKind.CONFIRM_ANSWER, OTHER_PARENT) in family.written()


def test_a_guardian_who_is_invited_no_more_gets_no_copy(street: Street) -> None:
    family = street.first
    with transaction():
        family.invitation(OTHER_PARENT).is_live = False
    family.take(family.reply(ANA, attendees=(FOREIGN,)))
    assert sorted(family.written()) == sorted([(LetterKind.CONFIRM_ANSWER, ANA), (LetterKind.CONFIRM_ANSWER, PARENT)])


@pytest.mark.parametrize("address", [GROWN, PARENT, TEACHER, HOST])
def test_who_is_of_age_is_asked_alone(street: Street, address: str) -> None:
    street.first.take(street.first.reply(address, attendees=(FOREIGN,)))
    assert street.first.written() == [(LetterKind.CONFIRM_ANSWER, address)]


# What is passed on to host and teacher.


def test_a_guardians_proposal_goes_to_hosts_and_to_each_child_s_own_teacher(street: Street) -> None:
    family = street.first
    assert family.take(family.reply(PARENT, method="COUNTER", lines=PROPOSAL)) is APPLIED
    assert sorted(family.written()) == sorted((LetterKind.NOTE, address) for address in (HOST, COHOST, TEACHER, COLLEAGUE))
    for address in (HOST, COHOST):
        facts = facts_to(address, LetterKind.NOTE)
        assert (facts.reader, sorted(names(facts))) == (Reader.HOST, [("Ana", ""), ("Ben", "")])
    assert names(facts_to(TEACHER, LetterKind.NOTE)) == [("Ana", "Diaz")]
    assert names(facts_to(COLLEAGUE, LetterKind.NOTE)) == [("Ben", "Diaz")]
    assert {facts_to(address, LetterKind.NOTE).session.id for address in (HOST, TEACHER)} == {family.outreach_session.id}


def test_the_note_says_what_was_written_and_no_address(street: Street) -> None:
    family = street.first
    family.take(family.reply(CLEO, method="COUNTER", lines=PROPOSAL))
    for address, surname in ((HOST, False), (TEACHER, True)):
        letter = read_by(address, LetterKind.NOTE)
        for body in (letter.text, letter.html):
            assert "Cleo" in body
            assert "There is an exam" in body
            assert ("Okoro" in body) is surname
        for unknown in (CLEO, CLEOS_PARENT, "Ana", "Ben", "Gil"):
            assert unknown not in letter.everything
    assert {address for _kind, address in family.written()} == {HOST, COHOST, TEACHER}
    assert [facts_to(address, LetterKind.NOTE).reader_name for address in (HOST, TEACHER)] == ["Sam", "Tess"]


def test_what_adults_propose_names_them_and_no_student(street: Street) -> None:
    family = street.first
    family.take(family.reply(TEACHER, method="COUNTER", lines=PROPOSAL))
    family.take(family.reply(HOST, method="COUNTER", lines=PROPOSAL))
    assert sorted(family.written()) == sorted([(LetterKind.NOTE, HOST), (LetterKind.NOTE, COHOST), (LetterKind.NOTE, COHOST)])
    by_teacher = facts_to(HOST, LetterKind.NOTE)
    assert by_teacher.asked is not None
    assert (by_teacher.seated, by_teacher.asked.by, by_teacher.asked.name) == ((), Reader.TEACHER, "Tess Smith")
    by_host = LetterSnapshot.from_json(letters_to(COHOST, LetterKind.NOTE)[-1].facts)
    assert by_host.asked is not None
    assert (by_host.asked.by, by_host.asked.name) == (Reader.HOST, "Sam Lee")


def test_a_family_s_note_has_no_name_of_an_adult(street: Street) -> None:
    street.first.take(street.first.reply(PARENT, method="COUNTER", lines=PROPOSAL))
    asked = facts_to(HOST, LetterKind.NOTE).asked
    assert asked is not None
    assert (asked.by, asked.name) == (Reader.GUARDIAN, "")


def test_a_host_s_proposal_where_there_is_no_other_host_goes_nowhere(street: Street) -> None:
    with transaction():
        db.session.add(street.first.outreach_session)
        street.first.outreach_session.co_hosts = []
    assert street.first.take(street.first.reply(HOST, method="COUNTER", lines=PROPOSAL)) is HISTORY
    assert last().reason == InboundReason.PROPOSED_ALREADY
    assert street.first.written() == []


def test_a_host_who_is_the_teacher_too_hears_once_as_host(street: Street, make: Builder) -> None:
    family = street.first
    with transaction():
        db.session.add(family.outreach_session)
        both = db.session.scalars(select(User).where(User.email == TEACHER)).one()
        both.roles = [*both.roles, *family.outreach_session.host.roles]
        family.outreach_session.co_hosts = [both]
        notify_hosts(family.outreach_session, now=make.now)
    family.deliver()
    family.take(family.reply(CLEO, method="COUNTER", lines=PROPOSAL))
    assert sorted(family.written()) == [(LetterKind.NOTE, HOST), (LetterKind.NOTE, TEACHER)]
    assert (facts_to(TEACHER, LetterKind.NOTE).reader, names(facts_to(TEACHER, LetterKind.NOTE))) == (Reader.HOST, [("Cleo", "")])


def test_proposals_are_counted_for_each_mailbox_and_revision(street: Street) -> None:
    def propose(family: Family, address: str, day: int) -> InboundOutcome | None:
        return family.take(family.reply(address, method="COUNTER", lines=[f"DTSTART:202703{day}T190000Z"]))

    outcomes = [propose(street.first, PARENT, day) for day in (21, 22, 23, 24)]
    assert outcomes == [APPLIED, APPLIED, APPLIED, HISTORY]
    assert [propose(street.first, OTHER_PARENT, 21), propose(street.second, PARENT, 21)] == [APPLIED, APPLIED]
    revise(street.first, PARENT)
    assert propose(street.first, PARENT, 21) is APPLIED


def test_the_same_start_with_another_end_is_another_proposal(street: Street) -> None:
    for ends, outcome in (("20270325T200000Z", APPLIED), ("20270325T210000Z", APPLIED), ("20270325T200000Z", HISTORY)):
        raw = street.first.reply(PARENT, method="COUNTER", lines=["DTSTART:20270325T190000Z", f"DTEND:{ends}"])
        assert street.first.take(raw) is outcome


def test_who_passes_an_invitation_on_is_told_of_once_for_each_revision(street: Street) -> None:
    family = street.first
    for number in range(1, 4):
        assert family.take(family.reply(CLEO, partstat="DELEGATED", at=number * MINUTE), at=number * MINUTE) is APPLIED
        if number == 2:
            revise(family, CLEO)
    assert sorted(family.written()) == sorted((LetterKind.NOTE, address) for address in (HOST, COHOST, TEACHER) for _ in range(2))
    [first, _second] = letters_to(TEACHER, LetterKind.NOTE)
    assert "Cleo" in received(first).text
    assert family.invitation(PARENT).answer is Answer.NEEDS_ACTION
