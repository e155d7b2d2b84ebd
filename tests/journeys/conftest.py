"""What journeys share: a mail server, fresh databases for a whole module, one browser for all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.support import programs
from tests.support.postbox import Postbox, open_postbox

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A real mail server on loopback."""
    with open_postbox() as postbox:
        yield postbox


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all journeys; each visitor has a context of their own."""
    path = programs.chromium_path()
    if path is None:
        pytest.skip("Chromium isn't installed")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (not needed where there is no browser)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def fresh_database(request: pytest.FixtureRequest) -> Callable[[str, Path], Any]:
    """Make a database of a kind ("sqlite", "postgresql"), empty but for its tables, that lives as long as the block."""

    def make(kind: str, folder: Path) -> Any:
        return _sqlite(request, folder) if kind == "sqlite" else _postgresql(request)

    return make


@contextmanager
def _sqlite(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    copy = folder / "outreach.sqlite3"
    shutil.copyfile(request.getfixturevalue("_sqlite_template"), copy)
    yield f"sqlite:///{copy}"


@contextmanager
def _postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    server, template = request.getfixturevalue("_postgresql_template")
    name = f"outreach_journey_{uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        engine.dispose()
