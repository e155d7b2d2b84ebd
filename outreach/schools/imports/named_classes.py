"""Which classes the names in a list stand for: classes there are, or ones to be made.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outreach.class_lists import ListedStudent, ListReading
from outreach.folding import name_key
from outreach.schools.imports.choices import NEW_CLASS, ImportChoices


@dataclass(frozen=True)
class NamedClass:
    """One name of the list: how many rows give it, and what it stands for: the id of a class, or NEW_CLASS."""

    name: str
    count: int
    stands_for: int


@dataclass(frozen=True)
class NamedClasses:
    """All names of a list. Classes to be made have ids below zero until they are; `names` are those of all classes, by id."""

    classes: tuple[NamedClass, ...]
    ids: Mapping[str, int]
    names: Mapping[int, str]

    def of(self, row: ListedStudent) -> frozenset[int]:
        """Give the classes a row names; none: it belongs to the class the list was uploaded to."""
        return frozenset(self.ids[name] for name in row.class_names if name in self.ids)


def named_classes(reading: ListReading, choices: ImportChoices, there: Mapping[int, str], class_id: int) -> NamedClasses:
    """Say what each name of a list stands for: what was chosen, else the class of that name, else a new one.

    One name only that no class has is taken for the class the list was uploaded to: many programs name it in a way of their own.
    """
    by_name = {name_key(name): key for key, name in there.items()}
    usual = class_id if len(reading.class_counts) == 1 else NEW_CLASS
    found = []
    for name, count in reading.class_counts.items():
        chosen = choices.classes.get(name)
        is_possible = chosen == NEW_CLASS or chosen in there
        known = by_name.get(name_key(name))
        stands_for = chosen if chosen is not None and is_possible else known if known is not None else usual
        found.append(NamedClass(name, count, known if stands_for == NEW_CLASS and known is not None else stands_for))
    made: dict[str, int] = {}
    for one in found:
        if one.stands_for == NEW_CLASS:
            made.setdefault(name_key(one.name), -len(made) - 1)
    ids = {one.name: made[name_key(one.name)] if one.stands_for == NEW_CLASS else one.stands_for for one in found}
    new_names = {made[name_key(one.name)]: one.name for one in found if one.stands_for == NEW_CLASS}
    return NamedClasses(tuple(found), ids, {**there, **new_names})
