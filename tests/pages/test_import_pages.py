"""Pages of an import: what is shown is done, bad lists get clear words, and nothing is saved before."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from outreach.background.use_cases import work_off
from outreach.db import db
from outreach.models import Guardian, ImportRow, Mailbox, School, SchoolClass, Student, User
from outreach.runtime.long_work import LONG_WORK
from tests.pages.test_schools import field, text
from tests.support.builders import Builder

pytestmark = pytest.mark.usefixtures("clock_stands_still")

Clients = Callable[[User | None], FlaskClient]

LIST = (
    "First name;Surname;E-mail;Date of birth;Parent e-mail;House\n"
    "Ana;López;ana@pupils.example;30/04/2012;maria@families.example;Red\n"
    "Ben;Hill;;02/03/2012;;Blue\n"
    "Zoe;Quist;not an address;;;Red\n"
    "Tom;=SUM(A1);;;;Red\n"
)


@pytest.fixture
def school(make: Builder) -> School:
    return make.school()


@pytest.fixture
def school_class(make: Builder, school: School) -> SchoolClass:
    return make.school_class(school, make.teacher(school), name="9B")


@pytest.fixture
def path(school_class: SchoolClass) -> str:
    return f"/classes/{school_class.id}/import"


@pytest.fixture
def client(make: Builder, school: School, client_of: Clients) -> FlaskClient:
    return client_of(make.teacher(school))


def paste(client: FlaskClient, path: str, content: str = LIST) -> Any:
    return client.post(path, data={"pasted": content}, follow_redirects=True)


def send(client: FlaskClient, path: str, content: bytes, name: str = "9B.csv") -> Any:
    """Upload a file; the body is made here, as the test client would leave a big one's temporary file open."""
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
    return client.post(
        path, data=head.encode() + content + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x", follow_redirects=True
    )


def press(client: FlaskClient, page: Any, step: str, **changes: str) -> Any:
    """Press a button of a review: `students` imports; `review` reads the list again, and what is shown then is given."""
    answer = client.post(f"{page.request.path.removesuffix('/students')}/{step}", data=sent_back(page, **changes))
    return client.get(answer.location) if step == "review" else answer


