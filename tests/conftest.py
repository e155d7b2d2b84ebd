"""What every test may ask for: a database of each kind, an app, people, a client that has signed in.

The schema is migrated once for each kind of database and then copied: a test starts in milliseconds.
"""

from __future__ import annotations

import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url

from outreach import create_app
from outreach.config import Settings
from outreach.db import Base
from outreach.extensions import db, limiter
from outreach.logs import speak_in_events
from outreach.models import User
from tests.support import programs
from tests.support.builders import Builder

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket beyond this machine is a mistake."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"A test reached for {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def now() -> datetime:
    """Monday 1 March 2027, 09:00 UTC."""
    return NOW


class Compiled(BytecodeCache):
    """Templates compiled once for all apps of a run: each test has an app of its own, and compiling takes longer than most pages."""

    kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        if bucket.key in self.kept:
            bucket.load_bytecode(BytesIO(self.kept[bucket.key]))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self.kept[bucket.key] = bucket.bytecode_to_string()


class Browser(FlaskClient):
    """A client whose every request has a context of its own, as on a server: the test's would remember who signed in.

    The test's session forgets what it read before, so that it sees what the request wrote.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Ask for a page."""
        if has_app_context():
            db.session.rollback()
            db.session.expire_all()
        with self.application.app_context():
            return super().open(*args, **kwargs)


def _settings(folder: Path, database_url: str) -> Settings:
    return Settings(
        mode="demo",
        database_url=database_url,
        secret_key="a secret key that only tests ever see, long enough",
        base_url="http://127.0.0.1:5000",
        reply_address="rsvp+{token}@outreach.example",
        instance_path=folder,
    )


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    path = folder / "template.sqlite3"
    app = create_app(_settings(folder, f"sqlite:///{path}"))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path


@pytest.fixture(scope="session")
def _postgresql_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    server = programs.postgresql_url()
    if server is None:
        pytest.skip("PostgreSQL answers nowhere on loopback")
    name = f"outreach_template_{uuid4().hex[:12]}"
    _on_server(server, f'CREATE DATABASE "{name}"')
    folder = tmp_path_factory.mktemp("postgresql")
    app = create_app(_settings(folder, _database(server, name)))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    yield server, name
    _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _on_server(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def _sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each test in turn finds its database: a new file under the same name, so that the shared app finds it too."""
    return tmp_path_factory.mktemp("sqlite") / "outreach.sqlite3"


@pytest.fixture
def sqlite_url(_sqlite_template: Path, _sqlite_place: Path) -> str:
    """Give a fresh SQLite database."""
    for beside in ("", "-wal", "-shm"):
        _sqlite_place.with_name(_sqlite_place.name + beside).unlink(missing_ok=True)
    shutil.copyfile(_sqlite_template, _sqlite_place)
    return f"sqlite:///{_sqlite_place}"


@pytest.fixture(scope="session")
def _postgresql_shared(_postgresql_template: tuple[str, str]) -> Iterator[str]:
    """One database for all tests in turn: making and dropping one for each would cost more than most of them.

    Nothing outlives the run, so commits needn't wait for the disk.
    """
    server, template = _postgresql_template
    name = f"outreach_test_{uuid4().hex[:12]}"
    _on_server(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    _on_server(server, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    yield _database(server, name)
    _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


_WRITTEN = [table for table in reversed(Base.metadata.sorted_tables) if table.name not in {"format", "role"}]
_COUNTED = ", ".join(f"'{table.name}'" for table in _WRITTEN if "id" in table.columns)
# In one go: a journey for each table takes longer than most tests.
_MADE_FRESH = ";".join(
    (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        *(f'DELETE FROM "{table.name}"' for table in _WRITTEN),  # noqa: S608 (our own names)
        f"SELECT setval(pg_get_serial_sequence(quote_ident(name), 'id'), 1, false) FROM unnest(ARRAY[{_COUNTED}]) name",  # noqa: S608
    )
)


@pytest.fixture
def postgresql_url(_postgresql_shared: str) -> str:
    """Give a PostgreSQL database as fresh as after its migration; whoever is still connected to it is sent away."""
    engine = create_engine(_postgresql_shared, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(_MADE_FRESH)
    return _postgresql_shared


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both kinds in turn: what asks for this (or for `app`) is tested on both.

    A test that isn't about the database says `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings as in demo mode; `app_with` changes single ones."""
    return _settings(tmp_path, database_url)


@pytest.fixture
def app_with(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Make an app with single settings changed."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(_for_tests(create_app(replace(settings, **changes))))
        return made[-1]

    yield make
    for app in made:
        _let_go(app)


def _for_tests(app: Flask) -> Flask:
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = Compiled()
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=512, argon2__parallelism=1)
    app.extensions["security"].hashing_context.update(sha256_crypt__default_rounds=1000)
    limiter.enabled = False
    return app


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def _shared_apps() -> dict[str, tuple[Flask, dict[str, Any]]]:
    """One app for each database, with its configuration as it was made: making one takes longer than most tests."""
    return {}


@pytest.fixture
def app(settings: Settings, _shared_apps: dict[str, tuple[Flask, dict[str, Any]]]) -> Iterator[Flask]:
    """Give the app with this test's settings, inside its context. Whoever changes more than rows asks for `app_with`."""
    if settings.database_url not in _shared_apps:
        made = _for_tests(create_app(settings))
        _shared_apps[settings.database_url] = made, dict(made.config)
    app, config = _shared_apps[settings.database_url]
    app.config.clear()
    app.config.update(config)
    app.extensions["outreach"] = settings
    speak_in_events(app)  # to this test's standard error: the one of the test before is closed
    limiter.enabled = False
    with app.app_context():
        yield app
    _let_go(app)


@pytest.fixture
def make(app: Flask, now: datetime) -> Builder:  # noqa: ARG001 (the builder writes to the app's database)
    """Build people, schools and sessions with honest defaults."""
    return Builder(now)


@pytest.fixture
def client_of(app: Flask) -> Callable[[User | None], FlaskClient]:
    """Give a client in which this user has signed in (nobody for None)."""

    def sign_in(user: User | None) -> FlaskClient:
        client = app.test_client()
        if user is not None:
            with client.session_transaction() as cookie:
                cookie["_user_id"] = user.fs_uniquifier
                cookie["_fresh"] = True
                cookie["fs_cc"] = "set"
        return client

    return sign_in
