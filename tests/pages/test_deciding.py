"""Provisional sessions on the pages: posted, shown as such to everybody, decided by hosts, also through the link in their letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from outreach import tokens
from outreach.db import db, transaction
from outreach.letters import render
from outreach.models import Letter, LetterKind, OutreachSession, SessionState, Student, User
from outreach.notifications.decision_requests import ask_for_decisions
from outreach.scheduling import use_cases
from outreach.scheduling.inputs import DecisionInput
from outreach.scheduling.provisional import use_cases as provisional
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket
from tests.pages.test_scheduling import typed
from tests.support.builders import Builder

ClientOf = Callable[[User | None], FlaskClient]
SetClock = Callable[[datetime], None]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def set_clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> SetClock:
    """Let the clock stand still, at another time when asked."""

    def stand(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    stand(now)
    return stand


@pytest.fixture
def host(make: Builder) -> User:
    return make.clinician(given_name="Sam")


@pytest.fixture
def outreach_session(make: Builder, host: User, now: datetime) -> OutreachSession:
    """Thursday 18 March 2027, 14:00 in New York; decided by noon three days before, its host invited."""
    made = make.outreach_session(
        host, is_provisional=True, decides_at=datetime.fromisoformat("2027-03-15T16:00Z"), state=SessionState.DRAFT
    )
    use_cases.publish(made.id, now=now)
    return made


@pytest.fixture
def student(make: Builder, outreach_session: OutreachSession) -> Student:
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher)
    student = make.student(school_class, email="ana@pupils.example")
    make.register(outreach_session, teacher, student)
    return student


def link(app: Flask, user: User, outreach_session: OutreachSession, **changes: Any) -> str:
    """Give the path the letter of this user leads to."""
    ticket = Ticket(user.mailbox_id, outreach_session.id, LinkPurpose.DECIDE, user.mailbox.link_version, outreach_session.starts_at)
    return "/d/" + tokens.sign(replace(ticket, **changes), app.config["SECRET_KEY"])


def words(response: TestResponse) -> str:
    return unescape(response.get_data(as_text=True))


def again(outreach_session: OutreachSession) -> OutreachSession:
    db.session.rollback()
    return db.session.get_one(OutreachSession, outreach_session.id, populate_existing=True)


def seen(outreach_session: OutreachSession) -> dict[str, str]:
    return {"seen_at": again(outreach_session).updated_at.isoformat()}


def letters() -> int:
    return db.session.scalar(select(func.count(Letter.id))) or 0


# Posting


@pytest.mark.empty_database
def test_a_tick_is_enough_to_post_it(make: Builder, client_of: ClientOf, host: User) -> None:
    site = make.site(zone="America/New_York")
    client_of(host).post("/sessions/new/shadowing", data=typed(site, provisional="y"))
    posted = db.session.scalars(select(OutreachSession)).one()
    assert posted.decides_at == posted.starts_at - 2 * DAY
    page = words(client_of(host).get(f"/sessions/{posted.id}/edit"))
    assert "Provisional, to be decided by Tuesday 16 March 2027, 14:00 (New York" in page


@pytest.mark.parametrize(
    ("decides", "says"),
    [
        ("2027-03-19T09:00", "The decision must be before the session starts."),
        ("2027-03-14T02:30", "02:30 doesn't exist on Sunday 14 March 2027 in New York"),
        ("2027-02-01T09:00", "This is in the past. Choose a later time."),
        ("tomorrow", "Enter a date and a time"),
    ],
)
@pytest.mark.empty_database
def test_what_is_wrong_stands_beside_the_field(make: Builder, client_of: ClientOf, host: User, decides: str, says: str) -> None:
    site = make.site(zone="America/New_York")
    response = client_of(host).post("/sessions/new/shadowing", data=typed(site, provisional="y", decides=decides))
    assert response.status_code == 422
    assert says in words(response).partition('id="decides-error"')[2][:400]
    assert db.session.scalar(select(OutreachSession.id)) is None


def test_a_draft_that_isnt_ticked_is_certain(make: Builder, client_of: ClientOf, host: User) -> None:
    site = make.site()
    draft = make.outreach_session(host, site=site, state=SessionState.DRAFT, is_provisional=True, decides_at=make.now + DAY)
    page = words(client_of(host).get(f"/sessions/{draft.id}/edit"))
    assert 'checked id="provisional"' in page
    client_of(host).post(f"/sessions/{draft.id}/edit", data=typed(site, then="draft", decides="2027-03-02T09:00", **seen(draft)))
    assert (again(draft).is_provisional, again(draft).decides_at) == (False, None)


# What everybody sees


@pytest.mark.empty_database
def test_everybody_sees_that_it_isnt_certain(
    app: Flask, client_of: ClientOf, host: User, outreach_session: OutreachSession, student: Student
) -> None:
    teacher = db.session.scalars(select(User).where(User.email != host.email)).one()
    key = outreach_session.id
    family = tokens.sign(
        Ticket(student.mailbox_id or 0, key, LinkPurpose.FAMILY, 1, outreach_session.ends_at + tokens.LASTS), app.config["SECRET_KEY"]
    )
    chip, sentence = "Provisional until Mon 15 Mar, 12:00", "will be confirmed or cancelled by Monday 15 March 2027, 12:00 (New York"
    for user, path, said in (
        (None, "/", chip),
        (None, f"/sessions/{key}", "Provisional"),
        (None, f"/sessions/{key}", sentence),
        (None, f"/i/{family}", sentence),
        (teacher, "/registrations", chip),
        (teacher, f"/sessions/{key}/seats", sentence),
        (teacher, f"/sessions/{key}/registration", sentence),
        (host, "/my-sessions", chip),
        (host, "/my-sessions", f'href="/sessions/{key}/decision"'),
        (host, f"/sessions/{key}", f'href="/sessions/{key}/decision"'),
        (host, f"/sessions/{key}/roster", sentence),
    ):
        assert said in words(client_of(user).get(path)), path
    assert f"/sessions/{key}/decision" not in words(client_of(teacher).get(f"/sessions/{key}"))


def test_the_calendar_file_is_tentative_until_it_is_decided(client_of: ClientOf, outreach_session: OutreachSession, now: datetime) -> None:
    path = f"/sessions/{outreach_session.id}.ics"
    before = client_of(None).get(path).text.replace("\r\n ", "")
    assert "METHOD:PUBLISH" in before
    assert "STATUS:TENTATIVE" in before
    assert "SEQUENCE:0" in before
    assert "Provisional\\, to be decided by Monday 15 March 2027" in before
    provisional.confirm(outreach_session.id, seen=again(outreach_session).updated_at, now=now + DAY)
    after = client_of(None).get(path).text
    assert "STATUS:CONFIRMED" in after
    assert "SEQUENCE:1" in after
    assert "rovisional" not in after


def test_once_late_it_says_so_and_the_coordinator_has_it_on_the_list(
    make: Builder, client_of: ClientOf, outreach_session: OutreachSession, set_clock: SetClock
) -> None:
    client = client_of(make.coordinator())
    assert "to confirm or cancel" not in words(client.get("/coordination"))
    assert outreach_session.decides_at is not None
    set_clock(outreach_session.decides_at)
    home = words(client.get("/coordination"))
    assert "session to confirm or cancel" in home
    assert "/coordination/sessions?time=undecided" in home
    assert outreach_session.title in words(client.get("/coordination/sessions?time=undecided"))
    assert "The decision was due by Monday 15 March" in words(client_of(None).get(f"/sessions/{outreach_session.id}"))
    set_clock(outreach_session.starts_at)
    assert outreach_session.title not in words(client.get("/coordination/sessions?time=undecided"))


# The link in the letter


def test_the_letter_leads_to_a_page_that_confirms_without_signing_in(
    app: Flask, client_of: ClientOf, host: User, outreach_session: OutreachSession, student: Student
) -> None:
    path, client, before = link(app, host, outreach_session), client_of(None), letters()
    page = client.get(path)
    for said in ("Confirm this session?", "1 of 10 seats taken", "To be decided by Monday 15 March", "Who will be told", "student"):
        assert said in words(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert (again(outreach_session).is_provisional, letters()) == (True, before), "opening it changes nothing"
    assert client.get(f"{path}/confirmation").status_code == 405
    done = client.post(f"{path}/confirmation", data=seen(outreach_session))
    assert (done.status_code, done.location) == (303, path)
    assert (again(outreach_session).is_provisional, letters() > before) == (False, True)
    assert "We are telling everybody that it will go ahead" in words(client.get(path))
    assert student.mailbox_id in set(db.session.scalars(select(Letter.mailbox_id)))


def test_a_second_tap_is_told_kindly_that_it_is_decided(
    app: Flask, client_of: ClientOf, host: User, outreach_session: OutreachSession
) -> None:
    path, client, old = link(app, host, outreach_session), client_of(None), seen(outreach_session)
    client.post(f"{path}/confirmation", data=old)
    once = letters()
    for late in (
        client.post(f"{path}/confirmation", data=old),
        client.post(f"{path}/cancellation", data=old | {"reason": "No theatre."}),
    ):
        assert (late.status_code, late.location) == (303, path)
    assert (again(outreach_session).is_published, letters()) == (True, once)


def test_it_is_called_off_for_a_reason(
    app: Flask, client_of: ClientOf, host: User, outreach_session: OutreachSession, student: Student
) -> None:
    path, client = link(app, host, outreach_session), client_of(None)
    silent = client.post(f"{path}/cancellation", data=seen(outreach_session) | {"reason": " "})
    assert silent.status_code == 422
    assert "Please say why." in words(silent)
    assert '<details class="folded" open' in words(silent)
    said = client.post(f"{path}/cancellation", data=seen(outreach_session) | {"reason": "An emergency list."})
    assert said.status_code == 303
    assert again(outreach_session).cancel_reason == "An emergency list."
    assert "This session was cancelled" in words(client.get(path))
    cancellations = db.session.scalars(
        select(Letter).where(Letter.mailbox_id == student.mailbox_id, Letter.kind == LetterKind.CANCELLED)
    ).all()
    assert cancellations == [], "its invitation never left"


def test_a_page_opened_before_somebody_changed_it_is_shown_anew(
    app: Flask, client_of: ClientOf, host: User, outreach_session: OutreachSession, now: datetime
) -> None:
    path, client, old = link(app, host, outreach_session), client_of(None), seen(outreach_session)
    put_off = DecisionInput(is_provisional=True, wall=datetime(2027, 3, 16, 12))
    provisional.leave_open(outreach_session.id, put_off, seen=again(outreach_session).updated_at, now=now + DAY)
    client.reads_facts = False  # type: ignore[attr-defined]
    for act, typed_in in (("confirmation", {}), ("cancellation", {"reason": "An emergency list."})):
        late = client.post(f"{path}/{act}", data=old | typed_in)
        assert late.status_code == 409
        assert "Something changed while this page was open" in words(late)
        assert "To be decided by Tuesday 16 March" in words(late)
        assert typed_in.get("reason", "") in words(late)
    assert again(outreach_session).awaits_decision
    client.reads_facts = True  # type: ignore[attr-defined]
    assert client.post(f"{path}/confirmation", data=seen(outreach_session)).status_code == 303


def test_whoever_hosts_no_more_decides_no_more(
    app: Flask, make: Builder, client_of: ClientOf, host: User, outreach_session: OutreachSession
) -> None:
    partner, ruth = make.clinician(), make.coordinator()
    paths = {user.id: link(app, user, outreach_session) for user in (host, partner, ruth)}
    client = client_of(None)
    assert [client.get(path).status_code for path in paths.values()] == [200, 404, 200]
    with transaction():
        outreach_session.host = partner
    assert [client.get(path).status_code for path in paths.values()] == [404, 200, 200], "who posted it is no host"
    assert client.post(f"{paths[host.id]}/confirmation", data=seen(outreach_session)).status_code == 404
    with transaction():
        ruth.active = False
    void = client.get(paths[ruth.id])
    assert (void.status_code, "This link no longer works" in words(void)) == (404, True)
    assert again(outreach_session).awaits_decision


def test_a_link_is_void_with_its_mailbox_and_after_the_start(
    app: Flask, client_of: ClientOf, host: User, outreach_session: OutreachSession, set_clock: SetClock
) -> None:
    path, client = link(app, host, outreach_session), client_of(None)
    set_clock(outreach_session.starts_at)
    assert client.get(path).status_code == 410
    assert client.post(f"{path}/confirmation", data=seen(outreach_session)).status_code == 410
    assert client.get(link(app, host, outreach_session, expires_at=outreach_session.starts_at + DAY)).status_code == 200
    assert "There is nothing left to decide" in words(client.get(link(app, host, outreach_session, expires_at=outreach_session.ends_at)))
    with transaction():
        host.mailbox.link_version += 1
    assert client.get(link(app, host, outreach_session, link_version=1, expires_at=outreach_session.ends_at)).status_code == 404


def test_moving_and_putting_off_ask_to_sign_in(app: Flask, client_of: ClientOf, host: User, outreach_session: OutreachSession) -> None:
    key, client = outreach_session.id, client_of(None)
    page = words(client.get(link(app, host, outreach_session)))
    for path in (f"/sessions/{key}/move", f"/sessions/{key}/decision-time"):
        assert f'href="{path}"' in page
        assert client.get(path).location.startswith("/login?next=")


def test_the_link_in_the_letter_is_the_one_that_opens(
    app: Flask, client_of: ClientOf, host: User, outreach_session: OutreachSession
) -> None:
    assert outreach_session.decides_at is not None
    ask_for_decisions(now=outreach_session.decides_at)
    letter = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.DECISION)).one()
    message = message_from_bytes(render(letter, settings=app.extensions["outreach"]), policy=policy.default)
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/plain"]
    (path,) = re.findall(r"^http://127.0.0.1:5000(/d/\S+)", part.get_content(), re.MULTILINE)
    assert (letter.mailbox_id, path) == (host.mailbox_id, link(app, host, outreach_session))
    assert "Confirm this session?" in words(client_of(None).get(path))


# Signed in


def test_a_host_who_has_signed_in_confirms_after_seeing_who_is_told(
    client_of: ClientOf, host: User, outreach_session: OutreachSession, student: Student
) -> None:
    client, path = client_of(host), f"/sessions/{outreach_session.id}"
    page = words(client.get(f"{path}/decision"))
    assert "Who will be told" in page
    assert f'href="{path}/cancellation"' in page
    client.reads_facts = False  # type: ignore[attr-defined]
    stale = client.post(f"{path}/confirmation", data={"seen_at": "2027-01-01T00:00+00:00"})
    client.reads_facts = True  # type: ignore[attr-defined]
    assert (stale.status_code, again(outreach_session).is_provisional) == (409, True)
    done = client.post(f"{path}/confirmation", data=seen(outreach_session))
    assert (done.status_code, done.location, again(outreach_session).is_provisional) == (303, path, False)
    twice = client.post(f"{path}/confirmation", data=seen(outreach_session))
    assert (twice.status_code, "Confirmed" in words(twice)) == (422, True)
    assert student.mailbox_id in set(db.session.scalars(select(Letter.mailbox_id).where(Letter.kind == LetterKind.INVITATION)))


def test_it_is_put_off_and_a_certain_one_becomes_provisional(
    make: Builder, client_of: ClientOf, host: User, outreach_session: OutreachSession
) -> None:
    client, path = client_of(host), f"/sessions/{outreach_session.id}/decision-time"
    assert "Answers to the invitation are kept" in words(client.get(path))
    late = client.post(path, data=seen(outreach_session) | {"decides": "2027-03-18T15:00"})
    assert (late.status_code, "before the session starts" in words(late)) == (422, True)
    done = client.post(path, data=seen(outreach_session) | {"decides": "2027-03-16T12:00"})
    assert (done.status_code, again(outreach_session).decides_at) == (303, datetime.fromisoformat("2027-03-16T16:00Z"))
    certain = make.outreach_session(host)
    assert "Make it provisional?" in words(client.get(f"/sessions/{certain.id}/decision-time"))
    client.post(f"/sessions/{certain.id}/decision-time", data=seen(certain) | {"decides": ""})
    assert again(certain).decides_at == certain.starts_at - 2 * DAY


def test_a_move_that_overtakes_the_decision_asks_for_another(client_of: ClientOf, host: User, outreach_session: OutreachSession) -> None:
    client, path = client_of(host), f"/sessions/{outreach_session.id}/move"
    form = words(client.get(path))
    assert 'value="2027-03-15 12:00:00"' in form
    assert 'checked id="provisional"' in form
    place = {"where": f"site-{outreach_session.site_id}", "zone": "Europe/London", "start": "09:00", "end": "10:00", "day": "2027-03-15"}
    sent = seen(outreach_session) | place | {"provisional": "y", "decides": "2027-03-15T12:00"}
    refused = client.post(path, data=sent)
    assert (refused.status_code, "before the session starts" in words(refused)) == (422, True)
    asked = words(client.post(path, data=sent | {"decides": "2027-03-12T12:00"}))
    assert "Provisional, to be decided by Friday 12 March 2027" in asked
    moved = client.post(path, data=sent | {"decides": "2027-03-12T12:00", "confirm": "1"})
    assert (moved.status_code, again(outreach_session).decides_at) == (303, datetime.fromisoformat("2027-03-12T17:00Z"))


def test_a_decision_time_that_has_passed_is_not_offered_for_the_new_date(
    client_of: ClientOf, host: User, outreach_session: OutreachSession, set_clock: SetClock
) -> None:
    set_clock(outreach_session.starts_at - DAY)
    form = words(client_of(host).get(f"/sessions/{outreach_session.id}/move"))
    assert 'checked id="provisional"' in form
    assert "2027-03-15 12:00" not in form
