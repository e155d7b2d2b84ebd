"""A session whose host has no open account: nobody new comes, who is registered stays, a coordinator hands it over or cancels it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from functools import partial

import pytest
from flask.testing import FlaskClient

from outreach.coordination.closing import close_account, open_account
from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import OutreachSession, Registration, RegistrationState, SessionState, User
from outreach.notifications import notify_hosts
from outreach.registration import use_cases as registering
from outreach.scheduling import DetailsInput, WhenInput, WhereInput, apply_move
from outreach.scheduling import use_cases as scheduling
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver
from tests.support.queued_letters import queued, send_all

ClientOf = Callable[[User | None], FlaskClient]


@pytest.fixture
def coordinator(make: Builder) -> User:
    return make.coordinator()


def fresh(outreach_session: OutreachSession) -> OutreachSession:
    return db.session.get_one(OutreachSession, outreach_session.id, populate_existing=True)


@pytest.mark.both_databases("whether a session has a host is worked out by the database")
def test_nobody_new_is_registered_and_who_is_stays(make: Builder, coordinator: User) -> None:
    host, co, school = make.clinician(), make.clinician(), make.school()
    teacher = make.teacher(school)
    ana, ben = (make.student(make.school_class(school, teacher), given_name=name) for name in ("Ana", "Ben"))
    outreach_session = make.outreach_session(host, co_hosts=[co], capacity=1)
    make.register(outreach_session, teacher, ana)
    close_account(host.id, by_id=coordinator.id, now=make.now)
    assert fresh(outreach_session).is_open(make.now)  # the co-host looks after it
    close_account(co.id, by_id=coordinator.id, now=make.now)
    assert not fresh(outreach_session).is_open(make.now)
    with pytest.raises(Refusal, match="no host at the moment"):
        make.register(outreach_session, teacher, ben)
    [registration] = db.session.query(Registration).filter_by(session_id=outreach_session.id).all()
    assert registration.state is RegistrationState.CONFIRMED
    assert fresh(outreach_session).is_published
    open_account(host.id, now=make.now)
    make.register(outreach_session, teacher, ben)


def test_a_co_host_alone_changes_the_words_and_stays_if_their_account_is_closed(make: Builder, coordinator: User) -> None:
    host, co = make.clinician(), make.clinician()
    outreach_session = make.outreach_session(host, co_hosts=[co])
    offer = DetailsInput(title="New words", capacity=10, reminder_leads=(1440,), co_host_emails=(co.email,))
    for closed in (host, co):
        close_account(closed.id, by_id=coordinator.id, now=make.now)
        scheduling.edit(outreach_session.id, offer, seen=fresh(outreach_session).updated_at, now=make.now)
    assert (fresh(outreach_session).host, fresh(outreach_session).co_hosts) == (host, [co])
    with pytest.raises(Refusal, match="Choose the clinician"):
        scheduling.edit(outreach_session.id, replace(offer, host_id=host.id), seen=fresh(outreach_session).updated_at, now=make.now)


def test_a_draft_whose_host_has_gone_is_not_published_by_editing_it(make: Builder, coordinator: User) -> None:
    host, site = make.clinician(), make.site()
    draft = make.outreach_session(host, site=site, state=SessionState.DRAFT, published_at=None)
    close_account(host.id, by_id=coordinator.id, now=make.now)
    when, where = WhenInput(day=date(2027, 3, 18), start=time(14), end=time(16)), WhereInput(site_id=site.id, zone=site.zone)
    change = partial(scheduling.edit_draft, draft.id, when, where, DetailsInput(title="T", capacity=5), seen=draft.updated_at, now=make.now)
    with pytest.raises(Refusal, match="Choose another host first"):
        change(publish=True)
    change(publish=False)


def test_whose_account_is_opened_again_gets_what_they_host_as_it_is_now(make: Builder, coordinator: User) -> None:
    host = make.clinician(email="host@hospital.example")
    outreach_session = make.outreach_session(host)
    with transaction():
        notify_hosts(outreach_session, now=make.now)
    send_all()
    close_account(host.id, by_id=coordinator.id, now=make.now)
    when, where = WhenInput(day=date(2027, 4, 1), start=time(9), end=time(10)), WhereInput(site_id=outreach_session.site_id, zone="UTC")
    apply_move(outreach_session.id, when, where, seen=fresh(outreach_session).updated_at, now=make.now)
    assert deliver(Scripted(), make.now).dropped == 1
    open_account(host.id, now=make.now)
    [letter] = queued()
    assert (letter.to, letter.method, letter.facts.session.starts_wall.date()) == ("host@hospital.example", "REQUEST", date(2027, 4, 1))


def test_a_host_who_is_no_clinician_any_more_has_no_session_to_register_for(make: Builder) -> None:
    host = make.clinician()
    outreach_session = make.outreach_session(host)
    assert fresh(outreach_session).is_open(make.now)
    with transaction():
        host.roles.clear()
    assert not fresh(outreach_session).is_open(make.now)


def test_a_draft_of_a_closed_account_is_not_published(make: Builder, coordinator: User) -> None:
    outreach_session = make.outreach_session(make.clinician(), state=SessionState.DRAFT, published_at=None)
    close_account(outreach_session.host_id, by_id=coordinator.id, now=make.now)
    with pytest.raises(Refusal, match="no longer has an account"):
        scheduling.publish(outreach_session.id, now=make.now)


def test_families_can_still_withdraw(make: Builder, coordinator: User) -> None:
    school = make.school()
    teacher = make.teacher(school)
    outreach_session = make.outreach_session(make.clinician())
    make.register(outreach_session, teacher, make.student(make.school_class(school, teacher)))
    close_account(outreach_session.host_id, by_id=coordinator.id, now=make.now)
    [registration] = db.session.query(Registration).filter_by(session_id=outreach_session.id).all()
    registering.withdraw(registration.id, now=make.now)
    assert fresh(outreach_session).seats_taken == 0


def test_pages_offer_no_registration_and_tell_a_coordinator_what_to_do(make: Builder, client_of: ClientOf, coordinator: User) -> None:
    host, school = make.clinician(given_name="Sam", family_name="Lee"), make.school()
    teacher = make.teacher(school)
    make.student(make.school_class(school, teacher, name="9A"))
    outreach_session = make.outreach_session(host, title="Closed Stitch")
    close_account(host.id, by_id=coordinator.id, now=make.now)
    address = f"/sessions/{outreach_session.id}"
    for reader in (None, teacher):
        page = client_of(reader).get(address).text
        assert "Register a class" not in page
        assert "Nobody can register at the moment." in page
        assert "account of Sam Lee is closed" not in page
    assert "The account of Sam Lee is closed" in client_of(coordinator).get(address).text
    assert "Registration closed" in client_of(None).get("/?q=Closed+Stitch").text


def test_handing_over_opens_it_again_and_calendars_follow(make: Builder, client_of: ClientOf, coordinator: User) -> None:
    host, other = make.clinician(email="old@hospital.example"), make.clinician(email="new@hospital.example")
    outreach_session = make.outreach_session(host)
    with transaction():
        notify_hosts(outreach_session, now=make.now)
    send_all()
    close_account(host.id, by_id=coordinator.id, now=make.now)
    client, address = client_of(coordinator), f"/sessions/{outreach_session.id}/edit"
    assert "old@hospital.example" not in client.get(address).text
    fields = {"title": "Power of a Stitch", "capacity": "10", "leads": ["10080"], "other_unit": "days", "confirm": "1"}
    fields |= {"seen_at": outreach_session.updated_at.isoformat()}
    assert "Choose the clinician who hosts it." in client.post(address, data=fields | {"host": "0"}).text
    assert client.post(address, data=fields | {"host": str(other.id)}).status_code == 303
    assert fresh(outreach_session).is_open(make.now)
    assert {(letter.to, letter.method) for letter in queued()} == {("old@hospital.example", "CANCEL"), ("new@hospital.example", "REQUEST")}
