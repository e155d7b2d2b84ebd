"""Writes the adults of the demo: users with what a coordinator gave them, and applications that wait.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from outreach.db import db
from outreach.demo.adults import APPLICANTS, APPROVED, RUTH, Adult
from outreach.demo.world import World
from outreach.models import Application, Appointment, Mailbox, Membership, Role, RoleName, User


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


def _user(adult: Adult, password_hash: str, *, now: datetime) -> User:
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


def _given(world: World, adult: Adult, *, now: datetime) -> Membership | Appointment:
    """Give what the coordinator gave: a teacher a school, a clinician a site."""
    by_whom = {"user_id": world.users[adult.email], "approved_by_id": world.users[RUTH.email], "approved_at": now}
    if adult.role is RoleName.TEACHER:
        return Membership(school_id=world.schools[adult.place], **by_whom)
    return Appointment(site_id=world.sites[adult.place], **by_whom)
