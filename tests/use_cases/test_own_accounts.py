"""What people do about their own account: who gets which letter, what is replaced, and what stays as it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from outreach.accounts import use_cases
from outreach.accounts.letters import already_here_letter, confirm_letter, password_changed_letter, reset_letter
from outreach.accounts.use_cases import Person, Wish
from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal, Stale
from outreach.models import Application, ApplicationState, Invitation, Letter, LetterKind, LetterState, Mailbox, RoleName, User
from outreach.models.snapshots import AccountSnapshot
from tests.support.builders import Builder
from tests.support.registrations import SECOND, nothing_changes

pytestmark = pytest.mark.usefixtures("app")
ROBIN = "robin@school.example"
TEACHER, CLINICIAN = RoleName.TEACHER, RoleName.CLINICIAN
WISH = Wish(role=TEACHER, place="Hill", message="Biology")


def person(email: str = ROBIN, **facts: Any) -> Person:
    defaults = {"given_name": "Robin", "family_name": "Hale", "password_hash": "hashed", "zone": "Asia/Tokyo"}
    return Person(email=email, **defaults | facts)


def user_of(email: str = ROBIN) -> User:
    return db.session.scalars(select(User).where(User.email == email).execution_options(populate_existing=True)).one()


def applications(user: User) -> list[tuple[RoleName, str, ApplicationState]]:
    rows = db.session.scalars(select(Application).where(Application.user_id == user.id).order_by(Application.id))
    return [(row.role, row.place, row.state) for row in rows]


def letters(email: str = ROBIN) -> list[str]:
    """Give what the letters to this address about the account are for, oldest first."""
    mine = select(Letter).join(Mailbox, Mailbox.id == Letter.mailbox_id).where(Mailbox.address == email, Letter.kind == LetterKind.ACCOUNT)
    return [AccountSnapshot.from_json(letter.facts).purpose for letter in db.session.scalars(mine.order_by(Letter.id))]


def unconfirmed(make: Builder, email: str = ROBIN) -> User:
    user = make.user(email=email)
    with transaction():
        user.confirmed_at = None
    return user


def apply_for(user: User, role: RoleName, state: ApplicationState, now: datetime) -> None:
    with transaction():
        db.session.add(Application(user_id=user.id, role=role, place="Earlier", state=state, created_at=now))


def test_a_first_application_makes_an_account_that_is_not_confirmed(now: datetime) -> None:
    use_cases.apply(person(), WISH, now=now)
    user = user_of()
    assert (user.given_name, user.family_name, user.zone, user.password) == ("Robin", "Hale", "Asia/Tokyo", "hashed")
    assert (user.active, user.confirmed_at, user.created_at, user.roles) == (True, None, now, [])
    application = db.session.scalars(select(Application).where(Application.user_id == user.id)).one()
    assert (application.role, application.place, application.message, application.created_at) == (TEACHER, "Hill", "Biology", now)
    assert letters() == ["confirm"]


def test_until_it_is_confirmed_a_newer_application_replaces_all_of_the_older(make: Builder, now: datetime) -> None:
    use_cases.apply(person(password_hash="a stranger's", given_name="Mallory"), WISH, now=now)
    user, other = user_of(), make.user()
    first = user.fs_uniquifier
    apply_for(user, CLINICIAN, ApplicationState.DECLINED, now)
    apply_for(other, TEACHER, ApplicationState.PENDING, now)
    use_cases.apply(person(zone="Europe/Paris"), Wish(role=CLINICIAN, place="St Luke's"), now=now + SECOND)
    user = user_of()
    assert (user.given_name, user.zone, user.password, user.created_at) == ("Robin", "Europe/Paris", "hashed", now)
    assert user.fs_uniquifier != first
    assert applications(user) == [
        (CLINICIAN, "Earlier", ApplicationState.DECLINED),
        (CLINICIAN, "St Luke's", ApplicationState.PENDING),
    ]
    assert applications(other) == [(TEACHER, "Earlier", ApplicationState.PENDING)]
    assert letters() == ["confirm", "confirm"]


@pytest.mark.parametrize(("is_confirmed", "active"), [(True, True), (True, False), (False, False)])
def test_a_confirmed_or_closed_account_is_left_alone_and_told(make: Builder, now: datetime, *, is_confirmed: bool, active: bool) -> None:
    user = make.user(TEACHER, email=ROBIN, given_name="Old")
    with transaction():
        user.confirmed_at, user.active = now if is_confirmed else None, active
    visit = user.fs_uniquifier
    use_cases.apply(person(), WISH, now=now + SECOND)
    user = user_of()
    assert (user.given_name, user.password, user.fs_uniquifier, user.active) == ("Old", None, visit, active)
    assert (applications(user), letters()) == ([], ["already_here"])


@pytest.mark.parametrize("state", list(ApplicationState))
@pytest.mark.parametrize("role", [TEACHER, CLINICIAN])
def test_one_waits_for_a_role_once(make: Builder, now: datetime, role: RoleName, state: ApplicationState) -> None:
    user, other = make.user(), make.user()
    apply_for(user, TEACHER, state, now)
    apply_for(other, CLINICIAN, ApplicationState.PENDING, now)
    wish = Wish(role=role, place="New")
    if role is TEACHER and state is ApplicationState.PENDING:
        with nothing_changes(), pytest.raises(Refusal, match="waiting for a decision") as refusal:
            use_cases.apply_again(user.id, wish, now=now)
        assert refusal.value.field == "role"
    else:
        use_cases.apply_again(user.id, wish, now=now)
        assert applications(user) == [(TEACHER, "Earlier", state), (role, "New", ApplicationState.PENDING)]


@pytest.mark.parametrize("why", ["unknown", "confirmed", "closed"])
def test_nobody_is_asked_again_to_confirm_who_cannot(make: Builder, now: datetime, why: str) -> None:
    user = unconfirmed(make, "other@school.example" if why == "unknown" else ROBIN)
    with transaction():
        user.confirmed_at, user.active = now if why == "confirmed" else None, why != "closed"
    with nothing_changes():
        use_cases.ask_again(ROBIN, now=now)


def test_asked_again_within_two_minutes_it_is_the_same_letter(make: Builder, now: datetime) -> None:
    user = unconfirmed(make)
    for seconds, number in ((0, 1), (119, 1), (120, 2), (239, 2), (240, 3)):
        use_cases.ask_again(ROBIN, now=now + timedelta(seconds=seconds))
        assert len(letters()) == number
    assert user_of().fs_uniquifier == user.fs_uniquifier


def test_an_address_is_confirmed_once_by_the_newest_link(make: Builder, now: datetime) -> None:
    user = unconfirmed(make)
    with nothing_changes(), pytest.raises(Stale, match="newer application"):
        use_cases.confirm_address(user.id, "another", now=now)
    use_cases.confirm_address(user.id, user.fs_uniquifier, now=now)
    use_cases.confirm_address(user.id, user.fs_uniquifier, now=now + SECOND)
    assert user_of().confirmed_at == now
    with pytest.raises(NotThere, match="no longer exists"):
        use_cases.confirm_address(user.id + 1, user.fs_uniquifier, now=now)


def test_a_profile_is_changed_whole_and_nobody_elses(make: Builder, now: datetime) -> None:
    user, other = make.user(email=ROBIN), make.user(given_name="Other")
    use_cases.edit_profile(user.id, given_name="Zoë", family_name="King", zone="Asia/Tokyo", now=now)
    assert (user_of().given_name, user_of().family_name, user_of().zone) == ("Zoë", "King", "Asia/Tokyo")
    assert (user_of(other.email).given_name, user_of(other.email).zone) == ("Other", "Europe/London")


def test_a_hosts_new_name_goes_to_everyone_invited_when_asked(make: Builder, now: datetime) -> None:
    host, school = make.clinician(given_name="Ada", family_name="Hale"), make.school()
    student = make.student(make.school_class(school), guardians=("mum@families.example",))
    to_come, other = make.outreach_session(host), make.outreach_session(make.clinician())
    for one in (to_come, other):
        make.register(one, make.teacher(school), student)
    with transaction():
        db.session.execute(update(Invitation).values(sent_sequence=Invitation.sequence))
        db.session.execute(update(Letter).values(state=LetterState.SENT, settled_at=now))

    def written() -> list[tuple[str, int | None, str]]:
        rows = db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED).order_by(Letter.id))
        return [(row.mailbox.address, row.session_id, row.facts["session"]["host_name"]) for row in rows]

    names: dict[str, Any] = {"given_name": "Ada", "zone": "Europe/London"}
    use_cases.edit_profile(host.id, **names, family_name="King", now=now)
    assert written() == []
    assert use_cases.hosted_to_come(host.id, now=now) == 1
    use_cases.edit_profile(host.id, **names, family_name="Lovelace", now=now, sends_name=True)
    assert ("mum@families.example", to_come.id, "Ada Lovelace") in written()
    assert {session_id for _address, session_id, _name in written()} == {to_come.id}


def test_only_a_confirmed_address_is_an_account(make: Builder) -> None:
    unconfirmed(make)
    make.user(email="confirmed@school.example")
    assert [use_cases.has_account(email) for email in (ROBIN, "confirmed@school.example", "no@one.example")] == [False, True, False]


def test_a_new_coordinator_is_confirmed_and_active(now: datetime) -> None:
    made = use_cases.create_coordinator(person(), now=now)
    user = user_of()
    assert made.id == user.id
    assert (user.confirmed_at, user.active, user.created_at, user.zone) == (now, True, now, "Asia/Tokyo")
    assert [role.name for role in user.roles] == ["coordinator"]
    assert letters() == []


def test_who_is_promoted_keeps_name_password_and_visits_and_a_closed_account_is_opened(make: Builder, now: datetime) -> None:
    user = make.user(TEACHER, email=ROBIN, given_name="Old")
    earlier = now - timedelta(days=1)
    with transaction():
        user.active, user.password, user.confirmed_at = False, "old", earlier
    for _twice in range(2):
        use_cases.create_coordinator(person(), now=now)
        kept = user_of()
        assert (kept.given_name, kept.password, kept.fs_uniquifier, kept.confirmed_at) == ("Old", "old", user.fs_uniquifier, earlier)
        assert (kept.active, sorted(role.name for role in kept.roles)) == (True, ["coordinator", "teacher"])


def test_who_never_confirmed_is_made_anew(make: Builder, now: datetime) -> None:
    user = unconfirmed(make)
    before = user.fs_uniquifier
    use_cases.create_coordinator(person(), now=now)
    made = user_of()
    assert (made.id, made.password, made.given_name, made.confirmed_at) == (user.id, "hashed", "Robin", now)
    assert made.fs_uniquifier != before


def facts(make: Builder, now: datetime) -> dict[str, AccountSnapshot]:
    user = make.user(given_name="Robin", family_name="Hale", email=ROBIN)
    drafts = {
        "confirm": confirm_letter(user, "abc", now=now),
        "reset": reset_letter(user, "abc", now=now),
        "password_changed": password_changed_letter(user, now=now),
        "already_here": already_here_letter(user, now=now),
    }
    assert {draft.mailbox_id for draft in drafts.values()} == {user.mailbox_id}
    assert {draft.kind for draft in drafts.values()} == {LetterKind.ACCOUNT}
    assert len({draft.dedupe_key for draft in drafts.values()}) == 4
    return {name: AccountSnapshot.from_json(draft.facts) for name, draft in drafts.items()}


def test_each_leads_to_its_page_under_our_own_address(make: Builder, now: datetime) -> None:
    found = facts(make, now)
    base = "http://127.0.0.1:5000"
    assert {name: (facts.purpose, facts.link) for name, facts in found.items()} == {
        "confirm": ("confirm", f"{base}/confirm/abc"),
        "reset": ("reset", f"{base}/reset/abc"),
        "password_changed": ("password_changed", f"{base}/reset"),
        "already_here": ("already_here", f"{base}/login"),
    }
    assert {facts.reader_name for facts in found.values()} == {"Robin Hale"}


@pytest.mark.parametrize(("seconds", "is_new"), [(0, False), (119, False), (120, True)])
def test_a_reset_asked_for_again_within_two_minutes_is_one_letter(make: Builder, now: datetime, seconds: int, *, is_new: bool) -> None:
    user, later = make.user(), now + timedelta(seconds=seconds)
    keys = {reset_letter(user, "a", now=at).dedupe_key for at in (now, later)}
    assert len(keys) == 1 + is_new


@pytest.mark.parametrize(("seconds", "is_new"), [(0, False), (3599, False), (3600, True)])
def test_a_stranger_has_one_letter_written_an_hour(make: Builder, now: datetime, seconds: int, *, is_new: bool) -> None:
    user, later = make.user(), now + timedelta(seconds=seconds)
    keys = {already_here_letter(user, now=at).dedupe_key for at in (now, later)}
    assert len(keys) == 1 + is_new


def test_every_change_of_a_password_is_told(make: Builder, now: datetime) -> None:
    user = make.user()
    keys = {password_changed_letter(user, now=at).dedupe_key for at in (now, now + SECOND)}
    assert len(keys) == 2


def test_no_two_people_share_a_letter(make: Builder, now: datetime) -> None:
    users = [make.user(), make.user()]
    assert len({reset_letter(user, "a", now=now).dedupe_key for user in users}) == 2
    assert len({already_here_letter(user, now=now).dedupe_key for user in users}) == 2
