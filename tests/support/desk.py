"""What tests of a teacher's pages share: one school with a class, its teacher, and the browser of whoever asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from outreach.models import (
    OutreachSession,
    Registration,
    RegistrationState,
    School,
    SchoolClass,
    Student,
    User,
)
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.registrations import registration_in

Clients = Callable[[User | None], FlaskClient]
CONFIRMED, OFFERED, PENDING, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "pending", "waiting"))


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(page: str) -> list[str]:
    """Give the words of each row of the page's table."""
    found = re.findall(r"<tr role=\"row\">\s*<th (?:scope=\"row\"|role=\"rowheader\").*?</tr>", page, re.DOTALL)
    return [words(row) for row in found]


class Desk:
    """A teacher's desk: one school, one class, and the browser of whoever asks."""

    def __init__(self, make: Builder, client_of: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
        self.make, self.client_of, self.monkeypatch = make, client_of, monkeypatch
        self.school: School = make.school("North School")
        self.teacher: User = make.teacher(self.school)
        self.school_class: SchoolClass = make.school_class(self.school, self.teacher, name="11A")
        self.host: User = make.clinician()
        self.at(make.now)

    def at(self, moment: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: moment)

    def session(self, title: str = "Power of a Stitch", **facts: Any) -> OutreachSession:
        return self.make.outreach_session(self.host, title=title, **facts)

    def student(self, name: str, **facts: Any) -> Student:
        return self.make.student(self.school_class, given_name=name, family_name="Berg", **facts)

    def put(self, name: str, state: RegistrationState, about: OutreachSession, minutes: int = 0, **facts: Any) -> Registration:
        """Register a new student of this name, in this state."""
        queued_at = self.make.now + timedelta(minutes=minutes)
        return registration_in(state, self.student(name), about, self.teacher, now=self.make.now, queued_at=queued_at, **facts)

    def page(self, path: str, user: User | None = None) -> str:
        answer = self.client_of(user or self.teacher).get(path)
        assert answer.status_code == 200
        return answer.text

    def places(self, about: OutreachSession, user: User | None = None) -> list[str]:
        return rows(self.page(f"/sessions/{about.id}/seats", user))

    def sheet(self, about: OutreachSession, school_class: SchoolClass | None = None, user: User | None = None) -> str:
        return self.page(f"/sessions/{about.id}/registration?class={(school_class or self.school_class).id}", user)

    def press(self, about: OutreachSession, user: User | None = None, school_class: SchoolClass | None = None, **data: Any) -> Any:
        path = f"/sessions/{about.id}/registration?class={(school_class or self.school_class).id}"
        return self.client_of(user or self.teacher).post(path, data=data)
