"""Long lists: one page of one, and filters above it that are read from the address.

Pages have numbers, so that "page 3 of 7" can be said and linked to. A list is counted and read only so far: whoever would
turn more pages than that is better served by a search, and so the price of a page never grows with the list.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from werkzeug.datastructures import MultiDict
from wtforms import SearchField

from outreach.db import db
from outreach.mail import one_line
from outreach.web.fields import SelectChoice
from outreach.web.pages import Form

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


E = TypeVar("E", bound=enum.StrEnum)
_ALL = _l("All")


class Filter(Form):
    """Narrows a list; read from the address, so that it can be kept and shared."""

    class Meta:
        """Nothing is changed, so no token is needed."""

        csrf = False

    q = SearchField(filters=[lambda typed: one_line(typed or "")[:100]])


def filter_from(form: type[Filter], address: MultiDict[str, str], words_for_q: str) -> Any:
    """Read a filter from an address; what it doesn't know it leaves out."""
    read = form(formdata=address)
    read.q.label.text = words_for_q
    return read


def one_of(members: type[E], typed: str | None) -> E | None:
    """Give the member that was chosen; None for all of them."""
    return next((member for member in members if member.value == typed), None)


def choices(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    """Give the choices of a filter: all, and one for each label."""
    return [SelectChoice("", _ALL), *(SelectChoice(member.value, text) for member, text in labels.items())]
