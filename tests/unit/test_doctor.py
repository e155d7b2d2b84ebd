"""What the doctor says of settings, machine and mail server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.doctor.findings import Finding, Level
from outreach.doctor.machine_checks import check_machine, check_settings
from outreach.doctor.mail_checks import check_mail
from outreach.settings import Settings
from tests.support.postbox import CERTIFICATE, open_secure_postbox
from tests.support.smtp_server import HANG_UP, mail_server

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def production(tmp_path: Path) -> Settings:
    tmp_path.chmod(0o700)
    return Settings(
        mode="production",
        database_url=f"sqlite:///{tmp_path / 'outreach.sqlite3'}",
        secret_key="dXJ5-G9k2mQz7pLw_4vTnR8sYb1cXeAf",
        base_url="https://outreach.example.org",
        reply_address="rsvp+{token}@outreach.example.org",
        instance_path=tmp_path,
        mail_server="127.0.0.1",
        trusted_proxies=1,
    )


def verdicts(findings: Iterable[Finding]) -> dict[str, str]:
    return {finding.subject: finding.level.value for finding in findings}


def about(subject: str, findings: Iterable[Finding]) -> Finding:
    return next(finding for finding in findings if finding.subject == subject)


def test_good_settings_are_ok(production: Settings) -> None:
    assert set(verdicts(check_settings(production)).values()) == {"OK"}


@pytest.mark.parametrize(
    ("change", "subject", "verdict", "advice"),
    [
        ({"base_url": "http://outreach.example.org"}, "Address", Level.FAILS, "https"),
        ({"base_url": "https://127.0.0.1"}, "Address", Level.FAILS, "families will open"),
        ({"trusted_proxies": 0}, "Proxies", Level.ATTENTION, "OUTREACH_TRUSTED_PROXIES"),
        ({"secret_key": "secretsecretsecretsecretsecretsecret"}, "Secret key", Level.FAILS, "secrets.token_urlsafe"),
    ],
)
def test_settings_that_must_not_stay_are_named_with_a_way_out(
    production: Settings, change: dict[str, object], subject: str, verdict: Level, advice: str
) -> None:
    found = about(subject, check_settings(replace(production, **change)))  # type: ignore[arg-type]  # the table above is right
    assert (found.level, advice in found.advice) == (verdict, True)


def test_a_secret_is_never_said(production: Settings) -> None:
    assert not any(production.secret_key in finding.text for finding in check_settings(production))


def test_a_sound_machine_is_ok(production: Settings) -> None:
    assert set(verdicts(check_machine(production, now=NOW)).values()) == {"OK"}


@pytest.mark.parametrize("year", [1970, 2099])
def test_a_clock_that_cannot_be_right_fails(production: Settings, year: int) -> None:
    assert about("Clock", check_machine(production, now=NOW.replace(year=year))).level is Level.FAILS


def test_zone_data_of_the_past_fails(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.doctor.machine_checks.ZoneInfo", lambda _name: ZoneInfo("America/Los_Angeles"))
    found = about("Zone data", check_machine(production, now=NOW))
    assert found.level is Level.FAILS
    assert "requirements.lock" in found.advice


def test_a_folder_that_is_not_there_fails(production: Settings) -> None:
    found = about("Folder", check_machine(replace(production, instance_path=production.instance_path / "gone"), now=NOW))
    assert found.level is Level.FAILS


@pytest.mark.parametrize(("mode", "verdict"), [("production", Level.FAILS), ("demo", Level.ATTENTION)])
def test_secrets_that_all_can_read_are_named(production: Settings, mode: str, verdict: Level) -> None:
    folder = production.instance_path
    folder.chmod(0o755)
    for name, permissions in (("open-key", 0o644), ("closed-key", 0o600)):
        (folder / name).write_text("secret")
        (folder / name).chmod(permissions)
    found = about("Privacy", check_machine(replace(production, mode=mode), now=NOW))
    assert found.level is verdict
    assert found.text.endswith("read open-key")
    assert found.advice == f"Run `chmod o= {folder}`."


def test_a_good_mail_server_is_ok_and_gets_no_letter(production: Settings) -> None:
    with mail_server() as server:
        found = list(check_mail(replace(production, mail_port=server.port)))
    assert verdicts(found) == {"Mail server": "OK", "Sender": "OK", "Reply address": "OK"}
    assert "rsvp+…@outreach.example.org: that mailbox must exist" in about("Reply address", found).text
    assert [line.split(":")[0] for line in server.heard[1:]] == ["mail FROM", "rcpt TO", "rset", "quit"]
    assert server.taken == []


def test_a_server_that_knows_no_such_mailbox_fails(production: Settings) -> None:
    with mail_server(RCPT="550 5.1.1 no such user") as server:
        found = about("Reply address", check_mail(replace(production, mail_port=server.port)))
    assert found.level is Level.FAILS
    assert "550 5.1.1 no such user" in found.text


def test_a_server_that_refuses_our_sender_fails(production: Settings) -> None:
    with mail_server(MAIL="553 not yours") as server:
        found = list(check_mail(replace(production, mail_port=server.port)))
    assert verdicts(found) == {"Mail server": "OK", "Sender": "fails", "Reply address": "attention"}


def test_a_refused_sign_in_names_the_settings(production: Settings) -> None:
    with mail_server(AUTH="535 5.7.8 wrong password") as server:
        found = list(check_mail(replace(production, mail_port=server.port, mail_username="us", mail_password="hush")))
    assert verdicts(found) == {"Mail server": "fails", "Reply address": "attention"}
    assert "OUTREACH_MAIL_PASSWORD" in about("Mail server", found).advice
    assert "hush" not in about("Mail server", found).text


def test_a_server_that_turns_us_away_at_once_is_no_matter_of_passwords(production: Settings) -> None:
    with mail_server(greeting="554 not you") as server:
        advice = about("Mail server", check_mail(replace(production, mail_port=server.port))).advice
    assert "OUTREACH_MAIL_SERVER" in advice
    assert "PASSWORD" not in advice
    assert "sign-in" not in advice


@pytest.mark.parametrize("change", [{"mail_username": "us"}, {"mail_password": "hush"}])
def test_half_a_sign_in_is_noticed(production: Settings, change: dict[str, str]) -> None:
    with mail_server() as server:
        found = verdicts(check_mail(replace(production, mail_port=server.port, **change)))  # type: ignore[arg-type]  # both are text
    assert found["Mail sign-in"] == "attention"


def test_a_server_without_starttls_says_where_to_look(production: Settings) -> None:
    with mail_server() as server:
        found = about("Mail server", check_mail(replace(production, mail_port=server.port, mail_use_tls=True)))
    assert (found.level, "OUTREACH_MAIL_PORT" in found.advice) == (Level.FAILS, True)


def test_a_server_that_hangs_up_fails(production: Settings) -> None:
    with mail_server(MAIL=HANG_UP) as server:
        found = list(check_mail(replace(production, mail_port=server.port)))
    assert [finding.level for finding in found if finding.subject == "Mail server"][-1] is Level.FAILS
    assert about("Reply address", found).level is Level.ATTENTION


def test_nobody_listening_fails(production: Settings) -> None:
    with mail_server() as server:
        port = server.port
    assert verdicts(check_mail(replace(production, mail_port=port)))["Mail server"] == "fails"


def test_a_certificate_nobody_vouches_for_says_so(production: Settings) -> None:
    with open_secure_postbox(tls_first=False) as server:
        found = about("Mail server", check_mail(replace(production, mail_port=server.port, mail_use_tls=True)))
    assert found.level is Level.FAILS
    assert "self-signed certificate" in found.text
    assert "SSL_CERT_FILE" in found.advice


def test_a_certificate_this_machine_trusts_is_ok(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with open_secure_postbox(tls_first=False) as server:
        found = about("Mail server", check_mail(replace(production, mail_port=server.port, mail_use_tls=True)))
    assert (found.level, found.text) == (Level.OK, f"127.0.0.1:{server.port}, with TLS")


def test_port_465_without_tls_says_what_is_missing(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(_server: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr("outreach.doctor.mail_checks.connect", hang)
    assert "OUTREACH_MAIL_USE_TLS=1" in about("Mail server", check_mail(replace(production, mail_port=465))).advice


def test_an_invented_reply_address_fails_outside_a_demo(production: Settings) -> None:
    with mail_server() as server:
        settings = replace(production, mail_port=server.port, reply_address="rsvp+{token}@outreach.example")
        assert about("Reply address", check_mail(settings)).level is Level.FAILS


def test_a_demo_needs_no_mail_server(production: Settings) -> None:
    found = verdicts(check_mail(replace(production, mode="demo", mail_server=None)))
    assert found == {"Mail server": "OK", "Reply address": "OK"}
