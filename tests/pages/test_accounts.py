"""Applying, confirming, signing in, and one's own account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password, recoverable
from sqlalchemy import func, insert, select

from outreach.db import db, transaction
from outreach.models import Application, ApplicationState, Letter, LetterKind, Mailbox, RoleName, User
from outreach.models.snapshots import AccountSnapshot
from outreach.web.extensions import limiter
from tests.support.builders import Builder

PASSWORD = "needle and thread"
FORM = {
    "given_name": "Robin",
    "family_name": "Hale",
    "email": "Robin.Hale@School.example",
    "password": PASSWORD,
    "role": "teacher",
    "place": "Hill School, Leeds",
    "zone": "Europe/London",
    "message": "Biology",
}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give somebody nobody knows yet."""
    return app.test_client()


def letters(purpose: str | None = None) -> list[AccountSnapshot]:
    """Give what the letters about accounts say, oldest first."""
    rows = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.ACCOUNT).order_by(Letter.id))
    facts = [AccountSnapshot.from_json(row.facts) for row in rows]
    return [fact for fact in facts if purpose in (None, fact.purpose)]


def path_in(facts: AccountSnapshot) -> str:
    """Give the path of a letter's link, which must lead to us."""
    assert facts.link is not None
    assert facts.link.startswith("http://127.0.0.1:5000/")
    return facts.link.removeprefix("http://127.0.0.1:5000")


def known(make: Builder, *roles: RoleName, password: str = PASSWORD, **facts: Any) -> User:
    """Give somebody with a password."""
    user = make.user(*roles, **facts)
    with transaction():
        user.password = hash_password(password)
    return user


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, query: str = "") -> Any:
    return client.post(f"/login{query}", data={"email": email, "password": password})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def stored(user: User) -> User:
    db.session.expire_all()
    found = db.session.get(User, user.id)
    assert found is not None
    return found


