"""Who reads what was written when a student leaves: the reason a host gives, a teacher's note to the school's own records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.registration import use_cases as registering
from outreach.scheduling import use_cases as scheduling
from tests.support.builders import Builder
from tests.support.neighbours import ANA, HANA, MARIA, NORA, PAUL, RUTH, SOL, Neighbours
from tests.support.queued_letters import names, queued, send_all, to

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
REASON = "Too few supervisors on that day."


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


def who_reads(words: str) -> set[str]:
    read = [letter for letter in queued() if words in letter.mail.everything]
    assert all(words in letter.mail.text and words in letter.mail.html for letter in read)
    return {letter.to for letter in read}


def test_a_family_and_its_teacher_read_why_a_host_took_the_student_off_and_whoever_gets_the_seat_does_not(world: Neighbours) -> None:
    registering.remove(world.registration("Ana").id, by_id=world.hana.id, reason=REASON, now=world.now)
    assert {letter.to for letter in queued()} == {ANA, MARIA, PAUL, NORA, RUTH, SOL}
    assert who_reads(REASON) == {ANA, MARIA, PAUL, NORA}
    assert {letter.to for letter in queued() if letter.facts.reason} == {ANA, MARIA, PAUL, NORA}


def test_the_reason_is_read_where_somebody_who_waits_is_taken_off(world: Neighbours) -> None:
    registering.remove(world.registration("Gul").id, by_id=world.hana.id, reason=REASON, now=world.now)
    assert {letter.to for letter in queued()} == who_reads(REASON) == {"gul@pupils.example", RUTH, SOL}


def test_a_teacher_whose_last_student_is_taken_off_reads_why_beside_the_cancelled_entry(world: Neighbours) -> None:
    registering.remove(world.registration("Gul", world.second).id, by_id=world.carl.id, reason=REASON, now=world.now)
    letters = {letter.kind.value: letter for letter in to(SOL)}
    assert letters.keys() == {"digest"}, "Hal, who waited, has the seat now"
    send_all()
    later = world.now + timedelta(minutes=1)
    registering.remove(world.registration("Hal", world.second).id, by_id=world.carl.id, reason=REASON, now=later)
    letters = {letter.kind.value: letter for letter in to(SOL)}
    assert letters.keys() == {"removed", "digest"}
    assert all(REASON in letter.mail.text for letter in letters.values())


def test_a_note_of_the_school_is_in_no_letter(world: Neighbours) -> None:
    registering.withdraw(world.registration("Ana").id, by_id=world.nora.id, note="Her grandfather died.", now=world.now)
    assert queued()
    assert who_reads("grandfather") == set()


def test_everybody_reads_why_a_session_is_cancelled(world: Neighbours) -> None:
    scheduling.cancel(world.first.id, REASON, now=world.now)
    assert {letter.to for letter in queued()} == who_reads(REASON)
    assert {HANA, NORA, SOL, RUTH, ANA} <= who_reads(REASON)


def test_a_guardian_of_one_who_leaves_and_one_who_gets_the_seat_reads_both(world: Neighbours) -> None:
    registering.remove(world.registration("Gul", world.second).id, by_id=world.carl.id, reason=REASON, now=world.now)
    (letter,) = to(RUTH)
    assert (letter.kind, names(letter.facts.gone), names(letter.facts.seated)) == ("updated", ["Gul"], ["Hal"])
    assert REASON in letter.mail.text
    assert all(name in letter.mail.text for name in ("Gul", "Hal"))
