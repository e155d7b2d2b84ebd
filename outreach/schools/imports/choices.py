"""What a person said about a list, read from the form of its review.

Pure. Names of fields end in the row, column or guardian they are about.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from outreach.class_lists import (
    CODE_PAGES,
    DateOrder,
    GuardianAnswer,
    GuardianChoice,
    ListField,
    NameCuts,
    NameOrder,
    QuestionKey,
)

T = TypeVar("T")
MORE_COLUMNS = 100  # than a list may have
MORE_ROWS = 10**7
_LONGEST = 12
NEW_CLASS = 0  # no class has such an id
_DEFAULTS = (GuardianChoice.CORRECTS, GuardianChoice.REPLACES, GuardianChoice.ADDS)


class ListScope(enum.StrEnum):
    """Whom a list is about: some students, or everybody in the classes it covers, or at the school."""

    SOME = "some"
    CLASS = "class"
    SCHOOL = "school"


@dataclass(frozen=True, kw_only=True)
class ImportChoices:
    """What a person said about a list; nothing yet after the upload.

    `columns`: column from 0 -> field, None: leave it out. `decided`: columns somebody says may be left out.
    `answers`: row -> student's id, None: somebody new. `left_out`: rows whose question was answered by leaving them out.
    `classes`: a name the list gives -> the id of a class, or NEW_CLASS. `moves`: who comes into a class leaves the others.
    `guardian_default`: what another guardian means at this school from now on, empty: ask each time; None: nothing was said.
    `leaves`: who isn't on a list of the whole class or school leaves it; `leaves_many`: even if that is more than half.
    `withdraws`: the seats of those who leave the school are withdrawn; otherwise who has one stays.
    `corrections`: (row, column) -> what stands there instead. `confirmed`: (row, field) whose odd value is right.
    """

    sheet: str | None = None
    encoding: str | None = None
    has_headings: bool | None = None
    columns: Mapping[int, ListField | None] = field(default_factory=dict)
    decided: frozenset[int] = frozenset()
    date_order: DateOrder | None = None
    cuts: NameCuts = field(default_factory=NameCuts)
    answers: Mapping[int, int | None] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    guardians: Mapping[QuestionKey, GuardianAnswer] = field(default_factory=dict)
    guardian_default: str | None = None
    corrections: Mapping[tuple[int, int], str] = field(default_factory=dict)
    confirmed: frozenset[tuple[int, str]] = frozenset()
    classes: Mapping[str, int] = field(default_factory=dict)
    moves: bool = False
    scope: ListScope = ListScope.SOME
    leaves: bool = False
    leaves_many: bool = False
    withdraws: bool = False


def read_choices(form: Mapping[str, str]) -> ImportChoices:
    """Read the form; another sheet begins anew."""
    sheet = form.get("sheet") or None
    if sheet != (form.get("sheet_was") or None):
        return ImportChoices(sheet=sheet)
    answers = dict(_rows(form, "answer-"))
    chosen = {
        column: ListField(value) if value in list(ListField) else None for column, value in _rows(form, "column-") if column < MORE_COLUMNS
    }
    order = form.get("name_order")
    same_order = (order or "") == form.get("cuts_for", "")
    cuts = {line: int(cut) for line, cut in _rows(form, "cut-") if same_order and is_number(cut) and 0 < int(cut) < MORE_COLUMNS}
    return ImportChoices(
        sheet=sheet,
        encoding=form["encoding"] if form.get("encoding") in CODE_PAGES else None,
        has_headings="headings" in form if chosen else None,
        columns=chosen,
        decided=frozenset(column for column, _on in _rows(form, "out-")),
        date_order=_member(DateOrder, form.get("date_order")),
        cuts=NameCuts(_member(NameOrder, order), cuts),
        answers={
            line: int(answer) if answer != "new" else None for line, answer in answers.items() if answer == "new" or is_number(answer)
        },
        left_out=frozenset(line for line, answer in answers.items() if answer == "out"),
        guardians={key: answer for key, value in _cells(form, "guardian-") if (answer := _guardian_answer(value))},
        guardian_default=default if (default := form.get("guardian_default")) in {"", *_DEFAULTS} else None,
        corrections=dict(_cells(form, "fix-")),
        classes={name.removeprefix("class-"): int(value) for name, value in form.items() if name.startswith("class-") and is_number(value)},
        moves=form.get("moves") == "yes",
        scope=_member(ListScope, form.get("scope")) or ListScope.SOME,
        leaves="leaves" in form,
        leaves_many="leaves_many" in form,
        withdraws="withdraws" in form,
        confirmed=frozenset((line, name) for line, name, _on in _named(form, "sure-")),
    )


def write_answer(answer: GuardianAnswer) -> str:
    """Write an answer about a guardian as the value of a radio button."""
    return f"{answer.choice}:{answer.guardian_id or ''}"


def is_number(text: str) -> bool:
    """Say whether a field holds digits only, and few."""
    return text.isascii() and text.isdigit() and len(text) < _LONGEST


def _guardian_answer(value: str) -> GuardianAnswer | None:
    choice, _colon, key = value.partition(":")
    known = _member(GuardianChoice, choice)
    return GuardianAnswer(known, int(key) if is_number(key) else None) if known else None


def _member(kind: Callable[[str], T], value: str | None) -> T | None:
    try:
        return kind(value or "")
    except ValueError:
        return None


def _rows(form: Mapping[str, str], prefix: str) -> Iterator[tuple[int, str]]:
    for name, value in form.items():
        number = name.removeprefix(prefix)
        if name.startswith(prefix) and is_number(number) and int(number) < MORE_ROWS:
            yield int(number), value


def _named(form: Mapping[str, str], prefix: str) -> Iterator[tuple[int, str, str]]:
    for name, value in form.items():
        line, _dash, what = name.removeprefix(prefix).partition("-")
        if name.startswith(prefix) and is_number(line) and int(line) < MORE_ROWS:
            yield int(line), what, value


def _cells(form: Mapping[str, str], prefix: str) -> Iterator[tuple[tuple[int, int], str]]:
    for line, place, value in _named(form, prefix):
        if is_number(place) and int(place) < MORE_COLUMNS:
            yield (line, int(place)), value
