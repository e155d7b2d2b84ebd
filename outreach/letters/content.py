"""What a letter is composed from, and its content, which the text and the HTML show in the same order.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.calendars import Method
from outreach.models import Letter, LetterSnapshot
from outreach.settings import Settings


@dataclass(frozen=True, kw_only=True)
class FactRow:
    """One row of the table. `previous` is what it showed before; it is struck through. `url` makes the row a link."""

    label: str
    lines: tuple[str, ...]
    previous: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class Day:
    """A date as a picture: 'Thu', '18', 'Mar'; struck out if the session is off."""

    weekday: str
    number: str
    month: str
    is_off: bool = False


@dataclass(frozen=True)
class Group:
    """People under a heading, each with a short note."""

    heading: str
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Link:
    """A link with its text."""

    text: str
    url: str


@dataclass(frozen=True, kw_only=True)
class LetterContent:
    """The content of one letter. The lead alone must be enough; the rest gives the details."""

    subject: str
    lead: str
    kicker: str = ""
    greeting: str = ""
    day: Day | None = None
    rows: tuple[FactRow, ...] = ()
    groups: tuple[Group, ...] = ()
    button: Link | None = None
    notes: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterContext:
    """All that the content of a letter about a session depends on. `method` is the method of its calendar object; None: it has none."""

    snapshot: LetterSnapshot
    letter: Letter
    settings: Settings
    method: Method | None

    @property
    def written_at(self) -> datetime:
        """When the row was written: it stays the same however often sending is tried."""
        return self.letter.created_at
