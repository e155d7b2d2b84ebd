"""The table of facts in a letter: what stands in it for whom, and what was before beside what is now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from outreach.models import LetterKind
from outreach.models.snapshots import Cause, LetterSnapshot, ProposalSnapshot, Reader, SessionSnapshot
from tests.support.letter_cases import CASES, entry, online, student, workshop
from tests.support.letter_lines import (
    ABOUT_SESSIONS,
    AMY,
    ANA,
    BEN,
    CANCELLED,
    CONFIRM,
    DIGEST,
    GUARDIAN,
    GUS,
    HOST,
    INVITATION,
    MAYBE,
    NOTE,
    PROMOTED,
    REMOVED,
    ROSTER,
    STUDENT,
    TEACHER,
    THEN,
    UPDATED,
    about,
    lead,
    lines,
    moved,
    row,
)
from tests.support.received_letters import received

pytestmark = pytest.mark.usefixtures("in_small_app")


def test_what_changed_stands_struck_beside_what_is_now() -> None:
    was = workshop(
        datetime(2027, 3, 11, 10, 0), title="Knots", site_name="City Hospital", host_name="Dr Kim Ng", bring="", wear="Gown", kit="Pad"
    )
    one = moved(was)

    assert row(one, "What") == "~~Knots~~ / **Power of a Stitch**"
    assert row(one, "When") == (
        "~~Thursday 11 March 2027 / 10:00 to 12:00 (New York, UTC−5)~~ / **Thursday 18 March 2027 / 14:00 to 16:00 (New York, UTC−4)**"
    )
    assert row(one, "Where") == (
        "~~Skills lab, City Hospital / 1 Main Street / New York / Meet at: Main entrance~~ / "
        "**Skills lab, Harbor Hospital / 1 Main Street / New York / Meet at: Main entrance**"
    )
    assert row(one, "Host") == "~~Dr Kim Ng~~ / **Dr Sam Lee**"
    assert row(one, "What to bring") == "~~nothing~~ / **Long hair tied back / Closed shoes**"
    assert row(one, "What to wear") == "~~Gown~~ / **Short sleeves**"
    assert row(one, "Kit for each student") == "~~Pad~~ / **Needle holder, forceps, scissors, pad**"
    assert "  Before: nothing\n  Now: Long hair tied back\n    Closed shoes\n" in received(one).text


def test_what_is_no_longer_needed_is_struck_and_nothing_stands_beside_it() -> None:
    one = moved(workshop(bring="An apron"), now=workshop(bring=""))

    assert row(one, "What to bring") == "~~An apron~~"
    assert "What to bring (changed)\n  Before: An apron\n  Now: nothing\n" in received(one).text


def test_nothing_is_struck_that_stayed() -> None:
    shown = "\n".join(lines(moved(workshop(fold=1, wear="Gown"))))

    assert shown.count("~~") == 2
    assert "changed" not in "\n".join(lines(CASES["invitation-student"]))
    assert row(moved(workshop(fold=1)), "What") is None


@pytest.mark.parametrize(
    ("now", "was", "status"),
    [
        (workshop(), None, None),
        (workshop(), workshop(fold=1), None),
        (workshop(**MAYBE), None, "Provisional, to be decided by Tuesday 16 March 2027, 12:00 (New York, UTC−4)"),
        (
            workshop(),
            workshop(**MAYBE),
            "~~Provisional, to be decided by Tuesday 16 March 2027, 12:00 (New York, UTC−4)~~ / **Going ahead**",
        ),
        (
            workshop(**MAYBE),
            workshop(),
            "~~Going ahead~~ / **Provisional, to be decided by Tuesday 16 March 2027, 12:00 (New York, UTC−4)**",
        ),
    ],
)
def test_whether_it_is_certain_has_a_row_as_long_as_that_matters(
    now: SessionSnapshot, was: SessionSnapshot | None, status: str | None
) -> None:
    assert row(about(UPDATED, STUDENT, Cause.MOVED, session=now, was=was, seated=(ANA,), entry=entry(1)), "Status") == status


@pytest.mark.parametrize(
    ("reader", "cause", "more", "who"),
    [
        (GUARDIAN, Cause.REGISTERED, {"seated": (ANA,)}, ("Who", "Ana")),
        (GUARDIAN, Cause.REGISTERED, {"seated": (ANA, BEN)}, ("Who", "Ana and Ben")),
        (STUDENT, Cause.REGISTERED, {"seated": (ANA,)}, None),
        (STUDENT, Cause.REGISTERED, {"seated": (ANA, BEN)}, ("Who", "Ana and Ben")),
        (TEACHER, Cause.REGISTERED, {"seated": (ANA,)}, ("Your family", "Ana")),
        (HOST, Cause.PUBLISHED, {"seated": (ANA,)}, ("Your family", "Ana")),
        (HOST, Cause.PUBLISHED, {}, None),
        (GUARDIAN, Cause.REGISTERED, {"seated": (ANA,), "waiting": (BEN,)}, ("Who", "Ana has a seat / Ben is on the waiting list")),
        (
            GUARDIAN,
            Cause.REGISTERED,
            {"waiting": (replace(ANA, place_in_queue=2), replace(BEN, place_in_queue=5))},
            ("Who", "Ana is number 2 on the waiting list / Ben is number 5 on the waiting list"),
        ),
        (GUARDIAN, Cause.WITHDRAWN, {"seated": (ANA,), "gone": (BEN,)}, ("Who", "Ana has a seat / Ben is no longer coming")),
    ],
)
def test_a_family_reads_which_of_its_own_it_is_about(
    reader: Reader, cause: Cause, more: dict[str, Any], who: tuple[str, str] | None
) -> None:
    one = about(UPDATED, reader, cause, entry=entry(1), **more)
    shown = {label: said for label in ("Who", "Your family") if (said := row(one, label))}

    assert shown == (dict([who]) if who else {})


@pytest.mark.parametrize("kind", [DIGEST, ROSTER, NOTE, LetterKind.WRONG_ADDRESS, REMOVED])
def test_lists_and_farewells_name_students_once(kind: LetterKind) -> None:
    shown = lines(about(kind, TEACHER if kind is not ROSTER else HOST, Cause.WITHDRAWN, gone=(GUS,), seated=(AMY,)))

    assert not [line for line in shown if line.startswith(("Who | ", "Your family | "))]


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in LetterKind
        if kind not in (LetterKind.ACCOUNT, LetterKind.APPLICATION, LetterKind.BLOCKED, LetterKind.MESSAGE_ANSWER, LetterKind.JOB)
    ],
)
def test_who_takes_part_reads_what_to_bring_and_nobody_else(kind: LetterKind) -> None:
    takes_part = kind in (INVITATION, PROMOTED, UPDATED, LetterKind.REMINDER, DIGEST, LetterKind.LINK)
    one = about(kind, TEACHER, Cause.REGISTERED, seated=(GUS,), entry=entry())

    for label in ("What to bring", "What to wear", "Kit for each student"):
        assert (row(one, label) is not None) == takes_part


@pytest.mark.parametrize(("more", "shown"), [({}, False), ({"waiting": (GUS,)}, False), ({"seated": (GUS,)}, True)])
def test_a_teacher_reads_what_to_bring_if_a_student_of_theirs_comes(more: dict[str, Any], *, shown: bool) -> None:
    assert (row(about(DIGEST, TEACHER, Cause.REGISTERED, **more), "What to bring") is not None) == shown
    assert row(about(DIGEST, TEACHER, Cause.CANCELLED, **more), "What to bring") is None


def test_whoever_brings_nothing_finds_no_empty_row() -> None:
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=workshop(bring="", wear=" ", kit=""), seated=(ANA,), entry=entry())

    labels = ("What to bring", "What to wear", "Kit for each student", "Reason", "Join", "Status")
    assert [row(one, label) for label in labels] == [None] * 6


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in LetterKind
        if kind not in (LetterKind.ACCOUNT, LetterKind.APPLICATION, LetterKind.BLOCKED, LetterKind.MESSAGE_ANSWER, LetterKind.JOB)
    ],
)
@pytest.mark.parametrize("has_entry", [True, False])
def test_who_has_a_seat_or_a_part_and_nobody_else_knows_the_link_to_join(kind: LetterKind, *, has_entry: bool) -> None:
    knows = kind in (LetterKind.REMINDER, ROSTER) or (has_entry and kind in (INVITATION, PROMOTED, UPDATED))
    one = about(kind, HOST, Cause.REGISTERED, session=online(), seated=(ANA,), entry=entry() if has_entry else None)

    assert ("video.example" in received(one).everything) == knows


@pytest.mark.parametrize("part", ["address", "bring", "wear", "kit", "cancel_reason"])
def test_what_was_typed_on_several_lines_is_read_on_several_lines(part: str) -> None:
    typed: dict[str, Any] = {part: "First line\r\n\n  second line  \n"}
    session = workshop(**typed)
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=session, seated=(ANA,), entry=entry())

    assert "First line\n    second line\n" in received(one).text
    assert any("First line / second line" in line for line in lines(one))


def test_a_reason_in_several_lines_is_read_as_it_was_written() -> None:
    one = about(REMOVED, GUARDIAN, Cause.REMOVED, gone=(ANA,), reason="Too few supervisors.\n\n We are sorry. ", entry=entry(1))

    assert row(one, "Reason") == "Too few supervisors. / We are sorry."
    assert "Reason: Too few supervisors.\n    We are sorry.\n" in received(one).text


def test_the_reason_of_this_letter_goes_before_the_one_of_a_cancellation() -> None:
    session = workshop(cancel_reason="The host is ill.")

    assert row(about(CANCELLED, GUARDIAN, Cause.CANCELLED, session=session), "Reason") == "The host is ill."
    assert row(about(CANCELLED, GUARDIAN, Cause.CANCELLED, session=session, reason="No theatre."), "Reason") == "No theatre."


@pytest.mark.parametrize("cause", Cause)
def test_an_address_is_called_an_address_where_it_is_one(cause: Cause) -> None:
    label = "Address" if cause in (Cause.ADDRESS, Cause.BOUNCED) else "Reason"

    assert row(about(LetterKind.WRONG_ADDRESS, TEACHER, cause, seated=(GUS,), reason="old@family.example"), label) == "old@family.example"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"starts_at": datetime(2027, 3, 25, 19, tzinfo=UTC)}, None),
        ({"ends_at": datetime(2027, 3, 25, 21, tzinfo=UTC)}, None),
        (
            {"starts_at": datetime(2027, 3, 25, 19, tzinfo=UTC), "ends_at": datetime(2027, 3, 25, 21, tzinfo=UTC)},
            "Thursday 25 March 2027 / 15:00 to 17:00 (New York, UTC−4)",
        ),
    ],
)
def test_a_time_is_proposed_only_with_start_and_end(asked: dict[str, Any], shown: str | None) -> None:
    assert row(about(NOTE, HOST, Cause.COUNTERED, seated=(ANA,), asked=ProposalSnapshot(by=STUDENT, **asked)), "Proposed time") == shown


def test_a_proposal_is_read_in_the_words_of_who_made_it() -> None:
    asked = ProposalSnapshot(by=STUDENT, comment="  I have an exam.\n\n A week later? ")

    assert row(about(NOTE, HOST, Cause.COUNTERED, seated=(ANA,), asked=asked), "Their message") == "I have an exam. / A week later?"


@pytest.mark.parametrize(("answer", "shown"), [("accepted", "Coming"), ("tentative", "Not sure"), ("declined", "Can't come"), ("", None)])
def test_the_answer_in_question_is_read_in_plain_words(answer: str, shown: str | None) -> None:
    assert row(about(CONFIRM, STUDENT, Cause.FORWARDED, asked=ProposalSnapshot(by=STUDENT, answer=answer)), "The answer") == shown


def test_a_roster_lists_schools_and_given_names_in_order() -> None:
    people = (("Zoe", "Westview"), ("Ben", "Northside"), ("Ana", "Westview"), ("Cem", ""))
    coming = tuple(student(name, number, school_name=school) for number, (name, school) in enumerate(people))
    one = about(ROSTER, HOST, Cause.TIME, seated=coming)
    shown = lines(one)

    assert shown[shown.index("## 1 student") :][:7] == [
        *("## 1 student", "Cem", "## Northside: 1 student", "Ben", "## Westview: 2 students", "Ana", "Zoe"),
    ]
    assert lead(one) == f"4 students from 3 schools are coming to {THEN}."


@pytest.mark.parametrize("wall", ["starts_wall", "ends_wall"])
def test_a_time_the_clock_skips_stands_in_calendars_as_the_instant_that_was_told(wall: str) -> None:
    """New rules may skip what was promised: the entry must still be found, moved and taken out."""
    starts_wall = datetime(2027, 3, 14, 2, 30) if wall == "starts_wall" else datetime(2027, 3, 14, 1, 30)
    minutes = 120 if wall == "starts_wall" else 60
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=workshop(starts_wall, minutes=minutes), seated=(ANA,), entry=entry())
    session = LetterSnapshot.from_json(one.facts).session
    ics = received(one).ics
    assert ics is not None

    for name, moment in (("DTSTART", session.starts_at), ("DTEND", session.ends_at)):
        assert f"\r\n{name}:{moment:%Y%m%dT%H%M%SZ}\r\n".encode() in ics
    assert b"VTIMEZONE" not in ics


def test_a_cancelled_call_is_taken_out_without_its_link() -> None:
    event = received(about(CANCELLED, STUDENT, Cause.CANCELLED, session=online(), seated=(ANA,), entry=entry(1))).event

    assert (event.get("CONFERENCE"), "video" in event["DESCRIPTION"]) == (None, False)


@pytest.mark.parametrize("reader_zone", ["", "America/New_York", "Europe/London", "Australia/Sydney"])
def test_online_a_reader_elsewhere_reads_their_own_time_too(reader_zone: str) -> None:
    own = {
        "Europe/London": " / Your time: Thursday 18 March 2027, 21:00 to 23:00 (London, UTC)",
        "Australia/Sydney": " / Your time: Friday 19 March 2027, 08:00 to 10:00 (Sydney, UTC+11)",
    }
    for session, shown in ((online(), own.get(reader_zone, "")), (workshop(datetime(2027, 3, 18, 17, 0)), "")):
        one = about(INVITATION, STUDENT, Cause.REGISTERED, session=session, seated=(ANA,), entry=entry(), reader_zone=reader_zone)

        assert row(one, "When") == f"Thursday 18 March 2027 / 17:00 to 19:00 (New York, UTC−4){shown}"


@pytest.mark.parametrize(
    ("starts_wall", "minutes", "extra"),
    [
        (datetime(2027, 3, 28, 0, 30), 120, " / The clocks change during the session: it ends at 02:30 (London, UTC+1)"),
        (datetime(2027, 3, 28, 3, 30), 120, ""),
    ],
)
def test_an_end_after_a_clock_change_says_on_which_clock(starts_wall: datetime, minutes: int, extra: str) -> None:
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=workshop(starts_wall, zone="Europe/London", minutes=minutes), entry=entry())

    shown = row(one, "When")
    assert shown is not None
    assert shown.endswith(extra or "05:30 (London, UTC+1)")
    assert ("clocks change" in shown) == bool(extra)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({}, "Skills lab, Harbor Hospital / 1 Main Street / New York / Meet at: Main entrance"),
        ({"meeting_point": ""}, "Skills lab, Harbor Hospital / 1 Main Street / New York"),
        ({"area_name": ""}, "Harbor Hospital / 1 Main Street / New York / Meet at: Main entrance"),
        ({"address": ""}, "Skills lab, Harbor Hospital / Meet at: Main entrance"),
        ({"site_name": "", "area_name": ""}, "Online"),
    ],
)
def test_a_place_is_told_from_the_door_outwards(changed: dict[str, Any], where: str) -> None:
    assert row(about(INVITATION, STUDENT, Cause.REGISTERED, session=workshop(**changed), entry=entry()), "Where") == where


@pytest.mark.parametrize("kind", ABOUT_SESSIONS)
@pytest.mark.parametrize("cause", [Cause.CANCELLED, Cause.MOVED])
def test_the_day_is_struck_where_nothing_takes_place_and_missing_where_only_the_reader_is_off_the_list(
    kind: LetterKind, cause: Cause
) -> None:
    shown = lines(about(kind, TEACHER, cause, seated=(GUS,)))

    day = [line for line in shown if line in ("18", "~~18~~")]
    only_the_reader = kind in (REMOVED, LetterKind.NOT_MINE)
    assert day == ([] if only_the_reader else ["~~18~~" if cause is Cause.CANCELLED else "18"])
    assert ("Thu" in shown, "Mar" in shown) == (not only_the_reader,) * 2
    assert "Outreach | Stitch workshop" in shown
