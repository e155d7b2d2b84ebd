"""Applications: who may join, and what a decision gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach import policy
from outreach.accounts import use_cases as accounts
from outreach.accounts.use_cases import Person, Wish
from outreach.coordination import closing, use_cases
from outreach.coordination.use_cases import SchoolInput, SiteInput
from outreach.db import db, transaction
from outreach.errors import OutreachError, Refusal, Stale
from outreach.models import Application, ApplicationState, Appointment, Letter, LetterKind, Mailbox, Membership, RoleName, School, User
from outreach.models.snapshots import ApplicationSnapshot
from tests.support.builders import NOW, Builder

HILL = SchoolInput(name="Hill School", town="Leeds", country="GB", zone="Europe/London", majority_age=18)
ST_LUKE = SiteInput(name="St Luke's", address="1 Main Street", country="GB", zone="Europe/London")


def application(user: User, role: RoleName, now: datetime, place: str = "Hill") -> Application:
    """Give a pending application of this user."""
    with transaction():
        asked = Application(user_id=user.id, role=role, place=place, created_at=now)
        db.session.add(asked)
    return asked


def seen(user: User) -> User:
    db.session.rollback()
    db.session.expire_all()
    found = db.session.get(User, user.id)
    assert found is not None
    return found


def letters() -> list[ApplicationSnapshot]:
    rows = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.APPLICATION).order_by(Letter.id))
    return [ApplicationSnapshot.from_json(row.facts) for row in rows]


def person(email: str = "robin@school.example") -> Person:
    return Person(given_name="Robin", family_name="Hale", email=email, password_hash="hashed", zone="Europe/London")


def test_an_approved_teacher_belongs_to_the_school_the_coordinator_gave(make: Builder, now: datetime) -> None:
    user, coordinator, school = make.user(), make.coordinator(), make.school("Hill High School")
    asked = application(user, RoleName.TEACHER, now, place="Some other school")
    assert not policy.registers_classes(user)
    use_cases.approve_teacher(asked.id, school.id, by_id=coordinator.id, note="Welcome", now=now)
    assert policy.works_at(seen(user), school)
    assert not policy.works_at(seen(user), make.school())
    membership = db.session.get(Membership, (user.id, school.id))
    assert membership is not None
    assert (membership.approved_by_id, membership.approved_at) == (coordinator.id, now)
    (letter,) = letters()
    assert (letter.role, letter.place, letter.is_approved, letter.note) == ("teacher", "Hill High School", True, "Welcome")


@pytest.mark.empty_database
def test_an_approved_clinician_may_post_and_works_at_the_site(make: Builder, now: datetime) -> None:
    user, coordinator = make.user(), make.coordinator()
    asked = application(user, RoleName.CLINICIAN, now)
    use_cases.approve_clinician(asked.id, ST_LUKE, by_id=coordinator.id, note="", now=now)
    assert policy.posts_sessions(seen(user))
    appointment = db.session.scalars(select(Appointment)).one()
    assert (appointment.user_id, appointment.site.name, appointment.site.zone) == (user.id, "St Luke's", "Europe/London")


def test_a_second_school_is_added_to_the_first(make: Builder, now: datetime) -> None:
    first, coordinator = make.school(), make.coordinator()
    user = make.teacher(first)
    asked = application(user, RoleName.TEACHER, now)
    use_cases.approve_teacher(asked.id, HILL, by_id=coordinator.id, note="", now=now)
    assert [role.name for role in seen(user).roles] == ["teacher"]
    assert db.session.scalar(select(func.count()).where(Membership.user_id == user.id)) == 2


def test_a_declined_applicant_gets_nothing_but_the_reason(make: Builder, now: datetime) -> None:
    user, coordinator = make.user(), make.coordinator()
    asked = application(user, RoleName.TEACHER, now)
    use_cases.decline(asked.id, by_id=coordinator.id, note="We don't know this school.", now=now)
    assert seen(user).roles == []
    (letter,) = letters()
    assert (letter.is_approved, letter.note, letter.place) == (False, "We don't know this school.", "Hill")


@pytest.mark.empty_database
def test_a_decision_stands(make: Builder, now: datetime) -> None:
    user, coordinator = make.user(), make.coordinator()
    asked = application(user, RoleName.TEACHER, now)
    use_cases.decline(asked.id, by_id=coordinator.id, note="No", now=now)
    with pytest.raises(Stale):
        use_cases.approve_teacher(asked.id, HILL, by_id=coordinator.id, note="", now=now)
    with pytest.raises(Stale):
        use_cases.decline(asked.id, by_id=coordinator.id, note="Again no", now=now)
    assert seen(user).roles == []
    assert len(letters()) == 1
    assert db.session.scalar(select(func.count(School.id))) == 0


def test_nobody_is_approved_whose_address_is_not_confirmed(make: Builder, now: datetime) -> None:
    user, coordinator = make.user(), make.coordinator()
    with transaction():
        user.confirmed_at = None
    asked = application(user, RoleName.TEACHER, now)
    with pytest.raises(Refusal, match="confirmed"):
        use_cases.approve_teacher(asked.id, HILL, by_id=coordinator.id, note="", now=now)
    use_cases.decline(asked.id, by_id=coordinator.id, note="Spam", now=now)


def test_a_teacher_s_application_gives_no_site(make: Builder, now: datetime) -> None:
    asked = application(make.user(), RoleName.TEACHER, now)
    with pytest.raises(Refusal, match="another role"):
        use_cases.approve_clinician(asked.id, ST_LUKE, by_id=make.coordinator().id, note="", now=now)


def test_a_school_is_not_made_twice(make: Builder, now: datetime) -> None:
    make.school("HILL school")
    asked = application(make.user(), RoleName.TEACHER, now)
    with pytest.raises(Refusal) as refusal:
        use_cases.approve_teacher(asked.id, HILL, by_id=make.coordinator().id, note="", now=now)
    assert refusal.value.field == "name"
    assert letters() == []


def test_of_two_coordinators_at_once_one_decides(app: Flask, make: Builder, now: datetime) -> None:
    user, coordinators = make.user(), [make.coordinator(), make.coordinator()]
    asked = application(user, RoleName.TEACHER, now)
    outcomes = together(
        app,
        lambda: use_cases.approve_teacher(asked.id, HILL, by_id=coordinators[0].id, note="", now=now),
        lambda: use_cases.decline(asked.id, by_id=coordinators[1].id, note="No", now=now),
    )
    assert sorted(outcomes) == ["", "Stale"]
    db.session.rollback()
    db.session.expire_all()
    stored = db.session.get(Application, asked.id)
    assert stored is not None
    is_approved = stored.state == ApplicationState.APPROVED
    assert seen(user).is_a(RoleName.TEACHER) is is_approved
    assert [letter.is_approved for letter in letters()] == [is_approved]


@pytest.mark.empty_database
def test_two_coordinators_adding_one_school_at_once_make_one(app: Flask, make: Builder, now: datetime) -> None:
    asked = [application(make.user(), RoleName.TEACHER, now).id for _who in range(2)]
    coordinator = make.coordinator().id
    outcomes = together(app, *(lambda key=key: use_cases.approve_teacher(key, HILL, by_id=coordinator, note="", now=now) for key in asked))
    assert sorted(outcomes) == ["", "Refusal"]
    db.session.rollback()
    db.session.expire_all()
    assert db.session.scalar(select(func.count(School.id))) == 1


@pytest.mark.empty_database
def test_of_two_applications_with_one_address_at_once_one_stays(app: Flask, make: Builder, now: datetime) -> None:  # noqa: ARG001 (the database must be there)
    wish = Wish(role=RoleName.TEACHER, place="Hill")
    outcomes = together(app, *[lambda: accounts.apply(person(), wish, now=now)] * 4)
    assert outcomes == [""] * 4
    db.session.rollback()
    db.session.expire_all()
    counts = [db.session.scalar(select(func.count()).select_from(model)) for model in (User, Mailbox, Application)]
    assert counts == [1, 1, 1]


def test_an_application_never_touches_a_confirmed_account(make: Builder, now: datetime) -> None:
    user = make.user(RoleName.TEACHER, email="robin@school.example")
    accounts.apply(person(), Wish(role=RoleName.TEACHER, place="Hill"), now=now)
    assert seen(user).password is None
    assert db.session.scalar(select(func.count(Application.id))) == 0


@pytest.mark.empty_database
def test_a_newer_application_voids_the_older_confirmation(make: Builder, now: datetime) -> None:  # noqa: ARG001 (the database must be there)
    wish = Wish(role=RoleName.TEACHER, place="Hill")
    accounts.apply(person(), wish, now=now)
    user = db.session.scalars(select(User)).one()
    older = user.fs_uniquifier
    accounts.apply(person(), wish, now=now)
    with pytest.raises(Stale):
        accounts.confirm_address(user.id, older, now=now)
    assert seen(user).confirmed_at is None


@pytest.mark.empty_database
def test_a_parent_may_apply_as_a_teacher(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("robin@school.example")
    accounts.apply(person(), Wish(role=RoleName.TEACHER, place="Hill"), now=now)
    assert db.session.scalars(select(User)).one().mailbox_id == mailbox.id


def test_a_coordinator_is_made_or_promoted(make: Builder, now: datetime) -> None:
    made = accounts.create_coordinator(person("ada@programme.example"), now=now)
    assert policy.coordinates(made)
    assert made.confirmed_at == now
    teacher = make.user(RoleName.TEACHER, email="tom@school.example")
    promoted = accounts.create_coordinator(person("tom@school.example"), now=now)
    assert promoted.id == teacher.id
    assert {role.name for role in promoted.roles} == {"teacher", "coordinator"}
    assert promoted.password is None


def test_who_sat_on_an_address_does_not_become_coordinator_with_their_own_password(make: Builder, now: datetime) -> None:  # noqa: ARG001 (the database must be there)
    accounts.apply(person("ada@programme.example"), Wish(role=RoleName.TEACHER, place="Hill"), now=now)
    chosen = Person(given_name="Ada", family_name="King", email="ada@programme.example", password_hash="ada's own", zone="Europe/London")
    made = accounts.create_coordinator(chosen, now=now)
    assert (made.password, made.name) == ("ada's own", "Ada King")


def test_closing_an_account_ends_its_visits_for_good(make: Builder) -> None:
    user, coordinator = make.user(), make.coordinator()
    visit = user.fs_uniquifier
    closing.close_account(user.id, by_id=coordinator.id, now=NOW)
    assert not seen(user).active
    closing.open_account(user.id, now=NOW)
    assert seen(user).active
    assert user.fs_uniquifier != visit
    with pytest.raises(Refusal, match="own account"):
        closing.close_account(coordinator.id, by_id=coordinator.id, now=NOW)


def together(app: Flask, *deeds: Callable[[], None]) -> list[str]:
    """Do these at once, each in a thread of its own; give the name of each refusal, "" for none."""
    start, outcomes = Barrier(len(deeds)), [""] * len(deeds)

    def do(place: int, deed: Callable[[], None]) -> None:
        with app.app_context():
            start.wait()
            try:
                deed()
            except OutreachError as refusal:
                outcomes[place] = type(refusal).__name__
            except BaseException as broken:  # noqa: BLE001 (shown by the assertion)
                outcomes[place] = repr(broken)

    threads = [Thread(target=do, args=(place, deed)) for place, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_nothing_an_applicant_typed_goes_to_an_address_before_it_is_confirmed(make: Builder, now: datetime) -> None:
    typed = ("Buy", "Pills", "Cheap Meds", "Call me")
    stranger = Person(given_name=typed[0], family_name=typed[1], email="victim@home.example", password_hash="hashed", zone="UTC")
    accounts.apply(stranger, Wish(role=RoleName.TEACHER, place=typed[2], message=typed[3]), now=now)
    asked = db.session.scalars(select(Application).where(Application.place == typed[2])).one()
    use_cases.decline(asked.id, by_id=make.coordinator().id, note="We can't place you.", now=now)
    sent = db.session.scalars(select(Letter).join(Mailbox).where(Mailbox.address == "victim@home.example")).all()
    assert [letter.kind for letter in sent] == [LetterKind.ACCOUNT, LetterKind.APPLICATION]
    for letter in sent:
        assert not [word for word in typed if word in str(letter.facts)]
