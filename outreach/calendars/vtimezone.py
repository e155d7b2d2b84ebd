"""The VTIMEZONE beside an event: two yearly rules where they are exact, else the one offset in force.

Pure. RRULE, never RDATE: Outlook misreads lists of dates and ical.js reads only the first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from outreach.time import NO_OFFSET, ClockChange, YearlyRule, yearly_rules, zone_info

# Rules are written as if they had always applied, the form Google sends: a zone's block is then the
# same in every invitation, and an event in January has an onset before it.
FIRST_YEAR = 1970
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def vtimezone(zone: str, *, around: datetime) -> bytes:
    """Write the block that turns this zone's wall times into the right instants at the aware moment `around`.

    Where two yearly rules hold from that year on, it is right for ten years more. Elsewhere it holds one
    STANDARD with the offset in force, true as long as that offset stays. Raises ValueError
    for an unknown zone or a naive moment. (RFC 5545 3.6.5.)
    """
    if around.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    local = around.astimezone(zone_info(zone))
    rules = yearly_rules(zone, local.year)
    if rules is not None:
        return _changing(zone, rules)
    return _constant(zone, local.utcoffset() or NO_OFFSET, local.tzname() or zone)


@lru_cache(maxsize=1024)
def _changing(zone: str, rules: tuple[YearlyRule, YearlyRule]) -> bytes:
    block = Timezone()
    block.add("tzid", zone)
    # Irish law calls the winter time the exception; calendars expect DAYLIGHT to be the later clock.
    standard, daylight = sorted(rules, key=lambda rule: rule.change.offset_to)
    block.add_component(_yearly(TimezoneDaylight(), daylight))
    block.add_component(_yearly(TimezoneStandard(), standard))
    return bytes(block.to_ical())


@lru_cache(maxsize=1024)
def _constant(zone: str, offset: timedelta, name: str) -> bytes:
    since = datetime(FIRST_YEAR, 1, 1)  # noqa: DTZ001 (an onset is wall time)
    block = Timezone()
    block.add("tzid", zone)
    block.add_component(_observance(TimezoneStandard(), ClockChange(onset=since, offset_from=offset, offset_to=offset, name=name)))
    return bytes(block.to_ical())


def _yearly(observance: TimezoneStandard | TimezoneDaylight, rule: YearlyRule) -> TimezoneStandard | TimezoneDaylight:
    first = rule.change_in(FIRST_YEAR)
    byday = f"{rule.week}{WEEKDAYS[first.onset.weekday()]}"
    observance.add("rrule", {"FREQ": "YEARLY", "BYMONTH": first.onset.month, "BYDAY": byday})
    return _observance(observance, first)


def _observance(observance: TimezoneStandard | TimezoneDaylight, change: ClockChange) -> TimezoneStandard | TimezoneDaylight:
    observance.add("dtstart", change.onset)
    observance.add("tzname", change.name)
    observance.add("tzoffsetfrom", change.offset_from)
    observance.add("tzoffsetto", change.offset_to)
    return observance
