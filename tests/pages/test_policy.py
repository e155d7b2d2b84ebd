"""Every route of the service, asked for by everybody: who gets which answer is declared here, and nowhere guessed.

A route without a declared answer fails. A stranger's record looks like one that isn't there.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.confirmable import generate_confirmation_token
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import select

from outreach import clock, create_app, links
from outreach.db import db, transaction
from outreach.extensions import limiter
from outreach.links import Purpose, Ticket
from outreach.models import Application, Letter, OutreachSession, Registration, RoleName, SchoolClass, SessionState, User
from outreach.outbox.transport import local_folder
from outreach.registration.use_cases import Request, register_students
from outreach.worker import Worker
from tests.builders import Builder
from tests.conftest import NOW, _settings

ASKING = ("coordinator", "owner", "colleague", "stranger", "other role", "anonymous")
# Whose record it is: "owner" is its host, the teacher who registered, or the applicant. A colleague hosts or teaches with
# them, a stranger has the same role elsewhere.
REALMS = {"scheduling": "host", "catalogue": "host", "schools": "teacher", "registration": "teacher"}


STUDENT = "Somebodyelse"


def everybody(status: int) -> str:
    """The same for all."""
    return " ".join([str(status)] * 6)


def signed_in(status: int) -> str:
    """Whoever has signed in; `in`: the others are sent to."""
    return " ".join([str(status)] * 5) + " in"


def the_role(status: int) -> str:
    """Whoever has the role, and the coordinator."""
    return " ".join([str(status)] * 4) + " 403 in"


def keepers(status: int) -> str:
    """Whose record it is, and the coordinator; a stranger finds nothing."""
    return " ".join([str(status)] * 3) + " 404 403 in"


def coordinator(status: int) -> str:
    """The coordinator alone."""
    return f"{status} 403 403 403 403 in"


# "endpoint METHOD [variant]": the status each of ASKING gets. A form posted with nothing in it answers 422, or 303 where it
# begins with what is there already.
ANSWERS = {
    "accounts.applied GET": everybody(200),
    "accounts.apply GET": everybody(200),
    "accounts.apply POST": everybody(422),
    "accounts.confirm GET": everybody(200),
    "accounts.confirm POST": everybody(422),
    "accounts.confirm_again GET": everybody(200),
    "accounts.confirm_again POST": everybody(422),
    "accounts.home GET": signed_in(200),
    "accounts.home POST": signed_in(303),
    "accounts.start GET": signed_in(302),
    "bootstrap.static GET": everybody(200),
    "catalogue.calendar GET": everybody(200),
    "catalogue.calendar GET draft": everybody(404),
    "catalogue.index GET": everybody(200),
    "catalogue.show GET": everybody(200),
    "catalogue.show GET draft": "200 200 200 404 404 404",
    "coordination.application GET": coordinator(200),
    "coordination.applications GET": coordinator(200),
    "coordination.approve POST": coordinator(303),
    "coordination.close_account POST": coordinator(303),
    "coordination.decline POST": coordinator(422),
    "coordination.home GET": coordinator(200),
    "coordination.letter GET": coordinator(200),
    "coordination.letters GET": coordinator(200),
    "coordination.mailboxes GET": coordinator(200),
    "coordination.new_school GET": coordinator(200),
    "coordination.new_school POST": coordinator(422),
    "coordination.new_site GET": coordinator(200),
    "coordination.new_site POST": coordinator(422),
    "coordination.open_account POST": coordinator(303),
    "coordination.people GET": coordinator(200),
    "coordination.person GET": coordinator(200),
    "coordination.retry POST": coordinator(303),
    "coordination.school GET": coordinator(200),
    "coordination.school POST": coordinator(303),
    "coordination.schools GET": coordinator(200),
    "coordination.sessions GET": coordinator(200),
    "coordination.site GET": coordinator(200),
    "coordination.site POST": coordinator(303),
    "coordination.sites GET": coordinator(200),
    "coordination.try_now POST": coordinator(303),
    # the link is the key, whoever has signed in
    "families.not_mine GET": everybody(200),
    "families.not_mine POST": everybody(303),
    "families.show GET": everybody(200),
    "families.stopped GET": everybody(200),
    "families.withdraw GET": everybody(200),
    "families.withdraw POST": everybody(303),
    "health.healthz GET": everybody(200),
    "health.readyz GET": everybody(200),
    # in a demo without a mail server alone
    "mailbox.download GET": everybody(200),
    "mailbox.html GET": everybody(200),
    "mailbox.index GET": everybody(200),
    "mailbox.show GET": everybody(200),
    "registration.answer_offer POST": keepers(303),
    "registration.index GET": the_role(200),
    # of any session the places of one's own school: see test_a_stranger_sees_nobody
    "registration.places GET": the_role(200),
    "registration.places GET draft": "200 404 404 404 403 in",
    "registration.register GET": keepers(200),
    "registration.register GET draft": "200 404 404 404 403 in",
    "registration.registered POST": keepers(422),
    "registration.registered POST foreign": "422 404 404 422 403 in",
    "registration.remove GET": keepers(200),
    "registration.remove POST": keepers(422),
    "registration.withdraw GET": keepers(200),
    "registration.withdraw POST": keepers(303),
    "scheduling.cancel GET": keepers(200),
    "scheduling.cancel GET draft": keepers(200),
    "scheduling.cancel POST": keepers(422),
    "scheduling.cancel POST draft": keepers(303),
    "scheduling.choose GET": the_role(200),
    "scheduling.edit GET": keepers(200),
    "scheduling.edit GET draft": keepers(200),
    "scheduling.edit POST": keepers(422),
    "scheduling.edit POST draft": keepers(422),
    "scheduling.mine GET": the_role(200),
    "scheduling.move_session GET": keepers(200),
    "scheduling.move_session GET draft": keepers(303),
    "scheduling.move_session POST": keepers(422),
    "scheduling.new GET": the_role(200),
    "scheduling.new POST": the_role(422),
    "scheduling.publish POST": keepers(303),
    "scheduling.publish POST draft": keepers(303),
    "scheduling.show_roster GET": keepers(200),
    "schools.commit POST": keepers(303),
    "schools.commit_again GET": keepers(303),
    "schools.delete_class GET": keepers(200),
    "schools.delete_class POST": keepers(303),
    "schools.edit_student GET": keepers(200),
    "schools.edit_student POST": keepers(303),
    "schools.index GET": the_role(200),
    "schools.join_class POST": keepers(303),
    "schools.join_class POST foreign": "404 404 404 404 403 in",
    "schools.keep_class POST": keepers(303),
    "schools.leave_class POST": keepers(303),
    "schools.leave_class POST foreign": "303 404 404 404 403 in",
    "schools.new_class GET": the_role(200),
    "schools.new_class POST": the_role(422),
    "schools.new_student GET": keepers(200),
    "schools.new_student POST": keepers(422),
    "schools.remove_student GET": keepers(200),
    "schools.remove_student POST": keepers(422),
    "schools.rename_class GET": keepers(200),
    "schools.rename_class POST": keepers(303),
    "schools.review POST": keepers(303),
    "schools.review_again GET": keepers(303),
    "schools.show_class GET": keepers(200),
    "schools.students GET": the_role(200),
    "schools.upload GET": keepers(200),
    "schools.upload POST": keepers(422),
    "security.change_password GET": signed_in(200),
    "security.change_password POST": signed_in(422),
    "security.forgot_password GET": everybody(200),
    "security.forgot_password POST": everybody(422),
    "security.login GET": "302 302 302 302 302 200",
    "security.login POST": "302 302 302 302 302 422",
    "security.logout POST": everybody(302),
    "security.reset_password GET": everybody(200),
    "security.reset_password POST": everybody(422),
    "static GET": everybody(200),
}


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
        query = {"class": values["class_id"]} if endpoint.startswith("registration.regist") else {}
        with self.app.test_request_context():
            return self.app.url_for(endpoint, **{name: values[name] for name in rule.arguments}, **query)

    def typed(self, endpoint: str, variant: str = "") -> dict[str, Any] | None:
        """Give what a form was filled in with: nothing, but where the answer would then say nothing about who asks."""
        forms = {
            "registration.answer_offer": {"answer": "accept"},
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
    return "host" if endpoint == "registration.remove" else REALMS.get(endpoint.partition(".")[0], "applicant")


@pytest.fixture(scope="module")
def world(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The one database, at NOW."""
    folder = tmp_path_factory.mktemp("policy")
    file = folder / "outreach.sqlite3"
    shutil.copyfile(_sqlite_template, file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        app = create_app(_settings(folder, f"sqlite:///{file}"))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=512, argon2__parallelism=1)
        app.extensions["security"].hashing_context.update(sha256_crypt__default_rounds=1000)
        patch.setattr(limiter, "enabled", False)
        world = World(app, file)
        with app.app_context():
            _populate(world)
            db.session.remove()
            db.engine.dispose()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(file, world.kept)
        yield world
        with app.app_context():
            db.engine.dispose()


