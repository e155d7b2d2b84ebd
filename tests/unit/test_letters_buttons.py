"""Where letters lead: the one button, and the links below."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from outreach.models import LetterKind
from outreach.models.snapshots import Cause, ProposalSnapshot, Reader
from tests.support.letter_cases import CASES, entry, online, workshop
from tests.support.letter_lines import (
    ANA,
    CANCELLED,
    CONFIRM,
    DIGEST,
    FAMILIES,
    GUARDIAN,
    GUS,
    HOST,
    INVITATION,
    NOTE,
    REMOVED,
    ROSTER,
    SECOND,
    STUDENT,
    TEACHER,
    UPDATED,
    WAITING,
    about,
    button,
    lines,
    row,
)
from tests.support.received_letters import Page, received

pytestmark = pytest.mark.usefixtures("in_small_app")

PAGES = {
    (INVITATION, TEACHER): ("See the session", "/sessions/42"),
    (INVITATION, HOST): ("See the session", "/sessions/42"),
    (LetterKind.REMINDER, TEACHER): ("See the session", "/sessions/42"),
    (CANCELLED, HOST): ("Open your sessions", "/my-sessions"),
    (REMOVED, HOST): ("Open your sessions", "/my-sessions"),
    (CANCELLED, TEACHER): ("Find another session", "/"),
    (REMOVED, GUARDIAN): ("Find another session", "/"),
    (CANCELLED, STUDENT): ("Find another session", "/"),
    (DIGEST, TEACHER): ("See all your registrations", "/registrations"),
    (ROSTER, HOST): ("Open the roster", "/sessions/42/roster"),
    (LetterKind.WRONG_ADDRESS, TEACHER): ("Correct the address", "/students?show=trouble"),
    (NOTE, TEACHER): ("See all your registrations", "/registrations"),
    (NOTE, HOST): ("See the session", "/sessions/42"),
    (CONFIRM, TEACHER): ("See the session", "/sessions/42"),
}


@pytest.mark.parametrize("url", ["https://video.example/1", "http://video.example/1"])
def test_a_link_to_join_can_be_opened_from_row_and_button(url: str) -> None:
    session = online(video_url=url)
    one = about(LetterKind.REMINDER, STUDENT, Cause.TIME, session=session, seated=(ANA,), entry=entry(), at=session.starts_at - SECOND)

    assert row(one, "Join") == f"{url} -> {url}"
    assert button(one) == ("Join online", url)


@pytest.mark.parametrize(
    ("kind", "before", "joins"),
    [
        (LetterKind.REMINDER, timedelta(hours=6) - SECOND, True),
        (LetterKind.REMINDER, timedelta(hours=6), False),
        (LetterKind.REMINDER, timedelta(days=1), False),
        (INVITATION, timedelta(hours=1), False),
        (UPDATED, timedelta(hours=1), False),
    ],
)
def test_the_button_joins_only_from_a_reminder_of_the_last_six_hours(kind: LetterKind, before: timedelta, *, joins: bool) -> None:
    for reader in (*FAMILIES, TEACHER, HOST):
        one = about(kind, reader, Cause.TIME, session=online(), seated=(ANA,), entry=entry(), at=online().starts_at - before)

        assert (button(one)[0] == "Join online") == joins


def test_a_session_at_a_place_is_never_joined_online() -> None:
    one = about(LetterKind.REMINDER, STUDENT, Cause.TIME, seated=(ANA,), entry=entry(), at=workshop().starts_at - SECOND)

    assert button(one)[0] == "See details, answer or withdraw"


@pytest.mark.parametrize(("kind", "reader"), PAGES)
def test_the_button_of_who_signs_in_leads_to_the_page_for_it(kind: LetterKind, reader: Reader) -> None:
    words, path = PAGES[kind, reader]

    assert button(about(kind, reader, Cause.FORWARDED, seated=(GUS,), entry=entry())) == (words, f"https://outreach.example{path}")


def test_an_offer_is_answered_and_a_proposed_time_leads_its_host_to_the_move() -> None:
    assert button(about(DIGEST, TEACHER, Cause.OFFERED, offered=(GUS,))) == ("Answer the offer", "https://outreach.example/registrations")
    host, teacher = (about(NOTE, reader, Cause.COUNTERED, seated=(ANA,)) for reader in (HOST, TEACHER))
    assert button(host) == ("Move the session", "https://outreach.example/sessions/42/move")
    assert button(teacher) == ("See all your registrations", "https://outreach.example/registrations")


@pytest.mark.parametrize("reader", FAMILIES)
def test_the_button_of_a_family_says_what_its_page_is_for(reader: Reader) -> None:
    seated = about(INVITATION, reader, Cause.REGISTERED, seated=(ANA,), entry=entry())
    waiting = about(WAITING, reader, Cause.REGISTERED, waiting=(ANA,))
    asked = about(CONFIRM, reader, Cause.FORWARDED, seated=(ANA,), asked=ProposalSnapshot(by=reader, answer="declined"))

    assert button(seated)[0] == "See details, answer or withdraw"
    assert button(waiting)[0] == "See details or withdraw"
    assert button(asked)[0] == "Answer on your page"


@pytest.mark.parametrize(
    ("kind", "more", "shown"),
    [
        (INVITATION, {"seated": (ANA,)}, True),
        (INVITATION, {}, False),
        (CANCELLED, {"seated": (ANA,)}, False),
        (REMOVED, {"gone": (ANA,)}, False),
        (DIGEST, {"seated": (ANA,)}, False),
        (NOTE, {"seated": (ANA,)}, False),
        (LetterKind.WRONG_ADDRESS, {"seated": (ANA,)}, False),
    ],
)
def test_a_teacher_who_is_a_parent_too_finds_the_family_page_where_a_child_of_theirs_comes(
    kind: LetterKind, more: dict[str, Any], *, shown: bool
) -> None:
    one = about(kind, TEACHER, Cause.REGISTERED, entry=entry(), **more)

    assert any(line.startswith("See your family's seats or withdraw -> ") for line in lines(one)) == shown
    assert any("/not-mine" in link for link in Page(received(one).html).links) is False


def test_only_a_reminder_says_that_it_alone_stops() -> None:
    assert "\nStop reminders\n" in received(CASES["reminder-1-day-teacher"]).text
    assert "\nStop reminders (you'll still get e-mails like this one)\n" in received(CASES["digest-registered"]).text
    assert "still get" not in received(CASES["reminder-1-day-teacher"]).text
