"""Once pressed twice is once done: a form carries a key, and the write it leads to keeps that key in the same transaction.

The second time shows the page that the first time led to. A form that makes something is done once whatever is typed into it;
another one is done again when something else is typed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from time import sleep
from uuid import uuid4

from flask import Flask, Response, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import delete, select, update
from werkzeug.wrappers import Response as AnyResponse

from outreach.db import begin_with, db, end_reading, insert_or_skip, transaction
from outreach.models import FormUse
from outreach.time import clock

FIELD = "form_key"
MAKES = "makes-"  # a key that begins so is of a form that makes something
KEPT_FOR = timedelta(days=7)
_NOT_TYPED = {FIELD, "csrf_token"}


class _UsedMeanwhileError(Exception):
    """The same form has just been sent, and its write came first."""


def init_app(app: Flask) -> None:
    """Give templates `form_key`, and let forms that carry one be done once."""
    app.jinja_env.globals["form_key"] = form_key
    app.before_request(_show_what_was_done)
    app.after_request(_remember_where_it_led)
    app.register_error_handler(_UsedMeanwhileError, lambda _error: _shown(_where_the_first_led()))


def form_key(*, makes: bool = False) -> str:
    """Give the key of a form on this page: a new one, or the one that came with what is shown again for correction."""
    return request.form.get(FIELD) or f"{MAKES if makes else ''}{uuid4().hex}"


def forget_form_keys(*, now: datetime) -> int:
    """Delete the keys of forms that nobody presses again; gives how many."""
    with transaction():
        old = db.session.scalars(delete(FormUse).where(FormUse.used_at < now - KEPT_FOR).returning(FormUse.id)).all()
    return len(old)


def _show_what_was_done() -> AnyResponse | None:
    given = request.form.get(FIELD) if request.method == "POST" else None
    if not given:
        return None
    key = _hashed(given)
    led_to = _led_to(key)
    if led_to is not None:
        return _shown(led_to)
    g.form_use = key
    begin_with(partial(_use, key))
    return None


def _hashed(given: str) -> str:
    """Nobody's key is anybody else's, nor that of another page."""
    typed = [] if given.startswith(MAKES) else [pair for pair in request.form.items(multi=True) if pair[0] not in _NOT_TYPED]
    who = current_user.get_id() if current_user.is_authenticated else ""
    return sha256(repr((who, request.full_path, given, typed)).encode()).hexdigest()


def _use(key: str) -> None:
    """Keep the key, or end this transaction: a rival with the same form has written. It waits for one that is writing."""
    row = insert_or_skip(FormUse, "key").values(key=key, used_at=clock.now(), led_to="").returning(FormUse.id)
    if db.session.scalar(row) is None:
        raise _UsedMeanwhileError


def _remember_where_it_led(response: Response) -> Response:
    key, location = g.get("form_use"), response.headers.get("Location", "")
    if key is not None and response.status_code in (302, 303) and len(location) <= 255:
        with transaction():
            db.session.execute(update(FormUse).where(FormUse.key == key, FormUse.led_to == "").values(led_to=location))
    return response


def _led_to(key: str) -> str | None:
    """Give the page this form led to ("": none that we know); None if it wasn't used."""
    return db.session.scalar(select(FormUse.led_to).where(FormUse.key == key))


def _where_the_first_led() -> str | None:
    """Wait a moment for the first press: it has written, and notes where it leads only when its page is made."""
    key = g.pop("form_use")
    for _try in range(20):
        if found := _led_to(key):
            return found
        end_reading()
        sleep(0.05)
    return None


def _shown(led_to: str | None) -> AnyResponse:
    flash(_("This was done the first time you pressed the button, and only once."))
    return redirect(led_to or url_for("accounts.start"), code=303)
