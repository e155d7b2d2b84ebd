"""What a letter's row holds is read back as it was written, and what is left out says nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outreach.models.snapshots import (
    AccountSnapshot,
    ApplicationSnapshot,
    BlockedDomainSnapshot,
    Cause,
    LetterSnapshot,
    MessageAnswerSnapshot,
    ProposalSnapshot,
    Reader,
)
from tests.support.letter_cases import entry, facts, student, workshop

WHEN = datetime(2027, 3, 16, 16, 0, tzinfo=UTC)
ASKED = ProposalSnapshot(
    by=Reader.GUARDIAN, name="Maria", starts_at=WHEN, ends_at=WHEN + timedelta(hours=1), comment="Sorry", answer="declined"
)
FULL = facts(
    Reader.TEACHER,
    Cause.MOVED,
    session=workshop(is_provisional=True, decides_at=WHEN, is_cancelled=True, cancel_reason="Flood", frees_declined_seats=True),
    was=workshop(datetime(2027, 3, 17, 9)),
    seated=(student("Ana", 1, family_name="Cruz"),),
    waiting=(student("Ben", 2, place=3),),
    gone=(student("Cem", 3),),
    stands_in_for=(student("Dana", 4, school_name="North School"),),
    offered=(student("Eli", 5), student("Fay", 6)),
    offered_until=WHEN,
    entry=entry(4, is_first=True, is_transparent=True, answer="declined"),
    reason="Flood",
    asked=ProposalSnapshot(
        by=Reader.GUARDIAN, name="Maria", starts_at=WHEN, ends_at=WHEN + timedelta(hours=1), comment="Sorry", answer="declined"
    ),
    lead_minutes=1440,
    has_new_description=True,
    reader_zone="Europe/London",
)
BARE = LetterSnapshot(reader=Reader.GUARDIAN, reader_name="", cause=Cause.TIME, session=workshop())


@pytest.mark.parametrize(
    "one", [FULL, BARE, replace(FULL, was=None, entry=None, asked=None), replace(FULL, asked=ProposalSnapshot(by=Reader.HOST))]
)
def test_facts_of_a_letter_survive_the_database(one: LetterSnapshot) -> None:
    assert LetterSnapshot.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize(
    "one",
    [
        AccountSnapshot(purpose="reset", reader_name="Robin", link="https://outreach.example/reset"),
        AccountSnapshot(purpose="welcome", reader_name=""),
        ApplicationSnapshot(reader_name="Robin", role="teacher", place="North School", is_approved=True, note="Welcome"),
        BlockedDomainSnapshot(reader_name="Robin", domain="pupils.example", students=3, server_words="550"),
        MessageAnswerSnapshot(reader_name="Robin", comment="Yes.", student_name="Ana"),
    ],
)
def test_facts_of_official_letters_survive_the_database(one: Any) -> None:
    assert type(one).from_json(json.loads(json.dumps(one.to_json()))) == one


def test_what_is_left_out_says_nothing() -> None:
    assert (BARE.was, BARE.entry, BARE.asked, BARE.lead_minutes, BARE.offered_until) == (None,) * 5
    assert (BARE.seated, BARE.waiting, BARE.gone, BARE.stands_in_for, BARE.offered) == ((),) * 5
    assert (BARE.reason, BARE.reader_zone, BARE.has_new_description) == ("", "", False)
    assert (student().family_name, student().school_name, student().place_in_queue) == ("", "", None)
    session = workshop()
    assert (session.is_cancelled, session.is_provisional, session.frees_declined_seats, session.decides_at) == (False, False, False, None)
    asked = ProposalSnapshot(by=Reader.HOST)
    assert (asked.name, asked.starts_at, asked.ends_at, asked.comment, asked.answer) == ("", None, None, "", "")
    assert ApplicationSnapshot(reader_name="", role="teacher", place="", is_approved=False).note == ""
    assert BlockedDomainSnapshot(reader_name="", domain="x.example", students=1).server_words == ""
