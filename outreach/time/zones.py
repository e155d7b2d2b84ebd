"""The IANA zones a person may choose from, grouped by country. Pure.

Names come from the tzdata package's own table (zone.tab): one per stretch of country whose clocks differ, no aliases.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from babel import Locale
from babel.dates import get_timezone_location

BEYOND_COUNTRIES = "UTC"


@lru_cache(maxsize=1)
def country_of_zones() -> dict[str, str]:
    """Give {zone: the country it lies in (ISO 3166-1 alpha-2)}."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


def zone_names() -> set[str]:
    """Give the names of all of them."""
    return {*country_of_zones(), BEYOND_COUNTRIES}


@lru_cache(maxsize=256)
def zones_by_country(language: str, also: str = "") -> dict[str, list[tuple[str, str]]]:
    """Give {country: [(zone, its city), ...]} for a select; `also` stays selectable though it be an alias."""
    territories = Locale.parse(language).territories
    groups: dict[str, list[tuple[str, str]]] = {}
    for zone, country in country_of_zones().items():
        city = str(get_timezone_location(zone, locale=language, return_city=True))
        groups.setdefault(territories.get(country, country), []).append((zone, city))
    groups = {country: sorted(zones, key=lambda row: row[1]) for country, zones in sorted(groups.items())}
    beyond = [(zone, zone) for zone in dict.fromkeys((BEYOND_COUNTRIES, also)) if zone and zone not in country_of_zones()]
    return groups | {BEYOND_COUNTRIES: beyond}
