"""Nothing typed is lost where a sign-in, or the page itself, expired before a form was sent.

What was typed goes along with the sign-in page, and after signing in to a page with one button that sends it on. Nothing is kept
on the server, and nothing from another site is passed on. Passwords and files have to be given again.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user, views
from flask_security.decorators import default_unauthn_handler
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from outreach.accounts.forms import SignInForm
from outreach.web import error_page, needs_sign_in, security

FIELDS, ADDRESS = "kept_fields", "kept_address"
LARGEST = 500_000  # characters: what is larger doesn't fit into a form beside the rest
_LEFT_OUT = {"csrf_token", FIELDS, ADDRESS}
Kept = tuple[str, str]  # the address the form was sent to, and its fields as JSON


def init_app(app: Flask) -> None:
    """Ask for a new sign-in, or for one more press, where a form comes too late."""
    app.jinja_env.globals["kept_form"] = lambda: g.get("kept_form") or _sent_along()
    app.register_error_handler(CSRFError, _page_expired)


def sign_in() -> ResponseReturnValue:
    """Sign in as Flask-Security does; then offer to send what was typed before."""
    response = views.login()
    kept = _sent_along() if request.method == "POST" and current_user.is_authenticated else None
    return _continue_page(kept) if kept else response


def not_signed_in(mechanisms: Any = None, headers: Any = None) -> Response:
    """Let whoever sent a form sign in first, and keep the form; send everybody else to the sign-in page."""
    kept = _typed()
    otherwise = partial(default_unauthn_handler, mechanisms, headers)
    return _sign_in_page(kept) if kept else make_response(otherwise())


def _page_expired(error: CSRFError) -> ResponseReturnValue:
    """The session that the page was made for has ended."""
    if request.endpoint == "security.login" and _is_from_here():
        return _sign_in_page(_sent_along())
    kept = _typed()
    if kept is None:
        return error_page(error)
    is_out = needs_sign_in(request.endpoint) and not current_user.is_authenticated
    return _sign_in_page(kept) if is_out else _continue_page(kept)


def _sign_in_page(kept: Kept | None) -> Response:
    g.kept_form = kept
    flash(_("You need to sign in again. What you typed is kept.") if kept else _("This page was open for too long. Please sign in again."))
    template = current_app.config["SECURITY_LOGIN_USER_TEMPLATE"]
    return make_response(security.render_template(template, login_user_form=SignInForm(formdata=None)), 401)


def _continue_page(kept: Kept) -> ResponseReturnValue:
    address, fields = kept
    return render_template("accounts/send_again.html", address=address, fields=json.loads(fields))


def _typed() -> Kept | None:
    """Give the form that was sent; None: there is none, or it may be another site's."""
    if request.method != "POST" or not _is_from_here():
        return None
    pairs = [pair for pair in request.form.items(multi=True) if pair[0] not in _LEFT_OUT and "password" not in pair[0]]
    fields = json.dumps(pairs, ensure_ascii=False)
    return (request.full_path.rstrip("?"), fields) if pairs and len(fields) <= LARGEST else None


def _sent_along() -> Kept | None:
    """Give the form that came with the sign-in page, if it can be one of ours."""
    address, fields = request.form.get(ADDRESS, ""), request.form.get(FIELDS, "")
    try:
        pairs = json.loads(fields or "null")
        current_app.url_map.bind("").match(urlsplit(address).path, method="POST")
    except (ValueError, HTTPException, RequestRedirect):
        return None
    is_form = isinstance(pairs, list) and all(isinstance(pair, list) and [type(part) for part in pair] == [str, str] for pair in pairs)
    return (address, fields) if is_form and address.startswith("/") and not address.startswith("//") and "\\" not in address else None


def _is_from_here() -> bool:
    """Browsers name the origin of every form that is posted; another site's form is never passed on."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host
