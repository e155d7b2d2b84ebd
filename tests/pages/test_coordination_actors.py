"""Every address of the coordinator's pages, asked for by everybody who isn't a coordinator, and by one who is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import Base, db, transaction
from outreach.inbound.use_cases import receive
from outreach.models import Application, InboundMessage, LetterState, RoleName, User
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.inbound import PARENT, Family, invited, mail
from tests.support.worlds import written_once

ClientOf = Callable[[User | None], FlaskClient]

GETS = [
    "",
    "/applications",
    "/applications/<application_id>",
    "/people",
    "/people/<user_id>",
    "/closed-accounts",
    "/schools",
    "/schools/new",
    "/schools/<school_id>",
    "/sites",
    "/sites/new",
    "/schools/<school_id>/merger",
    "/sites/<site_id>/merger",
    "/sites/<site_id>",
    "/sessions",
    "/sessions/<session_id>/invitations",
    "/sessions/<session_id>/invitations/resend",
    "/invitations",
    "/invitations/<invitation_id>",
    "/emails",
    "/emails/<letter_id>",
    "/emails/<letter_id>/message.eml",
    "/undeliverable",
    "/received",
    "/received/<message_id>",
    "/received/<message_id>/message.eml",
]
POSTS = [
    "/applications/<application_id>/approval",
    "/applications/<application_id>/refusal",
    "/people/<user_id>/closure",
    "/people/<user_id>/reopening",
    "/people/<user_id>/handover",
    "/people/<user_id>/schools/<school_id>/end",
    "/schools/new",
    "/schools/<school_id>",
    "/sites/new",
    "/schools/<school_id>/merger",
    "/sites/<site_id>/merger",
    "/sites/<site_id>",
    "/sessions/<session_id>/invitations/resend",
    "/invitations/<invitation_id>/resend",
    "/emails/<letter_id>/retry",
    "/emails/retry",
    "/undeliverable/<mailbox_id>/retry",
    "/received/<message_id>/answer",
    "/received/<message_id>/review",
]
# What would do something on each of them, were it the coordinator's.
FORM = {
    "place": "0",
    "name": "Quite New",
    "town": "Leeds",
    "address": "2 New Street",
    "country": "GB",
    "zone": "Europe/London",
    "majority_age": "18",
    "reason": "Not known here",
    "note": "Welcome",
    "words": "In the garage.",
}
ACTORS: dict[str, tuple[RoleName, ...] | None] = {
    "nobody": None,
    "an applicant": (),
    "a clinician": (RoleName.CLINICIAN,),
    "a teacher": (RoleName.TEACHER,),
    "both": (RoleName.CLINICIAN, RoleName.TEACHER),
}


@pytest.fixture
def ids(make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Something of each kind on which there is something to do."""
    monkeypatch.setattr(clock, "now", lambda: now)
    return written_once(lambda: _ids(make, now), "something of each kind")


def _ids(make: Builder, now: datetime) -> dict[str, int]:
    family: Family = invited(make, now)
    applicant = make.user()
    receive(mail(to=family.token_address(PARENT), sender=PARENT, body="Where do we park?"), delivered_to=None, source="test", now=now)
    with transaction():
        db.session.add(Application(user_id=applicant.id, role=RoleName.TEACHER, place="Hill School", created_at=now))
        failed = family.letter(PARENT)
        failed.state = LetterState.FAILED
        family.invitation(PARENT).sent_sequence = None
        family.mailbox(PARENT).reminders_stopped_at = now
    schools, sites = ([make_one().id for _one in range(4)] for make_one in (make.school, make.site))
    refused = make.user()
    with transaction():
        refused.mailbox.undeliverable_at = now
    return {
        "application_id": db.session.scalars(select(Application.id)).one(),
        "user_id": family.host.id,
        "school_id": 1,
        "into_id": max(set(schools) & set(sites)),
        "site_id": family.outreach_session.site_id or 0,
        "session_id": family.outreach_session.id,
        "invitation_id": family.invitation(PARENT).id,
        "letter_id": failed.id,
        "mailbox_id": refused.mailbox_id,
        "message_id": db.session.scalars(select(InboundMessage.id)).one(),
    }


