"""`outreach doctor`: checks everything Outreach needs and says what to do. Changes nothing, sends nothing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

import click
from flask import Flask

from outreach.doctor.database_checks import check_database
from outreach.doctor.dns_checks import check_dns
from outreach.doctor.findings import Finding, Level
from outreach.doctor.machine_checks import check_machine, check_service, check_settings
from outreach.doctor.mail_checks import check_inbox, check_mail, check_proof
from outreach.logs import only_warnings
from outreach.settings import Settings
from outreach.time import clock

_COLOURS = {Level.OK: "green", Level.ATTENTION: "yellow", Level.FAILS: "red"}


@click.command("doctor")
@click.pass_obj
def doctor(app: Flask) -> None:
    """Say what is wrong, and what to do.

    Looks at settings, zone data, clock, folders, database, mail server and DNS; changes nothing and sends nothing. The exit
    code is 1 when something fails, 0 otherwise.
    """
    only_warnings()
    seen: Counter[Level] = Counter()
    with app.app_context():
        for finding in examine(app.extensions["outreach"], clock=clock.now):
            _say(finding)
            seen[finding.level] += 1
    click.echo(_summary(seen))
    sys.exit(1 if seen[Level.FAILS] else 0)


def _say(finding: Finding) -> None:
    level = click.style(f"{finding.level.value:<9}", fg=_COLOURS[finding.level], bold=True)
    click.echo(f"{level}  {finding.subject:<14}  {finding.text}")
    if finding.advice:
        click.echo(f"{'':<27}→ {finding.advice}")


def _summary(seen: Counter[Level]) -> str:
    failing, looked_at = seen[Level.FAILS], seen[Level.ATTENTION]
    if failing:
        return f"{failing} failing, {looked_at} wanting attention."
    return f"Nothing fails; {looked_at} wanting attention." if looked_at else "All is well."


def examine(settings: Settings, *, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Give findings one by one as they are made; some take seconds. Wants the app's context."""
    yield from check_settings(settings)
    yield from check_machine(settings, now=clock())
    is_sound = True
    for finding in check_database(settings, clock=clock):
        is_sound = is_sound and finding.level is not Level.FAILS
        yield finding
    if is_sound:
        yield from check_service(now=clock())
    yield from check_mail(settings)
    yield from check_inbox(settings)
    yield from check_proof(settings)
    yield from check_proof(settings)
    yield from check_dns(settings)