def _populate(world: World) -> None:
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
    school_class = make.school_class(school, teacher)
    student = make.student(school_class, family_name=STUDENT, email="student@pupils.example", guardians=("parent@families.example",))
    _register(published, school_class, teacher)
    unconfirmed = make.user()
    with transaction():
        application = Application(user_id=applicant.id, role=RoleName.TEACHER, place="A school", created_at=NOW)
        db.session.add(application)
        unconfirmed.confirmed_at = None
    registration = db.session.scalars(select(Registration)).one()
    db.session.commit()
    Worker(world.app, clock=lambda: NOW).deliver()
    letter = db.session.scalars(select(Letter).where(Letter.mailbox_id == student.mailbox_id)).one()
    name = next(path.stem for path in sorted(local_folder(world.app.extensions["outreach"]).iterdir()))
    world.values = {
        "session_id": published.id,
        "registration_id": registration.id,
        "class_id": school_class.id,
        "student_id": student.id,
        "application_id": application.id,
        "user_id": rival.id,
        "school_id": school.id,
        "site_id": site.id,
        "letter_id": letter.id,
        "format_key": "talk",
        "name": name,
        "filename": "css/outreach.css",
    }
    ticket = partial(Ticket, student.mailbox_id or 0, published.id, link_version=1, expires_at=published.ends_at + links.LASTS)
    secret = world.app.config["SECRET_KEY"]
    world.other = {
        "draft": {"session_id": draft.id},
        "foreign": {"class_id": make.school_class(elsewhere, stranger).id},
        "bootstrap.static": {"filename": "css/bootstrap.min.css"},
        "families.show": {"token": links.sign(ticket(Purpose.FAMILY), secret)},
        "families.withdraw": {"token": links.sign(ticket(Purpose.FAMILY), secret)},
        "families.not_mine": {"token": links.sign(ticket(Purpose.NOT_MINE), secret)},
        "accounts.confirm": {"token": generate_confirmation_token(unconfirmed)},  # type: ignore[no-untyped-call]  # it has no annotations
        "security.reset_password": {"token": generate_reset_password_token(rival)},  # type: ignore[no-untyped-call]  # it has no annotations
    }


