"""The coordinator's pages, as she, a teacher and a stranger get them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from outreach.db import db, transaction
from outreach.models import (
    Application,
    ApplicationState,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    Membership,
    OutboxPause,
    RoleName,
    School,
    Site,
    User,
)
from outreach.models.snapshots import AccountSnapshot
from outreach.outbox.queue import NewLetter, enqueue
from outreach.time import clock
from tests.support.builders import Builder

ClientOf = Callable[[User | None], FlaskClient]
GETS = [
    "/coordination",
    "/coordination/applications",
    "/coordination/people",
    "/coordination/schools",
    "/coordination/schools/new",
    "/coordination/sites",
    "/coordination/sites/new",
    "/coordination/sessions",
    "/coordination/emails",
    "/coordination/undeliverable",
    "/coordination/received",
]
NEW_SCHOOL = {"place": "0", "name": "Hill School", "town": "Leeds", "country": "GB", "zone": "Europe/London", "majority_age": "18"}


@pytest.fixture
def present(app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> datetime:  # noqa: ARG001 (made with the real clock)
    """Let pages believe it is the moment at which everything is made."""
    monkeypatch.setattr(clock, "now", lambda: now)
    return now


@pytest.fixture
def coordinator(make: Builder) -> User:
    """Give the coordinator."""
    return make.coordinator(given_name="Ada", family_name="King")


@pytest.fixture
def client(client_of: ClientOf, coordinator: User) -> FlaskClient:
    """Give the coordinator's browser."""
    return client_of(coordinator)


def application(user: User, now: datetime, role: RoleName = RoleName.TEACHER, place: str = "Hill School") -> Application:
    with transaction():
        asked = Application(user_id=user.id, role=role, place=place, message="I teach biology", created_at=now)
        db.session.add(asked)
    return asked


def letter(make: Builder, now: datetime, address: str = "guardian@families.example", **facts: Any) -> Letter:
    """Give a letter in the outbox."""
    mailbox = make.mailbox(address)
    kind = facts.pop("kind", LetterKind.APPLICATION)
    with transaction():
        key = f"test:{address}:{kind}:{now}"
        enqueue([NewLetter(mailbox_id=mailbox.id, kind=kind, facts=facts.pop("said", {}), dedupe_key=key)], now=now)
        written = db.session.scalars(select(Letter).where(Letter.dedupe_key == key)).one()
        for name, value in facts.items():
            setattr(written, name, value)
    return written


def failed(make: Builder, now: datetime, **facts: Any) -> Letter:
    outcome: dict[str, Any] = {"state": LetterState.FAILED, "settled_at": now, "attempts": 1, "server_words": "550 5.1.1 No such user here"}
    return letter(make, now, **outcome | facts)


def test_what_may_be_there_already_is_proposed_before_a_new_one_is_made(client: FlaskClient, make: Builder, now: datetime) -> None:
    site = make.site("Mercy General Medical Center")
    asked = Application(user_id=make.user().id, role=RoleName.CLINICIAN, place="Mercy General, Sacramento", created_at=now)
    with transaction():
        db.session.add(asked)
    address = f"/coordination/applications/{asked.id}"
    page = client.get(address).text
    assert re.search(rf'"These look like it"><option value="{site.id}">Mercy General Medical Center', page)
    new = {"place": "0", "name": "Mercy General", "address": "4001 J Street", "country": "GB", "zone": "Europe/London"}
    by_hand = {key: value for key, value in new.items() if key != "place"}
    for where, typed in ((f"{address}/approval", new), ("/coordination/sites/new", by_hand)):
        asked_first = client.post(where, data=typed)
        assert (asked_first.status_code, "It may be there already" in asked_first.text) == (422, True)
        assert f'href="/coordination/sites/{site.id}"' in asked_first.text
    taken = client.post("/coordination/sites/new", data=by_hand | {"name": site.name, "country": "", "is_another": "y"}).text
    assert ['id="name-error"' in taken, 'id="country-error"' in taken] == [True, True], "all errors at once"
    assert client.post(f"{address}/approval", data=new | {"is_another": "y"}).status_code == 303
    assert client.post(f"/coordination/sites/{site.id}", data=by_hand | {"name": "Mercy West"}).status_code == 303


