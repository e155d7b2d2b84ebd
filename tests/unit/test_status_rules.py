"""How an invitation fares, as a table; and what a coordinator is asked to send again."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from outreach.mail_admin.status_rules import LOST, State, Traces, is_lost, state_of
from outreach.models import Answer, LetterState

QUEUED, LEASED, SENT, FAILED, DROPPED = LetterState
YES = Answer.ACCEPTED


def traces(**facts: Any) -> Traces:
    """Give a living invitation whose only revision was accepted, unless told otherwise."""
    usual: dict[str, Any] = {"is_live": True, "sequence": 0, "sent_sequence": 0, "last_letter": SENT}
    return Traces(**usual | facts)


@pytest.mark.parametrize(
    ("facts", "state", "lost"),
    [
        ({}, State.SENT, False),
        ({"answer": YES}, State.ANSWERED, False),
        ({"answer": Answer.DECLINED}, State.ANSWERED, False),
        ({"sent_sequence": None, "last_letter": QUEUED}, State.WAITING, False),
        ({"sent_sequence": None, "last_letter": LEASED}, State.WAITING, False),
        ({"sent_sequence": None, "last_letter": FAILED, "has_bounced": True}, State.NEVER_LEFT, True),
        ({"sent_sequence": None, "last_letter": DROPPED}, State.NEVER_LEFT, True),
        ({"sent_sequence": None, "last_letter": None}, State.NEVER_LEFT, True),
        ({"sequence": 1, "last_letter": QUEUED}, State.STALE, False),
        ({"sequence": 1, "last_letter": FAILED, "has_bounced": True}, State.STALE, True),
        ({"sequence": 1, "last_letter": DROPPED, "answer": YES}, State.STALE, True),
        ({"has_bounced": True}, State.BOUNCED, True),
        ({"has_bounced": True, "last_letter": FAILED}, State.BOUNCED, True),
        ({"has_bounced": True, "last_letter": QUEUED}, State.BOUNCED, False),
        ({"has_bounced": True, "answer": YES}, State.ANSWERED, False),
        ({"is_undeliverable": True}, State.UNDELIVERABLE, False),
        ({"is_undeliverable": True, "answer": YES}, State.UNDELIVERABLE, False),
        ({"is_blocked": True, "sent_sequence": None, "last_letter": DROPPED}, State.BLOCKED, False),
        ({"is_stopped": True, "is_undeliverable": True, "is_blocked": True}, State.STOPPED, False),
        ({"is_undeliverable": True, "is_blocked": True}, State.UNDELIVERABLE, False),
        ({"is_live": False}, State.CANCELLED, False),
        ({"is_live": False, "answer": Answer.DECLINED}, State.CANCELLED, False),
        ({"is_live": False, "sent_sequence": None, "last_letter": DROPPED}, State.CANCELLED, False),
        ({"is_live": False, "sequence": 1, "last_letter": QUEUED}, State.STALE, False),
        ({"is_live": False, "sequence": 1, "last_letter": FAILED}, State.STALE, True),
        ({"is_live": False, "sequence": 1, "last_letter": DROPPED, "is_undeliverable": True}, State.CANCELLED, False),
    ],
)
def test_the_first_that_applies_is_the_state(facts: dict[str, Any], state: State, lost: bool) -> None:
    assert (state_of(traces(**facts)), is_lost(traces(**facts))) == (state, lost)


def test_nothing_is_sent_again_that_is_under_way_or_can_go_nowhere() -> None:
    everything = product(
        (True, False), (0, 1), (None, 0, 1), (Answer.NEEDS_ACTION, YES), *[(True, False)] * 3, (None, *LetterState), (True, False)
    )
    names = ("is_live", "sequence", "sent_sequence", "answer", "is_stopped", "is_undeliverable", "is_blocked", "last_letter", "has_bounced")
    lost = [one for one in (Traces(**dict(zip(names, facts, strict=True))) for facts in everything) if is_lost(one)]
    assert {state_of(one) for one in lost} == set(LOST)
    assert not [one for one in lost if one.is_under_way or one.is_stopped or one.is_undeliverable or one.is_blocked]
