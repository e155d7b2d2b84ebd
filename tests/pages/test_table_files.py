"""Lists as files for a spreadsheet: what the reader may see, no formulas, and a class that can be imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from outreach.models import User
from outreach.schools.queries import known_students
from tests.support import imports
from tests.support.builders import Builder

Clients = Callable[[User | None], FlaskClient]


def as_csv(client: FlaskClient, path: str) -> list[list[str]]:
    answer = client.get(f"{path}?format=csv")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def as_xlsx(client: FlaskClient, path: str) -> list[list[str]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{path}?format=xlsx").get_data()))
    return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]


def test_a_class_leaves_as_its_teachers_know_it_and_comes_back_unchanged(make: Builder, client_of: Clients, now: datetime) -> None:
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher, name="9B")
    facts: dict[str, Any] = {"number": "007", "email": "ana@pupils.example", "birth_date": date(2012, 4, 30), "needs": "glasses"}
    make.student(school_class, given_name="Ana", family_name="López", guardians=("m@families.example",), **facts)
    make.student(school_class, given_name="Ben", family_name="Hill")
    client, path = client_of(teacher), f"/classes/{school_class.id}/file"
    table = as_csv(client, path)
    assert as_xlsx(client, path) == table
    assert [row[0] for row in table] == ["Given name", "Ben", "Ana"]
    assert table[2][:7] == ["Ana", "López", "007", "ana@pupils.example", "", "2012-04-30", "glasses"]
    before = known_students(school.id)
    for kind in ("csv", "xlsx"):
        content = client.get(f"{path}?format={kind}").get_data()
        assert imports.look(school_class, content, now=now).review["to_write"] == 0
    assert known_students(school.id) == before


def test_no_cell_is_a_formula(make: Builder, client_of: Clients) -> None:
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher)
    make.student(school_class, given_name="=HYPERLINK(1)", family_name="@SUM(A1)", needs="+1-1")
    path = f"/classes/{school_class.id}/file"
    assert as_csv(client_of(teacher), path)[1][:2] == ["'=HYPERLINK(1)", "'@SUM(A1)"]
    assert as_xlsx(client_of(teacher), path)[1][:2] == ["=HYPERLINK(1)", "@SUM(A1)"]
    assert b"<f>" not in client_of(teacher).get(f"{path}?format=xlsx").get_data()


def test_a_host_gets_given_names_and_a_teacher_their_own_students(make: Builder, client_of: Clients) -> None:
    host, school, other = make.clinician(), make.school("Northside"), make.school("Elsewhere")
    teacher, stranger = make.teacher(school), make.teacher(other)
    outreach_session = make.outreach_session(host)
    for one, name in ((teacher, "Ana"), (stranger, "Zoe")):
        place = school if one is teacher else other
        student = make.student(
            make.school_class(place, one, name="9B"), given_name=name, family_name="Secret", email=f"{name.lower()}@pupils.example"
        )
        make.register(outreach_session, one, student)
    roster = as_csv(client_of(host), f"/sessions/{outreach_session.id}/roster/file")
    assert [row[:2] for row in roster] == [["Given name", "School"], ["Zoe", "Elsewhere"], ["Ana", "Northside"]]
    assert not any("Secret" in cell or "@" in cell for row in roster for cell in row)
    mine = as_csv(client_of(teacher), f"/sessions/{outreach_session.id}/seats/file")
    assert [row[:3] for row in mine] == [["Student", "Class", "Seat"], ["Ana Secret", "", "has a seat"]]


def test_the_list_to_fill_in_is_understood(make: Builder, client_of: Clients, now: datetime) -> None:
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher)
    [headings] = as_csv(client_of(teacher), "/classes/template")
    assert as_xlsx(client_of(teacher), "/classes/template") == [headings]
    row = ["Ana", "Hill", "N1", "ana@pupils.example", "9", "2012-04-30", "", "Mum Hill", "m@families.example", "", ""]
    content = "\n".join([",".join(headings), ",".join(row)]).encode()
    batch = imports.look(school_class, content, now=now)
    assert (batch.review["to_write"], [one["field"] for one in batch.review["columns"] if not one["field"]]) == (1, [])
