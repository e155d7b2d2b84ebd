"""A form carries what it confirms: the facts that its page shows go along, and are compared with those that hold when it is sent.

They are plain, not signed: whoever confirms them only deceives themselves. Numbers that may change, such as free seats, aren't facts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from outreach.errors import Stale

FIELD = "attested"


@dataclass(frozen=True)
class AttestedFact:
    """One line of what somebody confirms, in the reader's words. `key` stays the same whatever the language."""

    key: str
    label: str
    value: str


@dataclass(frozen=True)
class FactChange:
    """A fact that was shown, and what it is now."""

    label: str
    was: str
    becomes: str


class ChangedMeanwhile(Stale):
    """What somebody confirmed isn't so any more; the page shows before and after, and asks again."""

    def __init__(self, changes: Sequence[FactChange]) -> None:
        """Keep what changed."""
        super().__init__(_("Something changed while this page was open. Please check it, then confirm again."))
        self.changes = tuple(changes)


def packed(facts: Sequence[AttestedFact], *, asked_again: bool = False) -> str:
    """Give what a form carries: the facts; or what it carried when it was sent, as long as nobody has seen what changed since.

    `asked_again`: this page shows before and after.
    """
    given = request.form.get(FIELD)
    if given is not None and not asked_again:
        return given
    return json.dumps({fact.key: fact.value for fact in facts}, ensure_ascii=False)


def shown() -> dict[str, str]:
    """Give what the form that was sent had shown, by key: nothing where it carries nothing, or something else."""
    try:
        found = json.loads(request.form.get(FIELD, ""))
    except ValueError:
        found = None
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def must_be_as_shown(was_shown: Mapping[str, str] | None, facts: Sequence[AttestedFact]) -> None:
    """Raise ChangedMeanwhile where a fact isn't as it was shown; None: nothing was shown to anybody."""
    changes = changes_since(was_shown, facts)
    if changes:
        raise ChangedMeanwhile(changes)


def changes_since(was_shown: Mapping[str, str] | None, facts: Sequence[AttestedFact]) -> list[FactChange]:
    """List the facts that aren't as they were shown."""
    if was_shown is None:
        return []
    return [FactChange(fact.label, was_shown.get(fact.key, ""), fact.value) for fact in facts if was_shown.get(fact.key, "") != fact.value]
