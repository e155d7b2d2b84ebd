"""Every page that only reads, asked for on PostgreSQL too: it is stricter with types, groups and order than SQLite."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from outreach.models import User
from tests.support.town import DALE, Town

pytestmark = pytest.mark.both_databases("the SQL of pages that read")

FROM_LETTERS = {"token", "name", "filename"}  # links that are signed, the demo's mailbox, static files: no SQL of their own


def addresses(app: Flask, town: Town) -> dict[str, str]:
    """Give the address of each page that can be opened, by its rule, about the town's people."""
    values = {
        "session_id": town.workshop.id,
        "registration_id": town.registration("Amara").id,
        "class_id": town.school_class().id,
        "student_id": town.student("Amara").id,
        "school_id": town.school(DALE).id,
        "site_id": town.workshop.site_id,
        "user_id": town.user("Tara").id,
        "invitation_id": town.invitation("Amara").id,
        "letter_id": 1,
        "application_id": 1,
        "message_id": 1,
        "batch_id": 1,
        "job_id": 1,
        "domain": "town.example",
        "format_key": "talk",
    }
    adapter = app.url_map.bind("127.0.0.1")
    return {
        rule.rule: adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments & FROM_LETTERS
    }


@pytest.mark.parametrize("name", ["Cora", "Clara", "Tara"])
def test_every_page_is_read_without_an_error(app: Flask, town: Town, client_of: Callable[[User | None], FlaskClient], name: str) -> None:
    client = client_of(town.user(name))
    answers = {rule: client.get(address).status_code for rule, address in addresses(app, town).items()}
    assert {rule: status for rule, status in answers.items() if status not in {200, 302, 303, 403, 404}} == {}
    assert sum(status == 200 for status in answers.values()) > 20
