"""The demo's invented people, being served: its records by name, and visitors who have signed in on a phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from outreach.accounts.demo_sign_ins import CLINICIAN, COORDINATOR, PASSWORD, TEACHER
from outreach.db import db
from outreach.inbound.use_cases import receive
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket, sign
from tests.support.service import SECRET_KEY, Service
from tests.support.visitors import InBrowser, sign_in

PHONE = {"width": 390, "height": 844}
ROLES = {"clinician": CLINICIAN.email, "teacher": TEACHER.email, "coordinator": COORDINATOR.email}
QUESTION = b"From: parent@families.example\r\nSubject: Where do we park?\r\n\r\nHello, is there a car park?\r\n"
OF_THE_TEACHER = 'school_id IN (SELECT school_id FROM membership JOIN "user" ON "user".id = user_id WHERE email = :teacher)'
RECORDS = {
    "full": "SELECT min(id) FROM outreach_session WHERE state = 'published' AND seats_taken = capacity",
    "hosted": """SELECT outreach_session.id FROM outreach_session JOIN "user" ON "user".id = host_id
                 WHERE email = :clinician AND state = 'published' ORDER BY seats_taken DESC LIMIT 1""",
    "provisional": "SELECT min(id) FROM outreach_session WHERE is_provisional",
    "decider": 'SELECT mailbox_id FROM "user" WHERE email = :clinician',
    "class": f"SELECT min(id) FROM school_class WHERE {OF_THE_TEACHER}",  # noqa: S608 (our own words)
    "student": f"SELECT min(id) FROM student WHERE {OF_THE_TEACHER}",  # noqa: S608 (our own words)
    "place": f"SELECT min(id) FROM registration WHERE session_id = :hosted AND state IN ('confirmed', 'pending') AND {OF_THE_TEACHER}",  # noqa: S608 (our own words)
    "mailbox": "SELECT mailbox_id FROM student JOIN registration ON student.id = student_id WHERE registration.id = :place",
    "invitation": "SELECT min(id) FROM invitation WHERE session_id = :hosted",
    "logged": "SELECT max(id) FROM letter",
    "received": "SELECT max(id) FROM inbound_message",
}  # each may ask for those before it


def receive_a_question(app: Flask) -> None:
    """Let a parent's e-mail wait for the coordinator."""
    with app.app_context():
        receive(QUESTION, delivered_to=None, source="test", now=clock.now())
        db.session.remove()
        db.engine.dispose()


class Demo:
    """The demo behind its web server."""

    def __init__(self, service: Service, browser: Any, folder: Path) -> None:
        self.service, self.browser, self.complaints = service, browser, list[str]()
        self.records: dict[str, Any] = dict(ROLES)
        for name, statement in RECORDS.items():
            self.records[name] = service.count(statement, **{key: value for key, value in self.records.items() if f":{key}" in statement})
        self.records |= self._links() | {"letter": next((folder / "mailbox").glob("*.eml")).stem}
        self._visitors: dict[str, InBrowser] = {}

    def visitor(self, who: str, **settings: Any) -> InBrowser:
        """Give a new visitor, signed in unless they are anybody."""
        page = self.browser.new_context(viewport=PHONE, reduced_motion="reduce", **settings).new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" and "404" not in said.text else None)
        visitor = InBrowser(page, self.service.base_url)
        if who in ROLES:
            sign_in(visitor, ROLES[who], PASSWORD)
        return visitor

    def open(self, who: str, address: str) -> Any:
        """Open a page as somebody; give Playwright's page."""
        if who not in self._visitors:
            self._visitors[who] = self.visitor(who)
        self._visitors[who].open(address.format(**self.records))
        return self._visitors[who].page

    def _links(self) -> dict[str, str]:
        """Sign what a letter about that place holds."""
        ends = clock.now().replace(microsecond=0) + timedelta(days=60)
        ticket = Ticket(self.records["mailbox"], self.records["hosted"], LinkPurpose.FAMILY, 1, ends)
        deciding = Ticket(self.records["decider"], self.records["provisional"], LinkPurpose.DECIDE, 1, ends)
        return {
            "token": sign(ticket, SECRET_KEY),
            "not_mine": sign(replace(ticket, purpose=LinkPurpose.NOT_MINE), SECRET_KEY),
            "undo": sign(replace(ticket, purpose=LinkPurpose.UNDO), SECRET_KEY),
            "decide": sign(deciding, SECRET_KEY),
        }