def test_who_applies_confirms_the_address_and_is_signed_in(client: FlaskClient) -> None:
    assert client.post("/apply", data=FORM).status_code == 303
    assert sign_in(client, FORM["email"]).status_code == 422
    link = path_in(letters("confirm")[0])
    page = client.get(link)
    assert "Hill School, Leeds" in page.text
    answer = client.post(link, data={"password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/account")
    page = client.get("/account")
    assert "waiting for a coordinator" in page.text
    assert "Hill School, Leeds" in page.text


@pytest.mark.empty_database
def test_an_applicant_has_a_mailbox_and_no_role(client: FlaskClient) -> None:
    client.post("/apply", data=FORM)
    user = db.session.scalars(select(User)).one()
    assert (user.email, user.mailbox.address, user.roles) == ("robin.hale@school.example", "robin.hale@school.example", [])
    application = db.session.scalars(select(Application)).one()
    assert (application.role, application.place, application.state) == (RoleName.TEACHER, "Hill School, Leeds", ApplicationState.PENDING)


@pytest.mark.empty_database
def test_opening_the_link_confirms_nothing(client: FlaskClient) -> None:
    client.post("/apply", data=FORM)
    link = path_in(letters("confirm")[0])
    for _time in range(2):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert db.session.scalars(select(User)).one().confirmed_at is None
    assert not is_signed_in(client)


@pytest.mark.empty_database
def test_who_does_not_know_the_password_cannot_confirm(client: FlaskClient) -> None:
    client.post("/apply", data=FORM)
    answer = client.post(path_in(letters("confirm")[0]), data={"password": "something else"})
    assert answer.status_code == 422
    assert "apply again with a new one" in answer.text
    assert db.session.scalars(select(User)).one().confirmed_at is None


@pytest.mark.empty_database
def test_the_owner_of_an_address_is_stronger_than_who_applied_with_it_before(client: FlaskClient) -> None:
    client.post("/apply", data=FORM | {"password": "a stranger's choice", "given_name": "Mallory"})
    client.post("/apply", data=FORM)
    first, second = letters("confirm")
    assert client.get(path_in(first)).status_code == 410
    assert client.post(path_in(first), data={"password": "a stranger's choice"}).status_code == 410
    assert client.post(path_in(second), data={"password": "a stranger's choice"}).status_code == 422
    assert client.post(path_in(second), data={"password": PASSWORD}).status_code == 303
    assert db.session.scalars(select(User)).one().given_name == "Robin"
    assert db.session.scalar(select(func.count(Application.id))) == 1


def test_a_known_address_gets_the_same_answer_and_a_letter_that_says_so(client: FlaskClient, make: Builder) -> None:
    user = known(make, RoleName.TEACHER, email="known@school.example")
    before = user.password
    unknown_answer = client.post("/apply", data=FORM)
    known_answer = client.post("/apply", data=FORM | {"email": "Known@school.example", "password": "taking this over"})
    assert (known_answer.status_code, known_answer.location, known_answer.text) == (303, unknown_answer.location, unknown_answer.text)
    assert [facts.purpose for facts in letters()] == ["confirm", "already_here"]
    assert stored(user).password == before
    assert db.session.scalar(select(Application).where(Application.user_id == user.id)) is None


def test_a_stranger_cannot_flood_a_mailbox_with_letters(client: FlaskClient, make: Builder) -> None:
    known(make, email="known@school.example")
    for _time in range(3):
        client.post("/apply", data=FORM | {"email": "known@school.example"})
    assert len(letters("already_here")) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("given_name", "Robin\r\nBcc: all@example.org", "one line"),
        ("family_name", "win at www.casino.example", "web and e-mail addresses"),
        ("place", "Cheap meds: example.com", "web and e-mail addresses"),
        ("given_name", "Robin \u202ecod", "hidden mark"),
        ("family_name", "x" * 101, "100 characters at most"),
        ("place", "Hill\nSchool", "one line"),
        ("place", "   ", "where you work"),
        ("email", "robin@", "e-mail address"),
        ("email", "robin@school.example\r\nBcc: x@y.example", "e-mail address"),
        ("email", "", "e-mail address"),
        ("password", "short", "at least 10"),
        ("password", "1111111111111", "easy to guess"),
        ("password", "robin.hale@school.example", "your name or address"),
        ("password", "x" * 201, "200 characters"),
        ("role", "coordinator", "choose one"),
        ("role", "", "choose one"),
        ("zone", "Europe/Atlantis", "time zone"),
    ],
)
@pytest.mark.empty_database
def test_what_is_wrong_is_said_beside_its_field(client: FlaskClient, field: str, value: str, words: str) -> None:
    answer = client.post("/apply", data=FORM | {field: value})
    assert answer.status_code == 422
    beside = re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert beside is not None
    assert words in beside[1]
    assert ("Hill School, Leeds" in answer.text) is (field != "place")
    assert PASSWORD not in answer.text
    assert db.session.scalar(select(func.count(User.id))) == 0


@pytest.mark.empty_database
def test_the_confirmation_letter_can_be_asked_for_again(client: FlaskClient, make: Builder) -> None:
    known(make, email="known@school.example")
    client.post("/apply", data=FORM)
    with transaction():
        db.session.scalars(select(Letter)).one().dedupe_key = "an hour ago"
    answers = {client.post("/confirm", data={"email": email}).text for email in (FORM["email"], "known@school.example", "no@one.example")}
    assert len(answers) == 1
    assert len(letters()) == 2
    assert client.post(path_in(letters()[1]), data={"password": PASSWORD}).status_code == 303