def sent_back(page: Any, **changes: str) -> dict[str, str]:
    """Give what a browser sends of a dry run: columns, corrections, ticks and chosen answers."""
    html = page.get_data(as_text=True)
    data = {"shown": field(page, "shown")}
    for name, options in re.findall(r'<select id="[a-z]+-\d+" name="([a-z]+-\d+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        data[name] = chosen[1] if chosen else ""
    for tag in re.findall(r'<input[^>]*(?:checked|name="(?:fix-|cuts_for|sheet_was))[^>]*>', html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        data[name[1]] = unescape(value[1]) if value else "on"  # type: ignore[index]
    return data | changes


def students() -> list[str]:
    return sorted(db.session.scalars(select(Student.given_name)))


@pytest.mark.empty_database
def test_a_list_is_shown_first_and_then_imported(client: FlaskClient, path: str) -> None:
    shown = paste(client, path)
    words = text(shown)
    assert "2 new 0 updated 0 unchanged 2 with errors" in words
    assert "5 columns recognised · 1 left out" in words
    assert 'Row 4: "not an address" is not an e-mail address' in words
    assert 'Row 5: "=SUM(A1)" is a formula' in words
    assert "2 rows are left out. Import 2 students" in words
    assert "guardian: maria@families.example" in words
    assert shown.headers["Cache-Control"] == "no-store"
    assert students() == []
    done = press(client, shown, "students")
    assert (done.status_code, students()) == (303, ["Ana", "Ben"])
    assert "2 students added. 0 students updated." in text(client.get(done.location))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.empty_database
def test_a_file_of_any_spreadsheet_is_read(client: FlaskClient, path: str, encoding: str) -> None:
    shown = send(client, path, LIST.encode(encoding))
    assert "Ana López" in text(shown)
    press(client, shown, "students")
    assert students() == ["Ana", "Ben"]


def test_a_second_upload_shows_old_and_new_and_changes_nothing_else(client: FlaskClient, path: str) -> None:
    press(client, paste(client, path), "students")
    again = paste(client, path, "First name,Surname,Year\nBen,Hill,10\nAna,López,\n")
    words = text(again)
    assert "0 new 1 updated 1 unchanged" in words
    assert "year group: 10" in words
    press(client, again, "students")
    third = paste(client, path, "First name,Surname,Year\nBen,Hill,11\n")
    assert "was 10 now 11" in text(third)
    assert "Not on the list 1 Ana López" in text(third)
    nothing = paste(client, path, "First name,Surname,Year\nBen,Hill,10\n")
    assert "There is nothing to import" in text(nothing)


@pytest.mark.empty_database
def test_columns_can_be_changed_and_left_out(client: FlaskClient, path: str) -> None:
    shown = paste(client, path, "Etunimi,Sukunimi,Posti\nAna,López,ana@pupils.example\nBen,Hill,\n")
    assert "choose" in text(shown).lower()
    chosen = {"column-0": "given_name", "column-1": "family_name", "column-2": "email", "headings": "y"}
    understood = press(client, shown, "review", **chosen)
    assert "2 new" in text(understood)
    twice = press(client, understood, "review", **{"column-2": "given_name"})
    assert "Two columns are chosen for “given name”" in text(twice)
    without = press(client, twice, "review", **{"column-2": "", "out-2": "y"})
    assert "ana@pupils.example" not in re.sub(r'class="hint".*?</p>', "", without.get_data(as_text=True), flags=re.DOTALL)
    press(client, without, "students")
    assert (students(), db.session.scalar(select(func.count(Student.mailbox_id)))) == (["Ana", "Ben"], 0)


@pytest.mark.empty_database
def test_names_alone_can_be_pasted(client: FlaskClient, path: str) -> None:
    press(client, paste(client, path, "Ana López\nBen Hill\n"), "students")
    assert students() == ["Ana", "Ben"]


@pytest.mark.empty_database
def test_columns_changed_without_another_look_are_not_imported(client: FlaskClient, path: str) -> None:
    shown = paste(client, path)
    refused = press(client, shown, "students", **{"column-2": "", "out-2": "y"})
    assert (refused.status_code, students()) == (303, [])
    shown = client.get(refused.location)
    assert "Nothing was imported. Please check again" in text(shown)
    assert press(client, shown, "students").status_code == 303
    assert students() == ["Ana", "Ben", "Zoe"]


@pytest.mark.empty_database
def test_ambiguous_dates_are_asked_once(client: FlaskClient, path: str) -> None:
    shown = paste(client, path, "First name,Surname,Born\nAna,López,03/04/2012\nBen,Hill,05/06/2012\n".replace("Born", "Date of birth"))
    assert "How are the birth dates written?" in text(shown)
    assert "2 with errors" in text(shown)
    answered = press(client, shown, "review", date_order="mdy")
    assert "born 4 Mar 2012" in text(answered)
    assert press(client, answered, "students").status_code == 303
    assert {str(day) for day in db.session.scalars(select(Student.birth_date))} == {"2012-03-04", "2012-05-06"}


@pytest.mark.empty_database
def test_a_question_stays_until_it_is_answered(make: Builder, client: FlaskClient, school: School, path: str) -> None:
    known = make.student(make.school_class(school, name="8A"), given_name="Ana", family_name="López")
    shown = paste(client, path, "First name,Surname\nAna,López\nBen,Hill\n")
    assert "Yes, Ana López (8A)" in text(shown)
    unanswered = press(client, shown, "students")
    assert unanswered.status_code == 422
    assert "Some rows need your answer first" in text(unanswered)
    look = press(client, shown, "review", **{"answer-2": "new"})
    assert "2 new" in text(look)
    assert press(client, look, "students", **{"answer-2": str(known.id)}).status_code == 303
    assert students() == ["Ana", "Ben"]
    assert {one.name for one in db.session.get_one(Student, known.id).classes} == {"8A", "9B"}


@pytest.mark.empty_database
def test_a_row_in_doubt_can_be_left_out(make: Builder, client: FlaskClient, school: School, path: str) -> None:
    make.student(make.school_class(school), given_name="Ana", family_name="López")
    shown = paste(client, path, "First name,Surname\nAna,López\nBen,Hill\n")
    press(client, shown, "students", **{"answer-2": "out"})
    assert students() == ["Ana", "Ben"]


def _workbook() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


UNREADABLE = [
    (_workbook(), "We can't open this spreadsheet"),
    (b"", "This file is empty"),
    (b"\xff\xfe\xfd" * 9, "Some characters in this file are damaged"),
    (b"%PDF-1.7", "This is a PDF"),
    (b"a,b\n" * 3_000_000, "larger than 10 MB"),
    (b"a,b\n" * 500_000, "more than 20000 rows"),
    (b'First name,Surname\n"Ana,Hill\n', "never closed"),
    (b"First name,Surname\n" + b"x" * 501 + b",y\n", "longer than 500 characters"),
]


@pytest.mark.empty_database
def test_what_is_no_list_gets_clear_words(client: FlaskClient, path: str, now: datetime) -> None:
    for content, words in UNREADABLE:
        refused = send(client, path, content)
        if refused.status_code == 200:  # a large one: the worker finds out
            while work_off(LONG_WORK, now=now):
                pass
            refused = client.get(refused.request.path)
        assert words in text(refused), words
    assert students() == []


def test_twenty_megabytes_are_refused_in_words(client: FlaskClient, path: str) -> None:
    refused = send(client, path, b"x" * (20 * 1024 * 1024))
    assert refused.status_code == 413
    assert "too large" in text(refused)


def test_nothing_or_both_is_refused_and_what_was_pasted_stays(client: FlaskClient, path: str) -> None:
    for nothing in ("", " \n"):
        refused = client.post(path, data={"pasted": nothing})
        assert refused.status_code == 422
        assert "Choose the file with your class list, or paste the list below." in text(refused)
    both = client.post(path, data={"file": (io.BytesIO(b"a,b"), "a.csv"), "pasted": LIST}, content_type="multipart/form-data")
    assert both.status_code == 422
    assert "Use only one of them" in text(both)
    assert "Ana;López" in both.get_data(as_text=True)
    bad = paste(client, path, "\ufffd\x01\x02\x03\x04\x05")
    assert (bad.status_code, "We can't read this file as text" in text(bad)) == (422, True)


@pytest.mark.empty_database
def test_names_that_would_add_a_header_are_refused(client: FlaskClient, path: str) -> None:
    shown = paste(client, path, 'First name,Surname\n"Ana\nBcc: all@x.test",López\nBen,Hi\x0bll\n')
    assert "2 with errors" in text(shown)
    assert press(client, shown, "students").status_code == 303
    assert students() == []


def test_duplicates_in_a_list_count_once_or_are_asked(client: FlaskClient, path: str) -> None:
    shown = paste(client, path, "First name,Surname,Year\nAna,López,9\nAna,López,9\nBen,Hill,9\nBen,Hill,10\n")
    words = text(shown)
    assert "1 new" in words
    assert "Row 3 is the same as row 2. We count it once." in words
    assert "Row 4 is the same student as row 5, with different details" in words


def test_forged_fields_do_no_harm(client: FlaskClient, path: str) -> None:
    for forged in ({"column-999999": "email"}, {"column-0": "password"}, {"answer-x": "1", "date_order": "ymd"}, {"seen": "x:y,9"}):
        for step in ("review", "students"):
            assert press(client, paste(client, path), step, **forged).status_code in {200, 303, 409, 422}


def letters(number: int) -> str:
    """Write a number in letters: a digit in a name would be asked about."""
    return "".join(chr(ord("a") + int(figure)) for figure in str(number))


@pytest.mark.empty_database
def test_a_long_list_is_read_and_imported_by_the_worker(client: FlaskClient, path: str, now: datetime) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    named = [f"Given{letters[n // 26]}{letters[n % 26]}" for n in range(600)]
    rows = "\n".join(f"{name},Hill,s{n}@pupils.example,{'needs ' * 70}" for n, name in enumerate(named))
    waits = send(client, path, f"First name,Surname,E-mail,Needs\n{rows}".encode())
    assert "Reading 9B.csv It will start in a moment" in text(waits)
    while work_off(LONG_WORK, now=now):
        pass
    shown = client.get(waits.request.path)
    assert "600 new" in text(shown)
    assert named[599] not in text(shown)
    assert named[599] in text(client.get(f"{waits.request.path}?section=new&page=12"))
    doing = press(client, shown, "students")
    assert (doing.location, students()) == (waits.request.path, [])
    assert "It will start in a moment" in text(client.get(doing.location))
    while work_off(LONG_WORK, now=now):
        pass
    assert (len(students()), db.session.scalar(select(func.count(ImportRow.id)))) == (600, 0)
    assert "Students added 600" in text(client.get(doing.location))


ODD = (
    "Full name,Email,DOB,Parent name,Parent email,Contact this parent?,Emergency contact,Role\n"
    "MOE ANA MARIA,ana@pupils.example,2012-03-04,Maria Moe,maria@@families,YES,Petra Old,student\n"
    "HILL BEN,rex@families.example,2012-03-05,Rex Hill,rex@families.example,YES,,student\n"
    "RAE CLEO,cleo@,2012-03-06,Ann Rae,ann@families.example,NO - court order,,student\n"
    "BERG OTTO,otto@school.example,,,,,,teacher\n"
)


@pytest.mark.empty_database
def test_questions_come_first_and_cells_are_corrected_in_place(client: FlaskClient, path: str) -> None:
    shown = paste(client, path, ODD)
    words = text(shown)
    for said in ("1 member of staff", "left out, but it may name a guardian", "4 need your answer", "Which part of the names comes first?"):
        assert said in words
    press(client, shown, "students")
    assert students() == []
    answers = {"name_order": "family_first", "out-6": "y", "fix-2-4": "maria@families.example", "fix-4-1": "cleo@pupils.example"}
    again = press(client, shown, "review", **answers, **{"sure-3-email": "y"})
    assert "Ann Rae ann@families.example, for Cleo Rae: the list says they must not be contacted" in text(again)
    assert "3 new" in text(again)
    corrected = press(client, again, "review", **{"cut-2": "2"})
    assert press(client, corrected, "students").status_code == 303
    assert students() == ["Ben", "Cleo", "Maria"]
    guardians = db.session.execute(select(Guardian.name, Mailbox.address).join(Mailbox, Mailbox.id == Guardian.mailbox_id))
    assert sorted(map(tuple, guardians)) == [("Maria Moe", "maria@families.example"), ("Rex Hill", "rex@families.example")]


def test_a_teacher_says_that_a_list_is_the_whole_class_and_confirms_who_leaves(
    make: Builder, client: FlaskClient, path: str, school_class: SchoolClass
) -> None:
    for name in ("Ana", "Ben", "Cem"):
        make.student(school_class, given_name=name, family_name="Hill")
    page = paste(client, path, "Given name,Family name\nAna,Hill\n")
    assert "Who is on this list?" in text(page)
    assert "There is nothing to import" in text(page)
    page = press(client, page, "review", scope="class")
    assert "Ben Hill, Cem Hill" in text(page)
    refused = press(client, page, "students", scope="class", leaves="y")
    assert refused.status_code == 422
    assert "More than half of them would leave" in text(refused)
    press(client, page, "students", scope="class", leaves="y", leaves_many="y")
    assert "2 students left." in text(client.get(f"/classes/{school_class.id}"))
    db.session.expire_all()
    assert [one.given_name for one in school_class.students] == ["Ana"]


def test_who_left_the_school_is_listed_apart(
    make: Builder, client: FlaskClient, path: str, school: School, school_class: SchoolClass
) -> None:
    other = make.school_class(school, name="8A")
    students = [make.student(school_class, given_name=name, family_name="Hill") for name in ("Ana", "Ben", "Cem")]
    make.register(make.outreach_session(make.clinician()), make.teacher(school), students[2])
    make.student(other, given_name="Dan", family_name="Hill")
    page = paste(client, path, "Given name,Family name,Class\nAna,Hill,9B\nDan,Hill,8A\n")
    page = press(client, page, "review", scope="school")
    assert "Ben Hill, Cem Hill" in text(page)
    assert "Cem Hill. We have no address of their families" in text(page)
    press(client, page, "students", scope="school", leaves="y", withdraws="y")
    assert "Ben Hill" not in text(client.get("/students"))
    assert "Ben Hill" in text(client.get("/students?show=left"))
    assert "Left the school on Monday 1 March 2027" in text(client.get(f"/students/{students[1].id}"))
