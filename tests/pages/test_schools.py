"""Pages of classes and students: what a teacher, a colleague and a stranger get, and what bad input gets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from outreach.db import db, transaction
from outreach.models import Guardian, Mailbox, Registration, School, SchoolClass, Student, User
from outreach.registration import use_cases as registering
from tests.support.builders import Builder

pytestmark = pytest.mark.usefixtures("clock_stands_still")

Clients = Callable[[User | None], FlaskClient]


@dataclass
class Place:
    """A school with one class of one student, and the people who may look."""

    school: School
    school_class: SchoolClass
    mia: int
    people: dict[str, User | None]


@pytest.fixture
def place(make: Builder) -> Place:
    school = make.school("Hill School")
    owner = make.teacher(school, given_name="Robin", family_name="Hale")
    school_class = make.school_class(school, owner, name="9B")
    mia = make.student(school_class, given_name="Mia", family_name="Hill", email="mia@pupils.example", guardians=("mum@families.example",))
    people: dict[str, User | None] = {
        "owner": owner,
        "colleague": make.teacher(school),
        "stranger": make.teacher(make.school("Other School")),
        "coordinator": make.coordinator(),
        "clinician": make.clinician(),
        "anonymous": None,
    }
    return Place(school, school_class, mia.id, people)


@pytest.fixture
def owner(place: Place, client_of: Clients) -> FlaskClient:
    return client_of(place.people["owner"])


def text(response: Any) -> str:
    """Give the words of a page as they are read."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))).split())


def field(response: Any, name: str) -> str:
    """Give what stands in an input."""
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', response.get_data(as_text=True))
    assert found, name
    value = re.search(r'value="([^"]*)"', found[0])
    return unescape(value[1]) if value else ""


def typed(page: Any, **changes: str) -> dict[str, str]:
    """Give what a browser would send back of a student's page, with changes."""
    names = ("given_name", "family_name", "number", "email", "year_group", "birth_date", "seen", "guardians-0-name", "guardians-0-email")
    data = {name: field(page, name) for name in names}
    if 'name="guardians-0-id"' in page.get_data(as_text=True):
        data["guardians-0-id"] = field(page, "guardians-0-id")
    return data | {key.replace("__", "-"): value for key, value in changes.items()}


READ = ["/classes/{c}", "/classes/{c}/name", "/classes/{c}/deletion", "/classes/{c}/students/new", "/classes/{c}/import"]
READ += ["/students/{s}", "/students/{s}/removal"]
ACT = ["/classes/{c}/teachers", "/students/{s}/classes", "/students/{s}/classes/{c}/removal"]
SEEN_BY = {
    "owner": {200, 303},
    "colleague": {200, 303},
    "coordinator": {200, 303},
    "stranger": {404},
    "clinician": {403},
    "anonymous": {302},
}


@pytest.mark.parametrize("person", SEEN_BY)
def test_colleagues_and_coordinators_may_see_and_strangers_may_not(place: Place, client_of: Clients, person: str) -> None:
    client = client_of(place.people[person])
    paths = [path.format(c=place.school_class.id, s=place.mia) for path in READ]
    assert {client.get(path).status_code for path in paths} <= SEEN_BY[person]


@pytest.mark.parametrize("person", SEEN_BY)
def test_colleagues_and_coordinators_may_act_and_strangers_may_not(place: Place, client_of: Clients, person: str) -> None:
    client = client_of(place.people[person])
    paths = [path.format(c=place.school_class.id, s=place.mia) for path in ACT]
    assert {client.post(path, data={"class_id": place.school_class.id}).status_code for path in paths} <= SEEN_BY[person]


@pytest.mark.parametrize(("person", "expected"), [("owner", True), ("colleague", True), ("coordinator", True), ("stranger", False)])
def test_lists_show_ones_own_school_only(place: Place, client_of: Clients, person: str, expected: bool) -> None:
    client = client_of(place.people[person])
    assert ("9B" in text(client.get("/classes"))) is expected
    assert ("Mia Hill" in text(client.get("/students"))) is expected


def test_ones_own_classes_stand_first_with_their_sizes(make: Builder, place: Place, owner: FlaskClient) -> None:
    make.school_class(place.school, name="8A")
    page = text(owner.get("/classes"))
    assert page.index("Your classes") < page.index("9B") < page.index("colleagues") < page.index("8A")
    assert "Robin Hale 1" in page
    assert "nobody yet 0" in page


