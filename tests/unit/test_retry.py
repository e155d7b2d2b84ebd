"""When letters are tried again, and what a mail server's answers mean."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.mail.smtp_responses import (
    Accepted,
    Delayed,
    Outcome,
    PauseReason,
    Rejected,
    Unavailable,
    kind_of,
    sort_content_answer,
    sort_recipient_answer,
    sort_sender_answer,
    status_in,
)
from outreach.models import BounceKind
from outreach.outbox.retry import next_try, pause_length


def test_the_wait_grows_from_a_minute_to_two_days_and_then_ends() -> None:
    waits = [next_try(attempts, jitter=0.5) for attempts in range(1, 9)]
    minutes = [round(wait / timedelta(minutes=1), 6) if wait else None for wait in waits]
    assert minutes == [1, 5, 30, 120, 480, 1440, 2880, None]


def test_letters_that_failed_together_come_back_apart() -> None:
    assert next_try(1, jitter=0.0) == timedelta(seconds=54)
    assert next_try(1, jitter=1.0) == timedelta(seconds=66)


def test_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    assert [pause_length(times).total_seconds() for times in (1, 2, 3, 4, 5, 6, 7, 5000)] == [30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (450, "4.2.0 Greylisted", Delayed(words="450 4.2.0 Greylisted")),
        (452, "4.2.2 Mailbox full", Delayed(words="452 4.2.2 Mailbox full")),
        (550, "5.1.1 No such user", Rejected(words="550 5.1.1 No such user", kind=BounceKind.HARD)),
        (550, "5.2.1 Mailbox disabled", Rejected(words="550 5.2.1 Mailbox disabled", kind=BounceKind.HARD)),
        (550, "No such user here", Rejected(words="550 No such user here", kind=BounceKind.HARD)),
        (554, "5.7.1 Rejected as spam", Rejected(words="554 5.7.1 Rejected as spam", kind=BounceKind.POLICY)),
        (550, "5.7.1 Rejected as spam", Rejected(words="550 5.7.1 Rejected as spam", kind=BounceKind.POLICY)),
        (554, "Rejected", Rejected(words="554 Rejected")),
        (552, "5.2.2 Over quota", Rejected(words="552 5.2.2 Over quota", kind=BounceKind.SOFT)),
        (550, "5.4.4 No such domain", Rejected(words="550 5.4.4 No such domain", kind=BounceKind.HARD)),
        (554, "5.7.1 <a@b.example>: Relay access denied", Rejected(words="554 5.7.1 <a@b.example>: Relay access denied")),
        (550, "Relaying denied", Rejected(words="550 Relaying denied")),
        (421, "4.3.2 Shutting down", Unavailable(reason=PauseReason.UNREACHABLE, words="421 4.3.2 Shutting down")),
        (530, "5.7.0 Authentication required", Unavailable(reason=PauseReason.SIGN_IN, words="530 5.7.0 Authentication required")),
        (550, "5.1.8 Sender address rejected", Unavailable(reason=PauseReason.SENDER, words="550 5.1.8 Sender address rejected")),
        (-1, "", Delayed(words="-1")),
    ],
)
def test_a_refused_recipient_is_sorted(code: int, text: str, outcome: Outcome) -> None:
    assert sort_recipient_answer(code, text) == outcome


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (553, "5.7.1 Not yours", Unavailable(reason=PauseReason.SENDER, words="553 5.7.1 Not yours")),
        (451, "4.3.0 Try later", Unavailable(reason=PauseReason.UNREACHABLE, words="451 4.3.0 Try later")),
        (530, "5.7.0 Must sign in", Unavailable(reason=PauseReason.SIGN_IN, words="530 5.7.0 Must sign in")),
        (552, "5.3.4 Too big", Rejected(words="552 5.3.4 Too big")),
    ],
)
def test_a_refused_sender_holds_all_letters_back_but_a_size_only_one(code: int, text: str, outcome: Outcome) -> None:
    assert sort_sender_answer(code, text) == outcome


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (250, "2.0.0 Queued", Accepted()),
        (451, "4.7.1 Later", Delayed(words="451 4.7.1 Later")),
        (550, "5.7.26 Not authenticated", Rejected(words="550 5.7.26 Not authenticated", kind=BounceKind.POLICY)),
        (550, "5.1.8 Bad sender", Rejected(words="550 5.1.8 Bad sender")),
        (554, "5.6.0 Bad content", Rejected(words="554 5.6.0 Bad content")),
        (550, "Refused content", Rejected(words="550 Refused content")),
        (550, "5.1.1 No such user", Rejected(words="550 5.1.1 No such user", kind=BounceKind.HARD)),
        (421, "Bye", Unavailable(reason=PauseReason.UNREACHABLE, words="421 Bye")),
    ],
)
def test_an_answer_to_the_letter_itself_is_sorted(code: int, text: str, outcome: Outcome) -> None:
    assert sort_content_answer(code, text) == outcome


def test_the_servers_words_are_kept_on_one_line_and_short() -> None:
    outcome = sort_recipient_answer(550, "5.7.1 first\n5.7.1 second " + "x" * 1000)
    assert isinstance(outcome, Rejected)
    assert outcome.words.startswith("550 5.7.1 first 5.7.1 second xxx")
    assert len(outcome.words) == 500


@pytest.mark.parametrize(
    ("words", "status"),
    [("550 5.1.1 No such user", "5.1.1"), ("550 5.7.509 no", "5.7.509"), ("550 No such user", ""), ("timed out", ""), ("", "")],
)
def test_the_enhanced_code_is_found_in_the_servers_words(words: str, status: str) -> None:
    assert status_in(words) == status


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_who_must_sign_in_first_is_told_so_at_any_moment(code: int) -> None:
    expected = Unavailable(reason=PauseReason.SIGN_IN, words=f"{code} Sign in")
    assert sort_sender_answer(code, "Sign in") == sort_recipient_answer(code, "Sign in") == expected


@pytest.mark.parametrize("code", [529, 531, 533, 536, 537, 539])
def test_no_other_code_is_about_signing_in(code: int) -> None:
    assert sort_sender_answer(code, "No") == Unavailable(reason=PauseReason.SENDER, words=f"{code} No")
    assert sort_recipient_answer(code, "No") == Rejected(words=f"{code} No")


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (499, "Wait", Unavailable(reason=PauseReason.UNREACHABLE, words="499 Wait")),
        (500, "What?", Unavailable(reason=PauseReason.SENDER, words="500 What?")),
        (501, "5.1.8 Bad sender", Unavailable(reason=PauseReason.SENDER, words="501 5.1.8 Bad sender")),
        (551, "Elsewhere", Unavailable(reason=PauseReason.SENDER, words="551 Elsewhere")),
        (552, "Too big", Rejected(words="552 Too big")),
        (553, "Odd", Unavailable(reason=PauseReason.SENDER, words="553 Odd")),
        (554, "5.3.4 Too big", Rejected(words="554 5.3.4 Too big")),
        (452, "4.3.4 Too big for now", Rejected(words="452 4.3.4 Too big for now")),
    ],
)
def test_only_its_size_makes_the_sender_s_answer_about_one_letter(code: int, text: str, outcome: Outcome) -> None:
    assert sort_sender_answer(code, text) == outcome


@pytest.mark.parametrize("code", [549, 550, 551, 552, 553, 554])
def test_a_recipient_refused_without_a_reason_is_unknown_only_by_the_codes_for_that(code: int) -> None:
    kind = BounceKind.HARD if code in (550, 551, 553) else None
    assert sort_recipient_answer(code, "No") == Rejected(words=f"{code} No", kind=kind)


@pytest.mark.parametrize("status", ["5.1.7", "5.1.8"])
def test_a_bad_sender_is_about_us_even_at_the_recipient(status: str) -> None:
    assert sort_recipient_answer(550, f"{status} No") == Unavailable(reason=PauseReason.SENDER, words=f"550 {status} No")
    assert kind_of(status) is None


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (BounceKind.HARD, ("5.1.0", "5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.2.1", "5.4.0", "5.4.1", "5.4.4", "5.4.7")),
        (BounceKind.SOFT, ("4.0.0", "4.1.1", "4.2.2", "4.4.1", "4.7.1", "5.2.2")),
        (BounceKind.POLICY, ("5.7.0", "5.7.1", "5.7.26", "5.7.509")),
        (None, ("", "2.0.0", "5.0.0", "5.2.0", "5.2.3", "5.2.12", "5.3.0", "5.3.4", "5.5.0", "5.6.0", "5.1.7", "5.1.8")),
    ],
)
def test_an_enhanced_code_says_what_it_means_for_the_mailbox(kind: BounceKind | None, statuses: tuple[str, ...]) -> None:
    assert {status: kind_of(status) for status in statuses} == dict.fromkeys(statuses, kind)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (250, Accepted()),
        (251, Delayed(words="251 Well")),
        (354, Delayed(words="354 Well")),
        (420, Delayed(words="420 Well")),
        (421, Unavailable(reason=PauseReason.UNREACHABLE, words="421 Well")),
        (422, Delayed(words="422 Well")),
        (499, Delayed(words="499 Well")),
        (500, Rejected(words="500 Well")),
        (599, Rejected(words="599 Well")),
        (600, Delayed(words="600 Well")),
    ],
)
def test_only_250_takes_a_letter_and_only_the_five_hundreds_refuse_it(code: int, outcome: Outcome) -> None:
    assert sort_content_answer(code, "Well") == outcome


@pytest.mark.parametrize("text", ["5.7.1 Relay access denied", "5.1.1 We do not relay", "5.7.1 RELAYING denied"])
def test_a_server_that_will_not_relay_says_nothing_of_the_mailbox(text: str) -> None:
    assert sort_recipient_answer(550, text) == sort_content_answer(550, text) == Rejected(words=f"550 {text}")


def test_a_word_that_only_begins_like_relay_is_no_refusal_to_relay() -> None:
    assert sort_recipient_answer(550, "5.1.1 relayed@x.example unknown") == Rejected(
        words="550 5.1.1 relayed@x.example unknown", kind=BounceKind.HARD
    )