def test_a_confirmed_address_is_not_confirmed_twice(client: FlaskClient) -> None:
    client.post("/apply", data=FORM)
    link = path_in(letters("confirm")[0])
    client.post(link, data={"password": PASSWORD})
    client.post("/logout")
    answer = client.post(link, data={"password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert not is_signed_in(client)


def test_signing_in_leads_to_the_page_asked_for(client: FlaskClient, make: Builder) -> None:
    user = known(make)
    answer = client.get("/account")
    assert (answer.status_code, answer.location) == (302, "/login?next=/account")
    answer = sign_in(client, user.email.upper(), query="?next=/account")
    assert (answer.status_code, answer.location) == (302, "/account")
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil.example"]
)
def test_signing_in_never_leads_elsewhere(client: FlaskClient, make: Builder, elsewhere: str) -> None:
    user = known(make)
    by_query = sign_in(client, user.email, query=f"?next={elsewhere}")
    assert "evil" not in (by_query.location or "").partition("?")[0].replace("/%5Cevil", "")
    client.post("/logout")
    by_form = client.post("/login", data={"email": user.email, "password": PASSWORD, "next": elsewhere})
    assert not (by_form.location or "").startswith(("http", "//", "java"))


def test_after_signing_in_everyone_lands_on_a_page_of_theirs(client: FlaskClient, make: Builder) -> None:
    sign_in(client, known(make).email)
    assert client.get("/start").location == "/account"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: FlaskClient, make: Builder) -> None:
    user = known(make)
    wrong = sign_in(client, user.email, "not the password")
    unknown = sign_in(client, "nobody@school.example", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace(user.email, "") == unknown.text.replace("nobody@school.example", "")
    assert wrong.text.count("The e-mail address or the password is wrong") == 1


def test_signing_out_takes_a_post(client: FlaskClient, make: Builder) -> None:
    sign_in(client, known(make).email)
    assert client.get("/logout").status_code == 405
    assert is_signed_in(client)
    assert client.post("/logout").status_code == 302
    assert not is_signed_in(client)


def test_without_the_form_s_token_nothing_is_posted(app: Flask, client: FlaskClient, make: Builder) -> None:
    user = known(make)
    sign_in(client, user.email)
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/logout").status_code == 400
    assert client.post("/account", data={"given_name": "Mallory"}).status_code == 400
    assert client.post("/apply", data=FORM).status_code == 400
    app.config["WTF_CSRF_ENABLED"] = False
    assert is_signed_in(client)


def test_a_forgotten_password_is_set_anew_and_ends_every_visit(app: Flask, client: FlaskClient, make: Builder) -> None:
    user = known(make)
    elsewhere = app.test_client()
    sign_in(elsewhere, user.email)
    assert client.post("/reset", data={"email": user.email}).status_code == 200
    link = path_in(letters("reset")[0])
    assert client.get(link).status_code == 200
    new = {"password": "another thread", "password_confirm": "another thread"}
    assert client.post(link, data=new | {"password_confirm": "other"}).status_code == 422
    assert client.post(link, data={"password": "short", "password_confirm": "short"}).status_code == 422
    answer = client.post(link, data=new)
    assert (answer.status_code, answer.location) == (302, "/login")
    assert not is_signed_in(elsewhere)
    assert client.post(link, data=new).location == "/reset"
    assert sign_in(client, user.email).status_code == 422
    assert sign_in(client, user.email, "another thread").status_code == 302
    assert [facts.purpose for facts in letters()] == ["reset", "password_changed"]


def test_a_rival_s_write_amid_the_hashing_breaks_no_reset(client: FlaskClient, make: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    user = known(make)
    client.post("/reset", data={"email": user.email})
    link = path_in(letters("reset")[0])

    def hash_while_a_rival_commits(password: str) -> str:
        with db.engine.begin() as rival:
            rival.execute(insert(Mailbox).values(address="rival@school.example", token="rival", locale="en", link_version=1))
        return str(hash_password(password))

    monkeypatch.setattr(recoverable, "hash_password", hash_while_a_rival_commits)
    assert client.post(link, data={"password": "another thread", "password_confirm": "another thread"}).status_code == 302
    assert sign_in(client, user.email, "another thread").status_code == 302
    assert len(letters("password_changed")) == 1


def test_asking_for_a_reset_tells_nobody_which_addresses_are_known(client: FlaskClient, make: Builder) -> None:
    user = known(make)
    known_answer = client.post("/reset", data={"email": user.email})
    unknown_answer = client.post("/reset", data={"email": "nobody@school.example"})
    assert known_answer.status_code == unknown_answer.status_code == 200
    assert known_answer.text.replace(user.email, "") == unknown_answer.text.replace("nobody@school.example", "")
    assert client.post("/reset", data={"email": "not an address"}).status_code == 422
    assert len(letters()) == 1


def test_links_in_letters_ignore_the_host_header(client: FlaskClient, make: Builder) -> None:
    user = known(make)
    client.post("/reset", data={"email": user.email}, headers={"Host": "evil.example"})
    assert path_in(letters("reset")[0]).startswith("/reset/")


def test_a_changed_password_signs_other_devices_out(app: Flask, client: FlaskClient, make: Builder) -> None:
    user = known(make)
    elsewhere = app.test_client()
    for device in (client, elsewhere):
        sign_in(device, user.email)
    change = {"password": PASSWORD, "new_password": "another thread", "new_password_confirm": "another thread"}
    assert client.post("/account/password", data=change | {"password": "wrong"}).status_code == 422
    assert client.post("/account/password", data=change).location == "/account"
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert [facts.purpose for facts in letters()] == ["password_changed"]
    assert sign_in(app.test_client(), user.email, "another thread").status_code == 302


def test_one_changes_one_s_own_name_and_zone(client: FlaskClient, make: Builder) -> None:
    user = known(make)
    sign_in(client, user.email)
    assert client.post("/account", data={"given_name": "A\nB", "family_name": "Hale", "zone": "Asia/Tokyo"}).status_code == 422
    answer = client.post("/account", data={"given_name": "Zoë", "family_name": "Hale", "zone": "Asia/Tokyo", "email": "x@y.example"})
    assert answer.status_code == 303
    assert (stored(user).name, stored(user).zone) == ("Zoë Hale", "Asia/Tokyo")
    assert stored(user).email == user.email


def test_who_is_signed_in_applies_for_another_role_once(client: FlaskClient, make: Builder) -> None:
    user = known(make, RoleName.TEACHER)
    sign_in(client, user.email)
    wish = {"role": "clinician", "place": "St Luke's, Leeds"}
    assert client.post("/apply", data=wish).status_code == 303
    again = client.post("/apply", data=wish)
    assert again.status_code == 422
    assert "waiting for a decision" in again.text
    assert client.post("/apply", data={"role": "coordinator", "place": "Everywhere"}).status_code == 422
    assert db.session.scalar(select(func.count(Application.id))) == 1


def test_a_closed_account_stays_out_and_its_visits_end(client: FlaskClient, make: Builder) -> None:
    user = known(make)
    sign_in(client, user.email)
    with transaction():
        user.active = False
    assert not is_signed_in(client)
    answer = sign_in(client, user.email)
    assert answer.status_code == 422
    assert "closed" in answer.text
    assert "closed" not in sign_in(client, user.email, "not the password").text
    client.post("/reset", data={"email": user.email})
    assert letters() == []


@pytest.fixture
def limited(app: Flask) -> Iterator[None]:  # noqa: ARG001 (switches the limits off)
    """Count requests, as outside of tests."""
    limiter.enabled = True
    limiter.reset()
    yield
    limiter.enabled = False


@pytest.mark.usefixtures("limited")
def test_guessing_a_password_is_slowed_down(client: FlaskClient, make: Builder) -> None:
    user = known(make)
    answers = [sign_in(client, user.email, "not the password").status_code for _time in range(11)]
    assert answers == [422] * 10 + [429]
    assert sign_in(client, "somebody@else.example", "not the password").status_code == 422


@pytest.mark.usefixtures("limited")
def test_asking_for_resets_is_slowed_down(client: FlaskClient) -> None:
    answers = [client.post("/reset", data={"email": "known@school.example"}).status_code for _time in range(6)]
    assert answers == [200] * 5 + [429]


@pytest.mark.parametrize("path", ["/account", "/account/password", "/start"])
def test_strangers_are_asked_to_sign_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


def test_pages_of_an_account_are_not_kept_by_the_browser(client: FlaskClient) -> None:
    for path in ("/login", "/reset"):
        assert "no-store" in client.get(path).headers["Cache-Control"]


def test_everybody_sees_their_own_account(client_of: Callable[[User | None], FlaskClient], make: Builder) -> None:
    first, second = make.user(), make.user()
    page = client_of(first).get("/account").text
    assert first.family_name in page
    assert second.family_name not in page
    assert second.family_name in client_of(second).get("/account").text
