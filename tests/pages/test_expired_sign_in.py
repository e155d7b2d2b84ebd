"""A form that is sent after the sign-in expired: nothing typed is lost, and nothing of another site is passed on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import SchoolClass, User
from tests.support.builders import Builder

HERE = {"Origin": "http://localhost"}
PASSWORD = "needle and thread"


@pytest.fixture(autouse=True)
def _with_tokens(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def teacher(make: Builder) -> User:
    user = make.teacher(make.school())
    with transaction():
        user.password = hash_password(PASSWORD)
    return user


def fields(page: Any) -> dict[str, str]:
    """Give what the main form of a page would send."""
    form = page.get_data(as_text=True).split("<main")[1].split("<form")[1].split("</form>")[0]
    inputs = re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?(?:value="([^"]*)")?>', form)
    return {name: unescape(value) for name, value in inputs}


def classes() -> list[str]:
    return list(db.session.scalars(select(SchoolClass.name).where(SchoolClass.name.like("9B%"))))


def test_what_was_typed_is_sent_on_after_signing_in_again(app: Flask, teacher: User) -> None:
    browser = app.test_client()
    sent = browser.post("/classes/new", data={"name": '9B "Bees"', "csrf_token": "of a session that has ended"}, headers=HERE)
    assert (sent.status_code, "What you typed is kept." in sent.text) == (401, True)
    wrong = browser.post("/login", data=fields(sent) | {"email": teacher.email, "password": "wrong"}, headers=HERE)
    assert wrong.status_code == 422
    again = browser.post("/login", data=fields(wrong) | {"email": teacher.email, "password": PASSWORD}, headers=HERE)
    assert ("nothing has been saved or sent yet" in again.text, classes()) == (True, [])
    assert 'action="/classes/new"' in again.text
    assert browser.post("/classes/new", data=fields(again), headers=HERE).status_code == 303
    assert classes() == ['9B "Bees"']


def test_a_page_that_was_open_too_long_asks_for_one_more_press(app: Flask) -> None:
    """Also where nobody signs in; passwords aren't written into a page."""
    typed = {"given_name": "Ana", "password": "not to be shown", "csrf_token": "old"}
    page = app.test_client().post("/apply", data=typed, headers=HERE)
    assert (fields(page).keys() & typed.keys(), "not to be shown" in page.text) == ({"given_name", "csrf_token"}, False)
    assert fields(page)["csrf_token"] != "old"


def test_nothing_of_another_site_is_passed_on(app: Flask, teacher: User) -> None:
    elsewhere: list[dict[str, str]] = [{}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}]
    for headers in elsewhere:
        sent = app.test_client().post("/classes/new", data={"name": "9B"}, headers=headers)
        assert (sent.status_code, "9B" in sent.text) == (400, False)
    for address in ("https://elsewhere.example/", "//elsewhere.example/classes/new", "/no/such/page", "/\\elsewhere.example"):
        browser: FlaskClient = app.test_client()
        kept = {"kept_address": address, "kept_fields": json.dumps([["name", "9B"]])}
        signing_in = fields(browser.get("/login")) | kept | {"email": teacher.email, "password": PASSWORD}
        answer = browser.post("/login", data=signing_in, headers=HERE)
        assert (answer.status_code, "elsewhere" in answer.text) == (302, False), address
