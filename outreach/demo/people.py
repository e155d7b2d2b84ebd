"""The adults of the demo: hosts, teachers, a coordinator, and applicants who wait. Nobody real."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from outreach.accounts import demo_sign_ins
from outreach.db import db
from outreach.demo.places import (
    LANTERN_HILL,
    LONDON,
    LOS_ANGELES,
    MAPLE_HOLLOW,
    NEW_YORK,
    PELICAN_POINT,
    ST_ELSWYTH,
    SUNDIAL_BAY,
    WILLOWBROOK,
)
from outreach.demo.world import World
from outreach.models import Application, Appointment, Mailbox, Membership, Role, RoleName, User


@dataclass(frozen=True)
class DemoAdult:
    """Somebody invented. `place`: the school or site a coordinator gave them; of an applicant, the one they proposed."""

    given_name: str
    family_name: str
    email: str
    zone: str
    role: RoleName
    place: str = ""
    message: str = ""


RUTH = DemoAdult("Ruth", "Castellan", demo_sign_ins.COORDINATOR.email, NEW_YORK, RoleName.COORDINATOR)

MAYA = DemoAdult("Maya", "Lindgren", demo_sign_ins.CLINICIAN.email, NEW_YORK, RoleName.CLINICIAN, LANTERN_HILL)
JULIAN = DemoAdult("Julian", "Achebe", "julian.achebe@lanternhill.example", NEW_YORK, RoleName.CLINICIAN, LANTERN_HILL)
TERESA = DemoAdult("Teresa", "Valdez", "teresa.valdez@pelicanpoint.example", LOS_ANGELES, RoleName.CLINICIAN, PELICAN_POINT)
ROSALIND = DemoAdult("Rosalind", "Hartnell", "rosalind.hartnell@elswyth.example", LONDON, RoleName.CLINICIAN, ST_ELSWYTH)
IMRAN = DemoAdult("Imran", "Qadir", "imran.qadir@elswyth.example", LONDON, RoleName.CLINICIAN, ST_ELSWYTH)

NOOR = DemoAdult("Noor", "Abadi", demo_sign_ins.TEACHER.email, NEW_YORK, RoleName.TEACHER, MAPLE_HOLLOW)
PETER = DemoAdult("Peter", "Vance", "peter.vance@maplehollow.example", NEW_YORK, RoleName.TEACHER, MAPLE_HOLLOW)
CARLA = DemoAdult("Carla", "Montoya", "carla.montoya@sundialbay.example", LOS_ANGELES, RoleName.TEACHER, SUNDIAL_BAY)
GWEN = DemoAdult("Gwen", "Parry", "gwen.parry@willowbrook.example", LONDON, RoleName.TEACHER, WILLOWBROOK)

APPROVED = (RUTH, MAYA, JULIAN, TERESA, ROSALIND, IMRAN, NOOR, PETER, CARLA, GWEN)
APPLICANTS = (
    DemoAdult(
        "Bilal",
        "Hussain",
        "bilal.hussain@foxglove.example",
        LONDON,
        RoleName.TEACHER,
        "Foxglove Community School, London",
        "I teach biology in years 10 to 13. Two of my students asked whether they could come to a workshop.",
    ),
    DemoAdult(
        "Ingrid",
        "Solberg",
        "ingrid.solberg@pelicanpoint.example",
        LOS_ANGELES,
        RoleName.CLINICIAN,
        "Pelican Point Medical Center, Los Angeles",
        "Paediatric surgeon. I would like to offer a stitch workshop every other month.",
    ),
)


def make_people(world: World, *, password_hash: str, now: datetime) -> None:
    """Write everybody who has been approved; they share one password."""
    roles = {role.name: role for role in db.session.scalars(select(Role))}
    users = {adult: _user(adult, password_hash, now=now) for adult in APPROVED}
    for adult, user in users.items():
        user.roles = [roles[adult.role]]
    db.session.add_all(users.values())
    db.session.flush()
    world.users = {adult.email: user.id for adult, user in users.items()}
    db.session.add_all(_given(world, adult, now=now) for adult in APPROVED if adult.place)


def make_applications(*, password_hash: str, now: datetime) -> None:
    """Write those who have confirmed their address and wait for a coordinator."""
    for adult in APPLICANTS:
        application = Application(role=adult.role, place=adult.place, message=adult.message, created_at=now)
        application.user = _user(adult, password_hash, now=now)
        db.session.add(application)


def _user(adult: DemoAdult, password_hash: str, *, now: datetime) -> User:
    return User(
        email=adult.email,
        mailbox=Mailbox(address=adult.email),
        given_name=adult.given_name,
        family_name=adult.family_name,
        zone=adult.zone,
        password=password_hash,
        active=True,
        fs_uniquifier=uuid4().hex,
        confirmed_at=now,
        created_at=now,
    )


def _given(world: World, adult: DemoAdult, *, now: datetime) -> Membership | Appointment:
    """Give what the coordinator gave: a teacher a school, a clinician a site."""
    by_whom = {"user_id": world.users[adult.email], "approved_by_id": world.users[RUTH.email], "approved_at": now}
    if adult.role is RoleName.TEACHER:
        return Membership(school_id=world.schools[adult.place], **by_whom)
    return Appointment(site_id=world.sites[adult.place], **by_whom)
