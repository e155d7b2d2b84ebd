"""What every test may ask for: a database of each kind, an app, people, a client that has signed in.

The schema is migrated once for each kind of database and then copied: a test starts in milliseconds.
"""

from __future__ import annotations

import gc
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_babel import Babel
from hypothesis import settings as drawing
from jinja2.bccache import Bucket, BytecodeCache

from outreach import create_app, logs
from outreach.models import User
from outreach.settings import Settings
from outreach.time import clock
from outreach.web.extensions import db, limiter
from tests.support import databases, programs
from tests.support.builders import NOW, Builder
from tests.support.databases import settings_for
from tests.support.demo import FilledDemo, filled_once
from tests.support.passwords import hash_cheaply
from tests.support.town import Town

# What is drawn is about results. On a busy machine any example may take long.
drawing.register_profile("patient", drawing.default, deadline=None)
drawing.load_profile("patient")


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket beyond this machine is a mistake."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"::1", "localhost"} and not address[0].startswith("127."):
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

    The test's session forgets what it read before, so that it sees what the request wrote. A form is sent with the facts that its page
    shows, as browsers do: where a test leaves them out, they are read from the page that asks for them. `reads_facts` False: they aren't.
    """

    reads_facts = True

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Ask for a page."""
        answer, data = self._asked(*args, **kwargs), kwargs.get("data") or {}
        is_without = self.reads_facts and kwargs.get("method") == "POST" and answer.status_code == 409 and "attested" not in data
        facts = re.search(r'type="hidden" name="attested" value="([^"]*)"', answer.text) if is_without else None
        return self._asked(*args, **{**kwargs, "data": {**data, "attested": unescape(facts[1])}}) if facts else answer

    def _asked(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()
            db.session.expire_all()
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def _sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> databases.SqliteTemplates:
    return databases.SqliteTemplates.made(tmp_path_factory.mktemp("template"), NOW)


@pytest.fixture(scope="session")
def _postgresql_database(_sqlite_templates: databases.SqliteTemplates) -> Iterator[databases.PostgresqlDatabase]:
    server = programs.postgresql_url()
    if server is None:
        pytest.skip(programs.WITHOUT["postgresql"])
    with databases.PostgresqlDatabase.made(server, _sqlite_templates) as database:
        yield database


@pytest.fixture(scope="session")
def _sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each test in turn finds its database: a new file under the same name, so that the shared app finds it too."""
    return tmp_path_factory.mktemp("sqlite") / "outreach.sqlite3"


def _is_empty(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("empty_database") is not None


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, _sqlite_templates: databases.SqliteTemplates, _sqlite_file: Path) -> str:
    """Give a fresh SQLite database with the town in it."""
    return _sqlite_templates.copied(_sqlite_file, is_empty=_is_empty(request))


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest, _postgresql_database: databases.PostgresqlDatabase) -> str:
    """Give a PostgreSQL database with the town in it, as if made just now; whoever is still connected to it is disconnected."""
    return _postgresql_database.made_fresh(is_empty=_is_empty(request))


@pytest.fixture(scope="session")
def filled_demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, _sqlite_templates: databases.SqliteTemplates
) -> FilledDemo:
    """Give the demo, filled once for all processes of this run."""
    folder = tmp_path_factory.getbasetemp()
    is_shared = hasattr(request.config, "workerinput")
    return filled_once(folder.parent if is_shared else folder, empty_database=_sqlite_templates.empty)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--quick`, for `make test-quick`."""
    parser.addoption("--quick", action="store_true", help="SQLite only, no drawn inputs, the first case of each parametrized test")


def pytest_collection_finish() -> None:
    """Let the collector look at what tests make, seldom, and not at what was there before: it took a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--quick`, leave out PostgreSQL, tests that draw many inputs, and all but the first case of each test."""
    if not config.getoption("--quick"):
        return
    kept: dict[str, pytest.Item] = {}
    for item in items:
        draws_many = getattr(getattr(item, "function", None), "is_hypothesis_test", False)
        if not draws_many and item.get_closest_marker("postgresql") is None:
            kept.setdefault(item.nodeid.partition("[")[0], item)
    chosen = set(kept.values())
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = [item for item in items if item in chosen]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a database on SQLite, and on PostgreSQL too where the test says why that could differ."""
    marks = list(metafunc.definition.iter_markers())
    if "database_url" not in metafunc.fixturenames or any(mark.name == "parametrize" and mark.args[0] == "database_url" for mark in marks):
        return
    names = {mark.name for mark in marks}
    both = "both_databases" in names and "one_database" not in names
    postgresql = [pytest.param("postgresql", marks=pytest.mark.postgresql)] if both else []
    metafunc.parametrize("database_url", ["sqlite", *postgresql], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, and PostgreSQL for `@pytest.mark.both_databases("why they could differ")`."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings as in demo mode; `app_with` changes single ones."""
    return settings_for(tmp_path, database_url)


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
    hash_cheaply(app)
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
    logs.init_app(app)  # to this test's standard error: the one of the test before is closed
    limiter.enabled = False
    with app.app_context():
        yield app
    _let_go(app)


@pytest.fixture
def make(app: Flask, now: datetime) -> Builder:  # noqa: ARG001 (the builder writes to the app's database)
    """Build people, schools and sessions with honest defaults."""
    return Builder(now)


@pytest.fixture
def town(app: Flask) -> Town:  # noqa: ARG001 (it reads the app's database)
    """Find the people and sessions that are in every test's database."""
    return Town()


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


@pytest.fixture
def clock_stands_still(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Let pages and commands read `now` off the clock."""
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture(scope="module")
def in_small_app() -> Iterator[None]:
    """Run inside an app that can do no more than translate."""
    small = Flask(__name__)
    Babel(small)
    with small.app_context():
        yield
