"""What stands below the button: what to do, what follows, why the letter came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

from outreach.letters import render
from outreach.models import Letter, LetterKind
from outreach.models.snapshots import (
    AccountSnapshot,
    ApplicationSnapshot,
    BlockedDomainSnapshot,
    Cause,
    ProposalSnapshot,
    Reader,
    StudentSnapshot,
)
from tests.support.letter_cases import SETTINGS, entry, letter, online, told
from tests.support.letter_lines import (
    AMY,
    ANA,
    CANCELLED,
    CONFIRM,
    DIGEST,
    FAMILIES,
    GUARDIAN,
    GUS,
    HOST,
    INVITATION,
    MAYBE,
    NOTE,
    REMOVED,
    ROSTER,
    SECOND,
    STUDENT,
    TEACHER,
    UPDATED,
    about,
    button,
    lead,
    lines,
    row,
)
from tests.support.received_letters import received

GREETING = "Please answer the invitation in your mail or calendar"


@pytest.fixture(autouse=True, scope="module")
def _in_app() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.app_context():
        yield


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


@pytest.mark.parametrize(
    ("bounce", "senders"),
    [
        ("", "rsvp+*@outreach.example"),
        ("rsvp+{token}@outreach.example", "rsvp+*@outreach.example"),
        ("b+{token}@bounces.example", "rsvp+*@outreach.example / b+*@bounces.example"),
    ],
)
def test_a_school_is_told_all_senders_to_let_in(bounce: str, senders: str) -> None:
    blocked = BlockedDomainSnapshot(reader_name="Robin", domain="northside.example", students=2)
    raw = render(letter(LetterKind.BLOCKED, blocked), settings=replace(SETTINGS, bounce_address=bounce))
    html = raw.decode().replace("=\r\n", "")

    assert senders.replace(" / ", "<br>") in html
    assert ("bounces.example" in html) == ("bounces.example" in bounce)


@pytest.mark.parametrize(
    ("facts_of_it", "said"),
    [
        ({"is_approved": True}, "Your application to be a teacher at Northside School was approved."),
        ({"is_approved": True, "place": ""}, "Your application was approved."),
        ({"is_approved": True, "role": "coordinator"}, "Your application was approved."),
        ({"is_approved": False, "role": "coordinator"}, "Your application was not approved."),
        (
            {"is_approved": True, "role": "clinician", "place": "City Hospital"},
            "Your application to be a clinician at City Hospital was approved.",
        ),
        (
            {"is_approved": False, "role": "clinician", "place": "City Hospital"},
            "Your application to be a clinician at City Hospital was not approved.",
        ),
        ({"is_approved": False}, "Your application to be a teacher at Northside School was not approved."),
    ],
)
def test_an_applicant_reads_the_decision_and_the_note(facts_of_it: dict[str, Any], said: str) -> None:
    known: dict[str, Any] = {"reader_name": "Robin", "role": "teacher", "place": "Northside School", "note": "One.\n\nTwo."}
    one = letter(LetterKind.APPLICATION, ApplicationSnapshot(**known | facts_of_it))
    path = "/login" if facts_of_it["is_approved"] else "/apply"

    assert lead(one) == said
    assert row(one, "Coordinator's note") == "One. / Two."
    assert button(one)[1] == f"https://outreach.example{path}"
    assert row(letter(LetterKind.APPLICATION, ApplicationSnapshot(**known | facts_of_it | {"note": ""})), "Coordinator's note") is None


def test_an_account_letter_without_its_link_leads_to_the_sign_in_page() -> None:
    one = letter(LetterKind.ACCOUNT, AccountSnapshot(purpose="welcome", reader_name="Robin", link=None))

    assert button(one) == ("Sign in", "https://outreach.example/login")


@pytest.mark.parametrize(
    ("students", "said"), [(1, "so 1 student of yours doesn't get them."), (2, "so 2 students of yours don't get them.")]
)
def test_a_teacher_reads_how_many_students_are_cut_off(students: int, said: str) -> None:
    blocked = BlockedDomainSnapshot(reader_name="Robin", domain="north side.example", students=students, server_words="550 No")
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
    reader: Reader, by: Reader, seated: tuple[StudentSnapshot, ...], says: str
) -> None:
    asked = ProposalSnapshot(by=by, answer="declined")
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
def test_host_and_teacher_read_what_follows_and_who_else_knows(cause: Cause, reader: Reader, seated: tuple[StudentSnapshot, ...]) -> None:
    text = received(about(NOTE, reader, cause, seated=seated, asked=ProposalSnapshot(by=TEACHER, name="Robin"))).text
    is_move, is_host = cause is Cause.COUNTERED, reader is HOST

    assert ("The host has this letter too." in text) == (not is_host)
    assert ("The teacher who registered has this letter too." in text) == (is_host and bool(seated))
    assert ("If you move the session, every calendar follows" in text) == (is_move and is_host)
    assert ("the host decides whether the session moves" in text) == (is_move and not is_host)
    assert ("A seat can't be passed on" in text) == (not is_move)
    assert ("If the place isn't needed, please withdraw it" in text) == (not is_move and not is_host)


@pytest.mark.parametrize("stands_in", [(), (GUS,)])
@pytest.mark.parametrize("cause", [Cause.ADDRESS, Cause.BOUNCED])
def test_a_teacher_reads_whose_address_is_wrong_and_whom_to_tell(cause: Cause, stands_in: tuple[StudentSnapshot, ...]) -> None:
    one = about(LetterKind.WRONG_ADDRESS, TEACHER, cause, seated=(GUS,), waiting=(AMY,), stands_in_for=stands_in)
    shown, bounced = lines(one), cause is Cause.BOUNCED

    assert ("is somebody else's." in lead(one)) == (not bounced)
    assert ("says there is no such mailbox." in lead(one)) == bounced
    assert "Gus Hill and Amy Diaz" in lead(one)
    assert ("## Whose letters go there" in shown) == bounced
    assert ("## Whose address it was meant to be" in shown) == (not bounced)
    assert ("## Please tell them yourself" in shown) == bool(stands_in)
    assert any(line.startswith("Where it says “Please tell them yourself”") for line in shown) == (bounced and bool(stands_in))
