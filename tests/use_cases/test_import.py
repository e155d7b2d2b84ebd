"""Importing class lists: what was shown is done, at once or not at all, and doing it again does nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from outreach.class_lists.errors import ListField
from outreach.class_lists.plan import KnownStudent
from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import Guardian, Letter, LetterKind, Mailbox, School, SchoolClass, Student, guardianship
from outreach.people.mailboxes import mailboxes_of
from outreach.schools import use_cases
from outreach.schools.imports.choices import ImportChoices
from outreach.schools.queries import known_students, lock_school
from tests.support import imports
from tests.support.builders import Builder
from tests.support.imports import Imported
from tests.support.queued_letters import send_all
from tests.support.rivals import at_once
from tests.use_cases.test_students import CANCELLED, INVITED, queued, register

pytestmark = pytest.mark.both_databases("many rows inserted at once, and the order RETURNING gives")

HEADINGS = "Given name,Family name,Number,E-mail,Year,Guardian,Guardian e-mail,Guardian 2,Guardian 2 e-mail"
ROWS = [
    "Ana,Lopez,,ana@pupils.example,9,Maria Lopez,maria@families.example,Jose Lopez,jose@families.example",
    "Ben,Hill,12,,9,,home@families.example,,",
    "Mia,Hill,13,,9,Karin Hill,home@families.example,,",
    "Zoe,Quist,,,9,Nina Quist,,,",
    "Tom,Ash,,shared@families.example,9,Lena Ash,shared@families.example,,",
]


@pytest.fixture
def school(make: Builder) -> School:
    return make.school()


@pytest.fixture
def school_class(make: Builder, school: School) -> SchoolClass:
    return make.school_class(school, make.teacher(school), name="9B")


def listed(*rows: str) -> bytes:
    return "\n".join([HEADINGS, *rows]).encode()


def bring_in(school_class: SchoolClass, *rows: str, said: ImportChoices | None = None, now: datetime) -> Imported:
    """Look at a list, then import it."""
    return imports.bring_in(school_class, listed(*rows), said, now=now)


def everybody(school: School) -> list[tuple[Any, ...]]:
    """Say who the school has, but for the ids."""
    return sorted(
        (one.given_name, one.number, one.email, _guardians(one), len(one.class_ids)) for one in known_students(school.id).values()
    )


def _guardians(student: KnownStudent) -> tuple[tuple[str | None, str | None], ...]:
    return tuple(sorted(((one.name, one.email) for one in student.guardians), key=str))


def test_a_list_makes_students_and_guardians_once(school: School, school_class: SchoolClass, now: datetime) -> None:
    assert bring_in(school_class, *ROWS, now=now) == Imported(5, 0, 0)
    ana = next(one for one in known_students(school.id).values() if one.given_name == "Ana")
    assert (ana.family_name, ana.email, ana.year_group) == ("Lopez", "ana@pupils.example", "9")
    assert _guardians(ana) == (("Jose Lopez", "jose@families.example"), ("Maria Lopez", "maria@families.example"))
    at_home = select(Guardian.name).join(Mailbox, Mailbox.id == Guardian.mailbox_id).where(Mailbox.address == "home@families.example")
    assert db.session.scalars(at_home).all() == ["Karin Hill"]


def test_importing_again_in_any_order_changes_nothing(school: School, school_class: SchoolClass, now: datetime) -> None:
    bring_in(school_class, *ROWS, now=now)
    before = everybody(school)
    for seed in range(3):
        rows = random.Random(seed).sample(ROWS, len(ROWS))
        assert bring_in(school_class, *rows, now=now) == Imported(0, 0, 5)
    assert everybody(school) == before


def test_a_later_list_updates_and_an_empty_cell_erases_nothing(school: School, school_class: SchoolClass, now: datetime) -> None:
    bring_in(school_class, *ROWS, now=now)
    done = bring_in(school_class, "Benjamin,Hill,12,ben@pupils.example,10,,,,", "Ana,Lopez,,,,,,,", now=now)
    assert done == Imported(0, 1, 1)
    ben = next(one for one in known_students(school.id).values() if one.number == "12")
    assert (ben.given_name, ben.email, ben.year_group, len(ben.guardians)) == ("Benjamin", "ben@pupils.example", "10", 1)
    assert len(known_students(school.id)) == 5


def test_a_corrected_address_in_a_list_moves_the_invitations_of_all_siblings(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    sibling = "Eva,Hill,14,,7,Karin Hill,home@families.example,,"
    bring_in(school_class, *ROWS, sibling, now=now)
    ids = {one.given_name: key for key, one in known_students(school.id).items()}
    register(make.outreach_session(make.clinician()), school_class, make.teacher(school), ids["Mia"], ids["Eva"], now=now)
    send_all()
    done = bring_in(school_class, "Mia,Hill,13,,9,Karin Hill,new@families.example,,", now=now)
    assert done.updated == 1
    assert queued() == {("home@families.example", CANCELLED), ("new@families.example", INVITED)}


def test_bad_rows_are_left_out_and_good_ones_kept(school: School, school_class: SchoolClass, now: datetime) -> None:
    bad = ["Eve,=1+1,,,9,,,,", "Eve,Stone,,no address,9,,,,", ",,,,9,,,,", '"Bcc: x@y.example\ny",Stone,,,9,,,,']
    assert bring_in(school_class, *bad, *ROWS, now=now).added == 5
    assert "Eve" not in {one.given_name for one in known_students(school.id).values()}


def test_a_question_must_be_answered(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    mia = make.student(make.school_class(school), given_name="Mia", family_name="Hill").id
    row = "Mia,Hill,,,9,,,,"
    with pytest.raises(Refusal, match="need your answer"):
        bring_in(school_class, row, now=now)
    assert bring_in(school_class, row, said=ImportChoices(left_out=frozenset({2})), now=now) == Imported(0, 0, 0)
    assert bring_in(school_class, row, said=ImportChoices(answers={2: mia}), now=now) == Imported(0, 1, 0)
    assert school_class.id in known_students(school.id)[mia].class_ids


def test_an_answer_of_somebody_new_makes_a_namesake(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    make.student(make.school_class(school), given_name="Mia", family_name="Hill")
    assert bring_in(school_class, "Mia,Hill,,,9,,,,", said=ImportChoices(answers={2: None}), now=now).added == 1
    assert len(known_students(school.id)) == 2


def test_nothing_is_done_that_was_not_shown(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    batch = imports.look(school_class, listed("Ana,Lopez,7,,9,,,,", "Ben,Hill,,,9,,,,"), now=now)
    make.student(make.school_class(school), given_name="Ana", family_name="Lopez", number="7", year_group="8")
    with transaction():
        lock_school(school.id)
    with pytest.raises(Refusal, match="Nothing was imported"):
        imports.commit(batch.id, now=now)
    assert len(known_students(school.id)) == 1
    other = imports.look(school_class, listed("Ben,Hill,,,9,,,,"), now=now)
    with pytest.raises(Refusal, match="Nothing was imported"):
        imports.commit(other.id, ImportChoices(columns={0: ListField.FAMILY_NAME, 1: ListField.GIVEN_NAME}), now=now)


def test_a_list_that_fails_half_way_leaves_no_trace(
    school: School, school_class: SchoolClass, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_facts: object) -> None:
        raise ZeroDivisionError

    bring_in(school_class, ROWS[1], now=now)
    before = everybody(school)
    monkeypatch.setattr("outreach.schools.apply_plan.notify_addresses_changed", fail)
    assert bring_in(school_class, "Ben,Hill,12,ben@pupils.example,9,,,,", *ROWS[2:], now=now) == Imported(0, 0, 0)
    assert everybody(school) == before


def test_a_class_of_thirty_takes_as_many_statements_as_one_student(school: School, school_class: SchoolClass, now: datetime) -> None:
    rows = [f"Given{n},Family{n},{n},s{n}@pupils.example,9,Guardian{n},g{n}@families.example,," for n in range(31)]
    one = _statements(lambda: bring_in(school_class, rows[30], now=now))
    assert _statements(lambda: bring_in(school_class, *rows[:30], now=now)) <= one
    changed = [row.replace("@pupils", "@new.pupils").replace("@families", "@new.families") for row in rows]
    one = _statements(lambda: bring_in(school_class, changed[30], now=now))
    assert _statements(lambda: bring_in(school_class, *changed[:30], now=now)) <= one
    assert {one.email for one in known_students(school.id).values()} == {f"s{n}@new.pupils.example" for n in range(31)}


def _statements(act: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    act()
    event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.empty_database
def test_two_teachers_import_the_same_list_at_once(app: Flask, school: School, school_class: SchoolClass, now: datetime) -> None:
    batches = [imports.look(school_class, listed(*ROWS), now=now) for _teacher in range(3)]
    done = at_once(app, *[partial(imports.commit, batch.id, now=now) for batch in batches])
    assert sorted(done, key=str) == [Imported(0, 0, 0)] * 2 + [Imported(5, 0, 0)]
    assert len(known_students(school.id)) == 5
    assert db.session.scalar(select(func.count()).select_from(guardianship)) == 6


@pytest.mark.empty_database
def test_two_schools_meet_the_same_new_addresses_at_once(app: Flask, make: Builder, school_class: SchoolClass, now: datetime) -> None:
    classes = [school_class]
    for _other in range(3):
        school = make.school()
        make.teacher(school)
        classes.append(make.school_class(school))
    acts: list[Callable[[], object]] = []
    for place, one in enumerate(classes):
        batch = imports.look(one, listed(*random.Random(place).sample(ROWS, len(ROWS))), now=now)
        acts.append(partial(imports.commit, batch.id, now=now))
    assert at_once(app, *acts) == [Imported(5, 0, 0)] * 4
    assert db.session.scalar(select(func.count(Student.id))) == 20
    home = select(func.count(Mailbox.id)).where(Mailbox.address == "home@families.example")
    assert db.session.scalar(home) == 1


def test_a_mailbox_forgotten_meanwhile_is_made_anew(app: Flask, make: Builder) -> None:
    make.mailbox("a@families.example")

    def forget() -> None:
        with transaction():
            db.session.delete(db.session.scalars(select(Mailbox).where(Mailbox.address == "a@families.example")).one())

    def find() -> None:
        with transaction():
            assert mailboxes_of({"a@families.example", "b@families.example"}).keys() == {"a@families.example", "b@families.example"}

    at_once(app, forget, find)
    find()


@pytest.mark.empty_database
def test_a_class_deleted_meanwhile_imports_nothing(school_class: SchoolClass, now: datetime) -> None:
    batch = imports.look(school_class, listed(*ROWS), now=now)
    use_cases.delete_class(school_class.id)
    with pytest.raises(Refusal, match="has been deleted"):
        imports.commit(batch.id, now=now)
    assert db.session.scalar(select(func.count(Student.id))) == 0


def test_what_was_chosen_for_a_list_is_taken_next_time(school: School, school_class: SchoolClass, now: datetime) -> None:
    columns = {0: ListField.GIVEN_NAME, 1: ListField.FAMILY_NAME, 2: None}
    said = ImportChoices(columns=columns, decided=frozenset({2}), guardian_default="adds")
    imports.bring_in(school_class, b"Etunimi,Sukunimi,Posti\nAna,Hill,a@pupils.example\n", said, now=now)
    assert db.session.get_one(School, school.id, populate_existing=True).guardian_default == "adds"
    review = imports.look(school_class, b"Etunimi,Sukunimi,Posti\nBen,Ash,b@pupils.example\n", now=now).review
    assert [column["field"] for column in review["columns"]] == ["given_name", "family_name", ""]
    assert (review["counts"]["new"], review["asked"]["open"]) == (1, 1)
    assert not imports.look(school_class, b"Etunimi,Sukunimi\nBen,Ash\n", now=now).review["has_rows"]


def test_a_preferred_name_greets_the_student_and_nobody_else(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    headings = b"First name,Preferred name,Surname,E-mail,Guardian,Guardian e-mail\n"
    imports.bring_in(school_class, headings + b"Robert,Bobby,Hill,b@pupils.example,Ann,ann@families.example\n", now=now)
    student = next(one for one in known_students(school.id).values() if one.given_name == "Robert")
    assert student.preferred_name == "Bobby"
    register(make.outreach_session(make.clinician()), school_class, make.teacher(school), student.id, now=now)
    letters = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.INVITATION)).all()
    names = {letter.mailbox.address: (letter.facts["reader_name"], "Bobby" in repr(letter.facts)) for letter in letters}
    assert names["b@pupils.example"] == ("Bobby", True)
    assert names["ann@families.example"] == ("Ann", False)
