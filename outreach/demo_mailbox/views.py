"""Pages of the demo's mailbox. They exist only if letters are written to files."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from outreach.demo_mailbox.folder import find, take
from outreach.demo_mailbox.reading import read
from outreach.mail import local_folder
from outreach.web import CONTENT_POLICY, settings

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


@mailbox.get("/<name>/letter.eml")
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
