"""Students and guardians: added, corrected, shared by siblings, removed; invitations follow the addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.class_lists.plan import KnownGuardian, KnownStudent, ListedGuardian
from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal, Stale
from outreach.models import (
    BounceKind,
    Guardian,
    Invitation,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    Registration,
    School,
    SchoolClass,
    Student,
    User,
)
from outreach.outbox.bounces import record_bounce
from outreach.registration import use_cases as registering
from outreach.schools import removal, students, use_cases
from outreach.schools.queries import known_students
from outreach.schools.students import AlreadyThere, StudentInput
from tests.support.builders import Builder
from tests.support.queued_letters import send_all
from tests.support.rivals import at_once

pytestmark = pytest.mark.both_databases("rows removed in the order that foreign keys ask for")


@pytest.fixture
def school(make: Builder) -> School:
    return make.school()


@pytest.fixture
def teacher(make: Builder, school: School) -> User:
    return make.teacher(school)


@pytest.fixture
def school_class(make: Builder, school: School, teacher: User) -> SchoolClass:
    return make.school_class(school, teacher, name="9B")


def said(given_name: str = "Mia", family_name: str = "Hill", **facts: Any) -> StudentInput:
    return StudentInput(given_name=given_name, family_name=family_name, **facts)


def known(student_id: int, school: School) -> KnownStudent:
    return known_students(school.id)[student_id]


def as_typed(student: KnownStudent, **changes: Any) -> StudentInput:
    fields = ("given_name", "family_name", "number", "email", "year_group", "birth_date", "needs", "guardians")
    return StudentInput(**{field: getattr(student, field) for field in fields} | changes)


def edit(student_id: int, school: School, *, now: datetime, **changes: Any) -> bool:
    student = known(student_id, school)
    return students.edit_student(student_id, as_typed(student, **changes), seen=students.seen_of(student), now=now)


def asked(outreach_session: OutreachSession, school_class: SchoolClass, teacher: User, *chosen: int) -> registering.RegistrationRequest:
    return registering.RegistrationRequest(
        session_id=outreach_session.id,
        school_id=school_class.school_id,
        student_ids=chosen,
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )


def register(outreach_session: OutreachSession, school_class: SchoolClass, teacher: User, *chosen: int, now: datetime) -> None:
    registering.register_students(asked(outreach_session, school_class, teacher, *chosen), now=now)


def queued() -> set[tuple[str, str]]:
    rows = db.session.execute(
        select(Mailbox.address, Letter.kind).join(Letter, Letter.mailbox_id == Mailbox.id).where(Letter.state == LetterState.QUEUED)
    )
    return {(address, kind.value) for address, kind in rows}


INVITED, CANCELLED = LetterKind.INVITATION.value, LetterKind.REMOVED.value


def test_a_student_is_added_with_guardians(school: School, school_class: SchoolClass, now: datetime) -> None:
    guardians = (ListedGuardian("Maria", "maria@families.example"), ListedGuardian("Tom"))
    facts = said(number="007", email="mia@pupils.example", birth_date=date(2012, 4, 30), needs="glasses", guardians=guardians)
    key = students.add_student(school_class.id, facts, now=now)
    student = known(key, school)
    assert (student.number, student.email, student.birth_date, student.needs) == ("007", "mia@pupils.example", date(2012, 4, 30), "glasses")
    assert [(one.name, one.email) for one in student.guardians] == [("Maria", "maria@families.example"), ("Tom", None)]
    assert student.class_ids == {school_class.id}


def test_who_may_be_there_already_is_asked_about(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    other = make.school_class(school)
    mia = make.student(other, given_name="Mia", family_name="Hill").id
    with pytest.raises(AlreadyThere) as question:
        students.add_student(school_class.id, said("MIA"), now=now)
    assert question.value.candidates == (mia,)
    students.join_class(mia, school_class.id)
    students.join_class(mia, school_class.id)
    assert known(mia, school).class_ids == {other.id, school_class.id}
    second = students.add_student(school_class.id, said(), is_another=True, now=now)
    assert second != mia


@pytest.mark.empty_database
def test_the_same_name_in_another_school_is_somebody_else(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    elsewhere = make.school()
    make.student(make.school_class(elsewhere), given_name="Mia", family_name="Hill", guardians=("maria@families.example",))
    students.add_student(school_class.id, said(guardians=(ListedGuardian(None, "maria@families.example"),)), now=now)
    assert db.session.scalar(select(func.count(Guardian.id))) == 2
    assert db.session.scalar(select(func.count(Mailbox.id)).where(Mailbox.address == "maria@families.example")) == 1


def test_a_number_belongs_to_one_student_of_a_school(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    make.student(school_class, given_name="Ana", family_name="Lopez", number="12")
    mia = make.student(school_class, given_name="Mia").id
    with pytest.raises(AlreadyThere):
        students.add_student(school_class.id, said(number="0012"), now=now)
    with pytest.raises(Refusal, match="Ana Lopez already has this number") as refusal:
        students.add_student(school_class.id, said(number="0012"), is_another=True, now=now)
    assert refusal.value.field == "number"
    with pytest.raises(Refusal, match="Ana Lopez already has this number"):
        edit(mia, school, number="12", now=now)
    elsewhere = make.school_class(make.school())
    students.add_student(elsewhere.id, said(number="12"), now=now)


def test_a_birth_date_must_be_a_students(school_class: SchoolClass, now: datetime) -> None:
    for born in (date(1975, 1, 1), now.date(), now.date() + timedelta(days=1)):
        with pytest.raises(Refusal) as refusal:
            students.add_student(school_class.id, said(birth_date=born), now=now)
        assert refusal.value.field == "birth_date"


def test_siblings_share_a_guardian_and_two_people_may_share_an_address(school: School, school_class: SchoolClass, now: datetime) -> None:
    home = "home@families.example"
    first = students.add_student(school_class.id, said("Mia", guardians=(ListedGuardian(None, home),)), now=now)
    second = students.add_student(school_class.id, said("Ben", guardians=(ListedGuardian("Maria Hill", home),)), now=now)
    third = students.add_student(school_class.id, said("Eva", guardians=(ListedGuardian("Tom Ash", home),)), now=now)
    mia, ben, eva = (known(key, school).guardians[0] for key in (first, second, third))
    assert mia == ben == KnownGuardian(mia.id, "Maria Hill", home)
    assert (eva.id != mia.id, eva.name, eva.email) == (True, "Tom Ash", home)


def test_a_corrected_address_cancels_at_the_old_and_invites_at_the_new(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia = make.student(school_class, email="mia@pupils.example", guardians=("wrong@families.example", "dad@families.example")).id
    ben = make.student(school_class, given_name="Ben", guardians=("wrong@families.example",)).id
    register(make.outreach_session(make.clinician()), school_class, teacher, mia, ben, now=now)
    send_all()
    first, second = known(mia, school).guardians
    corrected = KnownGuardian(first.id, first.name, "right@families.example")
    assert edit(mia, school, email="mia.hill@pupils.example", guardians=(corrected, second), now=now) is True
    assert queued() == {
        ("mia@pupils.example", CANCELLED),
        ("mia.hill@pupils.example", INVITED),
        ("wrong@families.example", CANCELLED),
        ("right@families.example", INVITED),
    }
    assert known(ben, school).guardians == (corrected,)
    assert db.session.scalar(select(Mailbox.address).where(Mailbox.address == "wrong@families.example"))


def test_a_corrected_address_hears_where_the_student_waits(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia = make.student(school_class, email="mia@pupils.example", guardians=("wrong@families.example",)).id
    first = make.student(school_class, given_name="Ben", guardians=("home@families.example",)).id
    register(make.outreach_session(make.clinician(), capacity=1), school_class, teacher, first, mia, now=now)
    send_all()
    corrected = replace(known(mia, school).guardians[0], email="right@families.example")
    assert edit(mia, school, guardians=(corrected,), now=now) is True
    assert queued() == {("right@families.example", LetterKind.WAITING.value)}
    send_all()
    edit(mia, school, guardians=(replace(corrected, name="Ms Hill"),), now=now)
    assert queued() == set()


def test_who_is_registered_while_the_address_is_corrected_is_invited_at_the_new_one(
    app: Flask, make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    ids = [make.student(school_class, given_name=f"Given{n}", email=f"old{n}@pupils.example").id for n in range(4)]
    outreach_session = make.outreach_session(make.clinician())
    shown = known_students(school.id)
    acts: list[Callable[[], object]] = []
    for place, key in enumerate(ids):
        typed = as_typed(shown[key], email=f"new{place}@pupils.example")
        acts.append(partial(students.edit_student, key, typed, seen=students.seen_of(shown[key]), now=now))
        acts.append(partial(registering.register_students, asked(outreach_session, school_class, teacher, key), now=now))
    at_once(app, *acts)
    live = select(Mailbox.address).join(Invitation, Invitation.mailbox_id == Mailbox.id).where(Invitation.is_live)
    invited = set(db.session.scalars(live.where(Mailbox.address.like("%@pupils.example"))))
    assert invited == {f"new{n}@pupils.example" for n in range(4)}


@pytest.mark.empty_database
def test_a_guardian_removed_or_added_is_told(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia = make.student(school_class, guardians=("old@families.example",)).id
    register(make.outreach_session(make.clinician()), school_class, teacher, mia, now=now)
    send_all()
    assert edit(mia, school, guardians=(ListedGuardian("Ana", "new@families.example"),), now=now) is True
    assert queued() == {("old@families.example", CANCELLED), ("new@families.example", INVITED)}
    assert db.session.scalar(select(func.count(Guardian.id))) == 1


def test_a_correction_that_is_no_address_writes_to_nobody(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia = make.student(school_class, email="mia@pupils.example", guardians=("home@families.example",)).id
    register(make.outreach_session(make.clinician()), school_class, teacher, mia, now=now)
    send_all()
    guardian = known(mia, school).guardians[0]
    changes = {"given_name": "Mía", "needs": "glasses", "number": None, "guardians": (KnownGuardian(guardian.id, "Maria", guardian.email),)}
    assert edit(mia, school, **changes, now=now) is False
    assert queued() == set()
    assert (known(mia, school).given_name, known(mia, school).guardians[0].name) == ("Mía", "Maria")


@pytest.mark.empty_database
def test_two_records_of_one_guardian_become_one_when_the_address_is_corrected(
    school: School, school_class: SchoolClass, now: datetime
) -> None:
    right = students.add_student(school_class.id, said("Mia", guardians=(ListedGuardian("Maria", "right@families.example"),)), now=now)
    wrong = students.add_student(school_class.id, said("Ben", guardians=(ListedGuardian("Maria", "wrong@families.example"),)), now=now)
    guardian = known(wrong, school).guardians[0]
    edit(wrong, school, guardians=(KnownGuardian(guardian.id, "Maria", "right@families.example"),), now=now)
    assert known(right, school).guardians == known(wrong, school).guardians
    assert db.session.scalar(select(func.count(Guardian.id))) == 1


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    mia = make.student(school_class, email="mia@pupils.example").id
    shown = known(mia, school)
    edit(mia, school, email="mia.hill@pupils.example", now=now)
    with pytest.raises(Stale):
        students.edit_student(mia, as_typed(shown, needs="glasses"), seen=students.seen_of(shown), now=now)
    assert (known(mia, school).email, known(mia, school).needs) == ("mia.hill@pupils.example", "")


def test_another_schools_student_joins_no_class(make: Builder, school_class: SchoolClass) -> None:
    stranger = make.student(make.school_class(make.school())).id
    with pytest.raises(NotThere):
        students.join_class(stranger, school_class.id)


def test_a_deleted_class_leaves_its_students_and_their_places(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    mia = make.student(school_class).id
    outreach_session = make.outreach_session(make.clinician())
    register(outreach_session, school_class, teacher, mia, now=now)
    use_cases.delete_class(school_class.id)
    assert known(mia, school).class_ids == frozenset()
    db.session.refresh(outreach_session)
    assert outreach_session.seats_taken == 1


def test_who_was_taken_out_of_all_classes_is_not_registered(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    other = make.school_class(school, teacher)
    mia, ben = make.student(school_class, other).id, make.student(school_class, given_name="Ben").id
    outreach_session = make.outreach_session(make.clinician())
    students.leave_class(mia, school_class.id)
    assert known(mia, school).class_ids == {other.id}
    register(outreach_session, school_class, teacher, mia, now=now)
    assert list(db.session.scalars(select(Registration.student_id).where(Registration.student_id.in_((mia, ben))))) == [mia]
    students.leave_class(ben, school_class.id)
    with pytest.raises(Refusal):
        register(outreach_session, school_class, teacher, ben, now=now)
    assert list(db.session.scalars(select(Registration.student_id).where(Registration.student_id.in_((mia, ben))))) == [mia]


def test_a_class_name_is_taken_once_in_a_school(make: Builder, school: School, school_class: SchoolClass, teacher: User) -> None:
    with pytest.raises(Refusal) as refusal:
        use_cases.make_class(school.id, "9b", by_id=teacher.id)
    assert refusal.value.field == "name"
    use_cases.rename_class(school_class.id, "9b")
    use_cases.make_class(school.id, "9C", by_id=teacher.id)
    use_cases.make_class(make.school().id, "9b", by_id=teacher.id)


def test_a_student_with_a_place_to_come_is_not_removed(make: Builder, school_class: SchoolClass, teacher: User, now: datetime) -> None:
    mia = make.student(school_class).id
    register(make.outreach_session(make.clinician()), school_class, teacher, mia, now=now)
    with pytest.raises(Refusal, match="Withdraw them first"):
        removal.remove_student(mia, now=now)
    assert db.session.get(Student, mia) is not None


@pytest.mark.empty_database
def test_a_student_who_never_took_part_is_gone_with_all_that_was_theirs_alone(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    mia = make.student(school_class, email="mia@pupils.example", guardians=("mum@families.example", "home@families.example")).id
    ben = make.student(school_class, given_name="Ben", guardians=("home@families.example",)).id
    with transaction():
        db.session.scalars(select(Mailbox).where(Mailbox.address == "mum@families.example")).one().stop(now=now)
    removal.remove_student(mia, now=now)
    assert db.session.scalars(select(Student.id)).all() == [ben]
    assert [one.email for one in known(ben, school).guardians] == ["home@families.example"]
    assert db.session.scalar(select(func.count(Guardian.id))) == 1
    kept = set(db.session.scalars(select(Mailbox.address).where(Mailbox.address.not_like("%@adults.example"))))
    assert kept == {"home@families.example", "mum@families.example"}


def test_an_address_of_which_a_bounce_is_noted_does_not_stand_in_the_way(make: Builder, school_class: SchoolClass, now: datetime) -> None:
    mia = make.student(school_class, email="mia@pupils.example").id
    with transaction():
        mailbox = db.session.scalars(select(Mailbox).where(Mailbox.address == "mia@pupils.example")).one()
        record_bounce(mailbox.id, None, BounceKind.SOFT, status="4.2.2", words="452 Full", now=now)
    removal.remove_student(mia, now=now)
    assert db.session.get(Student, mia) is None
    assert db.session.get(Mailbox, mailbox.id) is not None


@pytest.mark.empty_database
def test_past_places_still_count_without_a_name(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    facts: dict[str, Any] = {"email": "mia@pupils.example", "guardians": ("mum@families.example",), "birth_date": date(2012, 4, 30)}
    mia = make.student(school_class, given_name="Mia", family_name="Hill", needs="glasses", number="12", **facts).id
    outreach_session = make.outreach_session(make.clinician())
    register(outreach_session, school_class, teacher, mia, now=now)
    removal.remove_student(mia, now=outreach_session.ends_at)
    former = db.session.get_one(Student, mia)
    assert (former.name, former.number, former.mailbox_id, former.birth_date, former.needs) == ("Former student", None, None, None, "")
    assert db.session.scalar(select(func.count(Registration.id)).where(Registration.student_id == mia)) == 1
    assert db.session.scalar(select(func.count(Guardian.id))) == 0
    assert known_students(school.id) == {}
    db.session.refresh(outreach_session)
    assert outreach_session.seats_taken == 1
