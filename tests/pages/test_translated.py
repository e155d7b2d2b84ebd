"""Every page in a language for tests: what is still English on it escaped the translators."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from flask import Flask

from outreach.db import db
from outreach.mail.transport import local_folder
from outreach.time import zones_by_country
from tests.pages.test_policy import ANSWERS, ASKING
from tests.support.databases import SqliteTemplates
from tests.support.policy_world import World, open_world, realm
from tests.support.pseudo_language import LOCALE, ShownText, english_in, install, let_everybody_read_it, typed_by_people, write_catalogue

# What isn't translated: our name and hosts, what standards call things, the message that was received, the students of an example.
NAMES = {"Outreach", "outreach.example", "UTC", "kB", "REQUEST", "CONFIRMED", "CSV", "XLSX"}
NAMES |= {"From:", "Subject: Hello", "Hello.", "Ana, Lopez", "Maria Lopez", "Ben, Hill"}
# Who gets a page of its own; the pages that turn others away are the same everywhere and asked for once.
ASKED_BY = ("coordinator", "owner", "anonymous")
TURNED_AWAY = ("catalogue.show GET draft", "schools.index GET", "coordination.home GET")
PAGES = [
    (asking, declared)
    for declared, answers in sorted(ANSWERS.items())
    for asking, answer in zip(ASKING, answers.split(), strict=True)
    if asking in ASKED_BY and (answer not in ("in", "403", "404") or declared in TURNED_AWAY)
]


@pytest.fixture(scope="module")
def translations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("translations"))


@pytest.fixture(scope="module")
def world(_sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory, translations: Path) -> Iterator[World]:
    def prepare(app: Flask) -> None:
        install(app, translations)
        let_everybody_read_it(app)

    with open_world(_sqlite_templates.empty, tmp_path_factory.mktemp("translated"), before_delivery=prepare) as world:
        yield world


@pytest.fixture(scope="module")
def data(world: World) -> set[str]:
    with world.app.app_context():
        cities = {city for found in zones_by_country(LOCALE).values() for _zone, city in found}
        found = typed_by_people() | cities | headers(world.app) | NAMES
        db.session.remove()
        db.engine.dispose()
    return found


def headers(app: Flask) -> set[str]:
    """Give the headers of the e-mails that were sent: the local mailbox shows them as they are."""
    raw = [path.read_bytes() for path in local_folder(app.extensions["outreach"]).iterdir()]
    return {text for one in raw for header in message_from_bytes(one).items() for text in header}


@pytest.mark.parametrize(("asking", "declared"), PAGES)
def test_no_page_shows_a_sentence_that_translators_never_get(world: World, data: set[str], declared: str, asking: str) -> None:
    endpoint, method, *variant = declared.split()
    client = world.client(world.people[realm(endpoint)][asking])
    path, typed = world.path(endpoint, *variant), world.typed(endpoint, *variant)
    response = client.open(path, method=method, data=typed, headers={"Accept-Language": LOCALE}, follow_redirects=True)
    html = response.get_data(as_text=True) if response.mimetype == "text/html" else ""
    response.close()
    if method == "POST":
        world.take_back()
    assert english_in(ShownText(html).texts, data) == []


@pytest.mark.parametrize(
    ("asking", "browser", "language"), [("owner", "en", LOCALE), ("anonymous", LOCALE, LOCALE), ("anonymous", "fr", "en")]
)
def test_a_persons_language_goes_before_the_browsers(world: World, asking: str, browser: str, language: str) -> None:
    page = world.client(world.people["host"][asking]).get("/", headers={"Accept-Language": browser})
    assert f'<html lang="{language}"' in page.get_data(as_text=True)
