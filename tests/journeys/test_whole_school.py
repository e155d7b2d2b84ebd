"""A teacher brings a whole school from one spreadsheet, corrects two questions, imports, undoes, and imports again."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from sqlalchemy import select
from xlsxwriter import Workbook

from outreach.db import db
from outreach.models import School, User
from outreach.time import clock
from tests.journeys.story import PASSWORD, TEACHER, make_people
from tests.support.builders import Builder
from tests.support.postbox import Postbox, open_postbox
from tests.support.service import Service, app_in, environment, running
from tests.support.visitors import InBrowser, sign_in

pytestmark = pytest.mark.browser
STUDENTS, CLASSES = 1000, 40
HEADINGS = ("Given name", "Family name", "Number", "Class", "Guardian", "Guardian e-mail", "Guardian 2", "Guardian 2 e-mail")
Rows = list[tuple[str, ...]]


def letters(number: int) -> str:
    return "".join(ascii_lowercase[number // 26**place % 26] for place in range(3)).capitalize()


def of_student(number: int) -> tuple[str, ...]:
    mum, dad = f"mum{number}@families.example", f"dad{number}@families.example"
    named = (letters(number), f"Hill{letters(number * 7).lower()}", f"S{number:04}", f"{number % CLASSES:02}x")
    return (*named, "Mum Hill", mum, "Dad Hill", dad)


def workbook(rows: Rows) -> bytes:
    packed = io.BytesIO()
    with Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((HEADINGS, *rows)):
            sheet.write_row(number, 0, row)
    return packed.getvalue()


@pytest.fixture
def stage(fresh_database: Callable[[str, Path], Any], tmp_path: Path) -> Iterator[tuple[Service, Postbox, int]]:
    """Run the service with one empty class."""
    with fresh_database("sqlite", tmp_path) as database_url, open_postbox() as postbox:
        variables = environment(database_url, tmp_path, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(postbox.port))
        app = app_in(variables)
        make_people(app)
        with app.app_context():
            teacher = db.session.scalars(select(User).where(User.email == TEACHER)).one()
            school = db.session.scalars(select(School)).one()
            class_id = Builder(clock.now()).school_class(school, teacher, name="00x").id
            db.session.remove()
            db.engine.dispose()
        with running(variables) as service:
            yield service, postbox, class_id


def counts(service: Service) -> list[int]:
    return [service.count(f"SELECT count(*) FROM {table}") for table in ("student", "school_class", "guardian", "enrolment")]  # noqa: S608 (our own names)


def test_a_whole_school_comes_goes_and_comes_again(stage: tuple[Service, Postbox, int], browser: Any) -> None:
    service, postbox, class_id = stage
    teacher = InBrowser(browser.new_page(), service.base_url)
    sign_in(teacher, TEACHER, PASSWORD)

    def see(words: str) -> None:
        """Wait until the page says this: it follows the worker by itself."""
        teacher.page.locator("main").get_by_text(words).first.wait_for()

    def upload(rows: Rows) -> None:
        teacher.open(f"/classes/{class_id}/import")
        teacher.attach("file", "school.xlsx", workbook(rows))
        teacher.press("Check the list")
        see("columns recognised")

    rows = [of_student(number) for number in range(STUDENTS)]
    odd = [("Ana1", *rows[0][1:]), *rows[1:-1], (*rows[-1][:5], "no address", *rows[-1][6:])]
    upload(odd)
    assert "1000 new 0 updated 0 unchanged 2 need your answer" in teacher.text
    teacher.fill(**{"fix-2-0": "Ana", f"fix-{STUDENTS + 1}-5": "m@families.example"})
    teacher.page.locator("main").get_by_role("button", name="Read the list again").first.click()
    see("Import 1000 students")
    teacher.press("Import 1000 students")
    see("The list was imported.")
    assert counts(service) == [STUDENTS, CLASSES, 2 * STUDENTS, STUDENTS]
    teacher.follow("Undo this import")
    assert "1000 students were added by this import and will be removed" in teacher.text
    teacher.press("Undo the import")
    see("The import was undone.")
    assert counts(service) == [0, 1, 0, 0]
    upload(rows)
    teacher.press("Import 1000 students")
    see("The list was imported.")
    assert counts(service) == [STUDENTS, CLASSES, 2 * STUDENTS, STUDENTS]
    random.Random(1).shuffle(rows)
    upload(rows)
    assert "There is nothing to import" in teacher.text
    service.settle()
    assert set(postbox.recipients) == {TEACHER}, "no family hears of an import"
