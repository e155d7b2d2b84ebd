"""What is read of bounces, delivery reports and complaints."""

from __future__ import annotations

import pytest

from outreach.inbound.parsing.message import Failure
from outreach.inbound.parsing.reading import read
from outreach.models import BounceKind
from tests.support.bounce_texts import BOUNCES, server_mail
from tests.support.shaped_reports import STATUS_REPORTS, shaped_report

TO = "b17-abcdefghijklmnop@outreach.example"
LETTER = "<letter-1@outreach.example>"
UNKNOWN = "550 5.1.1 <ana@pupils.example>: Recipient address rejected: User unknown"


@pytest.mark.parametrize("program", STATUS_REPORTS)
def test_a_refusal_names_kind_status_words_and_letter(program: str) -> None:
    incoming = read(shaped_report(program, to=TO))
    assert incoming.failures == (Failure(kind=BounceKind.HARD, status="5.1.1", words=UNKNOWN, message_id=LETTER),)
    assert (incoming.is_report, incoming.is_automatic, incoming.trouble) == (True, True, "")
    assert TO in incoming.recipients


@pytest.mark.parametrize("program", STATUS_REPORTS)
@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded"])
def test_what_has_not_failed_is_a_report_and_no_failure(program: str, action: str) -> None:
    incoming = read(shaped_report(program, to=TO, action=action, status="4.4.1"))
    assert (incoming.failures, incoming.is_report) == ((), True)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "", BounceKind.HARD),
        ("5.1.2", "", BounceKind.HARD),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", BounceKind.HARD),
        ("5.2.1", "", BounceKind.HARD),
        ("5.4.1", "", BounceKind.HARD),
        ("5.1.8", "553 5.1.8 domain of sender address does not exist", BounceKind.POLICY),
        ("5.7.1", "554 5.7.1 Message rejected by policy", BounceKind.POLICY),
        ("5.7.26", "", BounceKind.POLICY),
        ("5.2.2", "552 5.2.2 Mailbox full", BounceKind.SOFT),
        ("4.2.2", "452 4.2.2 Mailbox full", BounceKind.SOFT),
        ("4.4.7", "", BounceKind.SOFT),
        ("5.3.4", "", BounceKind.SOFT),
        ("5.6.0", "", BounceKind.SOFT),
        ("5.0.0", "", BounceKind.SOFT),
        ("5.0.0", "554 Sorry", BounceKind.SOFT),
        ("5.0.0", "550 No such user here", BounceKind.HARD),
        ("5.0.0", "550 The mailbox ana does not exist", BounceKind.HARD),
        ("5.0.0", "550 sender address unknown", BounceKind.SOFT),
        ("5.0.0", "450 no such user, perhaps", BounceKind.SOFT),
    ],
)
def test_a_status_says_what_the_refusal_means(status: str, words: str, kind: BounceKind) -> None:
    (failure,) = read(shaped_report("exim", to=TO, status=status, words=words)).failures
    assert (failure.kind, failure.status, failure.words) == (kind, status, words)


def test_a_status_that_says_nothing_gives_way_to_what_the_server_spoke() -> None:
    (failure,) = read(shaped_report("exim", to=TO, status="5.0.0", words="550-5.7.26 This mail is unauthenticated")).failures
    assert (failure.kind, failure.status) == (BounceKind.POLICY, "5.7.26")


def test_words_are_one_line_and_cut() -> None:
    (failure,) = read(shaped_report("postfix", to=TO, words="550 5.1.1 no\n\t550 5.1.1 really no" + " no" * 1000)).failures
    assert failure.words.startswith("550 5.1.1 no 550 5.1.1 really no no")
    assert len(failure.words) <= 500


