"""One link stops reminders: pressed by a person, or by their mail program; never by opening it."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import unescape

import pytest
from flask import Flask

from outreach.db import db
from outreach.models import Mailbox, OutreachSession
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket, sign
from outreach.web.pages import settings
from tests.support.builders import Builder

pytestmark = pytest.mark.usefixtures("clock_stands_still")

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def outreach_session(make: Builder) -> OutreachSession:
    return make.outreach_session(make.clinician())


@pytest.fixture
def mailbox(make: Builder) -> Mailbox:
    return make.mailbox("home@families.example")


@pytest.fixture
def link(mailbox: Mailbox, outreach_session: OutreachSession) -> str:
    return link_of(mailbox, outreach_session)


def link_of(mailbox: Mailbox, about: OutreachSession, purpose: LinkPurpose = LinkPurpose.REMINDERS) -> str:
    ticket = Ticket(mailbox.id, about.id, purpose, mailbox.link_version, about.ends_at + timedelta(days=30))
    return f"/i/{sign(ticket, settings().secret_key)}/reminders"


def stopped_at(mailbox: Mailbox) -> datetime | None:
    return db.session.get_one(Mailbox, mailbox.id, populate_existing=True).reminders_stopped_at


def test_opening_the_link_says_what_stops_and_changes_nothing(app: Flask, mailbox: Mailbox, link: str) -> None:
    answer = app.test_client().get(link)
    assert answer.status_code == 200
    assert "home@families.example" in answer.text
    assert "Nothing is declined, and nobody is withdrawn." in answer.text
    assert stopped_at(mailbox) is None
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_programs_button_needs_no_cookie_and_is_sent_nowhere_else(
    app: Flask, mailbox: Mailbox, link: str, content_type: str, now: datetime
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client(use_cookies=False).post(link, data=ONE_CLICK, content_type=content_type)
    assert answer.status_code == 200
    assert "Reminders are stopped" in answer.text
    assert stopped_at(mailbox) == now


def test_pressed_twice_it_says_the_same(app: Flask, mailbox: Mailbox, link: str, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    client.post(link, data=ONE_CLICK)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1))
    assert client.post(link, data=ONE_CLICK).status_code == 200
    assert stopped_at(mailbox) == now


def test_a_person_presses_the_button_and_may_take_it_back(app: Flask, mailbox: Mailbox, link: str, now: datetime) -> None:
    client = app.test_client()
    assert client.post(link).location == link
    assert stopped_at(mailbox) == now
    assert "Send reminders again" in client.get(link).text
    assert client.post(f"{link}/restart").location == link
    assert stopped_at(mailbox) is None
    assert "We'll send reminders to home@families.example again." in unescape(client.get(link).text)


def test_switching_them_on_again_is_for_our_own_page_alone(app: Flask, mailbox: Mailbox, link: str) -> None:
    app.test_client().post(link, data=ONE_CLICK)
    app.config["WTF_CSRF_ENABLED"] = True
    assert app.test_client().post(f"{link}/restart").status_code == 400
    assert stopped_at(mailbox) is not None


@pytest.mark.parametrize("purpose", [LinkPurpose.FAMILY, LinkPurpose.NOT_MINE])
def test_a_link_for_something_else_stops_nothing(
    app: Flask, mailbox: Mailbox, outreach_session: OutreachSession, purpose: LinkPurpose
) -> None:
    assert app.test_client().post(link_of(mailbox, outreach_session, purpose), data=ONE_CLICK).status_code == 404
    assert stopped_at(mailbox) is None


def test_a_void_or_expired_link_stops_nothing(
    app: Flask, mailbox: Mailbox, link: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=60))
    assert app.test_client().post(link, data=ONE_CLICK).status_code == 410
    monkeypatch.setattr(clock, "now", lambda: now)
    mailbox.link_version += 1
    db.session.commit()
    answer = app.test_client().post(link, data=ONE_CLICK)
    assert answer.status_code == 404
    assert "This link no longer works" in answer.text
    assert stopped_at(mailbox) is None
