"""Which mailboxes of a family are written to, whatever became of an address, and when the teacher hears in their place."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from outreach import tokens
from outreach.db import db, transaction
from outreach.models import Guardian, RegistrationState, Student
from outreach.models.snapshots import Cause, Reader
from outreach.notifications import notify
from outreach.registration import use_cases as registering
from outreach.registration.preview import preview_registering
from outreach.registration.use_cases import preview
from outreach.web.pages import settings
from tests.support.builders import NOW, Builder
from tests.support.neighbours import ANA, CARL, DANA, ELI, GUL, HANA, MARIA, NORA, OLGA, PAUL, RUTH, SOL, TOM, Neighbours
from tests.support.queued_letters import names, queued, to, who_gets_what

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted

STOPPED, REFUSED, BLOCKED = "stopped_at", "undeliverable_at", "blocked_at"


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


@pytest.mark.parametrize(
    ("name", "marks", "written_to", "teacher_stands_in"),
    [
        ("Ana", {}, {ANA, MARIA, PAUL}, False),
        ("Ana", {ANA: STOPPED}, {MARIA, PAUL}, False),
        ("Ana", {ANA: REFUSED}, {ANA, MARIA, PAUL}, False),
        ("Ana", {MARIA: STOPPED}, {ANA, PAUL}, False),
        ("Ana", {MARIA: REFUSED}, {ANA, MARIA, PAUL}, False),
        ("Ana", {PAUL: BLOCKED}, {ANA, MARIA, PAUL}, False),
        ("Ana", {MARIA: REFUSED, PAUL: BLOCKED}, {ANA, MARIA, PAUL}, True),
        ("Ana", {MARIA: STOPPED, PAUL: STOPPED}, {ANA}, True),
        ("Ana", {MARIA: STOPPED, PAUL: REFUSED}, {ANA, PAUL}, True),
        ("Ben", {}, {MARIA}, False),
        ("Ben", {MARIA: STOPPED}, set(), True),
        ("Ben", {MARIA: REFUSED}, {MARIA}, True),
        ("Ben", {MARIA: BLOCKED}, {MARIA}, True),
        ("Cem", {}, set(), True),
        ("Dana", {}, {DANA}, False),
        ("Dana", {OLGA: REFUSED}, {DANA}, False),
        ("Dana", {DANA: STOPPED}, set(), True),
        ("Dana", {DANA: REFUSED}, {DANA}, True),
        ("Dana", {DANA: BLOCKED}, {DANA}, True),
        ("Eli", {}, {ELI, TOM}, False),
        ("Fay", {}, {HANA}, False),
    ],
)
def test_an_address_that_was_stopped_gets_nothing_and_one_that_fails_keeps_its_invitation(
    world: Neighbours, name: str, marks: dict[str, str], written_to: set[str], *, teacher_stands_in: bool
) -> None:
    world.mark(marks)
    third = world.make.outreach_session(world.carl)
    seating, _found = preview(third, world.north.id, [world.students[name].id], now=NOW)
    announced = preview_registering(third, seating, teacher_id=world.nora.id, by_id=world.nora.id)
    world.register(third, world.nora, name)
    assert set(who_gets_what(queued())) == {(address, "invitation") for address in (*written_to, NORA)} | {(NORA, "digest")}
    (digest,) = [letter.facts for letter in to(NORA) if letter.kind == "digest"]
    assert names(digest.seated) == [name]
    assert names(digest.stands_in_for) == ([name] if teacher_stands_in else [])
    counted = {who: number for number, who, _what in announced}
    own = {ANA, DANA, ELI} & written_to
    assert (counted.get("student", 0), counted.get("guardian", 0) + counted.get("guardians", 0)) == (len(own), len(written_to - own))
    assert counted.get("student without an address", 0) == teacher_stands_in


@pytest.mark.parametrize(
    ("born", "majority_age", "is_minor"),
    [
        (date(2009, 3, 17), 18, False),
        (date(2009, 3, 18), 18, False),
        (date(2009, 3, 19), 18, True),
        (date(2011, 3, 18), 16, False),
        (date(2011, 3, 19), 16, True),
        (None, 16, True),
    ],
)
def test_who_comes_of_age_on_the_day_of_the_session_is_written_to_alone(
    world: Neighbours, born: date | None, majority_age: int, *, is_minor: bool
) -> None:
    """The day counts on the clock of the place: late in the evening in New York it is the next day in UTC."""
    with transaction():
        world.north.majority_age = majority_age
        db.session.execute(update(Student).where(Student.id == world.students["Ana"].id).values(birth_date=born))
    late = world.make.outreach_session(world.carl, starts_wall=datetime(2027, 3, 18, 22), minutes=60)
    world.register(late, world.nora, "Ana")
    assert {letter.to for letter in queued()} == {ANA, NORA} | ({MARIA, PAUL} if is_minor else set())


READERS = {
    HANA: (Reader.HOST, "Hana", "America/New_York", False, ["Fay"]),
    CARL: (Reader.HOST, "Carl", "Europe/London", False, []),
    NORA: (Reader.TEACHER, "Nora", "Europe/Paris", False, []),
    ANA: (Reader.STUDENT, "Ana", "Europe/London", False, ["Ana"]),
    MARIA: (Reader.GUARDIAN, "Maria Diaz", "Europe/London", True, ["Ana", "Ben"]),
    PAUL: (Reader.GUARDIAN, "Paul Diaz", "Europe/London", True, ["Ana"]),
    DANA: (Reader.STUDENT, "Dana", "Europe/London", False, ["Dana"]),
    ELI: (Reader.STUDENT, "Eli", "Europe/London", False, ["Eli"]),
    TOM: (Reader.GUARDIAN, "Thomas Reed", "Europe/London", True, ["Eli"]),
}


def test_everybody_is_greeted_by_their_own_name_and_reads_of_their_own_students(world: Neighbours) -> None:
    with transaction():
        world.hana.zone, world.nora.zone, world.tom.zone = "America/New_York", "Europe/Paris", "Asia/Tokyo"
    world.move()
    read = {letter.to: letter for letter in queued() if letter.facts.entry}
    assert read.keys() == READERS.keys()
    for address, (reader, name, zone, is_transparent, students) in READERS.items():
        facts, mail = read[address].facts, read[address].mail
        assert facts.entry is not None
        assert (facts.reader, facts.reader_name, facts.reader_zone) == (reader, name, zone)
        assert (facts.entry.is_transparent, names(facts.seated)) == (is_transparent, students)
        assert f"Hello {name}," in mail.text
        assert f"Hello {name}," in mail.html
        assert mail.message["To"].addresses[0].display_name == name
        assert mail.event["TRANSP"] == ("TRANSPARENT" if is_transparent else "OPAQUE")
        strangers = {"Ana", "Ben", "Cem", "Dana", "Eli", "Fay", "Gul", "Hal"} - set(students) - {name}
        assert not [stranger for stranger in strangers if stranger in mail.text + mail.html]


def test_a_family_that_waits_is_greeted_by_its_own_name_with_its_own_position(world: Neighbours) -> None:
    world.move(world.second)
    read = {(letter.to, letter.kind): letter for letter in queued() if not letter.facts.entry}
    found = {
        address: (facts.reader, facts.reader_name, facts.reader_zone, [(one.given_name, one.place_in_queue) for one in facts.waiting])
        for (address, _kind), facts in ((key, letter.facts) for key, letter in read.items())
    }
    assert found == {
        ANA: (Reader.STUDENT, "Ana", "Europe/London", [("Ana", 3)]),
        MARIA: (Reader.GUARDIAN, "Maria Diaz", "Europe/London", [("Ana", 3)]),
        PAUL: (Reader.GUARDIAN, "Paul Diaz", "Europe/London", [("Ana", 3)]),
        RUTH: (Reader.GUARDIAN, "Ruth Gray", "Europe/Berlin", [("Hal", 1)]),
        NORA: (Reader.TEACHER, "Nora", "Europe/London", [("Cem", 2), ("Ana", 3)]),
        SOL: (Reader.TEACHER, "Sol", "Europe/London", [("Hal", 1)]),
    }


def test_the_waiting_list_is_shown_in_the_order_of_joining_whatever_was_written_first(world: Neighbours) -> None:
    with transaction():
        world.registration("Ana", world.second).queued_at = world.now - timedelta(days=5)
    world.move(world.second)
    (digest,) = [letter.facts for letter in to(NORA)]
    assert [(one.given_name, one.place_in_queue) for one in digest.waiting] == [("Ana", 1), ("Cem", 3)]


def test_whoever_is_offered_a_seat_has_no_position(world: Neighbours) -> None:
    until = world.now + timedelta(hours=3)
    with transaction():
        registration = world.registration("Hal")
        registration.state, registration.offered_until = RegistrationState.OFFERED, until
        world.first.promotion_stops = 60 * 24 * 60  # so that it stays on offer after the move
    world.move()
    (letter,) = to(SOL)
    digest = letter.facts
    assert digest.offered_until == until
    assert [(one.given_name, one.place_in_queue) for one in digest.waiting] == [("Gul", 1)]
    assert [(one.given_name, one.place_in_queue) for one in digest.offered] == [("Hal", None)]


@pytest.mark.parametrize("state", list(RegistrationState))
def test_a_teacher_and_a_family_have_the_session_in_the_calendar_while_the_student_has_a_seat(
    world: Neighbours, state: RegistrationState
) -> None:
    """A seat on offer isn't theirs yet; a seat in another session doesn't count."""
    with transaction():
        world.registration("Gul").state = state
        notify.notify_registrations(world.first, {world.registration("Gul").id: Cause.ADDRESS}, now=world.now)
    invited = {letter.to for letter in queued() if letter.kind == "invitation"}
    assert invited == ({GUL, RUTH, SOL} if state in ("pending", "confirmed") else set())


def test_two_guardians_who_share_an_address_are_greeted_without_a_name(world: Neighbours) -> None:
    with transaction():
        db.session.add(Guardian(school_id=world.south.id, name="Mario Diaz", mailbox_id=world.mailbox(MARIA).id))
    world.move()
    world.move(world.second)
    for letter in to(MARIA):
        assert (letter.facts.reader, letter.facts.reader_name) == (Reader.GUARDIAN, "")
        assert "Hello" not in letter.mail.text + letter.mail.html
    assert {letter.facts.reader_name for letter in to(PAUL)} == {"Paul Diaz"}


def test_one_guardian_whom_two_schools_know_is_greeted_by_name(world: Neighbours) -> None:
    with transaction():
        db.session.add(Guardian(school_id=world.south.id, name=" Maria Diaz ", mailbox_id=world.mailbox(MARIA).id))
    world.move()
    world.move(world.second)
    assert {letter.facts.reader_name for letter in to(MARIA)} == {"Maria Diaz"}


def test_siblings_who_share_an_address_are_greeted_without_a_name(world: Neighbours) -> None:
    with transaction():
        db.session.execute(update(Student).where(Student.given_name == "Ben").values(mailbox_id=world.mailbox(ANA).id))
    third = world.make.outreach_session(world.carl, capacity=2)
    world.register(third, world.nora, "Ben", "Ana")
    (letter,) = to(ANA)
    assert (letter.facts.reader, letter.facts.reader_name, names(letter.facts.seated)) == (Reader.STUDENT, "", ["Ana", "Ben"])
    fourth = world.make.outreach_session(world.carl, capacity=1)
    world.register(fourth, world.nora, "Dana", "Ben", "Ana")
    (notice,) = [letter for letter in to(ANA) if letter.kind == "waiting"]
    assert (notice.facts.reader, notice.facts.reader_name) == (Reader.STUDENT, "")
    assert [(one.given_name, one.place_in_queue) for one in notice.facts.waiting] == [("Ben", 1), ("Ana", 2)]


def test_a_teacher_who_registers_their_own_child_reads_as_the_teacher(world: Neighbours) -> None:
    with transaction():
        world.tom.zone = "Asia/Tokyo"
    third = world.make.outreach_session(world.carl)
    world.register(third, world.tom, "Eli", "Ana")
    (letter,) = [one for one in to(TOM) if one.kind == "invitation"]
    facts = letter.facts
    assert (facts.reader, facts.reader_name, facts.reader_zone, names(facts.seated)) == (Reader.TEACHER, "Tom", "Asia/Tokyo", ["Eli"])
    assert letter.mail.event["TRANSP"] == "OPAQUE"


def test_a_child_with_the_guardians_address_reads_as_the_student(world: Neighbours) -> None:
    with transaction():
        db.session.execute(update(Student).where(Student.given_name == "Ben").values(mailbox_id=world.mailbox(MARIA).id))
    third = world.make.outreach_session(world.carl, capacity=1)
    world.register(third, world.nora, "Ben")
    (letter,) = to(MARIA)
    assert (letter.facts.reader, letter.facts.reader_name, names(letter.facts.seated)) == (Reader.STUDENT, "Ben", ["Ben"])
    assert letter.mail.event["TRANSP"] == "OPAQUE"


def test_letters_are_in_the_language_of_the_mailbox(world: Neighbours) -> None:
    with transaction():
        for address in (HANA, NORA, ANA, MARIA):
            world.mailbox(address).locale = "de"
    world.move()
    world.move(world.second)
    assert {letter.to for letter in queued() if letter.letter.locale == "de"} == {HANA, NORA, ANA, MARIA}
    assert {letter.letter.locale for letter in to(NORA)} == {letter.letter.locale for letter in to(ANA)} == {"de"}
    assert {letter.letter.locale for letter in queued() if letter.to not in (HANA, NORA, ANA, MARIA)} == {"en"}


def test_a_seat_that_goes_to_another_school_is_told_to_both_teachers_and_both_keep_what_is_theirs(world: Neighbours) -> None:
    registering.withdraw(world.registration("Ana").id, by_id=world.nora.id, now=world.now)
    assert who_gets_what(queued()) == {
        (ANA, "removed"): 1,
        (PAUL, "removed"): 1,
        (MARIA, "updated"): 1,
        (RUTH, "promoted"): 1,
        (SOL, "invitation"): 1,
        (SOL, "digest"): 1,
    }
    assert world.invitation(NORA).is_live


def test_the_preview_counts_guardians_by_the_law_of_the_students_own_school(world: Neighbours) -> None:
    with transaction():
        world.south.majority_age = 16
        db.session.execute(update(Student).values(birth_date=date(2010, 1, 1)))
    third = world.make.outreach_session(world.carl)
    for school, name, teacher, expected in (
        (world.north, "Ana", world.nora, [(1, "student"), (2, "guardians")]),
        (world.south, "Gul", world.sol, [(1, "student")]),
    ):
        seating, _found = preview(third, school.id, [world.students[name].id], now=NOW)
        rows = preview_registering(third, seating, teacher_id=teacher.id, by_id=teacher.id)
        assert [(number, who) for number, who, _what in rows if who.startswith(("student", "guardian"))] == expected


def test_the_link_in_a_letter_is_its_readers_own_and_lasts_thirty_days_after_the_end(world: Neighbours) -> None:
    world.move(world.second)
    for address in (GUL, RUTH):
        mailbox = world.mailbox(address)
        assert to(address)
        for letter in to(address):
            (token,) = re.findall(r"/i/([\w.~-]+)\n", letter.mail.text)[:1]
            ticket = tokens.read(token, tokens.LinkPurpose.FAMILY, settings().secret_key, world.now)
            assert (ticket.mailbox_id, ticket.session_id, ticket.link_version) == (mailbox.id, world.second.id, 1)
            assert ticket.expires_at == world.second.ends_at + timedelta(days=30)
