"""A world to ask every route in: one database with a record of each kind, and everybody who may ask."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.confirmable import generate_confirmation_token
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import select

from outreach import create_app, tokens
from outreach.db import db, transaction
from outreach.inbound.use_cases import receive
from outreach.mail.transport import local_folder
from outreach.models import (
    Application,
    BackgroundJob,
    BlockedDomain,
    ImportBatch,
    ImportState,
    InboundMessage,
    Letter,
    OutreachSession,
    Registration,
    RoleName,
    SessionState,
    User,
)
from outreach.runtime.worker import Worker
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket
from outreach.web.extensions import limiter
from tests.support.builders import NOW, Builder
from tests.support.databases import settings_for
from tests.support.passwords import hash_cheaply

# Whose record it is: "owner" is its host, the teacher who registered, or the applicant. A colleague hosts or teaches with
# them, a stranger has the same role elsewhere.
REALMS = {
    **dict.fromkeys(("scheduling", "catalogue"), "host"),
    **dict.fromkeys(("schools", "registration", "arrangements", "background"), "teacher"),
}
STUDENT = "Somebodyelse"


@dataclass
class World:
    """One database with a record of each kind, and who asks for it."""

    app: Flask
    file: Path
    people: dict[str, dict[str, User | None]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    other: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, declared: str, asking: str) -> str:
        """Ask as somebody; give the status, or `in` where one is sent to sign in. What was changed is taken back."""
        endpoint, method, *variant = declared.split()
        client = self.client(self.people[realm(endpoint)][asking])
        response = client.open(self.path(endpoint, *variant), method=method, data=self.typed(endpoint, *variant))
        response.close()
        if method == "POST" and response.status_code < 400:
            self.take_back()
        is_sign_in = response.status_code == 302 and response.location.startswith("/login")
        return "in" if is_sign_in and asking == "anonymous" else str(response.status_code)

    def client(self, user: User | None) -> FlaskClient:
        client = self.app.test_client()
        if user is not None:
            with client.session_transaction() as cookie:
                cookie.update({"_user_id": user.fs_uniquifier, "_fresh": True, "fs_cc": "set"})
        return client

    def path(self, endpoint: str, variant: str = "", **chosen: Any) -> str:
        """Fill a route with the records of this world; `variant` and `chosen` name others."""
        values = self.values | self.other.get(endpoint, {}) | self.other.get(variant, {}) | chosen
        rule = next(self.app.url_map.iter_rules(endpoint))
        query = {"class": values["class_id"]} if endpoint.startswith(("registration.regist", "registration.draw")) else {}
        with self.app.test_request_context():
            return self.app.url_for(endpoint, **{name: values[name] for name in rule.arguments}, **query)

    def typed(self, endpoint: str, variant: str = "") -> dict[str, Any] | None:
        """Give what a form was filled in with: nothing, but where the answer would then say nothing about who asks."""
        forms = {
            "registration.answer_offer": {"answer": "accept"},
            "registration.remove": {"reason": "The area is closed."},
            "schools.edit_student": {"leaves_nobody": "y"},
            "families.not_mine": {"sure": "1"},
            "families.answer": {"answer": "accepted", "sequence": "0"},
            "schools.join_class": {"class_id": (self.values | self.other.get(variant, {}))["class_id"]},
        }
        return {"csrf_token": "any"} | forms.get(endpoint, {})

    def take_back(self) -> None:
        """Let the database be as it was."""
        with self.app.app_context():
            db.engine.dispose()
        for leftover in ("-wal", "-shm"):
            self.file.with_name(self.file.name + leftover).unlink(missing_ok=True)
        shutil.copyfile(self.kept, self.file)

    @property
    def kept(self) -> Path:
        """The database as it was in the beginning."""
        return self.file.with_suffix(".kept")


def realm(endpoint: str) -> str:
    """Say among whom an endpoint's owner is to be found."""
    of_hosts = {f"registration.{name}" for name in ("remove", "undo_removal", "accept_again")}
    return "host" if endpoint in of_hosts else REALMS.get(endpoint.partition(".")[0], "applicant")


