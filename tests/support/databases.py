"""Databases for tests: migrated once for each run, then a fresh copy for each test in a few milliseconds.

The town (`tests/support/town.py`) is in each, unless the test wants an empty one.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask_migrate import upgrade
from sqlalchemy import Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import make_url

from outreach import create_app
from outreach.db import Base
from outreach.settings import Settings
from outreach.web.extensions import db
from tests.support.town import build_town

_FROM_MIGRATION = {"format", "role"}
_TABLES = [table for table in Base.metadata.sorted_tables if table.name not in _FROM_MIGRATION]


def settings_for(folder: Path, database_url: str) -> Settings:
    """Give settings as in demo mode."""
    return Settings(
        mode="demo",
        database_url=database_url,
        secret_key="a secret key that only tests ever see, long enough",
        base_url="http://127.0.0.1:5000",
        reply_address="rsvp+{token}@outreach.example",
        instance_path=folder,
    )


@dataclass(frozen=True)
class SqliteTemplates:
    """Two files to copy: one migrated only, one with the town in it."""

    empty: Path
    with_town: Path

    @classmethod
    def made(cls, folder: Path, now: datetime) -> SqliteTemplates:
        """Migrate one, copy it, build the town in the copy."""
        made = cls(folder / "empty.sqlite3", folder / "town.sqlite3")
        app = create_app(settings_for(folder, f"sqlite:///{made.empty}"))
        with app.app_context():
            upgrade()
            db.engine.dispose()
        settle(made.empty)
        shutil.copyfile(made.empty, made.with_town)
        app = create_app(settings_for(folder, f"sqlite:///{made.with_town}"))
        with app.app_context():
            build_town(now)
            db.session.remove()
            db.engine.dispose()
        settle(made.with_town)
        return made

    def copied(self, path: Path, *, is_empty: bool) -> str:
        """Give the URL of a fresh copy at `path`."""
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        _source[path] = self.empty if is_empty else self.with_town
        shutil.copyfile(_source[path], path)
        return f"sqlite:///{path}"


_source: dict[Path, Path] = {}


def take_source(path: Path) -> Path | None:
    """Give the template of which this file is a copy, once, and only if nobody has written to it since; None otherwise."""
    source, log = _source.pop(path, None), path.with_name(f"{path.name}-wal")
    return None if log.exists() and log.stat().st_size > 0 else source


def settle(path: Path) -> None:
    """Write everything into the one file that is copied."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@event.listens_for(Engine, "connect")
def _never_wait_for_the_disk(dbapi_connection: Any, _record: Any) -> None:
    """A test's database needn't survive a power cut: on a slow disk most of the time of a test would be waiting for it."""
    if isinstance(dbapi_connection, sqlite3.Connection):
        dbapi_connection.execute("PRAGMA synchronous=OFF")


@dataclass(frozen=True)
class PostgresqlDatabase:
    """One database for all tests in turn: making and dropping one for each would take longer than most of them."""

    server: str
    url: str
    engine: Engine  # stays connected: the server plans each of these statements once

    @classmethod
    @contextmanager
    def made(cls, server: str, templates: SqliteTemplates) -> Iterator[PostgresqlDatabase]:
        """Migrate a new database on this server and drop it at the end."""
        with database_on(server) as url:
            app = create_app(settings_for(templates.empty.parent, url))
            with app.app_context():
                upgrade()
                db.engine.dispose()
            made = cls(server, url, create_engine(url))
            made._keep_town(_rows_of(templates.with_town))
            yield made
            made.engine.dispose()

    def made_fresh(self, *, is_empty: bool) -> str:
        """Empty all tables and write the town again, if wanted; close the connections somebody left open. Gives the URL."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(_EMPTY_ALL_TABLES if is_empty else f"{_EMPTY_ALL_TABLES};{_COPY_TOWN}")
            connection.exec_driver_sql(_SET_SEQUENCES)
        return self.url

    def _keep_town(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        """Write these rows into tables of the same columns in a schema of their own, from which the server copies them."""
        with self.engine.begin() as connection:
            for table in _TABLES:
                if rows[table.name]:
                    connection.execute(table.insert().values(rows[table.name]))
            connection.exec_driver_sql(_KEEP_TOWN)

    @contextmanager
    def copied(self) -> Iterator[str]:
        """Give the URL of an empty database of one's own, dropped afterwards: for services that outlive a test."""
        self.made_fresh(is_empty=True)
        self.engine.dispose()  # the server copies no database that somebody is connected to
        with database_on(self.server, template=make_url(self.url).database) as url:
            yield url


def _rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        return {table.name: [dict(row._mapping) for row in connection.execute(table.select())] for table in _TABLES}


@contextmanager
def database_on(server: str, *, template: str | None = "template1") -> Iterator[str]:
    """Create a database on this PostgreSQL server, give its URL, drop it afterwards. Commits don't wait for the disk."""
    name = f"outreach_test_{uuid4().hex[:12]}"
    _on_server(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        _on_server(server, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _on_server(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


# In one go: a round trip for each table takes longer than most tests.
_NAMES = [f'"{table.name}"' for table in _TABLES]
_KEEP_TOWN = "CREATE SCHEMA town;" + ";".join(f"CREATE TABLE town.{name} AS TABLE {name}" for name in _NAMES)
_COPY_TOWN = ";".join(f"INSERT INTO {name} TABLE town.{name}" for name in _NAMES)
_EMPTY_ALL_TABLES = ";".join(
    (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        *(f"DELETE FROM {name}" for name in reversed(_NAMES)),  # noqa: S608 (our own names)
    )
)
_SET_SEQUENCES = " UNION ALL ".join(
    f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), coalesce(max(id), 0) + 1, false) FROM \"{table.name}\""  # noqa: S608
    for table in _TABLES
    if "id" in table.columns
)
