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
COMMIT = "COMMIT"
_BLOCKED = text("SELECT cardinality(pg_blocking_pids(:pid)) > 0")


def at_once(app: Flask, *acts: Act) -> list[object]:
    """Let each act begin at the same moment; give what each returned, or the refusal it met."""
    start = threading.Barrier(len(acts))
    db.session.rollback()
    with ThreadPoolExecutor(len(acts)) as pool:
        jobs = [pool.submit(_as_a_request, app, act, lambda: start.wait(PATIENCE)) for act in acts]
        done = [job.result(PATIENCE) for job in jobs]
    _forget()
    return done


class Met(NamedTuple):
    """What came of two rivals (a refusal is what came of one, too), and whether the second had to wait for the first."""

    first: object
    second: object
    has_waited: bool


def overtaking(app: Flask, first: Act, second: Act, *, at: str = COMMIT, then_at: str | None = None, nth: int = 1) -> Met:
    """Stop `first` at a point, let `second` run until it has ended or waits for a lock, then let `first` go on.

    So the interleaving is the same each time. The point is where the first writes, before a statement that has `at` in it: by
    default when all is written and nothing committed. `then_at`: the second stops too, before its nth such statement, until
    the first has ended or waits for a lock.
    """
    db.session.rollback()
    pauses = _Pause(at, 1), _Pause(then_at, nth)
    with ThreadPoolExecutor(2) as pool, _watched(db.engine, *pauses) as is_blocked:
        one = pool.submit(_as_a_request, app, first, pauses[0].begin)
        _until(lambda: pauses[0].is_reached.is_set() or one.done())
        assert pauses[0].is_reached.is_set(), f"The first never came to that point: {one.result()!r}"
        two = pool.submit(_as_a_request, app, second, pauses[1].begin)
        try:
            has_waited = _has_stopped(two, pauses[1], is_blocked)
            pauses[0].is_over.set()
            _has_stopped(one, None, lambda _pause: is_blocked(pauses[0]))
        finally:
            for pause in pauses:
                pause.is_over.set()
        met = Met(one.result(PATIENCE), two.result(PATIENCE), has_waited)
    _forget()
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


def _forget() -> None:
    """Let the test read what the rivals wrote."""
    db.session.rollback()
    db.session.expire_all()


class _Pause:
    """Where one of two stops, and what is known of the connection it writes on."""

    def __init__(self, at: str | None, nth: int) -> None:
        self.is_reached, self.is_over, self.queues = threading.Event(), threading.Event(), threading.Event()
        self.pid: int | None = None
        self._at, self._left, self._whose = at, nth, 0

    def begin(self) -> None:
        """It is this thread that stops."""
        self._whose = threading.get_ident()

    def meet(self, connection: Connection, statement: str) -> None:
        """Hear of each statement, and of COMMIT; stop where it is time."""
        if threading.get_ident() != self._whose:
            return
        if is_sqlite(connection):
            self.queues.set() if statement == "BEGIN IMMEDIATE" else self.queues.clear()
        else:
            self.pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]  # psycopg's
        if self._at is not None and self._at in statement and connection.get_execution_options().get(WRITE):
            self._left -= 1
            if self._left == 0:
                self.is_reached.set()
                assert self.is_over.wait(PATIENCE)


@contextmanager
def _watched(engine: Engine, *pauses: _Pause) -> Iterator[Callable[[_Pause], bool]]:
    """Let the pauses hear of what is done on this database; gives what says whether one waits for a lock, or for its turn on SQLite."""

    def on_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        for pause in pauses:
            pause.meet(connection, statement)

    def on_commit(connection: Connection) -> None:
        on_statement(connection, None, COMMIT)

    looking = create_engine(engine.url, poolclass=NullPool)

    def is_blocked(pause: _Pause) -> bool:
        if looking.dialect.name == "sqlite":
            return pause.queues.is_set()
        if pause.pid is None:
            return False
        with looking.connect() as connection:
            return bool(connection.scalar(_BLOCKED, {"pid": pause.pid}))

    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "commit", on_commit)
    try:
        yield is_blocked
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
        event.remove(engine, "commit", on_commit)


def _has_stopped(job: Future[object], pause: _Pause | None, is_blocked: Callable[[Any], bool]) -> bool:
    """Wait until it has ended, or is at its pause, or waits for a lock; say whether it waits."""
    waits = False

    def has_stopped() -> bool:
        nonlocal waits
        if job.done() or (pause and pause.is_reached.is_set()):
            return True
        waits = is_blocked(pause)
        return waits

    _until(has_stopped)
    return waits


def _until(claim: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < end, "It never came true."
        time.sleep(0.005)
