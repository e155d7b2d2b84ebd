"""A change before the last letter left: what waits is taken back, its news is carried on, and nobody hears of what never was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outreach.db import db, transaction
from outreach.models import Letter, LetterState, OutreachSession
from outreach.models.snapshots import Cause
from outreach.notifications import notify
from outreach.notifications.notify import resend_as_update, resend_replacing
from outreach.notifications.read import snapshot_of
from outreach.notifications.reminders import plan_reminders
from outreach.registration import use_cases as registering
from outreach.scheduling import use_cases as scheduling
from tests.support.builders import Builder
from tests.support.neighbours import ANA, CARL, ELI, GUL, HANA, MARIA, NORA, PAUL, RUTH, SOL, TOM, Neighbours
from tests.support.queued_letters import Queued, names, queued, send_all, to, who_gets_what

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


@pytest.fixture
def third(world: Neighbours) -> OutreachSession:
    """One seat, which Eli has; Ana waits. Nothing has left but the hosts' invitation."""
    third = world.make.outreach_session(world.carl, title="Third Stitch", capacity=1)
    with transaction():
        notify.notify_published(third, now=world.now)
    send_all()
    world.register(third, world.nora, "Eli", "Ana")
    world.now += MINUTE
    return third


def lease(address: str) -> None:
    """A worker has the letters for this address in hand."""
    letters = to(address)
    assert letters
    with transaction():
        for number, one in enumerate(letters):
            one.letter.state, one.letter.lease_token = LetterState.LEASED, f"{number}"
            one.letter.leased_until = one.letter.created_at + timedelta(minutes=10)


def letter_to(address: str) -> Queued:
    """Give the one letter with an entry that waits for this address."""
    (letter,) = [one for one in to(address) if one.facts.entry]
    return letter


def test_a_session_cancelled_before_the_invitation_left_is_never_mentioned(world: Neighbours, third: OutreachSession) -> None:
    scheduling.cancel(third.id, "Flood", now=world.now)
    waiters = {(address, "cancelled"): 1 for address in (ANA, MARIA, PAUL)}
    assert {key: n for key, n in who_gets_what(queued()).items() if key[1] != "digest"} == {(CARL, "cancelled"): 1} | waiters
    assert [letter.method for letter in queued() if letter.facts.entry] == ["CANCEL"]
    assert not world.invitation(ELI, third).is_live
    assert world.invitation(ELI, third).sent_sequence is None


def test_a_session_cancelled_while_the_invitation_is_leaving_is_cancelled_in_that_calendar(
    world: Neighbours, third: OutreachSession
) -> None:
    lease(ELI)
    scheduling.cancel(third.id, "Flood", now=world.now)
    letter = letter_to(ELI)
    assert (letter.kind, letter.method, letter.letter.sequence) == ("cancelled", "CANCEL", 1)
    assert not to(TOM)


def test_one_who_withdraws_before_the_invitation_left_hears_nothing_and_one_who_had_it_does(
    world: Neighbours, third: OutreachSession
) -> None:
    lease(TOM)
    registering.withdraw(world.registration("Eli", third).id, by_id=world.nora.id, now=world.now)
    assert not to(ELI)
    assert (letter_to(TOM).kind, letter_to(TOM).method, names(letter_to(TOM).facts.gone)) == ("removed", "CANCEL", ["Eli"])


def test_what_waited_is_dropped_and_the_same_news_is_in_the_new_letter(world: Neighbours, third: OutreachSession) -> None:
    before = letter_to(ELI)
    world.move(third)
    letter = letter_to(ELI)
    assert db.session.get_one(Letter, before.letter.id, populate_existing=True).state is LetterState.DROPPED
    assert (letter.kind, letter.letter.sequence, letter.facts.was) == ("invitation", 1, None)
    assert letter.facts.entry is not None
    assert letter.facts.entry.is_first
    assert "Back door" in letter.mail.text
    assert "Main entrance" not in letter.mail.text


def test_two_moves_before_the_first_was_told_are_told_as_one_from_what_they_knew(world: Neighbours) -> None:
    world.move(meeting_point="Back door")
    world.now += MINUTE
    world.move(meeting_point="Side door")
    for address in (HANA, NORA, ANA, MARIA):
        letter = letter_to(address)
        assert letter.facts.was is not None
        assert (letter.facts.was.meeting_point, letter.facts.session.meeting_point) == ("Main entrance", "Side door")
        assert "Back door" not in letter.mail.text
        assert "Main entrance" in letter.mail.text


def test_moved_there_and_back_before_anybody_was_told_shows_no_change(world: Neighbours) -> None:
    world.move(meeting_point="Back door")
    world.now += MINUTE
    world.move(meeting_point="Main entrance")
    assert letter_to(ANA).facts.was is None
    assert (letter_to(ANA).kind, letter_to(ANA).letter.sequence) == ("updated", 2)