@pytest.mark.parametrize("path", GETS)
def test_pages_are_the_coordinator_s_alone(client: FlaskClient, client_of: ClientOf, make: Builder, path: str) -> None:
    assert client.get(path).status_code == 200
    for other in (make.teacher(make.school()), make.clinician(), make.user()):
        assert client_of(other).get(path).status_code == 403
    answer = client_of(None).get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


def test_what_others_post_changes_nothing(client_of: ClientOf, coordinator: User, make: Builder, now: datetime) -> None:
    asked, written = application(make.user(), now), failed(make, now)
    posts = [
        f"/coordination/applications/{asked.id}/approval",
        f"/coordination/applications/{asked.id}/refusal",
        f"/coordination/people/{coordinator.id}/closure",
        f"/coordination/people/{coordinator.id}/reopening",
        f"/coordination/emails/{written.id}/retry",
        "/coordination/emails/retry",
        "/coordination/schools/new",
        "/coordination/sites/new",
    ]
    for path in posts:
        assert client_of(make.teacher(make.school())).post(path, data=NEW_SCHOOL | {"reason": "No"}).status_code == 403
        assert client_of(None).post(path, data=NEW_SCHOOL | {"reason": "No"}).status_code == 302
    assert (asked.state, written.state, coordinator.active) == (ApplicationState.PENDING, LetterState.FAILED, True)


@pytest.mark.parametrize("path", ["applications/999", "people/999", "schools/999", "sites/999", "emails/999"])
def test_what_is_not_there_is_a_404(client: FlaskClient, path: str) -> None:
    assert client.get(f"/coordination/{path}").status_code == 404


def test_looking_changes_nothing(client: FlaskClient, make: Builder, now: datetime) -> None:
    asked, written, user = application(make.user(), now), failed(make, now), make.user()
    for path in [
        *GETS,
        f"/coordination/applications/{asked.id}",
        f"/coordination/emails/{written.id}",
        f"/coordination/people/{user.id}",
    ]:
        assert client.get(path).status_code == 200
    for path in (f"applications/{asked.id}/approval", f"people/{user.id}/closure", f"emails/{written.id}/retry"):
        assert client.get(f"/coordination/{path}").status_code == 405
    assert (asked.state, written.state, user.active) == (ApplicationState.PENDING, LetterState.FAILED, True)


@pytest.mark.empty_database
def test_from_applying_to_posting(client: FlaskClient, app: Flask) -> None:
    doctor = app.test_client()
    form = {"given_name": "Sam", "family_name": "Reed", "email": "sam@hospital.example", "password": "needle and thread"}
    doctor.post("/apply", data=form | {"role": "clinician", "place": "St Luke's", "zone": "Europe/London"})
    assert "Sam Reed" in client.get("/coordination/applications").text
    asked = db.session.scalars(select(Application)).one()
    new_site = {"place": "0", "name": "St Luke's", "address": "1 Main Street", "country": "GB", "zone": "Europe/London"}
    too_early = client.post(f"/coordination/applications/{asked.id}/approval", data=new_site)
    assert too_early.status_code == 422
    assert ["confirmed yet" in too_early.text, "Approve Sam Reed" in too_early.text] == [True, False], "no button that can't work"
    link = AccountSnapshot.from_json(db.session.scalars(select(Letter)).one().facts).link
    assert link is not None
    doctor.post(link.removeprefix("http://127.0.0.1:5000"), data={"password": "needle and thread"})
    assert doctor.get("/sessions/new").status_code == 403
    assert client.post(f"/coordination/applications/{asked.id}/approval", data=new_site).status_code == 303
    assert doctor.get("/sessions/new").status_code == 200
    assert doctor.get("/coordination").status_code == 403
    assert "approved" in doctor.get("/account").text


