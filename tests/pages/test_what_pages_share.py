"""What every page shares: headers, error pages, forms without their token, proxies, addresses of files, the way around."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from outreach.errors import NotThere, Refusal, Stale
from outreach.models import RoleName, User
from outreach.web.extensions import limiter
from outreach.web.pages import BEYOND_KEYS, CONTENT_POLICY, load
from tests.support.builders import Builder

ClientOf = Callable[[User | None], FlaskClient]
AppWith = Callable[..., Flask]


def raising(app: Flask, error: Exception) -> FlaskClient:
    """Give a browser for an app with a page at which this happens."""

    def fail() -> str:
        raise error

    app.add_url_rule("/fails", "fails", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.mark.parametrize("path", ["/", "/login", "/nowhere", "/healthz", "/coordination"])
def test_every_answer_keeps_browsers_on_the_safe_side(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers
    assert headers["Content-Security-Policy"] == CONTENT_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"
    assert "Strict-Transport-Security" not in headers


def test_scripts_and_frames_come_from_nowhere_else() -> None:
    policy = dict(part.strip().split(" ", 1) for part in CONTENT_POLICY.split(";"))
    assert policy == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        **{f"{name}-src": "'self'" for name in ("script", "style", "img", "font", "connect")},
        "form-action": "'self'",
    }


def test_over_https_browsers_are_told_to_stay_there(app_with: AppWith) -> None:
    answer = app_with(base_url="https://outreach.example").test_client().get("/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(("error", "status"), [(Refusal("Too late."), 422), (Stale("It was moved."), 409), (NotThere("It is gone."), 404)])
def test_a_refusal_becomes_a_page_with_its_words_and_status(app_with: AppWith, error: Exception, status: int) -> None:
    answer = raising(app_with(), error).get("/fails")
    assert (answer.status_code, str(error) in answer.text) == (status, True)


def test_a_fault_of_ours_says_nothing_of_itself(app_with: AppWith) -> None:
    answer = raising(app_with(), RuntimeError("a secret")).get("/fails")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert 'href="/login"' not in answer.text.partition("<main")[0], "who is asking isn't looked up"


def test_navigation_stays_on_pages_that_were_not_found_and_goes_when_we_are_broken(app_with: AppWith) -> None:
    client = raising(app_with(), ServiceUnavailable())
    found, broken = client.get("/nowhere"), client.get("/fails")
    assert (found.status_code, broken.status_code) == (404, 503)
    assert [bool(re.search(r">\s*Sessions\s*</a>", page.text.partition("<main")[0])) for page in (found, broken)] == [True, False]


def test_an_error_that_brings_its_answer_gives_it(app_with: AppWith) -> None:
    app = app_with()

    def fail() -> str:
        raise HTTPException(response=app.response_class("theirs", status=418))

    app.add_url_rule("/theirs", "theirs", fail)
    answer = app.test_client().get("/theirs")
    assert (answer.status_code, answer.text) == (418, "theirs")


def test_an_error_page_has_the_status_it_is_about(app_with: AppWith) -> None:
    app = app_with()
    app.add_url_rule("/say/<int:code>", "say", abort)
    for code in (400, 403, 404, 405, 410, 413, 429):
        assert app.test_client().get(f"/say/{code}").status_code == code


@pytest.mark.parametrize("key", ["2147483647", "2147483648", "99999999999999999999"])
def test_a_number_no_key_column_holds_is_nobody_s(client_of: ClientOf, make: Builder, key: str) -> None:
    assert client_of(make.coordinator()).get(f"/coordination/people/{key}").status_code == 404
    assert client_of(None).get(f"/sessions/{key}").status_code == 404


def test_a_record_is_there_for_whoever_may_have_it(app: Flask, make: Builder) -> None:
    user = make.user()
    with app.test_request_context("/"):
        assert load(User, user.id, lambda _me, _record: True) is user
        for key in (user.id, 999_999, BEYOND_KEYS, BEYOND_KEYS - 1):
            with pytest.raises(HTTPException, match="404"):
                load(User, key, lambda _me, record: record.id != user.id)


# Who finds what in the navigation.


@pytest.mark.parametrize(
    ("roles", "places"),
    [
        (None, ["Sessions"]),
        ((), ["Sessions", "My account"]),
        ((RoleName.CLINICIAN,), ["Sessions", "My sessions", "My account"]),
        ((RoleName.TEACHER,), ["Sessions", "My classes", "Registrations", "My account"]),
        ((RoleName.COORDINATOR,), ["Sessions", "My sessions", "Coordination", "My account"]),
    ],
)
def test_everybody_finds_their_own_pages_in_the_navigation(
    client_of: ClientOf, make: Builder, roles: tuple[RoleName, ...] | None, places: list[str]
) -> None:
    page = client_of(None if roles is None else make.user(*roles)).get("/sessions", follow_redirects=True).text
    words = ("Sessions", "My sessions", "My classes", "Registrations", "Coordination", "My account")
    head = page.partition("<main")[0]
    found = [word for word in words if re.search(rf">\s*{word}\s*</a>", head)]
    assert found == places


# Files.


def test_the_address_of_a_file_says_which_version_it_is(app: Flask) -> None:
    page = app.test_client().get("/").text
    found = re.findall(r'(?:href|src)="/static/([^"?]+)\?v=([0-9a-f]+)"', page)
    assert found
    for name, version in found:
        assert version == sha256((Path(str(app.static_folder)) / name).read_bytes()).hexdigest()[:12]
    with app.test_client().get(f"/static/{found[0][0]}") as answer:
        assert answer.cache_control.max_age == 30 * 24 * 3600


def test_a_file_that_is_not_there_has_an_address_all_the_same(app: Flask) -> None:
    with app.test_request_context("/"):
        assert app.url_for("static", filename="gone.css") == "/static/gone.css?v=0"


# Proxies.


@pytest.mark.parametrize(("hops", "address"), [(0, "127.0.0.1"), (1, "3.3.3.3"), (2, "2.2.2.2")])
def test_so_many_proxies_are_believed_and_no_more(app_with: AppWith, hops: int, address: str) -> None:
    app = app_with(trusted_proxies=hops)
    seen: dict[str, Any] = {}

    def look() -> str:
        seen.update(address=request.remote_addr, host=request.host, scheme=request.scheme)
        return ""

    app.add_url_rule("/look", "look", look)
    each = {"For": "1.1.1.1, 2.2.2.2, 3.3.3.3", "Proto": "http, https, https", "Host": "a.example, b.example, c.example"}
    headers = {f"X-Forwarded-{name}": value for name, value in each.items()}
    app.test_client().get("/look", headers=headers)
    expected = {0: ("localhost", "http"), 1: ("c.example", "https"), 2: ("b.example", "https")}[hops]
    assert (seen["address"], (seen["host"], seen["scheme"])) == (address, expected)


def test_who_signs_in_too_often_waits_and_others_do_not(app_with: AppWith) -> None:
    app = app_with(trusted_proxies=1)
    limiter.enabled = True
    limiter.reset()
    try:
        client = app.test_client()

        def tries(address: str) -> list[int]:
            typed = {"email": "a@b.example", "password": "x"}
            return [client.post("/login", data=typed, headers={"X-Forwarded-For": address}).status_code for _ in range(31)]

        first, second = tries("1.1.1.1"), client.post("/login", data={}, headers={"X-Forwarded-For": "2.2.2.2"})
        assert 429 in first
        assert first[0] != 429
        assert second.status_code != 429
        assert client.get("/login", headers={"X-Forwarded-For": "1.1.1.1"}).status_code == 200
    finally:
        limiter.enabled = False
        limiter.reset()


# Cookies and tokens.


@pytest.mark.parametrize(("base_url", "is_secure"), [("https://outreach.example", True), ("http://127.0.0.1:5000", False)])
def test_the_cookie_is_for_our_pages_alone(app_with: AppWith, base_url: str, *, is_secure: bool) -> None:
    app = app_with(base_url=base_url)
    answer = app.test_client().get("/login", base_url=base_url)
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("outreach="))
    assert ("Secure" in cookie, "HttpOnly" in cookie, "SameSite=Lax" in cookie) == (is_secure, True, True)


def test_a_form_without_its_token_is_not_taken(app_with: AppWith) -> None:
    app = app_with()
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    for path in ("/login", "/apply", "/reset"):
        assert client.post(path, data={"email": "a@b.example"}).status_code in (400, 422), path
