"""People who act at the same moment, each in a request of their own; or one who overtakes another at a known point."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from outreach.db import WRITE, db, is_sqlite
from outreach.errors import OutreachError
from outreach.models import OutreachSession

Act = Callable[[], object]
PATIENCE = 180
AT_THE_END = "COMMIT"
_BLOCKED = text("SELECT cardinality(pg_blocking_pids(:pid)) > 0")


def at_once(app: Flask, *acts: Act) -> list[object]:
    """Let each act begin at the same moment; give what each returned, or the refusal it met."""
    start = threading.Barrier(len(acts))
    db.session.rollback()
    with ThreadPoolExecutor(len(acts)) as pool:
        jobs = [pool.submit(_as_a_request, app, act, lambda: start.wait(PATIENCE)) for act in acts]
        done = [job.result(PATIENCE) for job in jobs]
    db.session.rollback()
    db.session.expire_all()
    return done


class Met(NamedTuple):
    """What came of two rivals (a refusal is what came of one, too), and whether the second had to wait for the first."""

    first: object
    second: object
    has_waited: bool


def overtaking(app: Flask, first: Act, second: Act, *, at: str = AT_THE_END, nth: int = 1) -> Met:
    """Stop `first` at a point, let `second` run until it has ended or waits for a lock, then let `first` go on.

    So the interleaving is the same each time. The point: where the first writes, before its nth statement
    that has `at` in it; by default when all is written and nothing committed.
    """
    engine, pause = db.engine, _Pause(at, nth)
    db.session.rollback()
    with ThreadPoolExecutor(2) as pool, _watching(engine, pause):
        one = pool.submit(_as_a_request, app, first, pause.begins)
        _until(lambda: pause.is_reached.is_set() or one.done())
        assert pause.is_reached.is_set(), f"The first never came to that point: {one.result()!r}"
        two = pool.submit(_as_a_request, app, second, pause.overtakes)
        try:
            has_waited = _waits(engine, pause, two)
        finally:
            pause.is_over.set()
        met = Met(one.result(PATIENCE), two.result(PATIENCE), has_waited)
    db.session.rollback()
    db.session.expire_all()
    return met


def _as_a_request(app: Flask, act: Act, start: Callable[[], object]) -> object:
    """Act as a request does, having looked at the sessions before: what it remembers of them is stale by the time it acts."""
    with app.app_context():
        remembered = list(db.session.query(OutreachSession))
        db.session.commit()
        start()
        try:
            return act()
        except OutreachError as refusal:
            return refusal
        finally:
            assert remembered is not None
            db.session.remove()


class _Pause:
    """Where the first of two stops, and what is known of the second."""

    def __init__(self, at: str, nth: int) -> None:
        self.at, self.nth = at, nth
        self.is_reached, self.is_over, self.queues = threading.Event(), threading.Event(), threading.Event()
        self.overtaker_pid: int | None = None
        self._times = 0
        self._first: int | None = None
        self._second: int | None = None

    def begins(self) -> None:
        self._first = threading.get_ident()

    def overtakes(self) -> None:
        self._second = threading.get_ident()

    def meets(self, connection: Connection, statement: str) -> None:
        """Hear of each statement, and of BEGIN and COMMIT."""
        who, writes = threading.get_ident(), connection.get_execution_options().get(WRITE)
        if who == self._second and not is_sqlite(connection):
            self.overtaker_pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]  # psycopg's
        if who == self._second and statement == "BEGIN IMMEDIATE":
            self.queues.set()
        if who != self._first or not writes or self.is_reached.is_set():
            return
        self._times += self.at in statement
        if self._times == self.nth:
            self.is_reached.set()
            assert self.is_over.wait(PATIENCE)


@contextmanager
def _watching(engine: Engine, pause: _Pause) -> Iterator[None]:
    def on_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        pause.meets(connection, statement)

    def on_commit(connection: Connection) -> None:
        pause.meets(connection, AT_THE_END)

    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "commit", on_commit)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
        event.remove(engine, "commit", on_commit)


def _waits(engine: Engine, pause: _Pause, second: Future[object]) -> bool:
    """Wait until the second has ended, or waits: for a row on PostgreSQL, for its turn on SQLite. Say which."""
    looking = create_engine(engine.url, poolclass=NullPool)
    has_waited = False

    def waits_or_is_done() -> bool:
        nonlocal has_waited
        has_waited = not second.done() and _is_blocked(looking, pause)
        return has_waited or second.done()

    _until(waits_or_is_done)
    return has_waited


def _is_blocked(looking: Engine, pause: _Pause) -> bool:
    if looking.dialect.name == "sqlite":
        return pause.queues.is_set()
    if pause.overtaker_pid is None:
        return False
    with looking.connect() as connection:
        return bool(connection.scalar(_BLOCKED, {"pid": pause.overtaker_pid}))


def _until(claim: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < end, "It never came true."
        time.sleep(0.005)
