"""The sentence on top of a letter: what happened, to whom, what is new, what isn't certain."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.models import Letter, LetterKind
from outreach.models.snapshots import Cause, ProposalSnapshot, Reader, SessionSnapshot, StudentSnapshot
from tests.support.letter_cases import WRITTEN, entry, online, student, workshop
from tests.support.letter_lines import (
    ABOUT_SESSIONS,
    AMY,
    ANA,
    AT,
    BEN,
    CONFIRM,
    DIGEST,
    GUARDIAN,
    GUS,
    HOST,
    INVITATION,
    MAYBE,
    MAYBE_DECIDES,
    NOTE,
    PROMOTED,
    REMOVED,
    ROSTER,
    SECOND,
    STUDENT,
    TEACHER,
    THEN,
    TITLED,
    UPDATED,
    WAITING,
    about,
    lead,
    moved,
    row,
)
from tests.support.received_letters import received

pytestmark = pytest.mark.usefixtures("in_small_app")

DECIDED_BY = " The host decides by Tuesday 16 March at 12:00 (New York) whether it will go ahead."
UNCERTAIN = f" The session is provisional.{DECIDED_BY}"
NEW_TIME = f"{TITLED} has a new time: Thursday 18 March 2027 at 14:00 (New York)."
CHANGE = f"There is a change to {THEN}. The time and place stay the same."
NEW_PLACE = f"{TITLED} {AT} has a new place: Skills lab, Harbor Hospital."
SAYS_IF_UNCERTAIN = (INVITATION, PROMOTED, UPDATED, WAITING, LetterKind.REMINDER, DIGEST, ROSTER, LetterKind.LINK)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (about(INVITATION, GUARDIAN, Cause.REGISTERED, entry=entry()), f"You have a seat at {THEN}."),
        (about(INVITATION, STUDENT, Cause.REGISTERED, seated=(ANA, BEN), entry=entry()), f"Ana and Ben have seats at {THEN}."),
        (about(INVITATION, TEACHER, Cause.REGISTERED, seated=(ANA,), entry=entry()), f"Some of your students have seats at {THEN}."),
        (
            about(PROMOTED, TEACHER, Cause.PROMOTED, entry=entry()),
            f"A seat has become free. Some of your students now have seats at {THEN}.",
        ),
        (about(PROMOTED, STUDENT, Cause.PROMOTED, seated=(ANA,), entry=entry()), f"A seat has become free. You now have a seat at {THEN}."),
        (about(PROMOTED, GUARDIAN, Cause.PROMOTED, seated=(ANA,), entry=entry()), f"A seat has become free. Ana now has a seat at {THEN}."),
        (
            about(UPDATED, GUARDIAN, Cause.PROMOTED, seated=(ANA, BEN), entry=entry()),
            f"A seat has become free. Ana and Ben now have seats at {THEN}.",
        ),
        (about(UPDATED, GUARDIAN, Cause.REGISTERED, seated=(ANA, BEN), entry=entry()), f"Ana and Ben have seats at {THEN}."),
        (
            about(UPDATED, GUARDIAN, Cause.WITHDRAWN, gone=(ANA,), entry=entry()),
            f"Ana is no longer coming to {THEN}. Your own part stays the same.",
        ),
        (
            about(UPDATED, GUARDIAN, Cause.WITHDRAWN, gone=(ANA, BEN), entry=entry()),
            f"Ana and Ben are no longer coming to {THEN}. Your own part stays the same.",
        ),
        (
            about(UPDATED, GUARDIAN, Cause.MOVED, waiting=(replace(ANA, place_in_queue=3),)),
            f"Ana is number 3 on the waiting list for {THEN}.",
        ),
        (
            about(UPDATED, GUARDIAN, Cause.MOVED, seated=(BEN,), waiting=(replace(ANA, place_in_queue=3),), entry=entry()),
            f"Ben has a seat at {THEN}.",
        ),
        (about(WAITING, STUDENT, Cause.REGISTERED, waiting=(ANA,)), f"You are on the waiting list for {THEN}."),
        (about(WAITING, GUARDIAN, Cause.REGISTERED, waiting=(ANA,)), f"Ana is on the waiting list for {THEN}."),
        (about(REMOVED, HOST, Cause.WITHDRAWN, entry=entry()), f"You are no longer hosting {THEN}."),
        (about(REMOVED, GUARDIAN, Cause.PUBLISHED, entry=entry()), f"You are no longer hosting {THEN}."),
        (about(REMOVED, GUARDIAN, Cause.WITHDRAWN, entry=entry()), f"You no longer take part in {THEN}."),
        (about(REMOVED, GUARDIAN, Cause.REGISTERED, gone=(ANA, BEN), entry=entry()), f"Ana and Ben are no longer coming to {THEN}."),
        (
            about(REMOVED, GUARDIAN, Cause.AGE, gone=(ANA,), entry=entry()),
            f"E-mails about {THEN} now go only to the student, who is of age on that day.",
        ),
        (about(DIGEST, TEACHER, Cause.MOVED, seated=(GUS,)), f"A seat has become free. Gus Hill now has a seat at {THEN}."),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,), was=workshop(title="Old")), f"1 of your students has a seat at {THEN}."),
        (about(DIGEST, TEACHER, Cause.MOVED, seated=(GUS,), was=workshop(is_cancelled=True)), f"Something has changed about {THEN}."),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS, AMY)), f"2 of your students have seats at {THEN}."),
        (about(DIGEST, TEACHER, Cause.REGISTERED, waiting=(GUS,)), f"1 of your students is on the waiting list for {THEN}."),
        (
            about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,), waiting=(AMY,)),
            f"1 of your students has a seat at {THEN}. 1 is on the waiting list.",
        ),
        (
            about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,), waiting=(AMY, ANA)),
            f"1 of your students has a seat at {THEN}. 2 are on the waiting list.",
        ),
        (
            about(DIGEST, TEACHER, Cause.REGISTERED, waiting=(GUS, AMY)),
            f"2 of your students are on the waiting list for {THEN}.",
        ),
        (
            about(DIGEST, TEACHER, Cause.PROMOTED, seated=(GUS, AMY)),
            f"Seats have become free. Gus Hill and Amy Diaz now have seats at {THEN}.",
        ),
        (about(DIGEST, TEACHER, Cause.WITHDRAWN, waiting=(GUS,)), f"Gus Hill is on the waiting list for {THEN}."),
        (about(DIGEST, TEACHER, Cause.WITHDRAWN, waiting=(GUS, AMY)), f"Gus Hill and Amy Diaz are on the waiting list for {THEN}."),
        (about(DIGEST, TEACHER, Cause.WITHDRAWN, gone=(GUS, AMY)), f"Gus Hill and Amy Diaz are no longer coming to {THEN}."),
        (
            about(DIGEST, TEACHER, Cause.OFFERED, offered=(GUS, AMY)),
            f"Seats are free at {THEN}. Would you like Gus Hill and Amy Diaz to have them?",
        ),
        (
            about(DIGEST, TEACHER, Cause.WITHDRAWN, gone=(GUS,), waiting=(AMY,)),
            f"There is news about {THEN}. Gus Hill is no longer coming. Amy Diaz is on the waiting list.",
        ),
        (
            about(DIGEST, TEACHER, Cause.PROMOTED, seated=(GUS,), waiting=(AMY,)),
            f"There is news about {THEN}. Gus Hill has a seat. Amy Diaz is on the waiting list.",
        ),
        (about(ROSTER, HOST, Cause.TIME), f"Nobody is coming to {THEN}."),
        (about(ROSTER, HOST, Cause.TIME, seated=(ANA,)), f"1 student is coming to {THEN}."),
        (about(ROSTER, HOST, Cause.TIME, seated=(ANA, BEN)), f"2 students are coming to {THEN}."),
        (about(NOTE, HOST, Cause.COUNTERED), f"Someone you invited would like another time for {THEN}."),
        (
            about(NOTE, HOST, Cause.FORWARDED, asked=ProposalSnapshot(by=TEACHER)),
            f"Someone you invited passed the invitation to {THEN} on to someone else.",
        ),
        (
            about(NOTE, TEACHER, Cause.FORWARDED, seated=(GUS,), asked=ProposalSnapshot(by=GUARDIAN)),
            f"The family of Gus Hill passed the invitation to {THEN} on to someone else.",
        ),
        (
            about(CONFIRM, GUARDIAN, Cause.FORWARDED),
            f"Someone answered your invitation to {THEN} from another address, so the answer doesn't count yet.",
        ),
    ],
)
def test_the_lead_says_what_happened_to_whom(one: Letter, said: str) -> None:
    assert lead(one) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"starts_wall": datetime(2027, 3, 18, 13, 59)}, NEW_TIME),
        ({"ends_wall": datetime(2027, 3, 18, 16, 1)}, f"There is a change to {THEN}. It now ends at 16:00."),
        (
            {"ends_wall": datetime(2027, 3, 18, 16, 1), "title": "Knots"},
            f"There is a change to {THEN}. It now ends at 16:00. The title has changed.",
        ),
        ({"zone": "America/Chicago"}, NEW_TIME),
        ({"fold": 1}, NEW_TIME),
        ({"site_name": "City Hospital"}, NEW_PLACE),
        ({"area_name": "Theatre 2"}, NEW_PLACE),
        ({"address": "2 Park Lane"}, NEW_PLACE),
        ({"meeting_point": "Back door"}, NEW_PLACE),
        ({"title": "Knots"}, f"{CHANGE} The title has changed."),
        ({"host_name": "Dr Kim Ng"}, f"{CHANGE} The host has changed."),
        ({"bring": ""}, f"{CHANGE} What to bring has changed."),
        ({"wear": ""}, f"{CHANGE} What to wear has changed."),
        ({"kit": ""}, f"{CHANGE} What each student gets has changed."),
        ({"title": "Knots", "kit": ""}, f"{CHANGE} The title has changed. What each student gets has changed."),
        (
            {"fold": 1, "area_name": "Theatre 2", "title": "Knots"},
            f"{TITLED} has a new time and a new place: Thursday 18 March 2027 at 14:00 (New York), Skills lab, Harbor Hospital.",
        ),
        ({"video_url": "https://video.example/r/1"}, f"{TITLED} {AT} has a new link to join."),
        ({"is_cancelled": True}, f"You have a seat at {THEN}."),
        ({"cancel_reason": "No", "frees_declined_seats": True}, f"You have a seat at {THEN}."),
    ],
)
def test_the_lead_says_what_is_new(changed: dict[str, Any], said: str) -> None:
    assert lead(moved(replace(workshop(), **changed))) == said


def test_a_new_description_is_news_of_its_own() -> None:
    one = moved(workshop(), has_new_description=True)

    assert lead(one) == f"{CHANGE} The description has changed."
    assert row(one, "Description") == "This has changed. Read it on the session's page."
    assert row(moved(workshop(fold=1)), "Description") is None


def test_new_words_about_an_uncertain_session_do_not_say_that_it_stays() -> None:
    one = moved(workshop(title="Knots", **MAYBE), now=workshop(**MAYBE))

    assert lead(one) == f"There is a change to {THEN}. The title has changed.{UNCERTAIN}"


@pytest.mark.parametrize(("number", "said"), [(3, "Ana, Ben, and Cem"), (4, "4 students")])
def test_more_than_three_students_are_counted_for_staff_and_named_for_a_family(number: int, said: str) -> None:
    gone = tuple(student(name, key) for key, name in enumerate(("Ana", "Ben", "Cem", "Dan")[:number]))

    assert lead(about(DIGEST, TEACHER, Cause.WITHDRAWN, gone=gone)) == f"{said} are no longer coming to {THEN}."
    assert "Ana, Ben" in lead(about(REMOVED, GUARDIAN, Cause.WITHDRAWN, gone=gone))


@pytest.mark.parametrize("by", [-SECOND, timedelta(0), SECOND])
def test_a_decision_that_is_late_is_called_late_from_its_last_moment_on(by: timedelta) -> None:
    session = workshop(**MAYBE)
    is_late = by >= timedelta(0)
    for reader, late, open_ in (
        (STUDENT, "The session is still provisional. The decision was due by", "The session is provisional. The host decides by"),
        (HOST, "The session is still provisional. The decision was due by", "The session is provisional. Please decide by"),
    ):
        said = lead(about(INVITATION, reader, Cause.REGISTERED, session=session, entry=entry(), at=MAYBE_DECIDES + by))
        assert (late in said, open_ in said) == (is_late, not is_late)


def test_clock_changes_are_no_news_about_the_decision() -> None:
    was = workshop(is_provisional=True, decides_at=MAYBE_DECIDES + SECOND)
    one = about(UPDATED, STUDENT, Cause.ZONE, session=workshop(**MAYBE), was=was, seated=(ANA,), entry=entry(1))

    assert lead(one) == f"{TITLED} is still on Thursday 18 March 2027 at 14:00 (New York, UTC−4).{UNCERTAIN}"


def test_a_move_that_also_decides_says_both() -> None:
    one = moved(workshop(datetime(2027, 3, 11, 10, 0), **MAYBE))

    assert lead(one) == f"{NEW_TIME} The session is now confirmed and will go ahead."


@pytest.mark.parametrize("kind", ABOUT_SESSIONS)
def test_who_plans_with_a_session_reads_on_top_that_it_is_not_certain(kind: LetterKind) -> None:
    one = about(kind, TEACHER, Cause.REGISTERED, session=workshop(**MAYBE), seated=(GUS,), waiting=(AMY,))

    assert ("The session is provisional." in lead(one)) == (kind in SAYS_IF_UNCERTAIN)
    assert "provisional" not in lead(about(kind, TEACHER, Cause.REGISTERED, seated=(GUS,), waiting=(AMY,)))


@pytest.mark.parametrize("kind", ABOUT_SESSIONS)
def test_who_plans_with_a_session_reads_that_it_became_certain(kind: LetterKind) -> None:
    one = about(kind, TEACHER, Cause.MOVED, was=workshop(datetime(2027, 3, 11, 10, 0), **MAYBE), seated=(GUS,), waiting=(AMY,))

    assert ("The session is now confirmed and will go ahead." in lead(one)) == (kind in SAYS_IF_UNCERTAIN)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (workshop(**MAYBE), workshop(), f"{THEN} is confirmed and will go ahead."),
        (workshop(), workshop(**MAYBE), f"{THEN} is now provisional.{DECIDED_BY}"),
        (
            workshop(is_provisional=True, decides_at=MAYBE_DECIDES - timedelta(days=1)),
            workshop(**MAYBE),
            f"There is a new decision time for {THEN}.{DECIDED_BY}",
        ),
        (workshop(**MAYBE), workshop(**MAYBE), f"You have a seat at {THEN}.{UNCERTAIN}"),
    ],
)
def test_what_became_of_the_decision_is_news(was: SessionSnapshot, now: SessionSnapshot, said: str) -> None:
    for cause in (Cause.DECIDED, Cause.PROVISIONAL, Cause.MOVED, Cause.WORDING, Cause.AGAIN):
        assert lead(about(UPDATED, STUDENT, cause, session=now, was=was, seated=(ANA,), entry=entry(1))) == said


def test_what_became_of_the_decision_is_news_for_a_teacher_too() -> None:
    decided = about(DIGEST, TEACHER, Cause.DECIDED, was=workshop(**MAYBE), seated=(GUS,))
    put_off = about(
        DIGEST, TEACHER, Cause.PROVISIONAL, session=workshop(**MAYBE), was=workshop(is_provisional=True, decides_at=WRITTEN), seated=(GUS,)
    )

    assert lead(decided) == f"{THEN} is confirmed and will go ahead."
    assert str(received(decided).message["Subject"]) == "Going ahead: Power of a Stitch, Thursday 18 March, 14:00 (New York)"
    assert str(received(put_off).message["Subject"]) == "New decision time: Power of a Stitch, Thursday 18 March, 14:00 (New York)"


def test_online_the_decision_time_names_its_clock() -> None:
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=online(**MAYBE), seated=(ANA,), entry=entry())

    assert "The host decides by Tuesday 16 March at 12:00 (New York) whether" in lead(one)


def test_a_provisional_session_without_a_decision_time_is_still_told() -> None:
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=workshop(is_provisional=True), seated=(ANA,), entry=entry())

    assert lead(one) == f"You have a seat at {THEN}. The session is provisional."
    assert row(one, "Status") == "Provisional"


@pytest.mark.parametrize(
    ("seated", "by", "who"),
    [
        ((student(school_name="Northside"),), STUDENT, "Ana (Northside)"),
        ((student(school_name="Northside"),), GUARDIAN, "The family of Ana (Northside)"),
        ((student(school_name="Northside"), student("Ben", 2, school_name="Northside")), GUARDIAN, "The family of Ana and Ben (Northside)"),
        ((student(school_name="Northside"), student("Ben", 2, school_name="Westview")), GUARDIAN, "The family of Ana and Ben"),
        ((student(),), STUDENT, "Ana"),
        ((), TEACHER, "Robin"),
    ],
)
def test_who_asks_is_named_with_their_school(seated: tuple[StudentSnapshot, ...], by: Reader, who: str) -> None:
    one = about(NOTE, HOST, Cause.COUNTERED, seated=seated, asked=ProposalSnapshot(by=by, name="Robin"))

    assert lead(one) == f"{who} would like another time for {THEN}."
