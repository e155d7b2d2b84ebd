"""The demo, filled once in a run, however many processes share the tests; each test module takes a copy."""

from __future__ import annotations

import fcntl
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Flask

from outreach import create_app
from outreach.db import db
from outreach.demo import filling
from outreach.runtime.worker import Worker
from outreach.settings import read_settings
from outreach.time import clock
from tests.support.passwords import hash_cheaply
from tests.support.service import SECRET_KEY


@dataclass(frozen=True)
class FilledDemo:
    """An instance folder as `make run` makes it: the database, and the mailbox with the e-mails that have left."""

    folder: Path

    @property
    def now(self) -> datetime:
        """When it was filled: its sessions are still to come then."""
        return datetime.fromisoformat((self.folder / "filled").read_text())

    def copied(self, folder: Path) -> str:
        """Copy it into a folder that isn't there yet; give the URL of its database."""
        shutil.copytree(self.folder, folder)
        return f"sqlite:///{folder / 'outreach.sqlite3'}"


def filled_once(folder: Path, *, empty_database: Path) -> FilledDemo:
    """Fill the demo into a folder that several processes share; who comes second waits and finds it filled."""
    demo = FilledDemo(folder / "demo")
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (demo.folder / "filled").exists():
            demo.folder.mkdir()
            shutil.copyfile(empty_database, demo.folder / "outreach.sqlite3")
            _fill(demo_app(demo.folder), demo.folder)
    return demo


def demo_app(folder: Path) -> Flask:
    """Give an app on an instance folder of the demo; passwords are cheap to check."""
    given = {"MODE": "demo", "INSTANCE_PATH": str(folder), "SECRET_KEY": SECRET_KEY}
    app = create_app(read_settings({f"OUTREACH_{name}": value for name, value in given.items()}))
    hash_cheaply(app)
    return app


def _fill(app: Flask, folder: Path) -> None:
    now = clock.now()

    def deliver(*, now: datetime) -> None:
        Worker(app, clock=lambda: now).deliver()

    with app.app_context():
        for step in filling.steps(now=now, deliver=deliver):
            step()
        db.session.remove()
        db.engine.dispose()
    (folder / "filled").write_text(now.isoformat())
