"""Whatever people do in whatever order, and whatever becomes of the letters: all is as the model of the rules says.

After each act: whether it is allowed, who sits and who waits, who is written to. When all letters have arrived: rosters and calendars.
Each run lives the same sequences. OUTREACH_SEQUENCES=500-900 lives those instead, each longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from structlog.testing import capture_logs

from tests.journeys.sequences.acts import Act
from tests.journeys.sequences.by_families import AUTHSERV_ID
from tests.journeys.sequences.checking import calendars_are_true, roster_is_true, shown
from tests.journeys.sequences.drawing import drawn, shortest
from tests.journeys.sequences.steps import AllArrives, Jobs, Round, Step, Wait
from tests.journeys.sequences.world import World
from tests.support.calendars import Entry, Mail

# Each begins where nothing else soon leads (see drawing.py): offers on the last day taken (1), declined (3) or lapsed at the start (13); a
# domain marked (7); readers who say it isn't them (25); families that disagree (24); a rule that tightens (9); moves in and out of the last
# day (17); accounts closed and opened (5); somebody accepted again (19). Odd ones are mostly acts, even ones mostly letters that get lost.
CHOSEN = (1, 3, 5, 7, 9, 13, 17, 19, 24, 25)
ON_POSTGRESQL = (3, 5, 9)


def live(world: World, steps: Sequence[Step]) -> None:
    """Live a sequence; each act is compared, and calendars whenever all that waits has been delivered, and at the end."""
    world.begin_again()
    for step in (*steps, AllArrives()):
        match step:
            case Act():
                world.do(step)
            case Round(fates, act, place):
                world.deliver(fates, {place: act} if act else {})
            case Wait(time):
                world.wait(time)
            case Jobs():
                world.do_jobs()
            case AllArrives():
                world.deliver_everything()
                with world.app.app_context():
                    calendars_are_true(world)
                    for session in world.model.sessions:
                        roster_is_true(world, session)
        world.wait(timedelta(milliseconds=200))
    assert_letters_come_in_order(world)


def live_each(world: World, numbers: Sequence[int], steps: int) -> None:
    """Live the sequences of these numbers; of one that goes wrong, say the shortest that still does."""
    for number in numbers:
        if trouble(world, drawn(number, steps=steps)):
            sequence = shortest(drawn(number, steps=steps), lambda fewer: trouble(world, fewer) is not None)
            lines = "\n  ".join(str(step) for step in sequence)
            raise AssertionError(f"Sequence {number}, made shorter:\n  {lines}") from trouble(world, sequence)


def trouble(world: World, steps: Sequence[Step]) -> Exception | None:
    """Live a sequence and give what goes wrong, if anything."""
    try:
        with capture_logs():
            live(world, steps)
    except Exception as error:  # noqa: BLE001 (whatever it is, it shouldn't be)
        return error
    return None


def assert_letters_come_in_order(world: World) -> None:
    """One UID for each session in a calendar, one organizer; a revision never goes back, and a newer letter is stamped later."""
    latest: dict[tuple[str, int], Mail] = {}
    for mail in world.wire.arrived:
        if mail.ics is None:
            continue
        key = mail.recipient, mail.entry.session_id
        before = latest.get(key)
        assert mail.entry.attendees == (mail.recipient,)
        if before is not None and before.raw != mail.raw:
            assert (before.entry.uid, before.entry.organizer) == (mail.entry.uid, mail.entry.organizer)
            assert before.entry.sequence <= mail.entry.sequence
            assert before.entry.stamp < mail.entry.stamp or replace(before.entry, partstat="") == replace(mail.entry, partstat="")
            assert mail.entry.partstat == "NEEDS-ACTION" or not must_ask_anew(world, before.entry, mail)
        latest[key] = mail


def must_ask_anew(world: World, before: Entry, mail: Mail) -> bool:
    """Another time, place or status than was shown before asks again, unless the reader answered since, on the page."""
    after = mail.entry
    answered = any(
        said.address == mail.recipient and said.session_id == before.session_id and said.sequence > before.sequence for said in world.said
    )
    is_new = replace(shown(before), is_busy=after.is_busy) != shown(after)
    return after.method == "REQUEST" and is_new and not answered


def asked_for(usual: Sequence[int]) -> tuple[Sequence[int], int]:
    """Give the sequences to live, and how long each is."""
    first, _, last = os.environ.get("OUTREACH_SEQUENCES", "").partition("-")
    return (range(int(first), int(last or int(first) + 1)), 60) if first else (usual, 25)


@pytest.mark.empty_database
def test_after_any_sequence_everything_is_as_the_rules_say(app_with: Callable[..., Flask]) -> None:
    live_each(World.made(app_with(authserv_id=AUTHSERV_ID)), *asked_for(CHOSEN))


@pytest.mark.postgresql
@pytest.mark.empty_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_so_it_does_on_postgresql(app_with: Callable[..., Flask]) -> None:
    live_each(World.made(app_with(authserv_id=AUTHSERV_ID)), *asked_for(ON_POSTGRESQL))
