"""What is read of a message at the edge of each limit, and just beyond it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outreach.inbound.parsing.bounces import words_of
from outreach.inbound.parsing.calendar import read_moment
from outreach.inbound.parsing.message import Attendee, CalendarObject, IncomingMessage
from outreach.inbound.parsing.mime import headers_of, parts_of, values
from outreach.inbound.parsing.plain_text import as_it_came, own_words, printable
from outreach.inbound.parsing.reading import MAX_SIZE, read
from outreach.models import BounceKind
from tests.unit.test_incoming import CALENDAR, TO, event_of, message, multipart

MOMENT = datetime(2027, 3, 18, 18, tzinfo=UTC)
EVENT = "BEGIN:VEVENT\r\nUID:{}\r\nEND:VEVENT\r\n"


def objects_of(*lines: str) -> tuple[CalendarObject, ...]:
    return read(message("\r\n".join((*lines, "")))).objects


def nested(depth: int) -> IncomingMessage:
    """Read a message whose one text lies this many multiparts deep."""
    inner = b"\r\nhello"
    for level in range(depth):
        inner = f"Content-Type: multipart/mixed; boundary=level{level}\r\n\r\n--level{level}\r\n".encode() + inner
    return read(f"To: {TO}\r\n".encode() + inner)


# The message.


def test_a_message_of_just_one_mebibyte_is_read() -> None:
    reply = message(CALENDAR.format("UID:1"))
    for beyond, number, trouble in ((0, 1, ""), (1, 0, "too_large")):
        incoming = read(reply + b" " * (MAX_SIZE + beyond - len(reply)))
        assert (len(incoming.objects), incoming.trouble, incoming.size) == (number, trouble, MAX_SIZE + beyond)
    assert MAX_SIZE == 1024 * 1024


def test_ten_levels_are_read_and_no_more() -> None:
    assert nested(10).trouble == ""
    assert nested(11).trouble == "too_many_parts"


def test_fifty_parts_are_read_and_no_more() -> None:
    """The whole message is the first of them."""
    for number, has_more in ((49, False), (50, True)):
        found = parts_of(multipart(*(f"\r\n{part}".encode() for part in range(number))))
        assert ([leaf.content.strip() for leaf in found.leaves], found.has_more) == ([str(part).encode() for part in range(49)], has_more)


def test_what_stands_before_the_first_and_behind_the_last_delimiter_is_no_part() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    closed = head + b"before\r\n--b\r\n\r\none\r\n--b  \r\n\r\ntwo\r\n--b--\r\nbehind\r\n--b\r\n\r\nthree\r\n"
    assert [leaf.content.strip() for leaf in parts_of(closed).leaves] == [b"one", b"two"]
    assert [leaf.content.strip() for leaf in parts_of(head + b"--b\r\n\r\none").leaves] == [b"one"]
    assert parts_of(head + b"no delimiter").leaves == []
    assert [leaf.content.strip() for leaf in parts_of(head.replace(b"b\r", b"b.c\r") + b"--bxc\r\n\r\none").leaves] == []


def test_a_multipart_without_a_boundary_is_one_part() -> None:
    assert [leaf.content for leaf in parts_of(b"Content-Type: multipart/mixed\r\n\r\nhello").leaves] == [b"hello"]


def test_a_part_may_begin_with_the_empty_line() -> None:
    for blank in (b"\r\n", b"\n"):
        found = parts_of(blank + b"To: a@b.example\r\n\r\nhello")
        assert (found.headers.keys(), found.leaves[0].content) == ([], b"To: a@b.example\r\n\r\nhello")


def test_headers_end_at_the_first_empty_line() -> None:
    found = parts_of(b"A: 1\r\n\r\nB: 2\r\n\r\nC: 3")
    assert (found.headers.keys(), found.leaves[0].content) == (["A"], b"B: 2\r\n\r\nC: 3")
    assert headers_of(b"A: 1\nB: 2").keys() == ["A", "B"]


def test_headers_are_cut() -> None:
    assert len(headers_of(b"A: 1\r\n" * 1001).keys()) == 1000
    assert len(values(headers_of(b"A: " + b"x" * 10_000), "A")[0]) == 8 * 1024
    block = b"A: " + b"x" * (128 * 1024 - 8) + b"\r\n"
    assert headers_of(block + b"B: 1").keys() == ["A", "B"]
    assert headers_of(block + b"x" * 5 + b"B: 1").keys() == ["A"]


def test_a_header_is_one_line_without_control_characters() -> None:
    assert values(headers_of("A: one\r\n  two\x01\tthree  ü\r\nA: four".encode()), "A") == ["one two three  ü", "four"]


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("base64", b"aGVsbG8=", b"hello"),
        ("BASE64", b"aGVsbG8=", b"hello"),
        ("quoted-printable", b"hel=6Co", b"hello"),
        ("8bit", b"hel=6Co", b"hel=6Co"),
        ("x-uuencode", b"begin 644 x\n%:&5L;&\\\n`\nend", b"begin 644 x\n%:&5L;&\\\n`\nend"),
    ],
)
def test_the_transfer_encoding_is_undone(encoding: str, body: bytes, content: bytes) -> None:
    [leaf] = parts_of(f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body).leaves
    assert leaf.content == content


@pytest.mark.parametrize(
    ("value", "message_id"),
    [
        ("<1@example.org>", "<1@example.org>"),
        ("see <1@example.org> here", "<1@example.org>"),
        ("1@example.org", "1@example.org"),
        (f"<{'x' * 250}>", f"<{'x' * 250}>"),
        (f"<{'x' * 251}>", f"<{'x' * 249}"),
        ("y" * 300, "y" * 250),
        ("", None),
    ],
)
def test_a_message_id_is_kept_with_its_brackets(value: str, message_id: str | None) -> None:
    assert read(f"To: {TO}\r\nMessage-ID: {value}\r\n\r\n".encode()).message_id == message_id


def test_recipients_senders_and_results_are_counted() -> None:
    many = ", ".join(f"a{number}@b.example" for number in range(120))
    assert len(read(f"To: {many}\r\n\r\n".encode()).recipients) == 100
    fields = "".join(f"Delivered-To: a{number}@b.example\r\n" for number in range(25))
    assert read(f"{fields}\r\n".encode()).recipients == tuple(f"a{number}@b.example" for number in range(20))
    assert len(read(b"Authentication-Results: a; b\r\n" * 25 + b"\r\n").authentication) == 20


@pytest.mark.parametrize(
    ("length", "domain", "is_read"), [(250, "b.example", True), (251, "b.example", False), (1, "b" * 250, True), (1, "b" * 251, False)]
)
def test_an_address_has_250_characters_on_each_side_at_most(length: int, domain: str, *, is_read: bool) -> None:
    address = f"{'a' * length}@{domain}"
    assert read(f"To: {address}\r\n\r\n".encode()).recipients == ((address,) if is_read else ())


def test_each_field_that_names_a_recipient_counts_once_in_its_order() -> None:
    raw = (
        b"Cc: five@b.example\r\nTo: Four@b.example, one@b.example\r\nEnvelope-To: three@b.example\r\n"
        b"X-Original-To: two@b.example\r\nDelivered-To: one@b.example\r\nBcc: six@b.example\r\n\r\n"
    )
    names = [address.partition("@")[0] for address in read(raw).recipients]
    assert names == ["one", "two", "three", "four", "five"]


def test_the_subject_is_decoded_or_left_as_it_stands_and_cut() -> None:
    def subject(value: str) -> str:
        return read(f"Subject: {value}\r\n\r\n".encode()).subject

    assert subject("=?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle") == "Grüße an alle"
    assert subject("=?nonsense?q?x?=") == "=?nonsense?q?x?="
    assert subject("x" * 300) == "x" * 255


def test_without_any_header_it_cannot_be_read() -> None:
    assert read(b"\r\nhello").trouble == "malformed"
    assert read(b"To: a@b.example\r\n\r\nhello").trouble == ""


# The calendar.


def test_ten_calendars_and_ten_levels_are_read() -> None:
    empty = "BEGIN:VCALENDAR\r\nMETHOD:M{}\r\nEND:VCALENDAR\r\n"
    for number, trouble in ((10, ""), (11, "too_many_events")):
        found = read(message("".join(empty.format(key) for key in range(number))))
        assert found.trouble == trouble
    for depth, trouble in ((8, ""), (9, "too_many_events")):
        inner = "BEGIN:X\r\n" * depth + "END:X\r\n" * depth
        assert read(message(CALENDAR.format(f"UID:1\r\n{inner}"))).trouble == trouble


def test_of_eleven_events_in_one_part_ten_are_given() -> None:
    calendar = "BEGIN:VCALENDAR\r\n" + "".join(EVENT.format(number) for number in range(11)) + "END:VCALENDAR\r\n"
    incoming = read(message(calendar))
    assert [event.uid for event in incoming.objects[0].events] == [str(number) for number in range(10)]
    assert incoming.trouble == "too_many_events"


def test_ten_events_in_two_parts_are_all_given() -> None:
    def part(first: int, number: int) -> bytes:
        events = "".join(EVENT.format(first + key) for key in range(number))
        return f"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n".encode()

    assert (len(read(multipart(part(0, 5), part(5, 5))).objects), read(multipart(part(0, 5), part(5, 5))).trouble) == (2, "")
    assert (len(read(multipart(part(0, 5), part(5, 6))).objects), read(multipart(part(0, 5), part(5, 6))).trouble) == (1, "too_many_events")


def test_one_part_that_cannot_be_read_spoils_the_message() -> None:
    good = b"Content-Type: text/calendar\r\n\r\n" + CALENDAR.format("UID:1").encode()
    for parts in ((good, b"Content-Type: application/ics\r\n\r\nrubbish"), (b"Content-Type: text/calendar\r\n\r\nrubbish", good)):
        incoming = read(multipart(*parts))
        assert (incoming.trouble, len(incoming.objects)) == ("malformed", 1)
    assert read(multipart(good, b"Content-Type: text/plain\r\n\r\nrubbish")).trouble == ""


def test_the_first_method_of_a_calendar_counts_and_none_of_an_event() -> None:
    assert [one.method for one in objects_of("BEGIN:VCALENDAR", "METHOD:REPLY", "METHOD:REQUEST", "END:VCALENDAR")] == ["REPLY"]
    assert [one.method for one in objects_of("BEGIN:VCALENDAR", "BEGIN:VEVENT", "METHOD:REPLY", "END:VEVENT", "END:VCALENDAR")] == [""]
    assert [one.method for one in objects_of("BEGIN:VCALENDAR", "METHOD: " + "m" * 60, "END:VCALENDAR")] == ["M" * 39]


def test_what_stands_in_no_event_says_nothing() -> None:
    [calendar] = objects_of("UID:0", "BEGIN:VCALENDAR", "UID:1", "BEGIN:VTODO", "UID:2", "END:VTODO", "END:VCALENDAR", "UID:3")
    assert calendar.events == ()
    [calendar] = objects_of(
        "BEGIN:VCALENDAR", "BEGIN:VEVENT", "BEGIN:VALARM", "UID:1", "END:VALARM", "UID:2", "END:VEVENT", "END:VCALENDAR"
    )
    assert [event.uid for event in calendar.events] == ["2"]


def test_the_words_of_a_calendar_count_in_small_letters_too() -> None:
    [calendar] = objects_of("begin:vcalendar", "method:reply", "begin:vevent", "uid:1", "end:vevent", "end:vcalendar", "uid:2")
    assert (calendar.method, [event.uid for event in calendar.events]) == ("REPLY", ["1"])


def test_an_event_ends_with_whatever_began_in_it() -> None:
    alarm = ("BEGIN:VEVENT", "UID:1", "BEGIN:VALARM", "END:VEVENT")
    [calendar] = objects_of("BEGIN:VCALENDAR", *alarm, "METHOD:REPLY", "BEGIN:VEVENT", "UID:2", "END:VEVENT", "END:VCALENDAR")
    assert (calendar.method, [event.uid for event in calendar.events]) == ("REPLY", ["1", "2"])


def test_what_ends_and_never_began_ends_nothing() -> None:
    [calendar] = objects_of("BEGIN:VCALENDAR", "END:VALARM", "BEGIN:VEVENT", "END:VTODO", "UID:1", "END:VEVENT", "END:VCALENDAR")
    assert [event.uid for event in calendar.events] == ["1"]


def test_a_calendar_inside_an_event_that_ends_twice_ends_the_inner_one() -> None:
    [calendar] = objects_of("BEGIN:VCALENDAR", "BEGIN:VEVENT", "BEGIN:VEVENT", "END:VEVENT", "UID:1", "END:VEVENT", "END:VCALENDAR")
    assert [event.uid for event in calendar.events] == ["1"]


def test_the_same_object_twice_is_one_and_another_method_is_another() -> None:
    body = CALENDAR.format("UID:1")
    parts = [b"Content-Type: text/calendar\r\n\r\n" + text.encode() for text in (body, body, body.replace("REPLY", "COUNTER"))]
    assert [one.method for one in read(multipart(*parts)).objects] == ["REPLY", "COUNTER"]


def test_the_first_of_each_property_counts() -> None:
    event = event_of(
        "UID:1", "UID:2", "SEQUENCE:3", "SEQUENCE:4", "COMMENT:one", "COMMENT:two", "DTSTAMP:20270318T180000Z", "DTSTAMP:20270318T190000Z"
    )
    assert (event.uid, event.sequence, event.comment, event.stamp) == ("1", 3, "one", MOMENT)
    assert event_of("UID:", "UID:2").uid == "2"


def test_fifty_attendees_are_read_and_nothing_behind_them() -> None:
    lines = [f"ATTENDEE:mailto:a{number}@b.example" for number in range(50)]
    assert len(event_of(*lines[:49], "UID:1").attendees) == 49
    assert event_of(*lines[:49], "UID:1").uid == "1"
    assert (len(event_of(*lines, lines[0], "UID:1").attendees), event_of(*lines, "UID:1").uid) == (50, "")


def test_lines_are_cut() -> None:
    assert event_of("UID:" + "x" * 255).uid == "x" * 255
    assert event_of("UID:" + "x" * 256).uid == "x" * 255
    assert event_of("COMMENT:" + "x" * 500).comment == "x" * 500
    assert event_of("COMMENT:" + "x" * 501).comment == "x" * 500
    address = "mailto:ana@pupils.example"
    filler = "x" * (4000 - len(f"ATTENDEE;X-FILL=:{address}"))
    assert event_of(f"ATTENDEE;X-FILL={filler}:{address}").attendees[0].address == "ana@pupils.example"
    assert event_of(f"ATTENDEE;X-FILL={filler}x:{address}").attendees[0].address == "ana@pupils.exampl"


@pytest.mark.parametrize(
    ("value", "sequence"), [(" 7 ", 7), ("0", 0), ("9" * 9, 999_999_999), ("9" * 10, 0), ("-1", 0), ("1.0", 0), ("٣", 0), ("", 0)]
)
def test_a_sequence_is_a_number_of_nine_digits_at_most(value: str, sequence: int) -> None:
    assert event_of(f"SEQUENCE:{value}").sequence == sequence


def test_the_word_for_an_answer_is_in_capitals_and_cut() -> None:
    assert event_of(f"ATTENDEE;PARTSTAT={'a' * 50}:mailto:a@b.example").attendees == (Attendee(address="a@b.example", partstat="A" * 40),)
    assert event_of("ATTENDEE:mailto:a@b.example").attendees == (Attendee(address="a@b.example", partstat=""),)


def test_the_address_itself_comes_before_the_parameter() -> None:
    assert event_of("ATTENDEE;EMAIL=other@b.example:mailto:a@b.example").attendees[0].address == "a@b.example"


def test_a_comment_of_the_event_comes_before_the_attendees() -> None:
    lines = ('ATTENDEE;X-RESPONSE-COMMENT="three":mailto:a@b.example', "X-RESPONSE-COMMENT:two", "COMMENT:one")
    assert [event_of(*lines[:number]).comment for number in (1, 2, 3)] == ["three", "two", "one"]


# Moments.


@pytest.mark.parametrize(
    ("value", "zone", "moment"),
    [
        ("20270318T180000Z", "", MOMENT),
        (" 20270318t180000z ", "", MOMENT),
        ("20270318T140000", "America/New_York", MOMENT),
        ("20270318T140000", '"America/New_York"', MOMENT),
        ("20270318T140000", " /mozilla.org/20070129_1/America/New_York", MOMENT),
        ("20270318T140000", "/a/b/America/New_York", MOMENT),
        ("20270318T150000", "/x/y/America/Argentina/Buenos_Aires", MOMENT),
        ("20270318T140000", "Eastern Standard Time", MOMENT),
        ("20270318T180000Z", "America/New_York", MOMENT),
        ("20270318T180000", "", None),
        ("20270318T180000", "Nowhere", None),
        ("20270318", "America/New_York", None),
        ("20270318T18000", "America/New_York", None),
        ("20270229T180000Z", "", None),
        ("20270318T246000Z", "", None),
        ("20270318T175960Z", "", datetime(2027, 3, 18, 17, 59, 59, tzinfo=UTC)),
        ("00010101T000000", "Asia/Tokyo", None),
        ("٢٠٢٧0318T180000Z", "", None),
    ],
)
def test_a_moment_is_read_in_a_zone_we_know(value: str, zone: str, moment: datetime | None) -> None:
    assert read_moment(value, zone=zone) == moment


def test_only_of_a_stamp_a_missing_zone_is_utc() -> None:
    assert read_moment("20270318T180000", naive_is_utc=True) == MOMENT
    assert read_moment("20270318T140000", zone="America/New_York", naive_is_utc=True) == MOMENT
    found = event_of("DTSTAMP:20270318T180000", "DTSTART:20270318T180000", "DTEND:20270318T180000")
    assert (found.stamp, found.starts, found.ends) == (MOMENT, None, None)


# Reports.


def status(*fields: str) -> IncomingMessage:
    """Read a delivery status of one group."""
    part = "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n" + "\r\n".join(fields) + "\r\n"
    return read(multipart(part.encode(), kind="report"))


@pytest.mark.parametrize(
    ("fields", "has_failed"),
    [
        (("Action: failed",), True),
        (("Action: Failure",), True),
        (("Action: error",), True),
        (("Action: delayed", "Status: 5.1.1"), False),
        (("Final-Recipient: rfc822; a@b.example", "Status: 5.1.1"), True),
        (("Final-Recipient: rfc822; a@b.example", "Status: 4.1.1"), False),
        (("Final-Recipient: rfc822; a@b.example",), False),
        (("Status: 5.1.1",), False),
        (("Final-Recipient: rfc822; a@b.example", "Action: delivered", "Status: 5.1.1"), False),
    ],
)
def test_what_has_failed_says_so_or_has_the_status_of_a_failure(fields: tuple[str, ...], *, has_failed: bool) -> None:
    incoming = status(*fields)
    assert (len(incoming.failures) == 1, incoming.is_report) == (has_failed, True)


@pytest.mark.parametrize(
    ("given", "words", "expected"),
    [
        ("5.1.1", "550 5.7.1 no", "5.1.1"),
        ("5.0.0", "550 5.7.1 no", "5.7.1"),
        ("", "550 5.7.1 no", "5.7.1"),
        ("5.0.0", "550 no", "5.0.0"),
        ("", "550 no", ""),
        ("rubbish", "550 no", ""),
    ],
)
def test_the_status_of_the_report_comes_before_what_the_server_spoke(given: str, words: str, expected: str) -> None:
    [failure] = status("Action: failed", f"Status: {given}", f"Diagnostic-Code: smtp; {words}").failures
    assert (failure.status, failure.words) == (expected, words)


def test_forty_nine_recipients_of_a_report_are_read() -> None:
    """The first group is about the message, and fifty are read in all."""
    groups = [("\r\n", "Action: failed", f"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 {number}") for number in range(60)]
    assert len(status(*(line for group in groups for line in group)).failures) == 49


@pytest.mark.parametrize("sender", ["MAILER-DAEMON", "postmaster", "mail-daemon", "MDaemon"])
def test_an_old_bounce_is_believed_of_whoever_writes_bounces(sender: str) -> None:
    text = "Hi. This is the qmail-send program at mx.example.\r\n\r\n<a@b.example>:\r\n550 5.1.1 no such user\r\n"

    def failures(sender: str, *headers: str) -> int:
        raw = "\r\n".join((f"From: {sender}@mx.example", f"To: {TO}", "Subject: failure notice", *headers, "", text))
        return len(read(raw.encode()).failures)

    assert failures(sender) == 1
    assert (failures("ana"), failures("ana", "Return-Path: <>")) == (0, 1)


def test_abuse_alone_is_a_complaint_and_says_who_reports() -> None:
    def report(kind: str) -> IncomingMessage:
        part = f"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nUser-Agent: Provider/1.0\r\n"
        returned = "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@outreach.example>\r\n"
        return read(multipart(part.encode(), returned.encode(), kind="report"))

    [failure] = report("Abuse").failures
    assert (failure.kind, failure.words, failure.message_id) == (BounceKind.COMPLAINT, "abuse: Provider/1.0", "<1@outreach.example>")
    assert failure.status == ""
    for kind in ("not-spam", "fraud", "virus", "auth-failure", ""):
        assert (report(kind).failures, report(kind).is_report) == ((), True)


def test_only_the_part_that_is_the_report_says_abuse() -> None:
    text = b"Content-Type: text/plain\r\n\r\nFeedback-Type: abuse\r\n"
    report = b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: not-spam\r\n"
    assert read(multipart(text, report, kind="report")).failures == ()


def test_what_a_server_said_is_one_line_of_500_characters() -> None:
    assert words_of("a\r\n b") == "a b"
    assert [len(words_of("x" * length)) for length in (499, 500, 501)] == [499, 500, 500]


# What a person reads of it.


def test_the_first_plain_text_with_words_is_shown_and_cut() -> None:
    parts = (
        b"Content-Type: text/html\r\n\r\n<p>no</p>",
        b"Content-Type: text/plain\r\n\r\n  \r\n",
        b"Content-Type: text/plain\r\n\r\nhello",
        b"Content-Type: text/plain\r\n\r\nlater",
    )
    assert own_words(multipart(*parts), at_most=100) == "hello"
    assert [own_words(multipart(*parts), at_most=length) for length in (4, 5)] == ["hell", "hello"]
    assert own_words(multipart(parts[0]), at_most=100) == ""


@pytest.mark.parametrize("charset", ["latin-1", "utf-8", "nonsense", "hex", ""])
def test_a_charset_nobody_knows_is_read_as_utf_8(charset: str) -> None:
    raw = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + "Grüße".encode("latin-1" if charset == "latin-1" else "utf-8")
    assert own_words(raw, at_most=100) == "Grüße"


def test_what_cannot_be_shown_is_replaced() -> None:
    assert printable("a\r\nb\tc\nd") == "a\nb\tc\nd"
    for character in ("\x00", "\x08", "\x0b", "\x1f", "\x7f", "\x9f", "\u202a", "\u202e", "\u2066", "\u2069"):
        assert printable(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"
    assert [as_it_came(b"hello", at_most=length) for length in (4, 5, 6)] == ["hell", "hello", "hello"]
