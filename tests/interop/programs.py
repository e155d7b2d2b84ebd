"""Programs we did not write read our calendar objects: ical.js (Thunderbird's) and libical (Cyrus's, Evolution's, KDE's).

Each is started once for as many objects as there are: `ICAL_JS.read(objects)`. Where a program isn't installed the test is skipped by name.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from cattrs.preconf.json import make_converter

from tests import needs

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
            pytest.skip(f"{self.name} isn't installed")
        questions = "".join(json.dumps(written.decode()) + "\n" for written in objects)
        said = subprocess.run(command, input=questions, capture_output=True, text=True, cwd=HERE, timeout=60, check=False)
        assert said.returncode == 0, said.stderr
        return [_converter.structure(json.loads(line), Reading) for line in said.stdout.splitlines()]


def _with_node() -> list[str] | None:
    node = needs.node_path()
    return [node, "read.mjs"] if node else None


def _with_libical() -> list[str] | None:
    return [sys.executable, "read_with_libical.py"] if needs.has_libical() else None


ICAL_JS = Program("ical.js", _with_node)
LIBICAL = Program("libical", _with_libical)
