"""Which sessions somebody looks for. Reads only."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select

from outreach.catalogue.cards import card_rows
from outreach.catalogue.paging import Page, page_of
from outreach.db import db
from outreach.models import Format, OutreachSession, SessionState, Site, User

PAGE_SIZE = 20
MOST_WORDS = 6
EASTERNMOST = timedelta(hours=14)


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


def words_of(typed: str) -> tuple[str, ...]:
    """Give the words of a search, each once."""
    return tuple(dict.fromkeys(typed.split()))[:MOST_WORDS]


def find(search: Search, number: int, *, now: datetime) -> Page:
    """Give a page of the published sessions to come that meet every condition, the next first."""
    wanted = card_rows().where(OutreachSession.state == SessionState.PUBLISHED, OutreachSession.starts_at > now)
    wanted = wanted.where(*_conditions(search)).order_by(OutreachSession.starts_at, OutreachSession.id)
    return page_of(wanted, number, size=PAGE_SIZE)


def formats() -> list[tuple[str, str]]:
    """List (key, name) of the formats in their order."""
    return [(key, name) for key, name in db.session.execute(select(Format.key, Format.name).order_by(Format.position))]


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    conditions = [_mentions(word) for word in search.words]
    if search.format_key:
        conditions.append(OutreachSession.format_key == search.format_key)
    if search.where:
        conditions.append(OutreachSession.site_id.is_(None) if search.where == Where.ONLINE else OutreachSession.site_id.is_not(None))
    if search.from_day:
        midnight = datetime.combine(search.from_day, time())
        # The day is the one on the session's own wall; the first condition says it coarsely, so that the index is used.
        conditions += [OutreachSession.starts_at >= (midnight - EASTERNMOST).replace(tzinfo=UTC), OutreachSession.starts_wall >= midnight]
    return conditions


def _mentions(word: str) -> ColumnElement[bool]:
    host = User.given_name + " " + User.family_name
    places = (OutreachSession.title, OutreachSession.specialty, Site.name, Format.name, host)
    return or_(*(place.icontains(word, autoescape=True) for place in places))
