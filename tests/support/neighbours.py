"""Two sessions on one afternoon, and families, teachers and hosts who share addresses: whoever is mixed up is noticed.

| student | school | own address | guardians | first session | second session |
|---|---|---|---|---|---|
| Ana | north | yes | Maria, Paul | has a seat | waits, third |
| Ben | north | no | Maria (Ana's sister) | has a seat | - |
| Cem | north | no | none: the teacher stands in | has a seat | waits, second |
| Dana | north | yes, of age | Olga | has a seat | - |
| Eli | north | yes | Tom, who teaches there | has a seat | - |
| Fay | north | no | Hana, who hosts the first session | has a seat | - |
| Gul | south | yes | Ruth | waits, second | has the seat |
| Hal | south | no | Ruth | waits, first | waits, first |
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, select

from outreach.db import Base, db, transaction
from outreach.models import (
    Guardian,
    Invitation,
    InvitationReason,
    Letter,
    LetterState,
    Mailbox,
    OutreachSession,
    Registration,
    RegistrationState,
    School,
    Student,
    User,
)
from outreach.notifications.notify import notify_published
from outreach.scheduling.inputs import WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from tests.support.builders import Builder
from tests.support.queued_letters import send_all
from tests.support.worlds import written_once

ANA, DANA, ELI, GUL = "ana@pupils.example", "dana@pupils.example", "eli@pupils.example", "gul@pupils.example"
MARIA, PAUL, OLGA, RUTH = "maria@homes.example", "paul@homes.example", "olga@homes.example", "ruth@homes.example"
NORA, TOM, SOL = "nora@north.example", "tom@north.example", "sol@south.example"
HANA, CARL = "hana@hospital.example", "carl@hospital.example"
GUARDIANS = {MARIA: "Maria Diaz", PAUL: "Paul Diaz", OLGA: "Olga Ek", TOM: "Thomas Reed", HANA: "Johanna Fox", RUTH: "Ruth Gray"}


T = TypeVar("T", bound=Base)


class Neighbours:
    """Everybody of the table, all letters sent. `now` is an hour after the last registration."""

    def __init__(self, make: Builder) -> None:
        self.make, self.now = make, make.now
        written_once(self._write, "neighbours", make.now)
        self.now = self.make.now + timedelta(hours=2)
        self.north, self.south = (self._one(School, School.name == name) for name in ("North School", "South School"))
        adults = (self._one(User, User.email == address) for address in (NORA, TOM, SOL, HANA, CARL))
        self.nora, self.tom, self.sol, self.hana, self.carl = adults
        titles = ("First Stitch", "Second Look")
        self.first, self.second = (self._one(OutreachSession, OutreachSession.title == title) for title in titles)
        self.students = {student.given_name: student for student in db.session.scalars(select(Student))}

    def _write(self) -> None:
        make = self.make
        north, south = make.school("North School"), make.school("South School", zone="Europe/Berlin")
        nora, tom = (make.teacher(north, given_name=name, email=address) for name, address in (("Nora", NORA), ("Tom", TOM)))
        sol = make.teacher(south, given_name="Sol", email=SOL)
        hana = make.clinician(given_name="Hana", family_name="Fox", email=HANA)
        carl = make.clinician(given_name="Carl", family_name="Ito", email=CARL)
        class_in_north, class_in_south = make.school_class(north, nora, tom), make.school_class(south, sol)
        self.students = {
            name: make.student(
                class_in_north if school is north else class_in_south,
                given_name=name,
                email=email,
                guardians=guardians,
                birth_date=date(2008, 1, 1) if name == "Dana" else None,
            )
            for name, school, email, guardians in (
                ("Ana", north, ANA, (MARIA, PAUL)),
                ("Ben", north, None, (MARIA,)),
                ("Cem", north, None, ()),
                ("Dana", north, DANA, (OLGA,)),
                ("Eli", north, ELI, (TOM,)),
                ("Fay", north, None, (HANA,)),
                ("Gul", south, GUL, (RUTH,)),
                ("Hal", south, None, (RUTH,)),
            )
        }
        with transaction():
            for guardian, address in db.session.execute(select(Guardian, Mailbox.address).join(Mailbox)).all():
                guardian.name = GUARDIANS[address]
        first = make.outreach_session(hana, title="First Stitch", capacity=6, co_hosts=[carl])
        second = make.outreach_session(carl, title="Second Look", capacity=1)
        with transaction():
            for outreach_session in (first, second):
                notify_published(outreach_session, now=self.now)
        self.register(first, nora, "Ana", "Ben", "Cem", "Dana", "Eli", "Fay")
        self.register(first, sol, "Hal", "Gul")
        self.register(second, sol, "Gul", "Hal")
        self.register(second, nora, "Cem", "Ana")
        send_all()

    def register(self, outreach_session: OutreachSession, teacher: User, *names: str) -> None:
        """Register these students, in this order, a minute later than the last."""
        self.now += timedelta(minutes=1)
        self.make.register(outreach_session, teacher, *(self.students[name] for name in names), now=self.now)

    def mailbox(self, address: str) -> Mailbox:
        """Give a mailbox as it is now."""
        return db.session.scalars(select(Mailbox).where(Mailbox.address == address).execution_options(populate_existing=True)).one()

    def registration(self, name: str, outreach_session: OutreachSession | None = None) -> Registration:
        """Give a student's registration for this session, or for the first, as it is now."""
        mine = select(Registration).where(
            Registration.student_id == self.students[name].id, Registration.session_id == (outreach_session or self.first).id
        )
        return db.session.scalars(mine.execution_options(populate_existing=True)).one()

    def set_state(self, name: str, state: RegistrationState) -> Registration:
        """Write another state into a student's registration for the first session, with no letter."""
        registration = self.registration(name)
        with transaction():
            registration.state = state
        return registration

    def invitation(self, address: str, outreach_session: OutreachSession | None = None) -> Invitation:
        """Give the invitation of an address to this session, or to the first, as it is now."""
        mine = select(Invitation).where(
            Invitation.mailbox_id == self.mailbox(address).id, Invitation.session_id == (outreach_session or self.first).id
        )
        return db.session.scalars(mine.execution_options(populate_existing=True)).one()

    def mark(self, marks: dict[str, str]) -> None:
        """Mark mailboxes, by address: stopped, undeliverable or blocked from now on."""
        for address, column in marks.items():
            mailbox = self.mailbox(address)
            with transaction():
                setattr(mailbox, column, self.now)

    def move(
        self, outreach_session: OutreachSession | None = None, *, days: int = 0, meeting_point: str = "Back door", note: str = ""
    ) -> None:
        """Move a session, or the first."""
        one = outreach_session or self.first
        when = WhenInput(day=one.starts_wall.date() + timedelta(days=days), start=time(14), end=time(16))
        where = WhereInput(site_id=one.site_id, zone=one.zone, meeting_point=meeting_point)
        apply_move(one.id, when, where, seen=one.updated_at, now=self.now, note=note)

    def rows_of(self, outreach_session: OutreachSession) -> list[tuple[object, ...]]:
        """Give all that calendars and outbox hold about a session."""
        key = outreach_session.id
        facts = (Invitation.id, Invitation.sequence, Invitation.sent_sequence, Invitation.is_live, Invitation.answer, Invitation.changed_at)
        reasons = (InvitationReason.invitation_id, InvitationReason.kind, InvitationReason.registration_id, InvitationReason.user_id)
        rows: list[tuple[object, ...]] = [tuple(row) for row in db.session.execute(select(*facts).where(Invitation.session_id == key))]
        found = select(*reasons).join(Invitation).where(Invitation.session_id == key)
        rows += [tuple(row) for row in db.session.execute(found)]
        waiting = select(Letter.mailbox_id, Letter.kind).where(Letter.session_id == key, Letter.state == LetterState.QUEUED)
        return sorted([*rows, *(tuple(row) for row in db.session.execute(waiting))], key=str)

    def _one(self, model: type[T], condition: ColumnElement[bool]) -> T:
        return db.session.scalars(select(model).where(condition)).one()
