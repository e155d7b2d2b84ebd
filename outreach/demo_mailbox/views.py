"""Pages of the demo's mailbox, read from its folder of letters. Registered only where letters are written to files."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from outreach.demo_mailbox.reading import Summary, read, summary_of
from outreach.mail import local_folder
from outreach.web import CONTENT_POLICY, Page, page_among, settings

mailbox = Blueprint("mailbox", __name__, url_prefix="/mailbox")

WITH_FRAME = f"{CONTENT_POLICY}; frame-src 'self'"
# A letter may run nothing and load nothing; its links open in new windows.
IN_FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@mailbox.get("")
def index() -> ResponseReturnValue:
    """List the letters, the newest first."""
    address = request.args.get("q", "")[:100]
    page = find(_folder(), address, request.args.get("page", 1, type=int))
    return render_template("mailbox/index.html", page=page, q=address)


@mailbox.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show one letter: as the reader sees it, as a calendar does, and as it was sent."""
    response = make_response(render_template("mailbox/show.html", letter=read(name, _letter(name))))
    response.headers["Content-Security-Policy"] = WITH_FRAME
    return response


@mailbox.get("/<name>/html")
def html(name: str) -> ResponseReturnValue:
    """Give the HTML of a letter, for the frame."""
    response = make_response(read(name, _letter(name)).html)
    response.headers["Content-Security-Policy"] = IN_FRAME
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@mailbox.get("/<name>/email.eml")
def download(name: str) -> ResponseReturnValue:
    """Give the letter as it was sent, for a mail program."""
    response = Response(_letter(name), content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.eml"'
    return response


def _letter(name: str) -> bytes:
    letter = take(_folder(), name)
    if letter is None:
        abort(404)
    return letter


def _folder() -> Path:
    return local_folder(settings())


PAGE_SIZE = 50
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,119}")


def find(folder: Path, address: str, number: int) -> Page:
    """Give a page of the letters to addresses that contain these characters, the newest first; a page past the end is the last."""
    names = sorted((path.stem for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)
    wanted = address.strip().casefold()
    if wanted:
        names = [name for name in names if wanted in _summary(folder, name).to.casefold()]
    page = page_among(names, number, size=PAGE_SIZE)
    return replace(page, rows=[_summary(folder, name) for name in page.rows])


def take(folder: Path, name: str) -> bytes | None:
    """Give the bytes of a letter; None if there is none. Names of letters, digits and hyphens can't lead out of the folder."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (folder / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None


@lru_cache(maxsize=4096)
def _summary(folder: Path, name: str) -> Summary:
    """A letter never changes, so it is read once."""
    return summary_of(name, (folder / f"{name}.eml").read_bytes())
