"""What a batch keeps between two steps, as plain values for a JSON column: choices, acts, and students before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from cattrs.preconf.json import make_converter

from outreach.class_lists import GuardianAnswer, ImportQuestion, KnownStudent, ListedStudent, StudentUpdate, Value
from outreach.schools.imports.choices import ImportChoices

Act = ListedStudent | StudentUpdate | ImportQuestion
_ACTS: Mapping[str, type[Act]] = {"add": ListedStudent, "update": StudentUpdate, "ask": ImportQuestion}
_PAIRED = ("guardians", "corrections")
_converter = make_converter()
# A value of a list is text or a day: in JSON both would be text.
_converter.register_unstructure_hook(date, lambda day: {"day": day.isoformat()})
_converter.register_structure_hook(date, lambda plain, _type: date.fromisoformat(plain["day"]))
_converter.register_structure_hook(Value, lambda plain, _type: date.fromisoformat(plain["day"]) if isinstance(plain, dict) else plain)


def packed(act: Act) -> dict[str, Any]:
    """Give what is to be done with a row as plain values."""
    kind = next(kind for kind, of in _ACTS.items() if type(act) is of)
    plain: dict[str, Any] = _converter.unstructure(act)
    return plain | {"kind": kind}


def unpacked(plain: Mapping[str, Any]) -> Act:
    """Read back what `packed` gave."""
    return _converter.structure(plain, _ACTS[plain["kind"]])


def plain_values(facts: object) -> dict[str, Any]:
    """Give a dataclass as plain values."""
    plain: dict[str, Any] = _converter.unstructure(facts)
    return plain


def plain_value(value: object) -> Any:
    """Give anything as plain values."""
    return _converter.unstructure(value)


def read_student(plain: Mapping[str, Any]) -> KnownStudent:
    """Read back a student of the school."""
    return _converter.structure(plain, KnownStudent)


def plain_choices(choices: ImportChoices) -> dict[str, Any]:
    """Give what a person chose as plain values; keys of JSON are text, so what has others becomes pairs."""
    pairs = {name: [[list(key), plain_value(value)] for key, value in getattr(choices, name).items()] for name in _PAIRED}
    return plain_values(replace(choices, guardians={}, corrections={})) | pairs


def read_choices(plain: Mapping[str, Any]) -> ImportChoices:
    """Read back what a person chose; nothing yet: the defaults."""
    guardians = {(line, place): _converter.structure(value, GuardianAnswer) for (line, place), value in plain.get("guardians", ())}
    corrections = {(line, column): value for (line, column), value in plain.get("corrections", ())}
    rest = _converter.structure({name: value for name, value in plain.items() if name not in _PAIRED}, ImportChoices)
    return replace(rest, guardians=guardians, corrections=corrections)


def listed_of(act: Act) -> ListedStudent:
    """Give the row of the list an act is about."""
    return act if isinstance(act, ListedStudent) else act.row
