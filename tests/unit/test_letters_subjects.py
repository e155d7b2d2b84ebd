"""Subjects: what happened, to which session, when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.models import LetterKind
from outreach.models.snapshots import Cause, ProposalSnapshot, SessionSnapshot
from tests.support.letter_cases import entry, workshop
from tests.support.letter_lines import (
    AMY,
    ANA,
    BEN,
    CANCELLED,
    CONFIRM,
    DIGEST,
    GUARDIAN,
    GUS,
    INVITATION,
    MAYBE,
    NOTE,
    PROMOTED,
    REMOVED,
    ROSTER,
    SECOND,
    STUDENT,
    TEACHER,
    TITLED,
    UPDATED,
    WAITING,
    about,
    lead,
)
from tests.support.received_letters import received

pytestmark = pytest.mark.usefixtures("in_small_app")

WHICH = "Power of a Stitch, Thursday 18 March, 14:00 (New York)"


@pytest.mark.parametrize(
    ("before", "subject", "said"),
    [
        (timedelta(seconds=29), "In 1 minute", "starts in 1 minute, on"),
        (timedelta(minutes=2), "In 2 minutes", "starts in 2 minutes, on"),
        (timedelta(minutes=90) - SECOND, "In 90 minutes", "starts in 90 minutes, on"),
        (timedelta(minutes=90), "In 2 hours", "starts in 2 hours, on"),
        (timedelta(minutes=149), "In 2 hours", "starts in 2 hours, on"),
        (timedelta(minutes=151), "In 3 hours", "starts in 3 hours, on"),
        (timedelta(hours=6) - SECOND, "In 6 hours", "starts in 6 hours, on"),
        (timedelta(hours=6), "Today", "is today,"),
        (timedelta(hours=14), "Today", "is today,"),
        (timedelta(hours=14, seconds=1), "Tomorrow", "is tomorrow,"),
        (timedelta(hours=38), "Tomorrow", "is tomorrow,"),
        (timedelta(hours=38, seconds=1), "In 2 days", "is in 2 days, on"),
    ],
)
def test_a_reminder_says_how_soon_it_is(before: timedelta, subject: str, said: str) -> None:
    one = about(LetterKind.REMINDER, STUDENT, Cause.TIME, seated=(ANA,), entry=entry(), at=workshop().starts_at - before)

    assert str(received(one).message["Subject"]) == f"{subject}: {WHICH}"
    assert lead(one) == f"{TITLED} {said} Thursday 18 March 2027 at 14:00 (New York)."


@pytest.mark.parametrize(
    ("kind", "cause", "more", "words"),
    [
        (INVITATION, Cause.REGISTERED, {}, "Invitation"),
        (PROMOTED, Cause.PROMOTED, {}, "A seat has become free"),
        (UPDATED, Cause.MOVED, {"was": workshop(site_name="City Hospital")}, "New place"),
        (UPDATED, Cause.MOVED, {"was": workshop(meeting_point="Back door"), "entry": None, "waiting": (ANA,)}, "New place"),
        (UPDATED, Cause.MOVED, {"was": workshop(minutes=90)}, "New end"),
        (UPDATED, Cause.MOVED, {"was": workshop(video_url="https://video.example/r/1")}, "New link to join"),
        (UPDATED, Cause.WORDING, {"was": workshop(title="Knots", bring="")}, "New details"),
        (UPDATED, Cause.WORDING, {"has_new_description": True}, "New details"),
        (UPDATED, Cause.ZONE, {}, "Same time, new clock rules"),
        (UPDATED, Cause.WITHDRAWN, {"seated": (ANA,), "gone": (BEN,)}, "Seats changed"),
        (UPDATED, Cause.REGISTERED, {"seated": (ANA, BEN)}, "Seats changed"),
        (UPDATED, Cause.PROMOTED, {"seated": (ANA, BEN)}, "A seat has become free"),
        (UPDATED, Cause.AGAIN, {"seated": (ANA,)}, "Sent again"),
        (UPDATED, Cause.ADDRESS, {}, "Updated invitation"),
        (CANCELLED, Cause.CANCELLED, {}, "Cancelled"),
        (REMOVED, Cause.REMOVED, {}, "No longer taking part"),
        (REMOVED, Cause.WITHDRAWN, {}, "Withdrawn"),
        (REMOVED, Cause.DECLINED, {}, "Withdrawn"),
        (REMOVED, Cause.ADDRESS, {}, "Please remove from your calendar"),
        (REMOVED, Cause.AGE, {"entry": None}, "No longer taking part"),
        (REMOVED, Cause.PUBLISHED, {}, "Please remove from your calendar"),
        (WAITING, Cause.REGISTERED, {}, "On the waiting list"),
        (NOTE, Cause.COUNTERED, {}, "Another time proposed"),
        (NOTE, Cause.FORWARDED, {}, "An invitation was passed on"),
        (CONFIRM, Cause.FORWARDED, {}, "Please confirm your answer"),
        (CONFIRM, Cause.FORWARDED, {"asked": ProposalSnapshot(by=STUDENT)}, "An answer from another address"),
        (CONFIRM, Cause.FORWARDED, {"asked": ProposalSnapshot(by=GUARDIAN)}, "Please confirm your answer"),
        (INVITATION, Cause.REGISTERED, {"session": workshop(**MAYBE)}, "Invitation (provisional)"),
        (WAITING, Cause.REGISTERED, {"session": workshop(**MAYBE), "entry": None}, "On the waiting list (provisional)"),
        (REMOVED, Cause.WITHDRAWN, {"session": workshop(**MAYBE)}, "Withdrawn"),
        (UPDATED, Cause.DECIDED, {"was": workshop(**MAYBE)}, "Going ahead"),
        (UPDATED, Cause.PROVISIONAL, {"session": workshop(**MAYBE), "was": workshop()}, "Now provisional"),
    ],
)
def test_a_subject_says_what_happened_to_which_session_and_when(kind: LetterKind, cause: Cause, more: dict[str, Any], words: str) -> None:
    one = about(kind, GUARDIAN, cause, **{"entry": entry()} | more)

    assert str(received(one).message["Subject"]) == f"{words}: {WHICH}"


@pytest.mark.parametrize(
    ("kind", "cause", "more", "words"),
    [
        (DIGEST, Cause.OFFERED, {"offered": (GUS,)}, "A seat is free, please answer"),
        (DIGEST, Cause.MOVED, {"seated": (GUS,), "was": workshop(area_name="")}, "New place"),
        (DIGEST, Cause.CANCELLED, {"seated": (GUS,)}, "Cancelled"),
        (DIGEST, Cause.DECIDED, {"seated": (GUS,), "was": workshop(**MAYBE)}, "Going ahead"),
        (DIGEST, Cause.REGISTERED, {"seated": (GUS, AMY)}, "2 with a seat"),
        (DIGEST, Cause.REGISTERED, {"seated": (GUS,), "waiting": (AMY,)}, "1 with a seat, 1 waiting"),
        (DIGEST, Cause.WITHDRAWN, {"gone": (GUS,)}, "1 no longer coming"),
        (DIGEST, Cause.WITHDRAWN, {"gone": (GUS, AMY), "waiting": (ANA,)}, "1 waiting, 2 no longer coming"),
        (DIGEST, Cause.WITHDRAWN, {"gone": (GUS,), "seated": (AMY, ANA)}, "2 with a seat, 1 no longer coming"),
        (
            DIGEST,
            Cause.WITHDRAWN,
            {"gone": (GUS,), "seated": (AMY,), "waiting": (ANA, BEN)},
            "1 with a seat, 2 waiting, 1 no longer coming",
        ),
        (DIGEST, Cause.REGISTERED, {"waiting": (AMY, ANA)}, "2 waiting"),
        (DIGEST, Cause.WITHDRAWN, {}, "Your students"),
        (DIGEST, Cause.REGISTERED, {"seated": (GUS,), "session": workshop(**MAYBE)}, "1 with a seat"),
        (ROSTER, Cause.TIME, {"seated": (ANA,)}, "In 17 days, 1 student"),
        (ROSTER, Cause.TIME, {"seated": (ANA, BEN)}, "In 17 days, 2 students"),
        (ROSTER, Cause.TIME, {"seated": (ANA,), "session": workshop(**MAYBE)}, "In 17 days, 1 student (provisional)"),
        (LetterKind.REMINDER, Cause.TIME, {"session": workshop(**MAYBE)}, "In 17 days (provisional)"),
        (LetterKind.WRONG_ADDRESS, Cause.BOUNCED, {"seated": (GUS,), "session": workshop(**MAYBE)}, "Please correct an e-mail address"),
    ],
)
def test_a_subject_that_counts_says_of_what(kind: LetterKind, cause: Cause, more: dict[str, Any], words: str) -> None:
    assert str(received(about(kind, TEACHER, cause, **more)).message["Subject"]) == f"{words}: {WHICH}"


@pytest.mark.parametrize("kind", [UPDATED, DIGEST])
def test_a_subject_says_first_to_when_it_was_moved(kind: LetterKind) -> None:
    def subject(session: SessionSnapshot, was: SessionSnapshot) -> str:
        shown = entry(1) if kind is UPDATED else None
        return str(received(about(kind, TEACHER, Cause.MOVED, session=session, was=was, entry=shown)).message["Subject"])

    then, maybe = "Moved to Thursday 18 March, 14:00 (New York)", ", provisional" if kind is UPDATED else ""
    earlier, elsewhere = workshop(datetime(2027, 3, 11, 10, 0)), workshop(datetime(2027, 3, 11, 10, 0), site_name="City Hospital")
    assert subject(workshop(), earlier) == f"{then}: Power of a Stitch"
    assert subject(workshop(), elsewhere) == f"{then}, new place: Power of a Stitch"
    assert subject(workshop(**MAYBE), earlier) == f"{then}{maybe}: Power of a Stitch"
    assert subject(workshop(**MAYBE), elsewhere) == f"{then}, new place{maybe}: Power of a Stitch"


@pytest.mark.parametrize(("length", "shown"), [(60, "x" * 60), (61, "x" * 59 + "…")])
def test_a_long_title_leaves_room_for_the_date(length: int, shown: str) -> None:
    one = about(WAITING, STUDENT, Cause.REGISTERED, session=workshop(title="x" * length), waiting=(ANA,))

    assert str(received(one).message["Subject"]) == f"On the waiting list: {shown}, Thursday 18 March, 14:00 (New York)"


def test_a_title_is_not_cut_after_a_comma() -> None:
    session = workshop(title="y" * 57 + ", and much more to see")

    subject = str(received(about(WAITING, STUDENT, Cause.REGISTERED, session=session, waiting=(ANA,))).message["Subject"])
    assert subject.startswith("On the waiting list: " + "y" * 57 + "…, Thursday")
