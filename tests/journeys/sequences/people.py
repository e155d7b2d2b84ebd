"""Who there is when a sequence begins: the world writes them into the database, the model begins with the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

MORNING = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
MAYA, SAM, COORDINATOR = "maya@clinic.example", "sam@clinic.example", "coordinator@programme.example"
COORDINATORS = (COORDINATOR, "second@programme.example")
NORTH, SOUTH = "North School", "South School"
NOOR, TOM, UMA = "noor@north.example", "tom@north.example", "uma@south.example"
HOSTS = (MAYA, SAM)
TEACHERS = {NORTH: (NOOR, TOM), SOUTH: (UMA,)}
MAJORITY = {NORTH: 18, SOUTH: 19}
# Each place with the zone of its clock.
PLACES = {
    "Harbor Hospital": "America/New_York",
    "Mercy Clinic": "Europe/London",
    "Atlas Hospital": "Africa/Casablanca",
    "Online": "Australia/Sydney",
}
# Sessions there are in an area that may have an age floor of its own.
WITH_A_RULE = "Mercy Clinic"


@dataclass(frozen=True)
class Clock:
    """When, as the clock of the place shows it."""

    day: date
    start: time
    end: time
    fold: int = 0


@dataclass(frozen=True)
class Pupil:
    """A student as their school writes them down; a guardian's address may be unknown (None)."""

    name: str
    school: str
    address: str | None = None
    guardians: tuple[str | None, ...] = ()
    born: date | None = None


@dataclass(frozen=True)
class Offered:
    """A session Maya has published, and who is registered at once: by whom, how many of the school."""

    clock: Clock
    capacity: int
    per_school_limit: int | None
    frees_declined_seats: bool
    registered: tuple[tuple[str, str, int], ...]


# Who is teacher and parent, host and parent, sibling, of age, soon of age, unreachable, student and guardian by one address.
PUPILS = (
    Pupil("Ana", NORTH, "ana@pupils.example", ("shared@families.example",)),
    Pupil("Ben", NORTH, None, ("shared@families.example",)),
    Pupil("Cleo", NORTH, "cleo@pupils.example"),
    Pupil("Dan", NORTH),
    Pupil("Eve", NORTH, "eve@pupils.example", ("two@families.example",), date(2009, 3, 20)),
    Pupil("Fay", NORTH, "fay@pupils.example", ("two@families.example", SAM)),
    Pupil("Gus", NORTH, "gus@pupils.example", ("two@families.example", "three@families.example"), date(2005, 1, 1)),
    Pupil("Hal", NORTH, "hal@families.example", ("hal@families.example",)),
    Pupil("Ivo", SOUTH, "ivo@pupils.example", ("shared@families.example",)),
    Pupil("Jo", SOUTH, None, (NOOR, None)),
)
# In the order in which they first appear above: names no two of which could be one person's.
GUARDIANS = ("Rosa Lund", "Kofi Mensah", "Ines Prado", "Wim Bakker", "Lea Novak", "Omar Haddad", "Yuki Tanaka", "Pia Moser")
SESSIONS = (
    Offered(Clock(date(2027, 3, 18), time(14), time(16)), 6, None, False, ((UMA, SOUTH, 2), (NOOR, NORTH, 5))),
    Offered(Clock(date(2027, 3, 20), time(10), time(12)), 5, 4, True, ((TOM, NORTH, 8),)),
)
