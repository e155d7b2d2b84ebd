"""What tests of letters that don't arrive share: a student, her guardian, a teacher, a session, and what left for the guardian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial

from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import BounceKind, Invitation, Letter, LetterState, Mailbox, OutreachSession, Registration, Student, User
from outreach.outbox.bounces import record_bounce
from outreach.registration import use_cases as registering
from outreach.scheduling.inputs import WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver

MARIA = "maria@families.example"


@dataclass
class World:
    """Ana's guardian is Maria; the class has one teacher; every letter that leaves is remembered."""

    make: Builder
    now: datetime
    teacher: User = field(init=False)
    ana: Student = field(init=False)
    session: OutreachSession = field(init=False)

    def __post_init__(self) -> None:
        school = self.make.school()
        self.teacher = self.make.teacher(school)
        self.school_class = self.make.school_class(school, self.teacher)
        self.ana = self.make.student(self.school_class, given_name="Ana", guardians=(MARIA,))
        self.session = self.make.outreach_session(self.make.clinician())

    @property
    def maria(self) -> Mailbox:
        """Maria's mailbox as it is now."""
        return db.session.scalars(select(Mailbox).where(Mailbox.address == MARIA).execution_options(populate_existing=True)).one()

    @property
    def invitation(self) -> Invitation:
        """Maria's invitation to the session as it is now."""
        mine = select(Invitation).where(Invitation.mailbox_id == self.maria.id, Invitation.session_id == self.session.id)
        return db.session.scalars(mine.execution_options(populate_existing=True)).one()

    def register(self, *chosen: Student, session: OutreachSession | None = None) -> None:
        """Register these students, or Ana."""
        self.make.register(session or self.session, self.teacher, *chosen or (self.ana,), now=self.now)

    def bounce(self, kind: BounceKind = BounceKind.HARD) -> None:
        """The last letter to Maria that left comes back."""
        last = select(Letter.id).where(Letter.mailbox_id == self.maria.id, Letter.state == LetterState.SENT).order_by(Letter.id.desc())
        with transaction():
            record_bounce(self.maria.id, db.session.scalar(last.limit(1)), kind, status="5.1.1", words="550 5.1.1 Unknown", now=self.now)

    def moving(self) -> Callable[[], object]:
        """Give what moves the session as it stands by a day."""
        db.session.refresh(self.session)
        when = WhenInput(day=self.session.starts_wall.date() + timedelta(days=1), start=time(9), end=time(10, 30))
        where = WhereInput(site_id=self.session.site_id, zone=self.session.zone, meeting_point="Main entrance")
        return partial(apply_move, self.session.id, when, where, seen=self.session.updated_at, now=self.now)

    def withdraw(self) -> None:
        """Give Ana's place back."""
        place = db.session.scalars(select(Registration.id).where(Registration.student_id == self.ana.id)).first()
        assert place is not None
        registering.withdraw(place, now=self.now, by_id=self.teacher.id)

    def to_maria(self, transport: Scripted | None = None, now: datetime | None = None) -> list[tuple[str, int | None]]:
        """Deliver all that is due; give kind and SEQUENCE of what left for Maria just now."""
        transport = transport or Scripted()
        deliver(transport, now or self.now)
        names = [int(envelope.name.split("-")[1]) for envelope in transport.sent if envelope.recipient == MARIA]
        left = {letter.id: letter for letter in db.session.scalars(select(Letter).where(Letter.id.in_(names)))}
        return [(left[key].kind.value, left[key].sequence) for key in names]
