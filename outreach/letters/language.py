"""gettext for letters: the reader's catalogue is looked up once for each letter, not for each sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

import flask_babel

_catalogue: ContextVar[NullTranslations] = ContextVar("_catalogue", default=NullTranslations())  # noqa: B039 (it is never changed)


@contextmanager
def in_language(locale: str) -> Iterator[None]:
    """Use a language, also for dates and numbers. Outside an app context it is English."""
    with flask_babel.force_locale(locale):
        before = _catalogue.set(flask_babel.get_translations())
        try:
            yield
        finally:
            _catalogue.reset(before)


def gettext(message: str, **values: object) -> str:
    """Give the message in the current language, with its %(placeholders)s filled."""
    text = _catalogue.get().gettext(message)
    return text % values if values else text


def ngettext(one: str, several: str, number: int, **values: object) -> str:
    """Give the form of the message that fits the number, which is %(num)s in it."""
    return _catalogue.get().ngettext(one, several, number) % {"num": number, **values}