def test_one_report_may_name_several_failures() -> None:
    second = "Final-Recipient: rfc822; eve@pupils.example\r\nAction: failed\r\nStatus: 5.2.2\r\n\r\n"
    third = "Final-Recipient: rfc822; joe@pupils.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n"
    raw = shaped_report("postfix", to=TO).decode()
    raw = raw.replace("Final-Recipient: rfc822; ana@", f"{second}{third}Final-Recipient: rfc822; ana@")
    assert [failure.kind for failure in read(raw.encode()).failures] == [BounceKind.SOFT, BounceKind.HARD]


@pytest.mark.parametrize("action", ["failure", "error", "Failed (will not retry)"])
def test_servers_with_their_own_word_for_failed_are_understood(action: str) -> None:
    assert len(read(shaped_report("postfix", to=TO, action=action)).failures) == 1


def test_a_complaint_names_the_letter() -> None:
    incoming = read(shaped_report("complaint", to=TO, action="abuse"))
    words = "abuse: SomeGenerator/1.0"
    assert incoming.failures == (Failure(kind=BounceKind.COMPLAINT, status="", words=words, message_id=LETTER),)
    assert incoming.is_report


@pytest.mark.parametrize("action", ["not-spam", "auth-failure"])
def test_other_feedback_is_no_complaint(action: str) -> None:
    assert read(shaped_report("complaint", to=TO, action=action)).failures == ()


@pytest.mark.parametrize("action", ["displayed", "deleted"])
def test_a_read_receipt_is_a_report_without_failure(action: str) -> None:
    incoming = read(shaped_report("read_receipt", to=TO, action=action))
    assert (incoming.is_report, incoming.failures) == (True, ())


@pytest.mark.parametrize(
    ("words", "kind", "status"),
    [
        ("550 5.1.1 User unknown", BounceKind.HARD, "5.1.1"),
        ("554 5.7.1 Blocked by policy", BounceKind.POLICY, "5.7.1"),
        ("550 sorry", BounceKind.HARD, ""),
    ],
)
def test_a_bounce_older_than_the_standard_is_found(words: str, kind: BounceKind, status: str) -> None:
    incoming = read(shaped_report("qmail", to=TO, words=words))
    assert incoming.failures == (Failure(kind=kind, status=status, words=words, message_id=LETTER),)
    assert not incoming.is_report


def test_a_person_who_quotes_a_bounce_is_believed_nothing() -> None:
    raw = shaped_report("qmail", to=TO).replace(b"Return-Path: <>", b"Return-Path: <eve@pupils.example>", 1)
    raw = raw.replace(b"MAILER-DAEMON@mx.pupils.example", b"eve@pupils.example")
    assert read(raw).failures == ()


def test_a_report_wrapped_by_a_mailing_list_is_still_read() -> None:
    report = shaped_report("postfix", to=TO)
    head = report[: report.index(b"Content-Type: multipart/report")]
    inner = report[len(head) :]
    footer = b"\r\n--outer\r\n\r\nThe list\r\n--outer--\r\n"
    raw = head + b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n" + inner + footer
    assert read(raw).failures == read(report).failures


@pytest.mark.parametrize(("name", "kind", "sender", "subject", "lines"), BOUNCES, ids=[bounce[0] for bounce in BOUNCES])
def test_a_bounce_that_no_standard_describes_is_read(
    name: str, kind: BounceKind, sender: str, subject: str, lines: tuple[str, ...]
) -> None:
    (failure,) = read(server_mail(*lines, to=TO, sender=sender, subject=subject)).failures
    assert failure.kind is kind, name


def test_the_letter_that_comes_back_says_nothing_of_the_failure() -> None:
    returned = (
        "------ This is a copy of the message, including all the headers. ------",
        "",
        "Subject: spam, user unknown, mailbox full",
        "",
        "x",
    )
    incoming = read(server_mail("Something happened.", "", *returned, to=TO))
    assert incoming.failures == ()


def test_the_text_for_people_says_what_a_status_of_nothing_means() -> None:
    raw = shaped_report("postfix", to=TO, status="5.0.0", words="").replace(
        b"This is the mail system", b"ana@pupils.example: Domain does not exist\r\n\r\nThis is the mail system", 1
    )
    (failure,) = read(raw).failures
    assert failure.kind is BounceKind.HARD


