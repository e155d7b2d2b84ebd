"""Words for dates and times, the same on pages and in letters. Pure but for the reader's locale.

Formatting a date is what makes lists slow: everything is memoised per (value, locale).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from babel.lists import format_list
from babel.units import format_unit
from flask_babel import get_locale
from flask_babel import gettext as _
from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup
from nh3 import Cleaner

from outreach.mail import explain_rejection
from outreach.time import to_wall_time

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_CLEANER = Cleaner(
    tags={"p", "br", "strong", "em", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote", "code", "pre", "hr"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener nofollow",
)


def init_jinja(jinja: Environment) -> None:
    """Give templates these words as filters and functions."""
    jinja.filters.update(markdown=markdown, day=day, clock=clock_time, plainly=explain_rejection, kilobytes=kilobytes, listed=listed)
    jinja.globals.update(get_locale=get_locale, when=when, zone_words=zone_words, span=span, moment_at=moment, short_moment=short_moment)


def locale() -> str:
    """Give the reader's locale; English outside a request."""
    return str(get_locale() or "en")


def day(wall: date, language: str | None = None) -> str:
    """'Thursday 18 March 2027', of a date or a time."""
    return _day(wall.isoformat()[:10], language or locale())


def short_day(wall: datetime, language: str | None = None) -> str:
    """'Thursday 18 March': where the year goes without saying, as in a subject."""
    return _short_day(wall.date().isoformat(), language or locale())


def day_parts(wall: datetime, language: str | None = None) -> tuple[str, str, str]:
    """('Thu', '18', 'Mar'): a date as a picture."""
    return _day_parts(wall.date().isoformat(), language or locale())


def clock_time(wall: datetime, language: str | None = None) -> str:
    """'14:00'."""
    return _clock(wall.hour, wall.minute, language or locale())


def span(starts_wall: datetime, ends_wall: datetime, language: str | None = None) -> str:
    """'14:00 to 16:00', with the day where it ends on another one."""
    language = language or locale()
    end = clock_time(ends_wall, language)
    if ends_wall.date() != starts_wall.date():
        end = f"{day(ends_wall, language)}, {end}"
    return _("%(start)s to %(end)s", start=clock_time(starts_wall, language), end=end)


def zone_words(wall: datetime, zone: str, fold: int = 0, language: str | None = None) -> str:
    """'New York, UTC\N{MINUS SIGN}4': the place a zone is named for, and its offset at that time."""
    return _zone(wall, zone, fold, language or locale())


def city(zone: str, language: str | None = None) -> str:
    """'New York': the place a zone is named for."""
    return _city(zone, language or locale())


def when(starts_wall: datetime, ends_wall: datetime, zone: str, fold: int = 0, language: str | None = None) -> str:
    """'Thursday 18 March 2027, 14:00 to 16:00 (New York, UTC\N{MINUS SIGN}4)'."""
    return f"{day(starts_wall, language)}, {span(starts_wall, ends_wall, language)} ({zone_words(starts_wall, zone, fold, language)})"


def moment(at: datetime, zone: str, language: str | None = None) -> str:
    """'Wednesday 17 March 2027, 18:00 (New York, UTC\N{MINUS SIGN}4)': an aware moment on the clock of a zone."""
    wall = to_wall_time(at, zone)
    return f"{day(wall, language)}, {clock_time(wall, language)} ({zone_words(wall, zone, wall.fold, language)})"


def short_moment(at: datetime, zone: str, language: str | None = None) -> str:
    """'Wed 17 Mar, 18:00': an aware moment where zone and year go without saying."""
    wall = to_wall_time(at, zone)
    return f"{' '.join(day_parts(wall, language))}, {clock_time(wall, language)}"


def table_moment(at: datetime | None, zone: str) -> str:
    """'Mon 1 Mar 2027, 09:00 (London)': an aware moment in a table, on the clock of a zone; nothing for None."""
    if at is None:
        return ""
    wall = to_wall_time(at, zone)
    return f"{_table_day(wall.date().isoformat(), locale())}, {clock_time(wall)} ({city(zone)})"


def listed(names: Iterable[str]) -> str:
    """'Ana, Ben and Cem'."""
    return format_list(list(names), locale=locale())


def kilobytes(size: int) -> str:
    """'1.5 kB'."""
    return format_unit(round(size / 1000, 1), "digital-kilobyte", "short", locale=locale())


@lru_cache(maxsize=4096)
def markdown(text: str) -> Markup:
    """Give safe HTML from what a clinician wrote: no scripts, no pictures, no styles."""
    return Markup(_CLEANER.clean(_MARKDOWN.render(text)))  # noqa: S704 (nh3 has just cleaned it)


@lru_cache(maxsize=4096)
def _day(iso: str, language: str) -> str:
    pattern = "EEEE d MMMM y" if language.startswith("en") else "full"
    return format_date(datetime.fromisoformat(iso).date(), pattern, locale=language)


@lru_cache(maxsize=4096)
def _short_day(iso: str, language: str) -> str:
    date = datetime.fromisoformat(iso)
    if language.startswith("en"):
        return format_date(date.date(), "EEEE d MMMM", locale=language)
    return format_skeleton("MMMMEEEEd", date, locale=language)


@lru_cache(maxsize=4096)
def _day_parts(iso: str, language: str) -> tuple[str, str, str]:
    date = datetime.fromisoformat(iso).date()
    return format_date(date, "EEE", locale=language), str(date.day), format_date(date, "MMM", locale=language)


@lru_cache(maxsize=1024)
def _table_day(iso: str, language: str) -> str:
    pattern = "EEE d MMM y" if language.startswith("en") else "medium"
    return format_date(datetime.fromisoformat(iso).date(), pattern, locale=language)


@lru_cache(maxsize=2048)
def _clock(hour: int, minute: int, language: str) -> str:
    return format_time(datetime(2000, 1, 1, hour, minute).time(), "HH:mm", locale=language)  # noqa: DTZ001 (only hour and minute are read)


@lru_cache(maxsize=4096)
def _zone(wall: datetime, zone: str, fold: int, language: str) -> str:
    # `fold` is an argument of its own: datetimes that differ only in it are equal, and the cache would mix them up (PEP 495).
    offset = wall.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    written = f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"
    return f"{_city(zone, language)}, {written}"


@lru_cache(maxsize=1024)
def _city(zone: str, language: str) -> str:
    if "/" not in zone:
        return zone
    return str(get_timezone_location(zone, locale=language, return_city=True))
