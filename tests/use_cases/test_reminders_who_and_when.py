"""Who is reminded of which session, to the second; no reminder goes to a child alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from outreach.db import db, transaction
from outreach.models import (
    HAVE_AN_ENTRY,
    SEATED,
    Answer,
    LetterKind,
    OutreachSession,
    Registration,
    RegistrationState,
    SessionState,
    Student,
    User,
)
from outreach.models.snapshots import Cause, Reader
from outreach.notifications.reminders import plan_reminders
from outreach.notifications.rosters import plan_rosters
from outreach.registration.seat_jobs import lapse_offers
from outreach.registration.use_cases import accept_offer, withdraw
from outreach.scheduling.form_parts import LONGEST
from tests.support.builders import Builder
from tests.support.neighbours import ANA, CARL, DANA, ELI, GUL, HANA, MARIA, NORA, PAUL, RUTH, SOL, TOM, Neighbours
from tests.support.outbox import Scripted, deliver
from tests.support.queued_letters import Queued, names, queued, send_all

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
OF_FIRST, OF_SECOND = {NORA, TOM, ANA, MARIA, PAUL, DANA, ELI}, {SOL, GUL, RUTH}


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


def reminded(one: OutreachSession) -> set[str]:
    """Give who is reminded of this session, each once."""
    found = [letter.to for letter in queued() if letter.kind == LetterKind.REMINDER and letter.facts.session.id == one.id]
    assert len(found) == len(set(found))
    return set(found)


def decline(world: Neighbours, one: OutreachSession, *addresses: str) -> None:
    for address in addresses:
        invitation = world.invitation(address, one)
        with transaction():
            invitation.answer = Answer.DECLINED


def no_reminders(world: Neighbours, _one: OutreachSession, *addresses: str) -> None:
    for address in addresses:
        mailbox = world.mailbox(address)
        with transaction():
            mailbox.reminders_stopped_at = world.now


@pytest.mark.parametrize("lead", [WEEK, DAY])
def test_a_reminder_is_written_from_the_second_it_falls_due(world: Neighbours, lead: timedelta) -> None:
    due = world.first.starts_at - lead
    plan_reminders(now=due - SECOND)
    first_lead = OF_FIRST if lead == DAY else set()
    assert reminded(world.first) == first_lead
    send_all()
    assert plan_reminders(now=due) == 2
    assert (reminded(world.first), reminded(world.second)) == (OF_FIRST, OF_SECOND)
    assert plan_reminders(now=due + SECOND) == 0


def test_none_is_written_once_the_session_has_begun(world: Neighbours) -> None:
    assert plan_reminders(now=world.first.starts_at) == 0
    assert plan_reminders(now=world.first.starts_at - SECOND) == 2


def test_the_longest_lead_there_is_reminds(world: Neighbours) -> None:
    start = world.first.starts_wall + timedelta(minutes=LONGEST)
    later = world.make.outreach_session(world.carl, starts_wall=start, reminder_leads=[LONGEST])
    world.register(later, world.nora, "Ana")
    send_all()
    due = later.starts_at - timedelta(minutes=LONGEST)
    plan_reminders(now=due - SECOND)
    assert reminded(later) == set()
    plan_reminders(now=due)
    assert reminded(later) == {ANA, MARIA, PAUL, NORA}


@pytest.mark.parametrize("state", list(SessionState))
def test_only_a_published_session_is_reminded_of(world: Neighbours, state: SessionState) -> None:
    with transaction():
        world.first.state = state
    plan_reminders(now=world.first.starts_at - DAY)
    plan_rosters(now=world.first.starts_at - SECOND)
    is_published = state is SessionState.PUBLISHED
    assert reminded(world.first) == (OF_FIRST if is_published else set())
    assert rosters(world.first) == ({HANA, CARL} if is_published else set())
    assert reminded(world.second) == OF_SECOND


def test_what_a_reminder_holds_and_says(world: Neighbours) -> None:
    with transaction():
        world.nora.zone = "Europe/Paris"
        world.mailbox(MARIA).locale = "de"
    plan_reminders(now=world.first.starts_at - DAY)
    letters = {letter.to: letter for letter in queued() if letter.facts.session.id == world.first.id}
    found = {
        address: (one.facts.reader, one.facts.reader_name, one.facts.reader_zone, names(one.facts.seated))
        for address, one in letters.items()
    }
    assert found == {
        NORA: (Reader.TEACHER, "Nora", "Europe/Paris", []),
        TOM: (Reader.GUARDIAN, "Thomas Reed", "Europe/London", ["Eli"]),
        ANA: (Reader.STUDENT, "Ana", "Europe/London", ["Ana"]),
        MARIA: (Reader.GUARDIAN, "Maria Diaz", "Europe/London", ["Ana", "Ben"]),
        PAUL: (Reader.GUARDIAN, "Paul Diaz", "Europe/London", ["Ana"]),
        DANA: (Reader.STUDENT, "Dana", "Europe/London", ["Dana"]),
        ELI: (Reader.STUDENT, "Eli", "Europe/London", ["Eli"]),
    }
    assert {address for address, one in letters.items() if one.letter.locale == "de"} == {MARIA}
    for address, one in letters.items():
        invitation = world.invitation(address)
        entry = one.facts.entry
        assert (one.facts.cause, one.letter.session_id) == (Cause.TIME, world.first.id)
        assert entry is not None
        assert (one.facts.lead_minutes, one.method, one.letter.sequence, one.letter.invitation_id) == (1440, None, None, invitation.id)
        assert (entry.uid, entry.sequence, entry.is_first, entry.answer) == (invitation.uid, 0, False, "needs_action")
        assert (entry.created_at, entry.changed_at) == (invitation.created_at, invitation.created_at)
        assert entry.is_transparent is (one.facts.reader is Reader.GUARDIAN)


@pytest.mark.parametrize("answer", list(Answer))
def test_whoever_declined_this_session_is_not_reminded_of_it(world: Neighbours, answer: Answer) -> None:
    with transaction():
        world.invitation(PAUL).answer = answer
        world.invitation(CARL, world.second).answer = Answer.DECLINED
    plan_reminders(now=world.first.starts_at - DAY)
    assert reminded(world.first) == (OF_FIRST - {PAUL} if answer is Answer.DECLINED else OF_FIRST)


def test_whoever_wants_no_reminders_gets_none_of_any_session(world: Neighbours) -> None:
    no_reminders(world, world.first, PAUL, RUTH)
    plan_reminders(now=world.first.starts_at - DAY)
    assert (reminded(world.first), reminded(world.second)) == (OF_FIRST - {PAUL}, OF_SECOND - {RUTH})


def test_an_entry_that_was_taken_back_is_not_reminded_of(world: Neighbours) -> None:
    with transaction():
        world.invitation(PAUL).is_live = False
    plan_reminders(now=world.first.starts_at - DAY)
    assert reminded(world.first) == OF_FIRST - {PAUL}


@pytest.mark.parametrize(("changed", "is_reminded"), [(-SECOND, True), (timedelta(0), False), (SECOND, False)])
def test_whoever_had_a_letter_since_the_reminder_fell_due_needs_none(world: Neighbours, changed: timedelta, *, is_reminded: bool) -> None:
    due = world.first.starts_at - DAY
    with transaction():
        world.invitation(PAUL).changed_at = due + changed
    plan_reminders(now=due + timedelta(minutes=1))
    assert reminded(world.first) == (OF_FIRST if is_reminded else OF_FIRST - {PAUL})


def test_whoever_joined_after_a_lead_is_reminded_at_the_next(world: Neighbours) -> None:
    with transaction():
        world.first.capacity = 20
    late = world.make.student(world.students["Ana"].classes[0], given_name="Ida", guardians=("ida@homes.example",))
    world.make.register(world.first, world.nora, late, now=world.first.starts_at - WEEK + SECOND)
    plan_reminders(now=world.first.starts_at - WEEK + 2 * SECOND)
    assert reminded(world.first) == OF_FIRST
    send_all()
    plan_reminders(now=world.first.starts_at - DAY)
    assert reminded(world.first) == OF_FIRST | {"ida@homes.example"}


def test_each_is_reminded_once_for_a_lead_though_others_had_theirs_before(world: Neighbours) -> None:
    no_reminders(world, world.first, PAUL)
    plan_reminders(now=world.first.starts_at - DAY)
    send_all()
    mailbox = world.mailbox(PAUL)
    with transaction():
        mailbox.reminders_stopped_at = None
    assert plan_reminders(now=world.first.starts_at - DAY + SECOND) == 1
    assert reminded(world.first) == {PAUL}


@pytest.mark.both_databases("what was dropped is counted by the database")
def test_a_reminder_that_was_dropped_is_written_again_once_it_is_true_again(world: Neighbours) -> None:
    day_before = world.first.starts_at - DAY + SECOND
    plan_reminders(now=day_before)
    world.mark({MARIA: "undeliverable_at", PAUL: "blocked_at"})
    deliver(Scripted(), day_before)
    assert plan_reminders(now=day_before + MINUTE) == 0
    for address in (MARIA, PAUL):
        mailbox = world.mailbox(address)
        with transaction():
            mailbox.undeliverable_at = mailbox.blocked_at = None
    assert (plan_reminders(now=day_before + HOUR), plan_reminders(now=day_before + HOUR)) == (1, 0)
    assert reminded(world.first) == {MARIA, PAUL}


def test_no_minor_is_reminded_alone_while_nobody_else_is_reached(world: Neighbours) -> None:
    world.mark({MARIA: "undeliverable_at", PAUL: "blocked_at"})
    decline(world, world.first, NORA)
    plan_reminders(now=world.first.starts_at - DAY)
    assert reminded(world.first) == OF_FIRST - {NORA, MARIA, PAUL, ANA}


@pytest.mark.parametrize("refuse", [decline, no_reminders])
@pytest.mark.parametrize(
    ("which", "adults", "silent"),
    [
        ("first", (MARIA,), {MARIA}),
        ("first", (MARIA, PAUL), {MARIA, PAUL}),
        ("first", (NORA,), {NORA}),
        ("first", (NORA, MARIA), {NORA, MARIA}),
        ("first", (NORA, MARIA, PAUL), {NORA, MARIA, PAUL, ANA}),
        ("first", (NORA, TOM), {NORA, TOM, ELI}),
        ("second", (SOL, RUTH), {SOL, RUTH, GUL}),
    ],
)
def test_a_minor_is_reminded_only_as_long_as_an_adult_of_theirs_is(
    world: Neighbours,
    refuse: Callable[..., None],
    which: str,
    adults: tuple[str, ...],
    silent: set[str],
) -> None:
    """An adult of another student, or of the same in another session, doesn't count; whoever is of age is reminded anyway."""
    one, usual = (world.first, OF_FIRST) if which == "first" else (world.second, OF_SECOND)
    third = world.make.outreach_session(world.carl, reminder_leads=[60])
    world.register(third, world.nora, "Ana", "Eli", "Dana")
    world.register(third, world.sol, "Gul")
    refuse(world, one, *adults)
    plan_reminders(now=world.first.starts_at - DAY)
    assert reminded(one) == usual - silent


