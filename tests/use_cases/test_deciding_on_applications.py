"""What a coordinator decides on applications, places and accounts: each act in each state, and what stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.coordination import closing, use_cases
from outreach.coordination.use_cases import SchoolInput, SiteInput
from outreach.db import db, transaction
from outreach.errors import NotThere, OutreachError, Refusal, Stale
from outreach.models import Application, ApplicationState, Appointment, Letter, LetterKind, Membership, RoleName, School, Site, User
from outreach.models.snapshots import ApplicationSnapshot
from tests.support.builders import NOW, Builder

HILL = SchoolInput(name="Hill School", town="Leeds", country="GB", zone="Europe/London", majority_age=19)
ST_LUKE = SiteInput(name="St Luke's", address="1 Main Street", country="GB", zone="Europe/London")
DAY = timedelta(days=1)

Act = Callable[[int, int, datetime], None]
ACTS: dict[str, Act] = {
    "approve a teacher": lambda key, by, now: use_cases.approve_teacher(key, HILL, by_id=by, note="Welcome", now=now),
    "approve a clinician": lambda key, by, now: use_cases.approve_clinician(key, ST_LUKE, by_id=by, note="Welcome", now=now),
    "decline": lambda key, by, now: use_cases.decline(key, by_id=by, note="Not known", now=now),
}
MEANT_FOR = {"approve a teacher": (RoleName.TEACHER,), "approve a clinician": (RoleName.CLINICIAN,), "decline": tuple(RoleName)}


def applied(
    user: User, now: datetime, role: RoleName = RoleName.TEACHER, state: ApplicationState = ApplicationState.PENDING
) -> Application:
    with transaction():
        asked = Application(user_id=user.id, role=role, place="Proposed", created_at=now, state=state)
        db.session.add(asked)
    return asked


def outcome(user: User) -> tuple[list[str], list[int], list[int], list[LetterKind]]:
    """Give what somebody has: roles, schools, sites, and letters."""
    db.session.rollback()
    db.session.refresh(user)
    schools = select(Membership.school_id).where(Membership.user_id == user.id)
    sites = select(Appointment.site_id).where(Appointment.user_id == user.id)
    letters = select(Letter.kind).where(Letter.mailbox_id == user.mailbox_id)
    return (
        sorted(role.name for role in user.roles),
        list(db.session.scalars(schools)),
        list(db.session.scalars(sites)),
        list(db.session.scalars(letters)),
    )


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("role", list(RoleName))
@pytest.mark.parametrize("state", list(ApplicationState))
def test_each_act_is_for_a_pending_application_of_its_role(
    make: Builder, now: datetime, name: str, role: RoleName, state: ApplicationState
) -> None:
    user, coordinator, other = make.user(), make.coordinator(), make.user()
    asked, theirs = applied(user, now, role, state), applied(other, now, role)
    before = outcome(user), outcome(other)
    expected: type[OutreachError] | None = None
    if state is not ApplicationState.PENDING:
        expected = Stale
    elif role not in MEANT_FOR[name]:
        expected = Refusal
    if expected is not None:
        with pytest.raises(expected):
            ACTS[name](asked.id, coordinator.id, now + DAY)
        assert (outcome(user), asked.state, asked.decided_at) == (before[0], state, None)
    else:
        ACTS[name](asked.id, coordinator.id, now + DAY)
        is_approved = name != "decline"
        assert asked.state is (ApplicationState.APPROVED if is_approved else ApplicationState.DECLINED)
        assert (asked.decided_by_id, asked.decided_at) == (coordinator.id, now + DAY)
        roles, schools, sites, letters = outcome(user)
        assert roles == ([role.value] if is_approved else [])
        assert (len(schools), len(sites)) == (name == "approve a teacher", name == "approve a clinician")
        assert letters == [LetterKind.APPLICATION]
    assert (outcome(other), theirs.state) == (before[1], ApplicationState.PENDING)


@pytest.mark.parametrize("name", ACTS)
def test_what_is_decided_once_is_decided(make: Builder, now: datetime, name: str) -> None:
    role = MEANT_FOR[name][0]
    user, coordinator = make.user(), make.coordinator()
    asked = applied(user, now, role)
    ACTS[name](asked.id, coordinator.id, now)
    after = outcome(user)
    for act in ACTS.values():
        with pytest.raises(Stale):
            act(asked.id, make.coordinator().id, now + DAY)
    assert (outcome(user), asked.decided_by_id, asked.decided_at) == (after, coordinator.id, now)


@pytest.mark.parametrize("name", ACTS)
def test_only_a_refusal_needs_no_confirmed_address(make: Builder, now: datetime, name: str) -> None:
    user = make.user()
    with transaction():
        user.confirmed_at = None
    asked = applied(user, now, MEANT_FOR[name][0])
    if name == "decline":
        ACTS[name](asked.id, make.coordinator().id, now)
    else:
        with pytest.raises(Refusal, match="isn't confirmed"):
            ACTS[name](asked.id, make.coordinator().id, now)
    assert (outcome(user)[3] == [LetterKind.APPLICATION]) is (name == "decline")


@pytest.mark.parametrize("name", ACTS)
def test_what_is_not_there_cannot_be_decided(make: Builder, now: datetime, name: str) -> None:
    with pytest.raises(NotThere):
        ACTS[name](999_999, make.coordinator().id, now)


def test_the_letter_names_the_place_that_was_given_and_the_reason(make: Builder, now: datetime) -> None:
    coordinator = make.coordinator()
    facts = []
    for name, role in (("approve a teacher", RoleName.TEACHER), ("approve a clinician", RoleName.CLINICIAN), ("decline", RoleName.TEACHER)):
        user = make.user(given_name="Ann", family_name="Reed")
        ACTS[name](applied(user, now, role).id, coordinator.id, now)
        [letter] = db.session.scalars(select(Letter).where(Letter.mailbox_id == user.mailbox_id))
        facts.append(ApplicationSnapshot.from_json(letter.facts))
    assert [(one.role, one.place, one.is_approved, one.note) for one in facts] == [
        ("teacher", "Hill School", True, "Welcome"),
        ("clinician", "St Luke's", True, "Welcome"),
        ("teacher", "Proposed", False, "Not known"),
    ]
    assert {one.reader_name for one in facts} == {"Ann Reed"}


def test_a_place_somebody_has_already_keeps_who_gave_it(make: Builder, now: datetime) -> None:
    school, site = make.school(), make.site()
    teacher, clinician = make.teacher(school), make.clinician()
    make.appointment(clinician, site)
    use_cases.approve_teacher(applied(teacher, now).id, school.id, by_id=make.coordinator().id, note="", now=now + DAY)
    use_cases.approve_clinician(
        applied(clinician, now, RoleName.CLINICIAN).id, site.id, by_id=make.coordinator().id, note="", now=now + DAY
    )
    membership = db.session.get_one(Membership, (teacher.id, school.id))
    appointment = db.session.get_one(Appointment, (clinician.id, site.id))
    assert (membership.approved_by_id, membership.approved_at) == (teacher.id, now)
    assert (appointment.approved_by_id, appointment.approved_at) == (clinician.id, now)
    assert (outcome(teacher)[0], outcome(clinician)[0]) == (["teacher"], ["clinician"])


def test_a_given_place_says_who_gave_it_and_when(make: Builder, now: datetime) -> None:
    coordinator, site, user = make.coordinator(), make.site(), make.user()
    use_cases.approve_clinician(applied(user, now, RoleName.CLINICIAN).id, site.id, by_id=coordinator.id, note="", now=now + DAY)
    appointment = db.session.get_one(Appointment, (user.id, site.id))
    assert (appointment.approved_by_id, appointment.approved_at) == (coordinator.id, now + DAY)


def test_a_place_that_is_gone_is_not_given(make: Builder, now: datetime) -> None:
    user = make.user()
    asked = applied(user, now)
    with pytest.raises(Refusal, match="no longer exists"):
        use_cases.approve_teacher(asked.id, 999_999, by_id=make.coordinator().id, note="", now=now)
    assert (outcome(user), asked.state) == (([], [], [], []), ApplicationState.PENDING)


@pytest.mark.parametrize("name", ["Hill School", "HILL SCHOOL"])
def test_a_name_that_is_taken_is_said_beside_its_field(make: Builder, now: datetime, name: str) -> None:
    school, user = make.school(name), make.user()
    with pytest.raises(Refusal) as caught:
        ACTS["approve a teacher"](applied(user, now).id, make.coordinator().id, now)
    assert caught.value.field == "name"
    assert outcome(user) == ([], [], [], [])
    assert use_cases.keep_school(school.id, HILL, now=NOW) == school.id, "its own name is free"


def test_places_are_kept_with_every_fact(make: Builder) -> None:
    school, site = make.school(), make.site()
    before = school.name, site.name
    new_school, new_site = use_cases.keep_school(None, HILL, now=NOW), use_cases.keep_site(None, ST_LUKE, now=NOW)
    one, other = db.session.get_one(School, new_school), db.session.get_one(Site, new_site)
    assert (one.name, one.town, one.country, one.zone, one.majority_age) == ("Hill School", "Leeds", "GB", "Europe/London", 19)
    assert (other.name, other.address, other.country, other.zone) == ("St Luke's", "1 Main Street", "GB", "Europe/London")
    assert (school.name, site.name) == before
    with pytest.raises(NotThere):
        use_cases.keep_school(999_999, HILL, now=NOW)
    with pytest.raises(NotThere):
        use_cases.keep_site(999_999, ST_LUKE, now=NOW)


def test_an_account_is_closed_and_opened_by_others_only(make: Builder) -> None:
    user, coordinator = make.user(), make.coordinator()
    key = user.fs_uniquifier
    with pytest.raises(Refusal, match="your own account"):
        closing.close_account(coordinator.id, by_id=coordinator.id, now=NOW)
    closing.close_account(user.id, by_id=coordinator.id, now=NOW)
    assert (user.active, user.fs_uniquifier != key, coordinator.active) == (False, True, True)
    closed = user.fs_uniquifier
    closing.open_account(user.id, now=NOW)
    assert (user.active, user.fs_uniquifier) == (True, closed)
    with pytest.raises(NotThere):
        closing.close_account(999_999, by_id=coordinator.id, now=NOW)
    with pytest.raises(NotThere):
        closing.open_account(999_999, now=NOW)
