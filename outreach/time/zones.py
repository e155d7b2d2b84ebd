"""The IANA zones a person may choose from, grouped by country. Pure.

Names come from the tzdata package's own table (zone.tab): one per stretch of country whose clocks differ, no aliases.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from babel import Locale
from babel.dates import get_timezone_location

from outreach.folding import name_key

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
    groups = {country: sorted(groups[country], key=lambda row: name_key(row[1])) for country in sorted(groups, key=name_key)}
    beyond = [(zone, zone) for zone in dict.fromkeys((BEYOND_COUNTRIES, also)) if zone and zone not in country_of_zones()]
    return groups | {BEYOND_COUNTRIES: beyond}


def zone_of_place(country: str, words: str) -> str | None:
    """Give the zone of a place in this country (ISO 3166-1 alpha-2); None where its clocks differ and the words name none of them.

    `words`: an address or a town; a zone is found by the city it is named after, such as Chicago or São Paulo.
    """
    here = [zone for zone, lies_in in country_of_zones().items() if lies_in == country]
    if len(here) == 1:
        return here[0]
    said = name_key(words)
    named = [zone for zone in here if re.search(rf"\b{re.escape(name_key(_city(zone)))}\b", said)]
    return max(named, key=lambda zone: len(_city(zone)), default=None)


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")