@pytest.mark.parametrize(
    ("born", "majority_age", "is_minor"),
    [
        (date(2009, 3, 17), 18, False),
        (date(2009, 3, 18), 18, False),
        (date(2009, 3, 19), 18, True),
        (date(2009, 4, 1), 18, True),
        (date(2010, 1, 1), 18, True),
        (date(2008, 12, 31), 18, False),
        (date(2011, 3, 18), 16, False),
        (date(2011, 3, 19), 16, True),
        (None, 18, True),
    ],
)
def test_who_comes_of_age_on_the_day_is_reminded_alone(world: Neighbours, born: date | None, majority_age: int, *, is_minor: bool) -> None:
    """The day counts on the clock of the place: late in the evening in New York it is the next day in UTC."""
    with transaction():
        world.north.majority_age = majority_age
        db.session.execute(update(Student).where(Student.given_name == "Ana").values(birth_date=born))
    world.make.outreach_session(world.carl, starts_wall=datetime(2025, 3, 18, 14), title="Long ago")
    late = world.make.outreach_session(world.carl, starts_wall=datetime(2027, 3, 18, 22), minutes=60)
    world.register(late, world.nora, "Ana")
    send_all()
    for address in {NORA, MARIA, PAUL} if is_minor else {NORA}:
        decline(world, late, address)
    plan_reminders(now=late.starts_at - DAY)
    assert reminded(late) == (set() if is_minor else {ANA})


