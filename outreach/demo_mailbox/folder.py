"""The folder of letters: what lies there, newest first, and one of them by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

from outreach.demo_mailbox.reading import Summary, summary_of

T = TypeVar("T")
PAGE_SIZE = 50
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,119}")


@dataclass(frozen=True)
class FolderPage(Generic[T]):
    """One page of a list."""

    rows: Sequence[T]
    page: int
    pages: int
    total: int

    @property
    def has_prev(self) -> bool:
        """There is one before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """There is one after."""
        return self.page < self.pages

    @property
    def prev_num(self) -> int:
        """The one before."""
        return self.page - 1

    @property
    def next_num(self) -> int:
        """The one after."""
        return self.page + 1


def find(folder: Path, address: str, number: int) -> FolderPage[Summary]:
    """Give a page of the letters to addresses that hold these characters, the newest first; a page past the end is the last."""
    names = sorted((path.stem for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)
    wanted = address.strip().casefold()
    if wanted:
        names = [name for name in names if wanted in _summary(folder, name).to.casefold()]
    pages = max(1, -(-len(names) // PAGE_SIZE))
    number = min(max(number, 1), pages)
    rows = [_summary(folder, name) for name in names[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]]
    return FolderPage(rows, number, pages, len(names))


def take(folder: Path, name: str) -> bytes | None:
    """Give a letter as it was sent. A name is letters, digits and hyphens: nothing outside the folder has one."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (folder / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None


@lru_cache(maxsize=4096)
def _summary(folder: Path, name: str) -> Summary:
    """A letter never changes, so it is read once."""
    return summary_of(name, (folder / f"{name}.eml").read_bytes())
