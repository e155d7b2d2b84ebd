"""What the doctor says of the database and the service, and how the command ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import make_url, text

from outreach.cli import main
from outreach.db import db, transaction
from outreach.doctor import commands
from outreach.doctor.commands import examine
from outreach.doctor.database_checks import check_database
from outreach.doctor.findings import Finding, Level
from outreach.doctor.machine_checks import check_service
from outreach.doctor.mail_checks import check_proof
from outreach.models import OutboxPause
from outreach.settings import Settings
from tests.support.builders import Builder
from tests.support.outbox import put

only_postgresql = pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)


def of(settings: Settings, now: datetime) -> dict[str, Finding]:
    return {finding.subject: finding for finding in check_database(settings, clock=lambda: now)}


@pytest.mark.usefixtures("app")
def test_a_migrated_database_is_ok(settings: Settings, now: datetime) -> None:
    """PostgreSQL's own clock isn't the test's: that is the one thing it may say."""
    found = of(settings, now)
    assert {finding.level for subject, finding in found.items() if subject != "Database clock"} == {Level.OK}
    assert {"Database", "Tables", "Writing"} <= found.keys()


@pytest.mark.usefixtures("app")
def test_an_older_shape_asks_for_a_migration(settings: Settings, now: datetime) -> None:
    downgrade(revision="0001")
    found = of(settings, now)
    assert found["Tables"].level is Level.FAILS
    assert found["Tables"].advice == "Run `outreach migrate`."
    assert "Writing" not in found


@pytest.mark.usefixtures("app")
def test_an_empty_database_asks_for_a_migration(settings: Settings, now: datetime) -> None:
    with transaction():
        db.session.execute(text("DELETE FROM alembic_version"))
    assert of(settings, now)["Tables"].text == "there are none yet"


@pytest.mark.usefixtures("app")
def test_a_shape_of_the_future_asks_for_a_newer_program(settings: Settings, now: datetime) -> None:
    with transaction():
        db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "doesn't know" in of(settings, now)["Tables"].text


def test_a_missing_file_is_not_made_by_looking_for_it(
    app_with: Callable[..., Flask], settings: Settings, tmp_path: Path, now: datetime
) -> None:
    missing = tmp_path / "nowhere.sqlite3"
    changed = replace(settings, database_url=f"sqlite:///{missing}")
    with app_with(database_url=changed.database_url).app_context():
        assert of(changed, now)["Database"].level is Level.FAILS
    assert not missing.exists()


@only_postgresql
def test_a_database_that_takes_no_writes_fails(app_with: Callable[..., Flask], settings: Settings, now: datetime) -> None:
    url = make_url(settings.database_url).update_query_dict({"options": "-c default_transaction_read_only=on"})
    read_only = replace(settings, database_url=url.render_as_string(hide_password=False))
    with app_with(database_url=read_only.database_url).app_context():
        assert of(read_only, now)["Writing"].level is Level.FAILS


@only_postgresql
def test_a_database_elsewhere_fails_without_telling_the_password(app_with: Callable[..., Flask], settings: Settings, now: datetime) -> None:
    away = replace(settings, database_url="postgresql+psycopg://us:hush@127.0.0.1:1/outreach")
    with app_with(database_url=away.database_url).app_context():
        found = of(away, now)
    assert found["Database"].level is Level.FAILS
    assert "hush" not in found["Database"].text


@only_postgresql
@pytest.mark.usefixtures("app")
def test_clocks_that_disagree_are_noticed(settings: Settings) -> None:
    theirs: datetime = db.session.scalar(text("SELECT clock_timestamp()"))
    assert of(settings, theirs)["Database clock"].level is Level.OK
    assert of(settings, theirs - timedelta(seconds=30))["Database clock"].level is Level.ATTENTION


@pytest.mark.empty_database
def test_a_service_without_a_coordinator_says_how_to_make_one(make: Builder, now: datetime) -> None:
    said = {finding.subject: finding for finding in check_service(now=now)}
    assert "create-coordinator" in said["Coordinator"].advice
    make.coordinator()
    assert {finding.level for finding in check_service(now=now)} == {Level.OK}


