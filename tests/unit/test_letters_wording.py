"""What letters say in each case: the lead sentence, the rows, what stands below, and where the button leads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

from outreach.invitations.facts import (
    AccountFacts,
    ApplicationFacts,
    AskedFacts,
    BlockedFacts,
    Cause,
    LetterFacts,
    Reader,
    SessionFacts,
    StudentFacts,
)
from outreach.invitations.letters import render
from outreach.models import Letter, LetterKind
from tests.support.letter_cases import CASES, SETTINGS, WRITTEN, entry, facts, letter, online, student, told
from tests.support.readable_letters import SeenPage
from tests.support.received_letters import Page, received

ANA, BEN = student(), student("Ben", 2)
THEN = "“Power of a Stitch” on Thursday 18 March 2027 at 14:00"
CALL = "“Ask a surgeon” on Thursday 18 March 2027 at 17:00 (New York)"
MAYBE_DECIDES = datetime(2027, 3, 16, 16, 0, tzinfo=UTC)
MAYBE: dict[str, Any] = {"is_provisional": True, "decides_at": MAYBE_DECIDES}
UNCERTAIN = " It isn't certain yet: whether it takes place is decided by Tuesday 16 March at 12:00."
SECOND = timedelta(seconds=1)
FAMILIES = (Reader.STUDENT, Reader.GUARDIAN)


@pytest.fixture(autouse=True, scope="module")
def _in_app() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.app_context():
        yield


def about(kind: LetterKind, reader: Reader, cause: Cause, *, at: datetime = WRITTEN, **more: Any) -> Letter:
    return letter(kind, facts(reader, cause, **more), written_at=at)


def lines(one: Letter) -> list[str]:
    """Give what the HTML shows, line by line."""
    return SeenPage(received(one).html).lines


def lead(one: Letter) -> str:
    """Give the sentence on top: the same in text, HTML and preview."""
    [said] = [line.removeprefix("# ") for line in lines(one) if line.startswith("# ")]
    assert f"\n{said}\n" in received(one).text
    assert f"preview: {said}" in lines(one)
    return said


def row(one: Letter, label: str) -> str | None:
    """Give what the table says under a label; None where it has no such row."""
    found = [line.partition(" | ")[2] for line in lines(one) if line.partition(" | ")[0] in (label, f"{label} / changed")]
    assert len(found) <= 1
    assert bool(re.search(rf"^{label}(:| \(changed\)$)", received(one).text, re.MULTILINE)) == bool(found)
    return found[0] if found else None


def button(one: Letter) -> tuple[str, str]:
    """Give the words of the one button and where it leads; the text has both too."""
    [line] = [line for line in lines(one) if line.startswith("[ ")]
    words, _, url = line.removeprefix("[ ").partition(" ] -> ")
    assert f"\n{words}:\n{url}\n" in received(one).text
    return words, url


INVITATION, PROMOTED, UPDATED = LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED
CANCELLED, REMOVED, WAITING = LetterKind.CANCELLED, LetterKind.REMOVED, LetterKind.WAITING
DIGEST, ROSTER, NOTE, CONFIRM = LetterKind.DIGEST, LetterKind.ROSTER, LetterKind.NOTE, LetterKind.CONFIRM_ANSWER
STUDENT, GUARDIAN, TEACHER, HOST = Reader.STUDENT, Reader.GUARDIAN, Reader.TEACHER, Reader.HOST
GUS = student("Gus", 11, family_name="Hill")
AMY = student("Amy", 12, family_name="Diaz")


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (about(INVITATION, GUARDIAN, Cause.REGISTERED, entry=entry()), f"You have a seat at {THEN}."),
        (about(INVITATION, STUDENT, Cause.REGISTERED, seated=(ANA, BEN), entry=entry()), f"Ana and Ben have seats at {THEN}."),
        (about(INVITATION, TEACHER, Cause.REGISTERED, seated=(ANA,), entry=entry()), f"Students of yours have seats at {THEN}."),
        (about(PROMOTED, TEACHER, Cause.PROMOTED, entry=entry()), f"A place is free: students of yours have seats at {THEN}."),
        (about(PROMOTED, STUDENT, Cause.PROMOTED, seated=(ANA,), entry=entry()), f"A place is free: you have a seat at {THEN}."),
        (about(PROMOTED, GUARDIAN, Cause.PROMOTED, seated=(ANA,), entry=entry()), f"A place is free: Ana has a seat at {THEN}."),
        (about(UPDATED, GUARDIAN, Cause.PROMOTED, seated=(ANA, BEN), entry=entry()), f"A place is free: Ana and Ben have seats at {THEN}."),
        (about(UPDATED, GUARDIAN, Cause.REGISTERED, seated=(ANA, BEN), entry=entry()), f"Ana and Ben have seats at {THEN}."),
        (
            about(UPDATED, GUARDIAN, Cause.WITHDRAWN, gone=(ANA,), entry=entry()),
            f"Ana no longer comes to {THEN}; your own part stays.",
        ),
        (
            about(UPDATED, GUARDIAN, Cause.WITHDRAWN, gone=(ANA, BEN), entry=entry()),
            f"Ana and Ben no longer come to {THEN}; your own part stays.",
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
        (about(REMOVED, GUARDIAN, Cause.WITHDRAWN, entry=entry()), f"{THEN} is taken out of your calendar."),
        (about(REMOVED, GUARDIAN, Cause.REGISTERED, gone=(ANA, BEN), entry=entry()), f"Ana and Ben no longer come to {THEN}."),
        (
            about(REMOVED, GUARDIAN, Cause.AGE, gone=(ANA,), entry=entry()),
            f"The student is of age on that day: our letters about {THEN} go to them alone.",
        ),
        (about(DIGEST, TEACHER, Cause.MOVED, seated=(GUS,)), f"A place is free: Gus Hill has a seat at {THEN}."),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,), was=told(title="Old")), f"1 of your students has a seat at {THEN}."),
        (about(DIGEST, TEACHER, Cause.MOVED, seated=(GUS,), was=told(is_cancelled=True)), f"Something has changed about {THEN}."),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS, AMY)), f"2 of your students have a seat at {THEN}."),
        (about(DIGEST, TEACHER, Cause.REGISTERED, waiting=(GUS,)), f"1 of your students waits for a seat at {THEN}."),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,), waiting=(AMY,)), f"1 of your students has a seat at {THEN}, 1 waits."),
        (about(DIGEST, TEACHER, Cause.PROMOTED, seated=(GUS, AMY)), f"Places are free: Gus Hill and Amy Diaz have seats at {THEN}."),
        (about(DIGEST, TEACHER, Cause.WITHDRAWN, waiting=(GUS,)), f"Gus Hill waits for a seat at {THEN}."),
        (about(DIGEST, TEACHER, Cause.WITHDRAWN, waiting=(GUS, AMY)), f"Gus Hill and Amy Diaz wait for a seat at {THEN}."),
        (about(DIGEST, TEACHER, Cause.WITHDRAWN, gone=(GUS, AMY)), f"Gus Hill and Amy Diaz no longer come to {THEN}."),
        (about(DIGEST, TEACHER, Cause.OFFERED, offered=(GUS, AMY)), f"Seats are free at {THEN}. Shall Gus Hill and Amy Diaz have them?"),
        (
            about(DIGEST, TEACHER, Cause.WITHDRAWN, gone=(GUS,), waiting=(AMY,)),
            f"There is news about {THEN}. Gus Hill: no longer coming; Amy Diaz: waiting.",
        ),
        (
            about(DIGEST, TEACHER, Cause.PROMOTED, seated=(GUS,), waiting=(AMY,)),
            f"There is news about {THEN}. Gus Hill: seated; Amy Diaz: waiting.",
        ),
        (about(ROSTER, HOST, Cause.TIME), f"Nobody has a seat at {THEN}."),
        (about(ROSTER, HOST, Cause.TIME, seated=(ANA,)), f"1 student comes to {THEN}."),
        (about(ROSTER, HOST, Cause.TIME, seated=(ANA, BEN)), f"2 students come to {THEN}."),
        (about(NOTE, HOST, Cause.COUNTERED), f"Somebody you invited would like another time for {THEN}."),
        (
            about(NOTE, HOST, Cause.FORWARDED, asked=AskedFacts(by=TEACHER)),
            f"Somebody you invited passed the invitation to {THEN} on to somebody else.",
        ),
        (
            about(NOTE, TEACHER, Cause.FORWARDED, seated=(GUS,), asked=AskedFacts(by=GUARDIAN)),
            f"The family of Gus Hill passed the invitation to {THEN} on to somebody else.",
        ),
        (
            about(CONFIRM, GUARDIAN, Cause.FORWARDED),
            f"Somebody answered your invitation to {THEN} from another address, so the answer doesn't count yet.",
        ),
    ],
)
def test_the_lead_says_what_happened_to_whom(one: Letter, said: str) -> None:
    assert lead(one) == said


def moved(was: SessionFacts, *, now: SessionFacts | None = None, **more: Any) -> Letter:
    return about(UPDATED, STUDENT, Cause.MOVED, session=now or told(), was=was, seated=(ANA,), entry=entry(1), **more)


TITLED, AT = "“Power of a Stitch”", "on Thursday 18 March 2027 at 14:00"
NEW_TIME = f"{TITLED} has a new time: Thursday 18 March 2027 at 14:00."
NEW_PLACE = f"{TITLED} {AT} has a new place: Skills lab, Harbor Hospital."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"starts_wall": datetime(2027, 3, 18, 13, 59)}, NEW_TIME),
        ({"ends_wall": datetime(2027, 3, 18, 16, 1)}, NEW_TIME),
        ({"zone": "America/Chicago"}, NEW_TIME),
        ({"fold": 1}, NEW_TIME),
        ({"site_name": "City Hospital"}, NEW_PLACE),
        ({"area_name": "Theatre 2"}, NEW_PLACE),
        ({"address": "2 Park Lane"}, NEW_PLACE),
        ({"meeting_point": "Back door"}, NEW_PLACE),
        ({"title": "Knots"}, f"{TITLED} {AT}: time and place stay. What is new: the title."),
        ({"host_name": "Dr Kim Ng"}, f"{TITLED} {AT}: time and place stay. What is new: the host."),
        ({"bring": ""}, f"{TITLED} {AT}: time and place stay. What is new: what to bring."),
        ({"wear": ""}, f"{TITLED} {AT}: time and place stay. What is new: what to wear."),
        ({"kit": ""}, f"{TITLED} {AT}: time and place stay. What is new: what each student gets."),
        ({"title": "Knots", "kit": ""}, f"{TITLED} {AT}: time and place stay. What is new: the title and what each student gets."),
        (
            {"fold": 1, "area_name": "Theatre 2", "title": "Knots"},
            f"{TITLED} has a new time and a new place: Thursday 18 March 2027 at 14:00, Skills lab, Harbor Hospital.",
        ),
        ({"video_url": "https://video.example/r/1"}, f"{TITLED} {AT} has a new link to join."),
        ({"is_cancelled": True}, f"You have a seat at {THEN}."),
        ({"cancel_reason": "No", "frees_declined_seats": True}, f"You have a seat at {THEN}."),
    ],
)
def test_the_lead_says_what_is_new(changed: dict[str, Any], said: str) -> None:
    assert lead(moved(replace(told(), **changed))) == said


def test_a_new_description_is_news_of_its_own() -> None:
    one = moved(told(), has_new_description=True)

    assert lead(one) == f"{TITLED} {AT}: time and place stay. What is new: the description."
    assert row(one, "Description") == "Written anew: read it on the session's page."
    assert row(moved(told(fold=1)), "Description") is None


def test_new_words_about_an_uncertain_session_do_not_say_that_it_stays() -> None:
    one = moved(told(title="Knots", **MAYBE), now=told(**MAYBE))

    assert lead(one) == f"{TITLED} {AT} stays as planned. What is new: the title.{UNCERTAIN}"


def test_what_changed_stands_struck_beside_what_is_now() -> None:
    was = told(
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
    assert row(one, "Each student gets") == "~~Pad~~ / **Needle holder, forceps, scissors, pad**"
    assert "  before: nothing\n  now: Long hair tied back\n    Closed shoes\n" in received(one).text


def test_what_is_no_longer_needed_is_struck_and_nothing_stands_beside_it() -> None:
    one = moved(told(bring="An apron"), now=told(bring=""))

    assert row(one, "What to bring") == "~~An apron~~"
    assert "What to bring (changed)\n  before: An apron\n  now: nothing\n" in received(one).text


def test_nothing_is_struck_that_stayed() -> None:
    shown = "\n".join(lines(moved(told(fold=1, wear="Gown"))))

    assert shown.count("~~") == 2
    assert "changed" not in "\n".join(lines(CASES["invitation-student"]))
    assert row(moved(told(fold=1)), "What") is None


@pytest.mark.parametrize(
    ("now", "was", "status"),
    [
        (told(), None, None),
        (told(), told(fold=1), None),
        (told(**MAYBE), None, "Provisional: decided by Tuesday 16 March 2027, 12:00 (New York, UTC−4)"),
        (told(), told(**MAYBE), "~~Provisional: decided by Tuesday 16 March 2027, 12:00 (New York, UTC−4)~~ / **It takes place**"),
        (told(**MAYBE), told(), "~~It takes place~~ / **Provisional: decided by Tuesday 16 March 2027, 12:00 (New York, UTC−4)**"),
    ],
)
def test_whether_it_is_certain_has_a_row_as_long_as_that_matters(now: SessionFacts, was: SessionFacts | None, status: str | None) -> None:
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
        (GUARDIAN, Cause.REGISTERED, {"seated": (ANA,), "waiting": (BEN,)}, ("Who", "Ana: has a seat / Ben: on the waiting list")),
        (
            GUARDIAN,
            Cause.REGISTERED,
            {"waiting": (replace(ANA, place_in_queue=2), replace(BEN, place_in_queue=5))},
            ("Who", "Ana: number 2 on the waiting list / Ben: number 5 on the waiting list"),
        ),
        (GUARDIAN, Cause.WITHDRAWN, {"seated": (ANA,), "gone": (BEN,)}, ("Who", "Ana: has a seat / Ben: no longer comes")),
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
    "kind", [kind for kind in LetterKind if kind not in (LetterKind.ACCOUNT, LetterKind.APPLICATION, LetterKind.BLOCKED)]
)
def test_who_takes_part_reads_what_to_bring_and_nobody_else(kind: LetterKind) -> None:
    takes_part = kind in (INVITATION, PROMOTED, UPDATED, LetterKind.REMINDER, DIGEST)
    one = about(kind, TEACHER, Cause.REGISTERED, seated=(GUS,), entry=entry())

    for label in ("What to bring", "What to wear", "Each student gets"):
        assert (row(one, label) is not None) == takes_part


@pytest.mark.parametrize(("more", "shown"), [({}, False), ({"waiting": (GUS,)}, False), ({"seated": (GUS,)}, True)])
def test_a_teacher_reads_what_to_bring_if_a_student_of_theirs_comes(more: dict[str, Any], *, shown: bool) -> None:
    assert (row(about(DIGEST, TEACHER, Cause.REGISTERED, **more), "What to bring") is not None) == shown
    assert row(about(DIGEST, TEACHER, Cause.CANCELLED, **more), "What to bring") is None


def test_whoever_brings_nothing_finds_no_empty_row() -> None:
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=told(bring="", wear=" ", kit=""), seated=(ANA,), entry=entry())

    assert [row(one, label) for label in ("What to bring", "What to wear", "Each student gets", "Reason", "Join", "Status")] == [None] * 6


@pytest.mark.parametrize(
    "kind", [kind for kind in LetterKind if kind not in (LetterKind.ACCOUNT, LetterKind.APPLICATION, LetterKind.BLOCKED)]
)
@pytest.mark.parametrize("has_entry", [True, False])
def test_who_has_a_seat_or_a_part_and_nobody_else_knows_the_link_to_join(kind: LetterKind, *, has_entry: bool) -> None:
    knows = kind in (LetterKind.REMINDER, ROSTER) or (has_entry and kind in (INVITATION, PROMOTED, UPDATED))
    one = about(kind, HOST, Cause.REGISTERED, session=online(), seated=(ANA,), entry=entry() if has_entry else None)

    assert ("video.example" in received(one).everything) == knows


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
    one = about(LetterKind.REMINDER, STUDENT, Cause.TIME, seated=(ANA,), entry=entry(), at=told().starts_at - SECOND)

    assert button(one)[0] == "See details, answer or withdraw"


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
    asked = about(CONFIRM, reader, Cause.FORWARDED, seated=(ANA,), asked=AskedFacts(by=reader, answer="declined"))

    assert button(seated)[0] == "See details, answer or withdraw"
    assert button(waiting)[0] == "See details or leave the waiting list"
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

    assert any(line.startswith("See your family's places or withdraw -> ") for line in lines(one)) == shown
    assert any("/not-mine" in link for link in Page(received(one).html).links) is False


def test_only_a_reminder_says_that_it_alone_stops() -> None:
    assert "Want no more reminders? Stop them here." in received(CASES["reminder-1-day-teacher"]).text
    assert "Stop them here; letters like this one still come." in received(CASES["digest-registered"]).text
    assert "still come" not in received(CASES["reminder-1-day-teacher"]).text


@pytest.mark.parametrize(
    ("before", "subject"),
    [
        (timedelta(seconds=29), "In 1 minute"),
        (timedelta(minutes=2), "In 2 minutes"),
        (timedelta(minutes=90) - SECOND, "In 90 minutes"),
        (timedelta(minutes=90), "In 2 hours"),
        (timedelta(minutes=149), "In 2 hours"),
        (timedelta(minutes=151), "In 3 hours"),
        (timedelta(hours=6) - SECOND, "In 6 hours"),
        (timedelta(hours=6), "Today"),
        (timedelta(hours=14), "Today"),
        (timedelta(hours=14, seconds=1), "Tomorrow"),
        (timedelta(hours=38), "Tomorrow"),
        (timedelta(hours=38, seconds=1), "In 2 days"),
    ],
)
def test_a_reminder_says_how_soon_it_is(before: timedelta, subject: str) -> None:
    one = about(LetterKind.REMINDER, STUDENT, Cause.TIME, seated=(ANA,), entry=entry(), at=told().starts_at - before)

    assert str(received(one).message["Subject"]) == f"{subject}: Power of a Stitch"
    assert lead(one) == f"{subject}: {THEN}."


GREETING = "Please answer the invitation in your mail or calendar"


@pytest.mark.parametrize(
    ("one", "has", "has_not"),
    [
        (about(INVITATION, GUARDIAN, Cause.ZONE, seated=(ANA,), entry=entry()), [GREETING], ["The rules for clocks"]),
        (
            about(INVITATION, GUARDIAN, Cause.ADDRESS, seated=(ANA,), entry=entry(answer="accepted")),
            [f"{GREETING}, or with the link above."],
            ["Your answer stands", "changes the entry"],
        ),
        (
            about(INVITATION, TEACHER, Cause.REGISTERED, entry=entry()),
            [f"{GREETING}.", "comes in a separate letter"],
            ["with the link above"],
        ),
        (about(INVITATION, HOST, Cause.PUBLISHED, entry=entry()), ["The evening before, you get the list"], [GREETING, "separate letter"]),
        (about(UPDATED, TEACHER, Cause.ZONE, entry=entry(1)), ["The rules for clocks in New York have changed."], ["separate letter"]),
        (about(UPDATED, TEACHER, Cause.WORDING, entry=entry(1)), [], ["separate letter", "The rules for clocks"]),
        (about(UPDATED, TEACHER, Cause.AGAIN, entry=entry(1)), [], ["separate letter"]),
        (about(UPDATED, TEACHER, Cause.MOVED, entry=entry(1)), ["separate letter"], []),
        (
            about(LetterKind.REMINDER, TEACHER, Cause.TIME, seated=(ANA,), entry=entry()),
            [],
            ["please withdraw with the link above", "separate letter"],
        ),
        (about(INVITATION, HOST, Cause.PUBLISHED, seated=(ANA,), entry=entry()), [], ["please withdraw with the link above"]),
        (about(LetterKind.REMINDER, HOST, Cause.TIME, entry=entry()), [], ["The evening before"]),
        (
            about(LetterKind.REMINDER, STUDENT, Cause.TIME, seated=(ANA,), entry=entry()),
            ["please withdraw with the link above"],
            [GREETING],
        ),
        (
            about(LetterKind.REMINDER, STUDENT, Cause.TIME, session=online(), seated=(ANA,), entry=entry(), at=online().starts_at - SECOND),
            ["Can't come? Withdraw here"],
            ["please withdraw with the link above"],
        ),
        (about(UPDATED, GUARDIAN, Cause.MOVED, waiting=(ANA,)), ["We'll tell you when a place frees up."], ["please withdraw"]),
        (
            about(UPDATED, GUARDIAN, Cause.MOVED, seated=(ANA,), entry=entry(1)),
            ["If it asks for an answer again"],
            ["frees up", "Your answer stands"],
        ),
        (
            about(UPDATED, GUARDIAN, Cause.MOVED, seated=(ANA,), entry=entry(1, answer="declined")),
            ["Your answer stands: there is nothing to do."],
            ["If it asks for an answer again"],
        ),
        (about(DIGEST, TEACHER, Cause.DECLINED, gone=(GUS,)), ["The family answered that they can't come"], []),
        (about(DIGEST, TEACHER, Cause.DECLINED, seated=(GUS,)), [], ["The family answered"]),
        (about(DIGEST, TEACHER, Cause.WITHDRAWN, gone=(GUS,)), [], ["The family answered"]),
        (
            about(DIGEST, TEACHER, Cause.REGISTERED, waiting=(GUS,)),
            ["We'll tell you when a place frees up."],
            ["Please tell them yourself"],
        ),
        (about(DIGEST, TEACHER, Cause.CANCELLED, waiting=(GUS,)), [], ["frees up"]),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,)), [], ["frees up", "The offer stands until"]),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,), stands_in_for=(GUS,)), ["Please tell them yourself", "Gus Hill"], []),
        (about(ROSTER, HOST, Cause.TIME, seated=(ANA,)), ["once you have signed in"], []),
        (
            about(CANCELLED, HOST, Cause.CANCELLED, entry=entry(1)),
            ["Everybody who had a seat or waited for one is told."],
            ["We are sorry"],
        ),
        (
            about(CANCELLED, TEACHER, Cause.CANCELLED, entry=entry(1)),
            ["We are sorry", "takes the entry out by itself"],
            ["Everybody who had"],
        ),
        (about(CANCELLED, GUARDIAN, Cause.CANCELLED, waiting=(ANA,)), ["We are sorry"], ["takes the entry out"]),
        (
            about(REMOVED, GUARDIAN, Cause.WITHDRAWN, gone=(ANA,)),
            ["If this is a mistake, tell the teacher"],
            ["The answer was", "takes place"],
        ),
        (about(REMOVED, GUARDIAN, Cause.DECLINED, gone=(ANA,)), ["If this is a mistake", "The answer was “can't come”"], []),
        (about(REMOVED, GUARDIAN, Cause.REMOVED, gone=(ANA,)), ["The session itself takes place."], ["If this is a mistake"]),
        (
            about(REMOVED, TEACHER, Cause.WITHDRAWN, entry=entry(1)),
            ["takes the entry out by itself"],
            ["If this is a mistake", "takes place"],
        ),
        (about(REMOVED, TEACHER, Cause.REMOVED, entry=entry(1)), [], ["The session itself takes place."]),
        (about(REMOVED, GUARDIAN, Cause.ADDRESS, entry=entry(1)), ["gets our letters at the new address"], ["The session itself"]),
        (
            about(INVITATION, GUARDIAN, Cause.REGISTERED, seated=(ANA,), entry=entry()),
            [],
            ["free time", "unknown sender", "can't come, in your"],
        ),
        (about(INVITATION, GUARDIAN, Cause.REGISTERED, seated=(ANA,), entry=entry(is_transparent=True)), ["shows this as free time"], []),
        (
            about(INVITATION, HOST, Cause.PUBLISHED, session=told(**MAYBE), entry=entry()),
            ["We write to ask you a day before"],
            ["We'll write as soon"],
        ),
        (
            about(INVITATION, STUDENT, Cause.REGISTERED, session=told(**MAYBE), entry=entry()),
            ["We'll write as soon as it is decided"],
            ["We write to ask"],
        ),
        (about(REMOVED, STUDENT, Cause.WITHDRAWN, session=told(**MAYBE), entry=entry(1)), [], ["shows it as tentative"]),
    ],
)
def test_the_notes_say_what_to_do_and_nothing_that_does_not_hold(one: Letter, has: list[str], has_not: list[str]) -> None:
    read = received(one)

    assert [words for words in has if words not in read.text or words not in "\n".join(lines(one))] == []
    assert [words for words in has_not if words in read.text or words in "\n".join(lines(one))] == []


@pytest.mark.parametrize("reader", Reader)
def test_the_reader_is_told_why_the_letter_came(reader: Reader) -> None:
    why = {
        HOST: "because you host sessions.",
        TEACHER: "because you registered students.",
        STUDENT: "because your school registered you.",
        GUARDIAN: "because a school named you as a student's guardian.",
        Reader.COORDINATOR: "because you coordinate the programme.",
    }
    gone = about(REMOVED, reader, Cause.WITHDRAWN, gone=(ANA,))

    assert f"You get this letter {why[reader]}" in received(about(CANCELLED, reader, Cause.CANCELLED)).text
    assert "You get this letter because we wrote to you about this session before." in received(gone).text


@pytest.mark.parametrize("reader", Reader)
def test_a_reader_whose_name_is_not_known_is_not_greeted(reader: Reader) -> None:
    known, unknown = (about(CANCELLED, reader, Cause.CANCELLED, reader_name=name) for name in ("Noor", ""))

    assert ("\nHello Noor,\n" in received(known).text, "Hello Noor," in lines(known)) == (True, True)
    assert "Hello" not in received(unknown).everything
    assert received(unknown).message["To"] == "reader@family.example"


@pytest.mark.parametrize("part", ["address", "bring", "wear", "kit", "cancel_reason"])
def test_what_was_typed_on_several_lines_is_read_on_several_lines(part: str) -> None:
    typed: dict[str, Any] = {part: "First line\r\n\n  second line  \n"}
    session = told(**typed)
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=session, seated=(ANA,), entry=entry())

    assert "First line\n    second line\n" in received(one).text
    assert any("First line / second line" in line for line in lines(one))


def test_a_reason_in_several_lines_is_read_as_it_was_written() -> None:
    one = about(REMOVED, GUARDIAN, Cause.REMOVED, gone=(ANA,), reason="Too few supervisors.\n\n We are sorry. ", entry=entry(1))

    assert row(one, "Reason") == "Too few supervisors. / We are sorry."
    assert "Reason: Too few supervisors.\n    We are sorry.\n" in received(one).text


def test_the_reason_of_this_letter_goes_before_the_one_of_a_cancellation() -> None:
    session = told(cancel_reason="The host is ill.")

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
    assert row(about(NOTE, HOST, Cause.COUNTERED, seated=(ANA,), asked=AskedFacts(by=STUDENT, **asked)), "Proposed") == shown


def test_a_proposal_is_read_in_the_words_of_who_made_it() -> None:
    asked = AskedFacts(by=STUDENT, comment="  I have an exam.\n\n A week later? ")

    assert row(about(NOTE, HOST, Cause.COUNTERED, seated=(ANA,), asked=asked), "In their words") == "I have an exam. / A week later?"


@pytest.mark.parametrize(("answer", "shown"), [("accepted", "Coming"), ("tentative", "Not sure"), ("declined", "Can't come"), ("", None)])
def test_the_answer_in_question_is_read_in_plain_words(answer: str, shown: str | None) -> None:
    assert row(about(CONFIRM, STUDENT, Cause.FORWARDED, asked=AskedFacts(by=STUDENT, answer=answer)), "The answer") == shown


def test_a_roster_lists_schools_and_given_names_in_order() -> None:
    people = (("Zoe", "Westview"), ("Ben", "Northside"), ("Ana", "Westview"), ("Cem", ""))
    coming = tuple(student(name, number, school_name=school) for number, (name, school) in enumerate(people))
    one = about(ROSTER, HOST, Cause.TIME, seated=coming)
    shown = lines(one)

    assert shown[shown.index("## 1 student") :][:7] == [
        *("## 1 student", "Cem", "## Northside: 1 student", "Ben", "## Westview: 2 students", "Ana", "Zoe"),
    ]
    assert lead(one) == f"4 students from 3 schools come to {THEN}."


@pytest.mark.parametrize(("number", "said"), [(3, "Ana, Ben, and Cem"), (4, "4 students")])
def test_more_than_three_students_are_counted_for_staff_and_named_for_a_family(number: int, said: str) -> None:
    gone = tuple(student(name, key) for key, name in enumerate(("Ana", "Ben", "Cem", "Dan")[:number]))

    assert lead(about(DIGEST, TEACHER, Cause.WITHDRAWN, gone=gone)) == f"{said} no longer come to {THEN}."
    assert "Ana, Ben" in lead(about(REMOVED, GUARDIAN, Cause.WITHDRAWN, gone=gone))


@pytest.mark.parametrize("wall", ["starts_wall", "ends_wall"])
def test_a_time_the_clock_skips_stands_in_calendars_as_the_instant_that_was_told(wall: str) -> None:
    """New rules may skip what was promised: the entry must still be found, moved and taken out."""
    starts_wall = datetime(2027, 3, 14, 2, 30) if wall == "starts_wall" else datetime(2027, 3, 14, 1, 30)
    minutes = 120 if wall == "starts_wall" else 60
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=told(starts_wall, minutes=minutes), seated=(ANA,), entry=entry())
    session = LetterFacts.from_json(one.facts).session
    ics = received(one).ics
    assert ics is not None

    for name, moment in (("DTSTART", session.starts_at), ("DTEND", session.ends_at)):
        assert f"\r\n{name}:{moment:%Y%m%dT%H%M%SZ}\r\n".encode() in ics
    assert b"VTIMEZONE" not in ics


def test_a_cancelled_call_is_taken_out_without_its_link() -> None:
    event = received(about(CANCELLED, STUDENT, Cause.CANCELLED, session=online(), seated=(ANA,), entry=entry(1))).event

    assert (event.get("CONFERENCE"), "video" in event["DESCRIPTION"]) == (None, False)


@pytest.mark.parametrize(
    ("bounce", "senders"),
    [
        ("", "rsvp+*@outreach.example"),
        ("rsvp+{token}@outreach.example", "rsvp+*@outreach.example"),
        ("b+{token}@bounces.example", "rsvp+*@outreach.example / b+*@bounces.example"),
    ],
)
def test_a_school_is_told_all_senders_to_let_in(bounce: str, senders: str) -> None:
    blocked = BlockedFacts(reader_name="Robin", domain="northside.example", students=2)
    raw = render(letter(LetterKind.BLOCKED, blocked), settings=replace(SETTINGS, bounce_address=bounce))
    html = raw.decode().replace("=\r\n", "")

    assert senders.replace(" / ", "<br>") in html
    assert ("bounces.example" in html) == ("bounces.example" in bounce)


@pytest.mark.parametrize(
    ("kind", "cause", "more", "words"),
    [
        (INVITATION, Cause.REGISTERED, {}, "Invitation"),
        (PROMOTED, Cause.PROMOTED, {}, "A place is free"),
        (UPDATED, Cause.MOVED, {}, "Updated invitation"),
        (UPDATED, Cause.MOVED, {"entry": None, "waiting": (ANA,)}, "Updated"),
        (CANCELLED, Cause.CANCELLED, {}, "Cancelled"),
        (REMOVED, Cause.REMOVED, {}, "No longer on the list"),
        (REMOVED, Cause.WITHDRAWN, {}, "Withdrawn"),
        (REMOVED, Cause.DECLINED, {}, "Withdrawn"),
        (REMOVED, Cause.ADDRESS, {}, "No longer in your calendar"),
        (REMOVED, Cause.AGE, {}, "No longer in your calendar"),
        (REMOVED, Cause.PUBLISHED, {}, "No longer in your calendar"),
        (WAITING, Cause.REGISTERED, {}, "On the waiting list"),
        (NOTE, Cause.COUNTERED, {}, "Another time proposed"),
        (NOTE, Cause.FORWARDED, {}, "An invitation was passed on"),
        (CONFIRM, Cause.FORWARDED, {}, "Please confirm your answer"),
        (CONFIRM, Cause.FORWARDED, {"asked": AskedFacts(by=STUDENT)}, "An answer from another address"),
        (CONFIRM, Cause.FORWARDED, {"asked": AskedFacts(by=GUARDIAN)}, "Please confirm your answer"),
        (INVITATION, Cause.REGISTERED, {"session": told(**MAYBE)}, "Invitation (provisional)"),
        (WAITING, Cause.REGISTERED, {"session": told(**MAYBE), "entry": None}, "On the waiting list"),
        (REMOVED, Cause.WITHDRAWN, {"session": told(**MAYBE)}, "Withdrawn"),
        (UPDATED, Cause.DECIDED, {"was": told(**MAYBE)}, "It takes place"),
        (UPDATED, Cause.PROVISIONAL, {"session": told(**MAYBE), "was": told()}, "Provisional now"),
    ],
)
def test_a_subject_says_what_happened_to_which_session_and_when(kind: LetterKind, cause: Cause, more: dict[str, Any], words: str) -> None:
    one = about(kind, GUARDIAN, cause, **{"entry": entry()} | more)

    assert str(received(one).message["Subject"]) == f"{words}: Power of a Stitch, Thursday 18 March, 14:00 (New York)"


@pytest.mark.parametrize(
    ("kind", "cause", "more", "words"),
    [
        (DIGEST, Cause.OFFERED, {"offered": (GUS,)}, "A seat is free, please answer"),
        (DIGEST, Cause.MOVED, {"seated": (GUS,), "was": told(fold=1)}, "Moved"),
        (DIGEST, Cause.CANCELLED, {"seated": (GUS,)}, "Cancelled"),
        (DIGEST, Cause.DECIDED, {"seated": (GUS,), "was": told(**MAYBE)}, "It takes place"),
        (DIGEST, Cause.REGISTERED, {"seated": (GUS, AMY)}, "2 seated"),
        (DIGEST, Cause.REGISTERED, {"seated": (GUS,), "waiting": (AMY,)}, "1 seated, 1 waiting"),
        (DIGEST, Cause.WITHDRAWN, {"gone": (GUS,)}, "1 no longer comes"),
        (DIGEST, Cause.WITHDRAWN, {"gone": (GUS, AMY), "waiting": (ANA,)}, "1 waiting, 2 no longer come"),
        (DIGEST, Cause.WITHDRAWN, {}, "Your students"),
        (DIGEST, Cause.REGISTERED, {"seated": (GUS,), "session": told(**MAYBE)}, "1 seated"),
        (ROSTER, Cause.TIME, {"seated": (ANA,)}, "In 17 days, 1 student"),
        (ROSTER, Cause.TIME, {"seated": (ANA, BEN)}, "In 17 days, 2 students"),
        (ROSTER, Cause.TIME, {"seated": (ANA,), "session": told(**MAYBE)}, "In 17 days, 1 student, not certain yet"),
        (LetterKind.REMINDER, Cause.TIME, {"session": told(**MAYBE)}, "In 17 days, not certain yet"),
        (LetterKind.WRONG_ADDRESS, Cause.BOUNCED, {"seated": (GUS,), "session": told(**MAYBE)}, "An address needs correcting"),
    ],
)
def test_a_subject_that_counts_says_of_what(kind: LetterKind, cause: Cause, more: dict[str, Any], words: str) -> None:
    assert str(received(about(kind, TEACHER, cause, **more)).message["Subject"]) == f"{words}: Power of a Stitch"


@pytest.mark.parametrize(("length", "shown"), [(60, "x" * 60), (61, "x" * 59 + "…")])
def test_a_long_title_leaves_room_for_the_date(length: int, shown: str) -> None:
    one = about(WAITING, STUDENT, Cause.REGISTERED, session=told(title="x" * length), waiting=(ANA,))

    assert str(received(one).message["Subject"]) == f"On the waiting list: {shown}, Thursday 18 March, 14:00 (New York)"


def test_a_title_is_not_cut_after_a_comma() -> None:
    session = told(title="y" * 57 + ", and much more to see")

    subject = str(received(about(WAITING, STUDENT, Cause.REGISTERED, session=session, waiting=(ANA,))).message["Subject"])
    assert subject.startswith("On the waiting list: " + "y" * 57 + "…, Thursday")


@pytest.mark.parametrize("by", [-SECOND, timedelta(0), SECOND])
def test_a_decision_that_is_late_is_called_late_from_its_last_moment_on(by: timedelta) -> None:
    session = told(**MAYBE)
    is_late = by >= timedelta(0)
    for reader, late, open_ in (
        (STUDENT, "though it should have been decided by", "whether it takes place is decided by"),
        (HOST, "it should have been decided by", "please decide by"),
    ):
        said = lead(about(INVITATION, reader, Cause.REGISTERED, session=session, entry=entry(), at=MAYBE_DECIDES + by))
        assert (late in said, open_ in said) == (is_late, not is_late)


def test_clock_changes_are_no_news_about_the_decision() -> None:
    was = told(is_provisional=True, decides_at=MAYBE_DECIDES + SECOND)
    one = about(UPDATED, STUDENT, Cause.ZONE, session=told(**MAYBE), was=was, seated=(ANA,), entry=entry(1))

    assert lead(one) == f"{TITLED} stays on Thursday 18 March 2027 at 14:00 (New York, UTC−4).{UNCERTAIN}"


def test_a_move_that_also_decides_says_both() -> None:
    one = moved(told(datetime(2027, 3, 11, 10, 0), **MAYBE))

    assert lead(one) == f"{NEW_TIME} And it is certain now: it takes place."


ABOUT_SESSIONS = [kind for kind in LetterKind if kind not in (LetterKind.ACCOUNT, LetterKind.APPLICATION, LetterKind.BLOCKED)]
SAYS_IF_UNCERTAIN = (INVITATION, PROMOTED, UPDATED, WAITING, LetterKind.REMINDER, DIGEST, ROSTER)


@pytest.mark.parametrize("kind", ABOUT_SESSIONS)
def test_who_plans_with_a_session_reads_on_top_that_it_is_not_certain(kind: LetterKind) -> None:
    one = about(kind, TEACHER, Cause.REGISTERED, session=told(**MAYBE), seated=(GUS,), waiting=(AMY,))

    assert ("isn't certain yet" in lead(one)) == (kind in SAYS_IF_UNCERTAIN)
    assert "isn't certain" not in lead(about(kind, TEACHER, Cause.REGISTERED, seated=(GUS,), waiting=(AMY,)))


@pytest.mark.parametrize("kind", ABOUT_SESSIONS)
def test_who_plans_with_a_session_reads_that_it_became_certain(kind: LetterKind) -> None:
    one = about(kind, TEACHER, Cause.MOVED, was=told(datetime(2027, 3, 11, 10, 0), **MAYBE), seated=(GUS,), waiting=(AMY,))

    assert ("And it is certain now: it takes place." in lead(one)) == (kind in SAYS_IF_UNCERTAIN)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (told(**MAYBE), told(), f"{THEN} takes place: it is certain now."),
        (told(), told(**MAYBE), f"{THEN} has become provisional.{UNCERTAIN}"),
        (
            told(is_provisional=True, decides_at=MAYBE_DECIDES - timedelta(days=1)),
            told(**MAYBE),
            f"There is a new time for the decision about {THEN}.{UNCERTAIN}",
        ),
        (told(**MAYBE), told(**MAYBE), f"You have a seat at {THEN}.{UNCERTAIN}"),
    ],
)
def test_what_became_of_the_decision_is_news(was: SessionFacts, now: SessionFacts, said: str) -> None:
    for cause in (Cause.DECIDED, Cause.PROVISIONAL, Cause.MOVED, Cause.WORDING, Cause.AGAIN):
        assert lead(about(UPDATED, STUDENT, cause, session=now, was=was, seated=(ANA,), entry=entry(1))) == said


def test_what_became_of_the_decision_is_news_for_a_teacher_too() -> None:
    decided = about(DIGEST, TEACHER, Cause.DECIDED, was=told(**MAYBE), seated=(GUS,))
    put_off = about(
        DIGEST, TEACHER, Cause.PROVISIONAL, session=told(**MAYBE), was=told(is_provisional=True, decides_at=WRITTEN), seated=(GUS,)
    )

    assert lead(decided) == f"{THEN} takes place: it is certain now."
    assert str(received(decided).message["Subject"]) == "It takes place: Power of a Stitch"
    assert str(received(put_off).message["Subject"]) == "New decision time: Power of a Stitch"


def test_online_the_decision_time_names_its_clock() -> None:
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=online(**MAYBE), seated=(ANA,), entry=entry())

    assert "is decided by Tuesday 16 March at 12:00 (New York)." in lead(one)


def test_a_provisional_session_without_a_decision_time_is_still_told() -> None:
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=told(is_provisional=True), seated=(ANA,), entry=entry())

    assert "It isn't certain yet" in lead(one)


@pytest.mark.parametrize("reader_zone", ["", "America/New_York", "Europe/London", "Australia/Sydney"])
def test_online_a_reader_elsewhere_reads_their_own_time_too(reader_zone: str) -> None:
    own = {
        "Europe/London": " / your time: Thursday 18 March 2027, 21:00 to 23:00 (London, UTC)",
        "Australia/Sydney": " / your time: Friday 19 March 2027, 08:00 to 10:00 (Sydney, UTC+11)",
    }
    for session, shown in ((online(), own.get(reader_zone, "")), (told(datetime(2027, 3, 18, 17, 0)), "")):
        one = about(INVITATION, STUDENT, Cause.REGISTERED, session=session, seated=(ANA,), entry=entry(), reader_zone=reader_zone)

        assert row(one, "When") == f"Thursday 18 March 2027 / 17:00 to 19:00 (New York, UTC−4){shown}"


@pytest.mark.parametrize(
    ("starts_wall", "minutes", "extra"),
    [
        (datetime(2027, 3, 28, 0, 30), 120, " / the clocks change meanwhile: it ends at 02:30 (London, UTC+1)"),
        (datetime(2027, 3, 28, 3, 30), 120, ""),
    ],
)
def test_an_end_after_a_clock_change_says_on_which_clock(starts_wall: datetime, minutes: int, extra: str) -> None:
    one = about(INVITATION, STUDENT, Cause.REGISTERED, session=told(starts_wall, zone="Europe/London", minutes=minutes), entry=entry())

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
    assert row(about(INVITATION, STUDENT, Cause.REGISTERED, session=told(**changed), entry=entry()), "Where") == where


@pytest.mark.parametrize("kind", ABOUT_SESSIONS)
@pytest.mark.parametrize("cause", [Cause.CANCELLED, Cause.MOVED])
def test_the_day_is_struck_where_nothing_takes_place_and_missing_where_only_the_reader_is_off_the_list(
    kind: LetterKind, cause: Cause
) -> None:
    shown = lines(about(kind, TEACHER, cause, seated=(GUS,)))

    day = [line for line in shown if line in ("18", "~~18~~")]
    assert day == ([] if kind is REMOVED else ["~~18~~" if cause is Cause.CANCELLED else "18"])
    assert ("Thu" in shown, "Mar" in shown) == (kind is not REMOVED,) * 2
    assert "Outreach | Stitch workshop" in shown


@pytest.mark.parametrize(
    ("facts_of_it", "said"),
    [
        ({"is_approved": True}, "You are approved as teacher at Northside School."),
        ({"is_approved": True, "place": ""}, "You are approved as teacher."),
        ({"is_approved": False}, "Your application as teacher at Northside School was not approved."),
    ],
)
def test_an_applicant_reads_the_decision_and_the_note(facts_of_it: dict[str, Any], said: str) -> None:
    known: dict[str, Any] = {"reader_name": "Robin", "role": "teacher", "place": "Northside School", "note": "One.\n\nTwo."}
    one = letter(LetterKind.APPLICATION, ApplicationFacts(**known | facts_of_it))
    path = "/login" if facts_of_it["is_approved"] else "/apply"

    assert lead(one) == said
    assert row(one, "Coordinator's note") == "One. / Two."
    assert button(one)[1] == f"https://outreach.example{path}"
    assert row(letter(LetterKind.APPLICATION, ApplicationFacts(**known | facts_of_it | {"note": ""})), "Coordinator's note") is None


def test_an_account_letter_without_its_link_leads_to_the_sign_in_page() -> None:
    one = letter(LetterKind.ACCOUNT, AccountFacts(purpose="welcome", reader_name="Robin", link=None))

    assert button(one) == ("Sign in", "https://outreach.example/login")


@pytest.mark.parametrize(
    ("students", "said"), [(1, "so 1 student of yours doesn't get them."), (2, "so 2 students of yours don't get them.")]
)
def test_a_teacher_reads_how_many_students_are_cut_off(students: int, said: str) -> None:
    blocked = BlockedFacts(reader_name="Robin", domain="north side.example", students=students, server_words="550 No")
    one = letter(LetterKind.BLOCKED, blocked)

    assert lead(one).endswith(said)
    assert row(one, "The server said") == "550 No"
    assert button(one)[1] == "https://outreach.example/blocked-domains/north%20side.example"
    assert row(letter(LetterKind.BLOCKED, replace(blocked, server_words="")), "The server said") == "nothing more"


@pytest.mark.parametrize(
    ("reader", "by", "seated", "says"),
    [
        (STUDENT, STUDENT, (ANA,), "your answer"),
        (GUARDIAN, GUARDIAN, (ANA,), "your answer"),
        (TEACHER, TEACHER, (), "your answer"),
        (GUARDIAN, STUDENT, (ANA,), "copy"),
        (TEACHER, STUDENT, (), "copy"),
        (HOST, HOST, (), "your answer"),
    ],
)
def test_who_is_asked_and_who_gets_a_copy_read_different_letters(
    reader: Reader, by: Reader, seated: tuple[StudentFacts, ...], says: str
) -> None:
    asked = AskedFacts(by=by, answer="declined")
    one = about(CONFIRM, reader, Cause.FORWARDED, seated=seated, stands_in_for=(GUS,), asked=asked, entry=entry(1))
    is_copy = says == "copy"
    text = received(one).text

    assert ("An answer from another address" in str(received(one).message["Subject"])) == is_copy
    assert ("got a letter that asks for the true answer." in text) == is_copy
    assert ("You hear of it because no letter reaches a guardian." in text) == (is_copy and reader is TEACHER)
    assert ("please answer on your page" in text) == (not is_copy and reader in FAMILIES)
    assert ("please answer from the mail address this letter went to" in text) == (not is_copy and reader not in FAMILIES)
    assert "nothing was changed" in text


@pytest.mark.parametrize("cause", [Cause.COUNTERED, Cause.FORWARDED])
@pytest.mark.parametrize("reader", [HOST, TEACHER])
@pytest.mark.parametrize("seated", [(), (ANA,)])
def test_host_and_teacher_read_what_follows_and_who_else_knows(cause: Cause, reader: Reader, seated: tuple[StudentFacts, ...]) -> None:
    text = received(about(NOTE, reader, cause, seated=seated, asked=AskedFacts(by=TEACHER, name="Robin"))).text
    is_move, is_host = cause is Cause.COUNTERED, reader is HOST

    assert ("The host has this letter too." in text) == (not is_host)
    assert ("The teacher who registered has this letter too." in text) == (is_host and bool(seated))
    assert ("If you move the session, every calendar follows" in text) == (is_move and is_host)
    assert ("the host decides whether the session moves" in text) == (is_move and not is_host)
    assert ("A seat can't be passed on" in text) == (not is_move)
    assert ("If the place isn't needed, please withdraw it" in text) == (not is_move and not is_host)


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
def test_who_asks_is_named_with_their_school(seated: tuple[StudentFacts, ...], by: Reader, who: str) -> None:
    one = about(NOTE, HOST, Cause.COUNTERED, seated=seated, asked=AskedFacts(by=by, name="Robin"))

    assert lead(one) == f"{who} would like another time for {THEN}."


@pytest.mark.parametrize("stands_in", [(), (GUS,)])
@pytest.mark.parametrize("cause", [Cause.ADDRESS, Cause.BOUNCED])
def test_a_teacher_reads_whose_address_is_wrong_and_whom_to_tell(cause: Cause, stands_in: tuple[StudentFacts, ...]) -> None:
    one = about(LetterKind.WRONG_ADDRESS, TEACHER, cause, seated=(GUS,), waiting=(AMY,), stands_in_for=stands_in)
    shown, bounced = lines(one), cause is Cause.BOUNCED

    assert ("is somebody else's." in lead(one)) == (not bounced)
    assert ("says there is no such mailbox." in lead(one)) == bounced
    assert "Gus Hill and Amy Diaz" in lead(one)
    assert ("## Whose letters go there" in shown) == bounced
    assert ("## Whose address it was meant to be" in shown) == (not bounced)
    assert ("## Please tell them yourself" in shown) == bool(stands_in)
    assert any(line.startswith("Where it says “Please tell them yourself”") for line in shown) == (bounced and bool(stands_in))
