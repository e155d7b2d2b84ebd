"""`outreach retime`: after an update of the zone data, every session has the instant its clock means."""

from __future__ import annotations

import click
from flask import Flask

from outreach.scheduling.retime import Retimed, Retiming, retime_all
from outreach.scheduling.schedule_rules import TZDATA_VERSION
from outreach.time import clock
from outreach.web import formatting


@click.command("retime")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.pass_obj
def retime_sessions(app: Flask, *, dry_run: bool) -> None:
    """Work out when sessions take place by the zone data of now, and notify whoever has a wrong calendar.

    The time on the wall stays as it was promised. The worker does this by itself when it starts, and daily.
    """
    with app.app_context():
        found = retime_all(now=clock.now(), is_dry_run=dry_run)
    for one in (*found.changed, *found.skipped):
        click.echo(_line(one))
    click.echo(_summary(found, is_dry_run=dry_run))


def _line(one: Retimed) -> str:
    wall = f"{formatting.day(one.starts_wall)}, {formatting.clock_time(one.starts_wall)} in {formatting.city(one.zone)}"
    named = f"Session {one.session_id}, “{one.title}”, {wall}"
    if one.becomes is None:
        return f"{named}: its clock skips this time now. It keeps {one.previous:%H:%M} UTC; please move it."
    return f"{named}: {one.previous:%Y-%m-%d %H:%M} UTC becomes {one.becomes:%Y-%m-%d %H:%M} UTC, {one.letters} told."


def _summary(found: Retiming, *, is_dry_run: bool) -> str:
    if not found.looked_at:
        return f"Nothing to do: every session to come was timed with the zone data {TZDATA_VERSION}."
    changed, skipped = len(found.changed), len(found.skipped)
    summary = f"Zone data {TZDATA_VERSION}: looked at {found.looked_at}, changed {changed}, to be moved by a person {skipped}."
    return f"{summary} Nothing was written." if is_dry_run else summary
