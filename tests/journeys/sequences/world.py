"""The service and the model of its rules side by side: whatever somebody does is asked of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar, cast

from flask import Flask
from sqlalchemy import select, text

from outreach.db import Base, db, transaction
from outreach.errors import OutreachError
from outreach.models import (
    UNSETTLED,
    Answer,
    BounceKind,
    Guardian,
    Invitation,
    Letter,
    Mailbox,
    OutboxPause,
    OutreachSession,
    Registration,
    Site,
    Student,
    User,
)
from outreach.notifications.notify import notify_published
from outreach.outbox.leases import Pace
from outreach.registration import By
from outreach.registration.use_cases import undo_withdrawal
from outreach.runtime.jobs import TIMETABLE
from outreach.runtime.worker import Worker
from outreach.settings import Settings
from outreach.tokens import LinkPurpose, Ticket, sign
from tests.journeys.sequences import checking
from tests.journeys.sequences.fates import Fate, Settled, Wire
from tests.journeys.sequences.model import ExpectedLetters, Model
from tests.journeys.sequences.model_people import Address, No
from tests.journeys.sequences.model_sessions import Place, Session
from tests.journeys.sequences.people import (
    COORDINATORS,
    GUARDIANS,
    HOSTS,
    MAJORITY,
    MORNING,
    PLACES,
    PUPILS,
    SESSIONS,
    TEACHERS,
    WITH_A_RULE,
)
from tests.support.builders import Builder

T = TypeVar("T")
GIVEN_BY_MIGRATION = {"format", "role"}


@dataclass(frozen=True)
class Said:
    """An answer somebody gave to what they saw, and that holds: to this revision of their invitation."""

    address: str
    session_id: int
    sequence: int
    answer: Answer


@dataclass
class World:
    """The app, the model, what time it is, and the wire all letters go over. The rows of students and sessions, in the model's order."""

    app: Flask
    now: datetime = MORNING
    model: Model = field(default_factory=Model)
    wire: Wire = field(default_factory=Wire)
    said: list[Said] = field(default_factory=list, repr=False)
    session_ids: list[int] = field(default_factory=list)
    student_ids: list[int] = field(default_factory=list)
    class_ids: dict[str, int] = field(default_factory=dict)
    school_ids: dict[str, int] = field(default_factory=dict)
    user_ids: dict[str, int] = field(default_factory=dict)
    site_ids: dict[str, int | None] = field(default_factory=dict)
    area_id: int = 0
    last_letter: int = 0
    closed: set[Address] = field(default_factory=set)
    _start: dict[str, list[dict[str, Any]]] = field(default_factory=dict, repr=False)

    @classmethod
    def made(cls, app: Flask) -> World:
        """Make the people and remember them."""
        world = cls(app)
        with app.app_context():
            make_people(world, Builder(MORNING))
            db.session.commit()
            world._start = {table.name: [dict(row._mapping) for row in db.session.execute(table.select())] for table in _tables()}
            db.session.commit()
        return world

    def begin_again(self) -> None:
        """Let everything be as it was when the people were made."""
        self.now, self.model, self.said, self.last_letter = MORNING, Model.first(), [], 0
        self.wire = Wire(self._learn)
        del self.session_ids[len(SESSIONS) :], self.student_ids[len(PUPILS) :]
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
            checking.places_are_as_in_the_model(self)
            checking.who_is_written_to(self)

    def do(self, act: Callable[[World], object]) -> None:
        """Let somebody do something, in a session of the database of their own."""
        with self.app.app_context():
            act(self)
            assert not db.session.dirty, "Something was changed and not written."

    def ask(self, rule: Callable[[], object] | None, deed: Callable[[], T]) -> T | None:
        """Ask the model and the service: both allow it or neither does, and afterwards both know the same. `rule` None: either may be."""
        checking.what_was_passed_on(self)
        self.model.now, self.model.expected = self.now, ExpectedLetters()
        before = {session.number: self.model.may_hear(session) for session in self.model.sessions}
        allowed = rule is not None and _is_allowed(rule)
        try:
            done, refusal = deed(), None
        except OutreachError as refused:
            done, refusal = None, refused
        if rule is not None:
            assert allowed == (refusal is None), refusal or "It was done, and isn't allowed."
        checking.places_are_as_in_the_model(self)
        letters = checking.who_is_written_to(self, before)
        assert refusal is None or letters == [], letters
        return done

    def undo(self, session: Session, place: Place, by: By, rule: Callable[[], object]) -> None:
        """Let a withdrawal be undone in both. Which revision an entry has now depends on whether the CANCEL had left."""
        key = self.registration_id(session, place)
        self.ask(rule, lambda: undo_withdrawal(key, by, now=self.now))
        if not place.is_active:
            return
        found = select(Mailbox.address, Invitation.sequence).join(Invitation).where(Invitation.session_id == self.session_id(session))
        for text_, sequence in db.session.execute(found).all():
            address = self.model.people.at(text_)
            if sequence != session.entries[address].revision:
                session.never_left(address, sequence)

    def deliver(self, fates: Sequence[Fate] = (), meanwhile: Mapping[int, Callable[[World], object]] | None = None) -> None:
        """Let a worker come round; the first letters it sends have these fates, and `meanwhile` somebody acts at the nth."""
        self.closed = {address for address in self.model.people.addresses.values() if address.is_closed}
        self.wire.expect(fates, {place: partial(self.do, act) for place, act in (meanwhile or {}).items()})
        worker = Worker(self.app, clock=lambda: self.now, transport=self.wire, pace=Pace(batch=7), timetable=())
        with self.wire.survived():
            worker.deliver()

    def do_jobs(self) -> None:
        """Do all that is done from time to time."""
        with self.app.app_context():
            self.ask(self.model.do_jobs, lambda: [job.work(now=self.now) for job in TIMETABLE])

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

    @property
    def settings(self) -> Settings:
        """The service's."""
        return cast(Settings, self.app.extensions["outreach"])

    def student_number(self, student_id: int) -> int:
        """Give a student's number in the model; SQLite gives the row of one who is gone to the next."""
        return len(self.student_ids) - 1 - self.student_ids[::-1].index(student_id)

    def session_id(self, session: Session) -> int:
        """Give the row of a session."""
        return self.session_ids[session.number]

    def mailbox_id(self, address: Address) -> int:
        """Give the row of an address that had a letter."""
        return db.session.scalars(select(Mailbox.id).where(Mailbox.address == address.text)).one()

    def registration_id(self, session: Session, place: Place) -> int:
        """Give the row of a place: coming back is a new one."""
        theirs = [one for one in session.places if one.student is place.student]
        which = (Registration.session_id == self.session_id(session), Registration.student_id == self.student_ids[place.student.number])
        return db.session.scalars(select(Registration.id).where(*which).order_by(Registration.id)).all()[theirs.index(place)]

    def link(self, session: Session, address: Address, purpose: LinkPurpose, *, version: int) -> str:
        """Give the token of a link as a letter had it when the address's links had this version."""
        ticket = Ticket(self.mailbox_id(address), self.session_id(session), purpose, version, datetime(2028, 1, 1, tzinfo=UTC))
        return sign(ticket, self.settings.secret_key)

    def _learn(self, letter: Settled) -> None:
        """What a mail server does with a letter says something about the address."""
        people = self.model.people
        address = people.at(letter.mail.recipient)
        people.settled[letter.key] = address, self.now
        if address in self.closed and address.is_closed:
            checking.nobody_reads_what_is_not_theirs(self, letter.mail)
        if letter.fate in (Fate.NO_SUCH_MAILBOX, Fate.NOT_FROM_YOU):
            kind = BounceKind.HARD if letter.fate is Fate.NO_SUCH_MAILBOX else BounceKind.POLICY
            people.note_failure(address, letter.key, kind, self.now)


