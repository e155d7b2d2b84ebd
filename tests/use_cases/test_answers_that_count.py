"""Whose answers count for a student: the family's that may still be written to, to this session, as long as the entry stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from outreach.db import db, transaction
from outreach.models import Answer, AnswerSource, InvitationAnswer, OutreachSession, Registration, RegistrationState, SessionState, Student
from outreach.rsvp.queries import combined_rsvps, family_rsvps, rsvp_counts_by_session
from outreach.rsvp.record import NewRsvp, record_old_rsvp, record_rsvp
from outreach.rsvp.rules import CombinedRsvp, RsvpCounts, RsvpState, decides_alone, gives_seat_back
from tests.support.builders import Builder
from tests.support.neighbours import ANA, DANA, GUL, MARIA, NORA, PAUL, RUTH, TOM, Neighbours

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
YES, UNSURE, NO, NOTHING = Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED, Answer.NEEDS_ACTION
STOPPED, REFUSED, BLOCKED = "stopped_at", "undeliverable_at", "blocked_at"


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


def answer(world: Neighbours, answers: dict[str, Answer], one: OutreachSession | None = None, *, is_verified: bool = True) -> None:
    for address, given in answers.items():
        invitation = world.invitation(address, one)
        with transaction():
            invitation.answer, invitation.answer_is_verified = given, is_verified


def verdict_of(world: Neighbours, name: str) -> CombinedRsvp | None:
    return combined_rsvps(Registration.session_id == world.first.id).get(world.registration(name).id)


@pytest.mark.parametrize(
    ("name", "answers", "marks", "shown"),
    [
        ("Ana", {ANA: NO}, {}, NO),
        ("Ana", {ANA: NO}, {ANA: STOPPED}, NOTHING),
        ("Ana", {ANA: NO}, {ANA: REFUSED}, NO),
        ("Ana", {ANA: NO, MARIA: YES}, {ANA: STOPPED}, YES),
        ("Ana", {MARIA: NO}, {}, NO),
        ("Ana", {MARIA: NO}, {MARIA: STOPPED}, NOTHING),
        ("Ana", {MARIA: NO}, {MARIA: REFUSED}, NO),
        ("Ana", {MARIA: NO}, {MARIA: BLOCKED}, NO),
        ("Ana", {MARIA: NO, PAUL: YES}, {MARIA: STOPPED}, YES),
        ("Ana", {MARIA: NO, PAUL: YES}, {}, UNSURE),
        ("Ana", {NORA: NO, TOM: NO}, {}, NOTHING),
        ("Ben", {ANA: NO, PAUL: NO}, {}, NOTHING),
        ("Ben", {MARIA: NO}, {}, NO),
        ("Cem", {NORA: NO}, {}, NOTHING),
        ("Dana", {DANA: NO}, {}, NO),
        ("Eli", {TOM: YES}, {}, YES),
    ],
)
def test_who_was_not_meant_has_no_say(
    world: Neighbours, name: str, answers: dict[str, Answer], marks: dict[str, str], shown: Answer
) -> None:
    answer(world, answers)
    world.mark(marks)
    verdict = verdict_of(world, name)
    assert verdict is not None
    assert (verdict.answer, verdict.differs) == (shown, shown is UNSURE)


@pytest.mark.parametrize(
    ("marks", "speaks"),
    [
        ({}, {ANA}),
        ({PAUL: STOPPED}, {ANA, MARIA}),
        ({PAUL: REFUSED}, {ANA, MARIA}),
        ({PAUL: BLOCKED}, {ANA, MARIA}),
        ({MARIA: REFUSED, PAUL: BLOCKED}, {ANA}),
        ({ANA: STOPPED}, set()),
        ({ANA: REFUSED}, {ANA}),
    ],
)
def test_the_only_guardian_letters_reach_may_give_the_place_back(world: Neighbours, marks: dict[str, str], speaks: set[str]) -> None:
    world.mark(marks)
    family = family_rsvps(Registration.id == world.registration("Ana").id)[world.registration("Ana").id]
    assert {address for address in (ANA, MARIA, PAUL, NORA) if decides_alone(world.mailbox(address).id, family)} == speaks


def test_an_answer_of_a_guardian_whom_letters_do_not_reach_still_stands_against_a_decline(world: Neighbours) -> None:
    answer(world, {MARIA: NO, PAUL: YES})
    world.mark({PAUL: REFUSED})
    key = world.registration("Ana").id
    family = family_rsvps(Registration.id == key)[key]
    assert family.rsvps == {world.mailbox(MARIA).id: RsvpState(NO), world.mailbox(PAUL).id: RsvpState(YES)}
    assert not gives_seat_back(world.mailbox(MARIA).id, family)


def test_an_answer_to_another_session_or_to_an_entry_taken_back_does_not_count(world: Neighbours) -> None:
    answer(world, {GUL: NO}, world.second)
    answer(world, {MARIA: NO})
    with transaction():
        world.invitation(MARIA).is_live = False
    assert verdict_of(world, "Ben") == CombinedRsvp(NOTHING)
    shown = combined_rsvps(Registration.session_id == world.second.id)
    assert shown == {world.registration("Gul", world.second).id: CombinedRsvp(NO)}


@pytest.mark.parametrize("state", list(RegistrationState))
def test_only_whoever_has_a_seat_is_asked(world: Neighbours, state: RegistrationState) -> None:
    answer(world, {MARIA: YES})
    world.set_state("Ben", state)
    expected = CombinedRsvp(YES) if state in ("pending", "confirmed") else None
    assert verdict_of(world, "Ben") == expected


@pytest.mark.parametrize("state", list(SessionState))
def test_only_a_published_session_asks(world: Neighbours, state: SessionState) -> None:
    with transaction():
        world.first.state = state
    assert (verdict_of(world, "Ben") is not None) is (state is SessionState.PUBLISHED)
    assert (world.first.id in rsvp_counts_by_session(Registration.school_id == world.north.id)) is (state is SessionState.PUBLISHED)


@pytest.mark.parametrize(
    ("born", "majority_age", "counts"),
    [
        (date(2009, 3, 18), 18, False),
        (date(2009, 3, 19), 18, True),
        (date(2011, 3, 18), 16, False),
        (date(2011, 3, 19), 16, True),
        (None, 18, True),
    ],
)
def test_guardians_have_a_say_until_the_student_is_of_age_on_the_day(
    world: Neighbours, born: date | None, majority_age: int, *, counts: bool
) -> None:
    with transaction():
        world.north.majority_age = majority_age
        db.session.execute(update(Student).where(Student.given_name == "Ben").values(birth_date=born))
    late = world.make.outreach_session(world.carl, starts_wall=datetime(2027, 3, 18, 22), minutes=60)
    world.register(late, world.nora, "Ben", "Ana")
    answer(world, {MARIA: NO}, late)
    assert combined_rsvps(Registration.session_id == late.id)[world.registration("Ben", late).id].answer is (NO if counts else NOTHING)


def test_a_sheet_counts_each_session_for_itself(world: Neighbours) -> None:
    answer(world, {ANA: YES, MARIA: UNSURE, DANA: NO, TOM: YES})
    answer(world, {RUTH: NO}, world.second)
    everybody = Registration.session_id.in_([world.first.id, world.second.id])
    assert rsvp_counts_by_session(everybody) == {
        world.first.id: RsvpCounts(coming=2, unsure=1, not_coming=1, unanswered=2),
        world.second.id: RsvpCounts(not_coming=1),
    }


def test_an_answer_nobody_vouches_for_is_shown_as_such(world: Neighbours) -> None:
    answer(world, {MARIA: YES}, is_verified=False)
    assert verdict_of(world, "Ben") == CombinedRsvp(YES, is_verified=False)


@pytest.mark.parametrize("stamp", [None, datetime(2027, 3, 1, 8, tzinfo=None)])
def test_an_answer_that_holds_and_one_that_is_history(world: Neighbours, stamp: datetime | None) -> None:
    stamp = stamp and stamp.replace(tzinfo=world.now.tzinfo)
    given = NewRsvp(answer=NO, source=AnswerSource.CALENDAR, stamp=stamp, sequence=3, is_verified=False, comment="Sorry")
    with transaction():
        record_rsvp(world.invitation(MARIA), given, now=world.now)
    invitation = world.invitation(MARIA)
    assert (invitation.answer, invitation.answered_at, invitation.answer_stamp) == (NO, world.now, stamp or world.now)
    assert not invitation.answer_is_verified
    late = NewRsvp(answer=YES, source=AnswerSource.PAGE)
    with transaction():
        record_old_rsvp(invitation, late, now=world.now + timedelta(hours=1))
    assert (world.invitation(MARIA).answer, world.invitation(MARIA).answered_at) == (NO, world.now)
    rows = db.session.scalars(select(InvitationAnswer).order_by(InvitationAnswer.id)).all()
    assert {row.invitation_id for row in rows} == {invitation.id}
    found = [(row.answer, row.source, row.at, row.stamp, row.sequence, row.counts, row.is_verified, row.comment) for row in rows]
    assert found == [
        (NO, AnswerSource.CALENDAR, world.now, stamp, 3, True, False, "Sorry"),
        (YES, AnswerSource.PAGE, world.now + timedelta(hours=1), None, None, False, True, ""),
    ]
