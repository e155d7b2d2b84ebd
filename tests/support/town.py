"""The town: people and sessions that are in every test's database, beside what the test makes.

Whoever forgets a `where` finds the town's rows too: two schools under different laws, two sessions that overlap in time and in people, a
third with two offers, and every family that needs care. All its e-mails have left, so the outbox is empty when a test begins.
A test that counts everything there is says `@pytest.mark.empty_database`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from outreach.db import db, transaction
from outreach.families.use_cases import not_mine
from outreach.models import (
    Answer,
    AnswerSource,
    Area,
    BounceKind,
    Invitation,
    Mailbox,
    OutreachSession,
    Registration,
    School,
    SchoolClass,
    Student,
    User,
)
from outreach.notifications.notify import notify_published
from outreach.outbox.bounces import record_bounce
from outreach.registration import use_cases as registering
from outreach.rsvp.record import NewRsvp, record_rsvp
from tests.support.builders import TOWN, Builder
from tests.support.outbox import Scripted, deliver

DALE, MOOR = "Dale School", "Moor School"
WORKSHOP, TALK, WARD_VISIT = "Suture evening", "A surgeon's day", "Ward round"


def address(name: str) -> str:
    """Give the e-mail address of somebody in the town."""
    return f"{name.lower()}@{TOWN}"


@dataclass(frozen=True)
class Town:
    """Finds the town's people and sessions by name, as the database has them now.

    | who | what is awkward about them |
    |---|---|
    | Tara, Theo | teach at Dale School (of age at 18); Theo is Dilys's guardian |
    | Tess | teaches at Moor School (of age at 16) |
    | Clara | hosts the workshop and the ward visit, and is co-host of the talk |
    | Cole | hosts the talk, is co-host of the workshop, and is Esme's guardian |
    | Cora | coordinator |
    | Amara, Bodhi | siblings: one guardian, grace; Bodhi has no e-mail. Amara has a seat in both sessions that overlap |
    | Callum | is of age; his guardian greta hears nothing |
    | Dilys | has no birth date |
    | Esme | waits for the workshop, was offered the ward visit |
    | Farid | his guardian faye said "not my child" after she had declined, so his seat is held |
    | Gwen | her guardian glyn can't be reached any more; he had accepted |
    | Hari | is in no class any more, and withdrew from the workshop |
    | Isla | 16: of age at her school, a minor at the other |
    | Jock | has no e-mail and no guardian: Tess stands in |
    | Kirsty | waits for the workshop; her guardian is grace, as at the other school |
    """

    def session(self, title: str) -> OutreachSession:
        """Give a session: WORKSHOP, TALK or WARD_VISIT."""
        return db.session.scalars(select(OutreachSession).where(OutreachSession.title == title)).one()

    @property
    def workshop(self) -> OutreachSession:
        """25 March 2027, 14:00 to 16:00 in London: 8 of 8 seats taken, Esme and Kirsty wait."""
        return self.session(WORKSHOP)

    @property
    def talk(self) -> OutreachSession:
        """25 March 2027, 15:00 to 17:00 in London, a school may send two: 4 of 5 seats taken, Gwen waits. A declined seat is freed."""
        return self.session(TALK)

    @property
    def ward_visit(self) -> OutreachSession:
        """2 March 2027, 08:00 to 10:00 in London, 16 and over in its area: both seats are offered, to Amara and Esme."""
        return self.session(WARD_VISIT)

    def school(self, name: str = DALE) -> School:
        """Give a school."""
        return db.session.scalars(select(School).where(School.name == name)).one()

    def school_class(self, name: str = "Dale 11A") -> SchoolClass:
        """Give a class: Dale 11A (Tara), Dale 11B (Theo) or Moor S4 (Tess)."""
        return db.session.scalars(select(SchoolClass).where(SchoolClass.name == name)).one()

    def student(self, given_name: str) -> Student:
        """Give a student."""
        in_town = Student.school_id.in_(select(School.id).where(School.name.in_((DALE, MOOR))))
        return db.session.scalars(select(Student).where(Student.given_name == given_name, in_town)).one()

    def user(self, given_name: str) -> User:
        """Give an adult who signs in."""
        return db.session.scalars(select(User).where(User.email == address(given_name))).one()

    def mailbox(self, name: str) -> Mailbox:
        """Give the mailbox of a student, an adult or a guardian."""
        return db.session.scalars(select(Mailbox).where(Mailbox.address == address(name))).one()

    def registration(self, given_name: str, title: str = WORKSHOP) -> Registration:
        """Give the newest registration of a student for a session."""
        mine = Registration.student_id == self.student(given_name).id, Registration.session_id == self.session(title).id
        return db.session.scalars(select(Registration).where(*mine).order_by(Registration.id.desc()).limit(1)).one()

    def invitation(self, name: str, title: str = WORKSHOP) -> Invitation:
        """Give somebody's invitation to a session."""
        mine = Invitation.mailbox_id == self.mailbox(name).id, Invitation.session_id == self.session(title).id
        return db.session.scalars(select(Invitation).where(*mine)).one()


def build_town(now: datetime) -> None:
    """Write the town into an empty database, a week before `now`; its e-mails have left by then."""
    make, town = Builder(now - timedelta(days=7)), Town()
    _adults_and_schools(make)
    _dale(make, town)
    _moor(make, town)
    _register(make, town)
    deliver(Scripted(), make.now + timedelta(hours=1))
    _change_places(town, now - timedelta(minutes=30))
    deliver(Scripted(), now - timedelta(minutes=30))
    _answer_and_fail(town, now - timedelta(minutes=20))
    deliver(Scripted(), now - timedelta(minutes=20))


