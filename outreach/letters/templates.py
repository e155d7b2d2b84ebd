"""The templates of letters: one for text, one for HTML, compiled once."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape

from outreach.letters.content import LetterContent
from outreach.letters.language import gettext, ngettext
from outreach.settings import ROOT
from outreach.web import QuickEnvironment


def as_text(content: LetterContent, *, base_url: str) -> str:
    """Write the letter as plain text."""
    return _environment().get_template("email/letter.txt").render(content=content, base_url=base_url)


def as_html(content: LetterContent, *, locale: str, base_url: str) -> str:
    """Write the letter as HTML: everything people typed is escaped."""
    return _environment().get_template("email/letter.html").render(content=content, base_url=base_url, lang=locale.replace("_", "-"))


@cache
def _environment() -> QuickEnvironment:
    """A separate environment, because the app's gives templates the request and the user."""
    environment = QuickEnvironment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    translations: Any = environment
    translations.install_gettext_callables(gettext, ngettext, newstyle=True)
    return environment