def rosters(one: OutreachSession) -> set[str]:
    return {letter.to for letter in of_kind(LetterKind.ROSTER) if letter.facts.session.id == one.id}


def of_kind(kind: LetterKind) -> list[Queued]:
    return [letter for letter in queued() if letter.kind == kind]


def test_hosts_get_the_roster_from_six_in_the_evening_before_on(world: Neighbours) -> None:
    six = datetime(2027, 3, 17, 22, tzinfo=world.now.tzinfo)  # in New York
    assert plan_rosters(now=six - SECOND) == 0
    assert plan_rosters(now=six) == 2
    assert (rosters(world.first), rosters(world.second)) == ({HANA, CARL}, {CARL})
    assert plan_rosters(now=six + SECOND) == 0
    assert plan_rosters(now=world.first.starts_at) == 0


def test_no_roster_after_the_start(world: Neighbours) -> None:
    assert plan_rosters(now=world.first.starts_at) == 0
    assert (rosters(world.first), rosters(world.second)) == (set(), set())


def everybody_withdraws(one: OutreachSession, now: datetime) -> None:
    for key in db.session.scalars(select(Registration.id).where(Registration.session_id == one.id)).all():
        withdraw(key, now=now)


def test_hosts_are_told_the_evening_before_that_nobody_comes(world: Neighbours) -> None:
    everybody_withdraws(world.first, world.now)
    assert plan_rosters(now=world.first.starts_at - 20 * HOUR) == 2
    letters = [letter for letter in of_kind(LetterKind.ROSTER) if letter.facts.session.id == world.first.id]
    assert {letter.to: letter.facts.seated for letter in letters} == {HANA: (), CARL: ()}


