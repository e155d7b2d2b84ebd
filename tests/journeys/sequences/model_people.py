"""People and their addresses by the rules alone: who is a minor, who of a family hears, which address gets nothing.

Knows nothing of the service's code; the tables of README, product.md and architecture.md are written down here once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from outreach.models import BounceKind, ReasonKind
from tests.journeys.sequences.people import COORDINATORS, GUARDIANS, HOSTS, MAJORITY, PUPILS, TEACHERS, Pupil

WEEK = timedelta(days=7)


class No(Exception):
    """The rules don't allow it."""


@dataclass(eq=False)
class Address:
    """One mailbox, whoever reads it. `links`: the version of the links that open its pages; `is_closed`: the account of who signs in."""

    text: str
    signs_in: bool = False
    is_refused: bool = False
    is_blocked: bool = False
    is_stopped: bool = False
    wants_no_reminders: bool = False
    is_closed: bool = False
    was_closed: bool = False
    links: int = 1

    @property
    def is_reached(self) -> bool:
        """Letters go there and arrive."""
        return not (self.is_refused or self.is_blocked or self.is_stopped)

    @property
    def domain(self) -> str:
        """The part behind the @."""
        return self.text.partition("@")[2]


@dataclass(eq=False)
class Guardian:
    """An adult of one school's children."""

    name: str
    school: str
    address: Address | None


@dataclass(eq=False)
class Student:
    """A student of one school."""

    number: int
    name: str
    school: str
    address: Address | None = None
    born: date | None = None
    guardians: list[Guardian] = field(default_factory=list)
    is_gone: bool = False
    has_lost_all: bool = False

    @property
    def is_guarded(self) -> bool:
        """Some guardian may be written to, whether or not letters arrive."""
        return any(one.address and not one.address.is_stopped for one in self.guardians)

    def needs_guardian(self, day: date) -> bool:
        """A minor whose last guardian has left; who never had one needs none."""
        return self.has_lost_all and self.is_minor(day)

    def age(self, day: date) -> int | None:
        """How old they are that day; None where nobody knows."""
        if self.born is None:
            return None
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))

    def is_minor(self, day: date) -> bool:
        """An unknown age counts as a minor's."""
        age = self.age(day)
        return age is None or age < MAJORITY[self.school]

    def own(self) -> set[Address]:
        """Their own address, unless its reader said that it isn't theirs."""
        return {self.address} if self.address and not self.address.is_stopped else set()

    def carers(self, day: date) -> set[Address]:
        """A minor's guardians' addresses, likewise."""
        known = {one.address for one in self.guardians if one.address and not one.address.is_stopped}
        return known if self.is_minor(day) else set()

    def hears(self, day: date) -> set[tuple[Address, ReasonKind]]:
        """The student at their own address, and each guardian of a minor, each as their own mail."""
        return {(one, ReasonKind.STUDENT) for one in self.own()} | {(one, ReasonKind.GUARDIAN) for one in self.carers(day)}

    def is_read_at(self, address: Address) -> bool:
        """This is their own address, or a guardian's, whatever their age."""
        return address is self.address or any(one.address is address for one in self.guardians)


@dataclass
class People:
    """All addresses and students, and what mail servers said of letters.

    `turned_away`: the domains that were marked, each with when the mark was taken off, if it was.
    """

    addresses: dict[str, Address] = field(default_factory=dict)
    students: list[Student] = field(default_factory=list)
    failures: dict[tuple[str, BounceKind], tuple[Address, datetime]] = field(default_factory=dict)
    settled: dict[str, tuple[Address, datetime]] = field(default_factory=dict)
    turned_away: dict[str, datetime | None] = field(default_factory=dict)

    @classmethod
    def first(cls) -> People:
        """Those of the beginning."""
        people, names = cls(), iter(GUARDIANS)
        for one in (*HOSTS, *COORDINATORS, *(teacher for teachers in TEACHERS.values() for teacher in teachers)):
            people.addresses[one] = Address(one, signs_in=True)
        for pupil in PUPILS:
            people._write_down(pupil, names)
        return people

    def at(self, text: str) -> Address:
        """Give an address, known before or not."""
        return self.addresses.setdefault(text, Address(text))

    def staff(self) -> dict[str, tuple[Address, ...]]:
        """Who answers for the students of each school where the teacher who registered them can't any more, the first first."""
        coordinators = [self.at(one) for one in COORDINATORS]
        return {school: (*(self.at(one) for one in teachers), *coordinators) for school, teachers in TEACHERS.items()}

    def guardians(self) -> list[Guardian]:
        """Everybody who is somebody's guardian."""
        return list(dict.fromkeys(guardian for student in self.students for guardian in student.guardians))

    def children(self, guardian: Guardian) -> set[Student]:
        """Those they are a guardian of."""
        return {student for student in self.students if guardian in student.guardians}

    def behind(self, address: Address) -> set[Student]:
        """The students this address may hear of."""
        return {student for student in self.students if student.is_read_at(address)}

    def add_guardian(self, student: Student, name: str, address: Address) -> None:
        """In one school, one name at one address is one person; a student has each once."""
        same = (one for one in self.guardians() if (one.name, one.school, one.address) == (name, student.school, address))
        known = next((one for one in same if one not in student.guardians), None)
        student.guardians.append(known or Guardian(name, student.school, address))

    def readdress(self, guardian: Guardian, address: Address | None) -> None:
        """Another address; who is there by the same name, with other children, was the same person all along."""
        guardian.address = address
        for double in self.guardians():
            is_same = (double.name, double.school, double.address) == (guardian.name, guardian.school, address) and double is not guardian
            if address is not None and is_same and not self.children(double) & self.children(guardian):
                for child in self.children(double):
                    child.guardians[child.guardians.index(double)] = guardian

    def note_failure(self, address: Address, letter: str, kind: BounceKind, now: datetime) -> None:
        """A letter didn't arrive or wasn't wanted; the same of the same letter is no news."""
        if (letter, kind) not in self.failures:
            self.failures[letter, kind] = address, now
            address.is_refused |= kind is BounceKind.HARD
            address.wants_no_reminders |= kind is BounceKind.COMPLAINT

    def look_for_blocked_domains(self, now: datetime) -> None:
        """Mark the families of a domain that turned away three addresses within a week, and half of all it was sent to."""
        for domain in sorted({address.domain for address, _at in self.failures.values()}):
            if (domain in self.turned_away and self.turned_away[domain] is None) or self._turns_away(domain, now):
                self.turned_away[domain] = None
                for address in self.addresses.values():
                    address.is_blocked |= address.domain == domain and not address.signs_in and bool(self.behind(address))

    def _turns_away(self, domain: str, now: datetime) -> bool:
        since = max(now - WEEK, self.turned_away.get(domain) or now - WEEK)
        returned = {
            address
            for (letter, kind), (address, at) in self.failures.items()
            if kind is BounceKind.POLICY and address.domain == domain and at > now - WEEK and self.settled.get(letter, (0, at))[1] > since
        }
        tried = {address for address, at in self.settled.values() if address.domain == domain and at > since}
        return len(returned) >= 3 and 2 * len(returned) >= len(tried)

    def _write_down(self, pupil: Pupil, names: Iterator[str]) -> None:
        own = self.at(pupil.address) if pupil.address else None
        student = Student(len(self.students), pupil.name, pupil.school, own, pupil.born)
        for text in pupil.guardians:
            address = self.at(text) if text else None
            known = [one for one in self.guardians() if address and (one.school, one.address) == (pupil.school, address)]
            student.guardians.append(known[0] if known else Guardian(next(names), pupil.school, address))
        self.students.append(student)
