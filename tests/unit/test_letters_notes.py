"""What stands below the button: what to do, what follows, why the letter came."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

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
from tests.support.letter_cases import SETTINGS, entry, letter, online, workshop
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

pytestmark = pytest.mark.usefixtures("in_small_app")

PLEASE = "To answer, and to have the session in your calendar, press “Accept” or “Yes” in this e-mail."
ON_THE_PAGE = "and you can answer there."


@pytest.mark.parametrize(
    ("one", "has", "has_not"),
    [
        (about(INVITATION, GUARDIAN, Cause.ZONE, seated=(ANA,), entry=entry()), [PLEASE], ["The rules for changing the clocks"]),
        (
            about(INVITATION, GUARDIAN, Cause.ADDRESS, seated=(ANA,), entry=entry(answer="accepted")),
            [PLEASE, ON_THE_PAGE],
            ["Your answer still counts", "old entry"],
        ),
        (
            about(INVITATION, TEACHER, Cause.REGISTERED, entry=entry()),
            [PLEASE, "A separate e-mail tells you who has a seat", "use the link above."],
            [ON_THE_PAGE],
        ),
        (
            about(INVITATION, HOST, Cause.PUBLISHED, entry=entry()),
            ["The evening before, we'll send you the list", "To have the session in your calendar, press"],
            [PLEASE, "A separate e-mail"],
        ),
        (
            about(UPDATED, TEACHER, Cause.ZONE, entry=entry(1)),
            ["The rules for changing the clocks in New York are new."],
            ["A separate e-mail"],
        ),
        (about(UPDATED, TEACHER, Cause.WORDING, entry=entry(1)), [], ["A separate e-mail", "The rules for changing the clocks"]),
        (about(UPDATED, TEACHER, Cause.AGAIN, entry=entry(1)), [], ["A separate e-mail"]),
        (about(UPDATED, TEACHER, Cause.MOVED, entry=entry(1)), ["A separate e-mail"], []),
        (
            about(LetterKind.REMINDER, TEACHER, Cause.TIME, seated=(ANA,), entry=entry()),
            [],
            ["please use the link above to withdraw", "A separate e-mail"],
        ),
        (about(INVITATION, HOST, Cause.PUBLISHED, seated=(ANA,), entry=entry()), [], ["please use the link above to withdraw"]),
        (about(LetterKind.REMINDER, HOST, Cause.TIME, entry=entry()), [], ["The evening before"]),
        (
            about(LetterKind.REMINDER, STUDENT, Cause.TIME, seated=(ANA,), entry=entry()),
            ["please use the link above to withdraw"],
            [PLEASE],
        ),
        (
            about(LetterKind.REMINDER, STUDENT, Cause.TIME, session=online(), seated=(ANA,), entry=entry(), at=online().starts_at - SECOND),
            ["Can't come? Withdraw here so that someone else can have the seat."],
            ["please use the link above to withdraw"],
        ),
        (
            about(UPDATED, GUARDIAN, Cause.MOVED, waiting=(ANA,)),
            ["We'll e-mail you if a seat becomes free."],
            ["use the link above to withdraw"],
        ),
        (
            about(UPDATED, GUARDIAN, Cause.MOVED, seated=(ANA,), entry=entry(1)),
            ["To answer, and to change it, press “Accept” or “Update”", ON_THE_PAGE],
            ["becomes free", "Your answer still counts"],
        ),
        (
            about(UPDATED, GUARDIAN, Cause.MOVED, seated=(ANA,), entry=entry(1, answer="declined")),
            ["press “Update” in this e-mail, or give the same answer again. Your answer still counts."],
            ["To answer", "need to do"],
        ),
        (about(DIGEST, TEACHER, Cause.DECLINED, gone=(GUS,)), ["The family answered “Can't come”."], []),
        (about(DIGEST, TEACHER, Cause.DECLINED, seated=(GUS,)), [], ["The family answered"]),
        (about(DIGEST, TEACHER, Cause.WITHDRAWN, gone=(GUS,)), [], ["The family answered"]),
        (
            about(DIGEST, TEACHER, Cause.REGISTERED, waiting=(GUS,)),
            ["We'll e-mail you if a seat becomes free."],
            ["Please tell them yourself"],
        ),
        (about(DIGEST, TEACHER, Cause.CANCELLED, waiting=(GUS,)), [], ["becomes free"]),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,)), [], ["becomes free", "Please answer by"]),
        (about(DIGEST, TEACHER, Cause.REGISTERED, seated=(GUS,), stands_in_for=(GUS,)), ["Please tell them yourself", "Gus Hill"], []),
        (about(ROSTER, HOST, Cause.TIME, seated=(ANA,)), ["sign in to see what the students need"], []),
        (
            about(CANCELLED, HOST, Cause.CANCELLED, entry=entry(1)),
            ["Everyone who had a seat or was on the waiting list gets an e-mail."],
            ["We are sorry"],
        ),
        (
            about(CANCELLED, TEACHER, Cause.CANCELLED, entry=entry(1)),
            ["We are sorry", "press “Delete” or “Remove” in this e-mail"],
            ["Everyone who had"],
        ),
        (about(CANCELLED, GUARDIAN, Cause.CANCELLED, waiting=(ANA,)), ["We are sorry"], ["“Delete”"]),
        (
            about(REMOVED, GUARDIAN, Cause.WITHDRAWN, gone=(ANA,)),
            ["If this is a mistake, please tell the teacher"],
            ["The answer was", "going ahead"],
        ),
        (about(REMOVED, GUARDIAN, Cause.DECLINED, gone=(ANA,)), ["If this is a mistake", "The answer was “Can't come”."], []),
        (about(REMOVED, GUARDIAN, Cause.REMOVED, gone=(ANA,)), ["The session itself is going ahead."], ["If this is a mistake"]),
        (
            about(REMOVED, TEACHER, Cause.WITHDRAWN, entry=entry(1)),
            ["press “Delete” or “Remove” in this e-mail"],
            ["If this is a mistake", "going ahead"],
        ),
        (about(REMOVED, TEACHER, Cause.REMOVED, entry=entry(1)), [], ["The session itself is going ahead."]),
        (about(REMOVED, GUARDIAN, Cause.ADDRESS, entry=entry(1)), ["Our e-mails now go to the new address."], ["The session itself"]),
        (
            about(INVITATION, GUARDIAN, Cause.REGISTERED, seated=(ANA,), entry=entry()),
            [],
            ["as free", "I know the sender", "Can't come”, in your"],
        ),
        (about(INVITATION, GUARDIAN, Cause.REGISTERED, seated=(ANA,), entry=entry(is_transparent=True)), [PLEASE], ["as free"]),
        (
            about(INVITATION, HOST, Cause.PUBLISHED, session=workshop(**MAYBE), entry=entry()),
            ["We'll e-mail you a day before the decision is due."],
            ["We'll e-mail you when"],
        ),
        (
            about(INVITATION, STUDENT, Cause.REGISTERED, session=workshop(**MAYBE), entry=entry()),
            ["We'll e-mail you when there is a decision."],
            ["a day before"],
        ),
        (about(REMOVED, STUDENT, Cause.WITHDRAWN, session=workshop(**MAYBE), entry=entry(1)), [], ["mark it as tentative"]),
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

    assert f"You are receiving this e-mail {why[reader]}" in received(about(CANCELLED, reader, Cause.CANCELLED)).text
    assert "You are receiving this e-mail because we e-mailed you about this session before." in received(gone).text


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
    ("students", "said"), [(1, "so 1 of your students doesn't get them."), (2, "so 2 of your students don't get them.")]
)
def test_a_teacher_reads_how_many_students_are_cut_off(students: int, said: str) -> None:
    blocked = BlockedDomainSnapshot(reader_name="Robin", domain="north side.example", students=students, server_words="550 No")
    one = letter(LetterKind.BLOCKED, blocked)

    assert lead(one).endswith(said)
    assert row(one, "Mail server's reason") == "550 No"
    assert button(one)[1] == "https://outreach.example/blocked-domains/north%20side.example"
    assert row(letter(LetterKind.BLOCKED, replace(blocked, server_words="")), "Mail server's reason") == "Not given"


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
    assert ("to confirm the answer." in text) == is_copy
    assert ("We are telling you because our e-mails don't reach a guardian." in text) == (is_copy and reader is TEACHER)
    assert ("please answer on your page" in text) == (not is_copy and reader in FAMILIES)
    assert ("please answer from the address this e-mail was sent to" in text) == (not is_copy and reader not in FAMILIES)
    assert "Nothing has changed." in text


@pytest.mark.parametrize("cause", [Cause.COUNTERED, Cause.FORWARDED])
@pytest.mark.parametrize("reader", [HOST, TEACHER])
@pytest.mark.parametrize("seated", [(), (ANA,)])
def test_host_and_teacher_read_what_follows_and_who_else_knows(cause: Cause, reader: Reader, seated: tuple[StudentSnapshot, ...]) -> None:
    text = received(about(NOTE, reader, cause, seated=seated, asked=ProposalSnapshot(by=TEACHER, name="Robin"))).text
    is_move, is_host = cause is Cause.COUNTERED, reader is HOST

    assert ("We have also told the host." in text) == (not is_host)
    assert ("We have also told the teacher who registered them." in text) == (is_host and bool(seated))
    assert ("If you move the session, everyone gets an e-mail." in text) == (is_move and is_host)
    assert ("The host decides whether to move the session." in text) == (is_move and not is_host)
    assert ("A seat can't be passed on" in text) == (not is_move)
    assert ("If they don't need the seat, please withdraw them." in text) == (not is_move and not is_host)


@pytest.mark.parametrize("stands_in", [(), (GUS,)])
@pytest.mark.parametrize("cause", [Cause.ADDRESS, Cause.BOUNCED])
def test_a_teacher_reads_whose_address_is_wrong_and_whom_to_tell(cause: Cause, stands_in: tuple[StudentSnapshot, ...]) -> None:
    one = about(LetterKind.WRONG_ADDRESS, TEACHER, cause, seated=(GUS,), waiting=(AMY,), stands_in_for=stands_in)
    shown, bounced = lines(one), cause is Cause.BOUNCED

    assert ("belongs to someone else." in lead(one)) == (not bounced)
    assert ("says that the address doesn't exist." in lead(one)) == bounced
    assert "Gus Hill and Amy Diaz" in lead(one)
    assert ("## E-mails for these students go to this address" in shown) == bounced
    assert ("## This address was entered for" in shown) == (not bounced)
    assert ("## Please tell them yourself" in shown) == bool(stands_in)
    assert any("the students under “Please tell them yourself”" in line for line in shown) == (bounced and bool(stands_in))
