"""When a domain counts as turning our letters away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from outreach.deliverability.blocked_domains import WITHIN, counts_since, is_blocking


@pytest.mark.parametrize(
    ("turned_away", "written_to", "expected"),
    [(2, 2, False), (3, 3, True), (3, 6, True), (3, 7, False), (30, 400, False), (200, 400, True), (3, 0, True)],
)
def test_three_mailboxes_and_half_of_those_written_to(turned_away: int, written_to: int, *, expected: bool) -> None:
    assert is_blocking(turned_away, written_to) is expected


def test_a_week_counts_and_nothing_from_before_we_were_let_in(now: datetime) -> None:
    assert counts_since(now, None) == now - WITHIN
    assert counts_since(now, now - timedelta(days=1)) == now - timedelta(days=1)
    assert counts_since(now, now - timedelta(days=30)) == now - WITHIN
