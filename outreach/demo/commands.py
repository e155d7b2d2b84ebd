"""`outreach demo`: fills an empty database with invented people, schools and sessions."""

from __future__ import annotations

from datetime import datetime

import click
from flask import Flask

from outreach.demo import filling
from outreach.logs import only_warnings
from outreach.runtime import Worker
from outreach.time import clock


@click.command("demo")
@click.pass_obj
def demo(app: Flask) -> None:
    """Fill an empty database with invented data.

    Three schools, 120 students and twelve sessions in the weeks to come. In demo mode only; does nothing where people
    are already.
    """
    settings = app.extensions["outreach"]
    if not settings.is_demo:
        raise click.ClickException(
            "Invented people have no place among real ones. Set OUTREACH_MODE=demo, with a database of its own, to try Outreach."
        )
    with app.app_context():
        if filling.is_begun() and not filling.is_whole():
            raise click.ClickException(
                "An earlier filling was interrupted. Begin again: `outreach migrate --down-to base`, `outreach migrate`, `outreach demo`."
            )
        if filling.is_anybody_here():
            click.echo("There are people here already: nothing was added.")
            return
        _fill(app, has_local_mailbox=settings.has_local_mailbox)


def _fill(app: Flask, *, has_local_mailbox: bool) -> None:
    only_warnings()
    steps = filling.steps(now=clock.now(), deliver=_mailman(app) if has_local_mailbox else None)
    with click.progressbar(steps, label="Inventing people, schools and sessions") as shown:
        for step in shown:
            step()


def _mailman(app: Flask) -> filling.Act:
    def deliver(*, now: datetime) -> None:
        Worker(app, clock=lambda: now).deliver()

    return deliver
