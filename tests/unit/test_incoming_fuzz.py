"""Whatever is thrown at the reader of mail: it never raises, stays quick and small, and gives strings a database can keep."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.inbound.parsing import reading
from outreach.inbound.parsing.reading import MAX_SIZE, read
from tests.support.shaped_replies import PROGRAMS, shaped_reply
from tests.support.shaped_reports import STATUS_REPORTS, shaped_report

REPLIES = [
    shaped_reply(
        program,
        uid="1@outreach.example",
        attendee="ana@pupils.example",
        partstat="ACCEPTED",
        sequence=1,
        stamp=datetime(2027, 3, 2, tzinfo=UTC),
        to="rsvp+x@outreach.example",
        comment="Ñ",
    )
    for program in PROGRAMS
]
REPORTS = [
    shaped_report(name, to="b1@outreach.example") for name in (*STATUS_REPORTS, "qmail", "complaint", "read_receipt", "out_of_office")
]
SCRAPS = [
    *(b"\r\n", b"\n", b"\n\n", b"--", b'"', b"\\", b"(", b"<", b">", b"@", b",", b";", b":", b"=", b"%", b"\x00", b"\xff", b"\xef\xbb\xbf"),
    *(b"=?utf-7?q?+2AA-?=", b"=?idna?b?eHg=?=", b"=?x?q?", b"?=", b"*0*=", b"''", b"From: ", b"To: ", b"Status: ", b"Message-ID: "),
    *(b"Content-Transfer-Encoding: base64\r\n", b"Content-Type: multipart/mixed; boundary=", b"Action: failed\n", b"mailto:"),
    *(b"Content-Type: text/calendar; method*0*=utf-8''%ff; method*1=x\r\n", b"BEGIN:VEVENT\r\n", b"END:VCALENDAR\r\n"),
    *(b"ATTENDEE;CN=", b"DTSTAMP;TZID=", b"SEQUENCE:"),
]
QUICK = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def texts(found: object) -> Iterator[str]:
    """Give every string in it."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, tuple):
        for one in found:
            yield from texts(one)
    elif is_dataclass(found):
        for field in fields(found):
            yield from texts(getattr(found, field.name))


def assert_reads(raw: bytes) -> None:
    """It is read without the last net of `read`, and to the same; every string can be kept by any database."""
    incoming = reading._read(raw, None)
    assert incoming == read(raw)
    for text in texts(incoming):
        assert "\x00" not in text
        assert text.encode() is not None  # a lone surrogate can't be encoded


