"""Which row of a list has the headings, or which two: "Parent 1" above "Name, Email".

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.class_lists.headings.guess import LOOKED_AT, best_heading, recognise

_FIGURES = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class HeadingRow:
    """The last of the one or two rows of headings, by its place from 0, and the headings: both rows' words together."""

    index: int
    headings: tuple[str, ...]


def find_heading(rows: Sequence[Sequence[str]]) -> HeadingRow | None:
    """Find the headings among the first ten rows; None where all rows look alike."""
    index, most = best_heading(rows)
    found = HeadingRow(index, tuple(rows[index])) if most else None
    for lower in range(1, min(len(rows), LOOKED_AT)):
        together = _together(rows[lower - 1], rows[lower])
        known = len({meaning for meaning in recognise(together[:60]) if meaning}) if together else 0
        of_guardian = any(meaning and meaning.guardian for meaning in recognise(rows[lower - 1][:60]))
        if known > most or (known == most and of_guardian and found and found.index == lower):
            found, most = HeadingRow(lower, together), known
    return found or _unlike_the_others(rows)


def _together(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Put the words of a merged cell before each heading below it; nothing where the upper row has no merged cells."""
    width = max(len(upper), len(lower))
    above, below = [*upper, *[""] * (width - len(upper))], [*lower, *[""] * (width - len(lower))]
    filled = [cell for cell in above if cell]
    if not filled or (len(filled) == width and len(set(filled)) == width) or _has_data(lower):
        return ()
    spread, last = [], ""
    for cell, heading in zip(above, below, strict=True):
        last = cell or last
        spread.append(f"{last} {heading}".strip() if heading != last else last)
    return tuple(spread)


def _unlike_the_others(rows: Sequence[Sequence[str]]) -> HeadingRow | None:
    """Take the first full row for headings if it has one known word among unknown ones, or no data where all rows below have some."""
    wide = max((len(row) for row in rows), default=0)
    index = next((place for place, row in enumerate(rows[:LOOKED_AT]) if len({*row} - {""}) > 1 and len(row) * 2 > wide), None)
    if index is None or index + 1 >= len(rows) or _has_data(rows[index]):
        return None
    first, below = rows[index], [row for row in rows[index + 1 : index + 21] if sum(map(bool, row)) > 1]
    known = any(recognise(first[:60])) and not any(any(recognise(row[:60])) for row in below)
    if any(_recurs(below, column, cell) for column, cell in enumerate(first) if cell):
        return None
    if below and (known or any(_all_data(below, column) for column, cell in enumerate(first) if cell)):
        return HeadingRow(index, tuple(first))
    return None


def _recurs(rows: Sequence[Sequence[str]], column: int, cell: str) -> bool:
    return any(column < len(row) and row[column] == cell for row in rows)


def _has_data(row: Sequence[str]) -> bool:
    return any("@" in cell or len(_FIGURES.findall(cell)) > 4 for cell in row)


def _all_data(rows: Sequence[Sequence[str]], column: int) -> bool:
    cells = [row[column] for row in rows if column < len(row) and row[column]]
    return bool(cells) and all("@" in cell or len(_FIGURES.findall(cell)) > 4 for cell in cells)
