"""Programs we did not write read our calendar objects: ical.js (Thunderbird's), libical (Cyrus's, Evolution's, KDE's), vobject.

Each is started once for as many objects as there are: `ICAL_JS.read(objects)`. Where a program isn't installed the test is skipped by name.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import vobject
from cattrs.preconf.json import make_converter

from tests.support import programs
from tests.support.calendar_entries import read_event

HERE = Path(__file__).parent
_converter = make_converter()


@dataclass(frozen=True)
class Person:
    """ORGANIZER or ATTENDEE with its parameters; what isn't there is empty."""

    address: str
    name: str
    partstat: str
    rsvp: str


@dataclass(frozen=True)
class Entry:
    """One VEVENT. The times are aware, UTC, as the program works them out from the VTIMEZONE beside it; None: there is none."""

    uid: str
    sequence: int
    starts_at: datetime | None
    ends_at: datetime | None
    status: str
    transp: str
    summary: str
    location: str
    description: str
    conference: str
    organizers: tuple[Person, ...]
    attendees: tuple[Person, ...]


@dataclass(frozen=True)
class Reading:
    """What a program makes of one object; `trouble`: whatever it complains of."""

    method: str
    entries: tuple[Entry, ...]
    trouble: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """A program that reads calendar objects from its input."""

    name: str
    command: Callable[[], list[str] | None]

    def read(self, objects: Sequence[bytes]) -> list[Reading]:
        """Give what it reads in each object."""
        command = self.command()
        if command is None:
            pytest.skip(programs.WITHOUT[self.name])
        questions = "".join(json.dumps(written.decode()) + "\n" for written in objects)
        said = subprocess.run(command, input=questions, capture_output=True, text=True, cwd=HERE, timeout=180, check=False)
        assert said.returncode == 0, said.stderr
        return [_converter.structure(json.loads(line), Reading) for line in said.stdout.splitlines()]


@dataclass(frozen=True)
class Vobject:
    """vobject reads in this process: it is a library of ours in tests. Its times come from the VTIMEZONE, by way of dateutil."""

    name: str = "vobject"

    def read(self, objects: Sequence[bytes]) -> list[Reading]:
        """Give what it reads in each object."""
        return [self._read(written) for written in objects]

    def _read(self, written: bytes) -> Reading:
        event = read_event(written)
        calendar = vobject.readOne(written.decode())
        trouble = () if calendar.validate() else ("it isn't valid",)
        return Reading(calendar.method.value, (self._entry(event),), trouble)

    def _entry(self, event: Any) -> Entry:
        words = {name: _first(event, name) for name in ("uid", "status", "transp", "summary", "location", "description", "conference")}
        return Entry(
            sequence=int(event.sequence.value),
            starts_at=event.dtstart.value.astimezone(UTC),
            ends_at=event.dtend.value.astimezone(UTC),
            organizers=tuple(_person(one) for one in event.contents["organizer"]),
            attendees=tuple(_person(one) for one in event.contents["attendee"]),
            **words,
        )


def _first(event: Any, name: str) -> str:
    return str(event.contents[name][0].value) if name in event.contents else ""


def _person(line: Any) -> Person:
    parameters = {name: line.params.get(name, [""])[0] for name in ("CN", "PARTSTAT", "RSVP")}
    return Person(line.value, parameters["CN"], parameters["PARTSTAT"], parameters["RSVP"])


def _with_node() -> list[str] | None:
    node = programs.node_path()
    return [node, "read.mjs"] if node else None


def _with_libical() -> list[str] | None:
    return [sys.executable, "read_with_libical.py"] if programs.has_libical() else None


ICAL_JS = Program("ical.js", _with_node)
LIBICAL = Program("libical", _with_libical)
VOBJECT = Vobject()
