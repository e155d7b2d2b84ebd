"""Who we are and what we keep: public pages, linked from every page, with texts that a coordinator changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import db
from outreach.models import PageText, User
from tests.support.builders import Builder

Clients = Callable[[User | None], FlaskClient]
pytestmark = pytest.mark.empty_database


def test_every_page_links_to_the_four_and_each_has_a_text(client_of: Clients) -> None:
    client = client_of(None)
    for name, words in (("about", "What we keep"), ("contact", "On the day"), ("privacy", "Cookies"), ("safeguarding", "emergency")):
        assert words in client.get(f"/{name}").text
        for page in ("/", "/login", "/nowhere"):
            assert f'href="/{name}"' in client.get(page).text


def test_a_coordinator_changes_a_text_and_puts_ours_back(make: Builder, client_of: Clients) -> None:
    coordinator, anyone = client_of(make.coordinator(given_name="Cora")), client_of(None)
    ours = anyone.get("/contact").text
    typed = "**Call us:** 0113 496 0000\n\n<script>alert(1)</script> [here](javascript:alert(1))"
    assert coordinator.post("/coordination/texts/contact", data={"text": typed}).location == "/coordination/texts"
    page = anyone.get("/contact").text
    assert "<strong>Call us:</strong> 0113 496 0000" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "by Cora" in coordinator.get("/coordination/texts").text
    assert coordinator.get("/coordination/texts/nothing").status_code == 404
    coordinator.post("/coordination/texts/contact", data={"text": " "})
    assert anyone.get("/contact").text == ours
    assert db.session.scalars(select(PageText)).all() == []