@QUICK
@given(st.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert_reads(raw)


@QUICK
@given(
    st.sampled_from(REPLIES + REPORTS),
    st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 60), st.sampled_from(SCRAPS) | st.binary(max_size=4)), max_size=12),
)
def test_messages_with_scraps_put_in_and_pieces_torn_out_are_read(raw: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    for place, torn_out, put_in in changes:
        here = place % (len(raw) + 1)
        raw = raw[:here] + put_in + raw[here + torn_out :]
    assert_reads(raw)


@QUICK
@given(st.lists(st.sampled_from([*SCRAPS, b"BEGIN:VCALENDAR\r\n", b"END:VEVENT\r\n", b"a", b" "]), max_size=60).map(b"".join))
def test_calendars_made_of_scraps_are_read(body: bytes) -> None:
    assert_reads(b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + body)


def filled(head: bytes, *pattern: bytes) -> bytes:
    """Give a message of the largest size we read: the pattern again and again behind the head."""
    return (head + b"".join(pattern) * (MAX_SIZE // len(b"".join(pattern)) + 1))[:MAX_SIZE]


def nested(levels: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(levels))


CALENDAR = b"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n"
EVENT = CALENDAR + b"BEGIN:VEVENT\n"
STATUS = b"Content-Type: message/delivery-status\n\n"
DAEMON = b"From: mailer-daemon@x.example\n\n"
FIFTY = b"BEGIN:VEVENT\n" + b"ATTENDEE;PARTSTAT=ACCEPTED;CN=aaaa:mailto:a@b.example\n" * 50 + b"END:VEVENT\n"
BOMBS = {
    "multiparts in multiparts": nested(20_000),
    "many lines deep down": filled(nested(10) + b"\n", b"\n"),
    "delimiters deep down": filled(nested(10) + b"\n", b"--b9x\n"),
    "messages in messages": filled(b"", b"Content-Type: message/rfc822\n\n"),
    "parts": filled(b"Content-Type: multipart/mixed; boundary=b\n\n", b"--b\n\n\n"),
    "headers": filled(b"", b"A: b\n"),
    "one header": filled(b"To: ", b"a@b,"),
    "long headers": filled(b"", b"To: ", b"a@b," * 2000, b"\n"),
    "open comments": filled(b"", b"To: ", b"(" * 8000, b"\n"),
    "open quotes": filled(b"", b"To: ", b'",' * 4000, b"\n"),
    "parameters": filled(b"Content-Type: text/plain", b"; a*0=b"),
    "quoted parameters": filled(b'Content-Type: text/plain; a="', b";"),
    "encoded words": filled(b"Subject: ", b"=?utf-8?q?a?= "),
    "folds": filled(b"Subject: x\n", b" y\n"),
    "carriage returns": filled(CALENDAR, b"\r"),
    "bad base64": filled(b"Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n", b"A\n"),
    "padding": filled(b"Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n", b"="),
    "soft breaks": filled(b"Content-Type: text/calendar\nContent-Transfer-Encoding: quoted-printable\n\n", b"=\n"),
    "calendars": filled(b"Content-Type: text/calendar\n\n", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"),
    "components": filled(CALENDAR, b"BEGIN:X\nEND:X\n"),
    "components in components": filled(CALENDAR, b"BEGIN:X\n"),
    "properties": filled(EVENT, b"UID:x\n"),
    "attendees": filled(EVENT, b"ATTENDEE:x\n"),
    "parameters of attendees": filled(EVENT, b"ATTENDEE", b";A=B" * 900, b":x\n"),
    "escapes": filled(EVENT, b'ATTENDEE;CN="', b'\\"' * 1900, b"\n"),
    "folds of an event": filled(EVENT, b"\n "),
    "torn lines": filled(EVENT, b"\n" + b"a" * 30),
    "calendars in every part": filled(b"Content-Type: multipart/mixed; boundary=b\n\n", b"--b\n", CALENDAR, FIFTY),
    "zones and rules": filled(CALENDAR, b"BEGIN:VTIMEZONE\nBEGIN:STANDARD\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"),
    "status groups": filled(STATUS, b"Action: failed\n\n"),
    "blank lines in a status": filled(STATUS, b" \n"),
    "numbers in a diagnostic": filled(STATUS, b"Action: failed\nDiagnostic-Code: ", b"1.1.1.1." * 1000, b"\n\n"),
    "a bounce of stars": filled(DAEMON + b"Your message\nfailed addresses follow:\n", b"*" * 199, b"\n"),
    "a bounce of blanks": filled(DAEMON + b"failed addresses follow:\nYour message could not be delivered to\n", b" " * 199, b"\n"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_shape_of_a_message_makes_it_slow(name: str) -> None:
    """The slowest takes 0.3 s of one core; Python's own parser of messages takes minutes for some of these."""
    began = time.process_time()
    reading._read(BOMBS[name], None)
    assert time.process_time() - began < 8


@pytest.mark.parametrize("name", ["multiparts in multiparts", "folds", "folds of an event", "blank lines in a status"])
def test_no_shape_of_a_message_makes_it_big(name: str) -> None:
    tracemalloc.start()
    try:
        read(BOMBS[name])
        assert tracemalloc.get_traced_memory()[1] < 48 * 1024 * 1024
    finally:
        tracemalloc.stop()
