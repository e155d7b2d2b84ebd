"""Addresses that fail: teachers are asked to correct them, and once letters arrive again each mailbox gets what is true now."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.deliverability.use_cases import reactivate_mailbox, report_undeliverable_mailboxes, unblock_domain, update_blocked_domains
from outreach.models import (
    BlockedDomain,
    Bounce,
    BounceKind,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    RegistrationState,
    SessionState,
)
from outreach.models.snapshots import BlockedDomainSnapshot, Cause, Reader
from outreach.outbox.queue import NewLetter, enqueue
from outreach.registration import use_cases as registering
from outreach.scheduling import use_cases as scheduling
from tests.support.builders import Builder
from tests.support.neighbours import ANA, ELI, GUL, HANA, MARIA, NORA, OLGA, PAUL, RUTH, SOL, TOM, Neighbours
from tests.support.queued_letters import Queued, names, queued, send_all, to, who_gets_what

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
SECOND, MINUTE, WEEK = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=7)
PUPILS = "pupils.example"


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


def mark(world: Neighbours, address: str, *marks: str) -> Mailbox:
    mailbox = world.mailbox(address)
    with transaction():
        for name in marks:
            setattr(mailbox, name, world.now)
    return mailbox


def last_letter(world: Neighbours, address: str) -> Letter:
    """Give the last letter with an entry of the first session."""
    mine = select(Letter).where(Letter.invitation_id == world.invitation(address).id, Letter.sequence.is_not(None))
    letter = db.session.scalars(mine.order_by(Letter.id.desc())).first()
    assert letter is not None
    return letter


def bounce(world: Neighbours, address: str, kind: BounceKind, letter: Letter | None = None, at: datetime | None = None) -> None:
    mailbox = world.mailbox(address)
    with transaction():
        facts = {"mailbox_id": mailbox.id, "domain": mailbox.domain, "kind": kind, "words": "550 No", "at": at or world.now}
        db.session.add(Bounce(letter_id=letter.id if letter else None, **facts))


# Reached again


@pytest.mark.parametrize("marks", [("undeliverable_at",), ("blocked_at",), ("undeliverable_at", "blocked_at")])
def test_a_mailbox_that_is_reached_again_gets_its_own_entries_and_places_in_line_and_nobody_else_does(
    world: Neighbours, marks: tuple[str, ...]
) -> None:
    mark(world, MARIA, *marks)
    mark(world, PAUL, "undeliverable_at")
    assert reactivate_mailbox(world.mailbox(MARIA).id, now=world.now)
    mailbox = world.mailbox(MARIA)
    assert (mailbox.undeliverable_at, mailbox.undeliverable_words, mailbox.blocked_at) == (None, None, None)
    assert world.mailbox(PAUL).undeliverable_at == world.now
    found = {(one.to, one.kind.value, one.facts.session.id, one.facts.cause, one.letter.sequence) for one in queued()}
    assert found == {
        (MARIA, "updated", world.first.id, Cause.AGAIN, 0),
        (MARIA, "waiting", world.second.id, Cause.REGISTERED, None),
    }
    (waiting,) = [letter.facts for letter in queued() if letter.kind == "waiting"]
    assert [(one.given_name, one.place_in_queue) for one in waiting.waiting] == [("Ana", 3)]
    assert not reactivate_mailbox(mailbox.id, now=world.now + MINUTE)


def test_a_mailbox_that_never_failed_is_told_nothing(world: Neighbours) -> None:
    assert not reactivate_mailbox(world.mailbox(MARIA).id, now=world.now)
    assert queued() == []


def test_a_reader_who_stopped_us_hears_nothing_when_the_address_works_again(world: Neighbours) -> None:
    mark(world, MARIA, "undeliverable_at", "stopped_at")
    assert reactivate_mailbox(world.mailbox(MARIA).id, now=world.now)
    assert (queued(), world.mailbox(MARIA).undeliverable_at, world.mailbox(MARIA).stopped_at) == ([], None, world.now)


@pytest.mark.parametrize(("at", "is_told"), [(-SECOND, True), (timedelta(0), False), (SECOND, False)])
def test_what_is_over_is_not_told_to_a_mailbox_that_is_reached_again(world: Neighbours, at: timedelta, *, is_told: bool) -> None:
    mark(world, MARIA, "undeliverable_at")
    reactivate_mailbox(world.mailbox(MARIA).id, now=world.first.ends_at + at)
    assert {letter.facts.session.id for letter in queued()} == ({world.first.id, world.second.id} if is_told else set())


@pytest.mark.parametrize("state", list(RegistrationState))
def test_only_a_place_in_line_is_told_to_a_mailbox_that_is_reached_again(world: Neighbours, state: RegistrationState) -> None:
    world.set_state("Gul", state)
    mark(world, GUL, "undeliverable_at")
    reactivate_mailbox(world.mailbox(GUL).id, now=world.now)
    found = {(one.kind.value, one.facts.session.id) for one in queued()}
    in_line = {("waiting", world.first.id)} if state in ("waiting", "offered") else set()
    assert found == in_line | {("updated", world.second.id)}


def test_a_family_in_line_hears_of_a_cancellation_with_its_reason(world: Neighbours) -> None:
    scheduling.cancel(world.first.id, "Flood", now=world.now)
    send_all()
    mark(world, RUTH, "undeliverable_at")
    reactivate_mailbox(world.mailbox(RUTH).id, now=world.now + MINUTE)
    (letter,) = [one for one in queued() if one.facts.session.id == world.first.id]
    assert (letter.to, letter.kind, letter.facts.cause, letter.facts.reason) == (RUTH, "cancelled", Cause.CANCELLED, "Flood")
    assert names(letter.facts.waiting) == ["Hal", "Gul"]


@pytest.mark.parametrize("kind", list(BounceKind))
@pytest.mark.parametrize("which", ["cancel", "invitation"])
def test_a_cancellation_that_did_not_arrive_is_sent_again(world: Neighbours, kind: BounceKind, which: str) -> None:
    invitation = last_letter(world, PAUL)
    registering.withdraw(world.registration("Ana").id, by_id=world.nora.id, now=world.now)
    send_all()
    bounce(world, PAUL, kind, last_letter(world, PAUL) if which == "cancel" else invitation)
    bounce(world, PAUL, BounceKind.HARD, last_letter(world, MARIA))
    mark(world, PAUL, "undeliverable_at")
    reactivate_mailbox(world.mailbox(PAUL).id, now=world.now + MINUTE)
    has_failed = which == "cancel" and kind in (BounceKind.HARD, BounceKind.POLICY)
    sent = [letter for letter in to(PAUL) if letter.facts.session.id == world.first.id]
    assert [(letter.kind, letter.method, letter.letter.sequence) for letter in sent] == ([("removed", "CANCEL", 1)] if has_failed else [])


@pytest.mark.parametrize("state", [LetterState.SENT, LetterState.FAILED, LetterState.DROPPED])
def test_a_cancellation_that_never_left_is_sent_once_the_mailbox_is_reached(world: Neighbours, state: LetterState) -> None:
    registering.withdraw(world.registration("Ana").id, by_id=world.nora.id, now=world.now)
    send_all()
    with transaction():
        last_letter(world, PAUL).state = state
    mark(world, PAUL, "undeliverable_at")
    reactivate_mailbox(world.mailbox(PAUL).id, now=world.now + MINUTE)
    sent = {letter.kind.value for letter in to(PAUL) if letter.facts.session.id == world.first.id}
    assert sent == (set() if state is LetterState.SENT else {"removed"})


# Refused addresses


def reports() -> dict[str, Queued]:
    return {letter.to: letter for letter in queued() if letter.kind == LetterKind.WRONG_ADDRESS}


def test_the_teacher_reads_which_students_stand_behind_an_address_that_fails_and_the_next_session_of_each(world: Neighbours) -> None:
    with transaction():
        world.second.set_time(
            starts_wall=world.second.starts_wall - timedelta(days=1),
            ends_wall=world.second.ends_wall - timedelta(days=1),
            zone=world.second.zone,
            fold=0,
            tzdata_version="2026f",
        )
        world.nora.zone, world.mailbox(NORA).locale = "Europe/Paris", "de"
    mark(world, MARIA, "undeliverable_at")
    assert report_undeliverable_mailboxes(now=world.now) == 1
    (letter,) = queued()
    facts, ana = letter.facts, world.students["Ana"]
    assert (letter.to, letter.kind, letter.letter.locale, letter.letter.session_id) == (NORA, "wrong_address", "de", None)
    assert (facts.reader, facts.reader_name, facts.reader_zone, facts.cause) == (Reader.TEACHER, "Nora", "Europe/Paris", Cause.BOUNCED)
    assert (facts.session.id, facts.reason) == (world.second.id, MARIA)
    assert [(one.given_name, one.family_name, one.place_in_queue) for one in facts.waiting] == [("Ana", ana.family_name, 3)]
    assert [(one.given_name, one.family_name) for one in facts.seated] == [("Ben", world.students["Ben"].family_name)]
    assert names(facts.stands_in_for) == ["Ben"]
    assert MARIA in letter.mail.text
    assert report_undeliverable_mailboxes(now=world.now + MINUTE) == 0


def test_each_teacher_reads_of_their_own_students_alone(world: Neighbours) -> None:
    third = world.make.outreach_session(world.carl)
    world.register(third, world.tom, "Eli")
    send_all()
    for address in (TOM, RUTH, HANA):
        mark(world, address, "undeliverable_at")
    assert report_undeliverable_mailboxes(now=world.now) == 4
    found = sorted((letter.to, letter.facts.reason, sorted(names(letter.facts.seated + letter.facts.waiting))) for letter in queued())
    assert found == [(NORA, HANA, ["Fay"]), (NORA, TOM, ["Eli"]), (SOL, RUTH, ["Gul", "Hal"]), (TOM, TOM, ["Eli"])]


@pytest.mark.parametrize(
    ("address", "marks"),
    [(OLGA, ("undeliverable_at",)), (PAUL, ("blocked_at",)), (MARIA, ("undeliverable_at", "stopped_at")), (MARIA, ())],
)
def test_an_address_that_nobody_would_write_to_or_that_works_is_not_reported(
    world: Neighbours, address: str, marks: tuple[str, ...]
) -> None:
    mark(world, address, *marks)
    assert report_undeliverable_mailboxes(now=world.now) == 0


@pytest.mark.parametrize("state", list(RegistrationState))
def test_an_address_is_reported_as_long_as_a_place_stands(world: Neighbours, state: RegistrationState) -> None:
    world.set_state("Eli", state)
    mark(world, ELI, "undeliverable_at")
    is_active = state in ("waiting", "offered", "pending", "confirmed")
    assert report_undeliverable_mailboxes(now=world.now) == is_active
    for letter in queued():
        assert (names(letter.facts.waiting), names(letter.facts.seated)) == (
            (["Eli"], []) if state is RegistrationState.WAITING else ([], ["Eli"])
        )


@pytest.mark.parametrize("state", list(SessionState))
def test_an_address_is_reported_for_published_sessions_alone(world: Neighbours, state: SessionState) -> None:
    with transaction():
        world.first.state = state
    mark(world, ELI, "undeliverable_at")
    assert report_undeliverable_mailboxes(now=world.now) == (state is SessionState.PUBLISHED)


@pytest.mark.parametrize(("at", "is_told"), [(-SECOND, 1), (timedelta(0), 0), (SECOND, 0)])
def test_an_address_is_reported_until_the_session_is_over(world: Neighbours, at: timedelta, is_told: int) -> None:
    mark(world, ELI, "undeliverable_at")
    assert report_undeliverable_mailboxes(now=world.first.ends_at + at) == is_told


# Blocked domains


def turned_away(
    world: Neighbours, number: int, *, at: datetime, kind: BounceKind = BounceKind.POLICY, of: int = 0, domain: str = PUPILS
) -> None:
    """So many mailboxes of a domain send a letter back that left a minute before; `of`: to so many more a letter was sent."""
    for index in range(number + of):
        mailbox = world.make.mailbox(f"x{index}@{domain}")
        name = f"letter {domain} {at} {index}"
        with transaction():
            enqueue([NewLetter(mailbox_id=mailbox.id, kind=LetterKind.DIGEST, facts={}, dedupe_key=name)], now=at - MINUTE)
            letter = db.session.scalars(select(Letter).where(Letter.dedupe_key == name)).one()
            letter.state, letter.settled_at = LetterState.SENT, at - MINUTE
            if index < number:
                facts = {"kind": kind, "words": f"550 at {at}", "at": at}
                db.session.add(Bounce(mailbox_id=mailbox.id, letter_id=letter.id, domain=domain, **facts))


def marked() -> set[str]:
    found = db.session.execute(select(BlockedDomain.domain, BlockedDomain.lifted_at)).all()
    db.session.rollback()
    return {row.domain for row in found if row.lifted_at is None}


@pytest.mark.parametrize(
    ("number", "of", "is_marked"), [(2, 0, False), (3, 0, True), (3, 3, True), (3, 4, False), (4, 4, True), (4, 5, False)]
)
def test_a_domain_is_marked_when_three_mailboxes_and_half_of_those_written_to_send_letters_back(
    world: Neighbours, number: int, of: int, *, is_marked: bool
) -> None:
    turned_away(world, number, of=of, at=world.now, domain="there.example")
    turned_away(world, 2, of=9, at=world.now, domain="other.example")
    update_blocked_domains(now=world.now + MINUTE)
    assert marked() == ({"there.example"} if is_marked else set())


@pytest.mark.parametrize("kind", list(BounceKind))
def test_only_refusals_by_policy_mark_a_domain(world: Neighbours, kind: BounceKind) -> None:
    turned_away(world, 4, at=world.now, kind=kind, domain="there.example")
    update_blocked_domains(now=world.now + MINUTE)
    assert marked() == ({"there.example"} if kind is BounceKind.POLICY else set())


@pytest.mark.parametrize(("later", "is_marked"), [(-MINUTE - SECOND, True), (-MINUTE, False), (timedelta(0), False)])
def test_what_left_a_week_ago_no_longer_counts(world: Neighbours, later: timedelta, *, is_marked: bool) -> None:
    turned_away(world, 3, at=world.now, domain="there.example")
    update_blocked_domains(now=world.now + WEEK + later)
    assert marked() == ({"there.example"} if is_marked else set())


def test_one_mailbox_that_sends_back_three_letters_is_one(world: Neighbours) -> None:
    for minutes in range(3):
        turned_away(world, 1, at=world.now + timedelta(minutes=minutes), domain="there.example")
    update_blocked_domains(now=world.now + timedelta(hours=1))
    assert marked() == set()


def test_the_newest_words_of_that_domain_are_kept(world: Neighbours) -> None:
    turned_away(world, 3, at=world.now + MINUTE, domain="there.example")
    turned_away(world, 3, at=world.now, domain="there.example")
    turned_away(world, 1, at=world.now + 2 * MINUTE, kind=BounceKind.SOFT, domain="there.example")
    turned_away(world, 1, at=world.now + 3 * MINUTE, domain="other.example")
    update_blocked_domains(now=world.now + timedelta(hours=1))
    row = db.session.get_one(BlockedDomain, "there.example")
    assert (row.words, row.since, row.lifted_at) == (f"550 at {world.now + MINUTE}", world.now + timedelta(hours=1), None)


def blocked_students() -> list[tuple[str, int]]:
    found = [(letter.to, BlockedDomainSnapshot.from_json(letter.letter.facts)) for letter in queued() if letter.kind == LetterKind.BLOCKED]
    return sorted((address, facts.students) for address, facts in found)


def test_families_of_a_blocked_domain_bear_the_mark_and_whoever_teaches_or_registered_them_is_asked(world: Neighbours) -> None:
    turned_away(world, 5, at=world.now)
    update_blocked_domains(now=world.now + MINUTE)
    assert blocked_students() == [(NORA, 3), (SOL, 1), (TOM, 3)]
    with_mark = set(db.session.scalars(select(Mailbox.address).where(Mailbox.blocked_at.is_not(None))))
    assert with_mark == {ANA, ELI, GUL, "dana@pupils.example"}
    assert {letter.letter.locale for letter in queued()} == {"en"}
    assert update_blocked_domains(now=world.now + 2 * MINUTE) == 0


@pytest.mark.parametrize("happens", ["over", "withdrawn", "nothing"])
def test_who_registered_a_student_is_asked_only_while_a_place_stands(world: Neighbours, happens: str) -> None:
    visitor = world.make.teacher(world.south, given_name="Vic", email="vic@south.example")
    third = world.make.outreach_session(world.carl, starts_wall=datetime(2027, 3, 2, 9))
    world.register(third, visitor, "Gul", "Hal")
    send_all()
    if happens == "withdrawn":
        registering.withdraw(world.registration("Gul", third).id, by_id=visitor.id, now=world.now)
        send_all()
    now = third.ends_at if happens == "over" else world.now + MINUTE
    turned_away(world, 5, at=now - MINUTE)
    update_blocked_domains(now=now)
    assert (("vic@south.example", 1) in blocked_students()) is (happens == "nothing")
    assert (SOL, 1) in blocked_students()


def test_a_domain_that_lets_us_in_is_asked_about_no_more_and_everybody_there_hears_what_stands(world: Neighbours) -> None:
    turned_away(world, 5, at=world.now)
    update_blocked_domains(now=world.now + MINUTE)
    send_all()
    mark(world, MARIA, "blocked_at")
    assert unblock_domain(PUPILS, now=world.now + 2 * MINUTE)
    assert who_gets_what(queued()) == {
        (ANA, "updated"): 1,
        (ANA, "waiting"): 1,
        ("dana@pupils.example", "updated"): 1,
        (ELI, "updated"): 1,
        (GUL, "updated"): 1,
        (GUL, "waiting"): 1,
    }
    assert world.mailbox(MARIA).blocked_at is not None
    send_all()
    assert update_blocked_domains(now=world.now + 3 * MINUTE) == 0
    assert blocked_students() == []
