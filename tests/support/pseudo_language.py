"""A language for tests: every letter of a sentence has an accent, and a sentence is 40 % longer and in brackets.

It is installed as Greek, whose dates, countries and cities have no Latin letter: what still has one on a page is data, or
a sentence that translators never get.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from flask import Flask
from sqlalchemy import Enum, String, select, update

from outreach.db import db, transaction
from outreach.models import Letter, Mailbox
from outreach.settings import ROOT

LOCALE = "el"
_ACCENTS = str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "áƀçđéƒĝĥíĵķĺɱñóþɋŕšţúṽŵẋýžÁƁÇĐÉƑĜĤÍĴĶĹṀÑÓÞɊŔŠŢÚṼŴẊÝŽ")
_KEPT = re.compile(r"%\(\w+\)[sd]|%%|<[^>]*>|&\w+;")
_ADDRESS = re.compile(r"(?:https?|mailto):\S+|\S+@\S+")
_PLAIN_WORD = re.compile(r"\b[A-Za-z]{2,}\b")
_KEY = re.compile(r"[a-z_]+")
_KEYWORDS = {"_": None, "_l": None, "gettext": None, "marked": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2)}
_METHODS = {"outreach": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")]}


def pseudo(sentence: str) -> str:
    """Give a sentence in this language, its placeholders and tags kept."""
    kept = _KEPT.findall(sentence)
    said = "".join(text.translate(_ACCENTS) + (kept[n] if n < len(kept) else "") for n, text in enumerate(_KEPT.split(sentence)))
    return f"[{said}{'·' * (len(sentence) * 2 // 5)}]"


def write_catalogue(folder: Path) -> Path:
    """Write all sentences of the source in this language into a folder for translations."""
    catalogue = Catalog(locale=LOCALE)
    for directory, methods in _METHODS.items():
        for _file, _line, message, _comments, _context in extract_from_dir(ROOT / directory, methods, keywords=_KEYWORDS):
            said = tuple(map(pseudo, message)) if isinstance(message, tuple) else pseudo(message)
            catalogue.add(message, said, flags=["python-format"])
    messages = folder / LOCALE / "LC_MESSAGES" / "messages.mo"
    messages.parent.mkdir(parents=True)
    with messages.open("wb") as file:
        write_mo(file, catalogue)
    return folder


def install(app: Flask, folder: Path) -> None:
    """Let an app offer this language too, Flask-Security's sentences included."""
    app.extensions["babel"].translation_directories.append(str(folder))
    if "security" in app.extensions:
        app.extensions["security"].i18n_domain.translation_directories.append(str(folder))
    with app.app_context():
        app.extensions["babel"].instance.domain_instance.cache.clear()


def let_everybody_read_it(_app: Flask) -> None:
    """Make it the language of all people, and of the e-mails that wait."""
    with transaction():
        db.session.execute(update(Mailbox).values(locale=LOCALE))
        db.session.execute(update(Letter).values(locale=LOCALE))


class ShownText(HTMLParser):
    """What a page shows or reads out: text, and the attributes that are text."""

    ATTRIBUTES = frozenset({"alt", "title", "placeholder", "aria-label", "summary"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._is_hidden = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._is_hidden = tag in {"script", "style"}
        self.texts += [value for name, value in given.items() if name in self.ATTRIBUTES]
        if tag == "input" and given.get("type") in {"submit", "button", "reset"}:
            self.texts.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._is_hidden = self._is_hidden and tag not in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._is_hidden:
            self.texts.append(data)


def english_in(texts: Iterable[str], data: Iterable[str]) -> list[str]:
    """Give the texts that have a word of plain letters left once `data` is taken out: names, titles, addresses."""
    longest_first = sorted(set(data), key=len, reverse=True)
    found = []
    for text in texts:
        left = _ADDRESS.sub(" ", " ".join(text.split()))
        for known in longest_first if _PLAIN_WORD.search(left) else ():
            left = left.replace(known, " ")
        if _PLAIN_WORD.search(left):
            found.append(" ".join(text.split()))
    return found


def typed_by_people() -> set[str]:
    """Give the texts of the database, without enums and keys: those are shown in words."""
    found: set[str] = set()
    for table in db.metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, String) and not isinstance(column.type, Enum)]
        for row in db.session.execute(select(*columns)) if columns else ():
            found |= {part for value in row if value for part in str(value).split("\n") if not _KEY.fullmatch(part) and len(part) > 1}
    return found
