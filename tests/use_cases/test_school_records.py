"""A school's classes, students and guardians: what is written, whom it concerns, and that others stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.class_lists import GuardianAnswer, GuardianChoice
from outreach.class_lists.plan import KnownGuardian, ListedGuardian
from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal, Stale
from outreach.letters import domains_to_allow, senders_to_allow
from outreach.models import (
    ACTIVE,
    BlockedDomain,
    BounceKind,
    Consent,
    Guardian,
    Letter,
    Mailbox,
    Purpose,
    Registration,
    RegistrationState,
    School,
    SchoolClass,
    SessionState,
    Student,
    User,
)
from outreach.outbox.bounces import record_bounce
from outreach.schools import removal, students, use_cases
from outreach.schools.allow_list import instructions_for_it, own_domains, students_at
from outreach.schools.imports import use_cases as imports
from outreach.schools.imports.choices import ImportChoices
from outreach.schools.queries import StudentFilter, classes, filter_counts, known_students, schools_of, students_of_class
from outreach.schools.queries import students as found_students
from outreach.schools.students import AlreadyThere, StudentInput
from tests.support.builders import TOWN, Builder
from tests.support.imports import Imported, bring_in
from tests.support.queued_letters import send_all
from tests.use_cases.test_students import CANCELLED, INVITED, as_typed, edit, known, queued, register, said

SECOND = timedelta(seconds=1)
HOME = "home@families.example"


@pytest.fixture
def school(make: Builder) -> School:
    return make.school("Hill School")


@pytest.fixture
def teacher(make: Builder, school: School) -> User:
    return make.teacher(school, given_name="Robin", family_name="Hale")


@pytest.fixture
def school_class(make: Builder, school: School, teacher: User) -> SchoolClass:
    return make.school_class(school, teacher, name="9B")


def add(school_class: SchoolClass, given_name: str, *guardians: ListedGuardian, now: datetime, **facts: Any) -> int:
    return students.add_student(school_class.id, said(given_name, guardians=guardians, **facts), now=now, is_another=True)


def families(school: School) -> dict[str, list[tuple[str | None, str | None]]]:
    """Give every child's guardians: names and addresses."""
    db.session.rollback()
    return {one.given_name: [(guardian.name, guardian.email) for guardian in one.guardians] for one in known_students(school.id).values()}


def guardian_ids(school: School) -> set[int]:
    db.session.rollback()
    return set(db.session.scalars(select(Guardian.id).where(Guardian.school_id == school.id)))


# Guardians: one person, one record


def test_a_child_with_a_known_guardian_gets_the_same_person(school: School, school_class: SchoolClass, now: datetime) -> None:
    add(school_class, "Ana", ListedGuardian("Maria", HOME), now=now)
    add(school_class, "Ben", ListedGuardian("MARIA", HOME), now=now)
    add(school_class, "Eva", ListedGuardian(None, HOME), now=now)
    assert set(map(tuple, families(school).values())) == {(("Maria", HOME),)}
    add(school_class, "Ida", ListedGuardian("Mar\u00eda", HOME), now=now)
    assert len(guardian_ids(school)) == 1
    assert set(map(tuple, families(school).values())) == {(("Mar\u00eda", HOME),)}


def test_two_people_at_one_address_stay_two_and_the_right_one_is_found(school: School, school_class: SchoolClass, now: datetime) -> None:
    add(school_class, "Ana", ListedGuardian("Maria", HOME), ListedGuardian("Tom", HOME), now=now)
    add(school_class, "Ben", ListedGuardian("Tom", HOME), now=now)
    add(school_class, "Eva", ListedGuardian("Maria", HOME), now=now)
    assert families(school) == {"Ana": [("Maria", HOME), ("Tom", HOME)], "Ben": [("Tom", HOME)], "Eva": [("Maria", HOME)]}
    assert len(guardian_ids(school)) == 2


def test_of_two_people_with_nearly_one_name_the_one_of_that_name_is_found(school: School, school_class: SchoolClass, now: datetime) -> None:
    add(school_class, "Ana", ListedGuardian("Ann Hill", HOME), ListedGuardian("Anna Hill", HOME), now=now)
    add(school_class, "Ben", ListedGuardian("Anna Hill", HOME), now=now)
    add(school_class, "Eva", ListedGuardian("\u00c1nn Hill Ash", HOME), now=now)
    assert families(school) == {
        "Ana": [("Ann Hill", HOME), ("Anna Hill", HOME)],
        "Ben": [("Anna Hill", HOME)],
        "Eva": [("Ann Hill", HOME)],
    }


def test_without_an_address_nobody_is_taken_for_another(school: School, school_class: SchoolClass, now: datetime) -> None:
    add(school_class, "Ana", ListedGuardian("Maria"), now=now)
    add(school_class, "Ben", ListedGuardian("Maria"), now=now)
    assert len(guardian_ids(school)) == 2


def test_a_longer_name_akin_to_the_known_one_is_that_person_and_does_not_rename_them(
    school: School, school_class: SchoolClass, now: datetime
) -> None:
    add(school_class, "Ana", ListedGuardian("Maria", HOME), now=now)
    add(school_class, "Ben", ListedGuardian("Maria Lopez", HOME), now=now)
    assert families(school) == {"Ana": [("Maria", HOME)], "Ben": [("Maria", HOME)]}


def test_a_guardian_without_a_name_gets_the_first_that_is_said(school: School, school_class: SchoolClass, now: datetime) -> None:
    add(school_class, "Ana", ListedGuardian(None, HOME), now=now)
    add(school_class, "Ben", ListedGuardian("Maria", HOME), now=now)
    assert families(school) == {"Ana": [("Maria", HOME)], "Ben": [("Maria", HOME)]}


