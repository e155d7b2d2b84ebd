"""The command that makes a coordinator."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask_security import verify_password
from sqlalchemy import select

from outreach.accounts.commands import create_coordinator
from outreach.db import db
from outreach.models import RoleName, User
from tests.support.builders import Builder

pytestmark = pytest.mark.empty_database

NAMES = ["--given-name", "Ada", "--family-name", "King"]


def run(app: Flask, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(create_coordinator, list(arguments), input=typed, obj=app)


def users() -> list[User]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(User)))


def test_it_asks_for_what_is_missing_and_never_echoes_the_password(app: Flask) -> None:
    result = run(app, "Ada@Programme.example", typed="Ada\nKing\nneedle and thread\nneedle and thread\n")
    assert (result.exit_code, "needle" in result.output) == (0, False)
    (user,) = users()
    assert (user.email, user.name, user.is_a(RoleName.COORDINATOR)) == ("ada@programme.example", "Ada King", True)
    assert user.password is not None
    assert verify_password("needle and thread", user.password)
    assert user.confirmed_at is not None


def test_a_script_gives_the_password_on_standard_input(app: Flask) -> None:
    assert run(app, "ada@programme.example", *NAMES, "--password-stdin", typed="needle and thread\n").exit_code == 0
    assert users()[0].is_a(RoleName.COORDINATOR)


def test_who_has_an_account_keeps_the_password(app: Flask, make: Builder) -> None:
    make.user(RoleName.TEACHER, email="ada@programme.example")
    result = run(app, "ada@programme.example")
    assert result.exit_code == 0
    assert "keeps the password" in result.output
    (user,) = users()
    assert {role.name for role in user.roles} == {"teacher", "coordinator"}


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (["nonsense", *NAMES], "", "not an address"),
        (["ada@programme.example", *NAMES, "--password-stdin"], "short\n", "at least 10"),
        (["ada@programme.example", *NAMES, "--password-stdin"], "", "at least 10"),
        (["ada@programme.example", "--password-stdin"], "needle and thread\n", "--given-name"),
        (["ada@programme.example", *NAMES, "--zone", "Mars/Olympus", "--password-stdin"], "needle and thread\n", "zone"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_made(app: Flask, arguments: list[str], typed: str, words: str) -> None:
    result = run(app, *arguments, typed=typed)
    assert result.exit_code != 0
    assert words in result.output
    assert users() == []