def test_a_school_of_the_proposed_name_is_chosen_beforehand(client: FlaskClient, make: Builder, now: datetime) -> None:
    school = make.school("hill school")
    asked = application(make.user(), now)
    page = client.get(f"/coordination/applications/{asked.id}").text
    assert re.search(rf'<option selected value="{school.id}">hill school', page)
    answer = client.post(f"/coordination/applications/{asked.id}/approval", data={"place": str(school.id), "name": "", "note": "Hello"})
    assert answer.status_code == 303
    assert db.session.get(Membership, (asked.user_id, school.id)) is not None
    assert (asked.state, asked.decision_note) == (ApplicationState.APPROVED, "Hello")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "give it a name"),
        ("name", "Hill\r\nBcc: x@y.example", "one line"),
        ("name", "Known School", "already one with this name"),
        ("zone", "Mars/Olympus", "time zone"),
        ("country", "XX", "country"),
        ("majority_age", "12", "16 to 21"),
        ("place", "999", "Not a valid choice"),
    ],
)
def test_a_new_school_s_facts_are_looked_at(client: FlaskClient, make: Builder, now: datetime, field: str, value: str, words: str) -> None:
    make.school("Known School")
    asked = application(make.user(), now)
    answer = client.post(f"/coordination/applications/{asked.id}/approval", data=NEW_SCHOOL | {field: value, "note": "Welcome here"})
    assert answer.status_code == 422
    beside = re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert beside is not None
    assert words in beside[1]
    assert "Welcome here" in answer.text
    assert asked.state == ApplicationState.PENDING


def test_declining_takes_a_reason(client: FlaskClient, make: Builder, now: datetime) -> None:
    asked = application(make.user(), now)
    assert client.post(f"/coordination/applications/{asked.id}/refusal", data={"reason": " "}).status_code == 422
    assert client.post(f"/coordination/applications/{asked.id}/refusal", data={"reason": "We don't know it"}).status_code == 303
    assert asked.user.name in client.get("/coordination/applications?state=declined").text
    assert asked.user.name not in client.get("/coordination/applications").text
    assert (asked.state, asked.decision_note) == (ApplicationState.DECLINED, "We don't know it")


@pytest.mark.empty_database
def test_the_second_of_two_coordinators_is_told(client: FlaskClient, client_of: ClientOf, make: Builder, now: datetime) -> None:
    asked = application(make.user(), now)
    rival = client_of(make.coordinator(given_name="Grace", family_name="Hall"))
    assert rival.post(f"/coordination/applications/{asked.id}/refusal", data={"reason": "Not known"}).status_code == 303
    for verb, data in (("approval", NEW_SCHOOL), ("refusal", {"reason": "No"})):
        answer = client.post(f"/coordination/applications/{asked.id}/{verb}", data=data)
        assert answer.status_code == 409
        assert "Another coordinator has already decided" in answer.text
        assert "Grace Hall" in answer.text
    assert db.session.scalars(select(School)).all() == []


def test_people_are_found_by_name_address_and_role(client: FlaskClient, make: Builder) -> None:
    school = make.school("Hill School")
    make.teacher(school, given_name="Tom", family_name="Percent%", email="tom@school.example")
    make.clinician(given_name="Cleo", family_name="Reed")
    page = client.get("/coordination/people").text
    assert "Tom Percent%" in page
    assert "Hill School" in page
    assert "Cleo Reed" not in client.get("/coordination/people?q=tom@SCHOOL").text
    assert "Cleo Reed" not in client.get("/coordination/people?q=%25").text
    assert "Cleo Reed" in client.get("/coordination/people?q=cleo+reed").text
    assert "Tom" not in client.get("/coordination/people?role=clinician").text
    assert "Tom" in client.get("/coordination/people?role=nonsense&page=-3&q=%00").text