def address(path: str, ids: dict[str, int]) -> str:
    for name, key in ids.items():
        path = path.replace(f"<{name}>", str(key))
    return f"/coordination{path}"


def everything() -> dict[str, list[Any]]:
    """Give all that is in the database."""
    db.session.rollback()
    return {table.name: [tuple(row) for row in db.session.execute(select(table))] for table in Base.metadata.sorted_tables}


def form(ids: dict[str, int]) -> dict[str, str]:
    return FORM | {"invitation_ids": str(ids["invitation_id"]), "into": str(ids["into_id"])}


def test_these_are_all_addresses_there_are(app: Flask) -> None:
    found = {
        (method, rule.rule.replace("int:", ""))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(("coordination.", "mail_admin."))
        for method in rule.methods or ()
        if method in ("GET", "POST")
    }
    assert found == {("GET", f"/coordination{path}") for path in GETS} | {("POST", f"/coordination{path}") for path in POSTS}


@pytest.mark.parametrize("actor", ACTORS)
def test_nobody_else_sees_or_changes_anything(client_of: ClientOf, make: Builder, ids: dict[str, int], actor: str) -> None:
    roles = ACTORS[actor]
    client = client_of(None if roles is None else make.user(*roles))
    before = everything()
    for method, paths in (("GET", GETS), ("POST", POSTS)):
        for path in paths:
            answer = client.open(address(path, ids), method=method, data=form(ids) if method == "POST" else None)
            if roles is None:
                assert (answer.status_code, answer.location.startswith("/login")) == (302, True), path
            else:
                assert answer.status_code == 403, path
            assert "Diaz" not in answer.text
    assert everything() == before


def test_a_coordinator_sees_every_page_and_looking_changes_nothing(client_of: ClientOf, make: Builder, ids: dict[str, int]) -> None:
    client = client_of(make.coordinator())
    before = everything()
    for path in GETS:
        assert client.get(address(path, ids)).status_code == 200, path
    assert everything() == before


@pytest.mark.parametrize("path", POSTS)
def test_what_a_coordinator_posts_is_done_and_said(client_of: ClientOf, make: Builder, ids: dict[str, int], path: str) -> None:
    client = client_of(make.coordinator())
    before = everything()
    answer = client.post(address(path, ids), data=form(ids))
    assert answer.status_code == 303
    assert 'class="notice' in client.get(answer.location).text
    people = ("/people/<user_id>/reopening", "/people/<user_id>/handover", "/people/<user_id>/schools/<school_id>/end")
    nothing_to_do = ("/emails/retry", *people)
    if path not in nothing_to_do:  # letters weren't paused, the account wasn't closed
        assert everything() != before


@pytest.mark.parametrize("path", [path for path in (*GETS, *POSTS) if "<" in path])
def test_what_is_not_there_is_a_404_for_a_coordinator(client_of: ClientOf, make: Builder, ids: dict[str, int], path: str) -> None:
    client = client_of(make.coordinator())
    before = everything()
    for key in (999, 0, 2**31 - 1, 2**31, 2**70):
        missing = address(path, dict.fromkeys(ids, key))
        assert client.open(missing, method="GET" if path in GETS else "POST", data=form(ids)).status_code == 404, missing
    assert everything() == before


@pytest.mark.parametrize("path", POSTS)
def test_without_its_token_a_form_changes_nothing(app_with: Callable[..., Flask], make: Builder, ids: dict[str, int], path: str) -> None:
    coordinator = make.coordinator()
    app = app_with()
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = coordinator.fs_uniquifier
        cookie["_fresh"] = True
        cookie["fs_cc"] = "set"
    before = everything()
    assert client.post(address(path, ids), data=form(ids)).status_code in (400, 422)
    assert everything() == before
