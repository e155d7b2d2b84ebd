"""Every zone there is, for ten years: programs we did not write read our VTIMEZONE and find the instants zoneinfo knows.

calendar.md, section 5. Beside this, tests/unit/test_vtimezone.py asks dateutil, the parser of vobject.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import zip_longest

import pytest

from tests.interop.programs import ICAL_JS, LIBICAL, Program
from tests.support.zones import Times, what_blocks_must_say


@pytest.mark.parametrize("program", [ICAL_JS, LIBICAL], ids=lambda program: program.name)
def test_every_zone_is_read_at_the_instants_it_has(program: Program) -> None:
    times = what_blocks_must_say()
    readings = program.read([b"".join(calendar(one)) for one in times])
    wrong = []
    for one, reading in zip(times, readings, strict=True):
        assert reading.trouble == ()
        found = [moment for entry in reading.entries for moment in (entry.starts_at, entry.ends_at)]
        wrong += [(min(one.zones), *pair, read) for pair, read in zip(one.pairs, found, strict=False) if pair[1] != read]
        assert len(one.pairs) <= len(found) <= len(one.pairs) + 1
    assert wrong == []


def calendar(times: Times) -> Iterator[bytes]:
    """Write one object with all these times: each event begins at one of them and ends at the next."""
    yield b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Outreach//Tests//EN\r\n" + times.block
    walls = [wall for wall, _instant in times.pairs]
    for number, (starts, ends) in enumerate(zip_longest(walls[::2], walls[1::2], fillvalue=walls[-1])):
        yield b"BEGIN:VEVENT\r\nUID:%d@outreach.example\r\nDTSTAMP:20270101T000000Z\r\n" % number
        yield _line("DTSTART", starts) + _line("DTEND", ends) + b"END:VEVENT\r\n"
    yield b"END:VCALENDAR\r\n"


def _line(name: str, wall: datetime) -> bytes:
    return f"{name};TZID=Zone/Any:{wall:%Y%m%dT%H%M%S}\r\n".encode()