def first_rosters(world: Neighbours) -> list[Queued]:
    """Give those of the first session to its host, oldest first."""
    return [letter for letter in of_kind(LetterKind.ROSTER) if letter.to == HANA and letter.facts.session.id == world.first.id]


def test_a_change_after_the_roster_is_told_once_when_ten_minutes_have_passed(world: Neighbours) -> None:
    """By day; several changes are told in one e-mail, and what is as it was is not told again."""
    evening = world.first.starts_at - 20 * HOUR  # 18:00 in New York
    plan_rosters(now=evening)
    ids = db.session.scalars(select(Registration.id).where(Registration.session_id == world.first.id, Registration.state.in_(SEATED))).all()
    left = []
    for minute, key in enumerate(ids[:2]):
        withdraw(key, now=evening + timedelta(minutes=minute))
        left.append(db.session.get_one(Registration, key).student.given_name)
    assert plan_rosters(now=evening + timedelta(minutes=1) + 10 * MINUTE - SECOND) == 0
    assert plan_rosters(now=evening + timedelta(minutes=1) + 10 * MINUTE) == 1
    assert plan_rosters(now=evening + 2 * HOUR) == 0
    _first, changed = first_rosters(world)
    assert sorted(names(changed.facts.gone)) == sorted(left)
    seated = Registration.session_id == world.first.id, Registration.state.in_(HAVE_AN_ENTRY)
    comes = select(Student.given_name).join(Registration).where(*seated)
    assert sorted(names(changed.facts.seated)) == sorted(db.session.scalars(comes))
    assert changed.facts.cause is Cause.REGISTERED


