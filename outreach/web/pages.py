"""What pages share: loading a record one may see, refusals as pages, headers, the base of forms, words for dates."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, render_template, url_for
from flask_babel import gettext as _
from flask_security import auth_required, current_user
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from outreach import policy
from outreach.db import Base, db, end_reading
from outreach.errors import OutreachError, SeveralRefusals
from outreach.models import RoleName, User
from outreach.settings import Settings
from outreach.web import formatting, once, templating
from outreach.web.attested import ChangedMeanwhile, FactChange, packed

NEEDS_SIGN_IN = "needs_sign_in"
T = TypeVar("T", bound=Base)
P = ParamSpec("P")
BEYOND_KEYS = 2**31  # PostgreSQL's integers end here; a larger number in an address or a form is nobody's
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class KeyConverter(IntegerConverter):
    """A key in an address; a number too large for a key column gives 404, not an error of the database."""

    def __init__(self, routes: Map, *_settings: object) -> None:
        """Take what fits."""
        super().__init__(routes, max=2**31 - 1)


def settings() -> Settings:
    """Give the settings of the running service."""
    return cast(Settings, current_app.extensions["outreach"])


def me() -> User:
    """Give the user who is signed in."""
    return cast(User, current_user._get_current_object())  # noqa: SLF001 (Werkzeug's documented way to unwrap a proxy)


def load(model: type[T], key: int | str, rule: Callable[[User, T], bool]) -> T:
    """Give the record if this user may have it; otherwise it isn't there (404)."""
    is_possible = isinstance(key, str) or key < BEYOND_KEYS
    record = db.session.get(model, key) if is_possible else None
    if record is None or not rule(me(), record):
        abort(404)
    return record


def signed_in(rule: Callable[[User], bool] | None = None) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Decorate a view: anonymous visitors are sent to sign in; without the right role it's a 403."""

    def decorate(view: Callable[P, Any]) -> Callable[P, Any]:
        @auth_required("session")
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            if rule is not None and not rule(me()):
                abort(403)
            return view(*args, **kwargs)

        setattr(guarded, NEEDS_SIGN_IN, True)
        return cast(Callable[P, Any], guarded)

    return decorate


def needs_sign_in(endpoint: str | None) -> bool:
    """Say whether one must sign in for this page."""
    return hasattr(current_app.view_functions.get(endpoint or ""), NEEDS_SIGN_IN)


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """Base of our forms: CSRF by Flask-WTF, and a refusal of a use case shown beside its field.

    `changes`: what it confirms and isn't so any more.
    """

    changes: tuple[FactChange, ...] = ()

    def says_of(self, refusal: OutreachError) -> bool:
        """Say whether the field it names, or the top of the form, has an error already."""
        field = self._fields.get(refusal.field or "")
        return bool(field.errors) if field is not None else str(refusal) in self.form_errors

    def refuse(self, refusal: OutreachError) -> None:
        """Show why a use case declined: beside the field it names, else on top; several reasons each at its own."""
        if isinstance(refusal, SeveralRefusals):
            for reason in refusal.reasons:
                self.refuse(reason)
            return
        if isinstance(refusal, ChangedMeanwhile):
            self.changes = refusal.changes
        field = self._fields.get(refusal.field or "")
        (field.errors if field is not None else self.form_errors).append(str(refusal))


def init_app(app: Flask) -> None:
    """Give the app its error pages, headers, filters and navigation."""
    app.register_error_handler(HTTPException, error_page)
    app.register_error_handler(OutreachError, _refusal_page)
    app.after_request(_headers)
    app.teardown_appcontext(end_reading)
    app.url_defaults(_name_the_version)
    app.context_processor(_surroundings)
    formatting.init_jinja(app.jinja_env)
    templating.init_app(app)
    once.init_app(app)
    app.jinja_env.globals["packed_facts"] = packed


def error_page(error: HTTPException) -> Response | tuple[str, int]:
    """Say in words what an error of HTTP means."""
    if error.response is not None:
        return cast(Response, error.response)
    code = error.code or 500
    g.is_broken = code >= 500
    return render_template("errors/error.html", code=code), code


def _refusal_page(refusal: OutreachError) -> tuple[str, int]:
    return render_template("errors/error.html", code=refusal.status, sentence=str(refusal)), refusal.status


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if settings().base_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _name_the_version(endpoint: str, values: dict[str, Any]) -> None:
    """Static files are kept for a month by browsers: their address says which version they are."""
    if endpoint == "static":
        values["v"] = _version(str(current_app.static_folder), values["filename"])


@lru_cache
def _version(folder: str, filename: str) -> str:
    try:
        return sha256((Path(folder) / filename).read_bytes()).hexdigest()[:12]
    except OSError:
        return "0"


def _surroundings() -> dict[str, Any]:
    """What every page knows: who is asking and where they can go; not when we are broken, for the database may be the reason."""
    return {"demo_mode": settings().has_local_mailbox, "nav": [] if g.get("is_broken") else _nav()}


def _nav() -> list[tuple[str, str, str]]:
    """List (text, address, endpoint) of the pages this person uses most."""
    here = current_app.view_functions
    places = [(_("Sessions"), "catalogue.index", True)]
    if current_user.is_authenticated:
        user = me()
        places += [
            (_("My sessions"), "scheduling.mine", policy.posts_sessions(user)),
            (_("My classes"), "schools.index", user.is_a(RoleName.TEACHER)),
            (_("Registrations"), "registration.index", user.is_a(RoleName.TEACHER)),
            (_("Coordination"), "coordination.home", policy.coordinates(user)),
            (_("My account"), "accounts.home", True),
        ]
    return [(text, url_for(endpoint), endpoint) for text, endpoint, shown in places if shown and endpoint in here]