def test_the_first_page_of_a_new_teacher_offers_the_first_step(make: Builder, client_of: Clients) -> None:
    page = client_of(make.teacher(make.school())).get("/classes")
    assert "Type the names, paste them or upload the list" in text(page)
    assert 'href="/classes/new"' in page.get_data(as_text=True)


def test_a_class_is_made_and_then_filled(place: Place, owner: FlaskClient) -> None:
    made = owner.post("/classes/new", data={"name": "10C", "school_id": place.school.id, "then": "upload"})
    school_class = db.session.scalars(select(SchoolClass).where(SchoolClass.name == "10C")).one()
    assert (made.status_code, made.location) == (303, f"/classes/{school_class.id}/import")
    assert [teacher.id for teacher in school_class.teachers] == [place.people["owner"].id]  # type: ignore[union-attr]
    typing = owner.post("/classes/new", data={"name": "10D", "school_id": place.school.id, "then": "type"})
    assert typing.location.endswith("/students/new")


@pytest.mark.empty_database
def test_a_class_needs_a_free_name_and_ones_own_school(make: Builder, place: Place, owner: FlaskClient) -> None:
    for name, words in [
        ("", "give the class a name"),
        ("9B", "already has a class with this name"),
        ("a\nb", "on one line"),
        ("x" * 101, "100"),
    ]:
        refused = owner.post("/classes/new", data={"name": name, "school_id": place.school.id})
        assert refused.status_code == 422
        assert words in text(refused)
    elsewhere = make.school()
    assert owner.post("/classes/new", data={"name": "10C", "school_id": elsewhere.id}).status_code == 422
    assert db.session.scalar(select(func.count(SchoolClass.id))) == 1


def test_a_class_is_renamed_and_deleted_after_a_question(place: Place, owner: FlaskClient) -> None:
    path = f"/classes/{place.school_class.id}"
    assert owner.post(f"{path}/name", data={"name": "9 Blue"}).status_code == 303
    assert "9 Blue" in text(owner.get(path))
    assert "1 student stays at your school" in text(owner.get(f"{path}/deletion"))
    assert owner.post(f"{path}/deletion").status_code == 303
    assert owner.get(path).status_code == 404
    assert "1 student isn't in a class" in text(owner.get("/classes"))
    assert "Mia Hill" in text(owner.get("/students?show=no_class"))


def test_a_colleague_takes_a_class_too(place: Place, client_of: Clients) -> None:
    client = client_of(place.people["colleague"])
    path = f"/classes/{place.school_class.id}/teachers"
    client.post(path, data={"keeps": "yes"})
    client.post(path, data={"keeps": "yes"})
    assert len(db.session.get_one(SchoolClass, place.school_class.id, populate_existing=True).teachers) == 2
    client.post(path, data={"keeps": "no"})
    assert "Your classes" not in text(client.get("/classes"))


def test_who_can_be_reached_stands_beside_each_student(make: Builder, place: Place, owner: FlaskClient, now: datetime) -> None:
    make.student(place.school_class, given_name="Only", email="only@pupils.example")
    make.student(place.school_class, given_name="Silent", guardians=(None,), needs="Hearing aid")
    make.student(place.school_class, given_name="Lost", guardians=("gone@families.example", "no@families.example"))
    with transaction():
        db.session.scalars(select(Mailbox).where(Mailbox.address == "no@families.example")).one().stop(now=now)
        gone = db.session.scalars(select(Mailbox).where(Mailbox.address == "gone@families.example")).one()
        gone.undeliverable_at, gone.undeliverable_words = now, "550 no such user"
    page = text(owner.get(f"/classes/{place.school_class.id}"))
    for words in (
        "own e-mail 1 guardian",
        "no guardian: you get the e-mails",
        "2 can’t be reached by e-mail",
        "1 has an address to correct",
    ):
        assert words in page
    assert "Hearing aid" not in page
    trouble = text(owner.get("/students?show=trouble"))
    assert "gone@families.example: There is no such mailbox." in trouble
    assert "no@families.example: reported as “not my child”" in trouble
    assert "Mia" not in trouble
    lost = db.session.scalars(select(Student).where(Student.given_name == "Lost")).one()
    record = text(owner.get(f"/students/{lost.id}"))
    for words in (
        "Monday 1 March 2027 that this isn’t their child",
        "550 no such user",
        "correct it below",
        "The address works: use it again",
    ):
        assert words in record