def test_who_is_withdrawn_and_registered_again_is_no_change(world: Neighbours) -> None:
    """Nobody is told so by itself; and beside another change, they aren't named among those who no longer come."""
    evening = world.first.starts_at - 20 * HOUR
    waiting = Registration.session_id == world.first.id, Registration.state == RegistrationState.WAITING
    for key in db.session.scalars(select(Registration.id).where(*waiting)).all():
        withdraw(key, now=evening)
    plan_rosters(now=evening)
    ana, ben = world.registration("Ana"), world.registration("Ben")
    teacher, student = ana.teacher, ana.student
    withdraw(ana.id, now=evening + MINUTE)
    world.make.register(world.first, teacher, student, now=evening + 2 * MINUTE)
    assert plan_rosters(now=evening + 12 * MINUTE) == 0
    withdraw(ben.id, now=evening + 13 * MINUTE)
    assert plan_rosters(now=evening + 23 * MINUTE) == 1
    _first, changed = first_rosters(world)
    assert names(changed.facts.gone) == ["Ben"]
    assert "Ana" in names(changed.facts.seated)


def test_a_student_whose_teacher_is_only_asked_is_not_coming_until_the_seat_is_taken(world: Neighbours) -> None:
    """An offer that lapses is no news for hosts: they weren't told that this student comes."""
    evening = world.first.starts_at - 20 * HOUR
    plan_rosters(now=evening)
    withdraw(world.registration("Ana").id, now=evening)
    offered = select(Registration).where(Registration.state == RegistrationState.OFFERED)
    asked = db.session.scalars(offered).one()
    assert plan_rosters(now=evening + 10 * MINUTE) == 1
    lapsed_at = asked.offered_until
    assert lapsed_at is not None
    assert lapse_offers(now=lapsed_at) == 1
    assert plan_rosters(now=lapsed_at + HOUR) == 0
    following = db.session.scalars(offered).one()
    accept_offer(following.id, by_id=following.teacher_id, now=lapsed_at + HOUR)
    assert plan_rosters(now=lapsed_at + HOUR + 10 * MINUTE) == 1
    for registration, says in ((asked, [False, False, False]), (following, [False, False, True])):
        assert [registration.student.given_name in names(letter.facts.seated) for letter in first_rosters(world)] == says
    assert [names(letter.facts.gone) for letter in first_rosters(world)] == [[], ["Ana"], []]


def test_a_change_at_night_is_told_in_the_morning(world: Neighbours) -> None:
    evening = world.first.starts_at - 20 * HOUR
    plan_rosters(now=evening)
    everybody_withdraws(world.first, evening + 5 * HOUR)
    morning = evening + 13 * HOUR  # 7:00 in New York
    assert plan_rosters(now=morning - SECOND) == 0
    assert plan_rosters(now=morning) >= 1
    assert [names(letter.facts.seated) for letter in first_rosters(world)][1:] == [[]]


def starts_at_wall(one: OutreachSession, wall: datetime) -> None:
    with transaction():
        one.set_time(starts_wall=wall, ends_wall=wall + 2 * HOUR, zone=one.zone, fold=0, tzdata_version=one.tzdata_version)


@pytest.mark.parametrize(("hour", "told_at"), [(7, 23), (8, 31), (9, 31)])
def test_before_an_early_session_a_change_at_night_is_told_at_seven_unless_it_has_begun(world: Neighbours, hour: int, told_at: int) -> None:
    """Hours are counted from midnight before the eve: 23 is at once, 31 is seven in the morning of the day."""
    starts_at_wall(world.first, datetime(2027, 3, 18, hour))
    midnight = world.first.starts_at - (24 + hour) * HOUR
    plan_rosters(now=midnight + 18 * HOUR)
    everybody_withdraws(world.first, midnight + 22 * HOUR)
    plan_rosters(now=midnight + told_at * HOUR - SECOND) if told_at == 31 else None
    assert len(first_rosters(world)) == 1
    plan_rosters(now=midnight + told_at * HOUR)
    assert len(first_rosters(world)) == 2


