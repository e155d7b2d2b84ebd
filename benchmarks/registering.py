"""What it takes to register a class of 30 with 45 guardians: statements, and classes a second, in a process and over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from benchmarks.bare import classes_a_second
from benchmarks.figures import Figure
from benchmarks.people import PASSWORD, Class
from outreach.db import db, transaction
from outreach.registration.use_cases import RegistrationRequest, register_students

SECONDS, WARM_UP = 4.0, 20
MORE_STATEMENTS, CLASSES_A_SECOND = 12, 15.0
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def break_in(school_class: Class, *, now: datetime) -> None:
    """Register a few classes, then let the database look at its tables.

    PostgreSQL does that by itself within a minute where autovacuum runs; until then it reads small tables from end to end.
    """
    for _ in range(WARM_UP):
        _register(_request(school_class), school_class, now)
    with transaction():
        db.session.execute(text("ANALYZE"))


def measure(school_class: Class, database: str, *, now: datetime) -> list[Figure]:
    """Count the statements of one student and of the class, then register the class for session after session."""
    whole = _request(school_class)
    with _counted() as of_one:
        _register(replace(whole, student_ids=whole.student_ids[:1]), school_class, now)
    with _counted() as of_class:
        last = _register(whole, school_class, now)
    done, began = 0, time.perf_counter()
    while time.perf_counter() < began + SECONDS:
        last = _register(whole, school_class, now)
        done += 1
    rate = done / (time.perf_counter() - began)
    ceiling = classes_a_second(last, seconds=SECONDS / 2)
    more = {"what": "A class of 30 rather than one student", "unit": "statements more", "at_most": MORE_STATEMENTS}
    return [
        Figure(database=database, value=len(of_class) - len(of_one), **more),  # type: ignore[arg-type]  # the dict holds several types
        Figure(what="Registering", database=database, value=rate, unit="classes/s", ceiling=ceiling, at_least=CLASSES_A_SECOND),
    ]


def measure_over_http(school_class: Class, port: int, database: str) -> Figure:
    """Sign in as the teacher, then post the form of the registration page for session after session."""
    done, teacher = 0, _Teacher(port, school_class)
    began = time.perf_counter()
    while time.perf_counter() < began + SECONDS:
        teacher.register()
        done += 1
    rate = done / (time.perf_counter() - began)
    return Figure(what="Registering, posting the form", database=database, value=rate, unit="classes/s", at_least=CLASSES_A_SECOND)


class _Teacher:
    """Somebody in a browser, without the pictures."""

    def __init__(self, port: int, school_class: Class) -> None:
        self.connection, self.cookie = HTTPConnection("127.0.0.1", port), ""
        self.school_class = school_class
        token = self.token_of("/login")
        self.send("/login", [("csrf_token", token), ("email", school_class.teacher_email), ("password", PASSWORD)], expected=302)
        self.token = self.token_of(self.form_of(next(school_class.sessions)))

    def register(self) -> None:
        """Register the class for the next session."""
        ticked = [("student_ids", str(key)) for key in self.school_class.student_ids]
        form = self.form_of(next(self.school_class.sessions))
        self.send(form, [("csrf_token", self.token), ("permission_attested", "y"), *ticked], expected=303)

    def form_of(self, session_id: int) -> str:
        """Give the address of the registration page."""
        return f"/sessions/{session_id}/registration?class={self.school_class.class_id}"

    def token_of(self, path: str) -> str:
        """Read the page's own token against forged forms."""
        self.connection.request("GET", path, headers={"Cookie": self.cookie})
        found = _TOKEN.search(self.answer(200).read().decode())
        return found[1] if found else ""

    def send(self, path: str, fields: list[tuple[str, str]], *, expected: int) -> None:
        """Post a form."""
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, urlencode(fields), headers)
        self.answer(expected).read()

    def answer(self, expected: int) -> HTTPResponse:
        """Wait for the answer, and keep its cookie."""
        answer = self.connection.getresponse()
        if answer.status != expected:
            raise RuntimeError(f"Expected {expected}, got {answer.status}.")
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        return answer


def _request(school_class: Class) -> RegistrationRequest:
    return RegistrationRequest(
        session_id=0,
        school_id=school_class.school_id,
        class_id=school_class.class_id,
        student_ids=school_class.student_ids,
        teacher_id=school_class.teacher_id,
        by_id=school_class.teacher_id,
        permission_attested=True,
    )


def _register(request: RegistrationRequest, school_class: Class, now: datetime) -> int:
    session_id = next(school_class.sessions)
    register_students(replace(request, session_id=session_id), now=now)
    return session_id


@contextmanager
def _counted() -> Iterator[list[str]]:
    """Collect the statements that go to the database."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