@contextmanager
def open_world(template: Path, folder: Path, *, before_delivery: Callable[[Flask], None] | None = None) -> Iterator[World]:
    """Make one, at NOW, from a migrated database; `before_delivery` runs when its e-mails wait to be sent."""
    file = folder / "outreach.sqlite3"
    shutil.copyfile(template, file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        app = create_app(settings_for(folder, f"sqlite:///{file}"))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        hash_cheaply(app)
        patch.setattr(limiter, "enabled", False)
        world = World(app, file)
        with app.app_context():
            _populate(world, before_delivery or (lambda _app: None))
            db.session.remove()
            db.engine.dispose()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(file, world.kept)
        yield world
        with app.app_context():
            db.engine.dispose()


def _populate(world: World, before_delivery: Callable[[Flask], None]) -> None:
    make = Builder(NOW)
    school, elsewhere, coordinator = make.school(), make.school(), make.coordinator()
    teacher, colleague, stranger = make.teacher(school), make.teacher(school), make.teacher(elsewhere)
    host, co_host, other_host = make.clinician(), make.clinician(), make.clinician()
    applicant, fellow, rival = make.user(), make.user(), make.user()
    both = {"coordinator": coordinator, "anonymous": None}
    world.people = {
        "host": both | {"owner": host, "colleague": co_host, "stranger": other_host, "other role": teacher},
        "teacher": both | {"owner": teacher, "colleague": colleague, "stranger": stranger, "other role": host},
        "applicant": both | {"owner": applicant, "colleague": fellow, "stranger": rival, "other role": host},
    }
    site = make.site()
    published = make.outreach_session(host, site=site, co_hosts=[co_host])
    draft = make.outreach_session(host, site=site, co_hosts=[co_host], state=SessionState.DRAFT, published_at=None)
    provisional = make.outreach_session(host, site=site, co_hosts=[co_host], is_provisional=True, decides_at=NOW + timedelta(days=3))
    school_class = make.school_class(school, teacher)
    student = make.student(school_class, family_name=STUDENT, email="student@pupils.example", guardians=("parent@families.example",))
    make.register(published, teacher, student)
    unconfirmed = make.user()
    with transaction():
        application = Application(user_id=applicant.id, role=RoleName.TEACHER, place="A school", created_at=NOW)
        db.session.add_all([application, BlockedDomain(domain="pupils.example", since=NOW)])
        unconfirmed.confirmed_at = None
        job = BackgroundJob(kind="any", title="A list", facts={}, page="/", started_by_id=teacher.id, due_at=NOW, created_at=NOW)
        of = {"school_id": school.id, "class_id": school_class.id, "by_id": teacher.id}
        batch = ImportBatch(**of, uploaded_at=NOW, finished_at=NOW, state=ImportState.IMPORTED, added=1)
        db.session.add_all([job, batch])
    registration = db.session.scalars(select(Registration)).one()
    db.session.commit()
    before_delivery(world.app)
    Worker(world.app, clock=lambda: NOW).deliver()
    letter = db.session.scalars(select(Letter).where(Letter.mailbox_id == student.mailbox_id)).one()
    name = next(path.stem for path in sorted(local_folder(world.app.extensions["outreach"]).iterdir()))
    world.values = {
        "session_id": published.id,
        "registration_id": registration.id,
        "class_id": school_class.id,
        "job_id": job.id,
        "batch_id": batch.id,
        "student_id": student.id,
        "application_id": application.id,
        "user_id": rival.id,
        "school_id": school.id,
        "site_id": site.id,
        "letter_id": letter.id,
        "invitation_id": letter.invitation_id,
        "mailbox_id": student.mailbox_id,
        "domain": "pupils.example",
        "message_id": _received(),
        "format_key": "talk",
        "name": name,
        "filename": "css/outreach.css",
    }
    ticket = partial(Ticket, student.mailbox_id or 0, published.id, link_version=1, expires_at=published.ends_at + tokens.LASTS)
    secret = world.app.config["SECRET_KEY"]
    world.other = {
        "draft": {"session_id": draft.id},
        **{f"about.{view}": {"name": "about"} for view in ("show", "edit")},
        "provisional": {"session_id": provisional.id},
        "strangers": {"token": _decision(world, provisional, other_host)},
        "coordinators": {"token": _decision(world, provisional, coordinator)},
        **{f"decisions.{name}": {"token": _decision(world, provisional, co_host)} for name in ("show", "confirm", "call_off")},
        "foreign": {"class_id": make.school_class(elsewhere, stranger).id},
        "families.show": {"token": tokens.sign(ticket(LinkPurpose.FAMILY), secret)},
        "families.answer": {"token": tokens.sign(ticket(LinkPurpose.FAMILY), secret)},
        **{
            f"families.{name}": {"token": tokens.sign(ticket(LinkPurpose.FAMILY), secret)}
            for name in ("ask_to_withdraw", "withdraw_ticked", "withdraw", "undo")
        },
        "families.not_mine": {"token": tokens.sign(ticket(LinkPurpose.NOT_MINE), secret)},
        "families.undo_not_mine": {"token": tokens.sign(ticket(LinkPurpose.UNDO), secret)},
        "families.reminders": {"token": tokens.sign(ticket(LinkPurpose.REMINDERS), secret)},
        "families.restart_reminders": {"token": tokens.sign(ticket(LinkPurpose.REMINDERS), secret)},
        "accounts.confirm": {"token": generate_confirmation_token(unconfirmed)},  # type: ignore[no-untyped-call]  # it has no annotations
        "security.reset_password": {"token": generate_reset_password_token(rival)},  # type: ignore[no-untyped-call]  # it has no annotations
    }


def _decision(world: World, outreach_session: OutreachSession, user: User) -> str:
    ticket = Ticket(user.mailbox_id, outreach_session.id, LinkPurpose.DECIDE, link_version=1, expires_at=outreach_session.starts_at)
    return tokens.sign(ticket, world.app.config["SECRET_KEY"])


def _received() -> int:
    """Take in a message nobody can place."""
    receive(b"From: parent@families.example\r\nSubject: Hello\r\n\r\nHello.\r\n", delivered_to=None, source="test", now=NOW)
    return db.session.scalars(select(InboundMessage.id)).one()
