"""`outreach doctor`: says how things stand and what to do."""

from __future__ import annotations

import sys
from collections import Counter

import click
from flask import Flask

from outreach.doctor.examine import examine
from outreach.doctor.findings import Finding, Verdict
from outreach.logs import only_warnings
from outreach.time import clock

_COLOURS = {Verdict.OK: "green", Verdict.ATTENTION: "yellow", Verdict.FAILS: "red"}


@click.command("doctor")
@click.pass_obj
def doctor(app: Flask) -> None:
    """Say what is wrong, and what to do.

    Looks at settings, zone data, clock, folders, database, mail server and DNS; changes nothing and sends nothing. The exit
    code is 1 when something fails, 0 otherwise.
    """
    only_warnings()
    seen: Counter[Verdict] = Counter()
    with app.app_context():
        for finding in examine(app.extensions["outreach"], clock=clock.now):
            _say(finding)
            seen[finding.verdict] += 1
    click.echo(_summary(seen))
    sys.exit(1 if seen[Verdict.FAILS] else 0)


def _say(finding: Finding) -> None:
    verdict = click.style(f"{finding.verdict.value:<9}", fg=_COLOURS[finding.verdict], bold=True)
    click.echo(f"{verdict}  {finding.subject:<14}  {finding.said}")
    if finding.advice:
        click.echo(f"{'':<27}→ {finding.advice}")


def _summary(seen: Counter[Verdict]) -> str:
    failing, looked_at = seen[Verdict.FAILS], seen[Verdict.ATTENTION]
    if failing:
        return f"{failing} failing, {looked_at} wanting attention."
    return f"Nothing fails; {looked_at} wanting attention." if looked_at else "All is well."
