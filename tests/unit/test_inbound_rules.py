"""Whether a calendar's message counts: each check alone, and which of two comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outreach.inbound.parsing.message import Attendee, Event
from outreach.inbound.reasons import InboundReason
from outreach.inbound.rules import InvitationState, ReplyDecision, decide_reply, decide_request, made_at, proposed
from outreach.models import Answer, InboundOutcome

APPLIED, HISTORY, IGNORED, QUARANTINED = InboundOutcome.APPLIED, InboundOutcome.HISTORY, InboundOutcome.IGNORED, InboundOutcome.QUARANTINED
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
LONGEST = timedelta(days=3660)
ANA, OTHER = "ana@pupils.example", "other@elsewhere.example"


def attendees(*addresses: str, partstat: str = "ACCEPTED") -> tuple[Attendee, ...]:
    return tuple(Attendee(address=address, partstat=partstat) for address in addresses)


EVENT = Event(
    uid="1@outreach.example",
    sequence=3,
    stamp=NOW - HOUR,
    attendees=attendees(ANA),
    has_recurrence_id=False,
    comment="",
    starts=None,
    ends=None,
)
STANDING = InvitationState(address=ANA, sequence=3, answers_since=3, is_coming=True, is_over=False, answer_stamp=None, was_taken=False)


def reply(event: dict[str, Any] | None = None, standing: dict[str, Any] | None = None) -> ReplyDecision:
    """Judge a good reply with single facts changed."""
    return decide_reply(replace(EVENT, **event or {}), replace(STANDING, **standing or {}), now=NOW)


def question(reason: InboundReason, event: dict[str, Any] | None = None, standing: dict[str, Any] | None = None) -> ReplyDecision:
    return decide_request(replace(EVENT, **event or {}), replace(STANDING, **standing or {}), reason=reason)


@pytest.mark.parametrize(
    ("partstat", "reason", "answer"),
    [
        ("ACCEPTED", InboundReason.ANSWERED, Answer.ACCEPTED),
        ("TENTATIVE", InboundReason.ANSWERED, Answer.TENTATIVE),
        ("DECLINED", InboundReason.ANSWERED, Answer.DECLINED),
        ("DELEGATED", InboundReason.PASSED_ON, Answer.NEEDS_ACTION),
    ],
)
def test_a_reply_in_which_all_agrees_counts(partstat: str, reason: InboundReason, answer: Answer) -> None:
    assert reply({"attendees": attendees(ANA, partstat=partstat)}) == ReplyDecision(APPLIED, reason, answer)


# In the order in which the checks are made: what stands further up is said when two apply.
TROUBLES: list[tuple[dict[str, Any], dict[str, Any], ReplyDecision]] = [
    ({"attendees": attendees(ANA, OTHER)}, {}, ReplyDecision(QUARANTINED, InboundReason.SEVERAL_ATTENDEES)),
    ({"attendees": attendees("")}, {}, ReplyDecision(QUARANTINED, InboundReason.NO_ATTENDEE)),
    ({"attendees": attendees(ANA, partstat="COMPLETED")}, {}, ReplyDecision(IGNORED, InboundReason.NO_ANSWER)),
    ({}, {"was_taken": True}, ReplyDecision(IGNORED, InboundReason.REPLAYED)),
    ({}, {"is_coming": False}, ReplyDecision(HISTORY, InboundReason.OVER, Answer.ACCEPTED)),
    ({"has_recurrence_id": True}, {}, ReplyDecision(HISTORY, InboundReason.ONE_MEETING, Answer.ACCEPTED)),
    ({"sequence": 2}, {}, ReplyDecision(HISTORY, InboundReason.OLD_TIME, Answer.ACCEPTED)),
    ({}, {"answer_stamp": NOW}, ReplyDecision(HISTORY, InboundReason.OLDER, Answer.ACCEPTED)),
]


@pytest.mark.parametrize("number", range(len(TROUBLES)))
def test_each_check_alone_keeps_a_reply_from_counting(number: int) -> None:
    event, standing, expected = TROUBLES[number]
    assert reply(event, standing) == expected


@pytest.mark.parametrize(("first", "second"), [(one, two) for two in range(len(TROUBLES)) for one in range(two)])
def test_of_two_checks_the_earlier_one_says_why(first: int, second: int) -> None:
    event, standing, expected = TROUBLES[first]
    later_event, later_standing, _ = TROUBLES[second]
    assert reply(later_event | event, later_standing | standing) == expected


def test_nobody_named_is_nobody() -> None:
    assert reply({"attendees": ()}) == ReplyDecision(QUARANTINED, InboundReason.NO_ATTENDEE)


@pytest.mark.parametrize(("sequence", "reason"), [(1, InboundReason.OLD_TIME), (2, InboundReason.ANSWERED), (3, InboundReason.ANSWERED)])
def test_an_answer_to_an_older_revision_of_the_same_time_counts(sequence: int, reason: InboundReason) -> None:
    """Other words, a sibling more, a held seat: what they answered to is still so."""
    assert reply({"sequence": sequence}, {"answers_since": 2}).reason is reason


@pytest.mark.parametrize(
    ("sequence", "reason"), [(2, InboundReason.OLD_TIME), (3, InboundReason.ANSWERED), (4, InboundReason.NEWER_THAN_OURS)]
)
def test_the_revision_before_the_present_one_and_the_next(sequence: int, reason: InboundReason) -> None:
    assert reply({"sequence": sequence}).reason is reason


def test_a_revision_to_come_leaves_no_answer() -> None:
    assert reply({"sequence": 4}) == ReplyDecision(IGNORED, InboundReason.NEWER_THAN_OURS, Answer.ACCEPTED)


@pytest.mark.parametrize(
    ("later", "reason"), [(-SECOND, InboundReason.OLDER), (0 * SECOND, InboundReason.OLDER), (SECOND, InboundReason.ANSWERED)]
)
def test_the_second_before_at_and_after_the_answer_that_holds(later: timedelta, reason: InboundReason) -> None:
    held = NOW - HOUR
    assert reply({"stamp": held + later}, {"answer_stamp": held}).reason is reason


def test_without_a_stamp_a_reply_counts_only_where_none_holds() -> None:
    assert reply({"stamp": None}).reason is InboundReason.ANSWERED
    assert reply({"stamp": None}, {"answer_stamp": NOW - LONGEST}) == ReplyDecision(HISTORY, InboundReason.OLDER, Answer.ACCEPTED)


def test_a_stamp_in_the_future_is_taken_for_now() -> None:
    assert [made_at(replace(EVENT, stamp=stamp), now=NOW) for stamp in (NOW - SECOND, NOW, NOW + SECOND, None)] == [
        NOW - SECOND,
        NOW,
        NOW,
        NOW,
    ]
    assert reply({"stamp": NOW + HOUR}, {"answer_stamp": NOW}).reason is InboundReason.OLDER


@pytest.mark.parametrize(("written", "invited"), [(ANA.upper(), ANA), (ANA, ANA.upper())])
def test_capitals_make_no_other_address(written: str, invited: str) -> None:
    assert reply({"attendees": attendees(written)}, {"address": invited}).outcome is APPLIED


def test_what_another_address_says_to_the_present_invitation_is_asked_about() -> None:
    assert reply({"attendees": attendees(OTHER, partstat="DECLINED")}) == ReplyDecision(
        HISTORY, InboundReason.OTHER_ATTENDEE, Answer.DECLINED
    )


@pytest.mark.parametrize(
    ("event", "standing"),
    [({"sequence": 2}, {}), ({"sequence": 4}, {}), ({"has_recurrence_id": True}, {}), ({}, {"is_coming": False})],
)
def test_what_another_address_says_to_anything_else_asks_nobody(event: dict[str, Any], standing: dict[str, Any]) -> None:
    assert reply({"attendees": attendees(OTHER)} | event, standing) == ReplyDecision(IGNORED, InboundReason.OTHER_ATTENDEE)


def test_a_proposal_counts_for_the_present_time_alone() -> None:
    assert question(InboundReason.PROPOSED) == ReplyDecision(APPLIED, InboundReason.PROPOSED)
    assert question(InboundReason.PROPOSED, {"sequence": 2}) == ReplyDecision(HISTORY, InboundReason.OLD_TIME)
    assert question(InboundReason.PROPOSED, {"sequence": 4}) == ReplyDecision(IGNORED, InboundReason.NEWER_THAN_OURS)
    assert question(InboundReason.PROPOSED, {"has_recurrence_id": True}) == ReplyDecision(HISTORY, InboundReason.ONE_MEETING)
    assert question(InboundReason.PROPOSED, {}, {"is_coming": False}) == ReplyDecision(HISTORY, InboundReason.OVER)


def test_who_asks_for_the_invitation_may_know_of_any_revision_until_the_session_is_over() -> None:
    for sequence in (2, 3, 4):
        assert question(InboundReason.SENT_AGAIN, {"sequence": sequence}, {"is_coming": False}) == ReplyDecision(
            APPLIED, InboundReason.SENT_AGAIN
        )
    assert question(InboundReason.SENT_AGAIN, {}, {"is_coming": False, "is_over": True}) == ReplyDecision(HISTORY, InboundReason.OVER)


@pytest.mark.parametrize("reason", [InboundReason.PROPOSED, InboundReason.SENT_AGAIN])
@pytest.mark.parametrize(
    ("named", "trouble"),
    [
        ((), InboundReason.NO_ATTENDEE),
        (("",), InboundReason.NO_ATTENDEE),
        ((ANA, OTHER), InboundReason.SEVERAL_ATTENDEES),
        ((OTHER,), InboundReason.OTHER_ATTENDEE),
    ],
)
def test_only_the_invited_address_may_ask(reason: InboundReason, named: tuple[str, ...], trouble: InboundReason) -> None:
    assert question(reason, {"attendees": attendees(*named)}) == ReplyDecision(QUARANTINED, trouble)


def test_a_proposal_without_an_end_lasts_as_long_as_the_session() -> None:
    starts, ends = NOW + HOUR, NOW + 3 * HOUR
    assert proposed(replace(EVENT, starts=starts), length=HOUR, now=NOW) == (starts, starts + HOUR)
    assert proposed(replace(EVENT, starts=starts, ends=ends), length=HOUR, now=NOW) == (starts, ends)


@pytest.mark.parametrize(
    ("starts", "ends", "is_time"),
    [
        (-LONGEST, -LONGEST + SECOND, True),
        (-LONGEST - SECOND, -LONGEST, False),
        (LONGEST - SECOND, LONGEST - SECOND, True),
        (LONGEST - SECOND, LONGEST, False),
        (HOUR, HOUR, True),
        (HOUR, HOUR - SECOND, False),
    ],
)
def test_a_proposal_must_be_a_time_that_anybody_could_mean(starts: timedelta, ends: timedelta, *, is_time: bool) -> None:
    time = NOW + starts, NOW + ends
    assert proposed(replace(EVENT, starts=time[0], ends=time[1]), length=HOUR, now=NOW) == (time if is_time else None)


def test_a_proposal_that_names_no_start_is_no_time() -> None:
    assert proposed(replace(EVENT, ends=NOW + HOUR), length=HOUR, now=NOW) is None


PASSED_ON = (*attendees(ANA, partstat="DELEGATED"), Attendee(address=OTHER, partstat="ACCEPTED", delegated_from=ANA))


def test_of_two_attendees_the_invited_one_counts_where_the_other_was_asked_by_them() -> None:
    """Both orders; and where the invited one says nothing, they have passed it on."""
    told = ReplyDecision(APPLIED, InboundReason.PASSED_ON, Answer.NEEDS_ACTION)
    silent = (replace(PASSED_ON[0], partstat="NEEDS-ACTION"), PASSED_ON[1])
    for who in (PASSED_ON, PASSED_ON[::-1], silent):
        assert reply({"attendees": who}) == told
    assert reply({"attendees": (*attendees(ANA), PASSED_ON[1])}) == ReplyDecision(APPLIED, InboundReason.ANSWERED, Answer.ACCEPTED)
    stranger = replace(PASSED_ON[1], delegated_from="eve@elsewhere.example")
    assert reply({"attendees": (PASSED_ON[0], stranger)}).reason is InboundReason.SEVERAL_ATTENDEES


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"sequence": 0, "has_sequence": False, "starts": NOW}, InboundReason.ANSWERED),
        ({"sequence": 4, "starts": NOW}, InboundReason.ANSWERED),
        ({"sequence": 0, "has_sequence": False, "starts": NOW + HOUR}, InboundReason.OLD_TIME),
        ({"sequence": 0, "has_sequence": False}, InboundReason.OLD_TIME),
        ({"sequence": 4, "starts": NOW - HOUR}, InboundReason.NEWER_THAN_OURS),
        ({"sequence": 2, "starts": NOW}, InboundReason.OLD_TIME),
    ],
)
def test_an_answer_whose_sequence_says_nothing_counts_by_its_time(event: dict[str, Any], reason: InboundReason) -> None:
    assert reply(event, {"starts_at": NOW}).reason is reason
    assert reply(event).reason is not InboundReason.ANSWERED


def test_without_proof_another_sender_changes_nothing() -> None:
    strange = {"is_from_another": True}
    assert reply(None, strange) == ReplyDecision(HISTORY, InboundReason.OTHER_SENDER, Answer.ACCEPTED)
    assert reply({"sequence": 2}, strange) == ReplyDecision(IGNORED, InboundReason.OTHER_SENDER)
    for reason in (InboundReason.PROPOSED, InboundReason.SENT_AGAIN):
        assert question(reason, None, strange) == ReplyDecision(QUARANTINED, InboundReason.OTHER_SENDER)
