"""The language a page is shown in: the one of the person who is signed in, else the browser's, else the service's."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, current_app, g, has_request_context, request
from flask_security import current_user

from outreach.web.extensions import babel


def init_app(app: Flask) -> None:
    """Let Flask-Babel choose a language for each request."""
    babel.init_app(app, locale_selector=select_locale)


def select_locale() -> str | None:
    """Give the reader's locale; None for the service's own, and always where there is no choice."""
    offered = _offered(tuple(current_app.extensions["babel"].translation_directories))
    if len(offered) == 1 or not has_request_context():
        return None
    # On the page that says we are broken nobody is looked up: the database may be the reason.
    if not g.get("is_broken") and current_user.is_authenticated and current_user.mailbox.locale in offered:
        return str(current_user.mailbox.locale)
    return request.accept_languages.best_match(offered)


@lru_cache
def _offered(_directories: tuple[str, ...]) -> tuple[str, ...]:
    """Give the locales there are translations for; they don't change while the service runs."""
    return tuple(sorted(map(str, babel.list_translations())))