def test_a_host_is_told_of_changes_within_the_hour_however_many_follow_each_other(world: Neighbours) -> None:
    evening = world.first.starts_at - 20 * HOUR
    plan_rosters(now=evening)
    ids = db.session.scalars(select(Registration.id).where(Registration.session_id == world.first.id, Registration.state.in_(SEATED))).all()
    told = []
    for number in range(10):
        at = evening + number * 9 * MINUTE
        if number < len(ids):
            withdraw(ids[number], now=at)
        with transaction():
            db.session.get_one(Registration, ids[0]).changed_at = at
        told += [number] if plan_rosters(now=at + 8 * MINUTE) else []
    assert told[:1] == [6], "62 minutes after the first one"


def test_a_co_host_who_joins_late_gets_the_roster_and_the_others_no_second_one(world: Neighbours) -> None:
    evening = world.first.starts_at - 20 * HOUR
    plan_rosters(now=evening)
    late = world.make.clinician(email="late@clinic.example")
    with transaction():
        world.first.co_hosts.append(db.session.get_one(User, late.id))
    assert plan_rosters(now=evening + HOUR) == 1
    letters = [letter.to for letter in of_kind(LetterKind.ROSTER) if letter.facts.session.id == world.first.id]
    assert sorted(letters) == sorted([HANA, CARL, "late@clinic.example"])


@pytest.mark.parametrize("state", list(RegistrationState))
def test_the_roster_names_who_has_a_seat_in_this_session_by_given_name_and_school(world: Neighbours, state: RegistrationState) -> None:
    with transaction():
        world.hana.zone, world.mailbox(HANA).locale = "America/New_York", "de"
        registration = world.registration("Gul")
        registration.state = state
    plan_rosters(now=world.first.starts_at - SECOND)
    (letter,) = [letter for letter in of_kind(LetterKind.ROSTER) if letter.to == HANA]
    facts = letter.facts
    gul = [("Gul", "", "South School")] if state in ("pending", "confirmed") else []
    assert [(one.given_name, one.family_name, one.school_name) for one in facts.seated] == [
        *((name, "", "North School") for name in ("Ana", "Ben", "Cem", "Dana", "Eli", "Fay")),
        *gul,
    ]
    assert (facts.reader, facts.reader_name, facts.reader_zone) == (Reader.HOST, "Hana", "America/New_York")
    assert (facts.cause, letter.letter.session_id) == (Cause.TIME, world.first.id)
    assert (letter.letter.locale, letter.letter.invitation_id, letter.method) == ("de", None, None)
    assert not [student for student in world.students.values() if student.family_name in letter.mail.everything]
    assert all(name in letter.mail.text and name in letter.mail.html for name in names(facts.seated))


def test_a_session_that_is_moved_after_its_roster_gets_another(world: Neighbours) -> None:
    plan_rosters(now=world.first.starts_at - SECOND)
    send_all()
    world.now = world.first.starts_at - SECOND
    world.move(days=1)
    send_all()
    assert plan_rosters(now=world.first.starts_at - SECOND) == 1
    assert rosters(world.first) == {HANA, CARL}


def test_a_roster_for_another_time_is_not_sent_and_written_again_when_that_time_holds(world: Neighbours) -> None:
    evening = world.first.starts_at - 20 * HOUR
    plan_rosters(now=evening)
    world.move(days=7)
    away = Scripted()
    deliver(away, evening + MINUTE)
    assert not [name for name in away.subjects if name.startswith(f"roster:{world.first.id}:")]
    world.move(days=-7)
    assert plan_rosters(now=evening + HOUR) == 1
    deliver(back := Scripted(), evening + HOUR)
    assert len([name for name in back.subjects if name.startswith(f"roster:{world.first.id}:")]) == 2


def test_a_host_whose_address_fails_gets_the_roster_when_it_works_again_and_once(world: Neighbours) -> None:
    evening = world.first.starts_at - 20 * HOUR
    world.mark({HANA: "undeliverable_at"})
    plan_rosters(now=evening)
    assert plan_rosters(now=evening + HOUR) == 0
    assert HANA not in rosters(world.first)
    with transaction():
        world.mailbox(HANA).undeliverable_at = None
    assert (plan_rosters(now=evening + 2 * HOUR), plan_rosters(now=evening + 3 * HOUR)) == (1, 0)
    assert HANA in rosters(world.first)