def test_students_are_found_by_name_and_number(make: Builder, place: Place, owner: FlaskClient) -> None:
    make.student(place.school_class, given_name="Ana", family_name="100%", number="A_7")
    assert "Ana" in text(owner.get("/students?q=ana"))
    assert "Ana" in text(owner.get("/students?q=A_7"))
    assert "Mia" not in text(owner.get("/students?q=%25"))
    assert "Nobody found" in text(owner.get("/students?q=%00nobody&page=99"))


def test_a_student_is_added_and_the_next_one_typed(place: Place, owner: FlaskClient) -> None:
    path = f"/classes/{place.school_class.id}/students/new"
    data = {
        "given_name": "Ana",
        "family_name": "López",
        "guardians-0-email": "Home@Families.example",
        "guardians-1-name": "Jose",
        "then": "another",
    }
    added = owner.post(path, data=data)
    assert (added.status_code, added.location) == (303, path)
    ana = db.session.scalars(select(Student).where(Student.given_name == "Ana")).one()
    assert [(one.name, one.mailbox and one.mailbox.address) for one in ana.guardians] == [("", "home@families.example"), ("Jose", None)]


@pytest.mark.empty_database
def test_a_likely_double_is_asked_about_before_it_is_added(make: Builder, place: Place, owner: FlaskClient) -> None:
    other = make.school_class(place.school, name="8A")
    path = f"/classes/{other.id}/students/new"
    data = {"given_name": "mia", "family_name": "HILL", "needs": "glasses"}
    asked = owner.post(path, data=data)
    assert asked.status_code == 422
    assert "Is it the same person?" in text(asked)
    assert "glasses" in asked.get_data(as_text=True)
    assert owner.post(f"/students/{place.mia}/classes", data={"class_id": other.id, "then": "class"}).location == f"/classes/{other.id}"
    assert "Mia Hill" in text(owner.get(f"/classes/{other.id}"))
    assert owner.post(path, data=data | {"is_another": "y"}).status_code == 303
    assert db.session.scalar(select(func.count(Student.id))) == 2


BAD: list[tuple[dict[str, str], str]] = [
    ({"given_name": "  "}, "Please enter the given name."),
    ({"given_name": "--"}, "Please enter the name."),
    ({"family_name": "win.casino/x"}, "leave out web and e-mail addresses"),
    ({"guardians-1-name": "Eve \u202egnp"}, "hidden mark"),
    ({"given_name": "Mia\r\nBcc: all@x.test"}, "on one line"),
    ({"given_name": "Mia\x00"}, "on one line"),
    ({"given_name": "mia@x.test"}, "leave out web and e-mail addresses"),
    ({"given_name": "=HYPERLINK(1)"}, "spreadsheet formula"),
    ({"family_name": "x" * 101}, "Please shorten this"),
    ({"email": "not an address"}, "look like an e-mail address"),
    ({"email": "a@x.test\r\nBcc: b@x.test"}, "look like an e-mail address"),
    ({"birth_date": "30/04/2012"}, "Write it like 2011-04-30."),
    ({"birth_date": "1975-04-30"}, "can't be right for a student"),
    ({"birth_date": "0000-00-00"}, "Write it like 2011-04-30."),
    ({"number": "1.2E+11"}, "has shortened this number"),
    ({"guardians-0-email": "nobody"}, "look like an e-mail address"),
    ({"guardians-3-name": "https://x.test"}, "leave out web and e-mail addresses"),
    ({"needs": "x" * 2001}, "2000 characters"),
]


