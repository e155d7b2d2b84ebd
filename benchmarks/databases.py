"""A fresh database of each kind this machine has, migrated, with the settings of a service in production on it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from outreach.settings import Settings
from tests.support import programs

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


def kinds() -> list[str]:
    """PostgreSQL where a server on loopback takes us, SQLite everywhere."""
    return [POSTGRESQL, SQLITE] if programs.postgresql_url() else [SQLITE]


@contextmanager
def fresh(kind: str, *, mail_port: int) -> Iterator[Settings]:
    """Give settings with an empty database; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder:
        if kind == SQLITE:
            yield _settings(Path(folder), f"sqlite:///{folder}/outreach.sqlite3", mail_port)
            return
        server, name = programs.postgresql_url() or "", f"outreach_bench_{uuid4().hex[:12]}"
        _on_server(server, f'CREATE DATABASE "{name}"')
        try:
            yield _settings(Path(folder), make_url(server).set(database=name).render_as_string(hide_password=False), mail_port)
        finally:
            _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def environment(settings: Settings) -> dict[str, str]:
    """Give the variables that say the same to a process of its own."""
    return {
        "OUTREACH_MODE": settings.mode,
        "OUTREACH_DATABASE_URL": settings.database_url,
        "OUTREACH_SECRET_KEY": settings.secret_key,
        "OUTREACH_BASE_URL": settings.base_url,
        "OUTREACH_REPLY_ADDRESS": settings.reply_address,
        "OUTREACH_INSTANCE_PATH": str(settings.instance_path),
        "OUTREACH_MAIL_SERVER": settings.mail_server or "",
        "OUTREACH_MAIL_PORT": str(settings.mail_port),
    }


def _settings(folder: Path, database_url: str, mail_port: int) -> Settings:
    return Settings(
        mode="production",
        database_url=database_url,
        secret_key=f"only for measuring {uuid4().hex}",
        base_url="http://127.0.0.1",
        reply_address="rsvp+{token}@outreach.example",
        instance_path=folder,
        mail_server="127.0.0.1",
        mail_port=mail_port,
    )


def _on_server(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
