"""Refusals: what we decline to do, worded for the person who asked.

A use case raises one; the page shows its sentence and keeps what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from flask_babel import gettext as _
from flask_babel.speaklater import LazyString

T = TypeVar("T")


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


class SeveralRefusals(Refusal):
    """More than one reason why not, each with its field."""

    def __init__(self, reasons: Sequence[Refusal]) -> None:
        """Say one after the other where there are no fields to show them at."""
        super().__init__(" ".join(str(one) for one in reasons))
        self.reasons = tuple(reasons)


class Refusals(list[Refusal]):
    """Every reason why not, so that all are shown at once."""

    def must_be_none(self) -> None:
        """Raise the reason, or all of them in one."""
        if self:
            raise SeveralRefusals(self) if len(self) > 1 else self[0]

    def unless(self, check: Callable[[], T]) -> T | None:
        """Give what a check gives; where it refuses, keep the reason and give None."""
        try:
            return check()
        except Refusal as refusal:
            self.append(refusal)
            return None


class Stale(OutreachError):
    """Somebody else changed it meanwhile; the page shows the present state."""

    status = 409


class NotThere(OutreachError):
    """It doesn't exist, or not for this person: the two look alike from outside."""

    status = 404

    def __init__(self, sentence: str | LazyString | None = None, *, field: str | None = None) -> None:
        """Say so, unless there are better words."""
        super().__init__(sentence or _("There is no page here, or you don't have access to it."), field=field)
