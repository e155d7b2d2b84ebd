"""Whether somebody still is as whom a letter was written to them is asked when it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from functools import partial

import pytest
from sqlalchemy import delete, select, update

from outreach.coordination.closing import close_account
from outreach.db import db, transaction
from outreach.letters import render
from outreach.mail import Envelope
from outreach.models import (
    Letter,
    LetterKind,
    Membership,
    OutreachSession,
    Registration,
    Student,
    User,
    co_host,
    guardianship,
)
from outreach.models.snapshots import Cause, LetterSnapshot, ProposalSnapshot, Reader, StudentSnapshot
from outreach.notifications import snapshot_of
from outreach.notifications.decision_requests import ask_for_decisions
from outreach.notifications.rosters import plan_rosters
from outreach.registration import use_cases as registering
from outreach.scheduling import use_cases as scheduling
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.neighbours import ANA, CARL, ELI, HANA, MARIA, NORA, PAUL, SOL, TOM, Neighbours
from tests.support.outbox import Scripted, deliver, put
from tests.support.queued_letters import queued, send_all
from tests.support.received_letters import Received

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


def arrived(world: Neighbours) -> dict[str, list[Received]]:
    """Send all that is due; give by address what arrived."""
    transport = Scripted()
    deliver(transport, world.now, render=partial(render, settings=settings()))
    found: dict[str, list[Received]] = {}
    for envelope in transport.sent:
        found.setdefault(envelope.recipient, []).append(received_from(envelope))
    return found


def received_from(envelope: Envelope) -> Received:
    return Received(envelope.message, message_from_bytes(envelope.message, policy=policy.default))


def close(user: User) -> None:
    with transaction():
        db.session.execute(update(User).where(User.id == user.id).values(active=False))


def take_roles(user: User) -> None:
    with transaction():
        db.session.get_one(User, user.id).roles.clear()


def leave_school(user: User) -> None:
    with transaction():
        db.session.execute(delete(Membership).where(Membership.user_id == user.id))


def unlink(world: Neighbours, address: str, given_name: str) -> None:
    """The guardian at this address is one of this student no more, and nobody has looked at the letters yet."""
    guardians = [one.id for one in world.students[given_name].guardians if one.mailbox and one.mailbox.address == address]
    mine = (guardianship.c.student_id == world.students[given_name].id, guardianship.c.guardian_id.in_(guardians))
    with transaction():
        db.session.execute(delete(guardianship).where(*mine))
    db.session.expire_all()


def move(world: Neighbours) -> None:
    world.move(world.first)


@pytest.mark.parametrize("end", [close, take_roles, leave_school])
def test_a_teacher_who_is_none_any_more_reads_of_no_student_and_a_colleague_does(world: Neighbours, end: Callable[[User], None]) -> None:
    move(world)
    end(world.nora)
    found = arrived(world)
    assert NORA not in found
    [digest] = [one for one in found[TOM] if not one.ics]
    assert "Ana" in digest.text
    assert "Back door" in digest.text, "what was news to the teacher"
    assert f"in place of {world.nora.name}" in digest.text


def test_a_colleague_who_was_told_since_isnt_told_of_the_past(world: Neighbours) -> None:
    move(world)
    close_account(world.nora.id, by_id=0, now=world.now)
    digests = [one.text for one in arrived(world)[TOM] if not one.ics]
    assert sorted(re.findall(r"From now on you answer for (\d) students", " ".join(digests))) == ["2", "6"]
    assert len(digests) == 2


def test_of_two_schools_a_teacher_reads_on_of_the_one_where_they_still_are(make: Builder) -> None:
    north, south = make.school(), make.school()
    teacher, sol = make.teacher(north, email=NORA), make.teacher(south, email=SOL)
    with transaction():
        db.session.add(Membership(user_id=teacher.id, school_id=south.id, approved_by_id=sol.id, approved_at=make.now))
    outreach_session = make.outreach_session(make.clinician())
    for school, name in ((north, "Ana"), (south, "Ben")):
        make.register(outreach_session, teacher, make.student(make.school_class(school), given_name=name))
    send_all()
    scheduling.cancel(outreach_session.id, "The theatre is closed.", now=make.now)
    with transaction():
        db.session.execute(delete(Membership).where(Membership.user_id == teacher.id, Membership.school_id == south.id))
    transport = Scripted()
    deliver(transport, make.now, render=partial(render, settings=settings()))
    digests = {one.recipient: received_from(one).text for one in transport.sent if not received_from(one).ics}
    assert {address: [name for name in ("Ana", "Ben") if name in text] for address, text in digests.items()} == {
        NORA: ["Ana"],
        SOL: ["Ben"],
    }


def test_what_a_family_asks_reaches_a_coordinator_where_no_host_is_left(make: Builder) -> None:
    host, ruth = make.clinician(given_name="Sam", family_name="Lee"), make.coordinator(email="ruth@programme.example")
    outreach_session = make.outreach_session(host)
    snapshot = LetterSnapshot(
        reader=Reader.HOST,
        reader_name="Sam",
        cause=Cause.COUNTERED,
        session=snapshot_of(outreach_session),
        seated=(StudentSnapshot(registration_id=1, given_name="Ana", school_name="North School"),),
        asked=ProposalSnapshot(by=Reader.GUARDIAN, comment="Could it be later?"),
    )
    put(host.mailbox, "note", now=make.now, kind=LetterKind.NOTE, facts=snapshot.to_json(), session_id=outreach_session.id)
    close(host)
    transport = Scripted()
    deliver(transport, make.now, render=partial(render, settings=settings()))
    [note] = transport.sent
    assert note.recipient == ruth.email
    assert "Could it be later?" in received_from(note).text
    assert "in place of Sam Lee" in received_from(note).text


@pytest.mark.parametrize("end", [close, take_roles, leave_school])
def test_a_teacher_and_guardian_reads_on_as_a_guardian_of_their_own_child_alone(make: Builder, end: Callable[[User], None]) -> None:
    school = make.school()
    teacher = make.teacher(school, given_name="Tom", email=TOM)
    school_class = make.school_class(school, teacher)
    eli = make.student(school_class, given_name="Eli", guardians=(TOM,))
    zoe = make.student(school_class, given_name="Zoe")
    make.register(make.outreach_session(make.clinician()), teacher, zoe, eli)
    end(teacher)
    transport = Scripted()
    deliver(transport, make.now, render=partial(render, settings=settings()))
    [letter] = [received_from(envelope) for envelope in transport.sent if envelope.recipient == TOM]
    assert "because a school named you as a student's guardian" in letter.text
    assert "Eli" in letter.everything
    assert "Zoe" not in letter.everything
    assert "Hello Guardian" in letter.text
    assert letter.event["TRANSP"] == "TRANSPARENT"


@pytest.mark.parametrize("end", [close, take_roles])
def test_a_host_and_guardian_reads_on_as_a_guardian(world: Neighbours, end: Callable[[User], None]) -> None:
    move(world)
    end(world.hana)
    [letter] = arrived(world)[HANA]
    assert "You are hosting" not in letter.text
    assert "because a school named you as a student's guardian" in letter.text
    assert "Fay" in letter.everything


def test_a_host_who_was_replaced_is_none_for_what_still_waits(world: Neighbours) -> None:
    with transaction():
        db.session.execute(update(OutreachSession).where(OutreachSession.id == world.first.id).values(is_provisional=False))
    move(world)
    with transaction():
        db.session.execute(delete(co_host))
        db.session.execute(update(OutreachSession).where(OutreachSession.host_id == world.carl.id).values(host_id=world.hana.id))
    assert CARL not in arrived(world)


def test_an_unlinked_guardian_reads_only_of_the_child_who_is_still_theirs(world: Neighbours) -> None:
    move(world)
    unlink(world, MARIA, "Ana")
    unlink(world, PAUL, "Ana")
    found = arrived(world)
    [letter] = [one for one in found[MARIA] if one.ics]
    assert "Ben" in letter.everything
    assert "Ana" not in letter.everything
    assert PAUL not in found
    assert ANA in found


def test_a_guardian_who_is_told_of_a_child_who_left_reads_on_as_a_guardian(make: Builder) -> None:
    """Ana, whose own address it is too, left; Ben stays: the entry is for information only, as it was written."""
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher)
    ana = make.student(school_class, given_name="Ana", email="shared@families.example")
    ben = make.student(school_class, given_name="Ben", guardians=("shared@families.example",))
    outreach_session = make.outreach_session(make.clinician())
    make.register(outreach_session, teacher, ana, ben)
    send_all()
    [place] = db.session.scalars(select(Registration).where(Registration.student_id == ana.id, Registration.state == "confirmed"))
    registering.withdraw(place.id, now=make.now)
    transport = Scripted()
    deliver(transport, make.now, render=partial(render, settings=settings()))
    [letter] = [received_from(one) for one in transport.sent if one.recipient == "shared@families.example"]
    assert letter.event["TRANSP"] == "TRANSPARENT"
    assert "Ana is no longer coming." in letter.text


def test_a_students_address_that_is_anothers_now_reads_nothing_of_them(world: Neighbours) -> None:
    move(world)
    with transaction():
        db.session.execute(update(Student).where(Student.id == world.students["Eli"].id).values(mailbox_id=None))
    assert ELI not in arrived(world)


def test_a_cancellation_still_goes_without_names(world: Neighbours) -> None:
    scheduling.cancel(world.first.id, "The theatre is closed.", now=world.now)
    unlink(world, PAUL, "Ana")
    close(world.nora)
    close(world.carl)
    found = arrived(world)
    for address in (PAUL, NORA):
        [letter] = found[address]
        assert letter.event["STATUS"] == "CANCELLED"
        assert not [name for name in world.students if name in letter.everything], address


def test_a_cancellation_of_one_child_doesnt_say_why_to_who_is_nothing_to_them_any_more(world: Neighbours) -> None:
    ana = world.registration("Ana", world.first)
    registering.remove(ana.id, by_id=world.hana.id, reason="Ana was rude.", now=world.now)
    unlink(world, PAUL, "Ana")
    [letter] = arrived(world)[PAUL]
    assert letter.event["STATUS"] == "CANCELLED"
    assert "Ana" not in letter.everything
    assert "rude" not in letter.everything


def test_no_question_and_no_roster_goes_to_a_closed_account(make: Builder) -> None:
    host, co = make.clinician(email="host@hospital.example"), make.clinician(email="co@hospital.example")
    now = make.now
    outreach_session = make.outreach_session(host, co_hosts=[co], is_provisional=True, decides_at=now, starts_wall=None)
    evening = outreach_session.starts_at.replace(hour=4)
    ask_for_decisions(now=now)
    plan_rosters(now=evening)
    close(host)
    transport = Scripted()
    deliver(transport, evening)
    assert {envelope.recipient for envelope in transport.sent} == {"co@hospital.example"}


def test_a_coordinator_who_is_none_any_more_is_not_asked_to_decide(make: Builder) -> None:
    ruth = make.coordinator(email="ruth@programme.example")
    outreach_session = make.outreach_session(make.clinician(), is_provisional=True, decides_at=make.now)
    assert outreach_session.decides_at
    late = outreach_session.starts_at.replace(hour=12)
    ask_for_decisions(now=late)
    take_roles(ruth)
    transport = Scripted()
    deliver(transport, late)
    assert "ruth@programme.example" not in {envelope.recipient for envelope in transport.sent}


def test_a_letter_that_is_true_leaves_as_it_was_written(world: Neighbours) -> None:
    """The check changes nothing for anybody who still is what they were."""
    move(world)
    before = {one.letter.id: one.letter.facts for one in queued()}
    arrived(world)
    sent = db.session.scalars(select(Letter).where(Letter.id.in_(before)).execution_options(populate_existing=True))
    assert {one.id: one.facts for one in sent} == before
    assert {facts["reader"] for facts in before.values()} == {Reader.HOST, Reader.TEACHER, Reader.STUDENT, Reader.GUARDIAN}
