"""Whose calendar gets the entry, keeps it or loses it when hosts, addresses, ages and places change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from outreach.db import db, transaction
from outreach.models import (
    Answer,
    Guardian,
    Invitation,
    InvitationReason,
    Letter,
    LetterState,
    ReasonKind,
    Registration,
    RegistrationState,
    SessionState,
    Student,
)
from outreach.models.snapshots import Cause, Reader
from outreach.notifications import notify
from outreach.notifications.notify import resend_as_update, resend_invitations, resend_replacing
from outreach.registration import use_cases as registering
from outreach.scheduling import use_cases as scheduling
from tests.support.builders import Builder
from tests.support.neighbours import ANA, CARL, DANA, ELI, GUL, HANA, MARIA, NORA, OLGA, PAUL, RUTH, SOL, TOM, Neighbours
from tests.support.queued_letters import names, queued, send_all, to, who_gets_what

pytestmark = pytest.mark.empty_database  # neighbours are enough, and all their letters are counted
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
ELSEWHERE = "maria@elsewhere.example"


@pytest.fixture
def world(make: Builder) -> Neighbours:
    return Neighbours(make)


def accept(world: Neighbours, *addresses: str) -> None:
    with transaction():
        for address in addresses:
            invitation = world.invitation(address)
            invitation.answer, invitation.answered_at, invitation.answer_stamp = Answer.ACCEPTED, world.now, world.now


def move_to_elsewhere(world: Neighbours, address: str = MARIA) -> None:
    """A guardian is given another address, everywhere."""
    old, new = world.mailbox(address).id, world.make.mailbox(ELSEWHERE).id
    with transaction():
        db.session.execute(update(Guardian).where(Guardian.mailbox_id == old).values(mailbox_id=new))


# Hosts


@pytest.mark.parametrize("state", list(SessionState))
def test_hosts_have_a_published_session_in_their_calendar_and_no_other(world: Neighbours, state: SessionState) -> None:
    third = world.make.outreach_session(world.carl, co_hosts=[world.hana], state=state)
    with transaction():
        notify.notify_hosts(third, now=world.now)
    published = state is SessionState.PUBLISHED
    assert who_gets_what(queued()) == ({(CARL, "invitation"): 1, (HANA, "invitation"): 1} if published else {})
    assert {(one.facts.cause, one.facts.reader) for one in queued()} == ({(Cause.PUBLISHED, Reader.HOST)} if published else set())
    send_all()
    with transaction():
        notify.notify_hosts(third, now=world.now)
        notify.notify_published(third, now=world.now)
    assert queued() == []


def test_a_host_who_leaves_loses_the_entry_and_one_whose_child_comes_keeps_it(world: Neighbours) -> None:
    accept(world, HANA, CARL)
    with transaction():
        world.first.host, world.first.co_hosts = world.nora, []
        db.session.flush()
        notify.notify_hosts(world.first, now=world.now)
    assert who_gets_what(queued()) == {(CARL, "removed"): 1, (HANA, "updated"): 1, (NORA, "updated"): 1}
    carl, hana, nora = (to(address)[0] for address in (CARL, HANA, NORA))
    assert (carl.facts.cause, carl.facts.reader, carl.facts.reader_name, carl.method) == (Cause.REMOVED, Reader.HOST, "Carl", "CANCEL")
    assert (hana.facts.cause, hana.facts.reader, hana.facts.reader_name) == (Cause.REMOVED, Reader.GUARDIAN, "Johanna Fox")
    assert (nora.facts.cause, nora.facts.reader, nora.facts.reader_name) == (Cause.PUBLISHED, Reader.HOST, "Nora")
    assert (hana.facts.entry is not None, hana.facts.entry and hana.facts.entry.is_transparent) == (True, True)
    assert (carl.facts.entry is not None, carl.facts.entry and carl.facts.entry.is_transparent) == (True, False)
    assert (world.invitation(HANA).is_live, world.invitation(HANA).answer) == (True, Answer.ACCEPTED)
    assert not world.invitation(CARL).is_live


def test_a_host_who_registers_a_student_too_keeps_the_entry_as_host(world: Neighbours) -> None:
    with transaction():
        for teacher in (world.nora, world.tom):
            teacher.roles = [*teacher.roles, *world.hana.roles]
    third = world.make.outreach_session(world.nora, co_hosts=[world.tom])
    with transaction():
        notify.notify_published(third, now=world.now)
    send_all()
    world.register(third, world.nora, "Cem")
    assert who_gets_what(queued()) == {(NORA, "updated"): 1, (NORA, "digest"): 1}
    assert to(NORA)[0].facts.reader is Reader.HOST
    send_all()
    registering.withdraw(world.registration("Cem", third).id, by_id=world.nora.id, now=world.now + MINUTE)
    assert who_gets_what(queued()) == {(NORA, "updated"): 1}
    assert world.invitation(NORA, third).is_live


def test_a_host_who_comes_back_has_the_same_entry_and_is_asked_anew(world: Neighbours) -> None:
    accept(world, CARL)
    uid = world.invitation(CARL).uid
    letters = []
    for co_hosts, kind, sequence in (([], "removed", 1), ([world.carl], "invitation", 2)):
        with transaction():
            world.first.co_hosts = co_hosts
            db.session.flush()
            notify.notify_hosts(world.first, now=world.now)
        (letter,) = letters = to(CARL)
        assert (letter.kind, letter.letter.sequence) == (kind, sequence)
        assert letter.facts.entry is not None
        assert (letter.facts.entry.is_first, letter.facts.entry.answer) == (False, "accepted" if kind == "removed" else "needs_action")
        send_all()
        world.now += MINUTE
    [letter] = letters
    invitation = world.invitation(CARL)
    assert (invitation.uid, invitation.is_live, invitation.changed_at) == (uid, True, world.now - MINUTE)
    assert (invitation.answer, invitation.answered_at, invitation.answer_stamp) == (Answer.NEEDS_ACTION, None, None)


# Families


def test_a_second_child_changes_the_entry_and_keeps_the_answer(world: Neighbours) -> None:
    third = world.make.outreach_session(world.carl)
    world.register(third, world.nora, "Ana")
    send_all()
    invitation = world.invitation(MARIA, third)
    with transaction():
        invitation.answer, invitation.answered_at, invitation.answer_stamp = Answer.ACCEPTED, world.now, world.now
    world.register(third, world.nora, "Ben")
    (letter,) = to(MARIA)
    assert (letter.kind, letter.letter.sequence, names(letter.facts.seated)) == ("updated", 1, ["Ana", "Ben"])
    assert to(ANA) == to(PAUL) == []
    after = world.invitation(MARIA, third)
    assert (after.uid, after.answer, after.answered_at, after.answer_stamp) == (
        invitation.uid,
        Answer.ACCEPTED,
        world.now - MINUTE,
        world.now - MINUTE,
    )
    assert (after.changed_at, after.created_at) == (world.now, world.now - MINUTE)


def test_a_new_invitation_has_an_address_of_ours_for_life(world: Neighbours) -> None:
    third = world.make.outreach_session(world.carl)
    world.register(third, world.nora, "Ana", "Ben")
    found = db.session.scalars(select(Invitation).where(Invitation.session_id == third.id)).all()
    assert {one.uid.partition("@")[2] for one in found} == {"outreach.example"}
    assert len({one.uid for one in found}) == len(found) == 4
    assert {(one.sequence, one.sent_sequence, one.is_live, one.created_at, one.changed_at) for one in found} == {
        (0, None, True, world.now, world.now)
    }
    reasons = db.session.execute(
        select(InvitationReason.kind, InvitationReason.registration_id, InvitationReason.user_id)
        .join(Invitation)
        .where(Invitation.session_id == third.id)
    ).all()
    ana, ben = (world.registration(name, third).id for name in ("Ana", "Ben"))
    assert sorted(map(tuple, reasons), key=str) == sorted(
        [
            (ReasonKind.STUDENT, ana, None),
            (ReasonKind.GUARDIAN, ana, None),
            (ReasonKind.GUARDIAN, ana, None),
            (ReasonKind.GUARDIAN, ben, None),
            (ReasonKind.TEACHER, None, world.nora.id),
        ],
        key=str,
    )


@pytest.mark.parametrize(("by", "teacher_reads"), [("nora", set()), ("hana", {"digest"}), (None, {"digest"})])
def test_a_teacher_gets_no_list_of_what_they_alone_did(world: Neighbours, by: str | None, teacher_reads: set[str]) -> None:
    by_id = getattr(world, by).id if by else None
    registering.withdraw(world.registration("Dana").id, by_id=by_id, by_mailbox_id=None if by else world.mailbox(DANA).id, now=world.now)
    assert {letter.kind.value for letter in to(NORA)} == teacher_reads
    assert {letter.kind.value for letter in to(SOL)} == {"invitation", "digest"}
    for letter in to(NORA):
        assert [(one.given_name, one.family_name) for one in letter.facts.gone] == [("Dana", world.students["Dana"].family_name)]
        assert (letter.facts.cause, letter.facts.seated, letter.facts.waiting) == (Cause.WITHDRAWN, (), ())


def test_a_teacher_who_hosts_gets_no_list_of_whom_they_took_off_alone(world: Neighbours) -> None:
    registering.remove(world.registration("Dana").id, by_id=world.nora.id, reason="Too few supervisors", now=world.now)
    assert to(NORA) == []
    registering.remove(world.registration("Gul").id, by_id=world.nora.id, reason="Too few supervisors", now=world.now)
    assert {letter.kind.value for letter in to(SOL)} >= {"digest"}


def test_a_teacher_who_registers_gets_the_list_of_what_came_of_it(world: Neighbours) -> None:
    third = world.make.outreach_session(world.carl, capacity=2)
    world.register(third, world.nora, "Cem", "Ana", "Ben")
    (digest,) = [letter for letter in to(NORA) if letter.kind == "digest"]
    facts = digest.facts
    assert (names(facts.seated), names(facts.stands_in_for)) == (["Cem", "Ana"], ["Cem"])
    assert [(one.given_name, one.family_name, one.place_in_queue) for one in facts.waiting] == [
        ("Ben", world.students["Ben"].family_name, 1)
    ]
    assert (facts.reader, facts.cause, facts.gone, facts.offered, facts.offered_until) == (Reader.TEACHER, Cause.REGISTERED, (), (), None)


@pytest.mark.parametrize("state", list(RegistrationState))
def test_a_list_puts_each_student_where_they_stand(world: Neighbours, state: RegistrationState) -> None:
    until = world.now + timedelta(hours=3)
    with transaction():
        registration = world.registration("Cem")
        registration.state, registration.offered_until = state, until
        notify.notify_registrations(world.first, {registration.id: Cause.DECLINED}, now=world.now)
    (digest,) = [letter.facts for letter in to(NORA) if letter.kind == "digest"]
    where = {
        "seated": digest.seated,
        "waiting": digest.waiting,
        "gone": digest.gone,
        "offered": digest.offered,
        "stands in": digest.stands_in_for,
    }
    is_gone = state in ("withdrawn", "removed", "released")
    shown = {"pending": "seated", "confirmed": "seated", "waiting": "waiting", "offered": "offered"}.get(state.value, "gone")
    assert {title for title, students in where.items() if students} == ({shown} if is_gone else {shown, "stands in"})
    assert digest.offered_until == (until if state is RegistrationState.OFFERED else None)


@pytest.mark.parametrize("state", list(RegistrationState))
def test_a_family_without_an_entry_is_told_what_became_of_its_place(world: Neighbours, state: RegistrationState) -> None:
    """Gul waits in the first session."""
    with transaction():
        world.registration("Gul").state = state
        notify.notify_registrations(world.first, {world.registration("Gul").id: Cause.REGISTERED}, now=world.now)
    kinds = {letter.kind.value for letter in to(GUL) + to(RUTH)}
    expected = {"pending": "invitation", "confirmed": "invitation", "waiting": "waiting", "offered": "waiting"}
    assert kinds == {expected.get(state.value, "removed")}
    assert len(to(GUL)) == len(to(RUTH)) == 1
    (letter,) = to(RUTH)
    assert names(letter.facts.gone) == (["Gul"] if state in ("withdrawn", "removed", "released") else [])
    assert names(letter.facts.waiting) == (["Gul"] if state in ("waiting", "offered") else [])


# Addresses


def test_a_corrected_address_is_invited_and_the_old_one_taken_leave_of_where_it_still_matters(world: Neighbours) -> None:
    move_to_elsewhere(world)
    with transaction():
        notify.notify_addresses_changed([world.students["Ana"].id, world.students["Ben"].id], now=world.now)
    found = {(letter.to, letter.kind.value, letter.facts.session.id, letter.facts.cause) for letter in queued()}
    assert found == {
        (MARIA, "removed", world.first.id, Cause.ADDRESS),
        (ELSEWHERE, "invitation", world.first.id, Cause.ADDRESS),
        (ELSEWHERE, "waiting", world.second.id, Cause.REGISTERED),
    }
    (invited,) = [letter for letter in to(ELSEWHERE) if letter.kind == "invitation"]
    assert names(invited.facts.seated) == ["Ana", "Ben"]
    (gone,) = to(MARIA)
    assert (gone.facts.gone, gone.method, gone.facts.reader) == ((), "CANCEL", Reader.GUARDIAN)


def test_only_the_students_whose_address_changed_are_looked_at(world: Neighbours) -> None:
    move_to_elsewhere(world)
    with transaction():
        notify.notify_addresses_changed([world.students["Ben"].id], now=world.now)
    assert who_gets_what(queued()) == {(MARIA, "updated"): 1, (ELSEWHERE, "invitation"): 1}
    assert names(to(MARIA)[0].facts.seated) == ["Ana"]
    assert to(MARIA)[0].facts.gone == (), "Ben still comes, his letters go elsewhere"


@pytest.mark.parametrize("state", list(SessionState))
def test_an_address_matters_only_for_published_sessions(world: Neighbours, state: SessionState) -> None:
    with transaction():
        world.first.state = state
    move_to_elsewhere(world)
    with transaction():
        notify.notify_addresses_changed([world.students["Ben"].id], now=world.now)
    assert bool(queued()) is (state is SessionState.PUBLISHED)


@pytest.mark.parametrize("state", list(RegistrationState))
def test_an_address_matters_only_for_places_that_stand(world: Neighbours, state: RegistrationState) -> None:
    world.set_state("Ben", state)
    move_to_elsewhere(world)
    with transaction():
        notify.notify_addresses_changed([world.students["Ben"].id], now=world.now)
    kinds = {letter.kind.value for letter in to(ELSEWHERE)}
    expected = {"waiting": {"waiting"}, "offered": {"waiting"}, "pending": {"invitation"}, "confirmed": {"invitation"}}
    assert kinds == expected.get(state.value, set())


@pytest.mark.parametrize(("at", "matters"), [(-SECOND, True), (timedelta(0), False), (SECOND, False)])
def test_an_address_matters_until_the_session_is_over(world: Neighbours, at: timedelta, *, matters: bool) -> None:
    move_to_elsewhere(world)
    with transaction():
        notify.notify_addresses_changed([world.students["Ben"].id], now=world.first.ends_at + at)
    assert bool(queued()) is matters


def test_whoever_knows_of_the_place_in_the_queue_is_not_told_again(world: Neighbours) -> None:
    with transaction():
        notify.notify_addresses_changed([world.students[name].id for name in ("Ana", "Gul", "Hal")], now=world.now)
    assert queued() == []


def test_a_letter_about_another_session_does_not_count_as_knowing_of_this_one(world: Neighbours) -> None:
    third = world.make.outreach_session(world.carl, capacity=1)
    world.register(third, world.nora, "Dana", "Eli")
    send_all()
    with transaction():
        db.session.add(
            Guardian(school_id=world.north.id, name="Olga Ek", mailbox_id=world.mailbox(OLGA).id, students=[world.students["Eli"]])
        )
        db.session.add(
            Guardian(school_id=world.north.id, name="Paul Diaz", mailbox_id=world.mailbox(PAUL).id, students=[world.students["Eli"]])
        )
        notify.notify_addresses_changed([world.students["Eli"].id], now=world.now)
    found = {(letter.to, letter.kind.value, letter.facts.session.id) for letter in queued()}
    assert found == {
        (OLGA, "invitation", world.first.id),
        (PAUL, "updated", world.first.id),
        (OLGA, "waiting", third.id),
        (PAUL, "waiting", third.id),
    }


def test_guardians_of_one_who_turns_out_to_be_of_age_are_taken_leave_of(world: Neighbours) -> None:
    with transaction():
        db.session.execute(update(Student).where(Student.given_name == "Ana").values(birth_date=date(2005, 1, 1)))
    with transaction():
        notify.notify_addresses_changed([world.students["Ana"].id], now=world.now)
    found = {(letter.to, letter.kind.value, letter.facts.cause) for letter in queued()}
    assert found == {(PAUL, "removed", Cause.AGE), (MARIA, "updated", Cause.AGE)}
    assert (names(to(MARIA)[0].facts.seated), to(MARIA)[0].facts.gone) == (["Ben"], ())


def test_a_move_past_a_birthday_asks_only_the_calendars_of_that_session_anew(world: Neighbours) -> None:
    third = world.make.outreach_session(world.carl, starts_wall=datetime(2027, 3, 18, 9))
    with transaction():
        db.session.execute(update(Student).where(Student.given_name == "Ana").values(birth_date=date(2009, 3, 19)))
    world.register(third, world.nora, "Ana", "Ben")
    send_all()
    with transaction():
        for invitation in db.session.scalars(select(Invitation)):
            invitation.answer, invitation.answered_at, invitation.answer_stamp = Answer.ACCEPTED, world.now, world.now
    world.move(third, days=1)
    assert {(letter.to, letter.kind.value, letter.facts.cause) for letter in queued() if letter.facts.entry} == {
        (PAUL, "removed", Cause.AGE),
        (MARIA, "updated", Cause.AGE),
        (ANA, "updated", Cause.MOVED),
        (NORA, "updated", Cause.MOVED),
    }
    assert to(MARIA)[0].facts.was is not None
    for address in (PAUL, MARIA, ANA, NORA):
        moved = world.invitation(address, third)
        assert (moved.sequence, moved.answer, moved.answered_at, moved.answer_stamp) == (1, Answer.NEEDS_ACTION, None, None)
        assert world.invitation(address).answer is Answer.ACCEPTED


def test_a_cancellation_goes_to_whoever_has_the_entry_whatever_their_age_is_now(world: Neighbours) -> None:
    with transaction():
        db.session.execute(update(Student).where(Student.given_name == "Ana").values(birth_date=date(2005, 1, 1)))
    scheduling.cancel(world.first.id, "Flood", now=world.now)
    assert {letter.facts.cause for letter in queued()} == {Cause.CANCELLED}
    assert {(letter.to, letter.method) for letter in to(PAUL)} == {(PAUL, "CANCEL")}


# Sending again


@pytest.mark.parametrize("state", list(LetterState))
def test_the_same_state_is_sent_again_unless_it_is_on_its_way(world: Neighbours, state: LetterState) -> None:
    invitation = world.invitation(PAUL)
    with transaction():
        letter = db.session.scalars(select(Letter).where(Letter.invitation_id == invitation.id)).one()
        is_settled = state not in (LetterState.QUEUED, LetterState.LEASED)
        letter.state, letter.settled_at = state, world.now if is_settled else None
        letter.lease_token = "x" if state is LetterState.LEASED else None
    with transaction():
        count = resend_invitations(world.first, [invitation.id], key="asked", now=world.now)
    again = [one for one in to(PAUL) if one.letter.id != letter.id]
    assert (count, len(again)) == ((1, 1) if is_settled else (0, 0))
    for one in again:
        assert (one.kind, one.letter.sequence, one.facts.cause, one.facts.reason) == ("updated", 0, Cause.AGAIN, "")
        assert one.mail.event["DTSTAMP"].dt == world.now


def test_an_older_letter_on_its_way_does_not_hold_back_the_current_state(world: Neighbours) -> None:
    invitation = world.invitation(PAUL)
    with transaction():
        letter = db.session.scalars(select(Letter).where(Letter.invitation_id == invitation.id)).one()
        letter.state, letter.settled_at = LetterState.QUEUED, None
        invitation.sequence = 1
    with transaction():
        assert resend_invitations(world.first, [invitation.id], key="asked", now=world.now) == 1


def test_what_is_asked_twice_for_one_reason_is_sent_once(world: Neighbours) -> None:
    for key, number in (("asked", 1), ("asked", 0), ("stale", 1)):
        with transaction():
            resend_invitations(world.first, [world.invitation(PAUL).id], key=key, now=world.now)
        assert len(to(PAUL)) == number
        send_all()


@pytest.mark.parametrize("send", [resend_invitations, resend_replacing, resend_as_update])
def test_an_entry_that_is_gone_is_cancelled_again_and_one_that_never_was_is_not_mentioned(world: Neighbours, send: object) -> None:
    with transaction():
        paul, eli = world.invitation(PAUL), world.invitation(ELI)
        paul.is_live = eli.is_live = False
        paul.answer, eli.sent_sequence = Answer.ACCEPTED, None
        db.session.execute(InvitationReason.__table__.delete().where(InvitationReason.invitation_id == paul.id))  # type: ignore[attr-defined]
    ids = [paul.id, eli.id]
    with transaction():
        if send is resend_as_update:
            assert resend_as_update(world.first, ids, now=world.now) == 1
        elif send is resend_invitations:
            assert resend_invitations(world.first, ids, key="x", now=world.now) == 1
        else:
            assert resend_replacing(world.first, ids, key="x", now=world.now) == 1
    (letter,) = queued()
    assert (letter.to, letter.kind, letter.method, letter.facts.reader) == (PAUL, "removed", "CANCEL", Reader.GUARDIAN)
    after = world.invitation(PAUL)
    assert (after.is_live, after.answer, after.sequence) == (False, Answer.ACCEPTED, 1 if send is resend_as_update else 0)
    assert after.changed_at == (world.now if send is resend_as_update else paul.created_at)
    assert world.invitation(ELI).sequence == 0


def test_a_cancelled_session_is_sent_again_as_cancelled_with_its_reason(world: Neighbours) -> None:
    scheduling.cancel(world.first.id, "Flood", now=world.now)
    send_all()
    with transaction():
        resend_as_update(world.first, [world.invitation(PAUL).id], now=world.now + MINUTE)
    (letter,) = queued()
    assert (letter.kind, letter.facts.cause, letter.facts.reason, letter.letter.sequence) == ("cancelled", Cause.CANCELLED, "Flood", 2)
    assert "Flood" in letter.mail.text


def test_what_is_sent_as_a_new_revision_keeps_the_answer(world: Neighbours) -> None:
    accept(world, PAUL)
    with transaction():
        resend_as_update(world.first, [world.invitation(PAUL).id], now=world.now)
    after, (letter,) = world.invitation(PAUL), queued()
    assert (after.sequence, after.changed_at, after.answer) == (1, world.now, Answer.ACCEPTED)
    assert letter.mail.event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert world.invitation(MARIA).sequence == 0


def test_a_teacher_keeps_the_entry_until_the_last_student_has_left(world: Neighbours) -> None:
    for name, live in (("Ben", True), ("Cem", True), ("Dana", True), ("Eli", True), ("Fay", True), ("Ana", False)):
        world.now += MINUTE
        registering.withdraw(world.registration(name).id, by_id=world.hana.id, now=world.now)
        assert world.invitation(NORA).is_live is live
    assert db.session.scalars(select(Registration.id).where(Registration.state == RegistrationState.CONFIRMED)).all()
    assert [letter.method for letter in to(NORA) if letter.facts.entry] == ["CANCEL"]
    assert not [letter for letter in to(TOM) if letter.kind == "digest"]