@pytest.mark.empty_database
def test_fifty_people_fill_a_page(client: FlaskClient, make: Builder) -> None:
    for number in range(50):
        make.user(family_name=f"Member{number:02}")
    first, second = client.get("/coordination/people").text, client.get("/coordination/people?page=2").text
    assert ("Member48" in first, "Member49" in first) == (True, False)
    assert ("Member48" in second, "Member49" in second) == (False, True)
    assert "Page 2 of 2" in client.get("/coordination/people?page=99").text


def test_a_closed_account_is_out_at_once_and_may_come_back(client: FlaskClient, client_of: ClientOf, make: Builder) -> None:
    user = make.clinician()
    visit = client_of(user)
    assert visit.get("/account").status_code == 200
    client.post(f"/coordination/people/{user.id}/closure")
    assert visit.get("/account").status_code == 302
    assert "Closed" in client.get(f"/coordination/people/{user.id}").text
    client.post(f"/coordination/people/{user.id}/reopening")
    assert visit.get("/account").status_code == 302
    assert client_of(user).get("/account").status_code == 200


def test_nobody_closes_their_own_account(client: FlaskClient, coordinator: User) -> None:
    assert "Close this account" not in client.get(f"/coordination/people/{coordinator.id}").text
    answer = client.post(f"/coordination/people/{coordinator.id}/closure", follow_redirects=True)
    assert "Another coordinator can close it" in answer.text
    assert client.get("/coordination").status_code == 200


def test_a_school_is_corrected(client: FlaskClient, make: Builder) -> None:
    school, other = make.school("Hil School"), make.school("Other School")
    answer = client.post(f"/coordination/schools/{school.id}", data=NEW_SCHOOL | {"zone": "America/New_York", "majority_age": "19"})
    assert answer.status_code == 303
    assert (school.name, school.town, school.zone, school.majority_age) == ("Hill School", "Leeds", "America/New_York", 19)
    answer = client.post(f"/coordination/schools/{other.id}", data=NEW_SCHOOL)
    assert answer.status_code == 422
    assert "already one with this name" in answer.text
    assert client.post("/coordination/schools/new", data=NEW_SCHOOL | {"name": "Third School"}).status_code == 303
    assert "Third School" in client.get("/coordination/schools").text
    assert "Third School" not in client.get("/coordination/schools?q=hill").text


@pytest.mark.empty_database
def test_a_site_is_corrected_and_its_sessions_keep_their_zone(client: FlaskClient, make: Builder) -> None:
    site = make.site("St Luke")
    outreach_session = make.outreach_session(make.clinician(), site=site)
    facts = {"name": "St Luke's", "address": "2 New Street\nLeeds", "country": "GB", "zone": "Europe/London"}
    assert client.post(f"/coordination/sites/{site.id}", data=facts).status_code == 303
    assert (site.name, site.address, site.zone) == ("St Luke's", "2 New Street\nLeeds", "Europe/London")
    assert outreach_session.zone == "America/New_York"
    assert client.post("/coordination/sites/new", data=facts).status_code == 422
    assert client.post("/coordination/sites/new", data=facts | {"name": "St Mary's"}).status_code == 303
    assert [found.name for found in db.session.scalars(select(Site).order_by(Site.name))] == ["St Luke's", "St Mary's"]


@pytest.mark.usefixtures("present")
def test_all_sessions_are_seen_and_filtered(client: FlaskClient, make: Builder, now: datetime) -> None:
    host = make.clinician(given_name="Cleo", family_name="Reed")
    make.outreach_session(host, title="To come")
    make.outreach_session(host, title="Long ago", starts_wall=(now - timedelta(days=30)).replace(tzinfo=None))
    make.outreach_session(make.clinician(), title="Only a draft", state="draft", published_at=None)
    page = client.get("/coordination/sessions").text
    assert ("To come" in page, "Long ago" in page, "Only a draft" in page) == (True, False, True)
    assert "Long ago" in client.get("/coordination/sessions?time=past").text
    assert "To come" not in client.get("/coordination/sessions?state=draft").text
    assert "Only a draft" not in client.get("/coordination/sessions?time=all&q=cleo").text


