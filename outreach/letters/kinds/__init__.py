"""The kinds of letters: each has a module of its name, which declares `KIND`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from outreach.letters.kind import Kind
from outreach.models import LetterKind


def _declared(kind: LetterKind) -> Kind:
    found: Kind = import_module(f"{__name__}.{kind.value}").KIND
    return found


KINDS = {kind: _declared(kind) for kind in LetterKind}


def kinds_where(holds: Callable[[Kind], bool]) -> tuple[LetterKind, ...]:
    """Give the kinds for which the condition is true, for a query."""
    return tuple(kind for kind, declared in KINDS.items() if holds(declared))
