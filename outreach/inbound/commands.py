"""`outreach receive`: takes in one message from a mail server's pipe. Its exit codes are those of sysexits.h, which mail servers know."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import BinaryIO

import click
import structlog
from flask import Flask

from outreach.inbound import use_cases
from outreach.inbound.parsing.reading import MAX_SIZE
from outreach.logs import only_warnings, place_of
from outreach.time import clock

EX_DATAERR, EX_TEMPFAIL = 65, 75
_CHUNK = 64 * 1024
_log = structlog.get_logger()


@click.command("receive")
@click.option(
    "--to",
    metavar="ADDRESS",
    envvar=["ORIGINAL_RECIPIENT", "RECIPIENT"],
    show_envvar=True,
    help="The envelope's recipient. Without it the message's own headers say.",
)
@click.pass_obj
def receive(app: Flask, *, to: str | None) -> None:
    """Take in one message from standard input: a calendar's reply, a bounce, whatever came to our addresses.

    Says nothing. Exit code 0: we have it. 75: not now, whatever the reason, so the mail server must keep it and try again.
    65: there was no message at all.
    """
    only_warnings()
    message = _read(sys.stdin.buffer)
    if not message.size:
        sys.exit(EX_DATAERR)
    try:
        with app.app_context():
            _take_in(message, to)
    except Exception as error:  # noqa: BLE001 (a bounce would go to a family; kept, the message comes again)
        _log.error("message not taken in", error=type(error).__name__, place=place_of(error))
        sys.exit(EX_TEMPFAIL)


@dataclass(frozen=True)
class _Message:
    """What came: whole, or the beginning of what is too large."""

    kept: bytes
    size: int


def _take_in(message: _Message, to: str | None) -> None:
    now = clock.now()
    if message.size > MAX_SIZE:
        use_cases.receive_oversized(message.kept, size=message.size, delivered_to=to, source="pipe", now=now)
    else:
        use_cases.receive(message.kept, delivered_to=to, source="pipe", now=now)


def _read(pipe: BinaryIO) -> _Message:
    """Read to the end, so that the mail server's write succeeds, and keep no more than may be looked at."""
    kept = pipe.read(MAX_SIZE + 1)
    size = len(kept)
    while more := pipe.read(_CHUNK):
        size += len(more)
    return _Message(_without_envelope_line(kept), size)


def _without_envelope_line(raw: bytes) -> bytes:
    """Leave out the `From ` line that some pipes put above the headers (RFC 4155)."""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw
