"""A form that is sent twice at the same moment, as a double click does: one of the two is done, and both lead there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from outreach.db import db
from outreach.models import FormUse, LetterKind, OutreachSession, User
from outreach.time import clock
from tests.pages.test_scheduling import typed
from tests.support.builders import Builder
from tests.support.queued_letters import queued
from tests.support.rivals import at_once, overtaking

Clients = Callable[[User | None], FlaskClient]
ADDRESS = "/sessions/new/stitch_workshop"
pytestmark = pytest.mark.both_databases("who writes second waits on a unique key, or for the file")


def test_a_double_click_on_publish_makes_one_session(
    app: Flask, make: Builder, client_of: Clients, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    host, site = make.clinician(), make.site()
    make.appointment(host, site)
    data = typed(site, form_key="makes-0123456789", title="Pressed twice")

    def press() -> tuple[int, str]:
        answer = client_of(host).post(ADDRESS, data=data)
        return answer.status_code, answer.location

    pressed = at_once(app, *[press] * 4)
    made = db.session.scalars(select(OutreachSession.id).where(OutreachSession.title == "Pressed twice")).one()
    assert [one.kind for one in queued() if one.facts.session.id == made] == [LetterKind.INVITATION]
    assert db.session.scalar(select(func.count()).select_from(FormUse)) == 1
    assert pressed == [(303, f"/sessions/{made}")] * 4, "a browser shows the answer to the last press"
    assert press() == (303, f"/sessions/{made}")


def test_who_comes_second_waits_and_makes_nothing(
    app: Flask, make: Builder, client_of: Clients, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    host, site = make.clinician(), make.site()
    make.appointment(host, site)
    data = typed(site, form_key="makes-0123456789", title="Pressed twice")
    press = lambda: client_of(host).post(ADDRESS, data=data).status_code  # noqa: E731
    met = overtaking(app, press, press)
    assert met == (303, 303, True)
    assert len(db.session.scalars(select(OutreachSession.id).where(OutreachSession.title == "Pressed twice")).all()) == 1