def test_a_status_in_the_letters_of_japan_is_read() -> None:
    raw = shaped_report("postfix", to=TO, status="5.0.0", words="smtp; WORDS").replace(
        b"WORDS", "ユーザーが見つかりません".encode("iso-2022-jp")
    )
    (failure,) = read(raw).failures
    assert failure.kind is BounceKind.HARD


@pytest.mark.parametrize("program", STATUS_REPORTS)
def test_what_has_expired_has_failed_and_says_nothing_of_the_mailbox(program: str) -> None:
    (failure,) = read(shaped_report(program, to=TO, action="expired", status="4.4.7", words="Message expired")).failures
    assert failure.kind is BounceKind.SOFT


def test_a_report_that_lost_its_boundaries_is_read_as_text() -> None:
    raw = shaped_report("postfix", to=TO)
    lost = b"\r\n".join(line for line in raw.split(b"\r\n") if not line.startswith(b"--"))
    assert [failure.kind for failure in read(lost).failures] == [BounceKind.HARD]


def test_a_message_with_carriage_returns_alone_is_read() -> None:
    report = shaped_report("postfix", to=TO)
    assert read(report.replace(b"\r\n", b"\r")).failures == read(report).failures


@pytest.mark.parametrize(
    ("lines", "subject"),
    [
        (("Your message could not be delivered for more than 2 hours.", "It will be retried until it is 4 days old."), "Delayed Mail"),
        (
            ("THIS IS A WARNING MESSAGE ONLY.", "YOU DO NOT NEED TO RESEND YOUR MESSAGE."),
            "Warning: could not send message for past 4 hours",
        ),
    ],
)
def test_a_letter_that_is_late_is_a_report_without_failure(lines: tuple[str, ...], subject: str) -> None:
    incoming = read(server_mail(*lines, to=TO, subject=subject))
    assert (incoming.failures, incoming.is_report, incoming.is_unclear) == ((), True, False)


@pytest.mark.parametrize(
    "raw",
    [
        shaped_report("postfix", to=TO)
        .replace(b"Action: failed", b"Action: pondered")
        .replace(b"550 5.1.1", b"")
        .replace(b"User unknown", b""),
        shaped_report("complaint", to=TO, action="fraud"),
    ],
)
def test_a_report_that_nobody_can_read_says_so(raw: bytes) -> None:
    incoming = read(raw)
    assert (incoming.failures, incoming.is_report, incoming.is_unclear) == ((), True, True)


@pytest.mark.parametrize(
    ("sender", "subject", "headers", "is_so"),
    [
        ("Ana <ana@pupils.example>", "Out of office", ("Auto-Submitted: auto-replied",), True),
        ("Ana <ana@pupils.example>", "Automatic reply: You have a seat", (), True),
        ("Ana <ana@pupils.example>", "Réponse automatique : Bonjour", (), True),
        ("Ana <ana@pupils.example>", "Abwesenheitsnotiz", (), True),
        ("Ana <ana@pupils.example>", "Hello", ("Precedence: auto_reply", "Auto-Submitted: auto-generated"), True),
        ("Ana <ana@pupils.example>", "Hello", (), True),
        ("Ana <ana@pupils.example>", "Your email, and I am unavailable", (), True),
        ("Mail <mailer-daemon@mx.example>", "Hello", ("Auto-Submitted: auto-replied",), False),
        ("Help <help@pupils.example>", "Undeliverable: Hello", ("Auto-Submitted: auto-replied",), False),
    ],
)
def test_a_note_that_somebody_is_away_is_known(sender: str, subject: str, headers: tuple[str, ...], is_so: bool) -> None:
    incoming = read(server_mail("I am back in May.", to=TO, sender=sender, subject=subject, headers=headers))
    assert (incoming.is_away_note, incoming.failures) == (is_so, ())
