"""What is read of a reply, however a program writes it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from outreach.inbound.parsing.message import Attendee, CalendarObject, Event, IncomingMessage
from outreach.inbound.parsing.reading import MAX_SIZE, read
from tests.support.shaped_replies import PROGRAMS, shaped_reply
from tests.support.shaped_reports import shaped_report

STAMP = datetime(2027, 3, 2, 10, 15, tzinfo=UTC)
TO = "rsvp+k7f2q9@outreach.example"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def reply_of(program: str, **facts: str) -> bytes:
    return shaped_reply(
        program, uid="3f6c@outreach.example", attendee="ana@pupils.example", partstat="TENTATIVE", sequence=3, stamp=STAMP, to=TO, **facts
    )


def message(body: str, *headers: str, content_type: str = "text/calendar") -> bytes:
    """Give a message of one part."""
    return "\r\n".join((f"To: {TO}", "From: ana@pupils.example", *headers, f"Content-Type: {content_type}", "", body)).encode()


def event_of(*lines: str, content_type: str = "text/calendar; method=REPLY") -> Event:
    """Give what is read of a reply whose VEVENT has these lines."""
    (found,) = read(message(CALENDAR.format("\r\n".join(lines)), content_type=content_type)).objects
    return found.events[0]


def multipart(*parts: bytes, kind: str = "mixed") -> bytes:
    """Give a message of these parts, each with its headers."""
    head = f"To: {TO}\r\nFrom: ana@pupils.example\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n".encode()
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_same_is_read_of_every_programs_reply(program: str) -> None:
    incoming = read(reply_of(program, comment="Perhaps, Ñandú"))
    expected = Event(
        uid="3f6c@outreach.example",
        sequence=3,
        stamp=STAMP,
        attendees=(Attendee(address="ana@pupils.example", partstat="TENTATIVE"),),
        has_recurrence_id=False,
        comment="Perhaps, Ñandú",
        starts=datetime(2027, 3, 18, 18, tzinfo=UTC),
        ends=datetime(2027, 3, 18, 20, tzinfo=UTC),
    )
    assert incoming.objects == (CalendarObject(method="REPLY", events=(expected,)),)
    assert (incoming.sender, incoming.from_domain) == ("ana@pupils.example", "pupils.example")
    assert TO in incoming.recipients
    assert (incoming.is_automatic, incoming.is_report, incoming.failures, incoming.trouble) == (False, False, (), "")


@pytest.mark.parametrize("program", PROGRAMS)
def test_lines_that_lost_their_cr_read_the_same(program: str) -> None:
    assert read(reply_of(program).replace(b"\r\n", b"\n")).objects == read(reply_of(program)).objects


def test_what_identifies_a_message_is_read_as_it_stands() -> None:
    raw = reply_of("gmail")
    incoming = read(raw)
    assert incoming.digest == sha256(raw).hexdigest()
    assert incoming.size == len(raw)
    assert incoming.message_id is not None
    assert incoming.message_id.startswith("<calendar-0b6f2ad1-")
    assert incoming.message_id.endswith("@google.com>")
    assert incoming.subject == "Zusage: Power of a Stitch – Do. 18. März 2027 18:00 (MEZ)"
    assert incoming.authentication[0].startswith("mx.outreach.example; dkim=pass header.d=google.com")


def test_where_it_was_delivered_comes_before_what_the_sender_wrote() -> None:
    raw = message("", "Cc: x@y.example", "X-Original-To: RSVP+One@outreach.example", "Delivered-To: inbox@outreach.example")
    incoming = read(raw, delivered_to="rsvp+zero@outreach.example")
    given = ("rsvp+zero@outreach.example", "inbox@outreach.example", "rsvp+one@outreach.example", TO, "x@y.example")
    assert incoming.recipients == given


def test_an_address_in_a_name_is_no_recipient() -> None:
    raw = message("", 'Cc: "rsvp+other@outreach.example" <someone@elsewhere.example>')
    assert "rsvp+other@outreach.example" not in read(raw).recipients


@pytest.mark.parametrize("field", ["a@one.example, b@two.example", "nobody", "a@one.example\r\nFrom: b@two.example"])
def test_without_one_sender_nobody_vouches_for_it(field: str) -> None:
    raw = f"From: {field}\r\nTo: {TO}\r\n\r\nhello".encode()
    assert (read(raw).sender, read(raw).from_domain) == ("", "")


@pytest.mark.parametrize("method", ["COUNTER", "REFRESH", "REQUEST"])
def test_other_methods_are_named(method: str) -> None:
    assert [object_.method for object_ in read(reply_of("thunderbird", method=method)).objects] == [method]


@pytest.mark.parametrize("content_type", ["text/calendar; method=reply", "application/ics; method=REPLY", 'text/calendar; METHOD="Reply"'])
def test_the_parts_parameter_stands_in_for_a_missing_method(content_type: str) -> None:
    body = CALENDAR.format("UID:1").replace("METHOD:REPLY\r\n", "")
    assert read(message(body, content_type=content_type)).objects[0].method == "REPLY"


@pytest.mark.parametrize("content_type", ["text/calendar", "application/ics", "text/calendar; method=REQUEST"])
def test_the_method_inside_wins(content_type: str) -> None:
    assert read(message(CALENDAR.format("UID:1"), content_type=content_type)).objects[0].method == "REPLY"


def test_the_copy_without_a_method_is_the_same_reply() -> None:
    bare = CALENDAR.format("UID:1").replace("METHOD:REPLY\r\n", "").encode()
    raw = multipart(b"Content-Type: text/calendar; method=REPLY\r\n\r\n" + bare, b"Content-Type: application/ics\r\n\r\n" + bare)
    assert [object_.method for object_ in read(raw).objects] == ["REPLY"]


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@pupils.example", "ana@pupils.example"),
        ("ATTENDEE;PARTSTAT=ACCEPTED:MailTo:Ana@Pupils.Example", "ana@pupils.example"),
        ("attendee;partstat=accepted:mailto:ana@pupils.example", "ana@pupils.example"),
        ("ATTENDEE;PARTSTAT=ACCEPTED:ana@pupils.example", "ana@pupils.example"),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana%2Bschool@pupils.example", "ana+school@pupils.example"),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana%25@pupils.example?subject=x", "ana%@pupils.example"),
        ("ATTENDEE;PARTSTAT=ACCEPTED;CN=\"Muñoz; Ana: 5b, 'x'\":mailto:ana@pupils.example", "ana@pupils.example"),
        ("ATTENDEE;EMAIL=ana@pupils.example;PARTSTAT=ACCEPTED:/aMTIzNDU2Nzg/principal/", "ana@pupils.example"),
        ("ATTENDEE;PARTSTAT=ACCEPTED:urn:uuid:0C5B0B3C", ""),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@pupils.example,eve@evil.example", ""),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana%0Aeve@pupils.example", ""),
    ],
)
def test_an_attendee_is_read_as_one_address_or_none(line: str, address: str) -> None:
    assert event_of(line).attendees == (Attendee(address=address, partstat="ACCEPTED"),)


def test_several_attendees_are_all_given() -> None:
    found = event_of("ATTENDEE;PARTSTAT=DECLINED:mailto:ana@pupils.example", "ATTENDEE:mailto:eve@pupils.example")
    assert found.attendees == (
        Attendee(address="ana@pupils.example", partstat="DECLINED"),
        Attendee(address="eve@pupils.example", partstat=""),
    )


@pytest.mark.parametrize(
    ("line", "sequence"), [("", 0), ("SEQUENCE:7", 7), ("SEQUENCE:-1", 0), ("SEQUENCE:seven", 0), ("SEQUENCE:" + "9" * 5000, 0)]
)
def test_a_sequence_that_is_none_counts_as_the_first(line: str, sequence: int) -> None:
    assert event_of("UID:1", line).sequence == sequence


@pytest.mark.parametrize(
    ("line", "stamp"),
    [
        ("DTSTAMP:20270302T101500Z", STAMP),
        ("DTSTAMP:20270302T101500", STAMP),
        ("DTSTAMP;TZID=Europe/Berlin:20270302T111500", STAMP),
        ("DTSTAMP;VALUE=DATE-TIME:20270302T101500z", STAMP),
        ("DTSTAMP:20270302", None),
        ("DTSTAMP:20271302T101500Z", None),
        ("DTSTAMP:00000302T101500Z", None),
        ("DTSTAMP:99991231T235959", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("DTSTAMP;TZID=America/New_York:99991231T235959", None),
        ("DTSTAMP:soon", None),
        ("", None),
    ],
)
def test_a_stamp_is_a_moment_or_nothing(line: str, stamp: datetime | None) -> None:
    assert event_of("UID:1", line).stamp == stamp


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        ("DTSTART;TZID=America/New_York:20270318T140000", datetime(2027, 3, 18, 18, tzinfo=UTC)),
        ("DTSTART;TZID=Eastern Standard Time:20270318T140000", datetime(2027, 3, 18, 18, tzinfo=UTC)),
        ('DTSTART;TZID="/mozilla.org/20070129_1/America/New_York":20270318T140000', datetime(2027, 3, 18, 18, tzinfo=UTC)),
        ("DTSTART;TZID=../../../etc/passwd:20270318T140000", None),
        ("DTSTART;TZID=Customized Time Zone:20270318T140000", None),
        ("DTSTART;VALUE=DATE:20270318", None),
        ("DTSTART:20270318T140000", None),
    ],
)
def test_a_start_without_a_zone_we_know_is_no_moment(line: str, starts: datetime | None) -> None:
    assert event_of("UID:1", line).starts == starts


def test_an_alarm_inside_says_nothing_of_the_event() -> None:
    alarm = ("BEGIN:VALARM", "UID:alarm", "ATTENDEE:mailto:alarm@pupils.example", "DTSTAMP:20300101T000000Z", "END:VALARM")
    found = event_of(*alarm, "UID:event", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@pupils.example")
    assert (found.uid, found.stamp, len(found.attendees)) == ("event", None, 1)


def test_an_alarm_that_never_ends_ends_with_its_event() -> None:
    assert event_of("UID:1", "BEGIN:VALARM", "TRIGGER:-PT1H").uid == "1"


@pytest.mark.parametrize(
    "line", ["COMMENT:Late\\, sorry", "X-RESPONSE-COMMENT:Late\\, sorry", 'ATTENDEE;X-RESPONSE-COMMENT="Late, sorry":mailto:a@b.example']
)
def test_a_comment_is_found_where_a_program_puts_it(line: str) -> None:
    assert event_of("UID:1", line).comment == "Late, sorry"


def test_a_comment_is_cut_and_has_no_control_characters() -> None:
    assert event_of("COMMENT:" + "a\x00\x1b" * 2000).comment == "a " * 249 + "a"


def test_one_meeting_of_a_series_is_marked() -> None:
    assert event_of("UID:1", "RECURRENCE-ID;TZID=Europe/Berlin:20270318T140000").has_recurrence_id
    assert not event_of("UID:1").has_recurrence_id


def test_lines_a_relay_tore_are_mended() -> None:
    torn = ("UID:3f6c@outre", "ach.example", "SEQUENCE:", "2")
    found = event_of(*torn, 'ATTENDEE;CN="Ana', '";PARTSTAT=ACCEPTED:mailto:ana@pupils', ".example")
    assert (found.uid, found.sequence) == ("3f6c@outreach.example", 2)
    assert found.attendees == (Attendee(address="ana@pupils.example", partstat="ACCEPTED"),)


def test_a_byte_order_mark_and_blank_lines_do_no_harm() -> None:
    body = "\ufeff" + CALENDAR.format("UID:1").replace("\r\n", "\r\n\r\n")
    assert read(message(body)).objects[0].events[0].uid == "1"


def test_a_comment_in_another_alphabet_than_utf_8_costs_nothing_else() -> None:
    raw = message(CALENDAR.format("UID:1\r\nCOMMENT:Grüße")).decode().encode("cp1252")
    assert (read(raw).objects[0].events[0].uid, read(raw).objects[0].events[0].comment) == ("1", "Grüße")


def test_a_reply_that_was_forwarded_as_a_file_is_somebody_elses() -> None:
    raw = multipart(b"Content-Type: text/plain\r\n\r\nlook", b"Content-Type: message/rfc822\r\n\r\n" + reply_of("outlook"))
    assert read(raw).objects == ()
    assert read(raw).trouble == ""


def test_replies_deep_in_a_message_are_found() -> None:
    inner = reply_of("apple")
    for level in range(8):
        inner = f"Content-Type: multipart/mixed; boundary=level{level}\r\n\r\n--level{level}\r\n".encode() + inner
    assert read(inner).objects == read(reply_of("apple")).objects


def test_two_answers_in_one_message_are_both_given() -> None:
    raw = multipart(*(b"Content-Type: text/calendar\r\n\r\n" + CALENDAR.format(f"UID:{uid}").encode() for uid in (1, 2)))
    assert [object_.events[0].uid for object_ in read(raw).objects] == ["1", "2"]


@pytest.mark.parametrize(
    ("raw", "trouble"),
    [
        (message(CALENDAR.format("UID:1\r\nEND:VEVENT\r\n" + "BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 9 + "BEGIN:VEVENT")), "too_many_events"),
        (multipart(*(b"\r\nhello" for _ in range(50))), "too_many_parts"),
        (b"To: a@b.example\r\n\r\n" + b"x" * MAX_SIZE, "too_large"),
        (message("no calendar at all"), "malformed"),
        (message("!!!!", "Content-Transfer-Encoding: base64"), "malformed"),
        (b"", "malformed"),
        (b"\x00\xff\r\n\r\n" * 100, "malformed"),
    ],
)
def test_what_breaks_a_limit_says_so(raw: bytes, trouble: str) -> None:
    assert read(raw).trouble == trouble


def test_the_limit_of_events_holds_for_all_parts_together() -> None:
    parts = [CALENDAR.format(f"UID:{uid}\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:more").encode() for uid in range(6)]
    incoming = read(multipart(*(b"Content-Type: text/calendar\r\n\r\n" + part for part in parts)))
    assert (len(incoming.objects), incoming.trouble) == (5, "too_many_events")


def test_within_the_limits_nothing_is_left_out() -> None:
    events = "END:VEVENT\r\nBEGIN:VEVENT\r\n" * 9
    assert len(read(message(CALENDAR.format(events))).objects[0].events) == 10
    assert read(message(CALENDAR.format(events))).trouble == ""
    assert read(multipart(*(b"\r\nhello" for _ in range(49)))).trouble == ""


def test_of_a_message_too_large_the_headers_are_read() -> None:
    raw = reply_of("gmail") + b"x" * MAX_SIZE
    incoming = read(raw)
    assert (incoming.size, incoming.objects, incoming.message_id) == (len(raw), (), read(reply_of("gmail")).message_id)


@pytest.mark.parametrize(
    ("header", "is_automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: auto-generated (by cron); owner=x", True),
        ("Auto-Submitted: no", False),
        ("Auto-Submitted: (a person wrote it) No; x=y", False),
        ("X-Autoreply: yes", True),
        ("X-Autorespond: Away", True),
        ("Precedence: Bulk", True),
        ("Precedence: auto_reply", True),
        ("Precedence: first-class", False),
        ("Return-Path: <>", True),
        ("Return-Path: <ana@pupils.example>", False),
        ("X-Auto-Response-Suppress: All", False),
        ("X-Nothing: here", False),
    ],
)
def test_automatic_mail_is_told_by_its_headers(header: str, is_automatic: bool) -> None:
    assert read(message("hello", header, content_type="text/plain")).is_automatic is is_automatic


def test_a_rooms_own_reply_is_automatic_and_a_reply() -> None:
    incoming: IncomingMessage = read(b"Auto-Submitted: auto-generated\r\n" + reply_of("outlook"))
    assert incoming.is_automatic
    assert [object_.method for object_ in incoming.objects] == ["REPLY"]


def test_an_absence_notice_is_no_failure() -> None:
    incoming = read(shaped_report("out_of_office", to=TO))
    assert (incoming.is_automatic, incoming.failures, incoming.is_report, incoming.trouble) == (True, (), False, "")


ANSWER = CALENDAR.format("UID:3f6c@outreach.example\r\nSEQUENCE:3\r\nATTENDEE;PARTSTAT=DECLINED:mailto:ana@pupils.example")


def event_in(content: bytes, *headers: str) -> Event:
    """Give what is read of a part with these bytes."""
    (found,) = read(multipart("\r\n".join((*headers, "", "")).encode() + content)).objects
    assert found.method == "REPLY"
    return found.events[0]


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"\xff\xfe" + ANSWER.encode("utf-16-le"), "utf-16"),
        (b"\xfe\xff" + ANSWER.encode("utf-16-be"), "utf-16"),
        (ANSWER.encode("utf-16-le"), "utf-16le"),
        (ANSWER.encode("utf-16-be"), "utf-16be"),
        (ANSWER.replace("\r\n", "\r").encode(), "utf-8"),
        (ANSWER.replace("\r\n", "\r\r\n").encode(), "utf-8"),
        (ANSWER.replace("\r\n", "\r\n\r\n").encode(), "utf-8"),
        (ANSWER.replace("\r\n", "\n\n").encode(), "utf-8"),
        (ANSWER.replace("mailto:", "\r\n mail\r\n to:").replace("\r\n", "\r").encode(), "utf-8"),
        (ANSWER.replace("mailto:", "\r\n mail\r\n to:").replace("\r\n", "\r\n\r\n").encode(), "utf-8"),
    ],
)
def test_an_answer_in_other_letters_and_lines_is_the_same(content: bytes, charset: str) -> None:
    event = event_in(base64.encodebytes(content), f"Content-Type: text/calendar; charset={charset}", "Content-Transfer-Encoding: base64")
    assert (event.uid, event.sequence) == ("3f6c@outreach.example", 3)
    assert event.attendees == (Attendee(address="ana@pupils.example", partstat="DECLINED"),)


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Type: application/octet-stream; name=invite.ics",),
        ("Content-Type: application/octet-stream", 'Content-Disposition: attachment; filename="Answer.ICS"'),
        ("Content-Type: text/plain; name*=utf-8''r%C3%A9ponse.ics",),
    ],
)
def test_a_file_named_as_a_calendar_is_one(headers: tuple[str, ...]) -> None:
    assert event_in(ANSWER.encode(), *headers).uid == "3f6c@outreach.example"


def test_another_file_with_such_a_name_does_no_harm() -> None:
    incoming = read(multipart(b"Content-Type: application/octet-stream; name=a.ics\r\n\r\nPK"))
    assert (incoming.objects, incoming.trouble) == ((), "")


def test_whether_an_answer_has_a_sequence_and_who_passed_it_on_is_read() -> None:
    assert not event_of("UID:1").has_sequence
    assert not event_of("UID:1", "SEQUENCE:x").has_sequence
    assert event_of("UID:1", "SEQUENCE:0").has_sequence
    (delegate,) = event_of('ATTENDEE;DELEGATED-FROM="mailto:Ana@pupils.example";PARTSTAT=ACCEPTED:mailto:eve@pupils.example').attendees
    assert delegate.delegated_from == "ana@pupils.example"


@pytest.mark.parametrize(
    ("subject", "content", "answer"),
    [
        ("Accepted: You have a seat", b"x", "ACCEPTED"),
        ("Abgelehnt: You have a seat", b"x", "DECLINED"),
        ("Provisoire : You have a seat", b"x", "TENTATIVE"),
        ("Hello", b"..IPM.Schedule.Meeting.Resp.Neg..", "DECLINED"),
        ("Accepted: You have a seat", "IPM.Schedule.Meeting.Resp.Tent".encode("utf-16-le"), "TENTATIVE"),
        ("Hello", b"IPM.Schedule.Meeting.Resp", "UNKNOWN"),
        ("Hello", b"IPM.Note", ""),
    ],
)
@pytest.mark.parametrize("content_type", ["application/ms-tnef; name=winmail.dat", "application/octet-stream; name=WINMAIL.DAT"])
def test_outlooks_own_format_says_which_answer_it_is(subject: str, content: bytes, answer: str, content_type: str) -> None:
    raw = multipart(f"Content-Type: {content_type}\r\n\r\n".encode() + content)
    assert read(f"Subject: {subject}\r\n".encode() + raw).outlook_answer == answer


def test_without_that_format_there_is_no_such_answer() -> None:
    assert read(message("Accepted", "Subject: Accepted: You have a seat", content_type="text/plain")).outlook_answer == ""
