"""What a mail server may do to us, step by step, and what we make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from outreach.mail.smtp import SmtpServer, SmtpTransport
from outreach.mail.smtp_responses import Accepted, Delayed, Outcome, PauseReason, Rejected, Unavailable
from outreach.mail.transport import Envelope
from outreach.models import BounceKind
from tests.support.ports import free_port
from tests.support.smtp_server import HANG_UP, SILENCE, Answer, MailServer, mail_server, patient_until_silence

ACCEPTED = Accepted()


def transport_to(server: MailServer, **options: Any) -> SmtpTransport:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "timeout": timedelta(seconds=60)}
    return SmtpTransport(SmtpServer(**values | options))


def letter(recipient: str = "someone@example.org", text: str = "Hello") -> Envelope:
    return Envelope(name="1", sender="rsvp+abc@outreach.example", recipient=recipient, message=f"Subject: x\r\n\r\n{text}\r\n".encode())


def send(*recipients: str, options: dict[str, Any] | None = None, **answers: Answer) -> tuple[list[Outcome], MailServer]:
    """Send a letter to each over one transport."""
    with mail_server(**answers) as server, patient_until_silence(server):
        transport = transport_to(server, **options or {})
        outcomes = [transport.send(letter(recipient)) for recipient in recipients or ["someone@example.org"]]
        transport.close()
    return outcomes, server


def test_letters_go_one_after_the_other_over_one_connection() -> None:
    outcomes, server = send("one@example.org", "two@example.org")
    assert outcomes == [ACCEPTED, ACCEPTED]
    assert server.connections == 1
    assert server.heard[1:] == [
        "mail FROM:<rsvp+abc@outreach.example> size=21",
        "rcpt TO:<one@example.org>",
        "data",
        "mail FROM:<rsvp+abc@outreach.example> size=21",
        "rcpt TO:<two@example.org>",
        "data",
        "quit",
    ]


def test_a_message_arrives_as_it_was_written_dots_and_all() -> None:
    with mail_server() as server:
        transport = transport_to(server)
        transport.send(letter(text=".\r\n..two\r\nthree."))
        transport.close()
    assert server.taken == [b"Subject: x\r\n\r\n.\r\n..two\r\nthree.\r\n"]


def test_a_connection_is_renewed_after_some_letters() -> None:
    outcomes, server = send(*["someone@example.org"] * 5, options={"letters_a_connection": 2})
    assert outcomes == [ACCEPTED] * 5
    assert server.connections == 3


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"RCPT": "450 4.2.0 later"}, Delayed(words="450 4.2.0 later")),
        ({"RCPT": "550 5.1.1 unknown"}, Rejected(words="550 5.1.1 unknown", kind=BounceKind.HARD)),
        ({"content": "554 5.6.0 odd"}, Rejected(words="554 5.6.0 odd")),
        ({"DATA": "451 4.3.0 later"}, Delayed(words="451 4.3.0 later")),
    ],
)
def test_a_refused_letter_leaves_the_connection_good_for_the_next(answers: dict[str, str], outcome: Outcome) -> None:
    replies: dict[str, Any] = {verb: [answer, "354 go on" if verb == "DATA" else "250 ok"] for verb, answer in answers.items()}
    outcomes, server = send("one@example.org", "two@example.org", **replies)
    assert outcomes == [outcome, ACCEPTED]
    assert (server.connections, len(server.taken)) == (1, 1)
    assert "rset" in server.heard


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"greeting": SILENCE}, PauseReason.UNREACHABLE),
        ({"greeting": HANG_UP}, PauseReason.UNREACHABLE),
        ({"greeting": "421 4.3.2 shutting down"}, PauseReason.UNREACHABLE),
        ({"greeting": "554 no service"}, PauseReason.UNREACHABLE),
        ({"EHLO": SILENCE}, PauseReason.UNREACHABLE),
        ({"MAIL": SILENCE}, PauseReason.UNREACHABLE),
        ({"MAIL": HANG_UP}, PauseReason.UNREACHABLE),
        ({"MAIL": "421 4.3.2 busy"}, PauseReason.UNREACHABLE),
        ({"MAIL": "451 4.3.0 no disk"}, PauseReason.UNREACHABLE),
        ({"RCPT": "421 4.3.2 busy"}, PauseReason.UNREACHABLE),
        ({"content": "421 4.3.2 busy"}, PauseReason.UNREACHABLE),
        ({"MAIL": "553 5.7.1 not your address"}, PauseReason.SENDER),
        ({"RCPT": "550 5.1.8 sender's domain unknown"}, PauseReason.SENDER),
        ({"MAIL": "530 5.7.0 sign in first"}, PauseReason.SIGN_IN),
    ],
)
def test_what_holds_for_every_letter_pauses_the_queue(answers: dict[str, Any], reason: PauseReason) -> None:
    [outcome], server = send(**answers)
    assert isinstance(outcome, Unavailable)
    assert (outcome.reason, server.taken) == (reason, [])


def test_nobody_waits_for_an_answer_longer_than_the_timeout() -> None:
    with mail_server(greeting=SILENCE) as server:
        outcome = transport_to(server, timeout=timedelta(seconds=0.1)).send(letter())
    assert isinstance(outcome, Unavailable)
    assert (outcome.reason, "timed out" in outcome.words) == (PauseReason.UNREACHABLE, True)


@pytest.mark.parametrize(
    ("answers", "may_have_left"),
    [({"RCPT": SILENCE}, False), ({"RCPT": HANG_UP}, False), ({"content": SILENCE}, True), ({"content": HANG_UP}, True)],
)
def test_a_break_after_the_recipient_was_named_is_about_this_letter(answers: dict[str, Any], *, may_have_left: bool) -> None:
    [outcome], server = send(**answers)
    assert isinstance(outcome, Delayed)
    assert (outcome.is_break, outcome.may_have_left, len(server.taken)) == (True, may_have_left, may_have_left)


def test_refused_sign_in_pauses_the_queue() -> None:
    [outcome], _server = send(options={"username": "us", "password": "wrong"}, AUTH="535 5.7.8 wrong password")
    assert outcome == Unavailable(reason=PauseReason.SIGN_IN, words="535 5.7.8 wrong password")


def test_a_server_without_sign_in_is_not_given_letters_meant_for_one_with() -> None:
    [outcome], server = send(options={"username": "us", "password": "secret"}, EHLO="250 here")
    assert isinstance(outcome, Unavailable)
    assert (outcome.reason, server.taken) == (PauseReason.SIGN_IN, [])


def test_signed_in_letters_leave() -> None:
    outcomes, server = send(options={"username": "us", "password": "right"})
    assert outcomes == [ACCEPTED]
    assert server.heard[1].startswith("AUTH PLAIN ")


def test_nothing_leaves_in_clear_where_tls_is_asked_for() -> None:
    [outcome], server = send(options={"use_tls": True, "username": "us", "password": "secret"})
    assert isinstance(outcome, Unavailable)
    assert outcome.reason is PauseReason.INSECURE
    assert [line.split()[0] for line in server.heard] == ["ehlo"]


def test_a_server_that_hung_up_on_an_idle_connection_is_called_again() -> None:
    outcomes, server = send("one@example.org", "two@example.org", MAIL=["250 ok", HANG_UP, "250 ok"])
    assert outcomes == [ACCEPTED, ACCEPTED]
    assert (server.connections, len(server.taken)) == (2, 2)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_server_that_has_had_enough_letters_on_one_connection_gets_another(verb: str) -> None:
    answers: dict[str, Any] = {verb: ["250 ok", "421 4.7.0 too many letters", "250 ok"]}
    outcomes, server = send("one@example.org", "two@example.org", **answers)
    assert outcomes == [ACCEPTED, ACCEPTED]
    assert (server.connections, len(server.taken)) == (2, 2)


def test_after_a_break_the_next_letter_has_a_connection_of_its_own() -> None:
    outcomes, server = send("one@example.org", "two@example.org", content=[HANG_UP, "250 ok"])
    assert [type(outcome) for outcome in outcomes] == [Delayed, Accepted]
    assert server.connections == 2


def test_a_closed_port_is_unreachable() -> None:
    outcome = SmtpTransport(SmtpServer(host="127.0.0.1", port=free_port())).send(letter())
    assert isinstance(outcome, Unavailable)
    assert outcome.reason is PauseReason.UNREACHABLE


@pytest.mark.parametrize("address", ["two\r\nRCPT TO:<all@example.org>", "jürgen@example.org", "a b@example.org", ""])
def test_no_address_can_say_more_than_an_address(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        letter(address)


@pytest.mark.parametrize("sender", ["", "<>", "@outreach.example"])
def test_no_letter_leaves_without_an_address_its_bounces_come_back_to(sender: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        replace(letter(), sender=sender)


@pytest.mark.parametrize(("code", "outcome"), [("250 ok", ACCEPTED), ("251 forwarded", ACCEPTED), ("252 maybe", ACCEPTED)])
def test_a_recipient_may_be_taken_in_three_ways(code: str, outcome: Outcome) -> None:
    [only], server = send(RCPT=code)
    assert (only, len(server.taken)) == (outcome, 1)


@pytest.mark.parametrize("code", ["249 odd", "253 odd", "299 odd"])
def test_no_other_answer_takes_a_recipient(code: str) -> None:
    [only], server = send(RCPT=code)
    assert (only, server.taken) == (Delayed(words=code), [])


def test_the_size_is_named_only_to_a_server_that_asks_for_it() -> None:
    _outcomes, server = send(EHLO="250 here")
    assert server.heard[1] == "mail FROM:<rsvp+abc@outreach.example>"


@pytest.mark.parametrize("options", [{"username": "us"}, {"password": "hush"}, {}])
def test_without_both_name_and_password_nobody_signs_in(options: dict[str, str]) -> None:
    outcomes, server = send(options=options)
    assert outcomes == [ACCEPTED]
    assert not any(line.upper().startswith("AUTH") for line in server.heard)


def test_an_accepted_letter_needs_no_reset() -> None:
    _outcomes, server = send("one@example.org", "two@example.org")
    assert "rset" not in server.heard


def test_a_server_that_breaks_at_the_reset_is_called_again() -> None:
    outcomes, server = send("one@example.org", "two@example.org", RCPT=["550 5.1.1 unknown", "250 ok"], RSET=HANG_UP)
    assert outcomes == [Rejected(words="550 5.1.1 unknown", kind=BounceKind.HARD), ACCEPTED]
    assert server.connections == 2


def test_a_kept_connection_that_breaks_at_the_recipient_is_the_trouble_itself() -> None:
    outcomes, server = send("one@example.org", "two@example.org", RCPT=["250 ok", HANG_UP, "250 ok"])
    assert outcomes == [ACCEPTED, ACCEPTED]
    assert (server.connections, len(server.taken)) == (2, 2)


def test_a_kept_connection_that_breaks_after_the_content_is_not_tried_again_at_once() -> None:
    """The server may have the letter: sent twice in one breath, it would come twice for sure."""
    outcomes, server = send("one@example.org", "two@example.org", content=["250 ok", HANG_UP, "250 ok"])
    assert [type(outcome) for outcome in outcomes] == [Accepted, Delayed]
    assert (server.connections, len(server.taken)) == (1, 2)


def test_a_first_letter_that_holds_for_all_is_not_tried_twice() -> None:
    [outcome], server = send(MAIL=["451 4.3.0 no disk", "250 ok"])
    assert isinstance(outcome, Unavailable)
    assert (server.connections, server.taken) == (1, [])


@pytest.mark.parametrize(("letters", "connections"), [(3, 1), (4, 2)])
def test_a_connection_carries_exactly_as_many_letters_as_it_may(letters: int, connections: int) -> None:
    outcomes, server = send(*["someone@example.org"] * letters, options={"letters_a_connection": 3})
    assert outcomes == [ACCEPTED] * letters
    assert server.connections == connections


def test_a_transport_says_goodbye_once_and_can_be_used_again() -> None:
    with mail_server() as server:
        transport = transport_to(server)
        transport.close()
        assert server.connections == 0
        for _ in range(2):
            assert transport.send(letter()) == ACCEPTED
            transport.close()
            transport.close()
    assert (server.connections, server.heard.count("quit")) == (2, 2)


def test_a_server_that_does_not_answer_a_goodbye_holds_nobody_up() -> None:
    outcomes, _server = send(QUIT=HANG_UP)
    assert outcomes == [ACCEPTED]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"greeting": "554 no service"}, "554 no service"),
        ({"MAIL": "553 5.7.1 not your address"}, "553 5.7.1 not your address"),
        ({"EHLO": HANG_UP, "HELO": HANG_UP}, "Connection unexpectedly closed"),
    ],
)
def test_a_pause_keeps_what_the_server_said(answers: dict[str, Any], words: str) -> None:
    [outcome], _server = send(**answers)
    assert isinstance(outcome, Unavailable)
    assert outcome.words.startswith(words)


def test_a_content_refused_before_it_is_given_is_about_this_letter() -> None:
    [outcome], server = send(DATA="554 5.6.0 odd")
    assert (outcome, server.taken) == (Rejected(words="554 5.6.0 odd"), [])
