"""The whole service as it is run in production: gunicorn with our configuration and the worker, on a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from flask import Flask
from sqlalchemy import Engine, create_engine, text

from outreach import create_app
from outreach.settings import ROOT, read_settings
from tests.support.passwords import hash_cheaply
from tests.support.ports import free_port

SECRET_KEY = "a secret key that only journeys ever see, long enough"
PATIENCE = 180.0  # seconds, for whatever may take longer on a busy machine
COMMANDS = {
    "serve": [str(Path(sys.executable).with_name("outreach")), "serve"],
    "worker": [sys.executable, "-m", "tests.support.prompt_worker"],
}


@dataclass(frozen=True)
class Service:
    """A running service: where it is, what it said on standard error, and its database."""

    base_url: str
    log: Path
    engine: Engine

    def settle(self, *, seconds: float = PATIENCE) -> None:
        """Wait until no letter waits."""
        end = time.monotonic() + seconds
        while self.count("SELECT count(*) FROM letter WHERE state IN ('queued', 'leased')"):
            assert time.monotonic() < end, "Letters still wait."
            time.sleep(0.02)

    def count(self, statement: str, **values: object) -> int:
        """Give the one number a statement asks for."""
        with self.engine.connect() as connection:
            return int(connection.execute(text(statement), values).scalar_one())


def environment(database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """Give the variables of a service on a free port; `more` without their prefix."""
    port = free_port()
    ours = {
        "MODE": "production",
        "DATABASE_URL": database_url,
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": SECRET_KEY,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "REPLY_ADDRESS": "rsvp+{token}@outreach.example",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
    return kept | {f"OUTREACH_{name}": value for name, value in (ours | more).items()} | {"PORT": str(port)}


def app_in(variables: dict[str, str]) -> Flask:
    """Give the app of these variables in this process, to make what is there before the service starts; hashes are cheap."""
    app = create_app(read_settings(variables))
    hash_cheaply(app)
    return app


@contextmanager
def running(variables: dict[str, str], *, commands: tuple[str, ...] = ("serve", "worker")) -> Iterator[Service]:
    """Run web server and worker until the end of the block; they must end cleanly."""
    log = Path(variables["OUTREACH_INSTANCE_PATH"]) / "stderr.log"
    said_before = log.stat().st_size if log.exists() else 0
    base_url, engine = variables["OUTREACH_BASE_URL"], create_engine(variables["OUTREACH_DATABASE_URL"])
    with log.open("ab") as stderr:
        started = [
            subprocess.Popen(COMMANDS[command], cwd=ROOT, env=variables, start_new_session=True, stderr=stderr) for command in commands
        ]
    try:
        _wait_for(lambda: _answers(f"{base_url}/healthz"), log)
        if "worker" in commands:  # before, a SIGTERM would end it as it ends any program: with a code that isn't 0
            _wait_for(lambda: b'"worker started"' in log.read_bytes()[said_before:], log)
        yield Service(base_url, log, engine)
    finally:
        engine.dispose()
        for process in started:
            process.terminate()
        codes = [process.wait(PATIENCE) for process in started]
    assert not any(codes), log.read_text()


def _answers(address: str) -> bool:
    with suppress(OSError, HTTPException), build_opener(ProxyHandler({})).open(address, timeout=PATIENCE):
        return True
    return False


def _wait_for(claim: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < end, f"It never started: {log.read_text()}"
        time.sleep(0.05)
