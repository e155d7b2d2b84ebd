"""Who had a seat is thanked once, by day, the day after the session; nobody else, and never late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import update

from outreach.db import db, transaction
from outreach.models import Answer, LetterKind, Mailbox, OutreachSession, RegistrationState, School, SessionState, Student, User
from outreach.models.snapshots import Cause, Reader
from outreach.notifications.reminders import plan_thanks
from outreach.registration import use_cases
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder
from tests.support.neighbours import ANA, DANA, GUL, MARIA, NORA, PAUL, RUTH, SOL, TOM, Neighbours
from tests.support.outbox import Scripted, deliver
from tests.support.queued_letters import Queued, names, queued, send_all
from tests.support.rivals import overtaking

pytestmark = pytest.mark.empty_database
on_both = pytest.mark.both_databases("arithmetic with times in SQL")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
# Both sessions end on 18 March 2027 at 20:00 UTC. The schools are in London and Berlin, whose clock is an hour ahead.
MORNING = datetime(2027, 3, 19, 7, tzinfo=UTC)
OF_FIRST = {NORA, MARIA, PAUL, DANA, TOM}


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


def thanks(one: OutreachSession | None = None) -> dict[str, Queued]:
    """Give the thank-yous, of a session or of all, by address: each has one."""
    found = [letter for letter in queued() if letter.kind is LetterKind.THANKS and one in (None, letter.letter.outreach_session)]
    assert len(found) == len({letter.to for letter in found})
    return {letter.to: letter for letter in found}


def change(model: type[OutreachSession | Mailbox | School | Student | User], key: int, **values: object) -> None:
    with transaction():
        db.session.execute(update(model).where(model.id == key).values(**values))


def test_who_had_a_seat_is_thanked_and_nobody_else(world: Neighbours) -> None:
    assert plan_thanks(now=MORNING) == 2
    assert thanks(world.first).keys() == OF_FIRST
    assert thanks(world.second).keys() == {SOL, RUTH}


@pytest.mark.usefixtures("world")
def test_each_reads_the_names_they_know() -> None:
    plan_thanks(now=MORNING)
    found = {address: (one.facts.reader, one.facts.reader_name, names(one.facts.seated)) for address, one in thanks().items()}
    assert found == {
        NORA: (Reader.TEACHER, "Nora", ["Ana", "Ben", "Cem", "Dana", "Eli", "Fay"]),
        MARIA: (Reader.GUARDIAN, "Maria Diaz", ["Ana", "Ben"]),
        PAUL: (Reader.GUARDIAN, "Paul Diaz", ["Ana"]),
        DANA: (Reader.STUDENT, "Dana", ["Dana"]),
        TOM: (Reader.GUARDIAN, "Thomas Reed", ["Eli"]),
        SOL: (Reader.TEACHER, "Sol", ["Gul"]),
        RUTH: (Reader.GUARDIAN, "Ruth Gray", ["Gul"]),
    }
    assert all(one.facts.cause is Cause.TIME and one.method is None for one in thanks().values())
    assert not any(student.family_name for address, one in thanks().items() if address not in (NORA, SOL) for student in one.facts.seated)


def test_a_teacher_who_is_a_guardian_too_has_one_letter_with_all_names(make: Builder) -> None:
    school = make.school()
    teacher = make.teacher(school, email="both@homes.example")
    school_class = make.school_class(school, teacher)
    own = make.student(school_class, given_name="Ida", email=None, guardians=("both@homes.example",))
    other = make.student(school_class, given_name="Jon", email=None, guardians=("other@homes.example",))
    make.register(make.outreach_session(make.clinician()), teacher, own, other)
    send_all()
    plan_thanks(now=MORNING)
    found = {address: (one.facts.reader, set(names(one.facts.seated))) for address, one in thanks().items()}
    assert found == {"both@homes.example": (Reader.TEACHER, {"Ida", "Jon"}), "other@homes.example": (Reader.GUARDIAN, {"Jon"})}


def test_it_leaves_after_the_session_with_a_link_to_its_page(world: Neighbours) -> None:
    plan_thanks(now=MORNING)
    text = thanks(world.first)[MARIA].mail.text
    assert "Thank you for letting Ana and Ben take part in “First Stitch”" in text
    assert f"/sessions/{world.first.id}\n" in text
    assert "/reminders" in text
    assert deliver(Scripted(), MORNING).sent == 7


@pytest.mark.parametrize(
    ("at", "first", "second"),
    [
        (datetime(2027, 3, 18, 20, tzinfo=UTC), set(), set()),
        (datetime(2027, 3, 18, 20, 30, tzinfo=UTC), set(), set()),
        (datetime(2027, 3, 19, 5, 59, 59, tzinfo=UTC), set(), set()),
        (datetime(2027, 3, 19, 6, tzinfo=UTC), {NORA}, {RUTH}),
        (MORNING - SECOND, {NORA}, {RUTH}),
        (MORNING, OF_FIRST, {SOL, RUTH}),
        (datetime(2027, 3, 19, 19, 59, 59, tzinfo=UTC), OF_FIRST, {SOL, RUTH}),
        (datetime(2027, 3, 19, 20, tzinfo=UTC), OF_FIRST - {NORA}, {SOL}),
        (datetime(2027, 3, 19, 21, tzinfo=UTC), set(), set()),
        (MORNING + 2 * DAY, OF_FIRST, {SOL, RUTH}),
        (MORNING + 3 * DAY, set(), set()),
        (MORNING + 30 * DAY, set(), set()),
    ],
)
def test_it_is_written_by_day_on_the_readers_clock_within_three_days(
    world: Neighbours, at: datetime, first: set[str], second: set[str]
) -> None:
    change(User, world.nora.id, zone="Europe/Paris")
    plan_thanks(now=at)
    assert (set(thanks(world.first)), set(thanks(world.second))) == (first, second)


@pytest.mark.usefixtures("world")
def test_asked_again_it_adds_nothing_whatever_became_of_the_first() -> None:
    assert plan_thanks(now=MORNING) == 2
    assert plan_thanks(now=MORNING + HOUR) == 0
    send_all()
    assert plan_thanks(now=MORNING + DAY) == 0
    assert thanks() == {}


@pytest.mark.usefixtures("world")
def test_who_was_not_reached_by_day_in_their_zone_has_it_later() -> None:
    plan_thanks(now=MORNING - HOUR)
    early = set(thanks())
    plan_thanks(now=MORNING)
    assert early == {RUTH}
    assert thanks().keys() == OF_FIRST | {SOL, RUTH}


def test_a_session_that_was_moved_is_thanked_for_after_its_new_time(world: Neighbours) -> None:
    world.move(days=2)
    send_all()
    plan_thanks(now=MORNING)
    assert thanks(world.first) == {}
    plan_thanks(now=MORNING + 2 * DAY)
    assert thanks(world.first).keys() == OF_FIRST


def test_nobody_is_thanked_for_what_was_cancelled(world: Neighbours) -> None:
    cancel(world.first.id, "The theatre is needed.", now=world.now)
    plan_thanks(now=MORNING)
    assert thanks().keys() == {SOL, RUTH}


def test_a_thank_you_in_the_queue_is_dropped_if_the_session_counts_as_cancelled_then(world: Neighbours) -> None:
    plan_thanks(now=MORNING)
    change(OutreachSession, world.first.id, state=SessionState.CANCELLED)
    tally = deliver(Scripted(), MORNING)
    assert (tally.sent, tally.dropped) == (2, len(OF_FIRST))


def test_who_withdrew_is_not_thanked(world: Neighbours) -> None:
    use_cases.withdraw(world.registration("Ana").id, by_id=world.nora.id, now=world.now)
    send_all()
    plan_thanks(now=MORNING)
    assert thanks(world.first).keys() == OF_FIRST - {PAUL} | {SOL, RUTH}  # Hal has the seat now
    assert names(thanks(world.first)[MARIA].facts.seated) == ["Ben"]


@pytest.mark.parametrize("state", [RegistrationState.WAITING, RegistrationState.OFFERED])
def test_who_waits_or_is_only_offered_a_seat_is_not_thanked(world: Neighbours, state: RegistrationState) -> None:
    """Hal waits for both sessions; Ruth has a letter for Gul alone."""
    if state is RegistrationState.OFFERED:
        world.set_state("Hal", state)
    plan_thanks(now=MORNING)
    assert RUTH not in thanks(world.first)
    assert names(thanks(world.second)[RUTH].facts.seated) == ["Gul"]


@pytest.mark.usefixtures("world")
def test_no_minor_is_thanked_but_each_guardian() -> None:
    plan_thanks(now=MORNING)
    assert {ANA, GUL}.isdisjoint(thanks())
    assert {MARIA, PAUL} <= thanks().keys()


def test_it_is_asked_who_is_of_age_and_whose_address_it_is_once_the_session_is_over(world: Neighbours) -> None:
    change(Student, world.students["Ben"].id, birth_date=date(2005, 1, 1))
    change(Student, world.students["Dana"].id, mailbox_id=world.mailbox(TOM).id)
    plan_thanks(now=MORNING)
    assert thanks(world.first).keys() == OF_FIRST - {DANA}
    assert names(thanks(world.first)[MARIA].facts.seated) == ["Ana"]


def test_a_family_that_declined_is_not_thanked_and_a_teacher_is(world: Neighbours) -> None:
    with transaction():
        for address in (PAUL, NORA):
            world.invitation(address).answer = Answer.DECLINED
    plan_thanks(now=MORNING)
    assert thanks(world.first).keys() == OF_FIRST - {PAUL}


@pytest.mark.parametrize("mark", ["stopped_at", "reminders_stopped_at"])
def test_who_stopped_us_or_our_reminders_is_not_thanked(world: Neighbours, mark: str) -> None:
    change(Mailbox, world.mailbox(PAUL).id, **{mark: world.now})
    plan_thanks(now=MORNING)
    assert thanks(world.first).keys() == OF_FIRST - {PAUL}


@pytest.mark.parametrize("mark", ["stopped_at", "reminders_stopped_at", "undeliverable_at", "blocked_at"])
def test_who_stops_us_or_fails_before_it_leaves_gets_none(world: Neighbours, mark: str) -> None:
    plan_thanks(now=MORNING)
    change(Mailbox, world.mailbox(PAUL).id, **{mark: MORNING})
    tally = deliver(Scripted(), MORNING)
    assert (tally.sent, tally.dropped) == (6, 1)
    assert plan_thanks(now=MORNING + HOUR) == 0


def _online(make: Builder, zone: str, starts_wall: datetime, minutes: int) -> Callable[[datetime], int]:
    """Give a session in a zone with one student, who is of a school in Vancouver, and count who is thanked at a moment."""
    school = make.school(zone="America/Vancouver")
    teacher = make.teacher(school)
    change(User, teacher.id, zone="America/Vancouver")
    school_class = make.full_class(school, teacher, size=1, with_email=False)
    one = make.outreach_session(
        make.clinician(), starts_wall=starts_wall, minutes=minutes, zone=zone, video_url="https://video.example/r", meeting_point=""
    )
    make.register(one, teacher, *school_class.students)
    send_all()

    def thanked(now: datetime) -> int:
        plan_thanks(now=now)
        return len(thanks(one))

    return thanked


@on_both
def test_the_day_after_is_that_of_the_school(make: Builder) -> None:
    """It ends at 10:00 on the 19th in Sydney, when it is the 18th, 16:00, in Vancouver: there the day after is the 19th."""
    thanked = _online(make, "Australia/Sydney", datetime(2027, 3, 19, 8, 0), 120)
    assert thanked(datetime(2027, 3, 19, 13, 59, 59, tzinfo=UTC)) == 0
    assert thanked(datetime(2027, 3, 19, 14, 0, tzinfo=UTC)) == 2


@on_both
def test_a_session_over_several_days_and_a_clock_change_counts_from_its_end(make: Builder) -> None:
    """It ends on Saturday 13 March in Vancouver; the night after, clocks go forward there, so that 7:00 is 15:00 or 14:00 UTC."""
    thanked = _online(make, "America/Vancouver", datetime(2027, 3, 12, 9, 0), 31 * 60)
    assert thanked(datetime(2027, 3, 13, 20, 0, tzinfo=UTC)) == 0
    assert thanked(datetime(2027, 3, 14, 13, 59, 59, tzinfo=UTC)) == 0
    assert thanked(datetime(2027, 3, 14, 14, 0, tzinfo=UTC)) == 2


@on_both
def test_two_workers_at_once_write_it_once(app: Flask, make: Builder) -> None:
    _online(make, "America/Vancouver", datetime(2027, 3, 18, 9, 0), 60)
    worker = partial(plan_thanks, now=datetime(2027, 3, 19, 20, 0, tzinfo=UTC))
    overtaking(app, worker, worker)
    assert len(thanks()) == 2


def test_who_turns_out_to_be_of_age_is_thanked_instead_of_their_guardian(world: Neighbours) -> None:
    """A birth date that is corrected once the session is over changes no invitation any more."""
    change(Student, world.students["Ana"].id, birth_date=date(2000, 1, 1))
    plan_thanks(now=MORNING)
    assert thanks(world.first).keys() == OF_FIRST - {PAUL} | {ANA}
