"""The `outreach` command: shells of a few lines around what the features do."""

from __future__ import annotations

import os
import sys

import click
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy.exc import DBAPIError

from outreach import create_app
from outreach.accounts import demo_sign_ins
from outreach.accounts.commands import create_coordinator
from outreach.demo import filling
from outreach.demo.commands import demo
from outreach.doctor.commands import doctor
from outreach.inbound.commands import EX_TEMPFAIL, receive
from outreach.logs import only_warnings
from outreach.runtime import Worker, serve
from outreach.scheduling.commands import retime_sessions
from outreach.settings import SettingsError, read_settings
from outreach.time import clock


class _Shell(click.Group):
    """Says in words, not with a traceback, when settings, folder or database aren't as they must be."""

    def invoke(self, context: click.Context) -> object:
        """Run the command. Whatever is wrong with us is no reason for a mail server to send a message back: it keeps it."""
        try:
            return self._invoke_in_words(context)
        except click.ClickException as failure:
            if context.invoked_subcommand != receive.name:
                raise
            failure.show()
            context.exit(EX_TEMPFAIL)

    def _invoke_in_words(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except SettingsError as incomplete:
            raise click.ClickException(str(incomplete)) from None
        except DBAPIError as error:
            reply = " ".join(str(error.orig).split())
            raise click.ClickException(
                f"The database says: {reply}. `outreach migrate` makes its tables, `outreach doctor` says more."
            ) from None


@click.group(cls=_Shell)
@click.pass_context
def main(context: click.Context) -> None:
    """Run Outreach: sessions in medicine and surgery for schools.

    Settings come from the environment, prefix OUTREACH_; README.md lists them.
    """
    if context.invoked_subcommand and "--help" not in sys.argv:
        try:
            context.obj = create_app(read_settings(os.environ))
        except OSError as refused:
            raise click.ClickException(
                f"{refused.filename}: {refused.strerror}. Outreach keeps its files in OUTREACH_INSTANCE_PATH."
            ) from None


@main.command()
@click.option("--down-to", metavar="REVISION", help="Go back to this revision instead ('base' empties the database).")
@click.pass_obj
def migrate(app: Flask, down_to: str | None) -> None:
    """Bring the database to the present shape."""
    with app.app_context():
        if down_to:
            downgrade(revision=down_to)
        else:
            upgrade()
    click.echo("The database is up to date.")


@main.command("worker")
@click.option("--once", is_flag=True, help="Do every job and deliver what is due, then end.")
@click.option("--quiet", is_flag=True, help="Log nothing below a warning.")
@click.pass_obj
def work(app: Flask, *, once: bool, quiet: bool) -> None:
    """Send the e-mails that are due, and reminders when their time has come."""
    if quiet:
        only_warnings()
    worker = Worker(app, clock=clock.now)
    worker.stop_on_signals()
    if not once:
        worker.run()
        return
    tally = worker.once()
    click.echo(f"Sent {tally.sent}, failed {tally.failed}, to be tried again {tally.delayed}, dropped {tally.dropped}.")
    if tally.is_paused:
        raise click.ClickException("The mail server can't be reached or refuses us; e-mails wait. `outreach doctor` says more.")


@main.command("serve")
@click.option("--host", default="127.0.0.1", envvar="OUTREACH_HOST", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, show_envvar=True, type=click.IntRange(1, 65535))
@click.option("--with-worker", is_flag=True, help="Run the worker too, under one supervisor: the first that ends ends both.")
@click.pass_obj
def serve_pages(app: Flask, *, host: str, port: int, with_worker: bool) -> None:
    """Answer pages."""
    try:
        serve.require_port(host, port)
    except serve.PortUnusable as reason:
        raise click.ClickException(str(reason)) from None
    if not with_worker:
        serve.serve_web(host, port)
    sys.exit(serve.serve_all(host, port, banner=_banner(app)))


def _banner(app: Flask) -> str:
    settings = app.extensions["outreach"]
    banner = f"Outreach is at {settings.base_url} (Ctrl-C ends it)."
    with app.app_context():
        return f"{banner}\n{demo_sign_ins.in_words(settings)}" if settings.is_demo and filling.is_begun() else banner


for command in (create_coordinator, demo, doctor, receive, retime_sessions):
    main.add_command(command)
