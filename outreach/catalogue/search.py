"""Which sessions somebody looks for. Reads only."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select

from outreach.catalogue.cards import CARD_ROWS
from outreach.db import db
from outreach.folding import name_key
from outreach.models import Format, OutreachSession, SessionState, Site, User
from outreach.web import Page, page_of

PAGE_SIZE = 20
EASTERNMOST = timedelta(hours=14)
FIRST_DAY = date(2000, 1, 1)
FORMATS = select(Format.key, Format.name).order_by(Format.position)
PUBLISHED = select(OutreachSession.id).where(OutreachSession.state == SessionState.PUBLISHED)
PUBLISHED_IN_ORDER = CARD_ROWS.where(OutreachSession.state == SessionState.PUBLISHED).order_by(
    OutreachSession.starts_at, OutreachSession.id
)


class Where(enum.StrEnum):
    """At a place, or behind a link."""

    PLACE = "place"
    ONLINE = "online"


@dataclass(frozen=True, kw_only=True)
class Search:
    """What was asked for; empty asks for all that is to come."""

    words: tuple[str, ...] = ()
    format_key: str = ""
    where: str = ""
    from_day: date | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing was asked for in particular."""
        return self == Search()


def find(search: Search, number: int, names: Mapping[str, str], *, now: datetime) -> Page:
    """Give a page of the published sessions to come that meet every condition, the next first.

    `names`: the formats' names by key, as `formats` gives them; a word may mean one.
    """
    conditions = _conditions(search, names)
    to_come = OutreachSession.starts_at > now
    counted = None if search.words else PUBLISHED.where(to_come, *conditions)
    return page_of(PUBLISHED_IN_ORDER.where(to_come, *conditions), number, size=PAGE_SIZE, counted=counted)


def formats() -> dict[str, str]:
    """Give the formats' names by key, in their order."""
    return {key: name for key, name in db.session.execute(FORMATS)}  # noqa: C416 (dict() of rows isn't typed)


def _conditions(search: Search, names: Mapping[str, str]) -> list[ColumnElement[bool]]:
    conditions = [_mentions(word, names) for word in search.words]
    if search.format_key:
        conditions.append(OutreachSession.format_key == search.format_key)
    if search.where:
        conditions.append(OutreachSession.site_id.is_(None) if search.where == Where.ONLINE else OutreachSession.site_id.is_not(None))
    if search.from_day:
        # Near year 1 there is no day before, and no session either.
        midnight = datetime.combine(max(search.from_day, FIRST_DAY), time())
        # The day is the one on the session's own wall; the first condition says it coarsely, so that the index is used.
        conditions += [OutreachSession.starts_at >= (midnight - EASTERNMOST).replace(tzinfo=UTC), OutreachSession.starts_wall >= midnight]
    return conditions


def _mentions(word: str, names: Mapping[str, str]) -> ColumnElement[bool]:
    formats_meant = [key for key, name in names.items() if name_key(word) in name_key(name)]
    return or_(OutreachSession.format_key.in_(formats_meant), *(named.is_called(word) for named in (OutreachSession, Site, User)))
