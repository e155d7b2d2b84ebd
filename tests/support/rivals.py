"""People who act at the same moment, each in a request of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from outreach.db import db
from outreach.errors import OutreachError


def at_once(app: Flask, *acts: Callable[[], object]) -> list[object]:
    """Do these things at the same moment, each as a request of its own; give what came of them."""
    start = Barrier(len(acts))
    db.session.rollback()

    def one(act: Callable[[], object]) -> object:
        with app.app_context():
            start.wait(180)
            try:
                return act()
            except OutreachError as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        done = [future.result(180) for future in [pool.submit(one, act) for act in acts]]
    db.session.rollback()
    return done
