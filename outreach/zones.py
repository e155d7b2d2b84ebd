"""The IANA zones a person may choose from, grouped by region. Pure.

Names come from the tzdata package's own table (zone.tab): one per populated place, without aliases.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Give every zone of zone.tab and UTC, in alphabetical order."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return tuple(sorted({row[2] for row in rows} | {"UTC"}))


@lru_cache(maxsize=256)
def zones_by_region(also: str = "") -> dict[str, list[tuple[str, str]]]:
    """Give {region: [(zone, its place), ...]} for a select; `also` stays selectable though it be an alias."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted({*zone_names(), also} - {""}):
        region, _slash, place = name.partition("/")
        regions.setdefault(region, []).append((name, (place or name).replace("_", " ").replace("/", ", ")))
    return regions
