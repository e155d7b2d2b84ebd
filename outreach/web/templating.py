"""What every page asks for: addresses of static files, the reader's language. Looked up once, not on every page or for every sentence."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import flask.templating
import jinja2
from flask import Flask, g, url_for
from flask_babel import get_translations


class QuickEnvironment(jinja2.Environment):
    """What all templates know, in one dict: Jinja's layers are gone through in Python for every page and every import.

    What is added to its globals once a template is loaded stays unknown to that template.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Give a template its globals; Jinja's method."""
        return {**self.globals, **(d or {})}


class PageEnvironment(QuickEnvironment, flask.templating.Environment):
    """Where pages are drawn."""


def init_app(app: Flask) -> None:
    """Give templates `asset` and a gettext that is quicker than Flask-Babel's."""
    app.jinja_env.globals["asset"] = _asset
    environment: Any = app.jinja_env
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)


@lru_cache
def _asset(filename: str, _root: str) -> str:
    """Give a static file's address under the root the service is reached at."""
    return url_for("static", filename=filename)


def _gettext(message: str) -> str:
    text: str = _catalogue().gettext(message)
    return text


def _ngettext(one: str, several: str, number: int) -> str:
    text: str = _catalogue().ngettext(one, several, number)
    return text


def _catalogue() -> Any:
    """Give the translations of this request: whoever asks for a page reads one language."""
    if "reader_catalogue" not in g:
        g.reader_catalogue = get_translations()
    return g.reader_catalogue
