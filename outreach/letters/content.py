"""What a letter is composed from, and its content before it is text or HTML: what both say, in the same order.

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
    """One line of the table of facts; `was` is what it said before, struck through. `url` makes the line a link."""

    label: str
    lines: tuple[str, ...]
    was: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class Day:
    """A date as a picture: 'Thu', '18', 'Mar'; struck out where it's off."""

    weekday: str
    number: str
    month: str
    is_off: bool = False


@dataclass(frozen=True)
class Group:
    """People under a heading, each with a word about them."""

    heading: str
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere."""

    text: str
    url: str


@dataclass(frozen=True, kw_only=True)
class LetterContent:
    """One letter: the lead says it all, the rest is for those who read on."""

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
    """All that a part of a letter about a session may depend on. `method`: what its calendar object asks for; None: it has none."""

    facts: LetterSnapshot
    letter: Letter
    settings: Settings
    method: Method | None

    @property
    def written_at(self) -> datetime:
        """Tells how near a session is, however often the letter is tried."""
        return self.letter.created_at
