"""Reminder leads: minutes in the database, words on the page."""

from __future__ import annotations

import pytest

from outreach.scheduling.form_parts import LeadUnit, in_largest_unit, in_minutes, in_order


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1440, (1, LeadUnit.DAYS)),
        (10080, (7, LeadUnit.DAYS)),
        (120, (2, LeadUnit.HOURS)),
        (90, (90, LeadUnit.MINUTES)),
        (1500, (25, LeadUnit.HOURS)),
    ],
)
def test_a_length_is_said_in_the_largest_unit_that_fits_and_read_back(minutes: int, words: tuple[int, LeadUnit]) -> None:
    assert in_largest_unit(minutes) == words
    assert in_minutes(*words) == minutes


def test_each_lead_stands_once_the_longest_first() -> None:
    assert in_order([120, 1440, 120, 10080]) == [10080, 1440, 120]
