"""The folder of letters: list them, newest first, and read one by its name."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from outreach.demo_mailbox.reading import Summary, summary_of
from outreach.web import Page, page_among

PAGE_SIZE = 50
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,119}")


def find(folder: Path, address: str, number: int) -> Page:
    """Give a page of the letters to addresses that contain these characters, the newest first; a page past the end is the last."""
    names = sorted((path.stem for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)
    wanted = address.strip().casefold()
    if wanted:
        names = [name for name in names if wanted in _summary(folder, name).to.casefold()]
    page = page_among(names, number, size=PAGE_SIZE)
    return replace(page, rows=[_summary(folder, name) for name in page.rows])


def take(folder: Path, name: str) -> bytes | None:
    """Give the bytes of a letter; None if there is none. Names of letters, digits and hyphens can't lead out of the folder."""
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
