"""What journeys share: a mail server, fresh databases for a whole module, one browser for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.support import programs
from tests.support.databases import PostgresqlDatabase, SqliteTemplates
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
        pytest.skip(programs.WITHOUT["chromium"])
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (not needed where there is no browser)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET, timeout=120_000)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def fresh_database(request: pytest.FixtureRequest) -> Callable[[str, Path], Any]:
    """Make a database of a kind ("sqlite", "postgresql"), empty but for its tables, that lives as long as the block."""

    def make(kind: str, folder: Path) -> Any:
        database: PostgresqlDatabase | None = request.getfixturevalue("_postgresql_database") if kind == "postgresql" else None
        templates: SqliteTemplates = request.getfixturevalue("_sqlite_templates")
        return database.copied() if database else nullcontext(templates.copied(folder / "outreach.sqlite3", is_empty=True))

    return make