def _register(outreach_session: OutreachSession, school_class: SchoolClass, teacher: User) -> None:
    request = Request(
        session_id=outreach_session.id,
        school_id=school_class.school_id,
        class_id=school_class.id,
        student_ids=tuple(student.id for student in school_class.students),
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    register_students(request, now=NOW)


def declarations(app: Flask) -> set[str]:
    """Write down every route with each of its methods."""
    return {f"{rule.endpoint} {method}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def test_every_route_has_a_declared_answer(world: World) -> None:
    declared = {" ".join(name.split()[:2]) for name in ANSWERS}
    there = declarations(world.app)
    assert there - declared == set(), "say in ANSWERS who gets which answer"
    assert declared - there == set(), "no longer there"


@pytest.mark.parametrize("declared", sorted(ANSWERS))
def test_everybody_gets_the_declared_answer(world: World, declared: str) -> None:
    given = [world.answer(declared, asking) for asking in ASKING]
    assert dict(zip(ASKING, given, strict=True)) == dict(zip(ASKING, ANSWERS[declared].split(), strict=True))


def test_what_is_nobodys_is_not_there_even_for_the_coordinator(world: World) -> None:
    missing: dict[str, Any] = dict.fromkeys((name for name in world.values if name.endswith("_id")), 10**6)
    client = world.client(world.people["host"]["coordinator"])
    answers = {}
    for rule in world.app.url_map.iter_rules():
        if rule.arguments & missing.keys() and "token" not in rule.arguments:
            method = "GET" if "GET" in (rule.methods or set()) else "POST"
            answers[f"{rule.endpoint} {method}"] = client.open(world.path(rule.endpoint, **missing), method=method).status_code
    assert len(answers) > 30
    assert set(answers.values()) == {404}, answers


@pytest.mark.parametrize("token", ["nonsense", "WzEsMSwxLDFd.c2lnbmVk"])
def test_a_link_nobody_signed_opens_nothing(world: World, token: str) -> None:
    for endpoint in ("families.show", "families.withdraw", "families.not_mine"):
        for method in {"GET", "POST"} & (next(world.app.url_map.iter_rules(endpoint)).methods or set()):
            assert world.client(None).open(world.path(endpoint, token=token), method=method).status_code == 404


def test_a_family_cannot_give_back_somebody_elses_place(world: World) -> None:
    path = world.path("families.withdraw", registration_id=world.values["registration_id"] + 1)
    assert world.client(None).post(path).status_code == 404


def test_a_stranger_sees_nobody(world: World) -> None:
    """Another school's places in a session anybody may look at."""
    stranger, owner = (world.client(world.people["teacher"][asking]) for asking in ("stranger", "owner"))
    path = world.path("registration.places")
    assert STUDENT in owner.get(path).text
    assert STUDENT not in stranger.get(path).text


def test_the_mailbox_is_a_demos_alone(world: World) -> None:
    settings = replace(world.app.extensions["outreach"], mail_server="127.0.0.1")
    assert not [name for name in declarations(create_app(settings)) if name.startswith("mailbox.")]
