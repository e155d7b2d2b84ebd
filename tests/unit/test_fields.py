"""What the shared form fields take, change and refuse, at their limits; and what the service tells the extensions it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField
from wtforms.validators import Optional

from outreach.blueprints import blueprints
from outreach.errors import NotThere, OutreachError, Refusal, Stale
from outreach.folding import name_key
from outreach.models import Application, ApplicationState, RoleName
from outreach.people import typed_addresses
from outreach.settings import Settings
from outreach.time import clock
from outreach.web.fields import AddressField, CountryField, LineField, NameField, ProseField, ZoneField, countries, required, zones
from outreach.web.flask_config import flask_settings
from outreach.web.pages import Form
from tests.support.builders import NOW, Builder


class Sample(Form):
    """One field of each kind."""

    line = LineField("Line", (required("Say it."),), longest=10)
    free = LineField("Free", (Optional(),))
    name = NameField("Name", (Optional(),))
    prose = ProseField("Prose", longest=10)
    address = AddressField("Address", (Optional(),))
    zone = ZoneField("Zone", default="Europe/London")
    country = CountryField("Country", default="GB")
    number = IntegerField("Number", (required(),), default=1)


GOOD = {"line": "x", "zone": "Europe/London", "country": "GB", "number": "1"}


@pytest.fixture
def filled(app: Flask) -> Any:
    """Give the form as it is after something was sent."""

    def fill(**typed: str) -> tuple[Sample, dict[str, Any]]:
        with app.test_request_context("/", method="POST"):
            form = Sample(formdata=MultiDict(GOOD | typed))
            form.validate()
            return form, {name: [str(error) for error in errors] for name, errors in form.errors.items()}

    return fill


Filled = Callable[..., tuple[Sample, dict[str, Any]]]


def test_what_is_good_is_taken(filled: Filled) -> None:
    form, errors = filled()
    assert (errors, form.line.data, form.free.data, form.prose.data, form.address.data) == ({}, "x", "", "", "")


@pytest.mark.parametrize("typed", ["", " ", "\t ", "\n"])
def test_blanks_are_nothing(filled: Filled, typed: str) -> None:
    _form, errors = filled(line=typed)
    assert errors["line"][-1] in ("Say it.", "Please enter this on one line, without control characters.")
    assert filled(number="")[1]["number"] == ["Please fill this in."]


def test_a_line_loses_the_blanks_around_it_and_has_a_length(filled: Filled) -> None:
    assert filled(line=" \ta b\t ")[0].line.data == "a b"
    assert filled(line="x" * 10)[1] == {}
    assert filled(line="x" * 11)[1] == {"line": ["Please use 10 characters at most."]}
    assert filled(free="x" * 255)[1] == {}
    assert filled(free="x" * 256)[1] == {"free": ["Please use 255 characters at most."]}


@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_a_line_stays_on_one_line(filled: Filled, character: str) -> None:
    assert filled(free=f"a{character}b")[1] == {"free": ["Please enter this on one line, without control characters."]}


@pytest.mark.parametrize("text", ["a b", "a\u00a0b", "Zoë O’Neil", "名"])
def test_other_characters_are_fine_on_a_line(filled: Filled, text: str) -> None:
    assert (filled(free=text)[1], filled(free=text)[0].free.data) == ({}, text)


def test_prose_keeps_its_lines_and_loses_control_characters(filled: Filled) -> None:
    assert filled(prose=" a\r\nb\x00c ")[0].prose.data == "a\nb c"
    assert filled(prose="x" * 10)[1] == {}
    assert filled(prose="x" * 11)[1] == {"prose": ["Please use 10 characters at most."]}


def test_an_address_is_kept_as_a_mailbox_keeps_it(filled: Filled) -> None:
    assert filled(address=" Ana@School.ORG\t")[0].address.data == "ana@school.org"
    for typed in ("ana", "ana@", "ana@school.org, ben@school.org", "ana @school.org"):
        assert "doesn't look like an e-mail address" in filled(address=typed)[1]["address"][0]


def test_zone_and_country_are_chosen_from_the_list(filled: Filled) -> None:
    assert filled(zone="Asia/Tokyo", country="JP")[1] == {}
    for typed in ("Mars/Olympus", "", "tokyo"):
        assert filled(zone=typed)[1] == {"zone": ["Please choose a time zone from the list."]}
    for typed in ("XX", "EU", "UN", "ZZ", "", "gb"):
        assert filled(country=typed)[1] == {"country": ["Please choose a country from the list."]}


def test_a_zone_stored_under_an_older_name_stays(app: Flask) -> None:
    older = "Asia/Calcutta"
    with app.test_request_context("/"):
        assert older not in {choice.value for choice in zones()}
        assert older in {choice.value for choice in zones(older)}
        form = Sample(formdata=None, data={"zone": older})
        assert older in {choice.value for choice in form.zone.choices}
        assert older not in {choice.value for choice in Sample(formdata=None).zone.choices}


def test_zones_show_the_time_of_this_minute_in_the_language_of_this_reader(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are kept for a minute."""
    shown = []
    for now, language in ((NOW, "en"), (NOW + timedelta(seconds=59), "en"), (NOW + timedelta(minutes=1), "en"), (NOW, "es")):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        with app.test_request_context("/"), force_locale(language):
            shown.append(next(str(choice.label) for choice in zones() if choice.value == "Europe/London"))
    assert shown == ["London, now 09:00", "London, now 09:00", "London, now 09:01", "Londres, now 09:00"]