def test_letters_that_wait_long_ask_for_the_worker(make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), now=now)
    later = now + timedelta(minutes=11)
    said = {finding.subject: finding for finding in check_service(now=later)}
    assert said["E-mails"].level is Level.ATTENTION
    assert "outreach worker" in said["E-mails"].advice


def test_a_paused_queue_fails_with_the_servers_words(make: Builder, now: datetime) -> None:  # noqa: ARG001 (its database)
    with transaction():
        db.session.add(OutboxPause(id=1, since=now, until=now, reason="sign_in", server_words="535 wrong password"))
    said = {finding.subject: finding for finding in check_service(now=now)}
    assert said["E-mails"].level is Level.FAILS
    assert "535 wrong password" in said["E-mails"].text


@pytest.mark.usefixtures("app")
def test_the_doctor_sees_all_of_a_demo(settings: Settings, now: datetime) -> None:
    subjects = [finding.subject for finding in examine(settings, clock=lambda: now)]
    assert subjects == [
        *("Mode", "Address", "Secret key", "Zone data", "Clock", "Folder", "Privacy"),
        *("Database", "Database clock", "Tables", "Writing", "Coordinator", "E-mails", "Mail server", "Reply address", "Inbox"),
    ]


def test_the_command_ends_with_0_or_1_and_says_what_to_do(app: Flask, make: Builder) -> None:
    make.coordinator()
    well = CliRunner().invoke(commands.doctor, obj=app)
    assert (well.exit_code, well.output.splitlines()[-1]) == (0, "All is well.")
    with transaction():
        db.session.execute(text("DELETE FROM alembic_version"))
    ill = CliRunner().invoke(commands.doctor, obj=app)
    assert ill.exit_code == 1
    assert "→ Run `outreach migrate`." in ill.output
    assert ill.output.endswith("1 failing, 0 wanting attention.\n")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Give an environment with none of our settings but the folder."""
    for name in [name for name in os.environ if name.startswith("OUTREACH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OUTREACH_INSTANCE_PATH", str(tmp_path / "instance"))
    monkeypatch.setattr(sys, "argv", ["outreach"])
    return monkeypatch


def test_missing_settings_are_one_message(environment: pytest.MonkeyPatch) -> None:  # noqa: ARG001 (it empties the environment)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "Error: The settings are not complete:",
        *(f"  OUTREACH_{name} is missing." for name in ("SECRET_KEY", "BASE_URL", "MAIL_SERVER", "REPLY_ADDRESS")),
    ]


def test_a_folder_that_cannot_be_made_is_one_message(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment.setenv("OUTREACH_MODE", "demo")
    environment.setenv("OUTREACH_INSTANCE_PATH", str(tmp_path / "file" / "instance"))
    result = CliRunner().invoke(main, ["doctor"])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "OUTREACH_INSTANCE_PATH" in result.output


def test_a_database_without_tables_is_one_message(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OUTREACH_MODE", "demo")
    result = CliRunner().invoke(main, ["demo"])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "`outreach migrate`" in result.output


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(command: str) -> None:
    said = CliRunner().invoke(main.commands[command], ["--help"])
    assert said.exit_code == 0
    assert said.output.splitlines()[2].strip(), "no sentence below the usage line"


def test_the_doctor_says_what_it_means_that_no_answer_can_be_proved(settings: Settings) -> None:
    real = replace(settings, mode="production", authserv_id=None)
    [finding] = check_proof(real)
    assert (finding.subject, finding.level.value) == ("Answers", "attention")
    assert "without OUTREACH_AUTHSERV_ID no answer of a calendar can prove who sent it" in finding.text
    [finding] = check_proof(replace(real, authserv_id="mx.outreach.example"))
    assert finding.level.value == "OK"
    assert list(check_proof(settings)) == []
