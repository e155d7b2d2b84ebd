"""Clock, time zones, wall times and clock changes."""

from outreach.time import clock
from outreach.time.clock_changes import NO_OFFSET, ClockChange, YearlyRule, is_skipped, yearly_rules, zone_info
from outreach.time.quiet_hours import after_day_hours, is_quiet, next_morning
from outreach.time.school_days import after_school_days
from outreach.time.wall_time import (
    AskedTime,
    Objection,
    SettledTime,
    TimeRefused,
    instant,
    instants,
    is_shown_twice,
    moment,
    settle,
    to_wall_time,
)
from outreach.time.zones import country_of_zones, zone_names, zone_of_place, zones_by_country

__all__ = [
    "NO_OFFSET",
    "AskedTime",
    "ClockChange",
    "Objection",
    "SettledTime",
    "TimeRefused",
    "YearlyRule",
    "after_day_hours",
    "after_school_days",
    "clock",
    "country_of_zones",
    "instant",
    "instants",
    "is_quiet",
    "is_shown_twice",
    "is_skipped",
    "moment",
    "next_morning",
    "settle",
    "to_wall_time",
    "yearly_rules",
    "zone_info",
    "zone_names",
    "zone_of_place",
    "zones_by_country",
]
