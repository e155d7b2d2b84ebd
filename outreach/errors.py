"""Refusals: what we decline to do, worded for the person who asked.

A use case raises one; the page shows its sentence and keeps what was typed.
"""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel.speaklater import LazyString


class OutreachError(Exception):
    """We decline: `sentence` says what happened and what to do next; `field` names the form field it belongs to."""

    status = 422

    def __init__(self, sentence: str | LazyString, *, field: str | None = None) -> None:
        """Take a sentence in the reader's language."""
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field

    def __str__(self) -> str:
        return str(self.sentence)


class Refusal(OutreachError):
    """The rules of this world don't allow it (too late, too young, already done)."""


class Stale(OutreachError):
    """Somebody else changed it meanwhile; the page shows the present state."""

    status = 409


class NotThere(OutreachError):
    """It doesn't exist, or not for this person: the two look alike from outside."""

    status = 404

    def __init__(self, sentence: str | LazyString | None = None, *, field: str | None = None) -> None:
        """Say so, unless there are better words."""
        super().__init__(sentence or _("There is no page here, or you don't have access to it."), field=field)