def _is_allowed(rule: Callable[[], object]) -> bool:
    try:
        rule()
    except No:
        return False
    return True


def _moments_of_letters() -> list[datetime]:
    rows = db.session.execute(select(Letter.due_at, Letter.leased_until).where(Letter.state.in_(UNSETTLED)))
    return [moment for row in rows for moment in row if moment is not None]


def _tables() -> list[Any]:
    return [table for table in Base.metadata.sorted_tables if table.name not in GIVEN_BY_MIGRATION]


def make_people(world: World, make: Builder) -> None:
    """Write down who there is, and let the first register."""
    hosts = [make.clinician(email=address) for address in HOSTS]
    for address in COORDINATORS:
        make.coordinator(email=address)
    for name, zone in PLACES.items():
        world.site_ids[name] = make.site(name, zone=zone).id if name != "Online" else None
    world.area_id = make.area(db.session.get_one(Site, world.site_ids[WITH_A_RULE]), "Theatres").id
    for school, teachers in TEACHERS.items():
        record = make.school(school, majority_age=MAJORITY[school])
        its_class = make.school_class(record, *(make.teacher(record, email=address) for address in teachers))
        world.school_ids[school], world.class_ids[school] = record.id, its_class.id
        for pupil in PUPILS:
            if pupil.school == school:
                facts: Any = {"email": pupil.address, "guardians": pupil.guardians, "birth_date": pupil.born}
                world.student_ids.append(make.student(its_class, given_name=pupil.name, **facts).id)
    world.user_ids = {address: key for key, address in db.session.execute(select(User.id, User.email))}
    with transaction():
        for guardian, name in zip(db.session.scalars(select(Guardian).order_by(Guardian.id)), GUARDIANS, strict=True):
            guardian.name = name
    _make_sessions(world, make, hosts[0])


def _make_sessions(world: World, make: Builder, host: User) -> None:
    for offered in SESSIONS:
        clock, place = offered.clock, next(iter(PLACES))
        starts, ends = datetime.combine(clock.day, clock.start), datetime.combine(clock.day, clock.end)
        session = make.outreach_session(
            host,
            starts_wall=starts,
            minutes=(ends - starts) // timedelta(minutes=1),
            site=db.session.get_one(Site, world.site_ids[place]),
            capacity=offered.capacity,
            per_school_limit=offered.per_school_limit,
            frees_declined_seats=offered.frees_declined_seats,
        )
        with transaction():
            notify_published(session, now=MORNING)
        world.session_ids.append(session.id)
    a_while_ago = count(-9)
    for key, offered in zip(world.session_ids, SESSIONS, strict=True):
        for teacher, school, number in offered.registered:
            ids = [key for key, pupil in zip(world.student_ids, PUPILS, strict=True) if pupil.school == school]
            students = [db.session.get_one(Student, student_id) for student_id in ids[:number]]
            now = MORNING + timedelta(minutes=next(a_while_ago))
            make.register(db.session.get_one(OutreachSession, key), db.session.get_one(User, world.user_ids[teacher]), *students, now=now)
