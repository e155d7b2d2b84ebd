"""`outreach create-coordinator`: the first coordinator comes from the command line, all others may too."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask_security import hash_password
from sqlalchemy.exc import OperationalError, ProgrammingError

from outreach.accounts import use_cases
from outreach.accounts.use_cases import Person
from outreach.mail import one_line
from outreach.people import typed_address
from outreach.time import clock, zone_names
from outreach.web import security


@click.command("create-coordinator")
@click.argument("email")
@click.option("--given-name", help="Asked for when missing.")
@click.option("--family-name", help="Asked for when missing.")
@click.option("--zone", default="UTC", show_default=True, help="The IANA zone in which times are shown, such as Europe/London.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def create_coordinator(app: Flask, email: str, given_name: str | None, family_name: str | None, zone: str, *, password_stdin: bool) -> None:
    """Make a coordinator; EMAIL needs no confirmation. Who has an account becomes one and keeps the password."""
    if zone not in zone_names():
        raise click.ClickException(f"not a time zone: {zone!r}; one is Europe/London")
    with app.app_context():
        try:
            address = typed_address(email)
            is_known = use_cases.has_account(address)
            names = ("", "") if is_known else _names(given_name, family_name, may_ask=not password_stdin)
            password = "" if is_known else _password(address, names, from_stdin=password_stdin)
            person = Person(given_name=names[0], family_name=names[1], email=address, password_hash=password, zone=zone)
            made = use_cases.create_coordinator(person, now=clock.now())
        except ValueError as wrong:
            raise click.ClickException(str(wrong)) from None
        except (OperationalError, ProgrammingError):
            raise click.ClickException("The database isn't ready. Run `outreach migrate` first.") from None
    click.echo(f"{made.name} <{made.email}> is a coordinator" + (" now and keeps the password." if is_known else "."))


def _names(given_name: str | None, family_name: str | None, *, may_ask: bool) -> tuple[str, str]:
    if not may_ask and not (given_name and family_name):
        raise click.UsageError("With --password-stdin, give --given-name and --family-name too.")
    return one_line(given_name or click.prompt("Given name")), one_line(family_name or click.prompt("Family name"))


def _password(address: str, names: tuple[str, str], *, from_stdin: bool) -> str:
    """Give the hash of a password that isn't easily guessed; asked for twice, without echo."""
    if from_stdin:
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = click.prompt("Password (at least 10 characters)", hide_input=True, confirmation_prompt=True)
    wrong, normal = security.password_util.validate(typed, True, email=address, given_name=names[0], family_name=names[1])  # noqa: FBT003 (Flask-Security's signature)
    if wrong:
        raise click.ClickException(wrong[0])
    return str(hash_password(normal))
