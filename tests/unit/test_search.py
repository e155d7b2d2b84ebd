"""What somebody looks for in the catalogue."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.catalogue.search import Search
from outreach.folding import search_words


def test_words_are_taken_each_once_and_six_at_most() -> None:
    assert search_words("  b a  b\tc ") == ("b", "a", "c")
    assert search_words("1 2 3 4 5 6 7") == ("1", "2", "3", "4", "5", "6")
    assert search_words("") == ()


@pytest.mark.parametrize(
    ("asked", "is_empty"),
    [
        (Search(), True),
        (Search(words=("a",)), False),
        (Search(format_key="talk"), False),
        (Search(where="online"), False),
        (Search(from_day=date(2027, 3, 1)), False),
    ],
)
def test_only_a_search_for_nothing_in_particular_is_empty(asked: Search, *, is_empty: bool) -> None:
    assert asked.is_empty is is_empty
