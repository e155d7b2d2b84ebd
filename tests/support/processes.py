"""Lets several people register at the same moment, in processes of their own; in threads: `rivals`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

from outreach import create_app
from outreach.db import db
from outreach.errors import OutreachError
from outreach.models import OutreachSession
from outreach.registration.use_cases import RegistrationRequest, register_students
from outreach.settings import Settings
from tests.support.rivals import PATIENCE

_start: Barrier | None = None


@contextmanager
def processes(number: int) -> Iterator[Callable[[Settings, Sequence[Sequence[RegistrationRequest]], datetime], list[str]]]:
    """Start this many processes, ready to register: each its own requests, one after the other; gives what became of each."""
    context = get_context("forkserver")  # imports once what all four need
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(number, mp_context=context, initializer=_get_ready, initargs=(context.Barrier(number),)) as pool:

        def register(settings: Settings, shares: Sequence[Sequence[RegistrationRequest]], now: datetime) -> list[str]:
            assert len(shares) == number
            jobs = [pool.submit(_register_each, settings, share, now) for share in shares]
            return [said for job in jobs for said in job.result(timeout=PATIENCE)]

        yield register


def _get_ready(start: Barrier) -> None:
    global _start  # noqa: PLW0603 (a barrier can only be inherited, not sent with a job)
    _start = start


def _register_each(settings: Settings, requests: Sequence[RegistrationRequest], now: datetime) -> list[str]:
    assert _start is not None
    app = create_app(settings)
    with app.app_context():
        remembered = db.session.query(OutreachSession).all()
        db.session.commit()
        _start.wait(PATIENCE)
        said = [_register(request, now) for request in requests]
        assert len(remembered) == 1
        db.session.remove()
        db.engine.dispose()
    return said


def _register(request: RegistrationRequest, now: datetime) -> str:
    try:
        outcome = register_students(request, now=now)
    except OutreachError as refusal:
        return str(refusal)
    return "seated" if outcome.seated else "waiting"
