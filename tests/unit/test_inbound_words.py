"""Whatever came in and became of it has words a coordinator understands."""

from __future__ import annotations

from outreach.coordination.inbound_words import INBOUND_KINDS, INBOUND_OUTCOMES, REASONS
from outreach.models import InboundKind, InboundOutcome
from outreach.replies.reasons import Reason


def test_everything_has_its_words() -> None:
    assert set(REASONS) == set(Reason)
    assert set(INBOUND_KINDS) == set(InboundKind)
    assert set(INBOUND_OUTCOMES) == set(InboundOutcome)
