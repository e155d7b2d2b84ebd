"""Pages of long lists: how many there are, which one is shown, and what a page's number may look like."""

from __future__ import annotations

import pytest

from outreach.web.paging import MOST, Page, page_among, page_number


@pytest.mark.parametrize(
    ("rows", "asked", "page", "pages", "shown"),
    [
        (0, 1, 1, 1, []),
        (0, 5, 1, 1, []),
        (1, 1, 1, 1, [0]),
        (3, 1, 1, 1, [0, 1, 2]),
        (4, 1, 1, 2, [0, 1, 2]),
        (4, 2, 2, 2, [3]),
        (6, 2, 2, 2, [3, 4, 5]),
        (6, 3, 2, 2, [3, 4, 5]),
        (7, 3, 3, 3, [6]),
        (7, 0, 1, 3, [0, 1, 2]),
        (7, -1, 1, 3, [0, 1, 2]),
    ],
)
def test_a_page_holds_its_share_and_one_beyond_the_end_is_the_last(rows: int, asked: int, page: int, pages: int, shown: list[int]) -> None:
    found = page_among(range(rows), asked, size=3)
    assert (found.page, found.pages, found.total, list(found.rows)) == (page, pages, rows, shown)


@pytest.mark.parametrize(("page", "has_prev", "has_next"), [(1, False, True), (2, True, True), (3, True, False)])
def test_a_page_knows_its_neighbours(page: int, *, has_prev: bool, has_next: bool) -> None:
    found = Page([], page, 3, 7)
    assert (found.has_prev, found.has_next, found.prev_num, found.next_num) == (has_prev, has_next, page - 1, page + 1)


def test_a_list_that_was_counted_to_the_most_may_go_on() -> None:
    assert [Page([], 1, 1, total).is_cut for total in (MOST - 1, MOST)] == [False, True]


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (None, 1),
        ("", 1),
        ("0", 0),
        ("1", 1),
        ("7", 7),
        ("1234567", 1234567),
        ("12345678", 1234567),
        ("-2", 1),
        ("+2", 1),
        ("2.5", 1),
        ("x", 1),
        ("²", 1),
        ("٣", 1),
    ],
)
def test_a_number_is_read_from_an_address_and_anything_else_is_the_first_page(typed: str | None, number: int) -> None:
    assert page_number(typed) == number
