"""Calendar objects: what stands in them, what instant they mean, and what no name can do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event, vText

from outreach.calendars.entry import CalendarEntry, ParticipationStatus
from outreach.calendars.itip import Method, compose, content_line
from outreach.mail.sanitize import one_line, prose
from tests.support.calendar_entries import WRITTEN, entry, instants, read_event
from tests.support.snapshots import assert_matches_snapshot

ONLINE = entry(
    uid="a8d1c9f2-0b7e-4a55-8f3c-5b9e7d6c4a20@outreach.example.org",
    sequence=3,
    summary="Ask a surgeon: online Q&A",
    description="Questions welcome.\nJoin: https://video.example.org/r/9f8e7d",
    location="Online",
    starts_wall=datetime(2027, 10, 12, 18, 30),
    ends_wall=datetime(2027, 10, 12, 19, 15),
    zone="Australia/Sydney",
    attendee_name="Zoë; O'Neil, guardian",
    attendee_email="zoe@family.example",
    answer=ParticipationStatus.ACCEPTED,
    transparent=True,
    tentative=True,
    conference_url="https://video.example.org/r/9f8e7d",
    conference_label="Join the video call",
)
HOSTILE_NAMES = (
    'Ana "Stitch" Ruiz', "Ruiz; Ana", "Ruiz: Ana", "Ruiz, Ana", "Ana\r\nATTENDEE:mailto:all@school.example", "Ana\nX-EVIL:1",
    "👩🏽‍⚕️ Ana", "^n ^' ^^", "Ana\\N", "é" * 200, "'", '"', "=", "\x00\x07", "", "mailto:all@school.example", "END:VEVENT", "\u2028X:1",
)  # fmt: skip


def read(written: bytes) -> Any:
    """Read the one VEVENT with icalendar, the only parser here that knows RFC 6868."""
    (event,) = Calendar.from_ical(written).walk("VEVENT")
    return event


@pytest.mark.parametrize(
    ("name", "what", "method"),
    [
        ("request", entry(), Method.REQUEST),
        ("update", entry(sequence=1, stamp=WRITTEN + timedelta(days=1), last_modified=WRITTEN + timedelta(days=1)), Method.REQUEST),
        ("cancel", entry(sequence=2, stamp=WRITTEN + timedelta(days=2)), Method.CANCEL),
        ("publish", entry(uid="feed-3f0c6c1e@outreach.example.org", attendee_name="", attendee_email=None), Method.PUBLISH),
        ("request-online", ONLINE, Method.REQUEST),
        ("request-one-offset", entry(zone="Asia/Jerusalem"), Method.REQUEST),
        ("request-utc", entry(starts_wall=datetime(2027, 11, 7, 1, 30), ends_wall=datetime(2027, 11, 7, 3, 0), fold=1), Method.REQUEST),
    ],
)
def test_the_object_is_what_was_last_read(name: str, what: CalendarEntry, method: Method) -> None:
    assert_matches_snapshot(f"calendar/{name}.ics", compose(what, method))


@pytest.mark.parametrize("method", Method)
def test_the_same_entry_gives_the_same_bytes(method: Method) -> None:
    assert compose(entry(), method) == compose(entry(), method)


@pytest.mark.parametrize("method", Method)
def test_the_method_stands_once_and_before_the_event(method: Method) -> None:
    written = compose(entry(), method)
    assert written.count(b"METHOD:") == 1
    assert written.index(f"METHOD:{method}\r\n".encode()) < written.index(b"BEGIN:VEVENT")


@pytest.mark.parametrize("method", [Method.REQUEST, Method.CANCEL])
def test_exactly_one_attendee_is_asked_to_answer(method: Method) -> None:
    attendee = read(compose(ONLINE, method))["ATTENDEE"]
    assert attendee == "mailto:zoe@family.example"
    assert dict(attendee.params) == {
        "CN": "Zoë; O'Neil, guardian", "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED",
        "RSVP": "TRUE", "X-NUM-GUESTS": "0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "partstat"),
    [
        (ParticipationStatus.NEEDS_ACTION, "NEEDS-ACTION"),
        (ParticipationStatus.ACCEPTED, "ACCEPTED"),
        (ParticipationStatus.TENTATIVE, "TENTATIVE"),
        (ParticipationStatus.DECLINED, "DECLINED"),
    ],
)
def test_the_last_answer_is_kept(answer: ParticipationStatus, partstat: str) -> None:
    assert read(compose(entry(answer=answer), Method.REQUEST))["ATTENDEE"].params["PARTSTAT"] == partstat


def test_a_cancellation_repeats_the_event_and_says_so_in_status() -> None:
    asked, cancelled = read(compose(entry(), Method.REQUEST)), read(compose(entry(sequence=1, tentative=True), Method.CANCEL))
    assert cancelled["STATUS"] == "CANCELLED"
    assert cancelled["SEQUENCE"] == 1
    for name in ("UID", "ORGANIZER", "ATTENDEE", "SUMMARY"):
        assert cancelled[name] == asked[name]
    for name in ("DTSTART", "DTEND"):
        assert cancelled[name].dt == asked[name].dt


def test_a_published_event_names_nobody_but_the_organizer() -> None:
    written = compose(entry(), Method.PUBLISH)
    assert b"ATTENDEE" not in written
    assert b"amina" not in written.lower()
    assert read(written)["ORGANIZER"] == "mailto:rsvp+k3v7q2m5x4c6b8n1@outreach.example.org"


@pytest.mark.parametrize("method", [Method.REQUEST, Method.CANCEL])
def test_nobody_is_invited_without_an_address(method: Method) -> None:
    with pytest.raises(ValueError, match="nobody to invite"):
        compose(entry(attendee_email=None), method)


@pytest.mark.parametrize("method", Method)
def test_no_alarm_and_no_other_mailbox_is_in_it(method: Method) -> None:
    written = compose(ONLINE, method)
    assert b"VALARM" not in written
    assert written.replace(b"\r\n ", b"").count(b"mailto:") == (1 if method is Method.PUBLISH else 2)


@pytest.mark.parametrize(("tentative", "status"), [(True, "TENTATIVE"), (False, "CONFIRMED")])
def test_a_provisional_session_is_tentative(tentative: bool, status: str) -> None:
    assert read(compose(entry(tentative=tentative), Method.REQUEST))["STATUS"] == status


@pytest.mark.parametrize(("transparent", "transp"), [(True, "TRANSPARENT"), (False, "OPAQUE")])
def test_a_guardians_entry_blocks_no_time(transparent: bool, transp: str) -> None:
    assert read(compose(entry(transparent=transparent), Method.REQUEST))["TRANSP"] == transp


def test_a_video_link_has_its_own_property() -> None:
    conference = read(compose(ONLINE, Method.REQUEST))["CONFERENCE"]
    assert conference == "https://video.example.org/r/9f8e7d"
    assert dict(conference.params) == {"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": "Join the video call"}


def test_moments_are_written_in_utc_from_any_zone() -> None:
    paris = WRITTEN.astimezone(timezone(timedelta(hours=1)))
    assert compose(entry(stamp=paris, created=paris, last_modified=paris), Method.REQUEST) == compose(entry(), Method.REQUEST)


@pytest.mark.parametrize(
    ("zone", "starts", "ends", "in_utc"),
    [
        ("America/New_York", datetime(2027, 3, 18, 14), datetime(2027, 3, 18, 16), datetime(2027, 3, 18, 18)),
        ("America/New_York", datetime(2027, 1, 18, 14), datetime(2027, 1, 18, 16), datetime(2027, 1, 18, 19)),
        ("America/Vancouver", datetime(2027, 1, 15, 9), datetime(2027, 1, 15, 10), datetime(2027, 1, 15, 16)),
        ("Europe/London", datetime(2027, 6, 1, 9), datetime(2027, 6, 1, 10), datetime(2027, 6, 1, 8)),
        ("Australia/Sydney", datetime(2027, 1, 15, 9), datetime(2027, 1, 15, 10), datetime(2027, 1, 14, 22)),
        ("Asia/Kolkata", datetime(2027, 5, 1, 9), datetime(2027, 5, 1, 10), datetime(2027, 5, 1, 3, 30)),
        ("America/New_York", datetime(2027, 12, 31, 23, 30), datetime(2028, 1, 1, 0, 30), datetime(2028, 1, 1, 4, 30)),
        ("Pacific/Auckland", datetime(2027, 4, 30, 23, 45), datetime(2027, 5, 1, 0, 15), datetime(2027, 4, 30, 11, 45)),
        ("Asia/Jerusalem", datetime(2027, 7, 1, 9), datetime(2027, 7, 1, 10), datetime(2027, 7, 1, 6)),
        ("Asia/Jerusalem", datetime(2027, 12, 1, 9), datetime(2027, 12, 1, 10), datetime(2027, 12, 1, 7)),
        ("Africa/Cairo", datetime(2027, 7, 1, 9), datetime(2027, 7, 1, 10), datetime(2027, 7, 1, 6)),
        ("UTC", datetime(2027, 7, 1, 9), datetime(2027, 7, 1, 10), datetime(2027, 7, 1, 9)),
    ],
)
def test_another_program_reads_the_right_instant(zone: str, starts: datetime, ends: datetime, in_utc: datetime) -> None:
    read_start, read_end = instants(zone=zone, starts_wall=starts, ends_wall=ends)
    assert read_start == in_utc.replace(tzinfo=UTC)
    assert read_end - read_start == ends - starts


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(
        ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca", "America/Havana", "Asia/Kathmandu"]
    ),
    moment=st.datetimes(datetime(2027, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    minutes=st.integers(1, 60 * 24 * 3),
)
def test_any_session_is_read_at_the_instants_it_has(zone: str, moment: datetime, minutes: int) -> None:
    start = moment.replace(microsecond=0)
    local = start.astimezone(ZoneInfo(zone))
    end = start + timedelta(minutes=minutes)
    local_end = end.astimezone(ZoneInfo(zone))
    if local.fold == local_end.fold:
        walls = {"starts_wall": local.replace(tzinfo=None, fold=0), "ends_wall": local_end.replace(tzinfo=None, fold=0)}
        assert instants(zone=zone, fold=local.fold, **walls) == (start, end)


@pytest.mark.parametrize("zone", ["Africa/Accra", "Atlantic/Reykjavik", "Asia/Calcutta", "America/Argentina/Buenos_Aires", "Europe/London"])
def test_a_zone_keeps_the_name_it_was_given(zone: str) -> None:
    written = compose(entry(zone=zone), Method.REQUEST)
    assert written.count(f"\r\nTZID:{zone}\r\n".encode()) == 1
    for line in ("DTSTART", "DTEND"):
        assert f"\r\n{line};TZID={zone}:20270318T".encode() in written


def test_sydney_and_vancouver_agree_on_when_it_is() -> None:
    sydney = instants(zone="Australia/Sydney", starts_wall=datetime(2027, 3, 19, 8), ends_wall=datetime(2027, 3, 19, 9))
    vancouver = instants(zone="America/Vancouver", starts_wall=datetime(2027, 3, 18, 14), ends_wall=datetime(2027, 3, 18, 15))
    assert sydney == vancouver


@pytest.mark.parametrize(("fold", "hour"), [(0, 5), (1, 6)])
def test_a_time_the_clock_shows_twice_is_written_in_utc(fold: int, hour: int) -> None:
    twice = entry(starts_wall=datetime(2027, 11, 7, 1, 30), ends_wall=datetime(2027, 11, 7, 1, 50), fold=fold)
    written = compose(twice, Method.REQUEST)
    assert f"DTSTART:20271107T0{hour}3000Z\r\nDTEND:20271107T0{hour}5000Z\r\n".encode() in written
    assert b"VTIMEZONE" not in written


def test_an_end_the_clock_shows_twice_is_written_in_utc() -> None:
    written = compose(entry(starts_wall=datetime(2027, 11, 7, 0, 30), ends_wall=datetime(2027, 11, 7, 1, 30)), Method.REQUEST)
    assert b"DTSTART:20271107T043000Z\r\nDTEND:20271107T053000Z\r\n" in written


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Zulu"])
def test_utc_is_written_as_itself(zone: str) -> None:
    written = compose(entry(zone=zone), Method.REQUEST)
    assert b"DTSTART:20270318T140000Z\r\nDTEND:20270318T160000Z\r\n" in written
    assert b"TZID" not in written


@pytest.mark.parametrize(("zone", "day"), [("America/New_York", 13), ("Asia/Jerusalem", 25)])
def test_a_night_in_which_the_clocks_change_keeps_its_length(zone: str, day: int) -> None:
    start, end = instants(zone=zone, starts_wall=datetime(2027, 3, day, 22), ends_wall=datetime(2027, 3, day + 1, 6))
    assert end - start == timedelta(hours=7)


@pytest.mark.parametrize("edge", ["starts_wall", "ends_wall"])
def test_a_time_the_clock_skips_is_refused(edge: str) -> None:
    times = {"starts_wall": datetime(2027, 3, 14, 1, 0), "ends_wall": datetime(2027, 3, 14, 4, 0), edge: datetime(2027, 3, 14, 2, 30)}
    with pytest.raises(ValueError, match="skip"):
        entry(**times)


@pytest.mark.parametrize(
    ("why", "wrong"),
    [
        ("not a UID", {"uid": ""}), ("not a UID", {"uid": "a b"}), ("not a UID", {"uid": "a\r\nX:1"}), ("not a UID", {"uid": "a" * 256}),
        ("not a UID", {"sequence": -1}), ("need a time zone", {"stamp": datetime(2027, 1, 1)}),
        ("need a time zone", {"created": datetime(2027, 1, 1)}), ("need a time zone", {"last_modified": datetime(2027, 1, 1)}),
        ("not a wall time", {"starts_wall": datetime(2027, 3, 18, 14, tzinfo=UTC)}),
        ("not a wall time", {"ends_wall": datetime(2027, 3, 18, 16, tzinfo=UTC)}),
        ("not after it starts", {"ends_wall": datetime(2027, 3, 18, 14)}),
        ("not after it starts", {"ends_wall": datetime(2027, 3, 18, 13)}),
        ("no such time zone", {"zone": "Mars/Olympus_Mons"}), ("not an address", {"organizer_email": "rsvp@x.example\r\nX:1"}),
        ("not an address", {"attendee_email": "a@x.example\nX:1"}), ("not an address", {"attendee_email": "Amina <a@x.example>"}),
    ],
)  # fmt: skip
def test_what_no_calendar_could_hold_is_refused(why: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=why):
        entry(**wrong)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_name_can_add_a_property(name: str) -> None:
    written = compose(
        entry(organizer_name=name, attendee_name=name, summary=name, conference_url="https://x.example/", conference_label=name),
        Method.REQUEST,
    )
    event = read(written)
    assert set(event) - {"CONFERENCE"} == set(read(compose(entry(), Method.REQUEST)))
    assert event["ORGANIZER"].params.get("CN", "") == one_line(name)
    assert (event["ORGANIZER"], event["ATTENDEE"]) == ("mailto:" + entry().organizer_email, "mailto:amina@school.example")
    assert read_event(written).summary.value == one_line(name)


TEXT = st.text(st.characters(codec="utf-8"))
# icalendar's reader takes a backslash in a parameter for an escape; RFC 5545 knows none there.
NAME = st.text(st.characters(codec="utf-8", exclude_characters="\\"), max_size=200)


@settings(max_examples=150, deadline=None)
@given(text=TEXT, name=NAME)
def test_any_text_arrives_as_it_was_written(text: str, name: str) -> None:
    written = compose(entry(zone="Asia/Kolkata", description=text, location=f"x{text}", summary=text, attendee_name=name), Method.REQUEST)
    event = read_event(written)
    assert [line.value for line in event.contents.get("description", [])] == ([prose(text)] if text else [])
    assert (event.location.value, event.summary.value) == (prose(f"x{text}"), one_line(text))
    assert read(written)["ATTENDEE"].params.get("CN", "") == one_line(name)


@settings(max_examples=150, deadline=None)
@given(st.text("ab\\^;, é€👩", min_size=60, max_size=400))
def test_lines_are_folded_where_icalendar_folds_them(text: str) -> None:
    folded = Event().content_line("DESCRIPTION", vText(text)).to_ical()
    assert content_line("DESCRIPTION", vText(text)) == folded + b"\r\n"


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=60), st.sampled_from(Method))
def test_lines_are_folded_at_75_octets_and_never_inside_a_character(text: str, method: Method) -> None:
    lines = compose(entry(description=text, summary=text, attendee_name=text), method).split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        assert 0 < len(line) <= 75
        assert not set(b"\r\n") & set(line)
        line.decode("utf-8", errors="strict")


def test_an_address_with_signs_of_its_own_in_a_uri_is_encoded() -> None:
    assert b"mailto:a%25b%3Fc%23d@x.example" in compose(entry(attendee_email="a%b?c#d@x.example"), Method.REQUEST)
