"""Somebody stands in for a teacher or host whose account is closed: a colleague, a co-host, else a coordinator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from outreach.coordination.closing import close_account, open_account
from outreach.db import db, transaction
from outreach.models import Membership, User
from outreach.models.snapshots import Cause, Reader
from outreach.notifications.reminders import plan_reminders
from outreach.notifications.rosters import plan_rosters
from outreach.registration import use_cases as registering
from tests.support.builders import Builder
from tests.support.neighbours import CARL, HANA, NORA, SOL, TOM, Neighbours
from tests.support.queued_letters import names, queued, send_all, to, who_gets_what

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
RUTH_AT_WORK = "ruth@programme.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(make: Builder) -> Neighbours:
    found = Neighbours(make)
    make.coordinator(given_name="Ruth", email=RUTH_AT_WORK)
    return found


def close(world: Neighbours, user: User) -> None:
    close_account(user.id, by_id=0, now=world.now)


def quietly(user: User) -> None:
    """Close an account without telling anybody."""
    with transaction():
        db.session.execute(update(User).where(User.id == user.id).values(active=False))
    db.session.expire_all()


@pytest.mark.both_databases("who answers for a student is worked out by the database")
def test_a_colleague_answers_for_the_students_at_once_and_is_told_which(world: Neighbours) -> None:
    close(world, world.nora)
    told = who_gets_what(queued())
    assert told == {(NORA, "removed"): 1, (TOM, "updated"): 1, (TOM, "digest"): 2}
    [cancel] = to(NORA)
    assert cancel.method == "CANCEL"
    assert "You no longer answer for students" in cancel.mail.text
    assert not [name for name in world.students if name in cancel.mail.everything]
    first, second = (one for one in to(TOM) if one.kind == "digest")
    assert names(first.facts.seated) == ["Ana", "Ben", "Cem", "Dana", "Eli", "Fay"]
    assert names(second.facts.waiting) == ["Cem", "Ana"]
    assert "From now on you answer for 6 students" in first.mail.text
    assert f"in place of {world.nora.name}" in first.mail.text
    assert first.facts.cause is Cause.HANDED_OVER


def test_an_account_that_is_opened_again_answers_again(world: Neighbours) -> None:
    close(world, world.nora)
    send_all()
    open_account(world.nora.id, now=world.now + MINUTE)
    assert who_gets_what(queued()) == {(NORA, "invitation"): 1, (NORA, "digest"): 2, (TOM, "updated"): 1}
    assert to(TOM)[0].facts.reader is Reader.GUARDIAN
    assert not to(NORA)[1].facts.instead_of


@pytest.mark.both_databases("who answers for a student is worked out by the database")
def test_without_a_colleague_a_coordinator_answers(world: Neighbours) -> None:
    close(world, world.sol)
    assert {(one.to, one.kind) for one in queued()} == {(SOL, "removed"), (RUTH_AT_WORK, "invitation"), (RUTH_AT_WORK, "digest")}


def test_what_happens_later_is_told_to_who_stands_in_and_not_to_the_closed_account(world: Neighbours) -> None:
    quietly(world.nora)
    registering.withdraw(world.registration("Ana").id, now=world.now)
    assert not to(NORA)
    [digest] = [one for one in to(TOM) if one.kind == "digest"]
    assert names(digest.facts.gone) == ["Ana"]


def test_a_teacher_who_left_the_school_is_told_of_none_of_its_students(world: Neighbours) -> None:
    with transaction():
        db.session.execute(delete(Membership).where(Membership.user_id == world.nora.id))
    registering.withdraw(world.registration("Ben").id, now=world.now)
    assert (TOM, "digest") in who_gets_what(queued())
    assert (NORA, "digest") not in who_gets_what(queued())


@pytest.mark.both_databases("who answers for a student is worked out by the database")
def test_a_teacher_of_the_class_stands_in_before_the_others(world: Neighbours) -> None:
    ida = world.make.teacher(world.north, email="ida@north.example")
    ann = world.make.teacher(world.north, email="ann@north.example")
    school_class = world.make.school_class(world.north, world.nora, ann)
    zoe = world.make.student(school_class, given_name="Zoe")
    registering.register_students(
        registering.RegistrationRequest(
            session_id=world.second.id,
            school_id=world.north.id,
            student_ids=(zoe.id,),
            teacher_id=world.nora.id,
            by_id=world.nora.id,
            class_id=school_class.id,
            permission_attested=True,
        ),
        now=world.now,
    )
    send_all()
    close(world, world.nora)
    assert names(to("ann@north.example")[-1].facts.waiting) == ["Zoe"]
    assert not to(ida.email)


def test_a_child_alone_is_reminded_only_with_who_stands_in(make: Builder) -> None:
    school = make.school()
    teacher, colleague = make.teacher(school), make.teacher(school, email="colleague@school.example")
    outreach_session = make.outreach_session(make.clinician())
    make.register(outreach_session, teacher, make.student(make.school_class(school, teacher), email="kim@pupils.example"))
    send_all()
    quietly(teacher)
    week_before = outreach_session.starts_at - timedelta(days=7)
    plan_reminders(now=week_before)
    assert not to("kim@pupils.example"), "nobody who answers for the child has the entry"
    open_account(teacher.id, now=make.now)
    close_account(teacher.id, by_id=0, now=make.now)
    send_all()
    plan_reminders(now=week_before)
    assert {one.to for one in queued()} == {"kim@pupils.example", colleague.email}


def test_the_roster_goes_to_the_co_host_else_to_the_coordinators(world: Neighbours) -> None:
    evening = world.first.starts_at - timedelta(hours=15)
    quietly(world.hana)
    plan_rosters(now=evening)
    assert {one.to for one in queued() if one.kind == "roster" and one.facts.session.id == world.first.id} == {CARL}
    quietly(world.carl)
    plan_rosters(now=evening + MINUTE)
    [roster] = to(RUTH_AT_WORK, [one for one in queued() if one.facts.session.id == world.first.id])
    assert f"in place of {world.hana.name}" in roster.mail.text
    assert HANA not in {one.to for one in queued() if one.kind == "roster"}