@pytest.mark.empty_database
def test_bad_input_is_said_beside_its_field_and_what_was_typed_stays(place: Place, owner: FlaskClient) -> None:
    good = {f"guardians-{n}-name": f"Guardian {'ABCD'[n]}" for n in range(4)}
    good |= {"given_name": "Ana", "family_name": "López", "email": "ana@pupils.example", "year_group": "Year 9"}
    for wrong, words in BAD:
        refused = owner.post(f"/classes/{place.school_class.id}/students/new", data=good | wrong)
        assert (refused.status_code, words in text(refused)) == (422, True), words
        kept = {name: field(refused, name) for name in good.keys() - wrong.keys()}
        assert kept.items() <= good.items()
    assert db.session.scalar(select(func.count(Student.id))) == 1
    page = unescape(owner.post(f"/students/{place.mia}", data={"given_name": "", "birth_date": "1950-01-01"}).text)
    beside = [part.split("</p>")[0] for part in page.split('id="birth_date-error"')[1:]]
    assert ["can't be right for a student" in words for words in beside] == [True], "together with the missing name"


def test_a_student_with_one_name_is_named_by_it(place: Place, owner: FlaskClient) -> None:
    owner.post(f"/classes/{place.school_class.id}/students/new", data={"given_name": "Suharto", "family_name": ""})
    student = db.session.scalars(select(Student).where(Student.given_name == "Suharto")).one()
    assert (student.name, student.family_name) == ("Suharto", "")
    assert ">Suharto<" in re.sub(r"\s*(<[^>]*>)\s*", r"\1", owner.get(f"/students/{student.id}").text)


def test_all_facts_are_shown_and_corrected(place: Place, owner: FlaskClient) -> None:
    path = f"/students/{place.mia}"
    page = owner.get(path)
    changes = {
        "year_group": "10",
        "birth_date": "2012-04-30",
        "needs": "Glasses",
        "guardians__0__name": "Maria",
        "guardians__1__name": "Tom",
    }
    assert owner.post(path, data=typed(page, **changes)).location == f"/classes/{place.school_class.id}"
    again = owner.get(path)
    assert (field(again, "year_group"), field(again, "birth_date"), field(again, "guardians-1-name")) == ("10", "2012-04-30", "Tom")
    assert "Glasses" in text(again)


@pytest.mark.empty_database
def test_a_guardian_is_removed_by_a_tick_or_by_emptying(place: Place, owner: FlaskClient) -> None:
    path = f"/students/{place.mia}"
    owner.post(path, data=typed(owner.get(path), guardians__0__is_removed="y", guardians__1__name="Tom"))
    assert [one.name for one in db.session.get_one(Student, place.mia).guardians] == ["Tom"]
    owner.post(path, data=typed(owner.get(path), guardians__0__name="", guardians__0__email=""))
    assert db.session.scalar(select(func.count(Guardian.id))) == 0


def test_a_siblings_guardian_is_marked(make: Builder, place: Place, owner: FlaskClient) -> None:
    make.student(place.school_class, given_name="Ben", guardians=("mum@families.example",))
    assert "Also guardian of Ben" in text(owner.get(f"/students/{place.mia}"))


def test_somebody_elses_guardian_is_not_changed_through_a_forged_id(make: Builder, place: Place, owner: FlaskClient) -> None:
    make.student(make.school_class(make.school()), guardians=("other@families.example",))
    other = db.session.scalars(select(Guardian).join(Mailbox).where(Mailbox.address == "other@families.example")).one()
    path = f"/students/{place.mia}"
    forged = {"guardians-0-id": str(other.id), "guardians-0-name": "Eve", "guardians-0-email": "eve@evil.example"}
    assert owner.post(path, data=typed(owner.get(path)) | forged).status_code == 303
    db.session.refresh(other)
    assert (other.mailbox.address, other.name == "Eve") == ("other@families.example", False)  # type: ignore[union-attr]


def test_a_colleagues_change_is_not_overwritten_unseen(place: Place, owner: FlaskClient, client_of: Clients) -> None:
    path = f"/students/{place.mia}"
    page = owner.get(path)
    client_of(place.people["colleague"]).post(path, data=typed(page, year_group="10"))
    refused = owner.post(path, data=typed(page, number="77"))
    assert refused.status_code == 409
    assert "A colleague has changed this student" in text(refused)
    assert field(refused, "number") == "77"
    assert owner.post(path, data=typed(refused)).status_code == 303
    assert db.session.get_one(Student, place.mia).number == "77"


