"""The doctor looks at the database: is it there, in its present shape, writable, on time. Leaves no trace in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from outreach.db import WRITE, db, is_sqlite
from outreach.doctor.findings import Finding, attention, fails, ok
from outreach.settings import ROOT, Settings

MOST_SKEW = timedelta(seconds=5)
MIGRATE = "Run `outreach migrate`."


def check_database(settings: Settings, *, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Look at the database; where it doesn't answer, that is all there is to say. Wants the app's context."""
    url = make_url(settings.database_url)
    where = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        yield fails("Database", f"{where}: there is no such file yet", MIGRATE)
        return
    try:
        with db.engine.connect() as connection:
            yield ok("Database", where)
            yield _clock(connection, clock)
            shape = _shape(connection)
            yield shape
        if not shape.advice:
            yield _writable()
    except SQLAlchemyError as error:
        advice = "See whether it is running and lets this account in, and whether OUTREACH_DATABASE_URL names it rightly."
        yield fails("Database", f"{where}: {_words(error)}", advice)


def _clock(connection: Connection, clock: Callable[[], datetime]) -> Finding:
    if is_sqlite(connection):
        return ok("Database clock", "is ours: the database is a file")
    theirs: datetime = connection.scalar(text("SELECT clock_timestamp()"))
    skew = abs(theirs - clock())
    if skew <= MOST_SKEW:
        return ok("Database clock", "agrees with ours")
    return attention("Database clock", f"{skew.total_seconds():.0f} seconds away from ours", "Let both machines keep time by NTP.")


def _shape(connection: Connection) -> Finding:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    newest, present = scripts.get_current_head(), MigrationContext.configure(connection).get_current_revision()
    if present == newest:
        return ok("Tables", f"at revision {present}, the newest")
    if present is None:
        return fails("Tables", "there are none yet", MIGRATE)
    if present in {script.revision for script in scripts.walk_revisions()}:
        return fails("Tables", f"at revision {present}; {newest} is the newest", MIGRATE)
    return fails("Tables", f"at revision {present}, which this program doesn't know", "Install the newer program that made them.")


def _writable() -> Finding:
    """Change a row into itself, and take it back."""
    try:
        with db.engine.connect().execution_options(**{WRITE: True}) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
            connection.rollback()
    except SQLAlchemyError as error:
        return fails("Writing", _words(error), "Let this account write: the file and its folder, or the tables.")
    return ok("Writing", "works")


def _words(error: SQLAlchemyError) -> str:
    return re.sub(r"\s+", " ", str(getattr(error, "orig", None) or error)).strip()
