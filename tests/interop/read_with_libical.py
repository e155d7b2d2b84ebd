"""What libical reads in calendar objects: one question in each line of the input, its answer in the same line of the output.

A program of its own: should the C library fall, only its answers are missing. Instants come from the VTIMEZONE in the
object alone. What its parser and icalrestriction_check (the tables of RFC 5546) find is trouble.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from ctypes import CDLL, Structure, c_char_p, c_int, c_int64, c_void_p
from ctypes.util import find_library
from datetime import UTC, datetime
from functools import cache
from typing import Any


class Time(Structure):
    """`struct icaltimetype` of libical 3."""

    _fields_ = (
        *((name, c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")),
        ("zone", c_void_p),
    )


_FUNCTIONS: tuple[tuple[Any, ...], ...] = (
    ("icalparser_parse_string", c_void_p, c_char_p),
    ("icalcomponent_free", None, c_void_p),
    ("icalrestriction_check", c_int, c_void_p),
    ("icalcomponent_string_to_kind", c_int, c_char_p),
    ("icalcomponent_get_first_component", c_void_p, c_void_p, c_int),
    ("icalcomponent_get_next_component", c_void_p, c_void_p, c_int),
    ("icalcomponent_get_first_property", c_void_p, c_void_p, c_int),
    ("icalcomponent_get_next_property", c_void_p, c_void_p, c_int),
    ("icalcomponent_get_timezone", c_void_p, c_void_p, c_char_p),
    ("icalproperty_string_to_kind", c_int, c_char_p),
    ("icalproperty_get_value_as_string", c_char_p, c_void_p),
    ("icalproperty_get_value", c_void_p, c_void_p),
    ("icalproperty_get_parameter_as_string", c_char_p, c_void_p, c_char_p),
    ("icalvalue_get_datetime", Time, c_void_p),
    ("icalvalue_get_text", c_char_p, c_void_p),
    ("icaltime_is_utc", c_int, Time),
    ("icaltime_as_timet_with_zone", c_int64, Time, c_void_p),
    ("icaltimezone_get_utc_timezone", c_void_p),
    ("icalerror_set_errors_are_fatal", None, c_int),
    ("icalmemory_free_ring", None),
)


@cache
def _library() -> Any:
    """Open libical and say what its functions take and give."""
    ical = CDLL(find_library("ical") or "libical.so.3")
    for name, gives, *takes in _FUNCTIONS:
        function = getattr(ical, name)
        function.restype, function.argtypes = gives, takes
    ical.icalerror_set_errors_are_fatal(0)
    return ical


def _read(ics: str) -> dict[str, Any]:
    ical, trouble = _library(), []
    calendar = ical.icalparser_parse_string(ics.encode())
    if not calendar:
        return {"method": "", "entries": [], "trouble": ["it can't be read"]}
    try:
        if not ical.icalrestriction_check(calendar):
            trouble.append("it breaks a rule of RFC 5546")
        entries = [_entry(calendar, event, trouble) for event in _components(calendar, b"VEVENT")]
        trouble += [error for part in _everywhere(calendar) for error in _texts(part, b"X-LIC-ERROR")]
        return {"method": _word(calendar, b"METHOD"), "entries": entries, "trouble": trouble}
    finally:
        ical.icalcomponent_free(calendar)
        ical.icalmemory_free_ring()


def _entry(calendar: int, event: int, trouble: list[str]) -> dict[str, Any]:
    return {
        "uid": _text(event, b"UID"),
        "sequence": int(_word(event, b"SEQUENCE") or 0),
        "starts_at": _instant(calendar, event, b"DTSTART", trouble),
        "ends_at": _instant(calendar, event, b"DTEND", trouble),
        "status": _word(event, b"STATUS"),
        "transp": _word(event, b"TRANSP"),
        "summary": _text(event, b"SUMMARY"),
        "location": _text(event, b"LOCATION"),
        "description": _text(event, b"DESCRIPTION"),
        "conference": _word(event, b"CONFERENCE"),
        "organizers": [_person(one) for one in _properties(event, b"ORGANIZER")],
        "attendees": [_person(one) for one in _properties(event, b"ATTENDEE")],
    }


def _instant(calendar: int, event: int, name: bytes, trouble: list[str]) -> str | None:
    ical = _library()
    for one in _properties(event, name):
        time = ical.icalvalue_get_datetime(ical.icalproperty_get_value(one))
        zone = ical.icaltimezone_get_utc_timezone()
        if not ical.icaltime_is_utc(time):
            zone = ical.icalcomponent_get_timezone(calendar, _parameter(one, b"TZID").encode())
            if not zone:
                trouble.append(f"{name.decode()} floats")
        return datetime.fromtimestamp(ical.icaltime_as_timet_with_zone(time, zone), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None


def _person(one: int) -> dict[str, str]:
    address: bytes = _library().icalproperty_get_value_as_string(one)
    names = ("name", b"CN"), ("partstat", b"PARTSTAT"), ("rsvp", b"RSVP")
    return {"address": address.decode()} | {key: _parameter(one, name) for key, name in names}


def _parameter(one: int, name: bytes) -> str:
    value: bytes = _library().icalproperty_get_parameter_as_string(one, name) or b""
    return value.decode()


def _word(component: int, name: bytes) -> str:
    found = [_library().icalproperty_get_value_as_string(one) for one in _properties(component, name)]
    return found[0].decode() if found else ""


def _text(component: int, name: bytes) -> str:
    return next(iter(_texts(component, name)), "")


def _texts(component: int, name: bytes) -> list[str]:
    ical = _library()
    return [ical.icalvalue_get_text(ical.icalproperty_get_value(one)).decode() for one in _properties(component, name)]


def _everywhere(component: int) -> Iterator[int]:
    yield component
    for part in _components(component, b"ANY"):
        yield from _everywhere(part)


def _components(component: int, kind: bytes) -> list[int]:
    ical = _library()
    return _listed(component, _component_kind(kind), ical.icalcomponent_get_first_component, ical.icalcomponent_get_next_component)


def _properties(component: int, name: bytes) -> list[int]:
    ical = _library()
    kind = ical.icalproperty_string_to_kind(name)
    return _listed(component, kind, ical.icalcomponent_get_first_property, ical.icalcomponent_get_next_property)


def _component_kind(kind: bytes) -> int:
    any_component = 1
    return any_component if kind == b"ANY" else int(_library().icalcomponent_string_to_kind(kind))


def _listed(component: int, kind: int, first: Any, following: Any) -> list[int]:
    found = []
    one = first(component, kind)
    while one:
        found.append(one)
        one = following(component, kind)
    return found


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_read(json.loads(line))))