def test_the_mail_log_says_what_became_of_each_letter(client: FlaskClient, make: Builder, now: datetime) -> None:
    failed(make, now, address="gone@families.example", kind=LetterKind.INVITATION)
    letter(make, now, address="soon@families.example", kind=LetterKind.REMINDER)
    page = client.get("/coordination/emails").text
    assert "gone@families.example" in page
    assert "550 5.1.1 No such user here" in page
    for query in ("state=failed", "kind=invitation", "q=GONE@"):
        page = client.get(f"/coordination/emails?{query}").text
        assert ("gone@families.example" in page, "soon@families.example" in page) == (True, False)


def test_what_a_letter_about_an_account_says_is_never_shown(client: FlaskClient, make: Builder, now: datetime) -> None:
    link = "http://127.0.0.1:5000/reset/secret-token"
    said = AccountSnapshot(purpose="reset", reader_name="Tom Secretname", link=link).to_json()
    words = f"554 5.7.1 <{link}> is on a list; and so is /confirm/secret-token."
    written = failed(make, now, kind=LetterKind.ACCOUNT, said=said, server_words=words)
    pages = [client.get(path).text for path in ("/coordination/emails", f"/coordination/emails/{written.id}")]
    for page in pages:
        assert "554 5.7.1" in page
        assert "secret-token" not in page
        assert "Secretname" not in page
    assert "Send it again" not in pages[1]
    answer = client.post(f"/coordination/emails/{written.id}/retry", follow_redirects=True)
    assert "no longer have the link" in answer.text
    assert written.state == LetterState.FAILED


def test_a_failed_letter_is_sent_again(client: FlaskClient, make: Builder, now: datetime) -> None:
    written = failed(make, now)
    assert "Send it again" in client.get(f"/coordination/emails/{written.id}").text
    assert client.post(f"/coordination/emails/{written.id}/retry").status_code == 303
    assert (written.state, written.settled_at) == (LetterState.QUEUED, None)
    assert written.due_at <= datetime.now(tz=now.tzinfo)
    answer = client.post(f"/coordination/emails/{written.id}/retry", follow_redirects=True)
    assert "Only a failed e-mail" in answer.text


@pytest.mark.usefixtures("present")
def test_a_session_whose_clock_skips_its_time_now_is_shown_to_be_moved(make: Builder, client_of: ClientOf) -> None:
    skipped = make.outreach_session(make.clinician(), starts_wall=datetime(2028, 3, 12, 2, 30), zone="America/New_York")
    coordinator = client_of(make.coordinator())
    assert "a time that no longer exists" not in coordinator.get("/coordination").text
    with transaction():
        skipped.tzdata_version = "2025b"
    page = coordinator.get("/coordination").text
    assert "session is at a time that no longer exists because the clocks change" in page
    assert f'href="/sessions/{skipped.id}/move"' in page
    assert coordinator.get(f"/sessions/{skipped.id}/move").status_code == 200


@pytest.mark.empty_database
def test_home_is_calm_when_nothing_waits(client: FlaskClient) -> None:
    page = client.get("/coordination").text
    assert "Nothing needs your attention" in page
    assert 'role="alert"' not in page


@pytest.mark.usefixtures("present")
@pytest.mark.empty_database
def test_home_says_what_needs_a_person(client: FlaskClient, make: Builder, now: datetime) -> None:
    application(make.user(), now)
    failed(make, now)
    letter(make, now - timedelta(hours=1), address="late@families.example")
    make.student(make.school_class(make.school()), guardians=("x@families.example",))
    with transaction():
        for mailbox in db.session.scalars(select(Mailbox).where(Mailbox.address == "x@families.example")):
            mailbox.undeliverable_at, mailbox.undeliverable_words = now, "550 gone"
        db.session.add(Mailbox(address="corrected@families.example", undeliverable_at=now, undeliverable_words="550 gone"))
        db.session.add(Mailbox(address="y@families.example", stopped_at=now))
    page = client.get("/coordination").text
    for words in ("application to decide on", "e-mail didn", "refused by its mail server", "reported as wrong", "E-mails are late"):
        assert words in page
    silent = client.get("/coordination/undeliverable").text
    assert "y@families.example" in client.get("/coordination/undeliverable?show=stopped").text
    for words in ("x@families.example", "550 gone"):
        assert words in silent
    assert "addresses are refused" not in page
    assert "corrected@families.example" not in silent  # nobody is known by it any more


