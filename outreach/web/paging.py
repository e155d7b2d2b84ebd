"""One page of a long list.

Pages have numbers, so that "page 3 of 7" can be said and linked to. A list is counted and read only so far: whoever would
turn more pages than that is better served by a search, and so the price of a page never grows with the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from outreach.db import db

MOST = 1000


@dataclass(frozen=True)
class Page:
    """Rows of one page; `page` counts from 1."""

    rows: Sequence[Any]
    page: int
    pages: int
    total: int

    @property
    def is_cut(self) -> bool:
        """There may be more than were counted."""
        return self.total == MOST

    @property
    def has_prev(self) -> bool:
        """There is a page before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """There is a page after."""
        return self.page < self.pages

    @property
    def prev_num(self) -> int:
        """Give the number of the page before."""
        return self.page - 1

    @property
    def next_num(self) -> int:
        """Give the number of the page after."""
        return self.page + 1


def page_of(wanted: Select[*tuple[Any, ...]], number: int, *, size: int, counted: Select[*tuple[Any, ...]] | None = None) -> Page:
    """Read one page. A number beyond the end gives the last page: sessions pass by, and a link may have outlived its page.

    `counted`: what to count instead, where the rows can be counted without their joins.
    """
    limited = (wanted.order_by(None) if counted is None else counted).limit(MOST).subquery()
    total = db.session.scalar(select(func.count()).select_from(limited)) or 0
    pages = max(1, -(-total // size))
    number = min(max(1, number), pages)
    rows = list(db.session.execute(wanted.limit(size).offset((number - 1) * size)).all()) if total else []
    return Page(rows, number, pages, total)


def page_among(rows: Sequence[Any], number: int, *, size: int) -> Page:
    """Give one page of what was read whole."""
    pages = max(1, -(-len(rows) // size))
    number = min(max(1, number), pages)
    return Page(rows[(number - 1) * size : number * size], number, pages, len(rows))


def page_number(typed: str | None) -> int:
    """Read a page's number from an address; what isn't one is the first, and no list has a million pages."""
    return int(typed[:7]) if typed and typed.isascii() and typed.isdigit() else 1