def test_a_move_after_one_that_was_told_shows_what_was_told_last(world: Neighbours) -> None:
    world.move(meeting_point="Back door")
    send_all()
    world.now += MINUTE
    world.move(meeting_point="Side door", note="The back door is being painted.")
    for address in (HANA, NORA, ANA, MARIA):
        assert "The back door is being painted." in letter_to(address).mail.text
    assert letter_to(ANA).facts.was is not None
    assert letter_to(ANA).facts.was.meeting_point == "Back door"  # type: ignore[union-attr]  # as the line before says


def test_a_letter_that_may_have_left_counts_as_read(world: Neighbours) -> None:
    """A worker was cut off: the letter waits for another attempt, and may be there already."""
    world.move(meeting_point="Back door")
    with transaction():
        world.invitation(ANA).sent_sequence = world.invitation(MARIA).sent_sequence = 1
    registering.withdraw(world.registration("Ben").id, by_id=world.nora.id, now=world.now + MINUTE)
    assert letter_to(MARIA).facts.was is not None
    assert letter_to(MARIA).facts.was.meeting_point == "Main entrance"  # type: ignore[union-attr]  # as the line before says
    world.now += 2 * MINUTE
    world.move(meeting_point="Side door")
    known = {address: letter_to(address).facts.was for address in (ANA, PAUL)}
    assert {address: was and was.meeting_point for address, was in known.items()} == {ANA: "Back door", PAUL: "Main entrance"}


def test_two_moves_while_the_first_letter_is_leaving_are_told_from_what_it_says(world: Neighbours, third: OutreachSession) -> None:
    lease(ELI)
    world.move(third, meeting_point="Back door")
    world.now += MINUTE
    world.move(third, meeting_point="Side door")
    letter = letter_to(ELI)
    assert (letter.kind, letter.letter.sequence, letter.facts.was and letter.facts.was.meeting_point) == ("updated", 2, "Main entrance")


def test_a_sibling_who_left_is_still_named_when_the_session_moves_before_that_letter_left(world: Neighbours) -> None:
    registering.withdraw(world.registration("Ana").id, by_id=world.nora.id, now=world.now)
    world.now += MINUTE
    world.move()
    letter = letter_to(MARIA)
    assert (letter.kind, names(letter.facts.gone), names(letter.facts.seated)) == ("updated", ["Ana"], ["Ben"])
    assert letter.facts.was is not None
    assert "Ana" in letter.mail.text
    send_all()
    world.now += MINUTE
    world.move(meeting_point="Side door")
    assert letter_to(MARIA).facts.gone == ()


def test_a_student_who_left_and_came_back_before_that_letter_left_is_not_named_as_gone(world: Neighbours) -> None:
    with transaction():
        world.first.capacity = 20
    registering.withdraw(world.registration("Ana").id, by_id=world.nora.id, now=world.now)
    world.register(world.first, world.nora, "Ana")
    assert (letter_to(MARIA).kind, sorted(names(letter_to(MARIA).facts.seated)), letter_to(MARIA).facts.gone) == (
        "updated",
        ["Ana", "Ben"],
        (),
    )
    assert (letter_to(ANA).kind, names(letter_to(ANA).facts.seated), letter_to(ANA).facts.gone) == ("invitation", ["Ana"], ())
    assert not [letter.to for letter in queued() if letter.facts.entry and "no longer" in letter.mail.text]


def test_whoever_got_a_seat_still_reads_so_when_the_session_moves_before_that_letter_left(
    world: Neighbours, third: OutreachSession
) -> None:
    send_all()
    registering.withdraw(world.registration("Eli", third).id, by_id=world.nora.id, now=world.now)
    world.now += MINUTE
    world.move(third)
    letter = letter_to(ANA)
    assert (letter.kind, letter.letter.sequence) == ("promoted", 1)
    world.now += MINUTE
    send_all()
    world.move(third, meeting_point="Side door")
    assert letter_to(ANA).kind == "updated"


def test_a_new_description_is_still_mentioned_when_the_session_moves_before_that_letter_left(
    world: Neighbours, third: OutreachSession
) -> None:
    for one in (world.first, third):
        with transaction():
            notify.notify_wording(one, previous=snapshot_of(one), has_new_description=True, now=world.now)
    assert letter_to(PAUL).facts.has_new_description
    world.now += MINUTE
    world.move()
    world.move(third)
    assert letter_to(PAUL).facts.has_new_description
    assert {letter.facts.session.id: letter.facts.has_new_description for letter in to(ELI)} == {world.first.id: True, third.id: False}
    send_all()
    world.now += MINUTE
    world.move(meeting_point="Side door")
    assert not letter_to(PAUL).facts.has_new_description


def test_a_reminder_that_waits_goes_with_what_it_reminded_of(world: Neighbours) -> None:
    world.now = world.first.starts_at - timedelta(days=1)
    plan_reminders(now=world.now)
    world.move(days=1)
    assert {(letter.to, letter.kind) for letter in queued() if letter.kind == "reminder"} == {
        (address, "reminder") for address in (SOL, GUL, RUTH)
    }
    assert letter_to(ANA).facts.was is not None
    assert letter_to(ANA).facts.was.starts_at < world.first.starts_at  # type: ignore[union-attr]  # as the line before says


