"""The kinds of letters, one module for each: it is named like its kind and declares `KIND`."""

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
    """Give the kinds of which this holds, for a query."""
    return tuple(kind for kind, declared in KINDS.items() if holds(declared))
