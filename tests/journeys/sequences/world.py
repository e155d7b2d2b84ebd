"""A small world in which anything may happen: people who share mailboxes in every awkward way, and a clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from outreach.db import Base, db, transaction
from outreach.invitations.announce import tell_published
from outreach.jobs import TIMETABLE
from outreach.models import UNSETTLED, Answer, Letter, OutboxPause, SchoolClass
from outreach.outbox.leasing import Pace
from outreach.worker import Worker
from tests.journeys.sequences.fates import Fate, Wire
from tests.support.builders import Builder

MORNING = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
PLACES = ("Harbor Hospital", "Mercy Clinic", "Atlas Hospital", "Online")
GIVEN_BY_MIGRATION = {"format", "role"}


@dataclass(frozen=True)
class Said:
    """An answer somebody gave to what they saw: this revision of their invitation."""

    address: str
    uid: str
    sequence: int
    answer: Answer
    at: datetime


@dataclass
class World:
    """The app, what time it is, and the wire all letters go over."""

    app: Flask
    now: datetime = MORNING
    wire: Wire = field(default_factory=Wire)
    said: list[Said] = field(default_factory=list, repr=False)
    _start: dict[str, list[dict[str, Any]]] = field(default_factory=dict, repr=False)

    @classmethod
    def made(cls, app: Flask) -> World:
        """Make the people and remember them."""
        world = cls(app)
        with app.app_context():
            make_people(Builder(MORNING))
            db.session.commit()
            world._start = {table.name: [dict(row._mapping) for row in db.session.execute(table.select())] for table in _tables()}
            db.session.commit()
        return world

    def begin_again(self) -> None:
        """Let everything be as it was when the people were made."""
        self.now, self.wire, self.said = MORNING, Wire(), []
        with self.app.app_context(), transaction():
            for table in reversed(_tables()):
                db.session.execute(table.delete())
            for table in _tables():
                if rows := self._start[table.name]:
                    db.session.execute(table.insert(), rows)
            if db.engine.dialect.name == "postgresql":
                counted = [table.name for table in _tables() if "id" in table.columns]
                ahead = "SELECT setval(pg_get_serial_sequence(quote_ident(name), 'id'), 1000) FROM unnest(cast(:names AS text[])) name"
                db.session.execute(text(ahead), {"names": counted})

    def do(self, act: Callable[[World], object]) -> None:
        """Let somebody do something, in a session of the database of their own."""
        with self.app.app_context():
            act(self)
            assert not db.session.dirty, "Something was changed and not written."

    def deliver(self, fates: Sequence[Fate] = (), meanwhile: Mapping[int, Callable[[World], object]] | None = None) -> None:
        """Let a worker come round; the first letters it sends have these fates, and `meanwhile` somebody acts at the nth."""
        self.wire.expect(fates, {place: partial(self.do, act) for place, act in (meanwhile or {}).items()})
        worker = Worker(self.app, clock=lambda: self.now, transport=self.wire, pace=Pace(batch=7), timetable=())
        with self.wire.survived():
            worker.deliver()

    def do_jobs(self) -> None:
        """Do all that is done from time to time."""
        for job in TIMETABLE:
            with self.app.app_context():
                job.work(now=self.now)

    def wait(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time

    def deliver_everything(self) -> None:
        """Let the worker come round, on a good line, until no letter waits; as much time passes as that takes."""
        for _ in range(50):
            self.deliver()
            with self.app.app_context():
                if not db.session.scalar(select(Letter.id).where(Letter.state.in_(UNSETTLED)).limit(1)):
                    return
                moments = [*db.session.scalars(select(OutboxPause.until)), *_moments_of_letters()]
            self.now = min((moment for moment in moments if moment > self.now), default=self.now) + timedelta(seconds=1)
        raise AssertionError("Some letter never leaves.")


def _moments_of_letters() -> list[datetime]:
    rows = db.session.execute(select(Letter.due_at, Letter.leased_until).where(Letter.state.in_(UNSETTLED)))
    return [moment for row in rows for moment in row if moment is not None]


def _tables() -> list[Any]:
    return [table for table in Base.metadata.sorted_tables if table.name not in GIVEN_BY_MIGRATION]


def make_people(make: Builder) -> None:
    """Two hosts, two schools, ten students; who is teacher and parent, host and parent, sibling, of age, soon of age, unreachable."""
    maya, _sam = make.clinician(email="maya@clinic.example"), make.clinician(email="sam@clinic.example")
    make.coordinator(email="coordinator@programme.example")
    harbor = make.site(PLACES[0])
    make.area(harbor, "Skills lab")
    make.site(PLACES[1], address="2 Park Lane", zone="Europe/London", country="GB")
    make.site(PLACES[2], address="3 Rue Haute", zone="Africa/Casablanca", country="MA")
    north, south = make.school("North School"), make.school("South School", majority_age=19)
    noor, tom = make.teacher(north, email="noor@north.example"), make.teacher(north, email="tom@north.example")
    uma = make.teacher(south, email="uma@south.example")
    nine, ten = make.school_class(north, noor, tom, name="9B"), make.school_class(south, uma, name="10A")
    _fill_north(make, nine)
    _fill_south(make, ten)
    sessions = [
        make.outreach_session(maya, site=harbor, capacity=6),
        make.outreach_session(maya, site=harbor, capacity=5, starts_wall=datetime(2027, 3, 20, 10), per_school_limit=4),
    ]
    with transaction():
        for outreach_session in sessions:
            tell_published(outreach_session, now=MORNING)
    for outreach_session, school_class, teacher in ((sessions[0], ten, uma), (sessions[0], nine, noor), (sessions[1], nine, tom)):
        chosen = school_class.students[: 5 if teacher is noor else 10]
        make.register(outreach_session, teacher, *chosen, now=MORNING)


def _fill_north(make: Builder, school_class: SchoolClass) -> None:
    make.student(school_class, given_name="Ana", email="ana@pupils.example", guardians=("shared@families.example",))
    make.student(school_class, given_name="Ben", guardians=("shared@families.example",))
    make.student(school_class, given_name="Cleo", email="cleo@pupils.example")
    make.student(school_class, given_name="Dan")
    soon_of_age = date(2009, 3, 20)
    make.student(school_class, given_name="Eve", email="eve@pupils.example", guardians=("two@families.example",), birth_date=soon_of_age)
    make.student(school_class, given_name="Fay", email="fay@pupils.example", guardians=("two@families.example", "sam@clinic.example"))
    make.student(
        school_class, given_name="Gus", email="gus@pupils.example", guardians=("three@families.example",), birth_date=date(2005, 1, 1)
    )
    make.student(school_class, given_name="Hal", email="hal@families.example", guardians=("hal@families.example",))


def _fill_south(make: Builder, school_class: SchoolClass) -> None:
    make.student(school_class, given_name="Ivo", email="ivo@pupils.example", guardians=("shared@families.example",))
    make.student(school_class, given_name="Jo", guardians=("noor@north.example", None))
