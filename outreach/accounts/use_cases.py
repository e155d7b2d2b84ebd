"""What people do about their own account, and how Flask-Security's changes are written.

Passwords come hashed: a hash takes 0.2 s, and no transaction waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_security.confirmable import generate_confirmation_token
from sqlalchemy import Select, delete, func, select

from outreach.accounts.letters import already_here_letter, confirm_letter
from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal, Stale
from outreach.models import Application, ApplicationState, Mailbox, OutreachSession, Role, RoleName, User
from outreach.notifications import notify_wording, snapshot_of
from outreach.outbox import NewLetter, enqueue
from outreach.people import mailbox_of


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who somebody says they are. `email` is a normal address, `password_hash` what Flask-Security made of the password."""

    given_name: str
    family_name: str
    email: str
    password_hash: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody asks to be, and where; a coordinator gives the real place."""

    role: RoleName
    place: str
    message: str = ""


def apply(person: Person, wish: Wish, *, now: datetime) -> None:
    """Take an application from somebody without an account, and ask whether the address is theirs.

    Whoever asks can't tell whether the address was known: only its mailbox can. Until the address is confirmed, a new
    application replaces the old one with its password and link, so that nobody can sit on a stranger's address.
    """
    uniquifier = uuid4().hex
    token = generate_confirmation_token(User(email=person.email, fs_uniquifier=uniquifier))  # type: ignore[no-untyped-call]  # it has no annotations
    with transaction():
        mailbox = mailbox_of(person.email)
        user = _reader_of(mailbox)
        if user is not None and (user.confirmed_at is not None or not user.active):
            enqueue([already_here_letter(user, now=now)], now=now)
            return
        user = user or User(mailbox_id=mailbox.id, email=person.email, active=True, created_at=now)
        _become(user, person, uniquifier)
        db.session.execute(delete(Application).where(Application.user_id == user.id, Application.state == ApplicationState.PENDING))
        db.session.add(_application(user.id, wish, now))
        enqueue([confirm_letter(user, token, now=now)], now=now)


def apply_again(user_id: int, wish: Wish, *, now: datetime) -> None:
    """Take an application from somebody who is signed in. Raises Refusal while one for the same role waits."""
    with transaction():
        user = _user(user_id)
        must_not_wait(user.id, wish.role)
        db.session.add(_application(user.id, wish, now))


def must_not_wait(user_id: int, role: str | None) -> None:
    """Raise Refusal while an application for this role waits."""
    waits = select(Application.id).where(
        Application.user_id == user_id, Application.role == role, Application.state == ApplicationState.PENDING
    )
    if role in list(RoleName) and db.session.scalar(waits) is not None:
        raise Refusal(
            _("Your application for this role is waiting for a decision. We'll e-mail you as soon as there is one."), field="role"
        )


def ask_again(email: str, *, now: datetime) -> None:
    """Send the confirmation letter once more; nothing happens for an address that is unknown, confirmed or closed.

    A token takes 0.3 s to make; one is made for any address, so that the clock doesn't tell which are known.
    """
    user = db.session.scalar(select(User).where(User.email == email))
    token = generate_confirmation_token(user or User(email=email, fs_uniquifier=""))  # type: ignore[no-untyped-call]  # it has no annotations
    if user is None or user.confirmed_at is not None or not user.active:
        return
    with transaction():
        enqueue([confirm_letter(user, token, now=now)], now=now)


def confirm_address(user_id: int, uniquifier: str, *, now: datetime) -> None:
    """Believe that the address is theirs; a second time changes nothing.

    Raises Stale when an application has meanwhile replaced the one whose `fs_uniquifier` this was.
    """
    with transaction():
        user = _user(user_id)
        if user.fs_uniquifier != uniquifier:
            raise Stale(_("There is a newer application for this address. Please use the link in the newest e-mail."))
        user.confirmed_at = user.confirmed_at or now


def edit_profile(user_id: int, *, given_name: str, family_name: str, zone: str, now: datetime, sends_name: bool = False) -> None:
    """Change what somebody is called and which clock they read.

    A host's new name reaches calendars with the next update of each session; `sends_name`: all their sessions are updated now.
    """
    with transaction():
        theirs = list(db.session.scalars(_hosted(user_id, now).order_by(OutreachSession.id))) if sends_name else []
        sessions = list(filter(None, (locked(OutreachSession, key) for key in theirs)))
        user, before = _user(user_id), [snapshot_of(one) for one in sessions]
        user.given_name, user.family_name, user.zone = given_name, family_name, zone
        db.session.flush()
        for one, previous in zip(sessions, before, strict=True):
            notify_wording(one, previous=previous, has_new_description=False, now=now)


def hosted_to_come(user_id: int, *, now: datetime) -> int:
    """Count the sessions to come whose invitations name this user as the host."""
    return db.session.scalar(select(func.count()).select_from(_hosted(user_id, now).subquery())) or 0


def _hosted(user_id: int, now: datetime) -> Select[int]:
    return select(OutreachSession.id).where(OutreachSession.host_id == user_id, OutreachSession.is_to_come(now))


def has_account(email: str) -> bool:
    """Say whether somebody has confirmed this address."""
    return db.session.scalar(select(User.id).where(User.email == email, User.confirmed_at.is_not(None))) is not None


def create_coordinator(person: Person, *, now: datetime) -> User:
    """Make a coordinator whose address needs no confirmation; who has an account keeps its password."""
    with transaction():
        mailbox = mailbox_of(person.email)
        user = _reader_of(mailbox) or User(mailbox_id=mailbox.id, email=person.email, active=True, created_at=now)
        if user.confirmed_at is None:
            _become(user, person, uuid4().hex)
        user.active, user.confirmed_at = True, user.confirmed_at or now
        if not user.is_a(RoleName.COORDINATOR):
            user.roles.append(db.session.scalars(select(Role).where(Role.name == RoleName.COORDINATOR)).one())
    return user


def keep_account_changes(changes: Mapping[int, Mapping[str, Any]], letters: Sequence[NewLetter], *, now: datetime) -> None:
    """Write what Flask-Security changed in users, {id: {column: value}}, together with the letters about it."""
    with transaction():
        for user_id, values in changes.items():
            user = _user(user_id)
            for name, value in values.items():
                setattr(user, name, value)
        enqueue(letters, now=now)


def _become(user: User, person: Person, uniquifier: str) -> None:
    user.given_name, user.family_name, user.zone = person.given_name, person.family_name, person.zone
    user.password, user.fs_uniquifier = person.password_hash, uniquifier
    db.session.add(user)
    db.session.flush()


def _reader_of(mailbox: Mailbox) -> User | None:
    found = select(User).where(User.mailbox_id == mailbox.id).with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(found)


def _application(user_id: int, wish: Wish, now: datetime) -> Application:
    return Application(user_id=user_id, role=wish.role, place=wish.place, message=wish.message, created_at=now)


def _user(user_id: int) -> User:
    user = locked(User, user_id)
    if user is None:
        raise NotThere(_("This account no longer exists."))
    return user
