"""A session or an address changes while schools register: in the end everybody knows what is true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db
from outreach.errors import Refusal
from outreach.families import use_cases as families
from outreach.models import Invitation, Letter, LetterKind, LetterState, OutreachSession, SchoolClass, User
from outreach.models.snapshots import LetterSnapshot
from outreach.notifications import plan_rosters, reminders
from outreach.registration.use_cases import RegistrationOutcome, RegistrationRequest, register_students
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.scheduling.use_cases import cancel, edit
from tests.support.builders import Builder
from tests.support.rivals import at_once, overtaking

pytestmark = pytest.mark.both_databases("locks")


@pytest.fixture
def classes(make: Builder) -> list[tuple[SchoolClass, User]]:
    """Six classes of four, of two schools."""
    found = []
    for _school in range(2):
        school = make.school()
        for _class in range(3):
            teacher = make.teacher(school)
            found.append((make.full_class(school, teacher, size=4), teacher))
    return found


def registering(outreach_session: OutreachSession, school_class: SchoolClass, teacher: User, now: datetime) -> Callable[[], object]:
    request = RegistrationRequest(
        session_id=outreach_session.id,
        school_id=school_class.school_id,
        class_id=school_class.id,
        student_ids=tuple(student.id for student in school_class.students),
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    return partial(register_students, request, now=now)


def letters_by_mailbox() -> dict[int, list[Letter]]:
    """Give what each mailbox will get, in order; what was taken back is left out."""
    db.session.rollback()
    found: dict[int, list[Letter]] = defaultdict(list)
    for letter in db.session.scalars(select(Letter).where(Letter.state != LetterState.DROPPED).order_by(Letter.id)):
        found[letter.mailbox_id].append(letter)
    return found


def assert_sequences_only_grow(letters: list[Letter]) -> None:
    """In the order they leave each calendar object is newer than the one before; the last is the invitation's own."""
    by_invitation: dict[int, list[int]] = defaultdict(list)
    for letter in letters:
        if letter.invitation_id is not None and letter.sequence is not None:
            by_invitation[letter.invitation_id].append(letter.sequence)
    for key, sequences in by_invitation.items():
        assert sequences == sorted(set(sequences))
        assert sequences[-1] == db.session.get_one(Invitation, key, populate_existing=True).sequence


@pytest.mark.empty_database
def test_whoever_registers_while_it_moves_learns_the_new_time(
    app: Flask, make: Builder, classes: list[tuple[SchoolClass, User]], now: datetime
) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=14)
    register_students_first, *others = [registering(outreach_session, *one, now) for one in classes]
    register_students_first()
    when = WhenInput(day=outreach_session.starts_wall.date() + timedelta(days=1), start=time(9), end=time(10, 30))
    where = WhereInput(site_id=outreach_session.site_id, zone=outreach_session.zone, meeting_point="North entrance")
    moving = partial(apply_move, outreach_session.id, when, where, seen=outreach_session.updated_at, now=now)
    answers = at_once(app, *others, moving)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    db.session.refresh(outreach_session)
    by_mailbox = letters_by_mailbox()
    assert len(by_mailbox) == 24 * 2 + 6, "every student, guardian and teacher; the host of this test was never invited"
    for letters in by_mailbox.values():
        assert_sequences_only_grow(letters)
        assert LetterSnapshot.from_json(letters[-1].facts).session.starts_at == outreach_session.starts_at


@pytest.mark.empty_database
def test_whoever_registers_while_its_words_change_learns_the_new_ones(
    app: Flask, make: Builder, classes: list[tuple[SchoolClass, User]], now: datetime
) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=24)
    first, *others = (registering(outreach_session, *one, now) for one in classes)
    first()
    offer = DetailsInput(title="Power of Two Stitches", capacity=24)
    telling = partial(edit, outreach_session.id, offer, seen=outreach_session.updated_at, notifies=True, now=now)
    answers = at_once(app, *others, telling)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    for letters in letters_by_mailbox().values():
        assert_sequences_only_grow(letters)
        entries = [letter for letter in letters if letter.sequence is not None]
        assert LetterSnapshot.from_json(entries[-1].facts).session.title == "Power of Two Stitches"


@pytest.mark.empty_database
def test_whoever_registers_while_it_is_cancelled_is_refused_or_told(
    app: Flask, make: Builder, classes: list[tuple[SchoolClass, User]], now: datetime
) -> None:
    """A family's invitation never left, so the CANCEL needn't either: nothing stays that invites."""
    outreach_session = make.outreach_session(make.clinician(), capacity=14)
    rivals = [registering(outreach_session, *one, now) for one in classes]
    answers = at_once(app, *rivals, partial(cancel, outreach_session.id, "Flood in the skills lab", now=now))
    assert {type(answer) for answer in answers if isinstance(answer, Exception)} <= {Refusal}
    assert not db.session.scalars(select(Invitation.id).where(Invitation.is_live)).all()
    inviting = (LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.WAITING, LetterKind.UPDATED)
    assert [letter.kind for letters in letters_by_mailbox().values() for letter in letters if letter.kind in inviting] == []


def test_two_workers_plan_each_reminder_once(app: Flask, make: Builder, classes: list[tuple[SchoolClass, User]], now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=14)
    registering(outreach_session, *classes[0], now)()
    due = outreach_session.starts_at - timedelta(days=1)
    at_once(app, *[partial(plan, now=due) for plan in (reminders.plan_reminders, plan_rosters) for _worker in range(2)])
    kinds = [letter.kind for letters in letters_by_mailbox().values() for letter in letters]
    assert kinds.count(LetterKind.REMINDER) == 4 * 2 + 1


def test_a_wrong_address_and_a_registration_do_not_lock_each_other_out(app: Flask, make: Builder, now: datetime) -> None:
    """The guardian of two says "not my child" about one session while the second child is registered for another."""
    school = make.school()
    teacher = make.teacher(school)
    elder, younger = make.school_class(school, teacher), make.school_class(school, teacher)
    make.student(elder, guardians=("parent@families.example",))
    sibling = make.student(younger, guardians=("parent@families.example",))
    known, other = make.outreach_session(make.clinician()), make.outreach_session(make.clinician())
    for outreach_session in (known, other):
        registering(outreach_session, elder, teacher, now)()
    mailbox_id = sibling.guardians[0].mailbox_id
    assert mailbox_id is not None
    db.session.commit()
    met = overtaking(
        app,
        registering(other, younger, teacher, now),
        partial(families.not_mine, mailbox_id, session_id=known.id, now=now),
        at="FROM student",
    )
    assert (isinstance(met.first, RegistrationOutcome), met.second) == (True, None)
    assert not db.session.scalars(select(Invitation.id).where(Invitation.mailbox_id == mailbox_id, Invitation.is_live)).all()
