"""A measured figure, what it stands beside, and whether that is good enough.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`ceiling`: what the plainest program reached in the same run, in the same unit. `share`: at least this part of it."""

    what: str
    database: str
    value: float
    unit: str
    ceiling: float | None = None
    share: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float | None:
        """Say which part of the ceiling was reached."""
        return self.value / self.ceiling if self.ceiling else None

    @property
    def target(self) -> str:
        """Put what is asked for into words."""
        if self.share is not None:
            return f"at least {self.share:g} of the ceiling"
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}" if self.at_most is not None else ""

    @property
    def is_met(self) -> bool:
        """Every target holds; without one there is nothing to miss."""
        return (
            (self.share is None or (self.ratio or 0.0) >= self.share)
            and (self.at_least is None or self.value >= self.at_least)
            and (self.at_most is None or self.value <= self.at_most)
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """Give one row of the table."""
        met = ("yes" if self.is_met else "NO") if self.target else ""
        ceiling = _number(self.ceiling) if self.ceiling else ""
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        return self.what, self.database, f"{_number(self.value)} {self.unit}", ceiling, ratio, self.target, met


HEADINGS = ("What", "Database", "Figure", "Ceiling", "Ratio", "Target", "Met")


def table(figures: list[Figure]) -> str:
    """Write figures as a Markdown table whose columns line up in a terminal too."""
    rows = [HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"
