"""Account pages: where people land, what they see of themselves, and how often one may try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from flask_security.confirmable import generate_confirmation_token
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Application, ApplicationState, RoleName, User
from outreach.web.extensions import limiter
from tests.support.builders import Builder

Clients = Callable[[User | None], FlaskClient]
COORDINATOR, TEACHER, CLINICIAN = RoleName.COORDINATOR, RoleName.TEACHER, RoleName.CLINICIAN


@pytest.mark.parametrize(
    ("roles", "lands_on"),
    [
        ((), "/account"),
        ((CLINICIAN,), "/my-sessions"),
        ((TEACHER,), "/classes"),
        ((COORDINATOR,), "/coordination"),
        ((TEACHER, CLINICIAN), "/classes"),
        ((COORDINATOR, TEACHER, CLINICIAN), "/coordination"),
    ],
)
def test_after_signing_in_one_lands_on_the_page_one_uses_most(
    make: Builder, client_of: Clients, roles: tuple[RoleName, ...], lands_on: str
) -> None:
    answer = client_of(make.user(*roles)).get("/start")
    assert (answer.status_code, answer.location) == (302, lands_on)


def test_ones_account_lists_ones_own_applications_newest_first(make: Builder, client_of: Clients, now: datetime) -> None:
    user, other = make.user(), make.user()
    with transaction():
        for who, place, role in ((user, "Older Place", TEACHER), (other, "Foreign Place", TEACHER), (user, "Newer Place", CLINICIAN)):
            db.session.add(Application(user_id=who.id, role=role, place=place, created_at=now, state=ApplicationState.PENDING))
    page = client_of(user).get("/account").text
    assert 0 < page.index("Newer Place") < page.index("Older Place")
    assert "Foreign Place" not in page


def unconfirmed(make: Builder, app: Flask) -> tuple[User, str]:
    """Give somebody who has yet to confirm the address, and the link that does it."""
    user = make.user()
    with transaction():
        user.confirmed_at, user.password = None, hash_password("needle and thread")
    with app.test_request_context():
        return user, f"/confirm/{generate_confirmation_token(user)}"  # type: ignore[no-untyped-call]  # it has no annotations


@pytest.mark.parametrize("why", ["closed", "expired", "broken"])
def test_a_link_that_has_ended_confirms_nothing(app: Flask, make: Builder, client_of: Clients, why: str) -> None:
    user, link = unconfirmed(make, app)
    if why == "closed":
        with transaction():
            user.active = False
    if why == "expired":
        app.config["SECURITY_CONFIRM_EMAIL_WITHIN"] = timedelta(seconds=-1)
    link = link[:-3] if why == "broken" else link
    for method in ("GET", "POST"):
        answer = client_of(None).open(link, method=method, data={"password": "needle and thread"})
        assert answer.status_code == 410
    assert db.session.scalar(select(User.confirmed_at).where(User.id == user.id)) is None


def test_confirming_needs_the_password_and_says_what_comes_next(app: Flask, make: Builder, client_of: Clients) -> None:
    user, link = unconfirmed(make, app)
    client = client_of(None)
    for typed in ({}, {"password": ""}, {"password": "needle and threat"}):
        assert client.post(link, data=typed).status_code == 422
    assert db.session.scalar(select(User.confirmed_at).where(User.id == user.id)) is None
    assert client.post(link, data={"password": "needle and thread"}).location == "/account"
    assert "your address is confirmed. A coordinator will look at your application next." in client.get("/account").text


def test_a_profile_that_is_refused_keeps_what_was_there(make: Builder, client_of: Clients) -> None:
    user = make.user(given_name="Robin", family_name="Hale")
    client = client_of(user)
    for wrong in ({"given_name": ""}, {"family_name": "a@b.org"}, {"zone": "Mars/Olympus"}, {"given_name": "x" * 101}):
        typed = {"given_name": "New", "family_name": "Name", "zone": "Asia/Tokyo"} | wrong
        assert client.post("/account", data=typed).status_code == 422
    assert db.session.execute(select(User.given_name, User.family_name, User.zone).where(User.id == user.id)).one() == (
        "Robin",
        "Hale",
        "Europe/London",
    )
    longest = {"given_name": "x" * 100, "family_name": "y" * 100, "zone": "Asia/Tokyo"}
    assert client.post("/account", data=longest).status_code == 303
    assert "Saved." in client.get("/account").text


def test_who_is_signed_in_applies_again_without_a_password(make: Builder, client_of: Clients) -> None:
    user = make.user(TEACHER)
    client = client_of(user)
    assert 'name="password"' not in client.get("/apply").text
    assert client.post("/apply", data={"role": "clinician", "place": ""}).status_code == 422
    assert client.post("/apply", data={"role": "clinician", "place": "St Luke's", "message": "Surgery"}).location == "/account"
    asked = db.session.scalars(select(Application).where(Application.user_id == user.id)).one()
    assert (asked.role, asked.place, asked.message) == (CLINICIAN, "St Luke's", "Surgery")
    assert "A coordinator will look at your application" in client.get("/account").text


def test_everything_that_is_wrong_is_said_at_once(make: Builder, client_of: Clients) -> None:
    """What only a look at the account shows, too."""
    user = make.user(TEACHER)
    with transaction():
        user.password = hash_password("needle and thread")
    client = client_of(user)
    client.post("/apply", data={"role": "clinician", "place": "St Luke's"})
    page = client.post("/apply", data={"role": "clinician", "place": ""}).text
    assert [name for name in ("role", "place") if f'id="{name}-error"' in page] == ["role", "place"]
    typed = {"password": "not the present one", "new_password": "iloveyou123", "new_password_confirm": "something else"}
    page = client.post("/account/password", data=typed).text
    assert [name for name in typed if f'id="{name}-error"' in page] == list(typed)


@pytest.fixture
def limited(app: Flask) -> Iterator[None]:  # noqa: ARG001 (switches the limits off)
    """Count requests, as outside of tests."""
    limiter.enabled = True
    limiter.reset()
    yield
    limiter.enabled = False


# What is asked for, with what (`{n}` counts the tries), and how often it is answered.
LIMITS = [
    ("/apply", {}, 30),
    ("/confirm", {"email": "one@school.example"}, 5),
    ("/confirm", {"email": "one{n}@school.example"}, 20),
    ("/reset", {"email": "one{n}@school.example"}, 20),
    ("/reset/nonsense", {}, 20),
    ("/confirm/nonsense", {}, 10),
    ("/login", {"email": "one{n}@school.example"}, 60),
]


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(("path", "data", "often"), LIMITS)
def test_one_may_try_so_often_and_looking_is_free(client_of: Clients, path: str, data: dict[str, str], often: int) -> None:
    client = client_of(None)
    assert client.get(path).status_code in {200, 302, 410}
    answers = [client.post(path, data={name: typed.format(n=n) for name, typed in data.items()}).status_code for n in range(often + 1)]
    assert [status == 429 for status in answers] == [False] * often + [True]
    assert client.get(path).status_code != 429


@pytest.mark.usefixtures("limited")
def test_a_password_is_changed_so_often(make: Builder, client_of: Clients) -> None:
    client = client_of(make.user())
    answers = [client.post("/account/password", data={}).status_code for _time in range(21)]
    assert [status == 429 for status in answers] == [False] * 20 + [True]


@pytest.mark.usefixtures("limited")
def test_tries_are_counted_by_address_however_it_is_written(client_of: Clients) -> None:
    client = client_of(None)
    written = (
        "one@school.example",
        "ONE@school.example",
        " one@school.example ",
        "One@School.example",
        "one@SCHOOL.example",
        "ONE@SCHOOL.EXAMPLE",
    )
    assert [client.post("/confirm", data={"email": email}).status_code == 429 for email in written] == [False] * 5 + [True]
