"""Letters on the wire: the layout every mail program shows as a card, and headers no name can break."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.calendars.itip import Method, compose
from outreach.mail.mime import Mail, build
from outreach.mail.sanitize import one_line
from tests.support.calendar_entries import WORKSHOP, WRITTEN
from tests.support.snapshots import assert_matches_snapshot

FIRST_LETTER = "<5f1d0c8a4b7e4d0e9c2b@outreach.example.org>"
INVITATION = Mail(
    sender_name="Outreach",
    sender_address=WORKSHOP.organizer_email,
    to_name="Amina",
    to_address="amina@school.example",
    subject="Invitation: Power of a Stitch, Thursday 18 March 2027",
    text="You have a seat.\n\nThursday 18 March 2027, 14:00 to 16:00 (New York, UTC\N{MINUS SIGN}4)\n",
    html="<!doctype html>\n<p>You have a seat.</p>\n<p>Thursday 18 March 2027, 14:00 to 16:00 (New York, UTC\N{MINUS SIGN}4)</p>\n",
    message_id=FIRST_LETTER,
    date=WRITTEN,
    calendar=compose(WORKSHOP, Method.REQUEST),
    method="REQUEST",
)
CANCELLATION = replace(
    INVITATION,
    subject="Cancelled: Power of a Stitch, Thursday 18 March 2027",
    message_id="<77aa0c8a4b7e4d0e9c2b@outreach.example.org>",
    references=(FIRST_LETTER, "<6e1d0c8a4b7e4d0e9c2b@outreach.example.org>"),
    calendar=compose(replace(WORKSHOP, sequence=1), Method.CANCEL),
    method="CANCEL",
)
REMINDER = replace(
    INVITATION,
    sender_name="Dr Zoë Müller-Łukasiewicz at Outreach",
    to_name=None,
    subject="Tomorrow: Power of a Stitch 🪡 – bring nothing but curiosity, and wear closed shoes, please",
    message_id="<8b2e0c8a4b7e4d0e9c2b@outreach.example.org>",
    references=(FIRST_LETTER,),
    calendar=None,
    method=None,
    list_unsubscribe="https://outreach.example.org/reminders/" + "k3v7q2m5x4c6b8n1" * 5,
)
HOSTILE_NAMES = (
    'Ana "Stitch" Ruiz', '"; x: y, z <evil@x.example>, "' * 8, "Ruiz, Ana", "Ana <evil@x.example>", "Ana\r\nBcc: evil@x.example",
    "Ana\n\nBody", "👩🏽‍⚕️ " * 30, "=?utf-8?q?evil=40x=2Eexample?=",
    "é" * 500, "a" * 500, "plain words " * 50, "\\", '"', '"' * 60, "(comment)", "@", ":;",
    "\x00\x07\x1b[31m", "\u2028Bcc: evil@x.example", "",
)  # fmt: skip
TEXT = st.text(st.characters(codec="utf-8"))


def read(mail: Mail) -> EmailMessage:
    """Read the bytes back as a mail program would, and insist that it finds nothing odd."""
    message = email.message_from_bytes(build(mail), policy=email.policy.SMTP)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


@pytest.mark.parametrize(("name", "mail"), [("invitation", INVITATION), ("cancellation", CANCELLATION), ("reminder", REMINDER)])
def test_the_letter_is_what_was_last_read(name: str, mail: Mail) -> None:
    assert_matches_snapshot(f"mail/mime-{name}.eml", build(mail))


@pytest.mark.parametrize("mail", [INVITATION, CANCELLATION, REMINDER])
def test_every_try_sends_the_same_bytes(mail: Mail) -> None:
    assert build(replace(mail)) == build(mail)


@pytest.mark.parametrize(("mail", "method"), [(INVITATION, "REQUEST"), (CANCELLATION, "CANCEL")])
def test_an_invitation_has_the_layout_that_shows_a_card(mail: Mail, method: str) -> None:
    mixed = read(mail)
    alternative, attachment = mixed.iter_parts()
    assert (mixed.get_content_type(), alternative.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    parts = list(cast("EmailMessage", alternative).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/calendar"]
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["quoted-printable", "quoted-printable", "base64"]
    assert all(part.get_content_charset() == "utf-8" and part["Content-Disposition"] is None for part in parts)
    assert parts[2]["Content-Type"].params["method"] == method
    assert attachment["Content-Type"] == 'application/ics; name="invite.ics"'
    assert (attachment.get_content_disposition(), attachment.get_filename()) == ("attachment", "invite.ics")
    assert parts[2].get_payload(decode=True) == attachment.get_payload(decode=True) == mail.calendar


def test_a_letter_without_a_calendar_object_has_two_texts() -> None:
    message = read(REMINDER)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_sender_and_reply_address_are_the_organizer() -> None:
    message = read(INVITATION)
    for name in ("From", "Reply-To"):
        (address,) = message[name].addresses
        assert (address.display_name, address.addr_spec) == ("Outreach", WORKSHOP.organizer_email)
    assert f"ORGANIZER;CN=Outreach:mailto:{WORKSHOP.organizer_email}\r\n".encode() in (INVITATION.calendar or b"")


def test_it_says_that_nobody_wrote_it() -> None:
    message = read(INVITATION)
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"], message["Precedence"]) == ("auto-generated", "All", None)
    assert (message["To"], message["Cc"], message["Bcc"]) == ("Amina <amina@school.example>", None, None)
    assert (message["Date"].datetime, message["MIME-Version"]) == (WRITTEN, "1.0")


def test_later_letters_hang_on_the_first() -> None:
    message = read(CANCELLATION)
    assert message["Message-ID"] == CANCELLATION.message_id
    assert message["In-Reply-To"] == FIRST_LETTER
    assert message["References"].split() == list(CANCELLATION.references)
    assert read(INVITATION)["In-Reply-To"] is None


def test_a_long_link_to_stop_reminders_stays_whole() -> None:
    assert f"\r\nList-Unsubscribe: <{REMINDER.list_unsubscribe}>\r\n".encode() in build(REMINDER)
    assert read(REMINDER)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [name for name in read(INVITATION) if name.startswith("List-")] == []


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_name_or_subject_can_add_a_header_or_a_recipient(name: str) -> None:
    assert_survives(replace(INVITATION, sender_name=name, to_name=name, subject=name))


@settings(max_examples=150, deadline=None)
@given(name=TEXT, subject=TEXT)
def test_any_name_and_subject_arrive_as_they_were_written(name: str, subject: str) -> None:
    assert_survives(replace(INVITATION, sender_name=name, to_name=name, subject=subject))


def assert_survives(mail: Mail) -> None:
    """Each header is there once, with the text it was given, and each address alone."""
    message = read(mail)
    assert sorted(message.keys()) == sorted(read(INVITATION).keys())
    assert max(map(len, build(mail).split(b"\r\n"))) <= 78
    # The modern reader of 3.11 puts blanks between encoded words of a name; the old one follows RFC 2047 6.2.
    plainly = email.message_from_bytes(build(mail))
    assert words(plainly["Subject"]) == one_line(mail.subject)
    for header, person, address in (
        ("From", mail.sender_name, mail.sender_address),
        ("Reply-To", mail.sender_name, mail.sender_address),
        ("To", mail.to_name, mail.to_address),
    ):
        name, bare = parseaddr(plainly[header])
        assert (words(name), bare) == (one_line(person or ""), address)
        assert [only.addr_spec for only in message[header].addresses] == [address]


def words(header: str) -> str:
    return str(make_header(decode_header(header))).replace("\r\n", "")


@settings(max_examples=150, deadline=None)
@given(text=TEXT, name=TEXT)
def test_the_wire_carries_ascii_lines_of_a_length_every_server_takes(text: str, name: str) -> None:
    raw = build(replace(INVITATION, text=text, html=text, subject=text, to_name=name))
    lines = raw.split(b"\r\n")
    assert raw.isascii()
    assert lines.pop() == b""
    assert all(len(line) <= 78 and b"\r" not in line and b"\n" not in line for line in lines)


@settings(max_examples=150, deadline=None)
@given(TEXT)
def test_any_text_is_read_as_it_was_written(text: str) -> None:
    expected = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    for part in read(replace(REMINDER, text=text, html=text)).iter_parts():
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        assert body.decode().replace("\r\n", "\n").rstrip("\n") == expected


def test_no_text_can_end_its_part() -> None:
    boundary = read(REMINDER).get_boundary()
    forged = f"before\r\n--{boundary}--\r\n--{boundary}\r\nContent-Type: text/html\r\n\r\n<p>after</p>"
    plain, _html = read(replace(REMINDER, text=forged)).iter_parts()
    assert "<p>after</p>" in str(plain.get_payload(decode=True))


@pytest.mark.parametrize(
    ("why", "wrong"),
    [
        ("not an address", {"to_address": "amina@school.example\r\nBcc: all@school.example"}),
        ("not an address", {"to_address": "amína@school.example"}), ("not an address", {"to_address": "a@x.example, b@x.example"}),
        ("not an address", {"to_address": ""}), ("not an address", {"sender_address": "rsvp@x.example\nX: 1"}),
        ("not a Message-ID", {"message_id": "no brackets@x.example"}), ("not a Message-ID", {"message_id": "<a@x.example>\r\nX: 1"}),
        ("not a Message-ID", {"references": ("<a@x.example> <b@x.example>",)}),
        ("not a link", {"list_unsubscribe": "javascript:alert(1)"}), ("not a link", {"list_unsubscribe": "https://x.example/" + "a" * 900}),
        ("needs a time zone", {"date": datetime(2027, 1, 1)}), ("the part says", {"method": None}), ("the part says", {"method": "CANCEL"}),
        ("the part says", {"calendar": None}), ("the part says", {"calendar": compose(WORKSHOP, Method.CANCEL)}),
        ("the part says", {"calendar": b"METHOD:REQUEST\r\nMETHOD:CANCEL\r\n"}),
    ],
)  # fmt: skip
def test_what_would_harm_or_contradict_itself_is_refused(why: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=why):
        build(replace(INVITATION, **wrong))


def test_a_link_with_line_breaks_stays_in_its_header() -> None:
    raw = build(replace(REMINDER, list_unsubscribe="https://x.example/\r\nBcc: evil@x.example"))
    assert b"\r\nList-Unsubscribe: <https://x.example/%0D%0ABcc:%20evil@x.example>\r\n" in raw


def test_dates_are_written_with_their_offset() -> None:
    raw = build(replace(REMINDER, date=datetime(2027, 2, 1, 9, 30, 0, 123456, tzinfo=UTC)))
    assert b"\r\nDate: Mon, 01 Feb 2027 09:30:00 +0000\r\n" in raw


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Amina", b'To: "Amina" <amina@school.example>'),
        ('Amina "Mina"', b'To: "Amina \\"Mina\\"" <amina@school.example>'),
        ("back\\slash", b'To: "back\\\\slash" <amina@school.example>'),
        ("a" * 50, b'To: "' + b"a" * 50 + b'"\r\n <amina@school.example>'),
        ("a" * 48, b'To: "' + b"a" * 48 + b'"\r\n <amina@school.example>'),
        ("a" * 47, b'To: "' + b"a" * 47 + b'" <amina@school.example>'),
        ("a" * 70, b'To: "' + b"a" * 70 + b'"\r\n <amina@school.example>'),
        ("Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", b"To: =?utf-8?q?Zo=C3=AB?= <amina@school.example>"),
        ("", b"To: amina@school.example"),
        (None, b"To: amina@school.example"),
    ],
)
def test_a_name_stands_before_its_address_on_a_line_of_at_most_76(name: str | None, line: bytes) -> None:
    raw = build(replace(REMINDER, to_name=name))
    assert b"\r\n" + line + b"\r\n" in raw
    assert max(map(len, line.split(b"\r\n"))) <= 76


@pytest.mark.parametrize(
    ("subject", "line"),
    [
        ("plain words", b"Subject: plain words"),
        ("s" * 67, b"Subject: " + b"s" * 67),
        ("s" * 75, b"Subject: \r\n " + b"s" * 75),
        ("=?utf-8?q?trick?=", b"Subject: =?utf-8?b?PT91dGYtOD9xP3RyaWNrPz0=?="),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", b"Subject: =?utf-8?b?Y2Fmw6k=?="),
    ],
)
def test_a_subject_is_written_as_it_is_where_that_is_safe(subject: str, line: bytes) -> None:
    assert b"\r\n" + line + b"\r\n" in build(replace(REMINDER, subject=subject))


@pytest.mark.parametrize(("length", "is_taken"), [(180, True), (181, False)])
def test_a_message_id_has_a_longest_length(length: int, *, is_taken: bool) -> None:
    named = replace(REMINDER, message_id=f"<{'a' * length}@x.example>")
    if is_taken:
        assert named.message_id.encode() in build(named)
    else:
        with pytest.raises(ValueError, match="not a Message-ID"):
            build(named)


@pytest.mark.parametrize(("length", "is_taken"), [(900, True), (901, False)])
def test_a_link_to_stop_reminders_has_a_longest_length(length: int, *, is_taken: bool) -> None:
    link = "https://x.example/" + "a" * (length - len("https://x.example/"))
    if is_taken:
        assert f"<{link}>".encode() in build(replace(REMINDER, list_unsubscribe=link))
    else:
        with pytest.raises(ValueError, match="not a link"):
            build(replace(REMINDER, list_unsubscribe=link))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_link_to_stop_reminders_is_a_web_address(scheme: str) -> None:
    assert f"List-Unsubscribe: <{scheme}://x.example/a>\r\n".encode() in build(
        replace(REMINDER, list_unsubscribe=f"{scheme}://x.example/a")
    )


def test_only_a_letter_that_can_be_stopped_says_so() -> None:
    assert b"List-Unsubscribe" not in build(replace(REMINDER, list_unsubscribe=None))
    assert b"In-Reply-To" not in build(replace(REMINDER, references=()))


def test_a_letter_ends_with_one_line_break_in_each_part() -> None:
    plain, html = read(replace(REMINDER, text="one\n\n\n", html="<p>two</p>\r\n")).iter_parts()
    assert (plain.get_payload(decode=True), html.get_payload(decode=True)) == (b"one\r\n", b"<p>two</p>\r\n")


def test_letters_of_one_mail_have_boundaries_of_their_own() -> None:
    mixed = read(INVITATION)
    alternative = next(iter(mixed.iter_parts()))
    others = read(CANCELLATION)
    assert len({mixed.get_boundary(), alternative.get_boundary(), others.get_boundary()}) == 3


@pytest.mark.parametrize("subject", ["s" * 76, "a " + "s" * 80, "s" * 80 + " a"])
def test_a_word_too_long_for_a_line_is_encoded_wherever_it_stands(subject: str) -> None:
    raw = build(replace(INVITATION, subject=subject))
    assert b"\r\nSubject: =?utf-8?" in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_a_name_too_long_for_a_line_is_encoded() -> None:
    assert b"\r\nTo: =?utf-8?" in build(replace(REMINDER, to_name="a" * 71))
