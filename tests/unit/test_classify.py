"""What a message is: which of the things it could be comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outreach.inbound.classify import CalendarRequest, Classification, Report, Sorted, classify
from outreach.inbound.parsing.message import (
    MALFORMED,
    TOO_LARGE,
    TOO_MANY_EVENTS,
    TOO_MANY_PARTS,
    Attendee,
    CalendarObject,
    Event,
    Failure,
    IncomingMessage,
)
from outreach.inbound.reasons import InboundReason
from outreach.models import BounceKind, InboundKind, InboundOutcome

IGNORED, QUARANTINED = InboundOutcome.IGNORED, InboundOutcome.QUARANTINED
EVENT = Event(
    uid="1@outreach.example",
    sequence=0,
    stamp=None,
    attendees=(Attendee(address="ana@pupils.example", partstat="ACCEPTED"),),
    has_recurrence_id=False,
    comment="",
    starts=None,
    ends=None,
)
MEETING = replace(EVENT, has_recurrence_id=True, comment="one of a series")
FAILURE = Failure(kind=BounceKind.HARD, status="5.1.1", words="550 No such user", message_id=None)
COMPLAINT = replace(FAILURE, kind=BounceKind.COMPLAINT)
PLAIN = IncomingMessage(
    digest="",
    size=1,
    message_id=None,
    sender="ana@pupils.example",
    subject="",
    from_domain="pupils.example",
    recipients=(),
    authentication=(),
    is_automatic=False,
    objects=(),
    failures=(),
    is_report=False,
    trouble="",
)


def calendar(method: str, *events: Event) -> CalendarObject:
    return CalendarObject(method=method, events=events or (EVENT,))


def what(*, has_token: bool = True, is_our_own: bool = False, is_bounce_address: bool = False, **facts: Any) -> Sorted:
    """Sort a message that a person wrote, with single facts changed."""
    return classify(replace(PLAIN, **facts), has_token=has_token, is_our_own=is_our_own, is_bounce_address=is_bounce_address)


NO_TOKEN = Classification(InboundKind.OTHER, QUARANTINED, InboundReason.NO_TOKEN)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"objects": (calendar("REPLY"),)},
        {"trouble": TOO_LARGE},
        {"is_report": True},
        {"failures": (FAILURE,)},
        {"is_automatic": True},
        {"is_our_own": True},
    ],
)
def test_without_a_token_nothing_is_placed(facts: dict[str, Any]) -> None:
    assert what(has_token=False, **facts) == NO_TOKEN


def test_a_report_of_a_failure_may_name_its_letter_itself() -> None:
    assert what(has_token=False, is_report=True, failures=(FAILURE,)) == Report(InboundKind.BOUNCE, FAILURE)


@pytest.mark.parametrize("trouble", [TOO_LARGE, TOO_MANY_PARTS, TOO_MANY_EVENTS, MALFORMED])
def test_what_broke_a_limit_is_for_a_person_whatever_else_it_is(trouble: str) -> None:
    facts: dict[str, Any] = {"is_report": True, "failures": (FAILURE,), "objects": (calendar("REPLY"),), "is_automatic": True}
    assert what(trouble=trouble, **facts) == Classification(InboundKind.OTHER, QUARANTINED, InboundReason(trouble))


def test_a_report_comes_before_a_reply_and_a_reply_before_a_bounce_without_a_report() -> None:
    objects = (calendar("REPLY"),)
    assert what(is_report=True, failures=(FAILURE,), objects=objects) == Report(InboundKind.BOUNCE, FAILURE)
    assert what(failures=(FAILURE,), objects=objects) == CalendarRequest(InboundKind.REPLY, EVENT)
    assert what(failures=(FAILURE,)) == Report(InboundKind.BOUNCE, FAILURE)


def test_a_report_without_a_failure_is_none() -> None:
    assert what(is_report=True) == Classification(InboundKind.AUTOMATIC, IGNORED, InboundReason.NO_FAILURE)


UNCLEAR = Classification(InboundKind.BOUNCE, QUARANTINED, InboundReason.UNCLEAR_REPORT)
AWAY = Classification(InboundKind.AUTOMATIC, IGNORED, InboundReason.AUTOMATIC)


def test_a_report_that_nobody_can_read_is_for_a_person() -> None:
    assert what(is_report=True, is_unclear=True) == UNCLEAR
    assert what(is_report=True, is_unclear=True, is_bounce_address=True) == UNCLEAR


@pytest.mark.parametrize("facts", [{"is_automatic": True}, {"is_from_server": True}, {"is_automatic": True, "is_from_server": True}])
def test_what_comes_where_bounces_come_and_is_not_understood_is_for_a_person(facts: dict[str, Any]) -> None:
    assert what(is_bounce_address=True, **facts) == UNCLEAR


def test_a_server_that_writes_to_a_reply_address_is_for_a_person_too() -> None:
    assert what(is_automatic=True, is_from_server=True) == UNCLEAR


def test_who_is_away_says_nothing_wherever_it_comes() -> None:
    assert what(is_bounce_address=True, is_away_note=True) == AWAY
    assert what(is_bounce_address=True, is_away_note=True, is_automatic=True) == AWAY
    assert what(is_automatic=True, is_from_server=True, is_away_note=True) == AWAY


def test_what_a_person_writes_to_the_address_of_bounces_is_a_persons() -> None:
    assert what(is_bounce_address=True) == Classification(InboundKind.OTHER, QUARANTINED, InboundReason.PERSON_WROTE)


def test_of_several_failures_the_first_counts() -> None:
    assert what(is_report=True, failures=(FAILURE, COMPLAINT)) == Report(InboundKind.BOUNCE, FAILURE)
    assert what(is_report=True, failures=(COMPLAINT, FAILURE)) == Report(InboundKind.COMPLAINT, COMPLAINT)


def test_a_letter_of_ours_that_comes_back_is_nothing_even_as_a_reply() -> None:
    expected = Classification(InboundKind.AUTOMATIC, IGNORED, InboundReason.OUR_OWN)
    assert what(is_our_own=True) == expected
    assert what(is_our_own=True, objects=(calendar("REPLY"),), is_automatic=True) == expected


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "REFRESH"])
def test_what_a_calendar_asks_is_found_among_other_objects(method: str) -> None:
    objects = (calendar("REQUEST", replace(EVENT, uid="2@elsewhere.example")), calendar(method), calendar(method))
    assert what(objects=objects) == CalendarRequest(InboundKind(method.lower()), EVENT)


def test_a_reply_comes_before_a_proposal_and_a_proposal_before_a_request() -> None:
    assert what(objects=(calendar("REFRESH"), calendar("COUNTER"), calendar("REPLY"))) == CalendarRequest(InboundKind.REPLY, EVENT)
    assert what(objects=(calendar("REFRESH"), calendar("COUNTER"))) == CalendarRequest(InboundKind.COUNTER, EVENT)


def test_only_a_reply_is_heard_from_a_program() -> None:
    assert what(is_automatic=True, objects=(calendar("REPLY"),)) == CalendarRequest(InboundKind.REPLY, EVENT)
    for method in ("COUNTER", "REFRESH", "REQUEST"):
        assert what(is_automatic=True, objects=(calendar(method),)) == Classification(
            InboundKind.AUTOMATIC, IGNORED, InboundReason.AUTOMATIC
        )
    assert what(is_automatic=True, has_words=True) == Classification(InboundKind.AUTOMATIC, IGNORED, InboundReason.AUTOMATIC)
    assert what(is_automatic=True) == Classification(InboundKind.AUTOMATIC, IGNORED, InboundReason.AUTOMATIC)


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "REFRESH"])
def test_what_a_server_sends_for_a_person_is_heard(method: str) -> None:
    """Some mark it as generated; what answers by itself is marked otherwise."""
    assert what(is_automatic=True, is_generated=True, objects=(calendar(method),)) == CalendarRequest(InboundKind(method.lower()), EVENT)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", ""])
def test_a_persons_words_win_over_what_is_attached(method: str) -> None:
    wrote = Classification(InboundKind.OTHER, QUARANTINED, InboundReason.PERSON_WROTE)
    assert what(has_words=True, objects=(calendar(method),)) == wrote


def test_what_invites_us_is_not_taken_and_what_is_left_over_is_a_persons() -> None:
    assert what(objects=(calendar("REQUEST"),)) == Classification(InboundKind.OTHER, IGNORED, InboundReason.NOT_IMPORTED)
    assert what() == Classification(InboundKind.OTHER, QUARANTINED, InboundReason.PERSON_WROTE)


@pytest.mark.parametrize("kind", [InboundKind.REPLY, InboundKind.COUNTER, InboundKind.REFRESH])
@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((), InboundReason.NO_EVENT),
        ((EVENT, replace(EVENT, comment="another")), InboundReason.SEVERAL_EVENTS),
        ((EVENT, replace(MEETING, uid="2@outreach.example")), InboundReason.SEVERAL_EVENTS),
        ((MEETING, replace(MEETING, uid="2@outreach.example")), InboundReason.SEVERAL_EVENTS),
    ],
)
def test_an_answer_is_about_one_event(kind: InboundKind, events: tuple[Event, ...], reason: InboundReason) -> None:
    found = CalendarObject(method=kind.value.upper(), events=events)
    assert what(objects=(found,)) == Classification(kind, QUARANTINED, reason)


def test_single_meetings_may_stand_beside_the_event_they_belong_to() -> None:
    assert what(objects=(calendar("REPLY", MEETING, EVENT),)) == CalendarRequest(InboundKind.REPLY, EVENT)
    assert what(objects=(calendar("REPLY", MEETING, replace(MEETING, comment="the other")),)) == CalendarRequest(InboundKind.REPLY, MEETING)