def test_home_shows_a_paused_outbox_in_the_server_s_words(client: FlaskClient, make: Builder) -> None:
    now = clock.now()
    with transaction():
        words = "535 5.7.8 <b>Bad</b> credentials"
        db.session.add(OutboxPause(id=1, since=now, until=now + timedelta(minutes=5), times=2, reason="sign_in", server_words=words))
    page = client.get("/coordination").text
    assert "No e-mails can be sent" in page
    assert "535 5.7.8 &lt;b&gt;Bad&lt;/b&gt; credentials" in page
    assert client.post("/coordination/emails/retry").status_code == 303
    pause = db.session.get(OutboxPause, 1)
    assert pause is None or pause.until <= clock.now()
    assert make.mailbox("x@y.example").is_open


@pytest.mark.usefixtures("present")
def test_home_shows_full_and_nearly_empty_sessions_of_two_weeks(client: FlaskClient, make: Builder, now: datetime) -> None:
    soon = (now + timedelta(days=7)).replace(tzinfo=None)
    host = make.clinician()
    make.outreach_session(host, title="Quite full", starts_wall=soon, seats_taken=10)
    make.outreach_session(host, title="Nearly empty", starts_wall=soon, seats_taken=2)
    make.outreach_session(host, title="In between", starts_wall=soon, seats_taken=5)
    make.outreach_session(host, title="Too far away", starts_wall=soon + timedelta(days=30))
    page = client.get("/coordination").text
    shown = [title for title in ("Quite full", "Nearly empty", "In between", "Too far away") if title in page]
    assert shown == ["Quite full", "Nearly empty"]


def test_lists_take_few_statements_however_long(client: FlaskClient, make: Builder, now: datetime) -> None:
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    for number in range(12):
        school = make.school()
        application(make.teacher(school), now)
        failed(make, now, address=f"guardian{number}@families.example")
    for path in ("/coordination/people", "/coordination/applications", "/coordination/emails", "/coordination/schools"):
        statements.clear()
        assert client.get(path).status_code == 200
        assert 0 < len(statements) <= 12, path


def test_two_that_are_one_are_merged_after_a_page_that_shows_what_belongs_to_each(client: FlaskClient, make: Builder) -> None:
    gone, into = make.school("Hill High School"), make.school("Hill School")
    make.full_class(gone, make.teacher(gone), size=2)
    address = f"/coordination/schools/{gone.id}/merger"
    assert f'href="{address}?into={into.id}"' in client.get(f"/coordination/schools/{gone.id}").text
    assert "recipients-count" not in client.get(address).text
    page = client.get(f"{address}?into={into.id}").text
    assert ["2</b> <span>students" in page, "Nothing belongs to it." in page, "Merge into Hill School" in page] == [True] * 3
    for nothing in ({}, {"into": str(gone.id)}, {"into": "4711"}, {"into": "9" * 30}):
        assert client.post(address, data=nothing).status_code == 422
    merged = client.post(address, data={"into": str(into.id)})
    assert (merged.status_code, merged.location) == (303, f"/coordination/schools/{into.id}")
    assert "Hill High School is now part of Hill School." in client.get(merged.location).text
    assert client.post(address, data={"into": str(into.id)}).status_code == 404
    with transaction():
        into.zone = "America/New_York"
    other = make.school("Hill")
    page = client.get(f"/coordination/schools/{other.id}/merger?into={into.id}").text
    assert ["They can&#39;t be merged yet" in page or "They can't be merged yet" in page, "Merge into" in page] == [True, False]