def test_news_that_waits_is_carried_on_by_whatever_is_sent_again(world: Neighbours) -> None:
    for again in (resend_as_update, resend_replacing):
        world.now += MINUTE
        world.move(meeting_point=f"Door {again.__name__}")
        sequence = world.invitation(ANA).sequence
        with transaction():
            if again is resend_as_update:
                assert resend_as_update(world.first, [world.invitation(ANA).id], now=world.now) == 1
            else:
                assert resend_replacing(world.first, [world.invitation(ANA).id], key="x", now=world.now) == 1
        letter = letter_to(ANA)
        assert letter.facts.was is not None
        assert letter.facts.was.meeting_point != letter.facts.session.meeting_point
        assert letter.letter.sequence == sequence + (again is resend_as_update)
        send_all()


def test_a_place_in_the_queue_nobody_was_told_of_is_never_mentioned(world: Neighbours, third: OutreachSession) -> None:
    registering.withdraw(world.registration("Ana", third).id, by_id=world.nora.id, now=world.now)
    assert {letter.to for letter in queued() if letter.kind != "digest"} == {ELI, TOM, NORA}


def test_a_family_hears_of_the_queue_once_for_both_children(world: Neighbours, third: OutreachSession) -> None:
    world.register(third, world.nora, "Ben")
    (letter,) = to(MARIA)
    assert (letter.kind, [(one.given_name, one.place_in_queue) for one in letter.facts.waiting]) == ("waiting", [("Ben", 2), ("Ana", 1)])
    send_all()
    registering.withdraw(world.registration("Ben", third).id, by_id=world.nora.id, now=world.now)
    (letter,) = to(MARIA)
    assert (letter.kind, names(letter.facts.gone), letter.facts.waiting) == ("removed", ["Ben"], ())


def test_of_two_who_wait_one_withdraws_before_the_letter_left_and_the_other_is_told(world: Neighbours, third: OutreachSession) -> None:
    world.register(third, world.nora, "Ben")
    world.now += MINUTE
    registering.withdraw(world.registration("Ben", third).id, by_id=world.nora.id, now=world.now)
    (letter,) = to(MARIA)
    assert (letter.kind, names(letter.facts.waiting), letter.facts.gone) == ("waiting", ["Ana"], ())
    assert "Ben" not in letter.mail.text


def test_a_place_in_the_queue_that_moves_before_it_was_told_is_told_with_the_new_time(world: Neighbours, third: OutreachSession) -> None:
    world.move(third, days=1)
    (letter,) = to(PAUL)
    assert (letter.kind, names(letter.facts.waiting)) == ("updated", ["Ana"])


def test_a_cancelled_session_is_cancelled_for_who_waits_too(world: Neighbours, third: OutreachSession) -> None:
    send_all()
    scheduling.cancel(third.id, "Flood", now=world.now)
    (letter,) = to(PAUL)
    assert (letter.kind, letter.method, names(letter.facts.waiting)) == ("cancelled", None, ["Ana"])
    assert "Flood" in letter.mail.text


def test_whoever_leaves_hears_it_once_and_by_the_cause(world: Neighbours) -> None:
    registering.withdraw(world.registration("Gul").id, by_id=world.sol.id, now=world.now)
    assert who_gets_what(queued()) == {(GUL, "removed"): 1, (RUTH, "removed"): 1}
    assert {letter.facts.cause for letter in queued()} == {Cause.WITHDRAWN}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        *((name, "Something else") for name in ("title", "host_name", "site_name", "area_name", "meeting_point", "bring", "wear", "kit")),
        ("video_url", "https://video.example/1"),
        ("zone", "Europe/Paris"),
        ("fold", 1),
        ("is_provisional", True),
        *((name, datetime(2027, 3, 17, 9)) for name in ("starts_wall", "ends_wall")),
        *((name, datetime(2027, 3, 17, 9, tzinfo=UTC)) for name in ("starts_at", "ends_at", "decides_at")),
    ],
)
def test_whatever_a_letter_shows_is_shown_beside_what_it_was(world: Neighbours, name: str, other: object) -> None:
    changes: dict[str, Any] = {name: other}
    was = replace(snapshot_of(world.first), **changes)
    with transaction():
        notify.notify_wording(world.first, previous=was, has_new_description=False, now=world.now)
    assert {letter.facts.was for letter in queued()} == {was}


def test_what_no_letter_shows_is_no_change(world: Neighbours) -> None:
    was = replace(snapshot_of(world.first), format_name="Something else", frees_declined_seats=True)
    with transaction():
        notify.notify_wording(world.first, previous=was, has_new_description=True, now=world.now)
    assert {letter.facts.was for letter in queued()} == {None}