def _adults_and_schools(make: Builder) -> None:
    dale, moor = make.school(DALE), make.school(MOOR, majority_age=16)
    tara, theo = (make.teacher(dale, given_name=name, family_name="Dale", email=address(name)) for name in ("Tara", "Theo"))
    tess = make.teacher(moor, given_name="Tess", family_name="Moorcroft", email=address("Tess"))
    make.school_class(dale, tara, name="Dale 11A")
    make.school_class(dale, theo, name="Dale 11B")
    make.school_class(moor, tess, name="Moor S4")
    clara, cole = (make.clinician(given_name=name, family_name="Ward", email=address(name)) for name in ("Clara", "Cole"))
    make.coordinator(given_name="Cora", family_name="Lead", email=address("Cora"))
    infirmary = make.site("Town Infirmary", address="1 Bridge Street", zone="Europe/London", country="GB")
    for clinician in (clara, cole):
        make.appointment(clinician, infirmary)
    _sessions(make, clara, cole, make.area(infirmary, "Seminar room"), make.area(infirmary, "Ward 7", age_floor=16))


def _dale(make: Builder, town: Town) -> None:
    first, second = town.school_class("Dale 11A"), town.school_class("Dale 11B")
    born = date(2010, 6, 1)
    make.student(first, second, given_name="Amara", email=address("Amara"), guardians=(address("grace"),), birth_date=born, number="D1")
    make.student(first, given_name="Bodhi", guardians=(address("grace"),), birth_date=date(2012, 6, 1), number="D2")
    make.student(first, given_name="Callum", email=address("Callum"), guardians=(address("greta"),), birth_date=date(2008, 6, 1))
    make.student(first, given_name="Dilys", email=address("Dilys"), guardians=(address("Theo"),))
    make.student(first, given_name="Esme", email=address("Esme"), guardians=(address("Cole"),), birth_date=born)
    make.student(second, given_name="Farid", email=address("Farid"), guardians=(address("faye"),), birth_date=born)
    make.student(second, given_name="Gwen", email=address("Gwen"), guardians=(address("glyn"), None), birth_date=born)
    make.student(first, given_name="Hari", email=address("Hari"), guardians=(address("hana"),), birth_date=born)


def _moor(make: Builder, town: Town) -> None:
    fourth = town.school_class("Moor S4")
    make.student(fourth, given_name="Isla", email=address("Isla"), guardians=(address("ines"),), birth_date=date(2010, 6, 1))
    make.student(fourth, given_name="Jock", birth_date=date(2012, 6, 1))
    make.student(fourth, given_name="Kirsty", email=address("Kirsty"), guardians=(address("grace"),), birth_date=date(2012, 6, 1))


def _sessions(make: Builder, clara: User, cole: User, seminar_room: Area, ward: Area) -> None:
    day = datetime(2027, 3, 25, 14)
    common: dict[str, Any] = {"site": seminar_room.site, "area_id": seminar_room.id}
    workshop = make.outreach_session(clara, title=WORKSHOP, starts_wall=day, capacity=8, co_hosts=[cole], **common)
    limits: dict[str, Any] = {"capacity": 5, "per_school_limit": 2, "frees_declined_seats": True}
    later = day + timedelta(hours=1)
    talk = make.outreach_session(cole, title=TALK, format_key="talk", starts_wall=later, co_hosts=[clara], **limits, **common)
    soon = datetime(2027, 3, 2, 8)
    visit = make.outreach_session(
        clara, title=WARD_VISIT, format_key="shadowing", starts_wall=soon, capacity=2, site=ward.site, area_id=ward.id
    )
    with transaction():
        for outreach_session in (workshop, talk, visit):
            notify_published(outreach_session, now=make.now)


def _register(make: Builder, town: Town) -> None:
    tara, theo, tess = (town.user(name) for name in ("Tara", "Theo", "Tess"))
    asked: tuple[tuple[str, User, tuple[str, ...]], ...] = (
        (WORKSHOP, tara, ("Amara", "Bodhi", "Callum", "Dilys", "Hari")),
        (WORKSHOP, theo, ("Farid", "Gwen")),
        (WORKSHOP, tess, ("Isla", "Jock")),
        (WORKSHOP, tara, ("Esme",)),
        (WORKSHOP, tess, ("Kirsty",)),
        (TALK, tara, ("Amara", "Callum")),
        (TALK, theo, ("Gwen",)),
        (TALK, tess, ("Isla", "Kirsty")),
        (WARD_VISIT, tess, ("Isla",)),
        (WARD_VISIT, tara, ("Callum", "Amara", "Esme")),
    )
    for minutes, (title, teacher, names) in enumerate(asked):
        students = [town.student(name) for name in names]
        make.register(town.session(title), teacher, *students, now=make.now + timedelta(minutes=minutes))


def _change_places(town: Town, now: datetime) -> None:
    registering.withdraw(town.registration("Hari").id, now=now, by_id=town.user("Tara").id)
    for name in ("Callum", "Isla"):
        registering.withdraw(town.registration(name, WARD_VISIT).id, now=now, by_mailbox_id=town.mailbox(name).id)
    with transaction():
        hari = town.student("Hari")
        hari.classes.clear()


def _answer_and_fail(town: Town, now: datetime) -> None:
    with transaction():
        for name, answer in (("faye", Answer.DECLINED), ("glyn", Answer.ACCEPTED), ("Amara", Answer.TENTATIVE), ("Cole", Answer.ACCEPTED)):
            record_rsvp(town.invitation(name), NewRsvp(answer=answer, source=AnswerSource.PAGE), now=now)
        record_bounce(town.mailbox("glyn").id, None, BounceKind.HARD, status="5.1.1", words="550 5.1.1 No such user", now=now)
    not_mine(town.mailbox("faye").id, session_id=town.workshop.id, now=now)
