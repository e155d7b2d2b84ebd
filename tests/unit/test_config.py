"""What can be set from outside: each variable is read, checked at its edges, and one error names all that is wrong."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outreach.mail.verp import bounce_address
from outreach.settings import ROOT, Settings, SettingsError, read_settings
from tests.support.letter_cases import SETTINGS

KEY_FILE = Path(__file__).parent.parent / "support" / "keys" / "dkim.pem"
LEAST = {
    "SECRET_KEY": "k" * 32,
    "BASE_URL": "https://outreach.example.org",
    "MAIL_SERVER": "mail.example.org",
    "REPLY_ADDRESS": "rsvp+{token}@outreach.example.org",
}


def read(given: dict[str, str] = LEAST, /, **more: str) -> Settings:
    return read_settings({f"OUTREACH_{name}": value for name, value in (given | more).items()})


def complaints(given: dict[str, str] = LEAST, /, **more: str) -> list[str]:
    """Give the lines of the error, after the prefix."""
    with pytest.raises(SettingsError) as refused:
        read(given, **more)
    first, *lines = str(refused.value).split("\n")
    assert first == "The settings are not complete:"
    assert all(line.startswith("  OUTREACH_") for line in lines)
    return [line.removeprefix("  OUTREACH_") for line in lines]


def test_what_is_not_set_has_the_defaults_the_readme_promises() -> None:
    expected = Settings(
        mode="production",
        database_url=f"sqlite:///{ROOT / 'instance' / 'outreach.sqlite3'}",
        secret_key="k" * 32,
        base_url="https://outreach.example.org",
        reply_address="rsvp+{token}@outreach.example.org",
        instance_path=ROOT / "instance",
        mail_server="mail.example.org",
        mail_port=25,
        mail_username=None,
        mail_password=None,
        mail_use_tls=False,
        mail_per_domain=600,
        bounce_address="",
        inbox_url=None,
        authserv_id=None,
        dkim_selector=None,
        dkim_key_file=None,
        trusted_proxies=0,
    )

    assert read() == expected


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("MODE", "demo", "demo"),
        ("DATABASE_URL", "postgresql+psycopg://outreach@/outreach", "postgresql+psycopg://outreach@/outreach"),
        ("DATABASE_URL", "sqlite:////srv/outreach.sqlite3", "sqlite:////srv/outreach.sqlite3"),
        ("SECRET_KEY", "s" * 40, "s" * 40),
        ("BASE_URL", "http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("BASE_URL", "https://example.org/outreach//", "https://example.org/outreach"),
        ("MAIL_SERVER", "smtp.example.org", "smtp.example.org"),
        ("MAIL_PORT", "465", 465),
        ("MAIL_USERNAME", "us", "us"),
        ("MAIL_PASSWORD", "hush", "hush"),
        ("MAIL_USE_TLS", "1", True),
        ("MAIL_USE_TLS", "0", False),
        ("MAIL_PER_DOMAIN", "30", 30),
        ("REPLY_ADDRESS", "{token}@example.org", "{token}@example.org"),
        ("BOUNCE_ADDRESS", "b+{token}@example.org", "b+{token}@example.org"),
        ("INBOX_URL", "imaps://us:hush@mail.example.org/INBOX", "imaps://us:hush@mail.example.org/INBOX"),
        ("AUTHSERV_ID", "mx.example.org", "mx.example.org"),
        ("TRUSTED_PROXIES", "1", 1),
        ("MAIL_USERNAME", "  us  ", "us"),
        ("MAIL_USERNAME", "", None),
        ("MAIL_PASSWORD", "", None),
        ("AUTHSERV_ID", "", None),
        ("BOUNCE_ADDRESS", "", ""),
        ("INBOX_URL", "", None),
        ("MAIL_PORT", "", 25),
        ("MAIL_PER_DOMAIN", "0", 0),
    ],
)
def test_each_variable_is_read_and_changes_nothing_else(name: str, value: str, kept: object) -> None:
    changed: dict[str, Any] = {name.lower(): kept}

    assert read(**{name: value}) == replace(read(), **changed)


def test_only_variables_of_ours_are_read() -> None:
    ours = {f"OUTREACH_{name}": value for name, value in LEAST.items()}

    assert read_settings(ours | {"MAIL_PORT": "2525", "XOUTREACH_MAIL_PORT": "2525", "PORT": "8000"}) == read()


def test_a_setting_left_out_in_code_has_the_default_of_the_environment() -> None:
    needed = ("mode", "database_url", "secret_key", "base_url", "reply_address", "instance_path", "mail_server")
    bare = Settings(**{name: getattr(read(), name) for name in needed})

    assert replace(bare, mail_per_domain=600) == read()


def test_the_instance_folder_also_holds_the_database(tmp_path: Path) -> None:
    found = read(INSTANCE_PATH=str(tmp_path))

    assert (found.instance_path, found.database_url) == (tmp_path, f"sqlite:///{tmp_path / 'outreach.sqlite3'}")
    assert read(INSTANCE_PATH="here").instance_path == Path.cwd() / "here"


def test_selector_and_key_are_read_together() -> None:
    found = read(DKIM_SELECTOR="autumn2026", DKIM_KEY_FILE=str(KEY_FILE))

    assert (found.dkim_selector, found.dkim_key_file) == ("autumn2026", KEY_FILE)


@pytest.mark.parametrize(
    ("name", "lowest", "highest"), [("MAIL_PORT", 1, 65535), ("MAIL_PER_DOMAIN", 0, 100_000), ("TRUSTED_PROXIES", 0, 5)]
)
def test_a_number_is_taken_from_its_lowest_to_its_highest(name: str, lowest: int, highest: int) -> None:
    for number in (lowest, highest):
        assert getattr(read(**{name: str(number)}), name.lower()) == number
    for wrong in (str(lowest - 1), str(highest + 1), "2.5", "two", "²", "1e1"):
        assert complaints(**{name: wrong}) == [f"{name} must be a whole number from {lowest} to {highest}, not {wrong!r}."]


def test_one_error_names_all_that_is_missing() -> None:
    assert sorted(complaints({})) == [f"{name} is missing." for name in sorted(LEAST)]


@pytest.mark.parametrize("name", LEAST)
def test_production_begins_without_none_of_its_four(name: str) -> None:
    assert complaints({key: value for key, value in LEAST.items() if key != name}) == [f"{name} is missing."]
    assert complaints({**LEAST, name: " "}) == [f"{name} is missing."]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("MODE", "test", "MODE must be production or demo, not 'test'."),
        ("MAIL_USE_TLS", "yes", "MAIL_USE_TLS must be 0 or 1, not 'yes'."),
        ("SECRET_KEY", "k" * 31, "SECRET_KEY must have at least 32 characters;"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://."),
        ("DATABASE_URL", "postgresql://x", "DATABASE_URL must begin with"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL must begin with"),
        ("BASE_URL", "ftp://outreach.example.org", "BASE_URL must be an address such as https://outreach.example.org."),
        ("BASE_URL", "https://", "BASE_URL must be an address"),
        ("BASE_URL", "https://x.example?a=1", "BASE_URL must be an address"),
        ("BASE_URL", "https://x.example#a", "BASE_URL must be an address"),
        ("BASE_URL", "outreach.example.org", "BASE_URL must be an address"),
        ("REPLY_ADDRESS", "rsvp@example.org", "REPLY_ADDRESS must be an address with {token} in it"),
        ("REPLY_ADDRESS", "{token}+{token}@example.org", "REPLY_ADDRESS must be an address with {token} in it"),
        ("REPLY_ADDRESS", "rsvp+{token}", "REPLY_ADDRESS must be an address with {token} in it"),
        ("REPLY_ADDRESS", "rsvp+{token}@[127.0.0.1]", "REPLY_ADDRESS must be an address with {token} in it"),
        ("BOUNCE_ADDRESS", "bounces@example.org", "BOUNCE_ADDRESS must be an address with {token} in it"),
        ("INBOX_URL", "https://us:hush@mail.example.org/INBOX", "INBOX_URL must be an address such as imaps://"),
        ("INBOX_URL", "imaps://mail.example.org/INBOX", "INBOX_URL must be an address such as imaps://"),
        ("INBOX_URL", "imaps://us@mail.example.org/INBOX", "INBOX_URL must be an address such as imaps://"),
        ("INBOX_URL", "imaps://:hush@mail.example.org/INBOX", "INBOX_URL must be an address such as imaps://"),
        ("INBOX_URL", "imaps://us:hush@mail.example.org/", "INBOX_URL must be an address such as imaps://"),
        ("INBOX_URL", "imaps://us:hush@mail.example.org", "INBOX_URL must be an address such as imaps://"),
        ("INBOX_URL", "imaps://us:hush@/INBOX", "INBOX_URL must be an address such as imaps://"),
        ("INBOX_URL", "imap://us:hush@mail.example.org/INBOX", "INBOX_URL must begin with imaps://"),
    ],
)
def test_a_wrong_value_is_refused_in_words(name: str, value: str, complaint: str) -> None:
    [said] = complaints(**{name: value})
    assert said.startswith(complaint)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_an_inbox_on_this_machine_needs_no_tls(host: str) -> None:
    url = f"imap://us:hush@{host}/I"
    assert read(INBOX_URL=url).inbox_url == url


@pytest.mark.parametrize("selector", ["a", "a1", "autumn-2026", "a.b", "a" * 63])
def test_a_selector_is_a_name_of_the_dns(selector: str) -> None:
    assert read(DKIM_SELECTOR=selector, DKIM_KEY_FILE=str(KEY_FILE)).dkim_selector == selector


@pytest.mark.parametrize("selector", ["-a", "a-", ".a", "a_b", "a b", "ä", "a" * 64])
def test_what_is_no_name_of_the_dns_is_no_selector(selector: str) -> None:
    [said] = complaints(DKIM_SELECTOR=selector, DKIM_KEY_FILE=str(KEY_FILE))
    assert said == "DKIM_SELECTOR must be letters, digits and hyphens, such as outreach2026."


def test_a_demo_needs_nothing_and_draws_a_key_that_only_it_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "fresh"
    found = read({}, MODE="demo", INSTANCE_PATH=str(folder))

    assert (found.is_demo, found.has_local_mailbox, found.base_url) == (True, True, "http://127.0.0.1:8000")
    assert (found.reply_address, found.mail_server) == ("rsvp+{token}@outreach.example", None)
    kept = folder / "demo-secret-key"
    assert (stat.S_IMODE(kept.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)
    assert len(found.secret_key) >= 64
    assert read({}, MODE="demo", INSTANCE_PATH=str(folder)) == found
    assert read({}, MODE="demo", INSTANCE_PATH=str(folder), SECRET_KEY="k" * 32).secret_key == "k" * 32
    assert complaints({}, MODE="demo", INSTANCE_PATH=str(folder), SECRET_KEY="k")[0].startswith("SECRET_KEY must have at least 32")


def test_production_draws_no_key(tmp_path: Path) -> None:
    assert complaints({**LEAST, "SECRET_KEY": ""}, INSTANCE_PATH=str(tmp_path)) == ["SECRET_KEY is missing."]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("mode", "server", "is_local"), [("demo", None, True), ("demo", "x", False), ("production", None, False)])
def test_letters_stay_here_only_in_a_demo_without_a_mail_server(mode: str, server: str | None, *, is_local: bool) -> None:
    found = replace(SETTINGS, mode=mode, mail_server=server)

    assert (found.is_demo, found.has_local_mailbox) == (mode == "demo", is_local)


def test_each_mailbox_has_its_own_organizer_and_each_letter_its_own_envelope_sender() -> None:
    ours = replace(SETTINGS, reply_address="rsvp+{token}@a.example.org")

    assert ours.mail_domain == "a.example.org"
    assert ours.reply_address_of("abc") == "rsvp+abc@a.example.org"
    one, other = bounce_address(7, ours), bounce_address(8, ours)
    assert one.startswith("rsvp+b7-")
    assert (one.partition("@")[2], one != other) == ("a.example.org", True)
    elsewhere = replace(ours, bounce_address="back+{token}@b.example.org")
    assert bounce_address(7, elsewhere) == one.replace("rsvp+", "back+").replace("@a.", "@b.")
    assert elsewhere.reply_address_of("abc") == "rsvp+abc@a.example.org"
