"""A session as one row of a list: the few columns it needs, read in one query, and the words made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from babel.dates import format_date
from flask import get_template_attribute, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import Row, Select, select

from outreach.folding import full_name
from outreach.models import OutreachSession, SessionState, Site, User
from outreach.web import formatting

FEW = 3


Rows: TypeAlias = Select[*tuple[Any, ...]]
# What cards are made of; the caller adds which and in what order. Built once: to compose it costs as much as to run it.
CARD_ROWS: Rows = (
    select(
        OutreachSession.id,
        OutreachSession.title,
        OutreachSession.format_key,
        OutreachSession.starts_wall,
        OutreachSession.ends_wall,
        OutreachSession.zone,
        OutreachSession.fold,
        OutreachSession.ends_at,
        OutreachSession.starts_at,
        OutreachSession.opens_at,
        OutreachSession.closes_at,
        OutreachSession.capacity,
        OutreachSession.seats_taken,
        OutreachSession.state,
        OutreachSession.is_provisional,
        OutreachSession.decides_at,
        OutreachSession.has_host,
        Site.name.label("site_name"),
        User.given_name,
        User.family_name,
    )
    .join(User, User.id == OutreachSession.host_id)
    .outerjoin(Site, Site.id == OutreachSession.site_id)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionCard:
    """What `session_card` of the templates shows."""

    id: int
    url: str
    title: str
    format_key: str
    format_name: str
    datetime: str
    weekday: str
    day: str
    month: str
    month_key: str
    month_and_year: str
    time_text: str
    zone_text: str
    place_text: str
    is_online: bool
    taken: int
    capacity: int
    host_name: str
    status: str
    status_text: str
    certainty: str = ""
    waiting: int = 0
    note: str = ""
    decision_url: str = ""


def session_cards(rows: Sequence[Row[*tuple[Any, ...]]], names: Mapping[str, str], *, now: datetime) -> list[SessionCard]:
    """Put rows into words; the address is built once, not once a row. `names`: the formats' names by key, see `search.formats`."""
    language, address = formatting.locale(), url_for("catalogue.show", session_id=0).removesuffix("0")
    return [_card(row, names[row.format_key], language, address, now) for row in rows]


def drawing(level: int) -> Callable[[SessionCard], Markup]:
    """Give the function that draws a card as HTML, its title a heading of this level.

    Drawing is what makes lists slow, so what was drawn is kept: a card that looks the same is drawn once.
    """
    language = formatting.locale()
    return lambda card: _drawn(card, level, language)


@lru_cache(maxsize=4096)
def _drawn(card: SessionCard, level: int, _language: str) -> Markup:
    drawn: Markup = get_template_attribute("macros/sessions.html", "session_card")(card, level)
    return drawn


def _card(row: Row[*tuple[Any, ...]], format_name: str, language: str, address: str, now: datetime) -> SessionCard:
    status, status_text = _status(row, now)
    return SessionCard(
        id=row.id,
        url=f"{address}{row.id}",
        title=row.title,
        format_key=row.format_key,
        format_name=format_name,
        **_date_words(row.starts_wall.date(), language),
        time_text=formatting.span(row.starts_wall, row.ends_wall, language),
        zone_text=formatting.zone_words(row.starts_wall, row.zone, row.fold, language),
        place_text=row.site_name or _("Online"),
        is_online=row.site_name is None,
        taken=row.seats_taken,
        capacity=row.capacity,
        host_name=full_name(row.given_name, row.family_name),
        status=status,
        status_text=status_text,
        certainty=_certainty(row, language, now) if row.is_provisional else "",
    )


@lru_cache(maxsize=2048)
def _date_words(day: date, language: str) -> dict[str, Any]:
    patterns = {"weekday": "EEE", "day": "d", "month": "MMM", "month_and_year": "LLLL y"}
    parts = {name: str(format_date(day, pattern, locale=language)) for name, pattern in patterns.items()}
    return parts | {"datetime": day.isoformat(), "month_key": f"{day:%Y-%m}"}


def _certainty(row: Row[*tuple[Any, ...]], language: str, now: datetime) -> str:
    """Say that it isn't certain, as long as that can be decided."""
    if row.state != SessionState.PUBLISHED or row.starts_at <= now:
        return ""
    if row.decides_at <= now:
        return _("Provisional")
    return _("Provisional until %(until)s", until=formatting.short_moment(row.decides_at, row.zone, language))


def _status(row: Row[*tuple[Any, ...]], now: datetime) -> tuple[str, str]:
    """Say only what a reader must know before opening the page."""
    if row.state != SessionState.PUBLISHED:
        return (row.state, _("Draft") if row.state == SessionState.DRAFT else _("Cancelled"))
    if row.ends_at <= now:
        return "past", _("Over")
    if now >= (row.closes_at or row.starts_at) or not row.has_host:
        return "closed", _("Registration closed")
    return _room(row, now)


def _room(row: Row[*tuple[Any, ...]], now: datetime) -> tuple[str, str]:
    left = row.capacity - row.seats_taken
    if left <= 0:
        return "full", _("Full, with a waiting list")
    if row.opens_at and row.opens_at > now:
        return "waiting", _("Registration not open yet")
    if left <= FEW < row.capacity:
        return "few", ngettext("%(num)s seat left", "%(num)s seats left", left)
    return "", ""