@pytest.mark.usefixtures("app")
def test_countries_stand_by_name_and_are_countries(app: Flask) -> None:
    with app.test_request_context("/"):
        found = countries()
        labels = [choice.label for choice in found]
        assert labels == sorted(labels, key=name_key)
        assert [choice.value for choice in found] != sorted(choice.value for choice in found)
        values = {choice.value for choice in found}
        assert {"GB", "US", "JP"} <= values
        assert not values & {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "001", "419"}
        assert {len(value) for value in values} == {2}


def test_a_refusal_stands_beside_its_field_or_on_top(app: Flask) -> None:
    with app.test_request_context("/", method="POST"):
        for field, place in (("line", "line"), ("gone", ""), (None, "")):
            form = Sample(formdata=MultiDict(GOOD))
            form.validate()
            form.refuse(Refusal("Too late.", field=field))
            assert form.errors == {place: ["Too late."]}


def test_each_refusal_has_its_status_and_words() -> None:
    assert [(kind.status, str(kind("Words."))) for kind in (OutreachError, Refusal, Stale, NotThere)] == [
        (422, "Words."),
        (422, "Words."),
        (409, "Words."),
        (404, "Words."),
    ]
    assert Refusal("Words.").field is None
    assert [kind("Words.", field="name").field for kind in (Refusal, Stale, NotThere)] == ["name"] * 3


@pytest.mark.usefixtures("app")
def test_what_is_not_there_has_words_of_its_own() -> None:
    assert str(NotThere()) == str(NotThere(None)) == "There is no page here, or you don't have access to it."


# What the extensions are told.


def test_cookies_and_limits_are_as_they_must_be(settings: Settings) -> None:
    config = flask_settings(settings)
    expected: dict[str, Any] = {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=30),
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_HEADERS_ENABLED": False,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=24),
        "SECURITY_CONFIRM_EMAIL_WITHIN": timedelta(days=7),
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_STATIC_FOLDER": None,
        "REMEMBER_COOKIE_DURATION": timedelta(days=30),
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
    }
    assert {name: config[name] for name in expected} == expected


@pytest.mark.parametrize(("base_url", "is_secure"), [("https://outreach.example", True), ("http://outreach.example", False)])
def test_over_https_cookies_go_over_nothing_else(settings: Settings, base_url: str, *, is_secure: bool) -> None:
    config = flask_settings(replace(settings, base_url=base_url))
    assert (config["SESSION_COOKIE_SECURE"], config["REMEMBER_COOKIE_SECURE"]) == (is_secure, is_secure)


def test_the_mailbox_page_exists_in_a_demo_alone(settings: Settings) -> None:
    production = replace(settings, mode="production", mail_server="mail.example.org")
    names = [[blueprint.name for blueprint in blueprints(one)] for one in (settings, production)]
    assert names[0] == [*names[1], "mailbox"]
    assert len(names[1]) == len(set(names[1])) == 13


# Users.


def test_a_user_is_what_was_given(make: Builder) -> None:
    both, none = make.user(RoleName.TEACHER, RoleName.COORDINATOR, given_name="Ann", family_name="Reed"), make.user()
    assert [both.is_a(role) for role in RoleName] == [False, True, True]
    assert [none.is_a(role) for role in RoleName] == [False, False, False]
    assert both.name == "Ann Reed"


def test_a_decision_says_what_who_when_and_why(make: Builder) -> None:
    asked, coordinator = Application(state=ApplicationState.PENDING), make.coordinator()
    asked.decide(ApplicationState.DECLINED, by=coordinator, note="No", now=make.now)
    assert (asked.state, asked.decided_by_id, asked.decision_note, asked.decided_at) == (
        ApplicationState.DECLINED,
        coordinator.id,
        "No",
        make.now,
    )


@pytest.mark.parametrize("typed", ["win at example.com", "a@b.org", "Ana \u202eX", "Ana\u200f", "Ana\nBcc: x", "Ana\u2028x"])
def test_a_name_has_no_links_line_breaks_or_direction_marks(filled: Filled, typed: str) -> None:
    assert list(filled(name=typed)[1]) == ["name"]


def test_a_name_loses_what_shows_nothing(filled: Filled) -> None:
    form, errors = filled(name="\ufeff\u00a0St. Mary\u2019s\u200b Nguyễn-O\u2019Brien ")
    assert (errors, form.name.data) == ({}, "St. Mary\u2019s Nguyễn-O\u2019Brien")


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "Ana Reed <Ana@School.org>",
            "mailto:ana@school.org?subject=Hi",
            "\u200bana@school.org\u00a0",
            "<ana@school.org>;",
            "ana@school.org,",
        ),
        *('"Reed, Ana" <mailto:ana@school.org>', "a\u200dna@school.org", "ana\uff20school.org", "(ana@school.org)"),
    ],
)
def test_a_pasted_address_is_taken_out_of_what_surrounds_it(filled: Filled, typed: str) -> None:
    form, errors = filled(address=typed)
    assert (errors, form.address.data) == ({}, "ana@school.org")


def test_several_addresses_are_taken_one_by_one() -> None:
    pasted = "Ana Reed <Ana@school.org>; mailto:ben@school.org\ncara@school.org dan"
    assert typed_addresses(pasted) == ("ana@school.org", "ben@school.org", "cara@school.org", "dan")