def test_nobody_is_twice_a_guardian_of_one_child(school: School, school_class: SchoolClass, now: datetime) -> None:
    ana = add(school_class, "Ana", ListedGuardian("Maria", HOME), now=now)
    guardian = known(ana, school).guardians[0]
    edit(ana, school, guardians=(guardian, ListedGuardian("Maria Lopez", HOME)), now=now)
    assert families(school) == {"Ana": [("Maria", HOME), ("Maria Lopez", HOME)]}


def test_another_schools_guardian_is_never_found_changed_or_merged(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    elsewhere = make.school()
    other_class = make.school_class(elsewhere)
    add(other_class, "Ana", ListedGuardian("Maria", HOME), now=now)
    ben = add(school_class, "Ben", ListedGuardian("Maria", "old@families.example"), now=now)
    guardian = known(ben, school).guardians[0]
    edit(ben, school, guardians=(replace(guardian, name="Maria Hill", email=HOME),), now=now)
    assert families(elsewhere) == {"Ana": [("Maria", HOME)]}
    assert families(school) == {"Ben": [("Maria Hill", HOME)]}
    assert not guardian_ids(school) & guardian_ids(elsewhere)


def test_two_records_become_one_with_all_children_and_consents(
    school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    ana = add(school_class, "Ana", ListedGuardian("Maria", HOME), now=now)
    ben = add(school_class, "Ben", ListedGuardian("Maria", "old@families.example"), now=now)
    add(school_class, "Eva", ListedGuardian("Tom", HOME), now=now)
    kept, gone = known(ben, school).guardians[0], known(ana, school).guardians[0]
    tom = next(one.guardians[0] for one in known_students(school.id).values() if one.given_name == "Eva")
    with transaction():
        for guardian, child in ((gone, ana), (kept, ben), (tom, ana)):
            facts = {"purpose": Purpose.ATTEND, "text_version": "1", "how": "said so", "given_at": now, "given_by_id": teacher.id}
            db.session.add(Consent(student_id=child, guardian_id=guardian.id, **facts))
    edit(ben, school, guardians=(replace(kept, email=HOME),), now=now)
    assert families(school) == {"Ana": [("Maria", HOME)], "Ben": [("Maria", HOME)], "Eva": [("Tom", HOME)]}
    assert {known(ana, school).guardians[0].id, known(ben, school).guardians[0].id} == {kept.id}
    assert len(guardian_ids(school)) == 2
    db.session.rollback()
    theirs = select(Consent.student_id, Consent.guardian_id).where(Consent.student_id.in_((ana, ben)))
    assert sorted(map(tuple, db.session.execute(theirs))) == sorted([(ana, kept.id), (ben, kept.id), (ana, tom.id)])


def test_of_two_parents_of_one_child_only_one_becomes_the_same_person(school: School, school_class: SchoolClass, now: datetime) -> None:
    add(school_class, "Ana", ListedGuardian("Maria", HOME), ListedGuardian("Maria Lopez", HOME), now=now)
    ben = add(school_class, "Ben", ListedGuardian("Maria", "old@families.example"), now=now)
    edit(ben, school, guardians=(replace(known(ben, school).guardians[0], email=HOME),), now=now)
    found = families(school)
    assert (sorted(map(str, found["Ana"])), found["Ben"]) == (sorted(map(str, (("Maria", HOME), ("Maria Lopez", HOME)))), [("Maria", HOME)])
    assert len(guardian_ids(school)) == 2


def test_parents_of_one_child_who_share_an_address_from_now_on_stay_two(school: School, school_class: SchoolClass, now: datetime) -> None:
    ana = add(school_class, "Ana", ListedGuardian("Maria", HOME), ListedGuardian("Maria L", "old@families.example"), now=now)
    first, second = known(ana, school).guardians
    edit(ana, school, guardians=(first, replace(second, email=HOME)), now=now)
    assert families(school) == {"Ana": [("Maria", HOME), ("Maria L", HOME)]}


def test_a_corrected_guardian_holds_for_all_their_children_and_for_nobody_else(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    ana = make.student(school_class, given_name="Ana", guardians=(HOME,)).id
    make.student(make.school_class(school), given_name="Ben", guardians=(HOME,))
    make.student(school_class, given_name="Eva", guardians=("eva@families.example",))
    (guardian,) = known(ana, school).guardians
    edit(ana, school, guardians=(replace(guardian, name="Maria", email="new@families.example"),), now=now)
    after = families(school)
    assert after["Ana"] == after["Ben"] == [("Maria", "new@families.example")]
    assert [email for _name, email in after["Eva"]] == ["eva@families.example"]


def test_an_emptied_address_is_taken_away_and_an_emptied_guardian_goes(school: School, school_class: SchoolClass, now: datetime) -> None:
    ana = add(school_class, "Ana", ListedGuardian("Maria", HOME), ListedGuardian("Tom"), now=now)
    maria, tom = known(ana, school).guardians
    assert edit(ana, school, guardians=(replace(maria, email=None), tom), now=now) is True
    assert families(school) == {"Ana": [("Maria", None), ("Tom", None)]}
    assert edit(ana, school, guardians=(maria,), now=now) is True
    assert families(school) == {"Ana": [("Maria", HOME)]}
    assert len(guardian_ids(school)) == 1


def test_a_guardian_taken_from_one_child_stays_with_the_other(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    ana = make.student(school_class, given_name="Ana", guardians=(HOME, "dad@families.example")).id
    ben = make.student(school_class, given_name="Ben", guardians=(HOME,)).id
    edit(ana, school, guardians=(known(ana, school).guardians[1],), now=now)
    assert [one.email for one in known(ana, school).guardians] == ["dad@families.example"]
    assert [one.email for one in known(ben, school).guardians] == [HOME]


def test_a_guardian_of_somebody_else_named_by_a_forged_id_is_somebody_new(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    ana = make.student(school_class, given_name="Ana", guardians=()).id
    ben = make.student(school_class, given_name="Ben", guardians=(HOME,)).id
    (of_ben,) = known(ben, school).guardians
    edit(ana, school, guardians=(KnownGuardian(of_ben.id, "Eve", "eve@evil.example"),), now=now)
    assert known(ben, school).guardians == (of_ben,)
    (new,) = known(ana, school).guardians
    assert (new.id != of_ben.id, new.name, new.email) == (True, "Eve", "eve@evil.example")


# Correcting a student: who hears, what is told


@pytest.mark.parametrize(
    ("changes", "is_readdressed", "letters"),
    [
        ({}, False, set()),
        ({"given_name": "M\u00eda", "family_name": "Ash", "number": "7", "year_group": "10", "needs": "glasses"}, False, set()),
        ({"email": "new@pupils.example"}, True, {("mia@pupils.example", CANCELLED), ("new@pupils.example", INVITED)}),
        ({"email": None}, True, {("mia@pupils.example", CANCELLED)}),
        ({"guardians": ()}, True, {(HOME, CANCELLED), ("mia@pupils.example", "updated")}),
        ({"birth_date": date(2012, 4, 30)}, False, set()),
        ({"birth_date": date(2005, 4, 30)}, False, {(HOME, CANCELLED)}),
    ],
)
def test_who_hears_of_a_correction(
    make: Builder,
    school: School,
    school_class: SchoolClass,
    teacher: User,
    changes: dict[str, Any],
    is_readdressed: bool,
    letters: set[tuple[str, str]],
    now: datetime,
) -> None:
    mia = make.student(school_class, given_name="Mia", email="mia@pupils.example", guardians=(HOME,)).id
    ben = make.student(school_class, given_name="Ben", email="ben@pupils.example", guardians=("dad@families.example",)).id
    register(make.outreach_session(make.clinician()), school_class, teacher, mia, ben, now=now)
    send_all()
    assert edit(mia, school, **changes, now=now) is is_readdressed
    assert {one for one in queued() if not one[0].endswith("adults.example")} == letters


def test_a_new_guardian_is_invited_and_one_without_an_address_concerns_nobody(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia = make.student(school_class, given_name="Mia", guardians=(HOME,)).id
    register(make.outreach_session(make.clinician()), school_class, teacher, mia, now=now)
    send_all()
    mine = known(mia, school).guardians
    assert edit(mia, school, guardians=(*mine, ListedGuardian("Tom")), now=now) is False
    assert queued() == set()
    mine = known(mia, school).guardians
    assert edit(mia, school, guardians=(*mine, ListedGuardian("Ida", "ida@families.example")), now=now) is True
    assert queued() == {("ida@families.example", INVITED)}


def test_letters_follow_to_every_session_to_come_and_to_none_that_is_over(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia = make.student(school_class, given_name="Mia", email="mia@pupils.example").id
    sessions = [make.outreach_session(make.clinician(), starts_wall=datetime(2027, 3, day, 9)) for day in (10, 18, 19)]
    for one in sessions:
        register(one, school_class, teacher, mia, now=now)
    send_all()
    edit(mia, school, email="new@pupils.example", now=sessions[0].ends_at)
    rows = db.session.execute(
        select(Letter.session_id, Letter.kind).join(Mailbox, Mailbox.id == Letter.mailbox_id).where(Mailbox.address == "new@pupils.example")
    )
    assert {(row.session_id, row.kind.value) for row in rows} == {(one.id, INVITED) for one in sessions[1:]}


EDITED: dict[str, Any] = {
    "given_name": "Mia Maria", "family_name": "Ash", "number": "7", "email": "new@pupils.example", "year_group": "10",
    "birth_date": date(2012, 4, 30), "needs": "glasses",
}  # fmt: skip


@pytest.mark.parametrize("name", EDITED)
def test_each_fact_is_corrected_and_emptied_and_makes_an_open_page_old(
    make: Builder, school: School, school_class: SchoolClass, name: str, now: datetime
) -> None:
    mia = make.student(school_class, given_name="Mia", family_name="Hill").id
    shown = known(mia, school)
    edit(mia, school, **{name: EDITED[name]}, now=now)
    assert getattr(known(mia, school), name) == EDITED[name]
    with pytest.raises(Stale, match="A colleague has changed this student"):
        students.edit_student(mia, as_typed(shown), seen=students.seen_of(shown), now=now)
    if name not in {"given_name", "family_name"}:
        edit(mia, school, **{name: None}, now=now)
        assert not getattr(known(mia, school), name)


def test_another_class_does_not_make_an_open_page_old(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    mia = make.student(school_class, given_name="Mia", guardians=(HOME,)).id
    shown = known(mia, school)
    students.join_class(mia, make.school_class(school).id)
    students.edit_student(mia, as_typed(shown, year_group="10"), seen=students.seen_of(shown), now=now)
    shown = known(mia, school)
    edit(mia, school, guardians=(replace(shown.guardians[0], name="Maria"),), now=now)
    with pytest.raises(Stale):
        students.edit_student(mia, as_typed(shown), seen=students.seen_of(shown), now=now)


@pytest.mark.parametrize(
    ("born", "is_taken"),
    [
        (date(2023, 3, 1), True),
        (date(2023, 3, 2), False),
        (date(1991, 3, 2), True),
        (date(1991, 3, 1), False),
        (None, True),
    ],
)
def test_a_student_is_between_4_and_35(school: School, school_class: SchoolClass, born: date | None, is_taken: bool, now: datetime) -> None:
    mia = add(school_class, "Mia", now=now)
    acts: list[Callable[[], object]] = [
        lambda: add(school_class, "Ana", birth_date=born, now=now),
        lambda: edit(mia, school, birth_date=born, now=now),
    ]
    for act in acts:
        if is_taken:
            act()
            continue
        with pytest.raises(Refusal) as refusal:
            act()
        assert refusal.value.field == "birth_date"


def test_a_student_keeps_their_own_number_and_takes_nobody_elses(school: School, school_class: SchoolClass, now: datetime) -> None:
    mia, ana = add(school_class, "Mia", number="7", now=now), add(school_class, "Ana", number="8", now=now)
    edit(mia, school, number="007", now=now)
    assert known(mia, school).number == "007"
    for number in ("7", "0007"):
        with pytest.raises(Refusal, match="Mia Hill already has this number"):
            edit(ana, school, number=number, now=now)
    edit(mia, school, number=None, now=now)
    edit(ana, school, number="7", now=now)


def test_who_may_be_meant_is_shown_in_full(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    other = make.school_class(school)
    first, second = (make.student(one, given_name="Mia", family_name="Hill").id for one in (other, other))
    make.student(make.school_class(make.school()), given_name="Mia", family_name="Hill")
    make.student(other, given_name="Ida", family_name="Hill")
    for facts, expected in (({}, (first, second)), ({"number": "12"}, (first, second))):
        with pytest.raises(AlreadyThere) as question:
            students.add_student(school_class.id, said("Mia", **facts), now=now)
        assert (question.value.candidates, question.value.field) == (expected, "given_name")
    here = make.student(school_class, given_name="Eva", family_name="Hill").id
    for facts in ({}, {"year_group": "9"}):
        with pytest.raises(AlreadyThere) as question:
            students.add_student(school_class.id, said("Eva", **facts), now=now)
        assert question.value.candidates == (here,)
    assert len(known_students(school.id)) == 4


def test_what_is_not_there_is_not_changed(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    mia = make.student(school_class).id
    shown = known(mia, school)
    elsewhere = make.school_class(make.school())
    acts: list[Callable[[], object]] = [
        lambda: students.edit_student(4711, as_typed(shown), seen=students.seen_of(shown), now=now),
        lambda: students.join_class(4711, school_class.id),
        lambda: students.join_class(mia, 4711),
        lambda: students.join_class(mia, elsewhere.id),
        lambda: students.leave_class(mia, 4711),
        lambda: students.add_student(4711, said(), now=now),
        lambda: removal.remove_student(4711, now=now),
        lambda: use_cases.make_class(4711, "9B", by_id=1),
        lambda: use_cases.rename_class(4711, "9B"),
        lambda: use_cases.delete_class(4711),
        lambda: use_cases.keep_class(4711, 1, keeps=True),
    ]
    for act in acts:
        with pytest.raises(NotThere):
            act()
        db.session.rollback()
    assert known(mia, school) == shown


def test_one_student_leaves_one_class(make: Builder, school: School, school_class: SchoolClass) -> None:
    other = make.school_class(school)
    mia, ben = (make.student(school_class, other, given_name=name).id for name in ("Mia", "Ben"))
    students.leave_class(mia, school_class.id)
    assert known(mia, school).class_ids == {other.id}
    assert known(ben, school).class_ids == {school_class.id, other.id}
    students.join_class(mia, school_class.id)
    assert known(mia, school).class_ids == known(ben, school).class_ids == {school_class.id, other.id}


def test_siblings_share_a_guardian_and_are_named_by_guardian(make: Builder, school: School, school_class: SchoolClass) -> None:
    mia = make.student(school_class, given_name="Mia", guardians=(HOME, "dad@families.example"))
    for name, guardians in (("Zoe", (HOME,)), ("Ben", (HOME, "dad@families.example")), ("Eva", ("eva@families.example",))):
        make.student(school_class, given_name=name, guardians=guardians)
    mum, dad = known(mia.id, school).guardians
    assert students.siblings(mia.id) == {mum.id: ["Ben", "Zoe"], dad.id: ["Ben"]}


def test_the_classes_to_join_are_the_schools_others_by_name(make: Builder, school: School, school_class: SchoolClass) -> None:
    for name in ("9C", "8A", "10D"):
        make.school_class(school, name=name)
    make.school_class(make.school(), name="7Z")
    mia = make.student(school_class, given_name="Mia")
    make.student(school_class, next(iter(students.classes_to_join(mia))), given_name="Ben")
    assert [one.name for one in students.classes_to_join(mia)] == ["10D", "8A", "9C"]


# Classes


def test_a_class_is_kept_by_who_makes_it_unless_it_is_for_others(make: Builder, school: School, teacher: User) -> None:
    for keeps in (True, False):
        key = use_cases.make_class(school.id, f"{keeps}", by_id=teacher.id, keeps=keeps)
        made = db.session.get_one(SchoolClass, key)
        assert (made.school_id, made.name, [one.id for one in made.teachers]) == (school.id, f"{keeps}", [teacher.id] if keeps else [])
    assert use_cases.make_class(make.school().id, "True", by_id=teacher.id)


def test_a_class_keeps_its_own_name_and_takes_no_other_classs(
    make: Builder, school: School, school_class: SchoolClass, teacher: User
) -> None:
    other = make.school_class(school, name="9C")
    with pytest.raises(Refusal) as refusal:
        use_cases.rename_class(other.id, "9b")
    assert refusal.value.field == "name"
    with pytest.raises(Refusal):
        use_cases.make_class(school.id, "9C", by_id=teacher.id)
    use_cases.rename_class(other.id, "9c")
    use_cases.rename_class(make.school_class(make.school(), name="8A").id, "9B")
    db.session.rollback()
    assert [db.session.get_one(SchoolClass, key, populate_existing=True).name for key in (school_class.id, other.id)] == ["9B", "9c"]


def test_becoming_and_ceasing_to_be_a_teacher_touches_no_other_teacher_or_class(
    make: Builder, school: School, school_class: SchoolClass, teacher: User
) -> None:
    colleague, other = make.teacher(school), make.school_class(school, teacher)

    def kept() -> list[set[int]]:
        db.session.rollback()
        return [
            {one.id for one in db.session.get_one(SchoolClass, key, populate_existing=True).teachers} for key in (school_class.id, other.id)
        ]

    use_cases.keep_class(school_class.id, colleague.id, keeps=True)
    use_cases.keep_class(school_class.id, colleague.id, keeps=True)
    assert kept() == [{teacher.id, colleague.id}, {teacher.id}]
    use_cases.keep_class(school_class.id, teacher.id, keeps=False)
    use_cases.keep_class(school_class.id, teacher.id, keeps=False)
    assert kept() == [{colleague.id}, {teacher.id}]


def test_deleting_a_class_leaves_the_others_and_all_students(make: Builder, school: School, school_class: SchoolClass) -> None:
    other = make.school_class(school)
    mia, ben = make.student(school_class, other, given_name="Mia").id, make.student(school_class, given_name="Ben").id
    use_cases.delete_class(school_class.id)
    assert list(db.session.scalars(select(SchoolClass.id).where(SchoolClass.school_id == school.id))) == [other.id]
    assert [set(known(key, school).class_ids) for key in (mia, ben)] == [{other.id}, set()]


# Removing a student


@pytest.mark.parametrize("state", RegistrationState)
def test_who_takes_part_or_waits_in_a_session_to_come_stays(
    make: Builder, school_class: SchoolClass, teacher: User, state: RegistrationState, now: datetime
) -> None:
    mia = make.student(school_class, given_name="Mia")
    made = make.outreach_session(make.clinician())
    register(made, school_class, teacher, mia.id, now=now)
    with transaction():
        place = db.session.scalars(select(Registration).where(Registration.student_id == mia.id)).one()
        place.state = state
    is_active = state in ACTIVE
    assert [one.id for one in removal.registrations_to_come(mia.id, now=made.ends_at - SECOND)] == ([place.id] if is_active else [])
    assert removal.registrations_to_come(mia.id, now=made.ends_at) == []
    if is_active:
        with pytest.raises(Refusal, match="Withdraw them first"):
            removal.remove_student(mia.id, now=made.ends_at - SECOND)
        assert db.session.get_one(Student, mia.id, populate_existing=True).given_name == "Mia"
    removal.remove_student(mia.id, now=made.ends_at if is_active else now)
    assert db.session.get_one(Student, mia.id, populate_existing=True).name == "Former student"


def test_only_ones_own_places_in_published_sessions_count_the_next_first(
    make: Builder, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia, ben = (make.student(school_class, given_name=name).id for name in ("Mia", "Ben"))
    late, soon, off = (make.outreach_session(make.clinician(), starts_wall=datetime(2027, 3, day, 9)) for day in (20, 10, 15))
    for one in (late, soon, off):
        register(one, school_class, teacher, mia, ben, now=now)
    with transaction():
        off.state = SessionState.CANCELLED
    assert [one.session_id for one in removal.registrations_to_come(mia, now=now)] == [soon.id, late.id]
    assert {one.student_id for one in removal.registrations_to_come(mia, now=now)} == {mia}
    with transaction():
        for place in db.session.scalars(select(Registration).where(Registration.student_id == mia)):
            place.state = RegistrationState.WITHDRAWN
    removal.remove_student(mia, now=now)
    assert len(removal.registrations_to_come(ben, now=now)) == 2


def test_nothing_of_a_removed_student_is_left_but_what_others_need(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    guardians = (HOME, "shared@families.example", "stopped@families.example", "asked@families.example", teacher.email)
    mia = make.student(school_class, given_name="Mia", email="mia@pupils.example", guardians=guardians).id
    ben = make.student(school_class, given_name="Ben", email="ben@pupils.example", guardians=("shared@families.example",)).id
    make.student(make.school_class(make.school()), given_name="Eva", email=HOME)
    with transaction():
        db.session.scalars(select(Mailbox).where(Mailbox.address == "stopped@families.example")).one().stop(now=now)
        db.session.add(Consent(student_id=mia, purpose=Purpose.ATTEND, text_version="1", how="said so", given_at=now))
        db.session.add(Consent(student_id=ben, purpose=Purpose.ATTEND, text_version="1", how="said so", given_at=now))
        mailbox = db.session.scalars(select(Mailbox).where(Mailbox.address == "asked@families.example")).one()
        record_bounce(mailbox.id, None, BounceKind.SOFT, status="4.2.2", words="452 Full", now=now)
    removal.remove_student(mia, now=now)
    assert db.session.get(Student, mia) is None
    assert families(school) == {"Ben": [(known(ben, school).guardians[0].name, "shared@families.example")]}
    assert known(ben, school).class_ids == {school_class.id}
    assert len(guardian_ids(school)) == 1
    left = set(db.session.scalars(select(Mailbox.address).where(Mailbox.address.not_like(f"%@{TOWN}"))))
    assert left == {
        teacher.email,  # somebody signs in with it
        HOME,  # another school's student has it
        "shared@families.example",
        "ben@pupils.example",
        "stopped@families.example",  # so that we still know
        "asked@families.example",  # a bounce is noted
    }
    assert list(db.session.scalars(select(Consent.student_id).where(Consent.student_id.in_((mia, ben))))) == [ben]


def test_a_removed_student_with_past_places_is_nameless_and_found_nowhere(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    facts: dict[str, Any] = {"number": "7", "year_group": "9", "birth_date": date(2012, 4, 30), "needs": "glasses"}
    mia = make.student(school_class, given_name="Mia", family_name="Hill", email="mia@pupils.example", guardians=(HOME,), **facts).id
    made = make.outreach_session(make.clinician())
    register(made, school_class, teacher, mia, now=now)
    removal.remove_student(mia, now=made.ends_at)
    former = db.session.get_one(Student, mia, populate_existing=True)
    assert (former.name, former.number, former.year_group, former.birth_date, former.needs) == ("Former student", None, None, None, "")
    assert former.mailbox_id is None
    assert (former.classes, former.guardians, former.school_id) == ([], [], school.id)
    assert known_students(school.id) == {}
    assert filter_counts(teacher) == dict.fromkeys(StudentFilter, 0)
    assert found_students(teacher, StudentFilter.ALL, "", 1, now=now)[1] == []
    assert add(school_class, "Former", family_name="Stu", now=now)
    assert len(known_students(school.id)) == 1


@pytest.mark.parametrize(("given", "family"), [("Former", "Student"), ("Former", "Hill"), ("Ida", "student")])
def test_only_both_names_make_a_former_student(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, given: str, family: str
) -> None:
    make.student(school_class, given_name=given, family_name=family)
    assert len(known_students(school.id)) == filter_counts(teacher)[StudentFilter.ALL] == 1


# Lists


@pytest.mark.empty_database
def test_ones_own_classes_come_first_then_by_school_and_name(
    make: Builder, school: School, school_class: SchoolClass, teacher: User
) -> None:
    colleague = make.teacher(school, given_name="Kim", family_name="Ash")
    make.student(school_class)
    make.student(school_class)
    for name, keepers in (("9A", (colleague, teacher)), ("8Z", (colleague,)), ("10C", ())):
        make.school_class(school, *keepers, name=name)
    other = make.school("Ash School")
    make.school_class(other, make.teacher(other), name="1A")
    page, lines = classes(teacher, 1)
    assert [(one.name, one.size, one.is_mine, one.teachers) for one in lines] == [
        ("9A", 0, True, ("Kim Ash", "Robin Hale")),
        ("9B", 2, True, ("Robin Hale",)),
        ("10C", 0, False, ()),
        ("8Z", 0, False, ("Kim Ash",)),
    ]
    assert ({one.school for one in lines}, page.total) == ({"Hill School"}, 4)
    assert [(one.school, one.name) for one in classes(make.coordinator(), 1)[1]] == [
        ("Ash School", "1A"),
        ("Hill School", "10C"),
        ("Hill School", "8Z"),
        ("Hill School", "9A"),
        ("Hill School", "9B"),
    ]
    assert classes(make.clinician(), 1)[1] == []


@pytest.mark.empty_database
def test_the_schools_one_keeps(make: Builder, school: School, teacher: User) -> None:
    other = make.school("Ash School")
    assert [one.name for one in schools_of(teacher)] == ["Hill School"]
    assert [one.name for one in schools_of(make.coordinator())] == ["Ash School", "Hill School"]
    assert list(schools_of(make.clinician())) == []
    assert (school.id, other.id) == (schools_of(teacher)[0].id, schools_of(make.coordinator())[0].id)


@pytest.fixture
def crowd(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> School:
    """Students of each kind at one school, and one of each at another."""
    for place in (school, make.school()):
        mark = "" if place is school else "x"
        one_class = school_class if place is school else make.school_class(place)
        make.student(one_class, given_name="Ben", family_name="Hill", number="A_7")
        make.student(one_class, given_name="Ana", family_name="Hill", email=f"stopped{mark}@pupils.example")
        make.student(
            one_class, given_name="Zoe", family_name="Ash", guardians=(f"refused{mark}@families.example", f"ok{mark}@families.example")
        )
        make.student(one_class, given_name="Ida", family_name="Quist", email=f"blocked{mark}@pupils.example")
        alone = make.student(one_class, given_name="Eva", family_name="100%")
        students.leave_class(alone.id, one_class.id)
        with transaction():
            for mailbox in db.session.scalars(select(Mailbox)):
                if mailbox.address.startswith("stopped"):
                    mailbox.stopped_at = now
                if mailbox.address.startswith("refused"):
                    mailbox.undeliverable_at = now
                if mailbox.address.startswith("blocked"):
                    mailbox.blocked_at = now
    return school


def names(user: User, shelf: StudentFilter = StudentFilter.ALL, sought: str = "", *, now: datetime) -> list[str]:
    page, lines = found_students(user, shelf, sought, 1, now=now)
    assert page.total == len(lines)
    return [one.name for one in lines]


@pytest.mark.usefixtures("crowd")
def test_each_shelf_holds_ones_own_schools_students_by_name(teacher: User, now: datetime) -> None:
    assert names(teacher, now=now) == ["Eva 100%", "Zoe Ash", "Ana Hill", "Ben Hill", "Ida Quist"]
    assert names(teacher, StudentFilter.NO_CLASS, now=now) == ["Eva 100%"]
    assert names(teacher, StudentFilter.TROUBLE, now=now) == ["Zoe Ash", "Ana Hill"]
    assert filter_counts(teacher) == {StudentFilter.ALL: 5, StudentFilter.NO_CLASS: 1, StudentFilter.TROUBLE: 2, StudentFilter.LEFT: 0}


@pytest.mark.empty_database
@pytest.mark.usefixtures("crowd")
def test_a_coordinator_sees_all_schools_and_a_clinician_none(make: Builder, now: datetime) -> None:
    counts = {StudentFilter.ALL: 10, StudentFilter.NO_CLASS: 2, StudentFilter.TROUBLE: 4, StudentFilter.LEFT: 0}
    assert filter_counts(make.coordinator()) == counts
    assert len(names(make.coordinator(), now=now)) == 10
    assert filter_counts(make.clinician()) == dict.fromkeys(StudentFilter, 0)
    assert names(make.clinician(), now=now) == []


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("hill", ["Ana Hill", "Ben Hill"]),
        ("ana hill", ["Ana Hill"]),
        ("HILL be", ["Ben Hill"]),
        ("a_7", ["Ben Hill"]),
        ("_", ["Ben Hill"]),
        ("%", ["Eva 100%"]),
        ("ana quist", []),
        ("i", ["Ana Hill", "Ben Hill", "Ida Quist"]),
        ("hill hill hill hill ana zzz", ["Ana Hill"]),
        ("hill hill hill hill zzz", []),
    ],
)
def test_every_word_is_looked_for_in_names_and_numbers(teacher: User, sought: str, found: list[str], now: datetime) -> None:
    assert names(teacher, sought=sought, now=now) == found


def test_fifty_students_stand_on_a_page(make: Builder, school: School, teacher: User, now: datetime) -> None:
    make.full_class(school, teacher, size=51, guardians=0, with_email=False)
    page, lines = found_students(teacher, StudentFilter.ALL, "", 1, now=now)
    assert (len(lines), page.pages, page.total) == (50, 2, 51)
    assert len(found_students(teacher, StudentFilter.ALL, "", 2, now=now)[1]) == 1


def test_a_class_lists_its_own_students_with_all_that_is_known_of_them(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    second = make.school_class(school, name="8A")
    facts: dict[str, Any] = {"number": "7", "year_group": "9", "birth_date": date(2009, 3, 1), "needs": "glasses"}
    make.student(school_class, second, given_name="Mia", family_name="Hill", email="mia@pupils.example", guardians=(HOME, None), **facts)
    make.student(school_class, given_name="Ben", family_name="Ash", birth_date=date(2009, 3, 2), guardians=("dad@families.example",))
    make.student(school_class, given_name="Ana", family_name="Ash")
    make.student(second, given_name="Eva", guardians=("eva@families.example",))
    ana, ben, mia = students_of_class(school_class.id, now=now)
    assert [one.name for one in (ana, ben, mia)] == ["Ana Ash", "Ben Ash", "Mia Hill"]
    assert (mia.classes, ben.classes) == (("8A", "9B"), ("9B",))
    assert {name: getattr(mia, name) for name in facts} == facts
    assert (mia.reach.own.name, mia.reach.own.address, [one.address for one in mia.reach.guardians]) == (
        "",
        "mia@pupils.example",
        [HOME, None],
    )
    assert (ben.reach.own.address, [one.address for one in ben.reach.guardians]) == (None, ["dad@families.example"])
    assert (ana.reach.guardians, ana.reach.reaches_nobody) == ((), True)
    # of age on the birthday itself; whose age isn't known is a minor
    assert [one.reach.is_minor for one in (ana, ben, mia)] == [True, True, False]


def test_what_servers_said_of_an_address_stands_beside_it(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    make.student(school_class, given_name="Mia", email="mia@pupils.example", guardians=(HOME,))
    make.student(school_class, given_name="Zoe", email="zoe@pupils.example")
    with transaction():
        mailbox = db.session.scalars(select(Mailbox).where(Mailbox.address == HOME)).one()
        for hours in (1, 2):
            record_bounce(mailbox.id, None, BounceKind.SOFT, status="4.2.2", words="452 Full", now=now - timedelta(hours=hours))
        hard = db.session.scalars(select(Mailbox).where(Mailbox.address == "mia@pupils.example")).one()
        record_bounce(hard.id, None, BounceKind.HARD, status="5.1.1", words="550 Unknown", now=now)
    mia, zoe = students_of_class(school_class.id, now=now)
    assert (mia.reach.guardians[0].put_off, mia.reach.guardians[0].server_words, mia.reach.guardians[0].mailbox_id) == (2, "", mailbox.id)
    assert (mia.reach.own.undeliverable_at, mia.reach.own.server_words, mia.reach.own.put_off) == (now, "550 Unknown", 0)
    assert (zoe.reach.own.put_off, zoe.reach.own.server_words, zoe.reach.own.undeliverable_at) == (0, "", None)
    with transaction():
        mailbox.stopped_at = now
        hard.blocked_at = now
    mia = students_of_class(school_class.id, now=now)[0]
    assert (mia.reach.guardians[0].stopped_at, mia.reach.own.blocked_at) == (now, now)


def test_a_blocked_domain_counts_ones_own_students_with_their_own_address_there(
    make: Builder, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    for name in ("a", "b"):
        make.student(school_class, given_name=name, email=f"{name}@hill.example", guardians=(f"{name}@gmail.com",))
    make.student(school_class, given_name="c", email="c@sub.hill.example", guardians=("parent@hill.example",))
    make.student(make.school_class(make.school()), given_name="d", email="d@hill.example")
    assert (students_at("hill.example", teacher), students_at("gmail.com", teacher)) == (2, 0)
    assert students_at("hill.example", make.coordinator()) == 3
    assert students_at("hill.example", make.clinician()) == 0
    with transaction():
        for mailbox in db.session.scalars(select(Mailbox).where(Mailbox.address.like("%@hill.example"))):
            mailbox.blocked_at = now
        for mailbox in db.session.scalars(select(Mailbox).where(Mailbox.address.like("%@gmail.com"))):
            mailbox.blocked_at = now
    lines = students_of_class(school_class.id, now=now)
    assert own_domains(lines, teacher) == {"hill.example": 3}
    assert own_domains(lines, make.coordinator()) == {"hill.example": 3, "gmail.com": 2}
    assert own_domains(lines, make.teacher(make.school())) == {}


def test_what_a_schools_it_must_allow_names_senders_and_the_servers_words(app: Flask) -> None:
    settings = app.extensions["outreach"]
    text = instructions_for_it(BlockedDomain(domain="hill.example", words="550 5.7.1 Rejected"), settings)
    lines = text.splitlines()
    assert lines[0] == f"Please let e-mails from {settings.base_url} reach hill.example."
    assert "    550 5.7.1 Rejected" in lines
    for sender in senders_to_allow(settings):
        assert f"- sender address: {sender} (the part at * is different in each e-mail)" in lines
    for domain in domains_to_allow(settings):
        assert f"- sender domain: {domain}" in lines
    assert "DKIM" not in text
    assert lines[-1].startswith("- the attachment invite.ics")
    signed = instructions_for_it(BlockedDomain(domain="hill.example", words=""), replace(settings, dkim_selector="autumn"))
    assert "    (it gave no reason)" in signed.splitlines()
    assert f"- DKIM signature: d={domains_to_allow(settings)[0]}" in signed.splitlines()


# Importing


def test_what_a_list_was_understood_as_can_be_corrected(school: School, now: datetime) -> None:
    def cells(content: bytes, said: ImportChoices) -> tuple[int | None, list[str], str | None]:
        sheet = imports.read_list(content, said, today=now.date())
        rows = sheet.reading.rows if sheet.reading else ()
        return (
            sheet.columns.heading_line,
            [f"{one.given_name} {one.family_name}" for one in rows],
            sheet.refusal.code.value if sheet.refusal else None,
        )

    assert cells(b"Ana Lopez\nBen Hill\n", ImportChoices()) == (None, ["Ana Lopez", "Ben Hill"], None)
    assert cells(b"Ana Lopez\nBen Hill\n", ImportChoices(has_headings=True)) == (1, ["Ben Hill"], None)
    assert cells(b"Name\nBen Hill\n", ImportChoices()) == (1, ["Ben Hill"], None)
    assert cells(b"Name\nBen Hill\n", ImportChoices(has_headings=True)) == (1, ["Ben Hill"], None)
    assert cells(b"First name,Surname\nBen,Hill\n", ImportChoices(has_headings=False)) == (None, [], "no_name_column")
    assert cells(b"x,y\nBen,Hill\n", ImportChoices()) == (None, [], "no_name_column")
    assert cells(b"First name,Surname\nBen,Hill\n", ImportChoices(columns={7: None})) == (1, [], "no_such_column")
    assert known_students(school.id) == {}


def test_an_import_touches_no_other_school_and_no_other_class(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    elsewhere = make.school()
    facts: dict[str, Any] = {"given_name": "Mia", "family_name": "Hill", "number": "7", "email": "mia@pupils.example"}
    make.student(make.school_class(elsewhere), guardians=(HOME,), **facts)
    theirs = known_students(elsewhere.id)
    here = make.student(make.school_class(school), given_name="Ida", family_name="Hill", number="8", guardians=("old@families.example",))
    classes_before = known(here.id, school).class_ids
    content = (
        b"Number,First name,Surname,E-mail,Guardian,Guardian e-mail\n7,Mia,Hill,mia@pupils.example,Ann,home@families.example\n"
        b"8,Ida,Hill,,,home@families.example\n"
    )
    said = ImportChoices(guardians={(3, 0): GuardianAnswer(GuardianChoice.ADDS)})
    assert bring_in(school_class, content, said, now=now) == Imported(1, 1, 0)
    assert known_students(elsewhere.id) == theirs
    assert known(here.id, school).class_ids == classes_before | {school_class.id}
    assert [one.email for one in known(here.id, school).guardians] == ["old@families.example", HOME]
    mine = next(one for one in known_students(school.id).values() if one.given_name == "Mia")
    assert (mine.number, mine.email, set(mine.class_ids)) == ("7", "mia@pupils.example", {school_class.id})
    assert mine.guardians[0].id in {one.id for one in known(here.id, school).guardians}


def test_guardians_of_one_name_without_an_address_are_two_people_in_a_list_too(
    school: School, school_class: SchoolClass, now: datetime
) -> None:
    bring_in(school_class, b"First name,Surname,Guardian\nMia,Hill,Maria\nBen,Ash,Maria\n", now=now)
    assert families(school) == {"Mia": [("Maria", None)], "Ben": [("Maria", None)]}
    assert len(guardian_ids(school)) == 2


def test_a_list_that_gives_a_birth_date_takes_the_guardians_of_an_adult_off(
    make: Builder, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia = make.student(school_class, given_name="Mia", family_name="Hill", guardians=(HOME,))
    register(make.outreach_session(make.clinician()), school_class, teacher, mia.id, now=now)
    send_all()
    bring_in(school_class, b"First name,Surname,DOB\nMia,Hill,2005-04-30\n", now=now)
    assert queued() == {(HOME, CANCELLED)}


def test_what_a_form_says_is_kept_as_a_list_would_say_it(school: School, school_class: SchoolClass, now: datetime) -> None:
    facts = StudentInput(
        given_name="Mia",
        family_name="Hill",
        number="007",
        email="mia@pupils.example",
        year_group="9",
        birth_date=date(2012, 4, 30),
        needs="glasses",
        guardians=(ListedGuardian("Maria", HOME), ListedGuardian(None, HOME), ListedGuardian("Tom")),
    )
    key = students.add_student(school_class.id, facts, now=now)
    mine = known(key, school)
    assert {name: getattr(mine, name) for name in students.FIELDS} == {name: getattr(facts, name) for name in students.FIELDS}
    assert [(one.name, one.email) for one in mine.guardians] == [("Maria", HOME), ("Tom", None)]