def test_a_corrected_address_is_said_to_be_followed(make: Builder, place: Place, owner: FlaskClient, now: datetime) -> None:
    path = f"/students/{place.mia}"
    assert "nobody gets an e-mail when an address changes" in text(owner.get(path))
    _register(make, place, now)
    assert "is registered for 1 upcoming session. If an address changes" in text(owner.get(path))
    done = owner.post(path, data=typed(owner.get(path), email="mia.hill@pupils.example"), follow_redirects=True)
    assert "Invitations now go to the new addresses" in text(done)


def test_a_student_leaves_and_joins_classes(make: Builder, place: Place, owner: FlaskClient) -> None:
    owner.post(f"/students/{place.mia}/classes/{place.school_class.id}/removal")
    assert "Not in a class" in text(owner.get(f"/students/{place.mia}"))
    elsewhere = make.school_class(make.school())
    assert owner.post(f"/students/{place.mia}/classes", data={"class_id": elsewhere.id}).status_code == 404
    for nobody in ("x", "", "9" * 20, "-1", str(2**31)):
        assert owner.post(f"/students/{place.mia}/classes", data={"class_id": nobody}).status_code == 404
    owner.post(f"/students/{place.mia}/classes", data={"class_id": place.school_class.id})
    assert db.session.get_one(Student, place.mia).classes == [db.session.get_one(SchoolClass, place.school_class.id)]


@pytest.mark.empty_database
def test_a_student_is_removed_after_a_question_and_only_without_places(
    make: Builder, place: Place, owner: FlaskClient, now: datetime
) -> None:
    path = f"/students/{place.mia}/removal"
    _register(make, place, now)
    asked = owner.get(path)
    assert "Withdraw first" in text(asked)
    assert "/withdrawal" in asked.get_data(as_text=True)
    assert owner.post(path).status_code == 422
    (registration_id,) = db.session.scalars(select(Registration.id))
    registering.withdraw(registration_id, now=now)
    assert "can’t undo this" in text(owner.get(path))
    assert owner.post(path).location == f"/classes/{place.school_class.id}"
    assert owner.get(f"/students/{place.mia}").status_code == 404
    assert "Former" not in text(owner.get("/students"))


def test_a_get_changes_nothing(place: Place, owner: FlaskClient) -> None:
    for path in (f"/students/{place.mia}/classes", f"/classes/{place.school_class.id}/teachers"):
        assert owner.get(path).status_code == 405
    owner.get(f"/students/{place.mia}/removal")
    owner.get(f"/classes/{place.school_class.id}/deletion")
    assert "Mia Hill" in text(owner.get(f"/classes/{place.school_class.id}"))


def _register(make: Builder, place: Place, now: datetime) -> None:
    teacher = place.people["owner"]
    assert teacher is not None
    outreach_session = make.outreach_session(make.clinician())
    asked = registering.RegistrationRequest(
        session_id=outreach_session.id,
        school_id=place.school.id,
        student_ids=(place.mia,),
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    registering.register_students(asked, now=now)


def test_the_first_page_after_signing_in_shows_the_next_sessions_with_what_is_open(
    make: Builder, place: Place, client_of: Clients, owner: FlaskClient, now: datetime
) -> None:
    teacher = place.people["owner"]
    assert teacher is not None
    assert "Your next sessions" not in owner.get("/classes").text
    soon = make.outreach_session(make.clinician(), capacity=2, title="Stitches")
    ana, ben, cem = (
        make.student(place.school_class, given_name=name, family_name="Cole", email=f"{name.lower()}@a.example") for name in "ABC"
    )
    make.register(soon, teacher, ana, ben, cem)
    with transaction():
        mailbox = db.session.get_one(Student, ben.id).mailbox
        assert mailbox is not None
        mailbox.undeliverable_at, mailbox.undeliverable_words = now, "550 No such user"
    page = text(owner.get("/start", follow_redirects=True))
    shown = page.split("Your next sessions")[1].split("All registrations")[0]
    assert "2 of your students have a seat" in shown
    for part in ("Haven't answered: A Cole and B Cole See the answers", "Waiting for a seat: C Cole See the waiting list"):
        assert part in shown
    assert "Our e-mails don't arrive: B Cole Correct the addresses" in shown
    for name in ("stranger", "coordinator"):
        assert "Your next sessions" not in client_of(place.people[name]).get("/classes").text
